# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What package managers report of an installation before it is made, and of packages that nothing needs any more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import apt_simulation

_ALONE = re.compile(r"^\S+$", re.MULTILINE)
_DNF = re.compile(r"(?P<how>Installed|Removed): (?P<name>\S+)-[^-\s]+-[^-\s]+\Z")


def planned(result: Mapping[str, Any], names: Iterable[str]) -> dict[str, list[str]]:
    """Return `{"packages_added", "packages_removed"}` of an installation of packages (names).

    result: what the module apt, dnf or yum returned in check mode. yum does not name dependencies; the packages themselves
    are always among those added.
    """
    added, removed = apt_simulation.changes_in(result.get("stdout", ""))
    for change in filter(None, map(_DNF.match, result.get("results", []))):
        (added if change["how"] == "Installed" else removed).append(change["name"])
    return dict(apt_simulation.of_packages(names, added, removed))


def unneeded(text: str, added: Iterable[str]) -> list[str]:
    """Return those of the packages `added` that nothing needs any more, as the package manager reports.

    text: what `apt-get --simulate autoremove` or `dnf repoquery --unneeded --queryformat %{name}` printed.
    """
    _added, removed = apt_simulation.changes_in(text)
    names = {*removed, *_ALONE.findall(text)}
    return [name for name in added if name in names]
