# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of the kernel that parameters are written to, one write after another.

`net.ipv4.ip_forward` is another name of `net.ipv4.conf.all.forwarding`. A write that changes it sets `conf.default` and every
interface as well; `conf.default` is what an interface begins with that is added later (net/ipv4/devinet.c).
"""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import sysctl_value_parsing

IP_FORWARD = "net/ipv4/ip_forward"
ALL, DEFAULT = "net/ipv4/conf/all/forwarding", "net/ipv4/conf/default/forwarding"


def interface_key(interface):
    """The path of the parameter that says whether an interface forwards."""
    return f"net/ipv4/conf/{interface}/forwarding"


def same_parameter(key):
    """The path under which a parameter with two names is kept here."""
    return ALL if key == IP_FORWARD else key


class Kernel:
    """A kernel that parameters are written to.

    values: `{path: (value, ["path:line"])}` of what was set. refused: `[(path, text, "path:line")]`.
    """

    def __init__(self, live=None, interfaces=()):
        """live: `{path: value}` of the running kernel. interfaces: names of those that are there when the writing begins."""
        self._live = live or {}
        self._interfaces = list(interfaces)
        self.values = {}
        self.refused = []

    def take(self, writes):
        """Take `[(key, text, ["path:line", ...])]` in their order."""
        for key, text, sources in writes:
            self._take_one(same_parameter(key), text, sources)

    def taken(self, key, text):
        """As sysctl_value_parsing.taken, with what this kernel has now."""
        return sysctl_value_parsing.taken(key, text, self._live.get(same_parameter(key)))

    def add(self, interface):
        """Add an interface, which begins with what `conf.default` has."""
        if DEFAULT in self.values:
            self.values[interface_key(interface)] = self.values[DEFAULT]
        self._interfaces.append(interface)

    def _take_one(self, key, text, sources):
        value = self.taken(key, text)
        if value is None:
            self.refused += [(key, text, source) for source in sources]
            return
        # A kernel begins without forwarding.
        changed = key == ALL and self.values.get(ALL, ("0", []))[0] != value
        self.values[key] = (value, sources)
        if changed:
            for one in [DEFAULT] + [interface_key(name) for name in self._interfaces]:
                self.values[one] = (value, sources)
