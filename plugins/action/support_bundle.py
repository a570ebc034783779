# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action support_bundle: pack one saved run of the audit for whoever is asked for help, without secrets."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.release import __version__ as ansible_version

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import (
    atomic_files,
    run_directories,
    saved_reports,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import (
    catalog,
    input_declarations,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import (
    ControllerAction,
    display,
    read_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import (
    archive,
    contents,
    secret_variables,
    versions,
)

KEY = ".bundle-key"  # by which addresses have the same pseudonyms in every bundle of a run
_ADDRESSES = ("rtf_node_address", "ansible_host")


class ActionModule(ControllerAction):
    """Reads files and the inventory on the controller, and writes one archive there."""

    ARGUMENTS = {
        "directory": {"type": "path", "required": True},
        "run": {"type": "str", "default": ""},
        "hide_addresses": {"type": "bool", "default": False},
    }

    def answer(self, arguments):
        """Write the bundle of a run and say what it holds."""
        directory = Path(arguments["directory"]).absolute()
        run = _run(run_directories.of_name(directory, arguments["run"]))
        key = self._key(directory) if arguments["hide_addresses"] else None
        variables = self._variables()
        site = contents.Site(self.groups(), self._inputs(variables), [*variables, *_addressed(variables)])
        declared = input_declarations.load()
        secrets = sorted(
            {secret for of_host in variables.values() for secret in secret_variables.of(of_host, declared)}
        )
        bundle = contents.of_run(run, site, catalog.load(), versions.of_controller(ansible_version), secrets, key)
        name = f"support-bundle-{run.name}" + ("-pseudonyms" if key else "")
        path = directory / f"{name}.tar.gz"
        packed = archive.packed(name, bundle.texts)
        changed = not path.exists() or path.read_bytes() != packed
        if not self.check_mode:
            atomic_files.write(directory, {path.name: packed}, atomic_files.OWNER_ONLY)
            display.display(f"Support bundle (report, evidence, change request, inputs, versions): {path}")
        replaced = ", ".join(f"{kind}: {count}" for kind, count in bundle.replaced.items())
        display.display(f"Replaced in it: {replaced or 'nothing'}")
        return {"changed": changed, "bundle": str(path), "files": sorted(bundle.texts), "replaced": bundle.replaced}

    def _variables(self):
        """Return `{host: {name: value}}` of what a user set for each host; what cannot be evaluated is left out."""
        names = {*input_declarations.load().variables, *secret_variables.OF_CONNECTIONS, *_ADDRESSES}
        found = {}
        for host in self.groups().get("all", []):
            of_host = self.task_vars["hostvars"][host]
            found[host], _broken = read_variables(of_host.__getitem__, [name for name in of_host if name in names])
        return found

    def _inputs(self, variables):
        """Return `{node: {name: value}}` of the inputs, with a mask in place of each secret."""
        nodes = self.groups().get("rtf_nodes", [])
        return {node: secret_variables.without(variables[node], input_declarations.load()) for node in nodes}

    def _key(self, directory):
        """Return the key of the pseudonyms, which the first bundle makes."""
        path = directory / KEY
        if path.exists():
            return bytes.fromhex(path.read_text(encoding="ascii"))
        key = os.urandom(32)
        if not self.check_mode:
            atomic_files.write(directory, {KEY: key.hex()}, atomic_files.OWNER_ONLY)
        return key


def _addressed(variables):
    return [str(of_host["ansible_host"]) for of_host in variables.values() if "ansible_host" in of_host]


def _run(place):
    document = saved_reports.SavedReport(place).document
    return contents.Run(place.name, document, saved_reports.evidence(place / formats.EVIDENCE))
