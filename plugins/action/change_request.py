# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action change_request: write what network and proxy teams have to open, from the inventory alone."""

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.site_rows import with_site_rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import formats, inventory
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import build
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import declaration, inputs, validators
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain

display = Display()

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "formats": {
        "type": "list",
        "elements": "str",
        "choices": list(formats.FORMATS),
        "default": list(formats.FORMATS),
    },
}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Render the request and write the files that differ."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            request = _request(task_vars)
            files = formats.render(request, arguments["formats"])
            folder = Path(arguments["directory"]).absolute()
            result["diff"] = _write(folder, files, self._task.check_mode)
        except (ValueError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        result["changed"] = bool(result["diff"])
        result["files"] = [str(folder / name) for name in files]
        if not self._task.check_mode:
            display.display(f"Change request: {folder}")
        return result


def _request(task_vars):
    hostvars, groups = task_vars["hostvars"], plain(task_vars["groups"])
    if not groups.get("rtf_nodes"):
        raise inventory.InventoryError("rtf_nodes: the inventory has no such group or it is empty")
    members = inventory.nodes(
        groups, {name: _read(hostvars[name], inventory.OF_THE_NODE) for name in groups["rtf_nodes"]}
    )
    cluster = _typed(_read(hostvars[groups["rtf_nodes"][0]], inventory.OF_THE_CLUSTER))
    if "rtf_control_plane" not in cluster:
        raise inventory.InventoryError("rtf_control_plane: not set")
    rows = with_site_rows(catalog.load(), cluster.get("rtf_extra_endpoints", []), cluster.get("rtf_extra_ports", []))
    return build(rows, inventory.scope(cluster), inventory.site(members, cluster))


def _typed(variables):
    values, problems = inputs.typed(variables, validators.by_variable(declaration.load().variables, catalog.load()))
    if problems:
        raise inventory.InventoryError("\n".join(problems))
    return values


def _read(variables, names):
    return {name: plain(variables[name]) for name in names if name in variables}


def _write(folder, files, check_mode):
    """Write the files that differ from what is there; return their differences as Ansible shows them."""
    differences = []
    for name, text in files.items():
        path = folder / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        differences.append({"before": before, "after": text, "before_header": str(path), "after_header": str(path)})
        if not check_mode:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return differences
