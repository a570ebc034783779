# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared of a fact of the host, in the file that reads it, and how the facts of a section are read."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable


class Fact:
    """One part of a section of host_info. `make docs` puts those of every `FACTS` into fact_registry.py and into RETURN.

    section, name: where it is in what the module returns. read: takes a Reading, and returns the fact; what it raises
    becomes its error. documentation: its entry in RETURN, with what a healthy host returns as the sample.
    option: the option without which it is not read, "" where it always is. harmless: {path: why no secret of a site can
    come of it} of the files that it reads; not for /proc and /sys.
    """

    def __init__(self, section, name, read, documentation, option="", harmless=None):
        self.section, self.name, self.read = section, name, read
        self.documentation, self.option, self.harmless = documentation, option, harmless or {}


class Reading:
    """The facts of one host, each read once. options: of the module. facts: all that are declared."""

    def __init__(self, options, facts):
        self.options = options
        self._facts = {(fact.section, fact.name): fact for fact in facts}
        self._found = {}

    def section(self, section):
        """Return `{name: fact}`, `{"error": why}` in the place of one that could not be read."""
        return {
            name: self._read(section, name)
            for (where, name), fact in self._facts.items()
            if where == section and (not fact.option or self.options.get(fact.option))
        }

    def part(self, section, name):
        """Return a fact that another one needs. Raises Unreadable where it could not be read."""
        found = self._read(section, name)
        if isinstance(found, dict) and set(found) == {"error"}:
            raise Unreadable(found["error"])
        return found

    def _read(self, section, name):
        key = (section, name)
        if key not in self._found:
            self._found.update(independent_readers.collect({key: lambda: self._facts[key].read(self)}))
        return self._found[key]
