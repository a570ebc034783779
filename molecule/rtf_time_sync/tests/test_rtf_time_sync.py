# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""chrony follows the site's servers, with keys and NTS too; what keeps it from that is named; revert leaves no trace.

Each run of the playbook gives each node another fault, because most of the time of a run is spent waiting for chrony.
"""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences, state
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, time_servers

SOURCES = "/etc/chrony/sources.d/runtime-fabric.sources"
KEYS = "/etc/chrony/chrony.keys"
SERVERS = ("ntp.lab.example", "ntp2.lab.example", "ntp3.lab.example")
PLAYBOOK = """---
- name: Keep the clock
  hosts: rtf_nodes
  become: true
  gather_facts: false
  tasks:
    - name: Do it
      ansible.builtin.import_role:
        name: hostprep.runtime_fabric.rtf_time_sync
        tasks_from: TASKS
"""
KEY_ID, KEY_TYPE, SECRET = time_servers.KEY
WRONG = "HEX:00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
AUTH, LATE = "ntp-auth.lab.example", "ntp-late.lab.example"
INSTALLER = re.compile(r"Leap status\s+:\s+Normal")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    for tasks in ("main", "verify", "revert"):
        (site.directory / f"{tasks}.yml").write_text(PLAYBOOK.replace("TASKS", tasks), encoding="utf-8")
    return site


@pytest.fixture
def settings(site):
    """A function that gives nodes variables of their own, until the test is over."""
    written = []

    def give(**by_node):
        (site.directory / "host_vars").mkdir(exist_ok=True)
        for node, variables in by_node.items():
            written.append(site.directory / "host_vars" / f"{node.replace('_', '-')}.yml")
            written[-1].write_text(json.dumps(variables), encoding="utf-8")

    yield give
    for path in written:
        path.unlink(missing_ok=True)


def said(outcome, node):
    """What the role said when it failed on a node, on one line."""
    lines = [line for line in outcome.output.splitlines() if line.startswith(f"fatal: [{node}]")]
    assert len(lines) == 1, outcome.output
    return lines[0]


def run(lab, node, *argv):
    return lab.exec(node, *argv).stdout.decode()


def everywhere(lab, function):
    """Call a function for all nodes at once; return {node: result}."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(lab.nodes, pool.map(function, lab.nodes)))


def selected(lab, node):
    """The addresses that chrony follows."""
    lines = run(lab, node, "chronyc", "-n", "-c", "sources").splitlines()
    return [line.split(",")[2] for line in lines if line.startswith("^,*")]


def authentication(lab, node):
    """{address: (mode, key id, cookies)} of a node's sources."""
    rows = [line.split(",") for line in run(lab, node, "chronyc", "-n", "-c", "authdata").splitlines()]
    return {row[0]: (row[1], int(row[2]), int(row[8])) for row in rows}


@pytest.fixture(scope="module")
def restarted(lab):
    """All nodes restarted after converge."""
    everywhere(lab, lab.restart)


def test_chrony_follows_the_sites_servers_again_after_a_restart(host, lab, restarted):
    node = host.check_output("hostname")
    deadline = time.monotonic() + 60
    while not selected(lab, node) and time.monotonic() < deadline:
        time.sleep(1)
    [address] = selected(lab, node)
    assert address in {lab.endpoint_address(name) for name in SERVERS}
    assert INSTALLER.search(run(lab, node, "chronyc", "tracking"))


def test_what_was_written_is_what_chronyd_reads(host):
    read = host.check_output("chronyd -p -f /etc/chrony/chrony.conf")
    assert [line for line in read.splitlines() if "lab.example" in line] == []  # that prints no sourcedir
    assert "sourcedir /etc/chrony/sources.d" in read
    lines = host.file(SOURCES).content_string.splitlines()
    assert [line for line in lines if not line.startswith("#")] == [f"server {name} iburst" for name in SERVERS]
    assert host.file(SOURCES).mode == 0o644


def test_a_second_run_changes_nothing_and_needs_no_repository(site, lab):
    with faults.port_closed(lab, "packages.lab.example", 80, how="reject"):
        outcome = site.play("main.yml")
    assert outcome.code == 0, outcome.output
    assert outcome.changed == dict.fromkeys(lab.nodes, 0)


SITE_FILE = "/etc/chrony/site.conf"
# {node: (what a site may have done, what takes it back)}
READ_ELSEWHERE = {
    # L13: another file, which includes nothing of ours, and another socket.
    "controller-1": (
        f"printf 'pool pool.ntp.org iburst\\nbindcmdaddress /run/chrony/site.sock\\n' > {SITE_FILE}"
        f" && sed -i 's|-x|-x -f {SITE_FILE}|' /etc/lab/chrony && systemctl restart chrony",
        f"sed -i 's| -f {SITE_FILE}||' /etc/lab/chrony && rm {SITE_FILE} && systemctl restart chrony",
    ),
    # L12: several directories on one line, ours among them.
    "worker-1": (
        "cp -p /etc/chrony/chrony.conf /root/chrony.conf && sed -i -e /^sourcedir/d -e '/BEGIN/,/END/d' /etc/chrony/chrony.conf"
        " && echo 'sourcedir /run/chrony-dhcp /etc/chrony/sources.d' >> /etc/chrony/chrony.conf && systemctl restart chrony",
        "cp -p /root/chrony.conf /etc/chrony/ && rm /root/chrony.conf && systemctl restart chrony",
    ),
    # L14: a second chronyd at boot.
    "worker-2": ("systemctl enable chronyd-restricted.service", "true"),
}


def test_what_chronyd_really_reads_counts(site, lab):
    everywhere(lab, lambda node: run(lab, node, "sh", "-c", READ_ELSEWHERE[node][0]))
    try:
        outcome = site.play("verify.yml", "-e", "rtf_time_sync_wait=0")
        assert f"neither {SITE_FILE}, which the option -f of chronyd names" in said(outcome, "controller-1")
        assert outcome.output.count("chronyd-restricted.service also active") == 1
        outcome = site.play("main.yml")
        assert outcome.code == 0, outcome.output
        assert (
            outcome.changed["worker-1"],
            "runtime-fabric" in run(lab, "worker-1", "cat", "/etc/chrony/chrony.conf"),
        ) == (0, False)
        names = run(lab, "controller-1", "chronyc", "-h", "/run/chrony/site.sock", "-c", "-N", "sources", "-a")
        assert [names.count(f",{name},") for name in SERVERS] == [1, 1, 1]
        assert site.play("main.yml").changed == dict.fromkeys(lab.nodes, 0)
    finally:
        everywhere(lab, lambda node: run(lab, node, "sh", "-c", READ_ELSEWHERE[node][1]))


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """Words that give ansible-playbook the keys from an encrypted file."""
    directory = tmp_path_factory.mktemp("vault")
    password, keys = directory / "password", directory / "keys.yml"
    password.write_text("open sesame\n", encoding="utf-8")
    keys.write_text(
        json.dumps({"rtf_ntp_keys": [{"id": KEY_ID, "type": KEY_TYPE, "secret": SECRET}]}), encoding="utf-8"
    )
    subprocess.run(
        ["ansible-vault", "encrypt", "--vault-password-file", password, keys], check=True, capture_output=True
    )
    assert SECRET not in keys.read_text(encoding="utf-8")
    return ["-e", f"@{keys}", "--vault-password-file", str(password)]


def test_servers_are_asked_with_keys_and_over_nts_and_nobody_sees_the_secret(site, lab, settings, vault):
    keyed = [{"host": AUTH, "key": KEY_ID, "minpoll": 3, "maxpoll": 6}]
    settings(
        controller_1={"rtf_ntp_servers": keyed},
        worker_1={"rtf_ntp_servers": keyed},
        worker_2={"rtf_ntp_servers": [{"host": AUTH, "nts": True}]},
    )
    outcome = site.play("main.yml", "-vvv", "--diff", *vault)
    assert outcome.code == 0, outcome.output
    address = lab.endpoint_address(AUTH)
    for node in lab.nodes:
        assert selected(lab, node) == [address]
        mode, key_id, cookies = authentication(lab, node)[address]
        assert (mode, cookies > 0) == ("NTS", True) if node == "worker-2" else (mode, key_id) == ("SK", KEY_ID)
        assert f"{KEY_ID} {KEY_TYPE} {SECRET}\n" in run(lab, node, "cat", KEYS)
        group = "root" if node == "worker-1" else "_chrony"  # as Debian's packages have it
        assert run(lab, node, "stat", "--format=%a %U %G", KEYS).split() == ["640", "root", group]
        assert SECRET not in run(lab, node, "journalctl", "--boot", "--no-pager")
    assert SECRET not in outcome.output and SECRET.removeprefix("HEX:") not in outcome.output
    assert f"+{KEY_ID} {KEY_TYPE} ********" in outcome.output.replace("\\n", "\n")
    again = site.play("main.yml", *vault)
    assert again.changed == dict.fromkeys(lab.nodes, 0)
    site.play("audit-rtf.yml", *vault)
    for path in (site.directory / "rtf-report").glob("*.*"):
        assert SECRET not in path.read_text(encoding="utf-8")


def everywhere_the_same(variables):
    return dict.fromkeys(("controller_1", "worker_1", "worker_2"), variables)


def test_what_is_not_set_stays_as_it_is(site, lab):
    """The servers and keys of the test before, which the inventory no longer names: the quick start of the README."""
    group = site.directory / "group_vars" / "rtf_nodes.yml"
    named = group.read_text(encoding="utf-8")
    group.write_text("rtf_control_plane: us\n", encoding="utf-8")
    try:
        outcome = site.play("main.yml")
    finally:
        group.write_text(named, encoding="utf-8")
    assert outcome.code == 0, outcome.output
    assert outcome.changed == dict.fromkeys(lab.nodes, 0)
    for node in lab.nodes:
        assert selected(lab, node) == [lab.endpoint_address(AUTH)]


@pytest.mark.parametrize("check", [["--check"], []])
def test_the_source_that_works_is_not_taken_away_for_one_that_does_not_answer(site, lab, settings, check):
    settings(
        controller_1={"rtf_ntp_servers": []},
        worker_1={"rtf_ntp_servers": ["nowhere.lab.example"], "rtf_ntp_keys": []},
        worker_2={"rtf_ntp_servers": ["ntp2.lab.example"]},
    )
    with faults.port_closed(lab, "ntp2.lab.example", 123, "udp"):
        outcome = site.play("main.yml", *check)
    assert outcome.changed == dict.fromkeys(lab.nodes, 0), outcome.output
    for node, host in (
        ("controller-1", "pool.ntp.org"),
        ("worker-1", "nowhere.lab.example"),
        ("worker-2", "ntp2.lab.example"),
    ):
        text = said(outcome, node)
        assert f"The clock follows {AUTH} now" in text and f"chrony no longer uses {AUTH}" in text and host in text
        assert selected(lab, node) == [lab.endpoint_address(AUTH)]
    assert f"chrony no longer has the key {KEY_ID}" in said(outcome, "worker-1")


def test_keys_and_servers_that_are_set_to_none_are_taken_away(site, lab, settings):
    settings(
        **everywhere_the_same(
            {"rtf_ntp_servers": [], "rtf_ntp_keys": [], "rtf_time_sync_force": True, "rtf_time_sync_wait": 0}
        )
    )
    outcome = site.play("main.yml")
    assert outcome.output.count(f"chrony no longer uses {AUTH}") >= len(lab.nodes)
    for node in lab.nodes:
        assert lab.exec(node, "test", "-e", SOURCES, check=False).returncode != 0
        assert "runtime-fabric" not in run(lab, node, "cat", KEYS)


class Killed:
    """A run of ansible-playbook whose controller is killed when the log says that a task begins."""

    def __init__(self, site, playbook, task):
        inventories = [word for name in ("inventory", os.environ["LAB_INVENTORY"]) for word in ("-i", name)]
        command = ["ansible-playbook", playbook, *inventories]
        with subprocess.Popen(
            command,
            cwd=site.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        ) as process:
            seen = []
            for line in process.stdout:
                seen.append(line)
                if line.startswith("TASK") and task in line:
                    break
            self.reached = bool(seen) and task in seen[-1]
            os.killpg(process.pid, signal.SIGKILL)


def test_a_run_that_was_killed_before_chrony_was_restarted_is_finished_by_the_next(site, lab):
    """R1: the files are written, and chronyd runs since before they were."""
    assert Killed(site, "main.yml", "Start chrony, now and at boot").reached
    names = {node: run(lab, node, "cat", SOURCES) for node in lab.nodes}
    assert all("ntp.lab.example" in text for text in names.values())
    outcome = site.play("main.yml")
    assert outcome.code == 0, outcome.output
    for node in lab.nodes:
        [address] = selected(lab, node)
        assert address in {lab.endpoint_address(name) for name in SERVERS}
    assert site.play("main.yml").changed == dict.fromkeys(lab.nodes, 0)


def test_a_name_a_port_and_a_liar_are_told_apart(site, lab, settings):
    settings(
        controller_1={"rtf_ntp_servers": ["nowhere.lab.example"], "rtf_time_sync_wait": 5, "rtf_time_sync_force": True},
        worker_1={"rtf_ntp_servers": ["ntp2.lab.example"], "rtf_time_sync_wait": 5, "rtf_time_sync_force": True},
        worker_2={"rtf_ntp_servers": ["ntp.lab.example", LATE], "rtf_time_sync_wait": 15, "rtf_time_sync_force": True},
    )
    with faults.port_closed(lab, "ntp2.lab.example", 123, "udp"):
        outcome = site.play("main.yml")
    assert outcome.code != 0
    for node, cause, remedy in (
        ("controller-1", "nowhere.lab.example", "Make nowhere.lab.example resolve on controller-1"),
        ("worker-1", "no answer on UDP 123 from ntp2.lab.example", "open UDP 123 from worker-1 to ntp2.lab.example"),
        ("worker-2", "rejected as falseticker, no majority agrees: ntp", "list at least three that agree"),
    ):
        text = said(outcome, node)
        # chrony that has lost its source calls itself synchronised for a while.
        assert re.search(r"leap status (Not synchronised|Normal) after \d+ s of waiting: ", text)
        assert cause in text and remedy in text
    # What the package configures has no address in the lab, either.
    assert re.search(r"cannot resolve ([\w.]+, )?nowhere\.lab\.example", said(outcome, "controller-1"))
    assert re.search(rf"{LATE} \(-0\.(49|50)\d s off", said(outcome, "worker-2"))


def test_a_key_a_certificate_and_samples_are_told_apart(site, lab, settings):
    slow = {"host": "ntp.lab.example", "iburst": False, "minpoll": 6}
    settings(
        controller_1={
            "rtf_ntp_servers": [{"host": AUTH, "key": 9}],
            "rtf_time_sync_wait": 5,
            "rtf_time_sync_force": True,
            "rtf_ntp_keys": [{"id": 9, "type": KEY_TYPE, "secret": WRONG}],
        },
        worker_1={
            "rtf_ntp_servers": [{"host": AUTH, "nts": True}],
            "rtf_time_sync_wait": 8,
            "rtf_time_sync_force": True,
        },
        worker_2={"rtf_ntp_servers": [slow], "rtf_time_sync_wait": 6, "rtf_time_sync_force": True},
    )
    with faults.port_closed(lab, AUTH, 4460, how="reject"):
        outcome = site.play("main.yml")
    assert outcome.code != 0
    for node, cause, remedy in (
        (
            "controller-1",
            f"while queries without a key are answered: {AUTH} (key 9)",
            "Compare id, type and secret",
        ),
        ("worker-1", f"authentication failed: no NTS keys from {AUTH}", f"Open TCP 4460 from worker-1 to {AUTH}"),
        ("worker-2", "not enough samples yet from ntp.lab.example", "Wait a minute"),
    ):
        assert cause in said(outcome, node) and remedy in said(outcome, node)
    assert WRONG not in outcome.output


def test_inputs_that_do_not_go_together_are_refused_before_anything_is_touched(site, settings):
    settings(controller_1={"rtf_ntp_servers": [{"host": AUTH, "key": 8}]})
    outcome = site.play("main.yml", "--limit", "controller-1")
    assert "rtf_time_sync_servers: ntp-auth.lab.example uses key 8, which rtf_ntp_keys does not contain" in said(
        outcome, "controller-1"
    )
    assert not outcome.changed["controller-1"]


def test_a_node_whose_only_server_lies_is_the_one_that_is_off(site, lab, settings):
    settings(worker_1={"rtf_ntp_servers": [LATE]})
    outcome = site.play("main.yml")
    assert outcome.code == 0, outcome.output
    outcome = site.play("audit-rtf.yml")
    red = {
        (entry["node"], entry["id"])
        for entry in outcome.report["results"]
        if entry["id"].startswith("time.") and entry["severity"] == "required" and entry["status"] != "pass"
    }
    assert red == {("worker-1", "time.between_nodes")}
    observed = outcome.result("worker-1", "time.between_nodes")["observed"]
    assert re.search(
        r"(49|50)\d\.\d ms \+- \d+\.\d ms ahead of controller-1 \(by chrony's offset from NTP time\)", observed
    )
    assert "worker-1 is off" in outcome.result("controller-1", "time.between_nodes")["observed"]


def test_only_verifying_changes_nothing(site, lab):
    outcome = site.play("verify.yml", "--limit", "controller-1")
    assert (outcome.code, outcome.changed["controller-1"]) == (0, 0), outcome.output


# What a site may have had before: {node: packages}. On worker-2 chrony stays beside them, as it does on other families.
FORMER = {"controller-1": ["ntpsec"], "worker-1": ["ntp"], "worker-2": ["openntpd", "systemd-timesyncd"]}
UNITS = {
    "systemd-timesyncd": "systemd-timesyncd.service",
    "ntp": "ntp.service",
    "openntpd": "openntpd.service",
    "ntpsec": "ntpsec.service",
}
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends"


def install_former(lab, node):
    """Install a node's former time services; those of worker-2 beside chrony, which apt would remove."""
    packages = " ".join(FORMER[node])
    script = f"{INSTALL} {packages}"
    if node == "worker-2":
        script = (
            f"{INSTALL} chrony && apt-get clean && for one in {packages}; do {INSTALL} --download-only $one; done"
            " && dpkg --install --force-conflicts --force-depends /var/cache/apt/archives/*.deb"
        )
    run(lab, node, "sh", "-c", f"apt-get update --quiet && {script}")
    run(lab, node, "systemctl", "enable", *(UNITS[name] for name in FORMER[node]))


@pytest.fixture(scope="module")
def former(site, lab):
    """{node: state} of nodes whose time other services keep."""
    assert site.play("revert.yml").code == 0
    everywhere(lab, lambda node: install_former(lab, node))
    return everywhere(lab, lambda node: state(lab, node))


def test_a_dry_run_on_a_fresh_host_shows_what_a_run_does_and_does_nothing(site, lab, former):
    outcome = site.play("main.yml", "--check", "--diff")
    assert outcome.code == 0, outcome.output
    after = everywhere(lab, lambda node: state(lab, node))
    assert {node: differences(former[node], after[node]) for node in after} == dict.fromkeys(after, {})
    assert "The package chrony would be installed" in outcome.output
    assert outcome.output.count("+server ntp.lab.example iburst") == len(lab.nodes)
    for unit in UNITS.values():
        assert unit in outcome.output


def test_a_run_that_was_killed_during_the_installation_is_reverted(site, lab, former):
    """R3: chrony is installed, and no task after it has run."""
    assert Killed(site, "main.yml", "Plan the changes after the installation").reached
    for node in lab.nodes:
        run(lab, node, "dpkg-query", "--status", "chrony")
    outcome = site.play("revert.yml")
    assert outcome.code == 0, outcome.output
    after = everywhere(lab, lambda node: state(lab, node))
    assert {node: differences(former[node], after[node]) for node in after} == dict.fromkeys(after, {})


def test_other_time_services_give_way_and_come_back(site, lab, former):
    outcome = site.play("main.yml")
    assert outcome.code == 0, outcome.output
    for node, packages in FORMER.items():
        for name in packages:
            # What apt took away may leave a script of the service's behind, without anything to start.
            for question in ("is-active", "is-enabled") if node == "worker-2" else ("is-active",):
                assert lab.exec(node, "systemctl", "--quiet", question, UNITS[name], check=False).returncode != 0
        assert selected(lab, node)
    outcome = site.play("revert.yml")
    assert outcome.code == 0, outcome.output
    after = everywhere(lab, lambda node: state(lab, node))
    assert {node: differences(former[node], after[node]) for node in after} == dict.fromkeys(after, {})
    for node, packages in FORMER.items():
        for name in packages:
            run(lab, node, "systemctl", "is-enabled", UNITS[name])
