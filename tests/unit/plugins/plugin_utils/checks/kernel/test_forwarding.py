# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarding is on where every interface forwards: now, after a boot, and for interfaces to come."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import sysctl_boot_replay
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import (
    Boot,
    kernel_plan,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

FORWARD, NOW, AT_BOOT = "net.ipv4.ip_forward", "kernel.ip_forward", "kernel.sysctls_at_boot"
OURS = ("/etc/sysctl.d/zz-runtime-fabric.conf", f"{FORWARD} = 1\n")


def entry(live="1", at_boot="1", source="/x:1"):
    return {
        "live": live,
        "at_boot": at_boot,
        "at_boot_source": source,
        "set_by": [{"value": at_boot, "source": source}],
    }


def node(forwarding=None, **boot):
    """Evidence of a prepared node, but for interfaces and what else the replay of a boot has found."""
    evidence = samples.evidence()
    interfaces = {"default": entry(), **(forwarding or {})}
    evidence["host"]["kernel"]["boot"] = {
        "forwarding": interfaces,
        "otherwise": [],
        "refused": [],
        "scripts": [],
        **boot,
    }
    return evidence


def judged(evidence, check):
    [result] = judge_node(checks.load(), samples.subject(), evidence, [check])
    return result


def replayed(*files, **others):
    """Evidence of a node with these files beside ours, as the replay of its boot says."""
    key = "net/ipv4/ip_forward"
    boot = sysctl_boot_replay.Boot([*files, OURS], **others)
    found, forwarding, refused = sysctl_boot_replay.replay(boot, [key], ["eth0"], {key: "1"})
    evidence = node(
        {
            name: entry("1", *(list(one.settings[-1].values()) if one.settings else (None, None)))
            for name, one in forwarding.items()
        },
        refused=[{"name": FORWARD, "value": text, "source": source} for _key, text, source in refused],
        otherwise=[{**one, "name": FORWARD} for one in found[key].otherwise],
    )
    setting = found[key].settings[-1] if found[key].settings else {"value": None, "source": None}
    evidence["host"]["kernel"]["sysctls"][FORWARD].update(
        at_boot=setting["value"], at_boot_source=setting["source"], set_by=found[key].settings
    )
    return evidence


def test_a_node_whose_interfaces_forward_passes():
    assert [judged(node(), check)["status"] for check in (NOW, AT_BOOT)] == ["pass", "pass"]


def test_an_interface_that_does_not_forward_fails():
    result = judged(node({"eth0": entry(live="0")}), NOW)
    assert result["status"] == "fail" and "forwarding is off on eth0" in result["observed"]
    assert "sysctl -w net.ipv4.conf.eth0.forwarding=1" in result["remedy"]


def test_an_interface_with_a_dot_in_its_name_is_written_as_sysctl_takes_it():
    """A VLAN: https://github.com/chimera-linux/dinit-chimera/issues/15"""
    assert "net.ipv4.conf.eth0/5.forwarding=1" in judged(node({"eth0.5": entry(live="0")}), NOW)["remedy"]


def test_interfaces_to_come_count():
    result = judged(node({"default": entry(live="0")}), NOW)
    assert result["status"] == "fail" and "future interfaces" in result["observed"]


@pytest.mark.parametrize("name", ["eth0", "default"])
def test_an_interface_that_is_switched_off_at_boot_names_the_file(name):
    result = judged(node({name: entry(at_boot="0", source="/etc/sysctl.d/cis.conf:7")}), AT_BOOT)
    assert result["status"] == "fail"
    assert f"net.ipv4.conf.{name}.forwarding becomes 0, set by /etc/sysctl.d/cis.conf:7" in result["observed"]
    assert "/etc/sysctl.d/cis.conf" in result["remedy"]


def test_another_name_of_the_parameter_in_another_file_is_named_and_only_that_file():
    result = judged(
        replayed(
            ("/etc/sysctl.d/20-a.conf", f"{FORWARD}=1\n"),
            ("/etc/sysctl.d/99-b.conf", "net.ipv4.conf.all.forwarding=0\n"),
        ),
        AT_BOOT,
    )
    assert result["status"] == "fail" and "ip_forward becomes 0, set by /etc/sysctl.d/99-b.conf:1" in result["observed"]
    assert result["remedy"] == "Remove the setting from /etc/sysctl.d/99-b.conf."


def test_on_a_node_that_was_never_prepared_the_role_is_the_remedy_of_a_file_that_it_overrides():
    evidence = node()
    source = "/usr/lib/sysctl.d/10-hardened.conf:3"
    evidence["host"]["kernel"]["sysctls"][FORWARD].update(entry("0", "0", source))
    result = judged(evidence, AT_BOOT)
    assert result["status"] == "fail" and f"ip_forward becomes 0, set by {source}" in result["observed"]
    assert "sorts after /usr/lib/sysctl.d/10-hardened.conf, or run the role hostprep" in result["remedy"]


def test_the_file_of_ufw_is_named():
    result = judged(replayed(unordered=[("/etc/ufw/sysctl.conf", "# x\nnet/ipv4/ip_forward=0\n")]), AT_BOOT)
    assert result["status"] == "fail" and "set by /etc/ufw/sysctl.conf:2" in result["observed"]
    assert result["remedy"] == "Remove the setting from /etc/ufw/sysctl.conf."


def test_what_an_order_without_guarantee_makes_right_is_not_right():
    hardened = ("/etc/sysctl.d/zzz.conf", "net.ipv4.conf.all.forwarding=0\n")
    boot = sysctl_boot_replay.Boot([OURS, hardened], unordered=[("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=1\n")])
    outcome = sysctl_boot_replay.replay(boot, ["net/ipv4/ip_forward"])[0]["net/ipv4/ip_forward"]
    assert outcome.settings[-1]["value"] == "1"
    result = judged(node(otherwise=[{**outcome.otherwise[0], "name": FORWARD}]), AT_BOOT)
    assert result["status"] == "fail" and "/etc/sysctl.d/zzz.conf" in result["remedy"]


@pytest.mark.parametrize(
    "value, observed",
    [
        ("off", "the kernel refuses net.ipv4.ip_forward = off of /etc/sysctl.d/zzz.conf:1"),
        (None, "/etc/sysctl.d/zzz.conf:1 excludes net.ipv4.ip_forward"),
    ],
)
def test_a_line_that_takes_the_place_of_ours_and_sets_nothing_is_named(value, observed):
    evidence = node(refused=[{"name": FORWARD, "value": value, "source": "/etc/sysctl.d/zzz.conf:1"}])
    evidence["host"]["kernel"]["sysctls"][FORWARD].update(at_boot=None, at_boot_source=None, set_by=[])
    result = judged(evidence, AT_BOOT)
    assert result["status"] == "fail"
    assert observed in result["observed"]
    assert "/etc/sysctl.d/zzz.conf" in result["remedy"]


def test_a_script_that_may_run_leaves_it_open():
    result = judged(node(scripts=[{"name": FORWARD, "value": "0", "source": "/etc/rc.local:3"}]), AT_BOOT)
    assert result["status"] == "unknown" and "/etc/rc.local:3" in result["observed"]


def test_evidence_of_an_earlier_version_is_judged_as_before():
    evidence = samples.evidence()
    evidence["host"]["kernel"].pop("boot", None)
    assert [judged(evidence, check)["status"] for check in (NOW, AT_BOOT)] == ["pass", "pass"]


def planned(evidence):
    kernel = evidence["host"]["kernel"]
    return kernel_plan(kernel, catalog.select_settings(catalog.load(), "1.4"), OURS[0], Boot({}, []))


def test_the_role_switches_interfaces_on_and_remembers_them():
    found = planned(node({"eth0.5": entry(live="0"), "wg0": entry()}))
    assert found.set == {"net.ipv4.conf.eth0/5.forwarding": "1"}
    assert found.replaced == {"net.ipv4.conf.eth0/5.forwarding": "0"}
    assert "net.ipv4.conf.eth0/5.forwarding" in found.optional


def test_switching_the_parameter_on_switches_all_interfaces_on():
    evidence = node({"eth0": entry(live="0")})
    evidence["host"]["kernel"]["sysctls"][FORWARD]["live"] = "0"
    assert planned(evidence).set == {FORWARD: "1"}


WATCHES = "fs.inotify.max_user_watches"


def test_a_text_of_a_site_that_is_no_number_stops_neither_the_role_nor_a_check():
    evidence = node()
    own = {"value": "524288 # x", "source": "/etc/sysctl.d/site.conf:1"}
    evidence["host"]["kernel"]["sysctls"][WATCHES].update(
        at_boot=own["value"], at_boot_source=own["source"], set_by=[own]
    )
    assert planned(evidence).boot.sysctls[WATCHES] == "1048576"
    assert judged(evidence, "host.inotify")["status"] == "fail"
