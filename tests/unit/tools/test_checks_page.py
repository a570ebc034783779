# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/checks.md is what catalog/checks/ says, and its example of a waiver is one."""

import re

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import waiver_list
from ansible_collections.hostprep.runtime_fabric.tools import checks_page


def test_the_page_is_up_to_date():
    text = checks_page.PAGE.read_text(encoding="utf-8")
    assert text == checks_page.render(checks.load()), "the catalogue has changed; run `make docs`"


def test_every_check_has_a_section():
    text = checks_page.render(checks.load())
    for row in checks.load():
        assert len(re.findall(rf"^### `{re.escape(row['id'])}(?:\.ROW)?`$", text, re.M)) == 1


def test_a_check_holds_for_the_lines_that_ask_for_it():
    """With release 2.x the others are skipped, as not required."""
    text = checks_page.render(checks.load())
    found = dict(re.findall(r"^### `(\S+)`$.*?^\* Holds for: (.*?)$", text, re.M | re.S))
    assert found["net.default_route"] == "the appliance and your own Kubernetes"
    assert found["host.container_runtime"] == "your own Kubernetes"
    for name in ("access.shell", "net.static_address", "net.load_balancer", "egress.smtp", "ports.closed"):
        assert found[name] == "the appliance"
    assert found["egress.ntp"] == "the appliance and your own Kubernetes where `rtf_ntp_servers` is set"


def test_the_example_of_a_waiver_is_one():
    example = checks_page.INTRODUCTION.partition("To accept a failure:")[2]
    waivers = yaml.safe_load(example)["rtf_waivers"]
    [waiver] = waiver_list.parse([{**waivers[0], "expires": str(waivers[0]["expires"])}], lambda name: None)
    assert waivers[0]["checks"][0] in {row["id"] for row in checks.load()}
