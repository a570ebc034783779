# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action change_request: write what network and proxy teams have to open, from the inventory alone."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import atomic_files
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import formats, site_and_scope
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display


class ActionModule(ControllerAction):
    """Reads the inventory's variables itself: no host is touched, and no role is run."""

    ARGUMENTS = {
        "directory": {"type": "path", "required": True},
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": list(formats.FORMATS),
            "default": list(formats.FORMATS),
        },
    }

    def answer(self, arguments):
        """Render the request and write the files that differ."""
        texts = formats.render(self._request(), arguments["formats"])
        folder = Path(arguments["directory"]).absolute()
        differing = {name: text for name, text in texts.items() if _text_of(folder / name) != text}
        differences = [_difference(folder / name, text) for name, text in differing.items()]
        if not self.check_mode:
            atomic_files.write(folder, differing, atomic_files.usual_mode())
            display.display(f"Change request: {folder}")
        return {"changed": bool(differing), "diff": differences, "files": [str(folder / name) for name in texts]}

    def _request(self):
        groups = self.groups()
        names = groups.get("rtf_nodes", [])
        found = self.variables(names, site_and_scope.OF_THE_NODE)
        for node, of_cluster in self.variables(names[:1], site_and_scope.OF_THE_CLUSTER).items():
            found[node].update(of_cluster)
        return site_and_scope.request(catalog.load(), groups, found)


def _text_of(path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _difference(path, text):
    """Return the difference between a file and its new content as Ansible shows it."""
    return {"before": _text_of(path), "after": text, "before_header": str(path), "after_header": str(path)}
