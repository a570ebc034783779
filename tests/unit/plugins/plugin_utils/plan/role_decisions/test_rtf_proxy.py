# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rtf_proxy plans from evidence: what follows a change of files, and what it announces. The files: platforms/test_proxy.py."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_proxy
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    KINDS,
    Cluster,
    Refusal,
)

OPEN = "http://proxy.example.com:3128"
SECRET = "http://@{http_credentials}proxy.example.com:3128"
ENVIRONMENT = "/etc/environment"
CURRENT, OUTDATED = {"running": True, "outdated": False}, {"running": True, "outdated": True}
STOPPED = {"running": False, "outdated": False}


def inputs(**given):
    return {
        "http_proxy": OPEN,
        "monitoring_proxy": "",
        "no_proxy": ["localhost", ".svc", "10.0.0.0/8"],
        "consumers": ["login_shells", "sessions", "systemd", "packages", "docker", "containerd", "installer"],
        "restart_services": [],
        **given,
    }


def evidence(given, services=None, systemd=252, unread=None, without=()):
    """The host with every file as the inputs want it, but for those `without` the block."""
    blocks = []
    for entry in rtf_proxy.files(given, systemd):
        there = entry["state"] == "present" and entry["path"] not in without
        lines = [{"text": line, "expected": True} for line in entry["content"].splitlines()]
        private = "@{" in entry["content"]
        blocks.append(
            {
                "name": rtf_proxy.BLOCK,
                "path": entry["path"],
                "target": entry["path"],
                "mode": int(entry["mode"], 8) & (0o640 if private else 0o777) if there else None,
                "mode_before": None,
                "missing_directories": 0,
                "leftovers": [],
                "in_place": True,
                "lines": lines if there else None,
            }
        )
    return {
        "proxy": {
            "systemd": systemd,
            "services": services or {},
            "unread": unread or {"units": [], "environment": []},
        },
        "blocks": blocks,
    }


def plan(given, host):
    found = rtf_proxy.plan(given, host, Cluster("n1", {}, {}))
    assert {change["kind"] for change in found.changes} <= set(KINDS)
    assert len({change["step"] for change in found.changes}) == len(found.changes)
    return found


def kinds(found):
    return [change["kind"] for change in found.changes]


@pytest.mark.parametrize("url", [OPEN, SECRET, "", UNCHANGED])
def test_a_host_that_is_as_wanted_needs_nothing(url):
    given = inputs(http_proxy=url)
    assert plan(given, evidence(given)) == ([], {}, [], [], [])


def test_where_no_proxy_is_set_the_evidence_is_not_looked_at():
    assert plan(inputs(http_proxy=UNCHANGED, monitoring_proxy=UNCHANGED), {}) == ([], {}, [], [], [])


def test_evidence_that_could_not_be_collected_is_a_refusal():
    with pytest.raises(Refusal, match="proxy: no systemctl"):
        plan(inputs(), {"proxy": {"error": "no systemctl"}})


def test_a_file_that_differs_is_written_and_systemd_reads_its_files_again():
    given = inputs()
    found = plan(given, evidence(given, without=(ENVIRONMENT,)))
    assert kinds(found) == ["blocks"] and found.changes[0]["reload"]
    assert [entry["path"] for entry in found.changes[0]["blocks"]] == [ENVIRONMENT]


@pytest.mark.parametrize("unread", [{"units": ["docker.service"]}, {"environment": ["http_proxy"]}])
def test_files_that_an_interrupted_run_wrote_are_read_by_systemd(unread):
    given = inputs()
    assert kinds(plan(given, evidence(given, unread=unread))) == ["reload"]
    assert kinds(plan(given, evidence(given, unread={"error": "no systemd"}))) == []


@pytest.mark.parametrize("unread", [{"units": ["docker.service"]}, {"environment": ["http_proxy"]}])
def test_what_runs_is_restarted_once_systemd_has_read_files_that_an_interrupted_run_wrote(unread):
    """Until systemd has read them, a service does not look outdated."""
    given = inputs(restart_services=["docker"])
    found = plan(given, evidence(given, {"docker": CURRENT}, unread=unread))
    assert kinds(found) == ["reload", "services"]
    assert kinds(plan(given, evidence(given, {"docker": STOPPED}, unread=unread))) == ["reload"]


@pytest.mark.parametrize(
    "services, named, without, expected",
    [
        ({"docker": OUTDATED}, ["docker"], (), ["docker"]),
        ({"docker": OUTDATED}, [], (), []),  # the site did not name it
        ({"docker": CURRENT}, ["docker"], (), []),
        ({"docker": STOPPED}, ["docker"], (rtf_proxy.UNIT_FILE,), []),
        ({"docker": CURRENT, "containerd": CURRENT}, ["docker", "containerd"], (ENVIRONMENT,), []),
        (
            {"docker": CURRENT, "containerd": CURRENT},
            ["docker", "containerd"],
            ("/etc/systemd/system/docker.service.d/runtime-fabric-proxy.conf",),
            ["docker"],
        ),
        (
            {"docker": CURRENT, "containerd": CURRENT},
            ["docker", "containerd"],
            (rtf_proxy.UNIT_FILE,),
            ["docker", "containerd"],
        ),
        ({"error": "no systemd"}, ["docker"], (rtf_proxy.UNIT_FILE,), []),
    ],
)
def test_only_what_the_site_named_and_the_files_concern_is_restarted(services, named, without, expected):
    given = inputs(restart_services=named)
    found = plan(given, evidence(given, services, without=without))
    restarted = [one["name"] for change in found.changes for one in change.get("services", ())]
    assert restarted == expected


@pytest.mark.parametrize("systemd, url, announced", [(239, SECRET, True), (244, SECRET, False), (239, OPEN, False)])
def test_a_systemd_that_would_show_the_credentials_is_announced_in_every_run(systemd, url, announced):
    given = inputs(http_proxy=url)
    found = plan(given, evidence(given, systemd=systemd))
    assert bool(found.notices) is announced and found.changes == []
    if announced:
        assert "systemd 239 would show its credentials to every user" in found.notices[0]
    else:
        assert plan(inputs(http_proxy=url, consumers=[]), evidence(given, systemd=systemd)).notices == []


@pytest.mark.parametrize(
    "pam, announced", [("1.1.8", True), ("1.3.1", True), ("1.4.0", False), ("1.7.0", False), (None, False)]
)
def test_a_no_proxy_that_is_too_long_for_the_pam_of_the_node_is_announced(pam, announced):
    """RHEL 7, SLES 12 and Debian 10: the line has 1078 bytes at 20 nodes."""
    given = inputs(no_proxy=[f"192.168.230.{number}" for number in range(100, 180)])
    host = evidence(given)
    host["proxy"]["pam"] = pam
    assert bool(plan(given, host).notices) is announced
    assert plan(inputs(no_proxy=["192.168.230.11"]), host).notices == []
    assert plan({**given, "consumers": ["login_shells"]}, host).notices == []


def test_what_loses_the_proxy_is_named_and_reverting_removes_the_same():
    given = inputs()
    host = evidence(given)
    gone = plan(inputs(http_proxy="", monitoring_proxy=""), host)
    assert gone.removals[0].startswith(
        "The proxy is removed from /etc/profile.d/runtime-fabric-proxy.sh, /etc/environment"
    )
    assert {entry["state"] for entry in gone.changes[0]["blocks"]} == {"absent"}
    assert rtf_proxy.revert(inputs(http_proxy=UNCHANGED, monitoring_proxy=UNCHANGED), host, {}) == gone


def test_no_plan_holds_a_secret_and_every_line_is_asked_for():
    given = inputs(http_proxy=SECRET, monitoring_proxy="socks5://@{monitoring_credentials}socks.example.com:1080")
    secrets = {"http_credentials": "u:s3cr3t@", "monitoring_credentials": "u:an0ther@"}
    asked = rtf_proxy.inspection({**given, "secrets": secrets})
    assert asked["sections"] == ["proxy"] and "s3cr3t" not in str(asked) and "an0ther" not in str(asked)
    for systemd in (239, 252):
        lines = {line for entry in rtf_proxy.files(given, systemd) for line in entry["content"].splitlines()}
        assert lines <= set(asked["block_lines"])
    assert rtf_proxy.inspection({**given, "secrets": {}}, {})["block_lines"] == {}


@pytest.mark.parametrize("release, of_the_appliance", [("1.4", True), ("1.13", True), ("2.x", False)])
def test_what_only_the_appliance_has_is_written_on_its_nodes_alone(release, of_the_appliance):
    shown = {"release": release, "no_proxy_extra": [], "consumers": inputs()["consumers"], "restart_services": []}
    nodes = {"n1": {"rtf_node_address": "192.0.2.11"}}
    made = rtf_proxy.settings({**shown, "http_proxy": OPEN}, shown, Cluster("n1", {"rtf_nodes": ["n1"]}, nodes)).inputs
    written = [entry for entry in rtf_proxy.files(made, 252) if entry["state"] == "present"]
    assert ("/opt/anypoint/runtimefabric/env" in [entry["path"] for entry in written]) is of_the_appliance
    assert any("leader.telekube.local" in entry["content"] for entry in written) is of_the_appliance
    assert all("kubernetes.default.svc" in entry["content"] for entry in written if "apt" in entry["path"])
