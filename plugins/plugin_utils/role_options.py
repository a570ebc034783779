# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: which there are, of which type, and by which input's rule each is checked.

`load` reads the argument specifications; everything else is pure.
"""

from __future__ import annotations

import functools

from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog, input_types
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import UNCHANGED

FOLDER = catalog.FOLDER.parent / "roles"
# Options of roles that follow an input of another name.
_LIKE = {"rtf_time_sync_servers": "rtf_ntp_servers", "rtf_time_sync_keys": "rtf_ntp_keys"}


@functools.lru_cache(maxsize=None)
def load(folder=FOLDER):
    """Return `{role: {entry point: {option: specification}}}`."""
    found = {}
    for path in sorted(folder.glob("*/meta/argument_specs.yml")):
        specs = yaml_load(path.read_text(encoding="utf-8"))["argument_specs"]
        found[path.parent.parent.name] = {name: spec.get("options") or {} for name, spec in specs.items()}
    return found


def checks_by_name(roles, checks):
    """Return `{option: check}` for the options of all roles; roles: what load returns. checks: those of the inputs."""
    found = {}
    for role, entry_points in roles.items():
        for options in entry_points.values():
            found.update({name: _check(role, name, option, checks) for name, option in options.items()})
    return found


def _check(role, name, option, checks):
    check = checks.get(name) or checks.get(like(role, name))
    if check is None:
        check = input_types.checked(input_types.OF_OPTIONS.get(option["type"], lambda value: value), lambda value: None)
    # Options with such a default tell a value that is not set from one that is empty.
    return _unless_unchanged(check) if UNCHANGED in str(option.get("default")) else check


def _unless_unchanged(check):
    return lambda value: value if value == UNCHANGED else check(value)


def like(role, name):
    """Return the name of the input that an option of a role follows, if there is such an input."""
    return _LIKE.get(name, "rtf_" + short(role, name))


def short(role, name):
    """Return the name of an option without that of its role."""
    return name.removeprefix(role + "_")


def showable(option):
    """Whether a value may stand in the result of a task: it is neither a secret nor may hold one.

    A text may be the URL of a proxy. Roles use text as it is, so that nothing is lost.
    """
    parts = (option, *(option.get("options") or {}).values())
    return option["type"] not in ("str", "path") and not any(part.get("no_log") for part in parts)
