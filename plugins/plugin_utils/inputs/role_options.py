# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: which there are, of which type, and by which input's rule each is checked.

`load` reads the argument specifications; everything else is pure.
"""

from __future__ import annotations

import functools

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import value_types
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import UNCHANGED

FOLDER = catalog.FOLDER.parent / "roles"
# Options of roles that follow an input of another name.
_LIKE = {"rtf_time_sync_servers": "rtf_ntp_servers", "rtf_time_sync_keys": "rtf_ntp_keys"}


@functools.cache
def load(folder=FOLDER):
    """Return `{role: {entry point: {option: specification}}}`."""
    found = {}
    for path in sorted(folder.glob("*/meta/argument_specs.yml")):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
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
        check = value_types.checked(value_types.OF_OPTIONS.get(option["type"], lambda value: value), lambda value: None)
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


def showable(option, without_credentials):
    """Whether a value may stand in the result of a task: it is not a secret and cannot hold one.

    without_credentials: whether a URL with credentials is refused in the value.
    """
    parts = (option, *(option.get("options") or {}).values())
    shown = option["type"] not in ("str", "path") or without_credentials
    return shown and not any(part.get("no_log") for part in parts)
