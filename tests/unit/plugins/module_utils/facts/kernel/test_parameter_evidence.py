# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters of this host, as its files and services decide together."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    parameter_evidence,
    sysctl_files,
    sysctl_other_writers,
)

FORWARD = "net.ipv4.ip_forward"
OURS = ("/etc/sysctl.d/zz-runtime-fabric.conf", f"{FORWARD} = 1\n")
NOTHING_RUNS = {}
RUNS = {"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}


@pytest.fixture
def host(monkeypatch):
    """A host with our file and two interfaces, on which nothing else writes; change the dictionaries to have more."""
    state = {"files": [OURS], "live": {}, "writers": {}}

    def writer(name):
        return lambda *_arguments: state["writers"].get(name, [])

    monkeypatch.setattr(parameter_evidence, "_interfaces", lambda: {"2": "eth0", "3": "eth0.5"})
    monkeypatch.setattr(parameter_evidence, "_live", lambda key, problems: state["live"].get(key, "1"))
    monkeypatch.setattr(parameter_evidence.os.path, "exists", lambda path: False)
    monkeypatch.setattr(sysctl_files, "read_configuration", lambda: (state["files"], []))
    monkeypatch.setattr(sysctl_files, "read_beside", lambda files, problems: state.get("beside", []))
    for name in ("of_ufw", "of_networkd", "of_scripts"):
        monkeypatch.setattr(sysctl_other_writers, name, writer(name))
    monkeypatch.setattr(parameter_evidence, "LATER", {"tuned.service": writer("of_tuned")})
    monkeypatch.setattr(sysctl_other_writers, "on_command_line", lambda text: [])
    return state


def replayed(units=None):
    return parameter_evidence.replayed_boot([FORWARD], [], NOTHING_RUNS if units is None else units)


def test_a_host_in_order_has_no_exception(host):
    found = replayed()
    assert found["parameters"][FORWARD] == {
        "live": "1",
        "at_boot": "1",
        "at_boot_source": OURS[0] + ":1",
        "set_by": [{"value": "1", "source": OURS[0] + ":1"}],
        "beside": None,
    }
    assert list(found["forwarding"]) == ["default"]
    assert (found["otherwise"], found["refused"], found["scripts"]) == ([], [], [])


def test_an_interface_with_another_value_is_an_exception(host):
    host["live"]["net/ipv4/conf/eth0.5/forwarding"] = "0"
    assert replayed()["forwarding"]["eth0.5"]["live"] == "0"


def test_an_interface_that_a_file_switches_off_is_an_exception(host):
    host["files"] = [OURS, ("/etc/sysctl.d/zzz.conf", "net.ipv4.conf.eth0/5.forwarding = 0\n")]
    found = replayed()["forwarding"]
    assert set(found) == {"default", "eth0.5"} and found["eth0.5"]["at_boot_source"] == "/etc/sysctl.d/zzz.conf:1"


@pytest.mark.parametrize("unit, writer", [("ufw.service", "of_ufw"), ("tuned.service", "of_tuned")])
def test_a_program_counts_where_its_service_runs(host, unit, writer):
    host["writers"][writer] = [("/etc/x", f"{FORWARD}=0\n")]
    assert replayed()["parameters"][FORWARD]["at_boot"] == "1"
    assert replayed({unit: {**RUNS, "LoadState": "masked"}})["parameters"][FORWARD]["at_boot"] == "1"
    for units in ({unit: RUNS}, {unit: {**RUNS, "ActiveState": "inactive"}}):
        assert replayed(units)["parameters"][FORWARD]["at_boot_source"] == "/etc/x:1"


def test_what_cannot_be_asked_counts(host):
    """Without an answer of systemd every program may run."""
    host["writers"]["of_ufw"] = [("/etc/x", f"{FORWARD}=0\n")]
    assert parameter_evidence.replayed_boot([FORWARD], [], None)["parameters"][FORWARD]["at_boot"] == "0"


def test_an_order_without_guarantee_has_two_outcomes(host):
    host["writers"]["of_ufw"] = [("/etc/x", f"{FORWARD}=0\n")]
    found = replayed({"ufw.service": RUNS})["otherwise"]
    assert {"name": FORWARD, "value": "1", "source": OURS[0] + ":1"} in found


def test_sysctl_conf_is_read_last_by_sysctl(host):
    host["beside"] = [("/etc/sysctl.conf", f"{FORWARD}=0\n")]
    assert replayed()["parameters"][FORWARD]["beside"] == {"value": "0", "source": "/etc/sysctl.conf:1"}


def test_refused_texts_and_scripts_are_listed(host):
    host["files"] = [OURS, ("/etc/sysctl.d/zzz.conf", f"{FORWARD} = off\n")]
    host["writers"]["of_scripts"] = [("/etc/rc.local", f"{FORWARD}=0\nnet/ipv4/conf/*/forwarding=0\n")]
    found = replayed()
    assert found["refused"] == [{"name": FORWARD, "value": "off", "source": "/etc/sysctl.d/zzz.conf:1"}]
    scripts = {(one["name"], one["source"]) for one in found["scripts"]}
    assert {(FORWARD, "/etc/rc.local:2"), ("net.ipv4.conf.eth0/5.forwarding", "/etc/rc.local:2")} <= scripts


@pytest.mark.parametrize(
    "shown, known", [("Version=252.38-1~deb12u1\n", False), ("Version=257.9-1~deb13u1\n", True), ("Version=\n", True)]
)
def test_networkd_has_the_setting_since_systemd_256(shown, known):
    assert parameter_evidence.knows_ipv4_forwarding(lambda argv: shown) is known


def test_a_systemd_that_does_not_answer_may_be_new():
    def fails(argv):
        raise Unreadable("systemctl: not found")

    assert parameter_evidence.knows_ipv4_forwarding(fails)


def test_secrets_of_scripts_are_no_values_of_what_is_asked_for(host):
    host["writers"]["of_scripts"] = [("/etc/rc.local", f"kernel.planted = Kq1xKq1vKq1\n{FORWARD} = Kq1xKq1vKq1\n")]
    assert "Kq1x" not in str(replayed())
