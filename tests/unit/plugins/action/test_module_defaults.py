# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of module_defaults in meta/runtime.yml is true of every module of the group."""

import importlib
import re

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import CHECKOUT, play

RUNTIME = (CHECKOUT / "meta" / "runtime.yml").read_text()
EXAMPLE = yaml.safe_load(re.search(r"^# +(module_defaults: .*)$", RUNTIME, re.MULTILINE).group(1))["module_defaults"]
GROUPS = yaml.safe_load(RUNTIME)["action_groups"]
# Arguments with which a module has nothing to do.
IDLE = {
    "egress_info": "{endpoints: []}",
    "port_probe_info": "{key: '00', peers: []}",
    "link_info": "{key: '00', peers: []}",
    "bandwidth_info": "{key: '00', peers: []}",
}


@pytest.mark.parametrize("group, defaults", EXAMPLE.items())
def test_every_module_of_the_group_has_the_options_of_the_example(group, defaults):
    for name in GROUPS[group.rpartition(".")[2]]:
        module = importlib.import_module(f"ansible_collections.hostprep.runtime_fabric.plugins.modules.{name}")
        fragments = "\n".join(path.read_text() for path in (CHECKOUT / "plugins" / "doc_fragments").glob("*.py"))
        documented = module.DOCUMENTATION + fragments
        assert all(re.search(rf"^  {option}:$", documented, re.MULTILINE) for option in defaults), name


def test_the_example_runs(tmp_path):
    tasks = "".join(f"    - hostprep.runtime_fabric.{name}: {arguments}\n" for name, arguments in IDLE.items())
    code, output = play(tmp_path, tasks, keywords=f"  module_defaults: {EXAMPLE}\n")
    assert code == 0, output


def test_what_a_module_of_the_group_lacks_is_refused(tmp_path):
    """So the defaults of the test above have reached the modules."""
    defaults = {group: {"no_such_option": 2} for group in EXAMPLE}
    tasks = f"    - hostprep.runtime_fabric.egress_info: {IDLE['egress_info']}\n"
    code, output = play(tmp_path, tasks, keywords=f"  module_defaults: {defaults}\n")
    assert code != 0 and "no_such_option" in output
