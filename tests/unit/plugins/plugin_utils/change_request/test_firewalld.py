# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for firewalld, read by firewalld's own parser."""

from __future__ import annotations

import shlex

import pytest
from firewall.core.rich import Rich_Rule
from firewall.errors import FirewallError

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import firewalld
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import for_role, rules


def commands(text):
    return [shlex.split(line) for line in text.splitlines() if line and not line.startswith("#")]


def options(request, role):
    """Return the options of each firewall-cmd command, without the program."""
    return [words[1:] for words in commands(firewalld.render(request)[f"firewalld-{role}.sh"])]


def test_every_line_is_a_command(any_request):
    for text in firewalld.render(any_request).values():
        assert {words[0] for words in commands(text)} == {"firewall-cmd"}


def test_firewalld_understands_the_rich_rules(any_request):
    for role in ("controller", "worker"):
        for found in options(any_request, role):
            for option in found:
                if option.startswith("--add-rich-rule="):
                    text = option.removeprefix("--add-rich-rule=")
                    assert str(Rich_Rule(rule_str=text)) == text


def test_firewalld_refuses_what_is_wrong():
    with pytest.raises(FirewallError):
        Rich_Rule(rule_str='rule family="ipv4" port port="70000" protocol="tcp" accept')


def test_sets_are_made_before_they_are_used(any_request):
    for text in firewalld.render(any_request).values():
        for name in ("rtf-nodes", "rtf-controllers"):
            used = text.find(f'ipset="{name}"')
            assert used < 0 or 0 <= text.find(f"--new-ipset={name} ") < used


def test_each_inbound_port_is_opened_once_for_each_source(lab_request):
    for role in ("controller", "worker"):
        inbound = [rule for rule in for_role(rules(lab_request.openings), role) if rule.direction == "in"]
        opened = [found[-1] for found in options(lab_request, role) if found[-1].startswith("--add-")]
        opened = [option for option in opened if not option.startswith("--add-entry=")]
        assert len(opened) == len(set(opened)) == sum(len(rule.ports) for rule in inbound)


def test_nothing_takes_effect_before_the_end(lab_request):
    for role in ("controller", "worker"):
        *before, last = options(lab_request, role)
        assert last == ["--reload"]
        assert all(found[0] == "--permanent" for found in before)


def test_the_application_port_is_open_to_all_on_controllers_only(lab_request):
    assert ["--permanent", "--zone=public", "--add-port=443/tcp"] in options(lab_request, "controller")
    assert ["--permanent", "--zone=public", "--add-port=443/tcp"] not in options(lab_request, "worker")
