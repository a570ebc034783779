# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each thing that can be wrong turns its own check, and only that one, and says what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()


def judge(evidence, subject=None, only=("*",)):
    """Return `{check id: result}`."""
    return {entry["id"]: entry for entry in judge_node(CHECKS, subject or samples.subject(), evidence, only)}


def not_passed(results):
    """Return the ids of the results that did not pass."""
    return [name for name, entry in results.items() if entry["status"] != "pass"]


def test_a_node_in_order_passes_every_check():
    for node, role in (("n1", "controller"), ("n2", "worker")):
        results = judge(samples.evidence(node), samples.subject(node))
        assert not_passed(results) == [], role
        assert all(entry["node"] == node and entry["remedy"] == "" for entry in results.values())


@pytest.mark.parametrize("phase", ["install", "operate"])
def test_a_check_of_one_phase_is_made_in_that_phase_only(phase):
    checks_of_phases = [{**CHECKS[1], "phase": name} for name in ("install", "operate")]
    made = judge_node(checks_of_phases, samples.subject(phase=phase), samples.evidence())
    assert [entry["id"] for entry in made] == [CHECKS[1]["id"]]
    assert len(judge_node(CHECKS[1:2], samples.subject(phase=phase), samples.evidence())) == 1


def test_a_controller_must_reach_what_a_worker_need_not():
    controller = set(judge(samples.evidence("n1"), samples.subject("n1")))
    worker = set(judge(samples.evidence("n2"), samples.subject("n2")))
    assert controller - worker == {
        "egress.transport-layer-us",
        "storage.etcd_device",
        "storage.etcd_latency",
        "egress.smtp",
    }


def _set(*path):
    """Return a function that sets `evidence[path[0]]...[path[-2]] = path[-1]`."""

    def change(evidence):
        *way, last, value = path
        for step in way:
            evidence = evidence[step]
        evidence[last] = value

    return change


def _probe(row_id, **fields):
    def change(evidence):
        next(probe for probe in evidence["egress"] if probe["id"] == row_id).update(fields)

    return change


KERNEL, TIME, NET = ("host", "kernel"), ("host", "time"), ("host", "network")
FORWARD = "net.ipv4.ip_forward"
BRIDGE = "net.bridge.bridge-nf-call-iptables"

BROKEN = [
    (_set("host", "privileged", False), "access.shell", "not as root", "become"),
    (_set(*KERNEL, "sysctls", FORWARD, "live", "0"), "kernel.ip_forward", "ip_forward = 0", "sysctl -w " + FORWARD),
    (_set(*KERNEL, "sysctls", BRIDGE, "live", None), "kernel.bridge_netfilter", "= missing", "sysctl -w " + BRIDGE),
    (
        _set(*KERNEL, "modules", "br_netfilter", "available", False),
        "kernel.bridge_netfilter",
        "no br_netfilter",
        "modprobe",
    ),
    (
        _set(*KERNEL, "sysctls", FORWARD, "beside", {"value": "0", "source": "/etc/sysctl.conf:7"}),
        "kernel.sysctls_at_boot",
        "becomes 0 with `sysctl --system`, set by /etc/sysctl.conf:7",
        "/etc/sysctl.conf",
    ),
    (
        _set(
            *KERNEL,
            "sysctls",
            FORWARD,
            {
                "live": "1",
                "at_boot": "0",
                "at_boot_source": "/etc/sysctl.d/90-cis.conf:12",
                "set_by": [{"value": "0", "source": "/etc/sysctl.d/90-cis.conf:12"}],
            },
        ),
        "kernel.sysctls_at_boot",
        "ip_forward becomes 0, set by /etc/sysctl.d/90-cis.conf:12",
        "/etc/sysctl.d/90-cis.conf",
    ),
    (
        _set(*KERNEL, "sysctls", FORWARD, {"live": "1", "at_boot": None, "at_boot_source": None}),
        "kernel.sysctls_at_boot",
        "no file sets " + FORWARD,
        "/etc/sysctl.d",
    ),
    (
        _set(
            *KERNEL,
            "modules",
            "br_netfilter",
            {"available": True, "how": "loaded", "obstacle": None, "at_boot": False, "at_boot_source": None},
        ),
        "kernel.modules_at_boot",
        "nothing loads br_netfilter at boot",
        "/etc/modules-load.d",
    ),
    (_set(*TIME, "units", {}), "time.chrony_active", "not installed", "Install chrony"),
    (
        _set(*TIME, "units", "chrony.service", {"active": False, "enabled": True}),
        "time.chrony_active",
        "does not run, starts at boot",
        "systemctl enable --now chrony.service",
    ),
    (
        _set(*TIME, "units", "ntpsec.service", {"active": True, "enabled": True}),
        "time.no_competitor",
        "ntpsec.service",
        "systemctl disable --now ntpsec.service",
    ),
    (_set(*TIME, "chrony", "tracking", "leap", "Not synchronised"), "time.synchronised", "not enough samples", "Wait"),
    (_set(*TIME, "guest", ["VMware"]), "time.no_competitor", "VMware", "vmware-toolbox-cmd timesync disable"),
    (_set(*TIME, "chrony", "sources", 2, "reach", 0), "time.sources_reach", "2 answer", "rtf_ntp_servers"),
    (
        _probe("ntp-ntp.example.com", verdict="no_reply", detail="no reply within 5 s"),
        "egress.ntp",
        "ntp.example.com: no reply within 5 s",
        "open UDP 123",
    ),
    (_set(*NET, "addresses", 0, "dynamic", True), "net.static_address", "is a DHCP lease", "waive this"),
]


@pytest.mark.parametrize(
    "change, check, observed, remedy", BROKEN, ids=[f"{row[1]}-{n}" for n, row in enumerate(BROKEN)]
)
def test_one_broken_thing_turns_one_check_red(change, check, observed, remedy):
    evidence = samples.evidence()
    change(evidence)
    results = judge(evidence)
    assert not_passed(results) == [check]
    assert results[check]["status"] == "fail"
    assert observed in results[check]["observed"]
    assert remedy in results[check]["remedy"]


@pytest.mark.parametrize(
    "verdict, status, remedy",
    [
        ("unresolved", "fail", "DNS team"),
        ("refused", "fail", "network team to allow TCP 443 from n1"),
        ("dropped", "fail", "network team to allow TCP 443 from n1"),
        ("rejected", "fail", "network team to allow TCP 443 from n1"),
        ("tls_untrusted", "fail", "CN=Inspector"),
        ("tls_name_mismatch", "fail", "exempt ecr.us-east-1.amazonaws.com"),
        ("tls_expired", "fail", "clock"),
        ("tls_failed", "fail", "on n1 and on a host outside this network"),
        ("untested", "unknown", "Run the audit again"),
        ("error", "unknown", "Run the audit again"),
    ],
)
def test_each_verdict_of_a_probe_is_judged_and_says_who_must_act(verdict, status, remedy):
    evidence = samples.evidence()
    _probe("ecr-us", verdict=verdict, detail="because", tls={"issuer": "CN=Inspector"})(evidence)
    results = judge(evidence)
    assert not_passed(results) == ["egress.ecr-us"]
    entry = results["egress.ecr-us"]
    assert (entry["status"], entry["observed"]) == (status, f"{verdict}: because")
    assert remedy in entry["remedy"]


def test_a_retired_endpoint_that_is_gone_is_skipped_and_says_so():
    evidence = samples.evidence()
    retired = [row for row in samples.subject().endpoints if row["retired"]]
    assert retired, "the page still prints a host that its owner switched off"
    for row in retired:
        _probe(row["id"], verdict="unresolved", detail="no such name")(evidence)
        assert judge(evidence)[f"egress.{row['id']}"]["status"] == "skipped"


def of_release(release, plane="us"):
    """A subject of another release, and evidence in which it reaches everything."""
    scope = {"release": release, "control_plane": plane, "phase": "install"}
    subject = samples.subject_of("n1", samples.GROUPS, {"ansible_host": "192.168.230.11"}, scope, [samples.NTP])
    evidence = samples.evidence()
    first, *_others, ntp = evidence["egress"]
    evidence["egress"] = [{**first, "id": row["id"]} for row in subject.endpoints] + [ntp]
    return subject, evidence


@pytest.mark.parametrize("blocked", ["starport-layer-bucket-us", "starport-layer-bucket-us-regional"])
def test_one_of_two_alternates_is_enough(blocked):
    subject, evidence = of_release("1.11")
    _probe(blocked, verdict="dropped", detail="no answer")(evidence)
    entry = judge(evidence, subject)[f"egress.{blocked}"]
    assert entry["status"] == "pass" and "one of the two is enough" in entry["observed"]


def test_two_alternates_that_fail_are_a_failure():
    subject, evidence = of_release("1.11")
    for blocked in ("starport-layer-bucket-us", "starport-layer-bucket-us-regional"):
        _probe(blocked, verdict="dropped", detail="no answer")(evidence)
    assert judge(evidence, subject)["egress.starport-layer-bucket-us"]["status"] == "fail"


def test_where_both_names_are_asked_for_one_is_not_enough():
    evidence = samples.evidence()
    _probe("starport-layer-bucket-us-regional", verdict="dropped", detail="no answer")(evidence)
    assert not_passed(judge(evidence)) == ["egress.starport-layer-bucket-us-regional"]


def test_what_a_release_does_not_ask_for_is_skipped():
    subject, evidence = of_release("2.x", "ca")
    evidence["host"] = {}
    results = judge(evidence, subject)
    assert (results["net.private_address"]["status"], results["net.private_address"]["observed"]) == (
        "skipped",
        "not required by this release of Runtime Fabric",
    )
    assert results["kernel.ip_forward"]["status"] == "unknown"
    assert results["egress.broker-ca"]["status"] == "pass"
    assert results["time.synchronised"]["status"] == "unknown"


def test_a_server_that_answers_but_is_not_synchronised_shows_it():
    evidence = samples.evidence()
    _probe("ntp-ntp.example.com", detail="the server answers but is not synchronised itself (stratum 16)")(evidence)
    assert "stratum 16" in judge(evidence)["egress.ntp"]["observed"]


@pytest.mark.parametrize(
    "verdicts, status, remedy",
    [
        (("reachable", "reachable", "reachable"), "pass", ""),
        (("reachable", "no_reply", "no_reply"), "fail", "open UDP 123 from n1 to ntp2, ntp3,"),
        (("reachable", "unresolved", "untested"), "fail", "to ntp2,"),
        (("reachable", "reachable", "untested"), "unknown", "again"),
        (("reachable", "reachable", None), "unknown", "again"),
    ],
)
def test_every_ntp_server_of_the_site_has_to_answer(verdicts, status, remedy):
    names = ["ntp1", "ntp2", "ntp3"]
    evidence = samples.evidence()
    evidence["egress"] = [row for row in evidence["egress"] if row["protocol"] != "ntp"] + [
        {"id": f"ntp-{name}", "host": name, "protocol": "ntp", "path": "direct", "verdict": verdict, "detail": None}
        for name, verdict in zip(names, verdicts)
        if verdict
    ]
    found = judge(evidence, samples.subject(ntp_servers=names))["egress.ntp"]
    assert (found["status"], remedy in found["remedy"]) == (status, True), found


def test_a_time_server_that_refuses_this_node_is_not_for_the_firewall():
    evidence = samples.evidence()
    why = "192.0.2.123 refuses to serve time to this host (DENY)"
    _probe("ntp-ntp.example.com", verdict="no_reply", cause="refuses_time", detail=why)(evidence)
    found = judge(evidence)["egress.ntp"]
    assert (found["status"], found["observed"]) == ("fail", f"ntp.example.com: {why}")
    assert found["remedy"] == (
        "Ask the operators of ntp.example.com to serve time to n1, or set rtf_ntp_servers to servers that answer."
    )


def test_without_ntp_servers_chronys_own_sources_are_asked():
    subject = samples.subject(ntp_servers=[])
    evidence = samples.evidence()
    assert judge(evidence, subject)["egress.ntp"]["status"] == "pass"
    for source in evidence["host"]["time"]["chrony"]["sources"]:
        source["reach"] = 0
    assert judge(evidence, subject)["egress.ntp"]["status"] == "fail"


@pytest.mark.parametrize("section", ["kernel", "time", "network"])
def test_a_section_that_could_not_be_read_is_unknown_with_its_reason(section):
    evidence = samples.evidence()
    evidence["host"][section] = {"error": "the disk is on fire"}
    results = judge(evidence)
    assert not_passed(results)
    for name in not_passed(results):
        assert (results[name]["status"], results[name]["observed"]) == ("unknown", "the disk is on fire")


def test_no_evidence_at_all_is_unknown_throughout():
    assert {entry["status"] for entry in judge({}).values()} == {"unknown"}


@pytest.mark.parametrize(
    "said, status, remedy",
    [
        ("Collect evidence from the host: Task failed: Incorrect sudo password", "fail", "--ask-become-pass"),
        ("Collect evidence from the host: Missing sudo password", "fail", "--ask-become-pass"),
        ("Collect evidence from the host: sudo: a password is required", "fail", "--ask-become-pass"),
        ("Collect evidence from the host: ops is not in the sudoers file.", "fail", "--ask-become-pass"),
        (
            "Collect evidence from the host: Timeout (12s) waiting for privilege escalation prompt",
            "unknown",
            "Run the audit again",
        ),
        ("Collect evidence from the host: python9: not found", "unknown", "Run the audit again"),
    ],
)
def test_a_node_on_which_nothing_could_be_collected_says_what_to_do(said, status, remedy):
    results = judge({"host": {"error": said}}, only=["access.shell", "kernel.ip_forward"])
    shell, other = results["access.shell"], results["kernel.ip_forward"]
    assert shell["status"] == status and said in shell["observed"] and remedy in shell["remedy"]
    assert other["status"] == "unknown" and remedy in other["remedy"]
    assert readiness.node_readiness(list(results.values())) == {"fail": "not_ready", "unknown": "incomplete"}[status]


VIA_SSH = "Failed to connect to the host via ssh: "


@pytest.mark.parametrize(
    "said, status, remedy",
    [
        ("ssh: connect to host 10.0.0.21 port 22: Connection refused", "fail", "Start sshd on n1"),
        (
            "channel 0: open failed: connect failed: Connection refused stdio forwarding failed kex_exchange_identification: "
            "Connection closed by remote host Connection closed by UNKNOWN port 65535",
            "fail",
            "Start sshd on n1",
        ),
        ("ops@10.0.0.21: Permission denied (publickey,password).", "fail", "ansible_user"),
        ("ssh: connect to host 10.0.0.21 port 22: Connection timed out", "unknown", "ansible -m ping n1"),
        ("ssh: connect to host 10.0.0.21 port 22: No route to host", "unknown", "ansible -m ping n1"),
        ("ssh: Could not resolve hostname n1: Name or service not known", "unknown", "ansible -m ping n1"),
        ("Host key verification failed.", "unknown", "ansible -m ping n1"),
        (
            "ssh: connect to host bastion port 22: Connection refused Connection closed by UNKNOWN port 65535",
            "unknown",
            "ping",
        ),
        ("ops@bastion: Permission denied (publickey). Connection closed by UNKNOWN port 65535", "unknown", "ping"),
    ],
)
def test_what_a_node_refuses_is_decided(said, status, remedy):
    results = judge({"unreachable": VIA_SSH + said})
    shell = results.pop("access.shell")
    assert shell["status"] == status and said in shell["observed"] and remedy in shell["remedy"]
    assert {entry["status"] for entry in results.values()} == {"unknown"}
    verdict = readiness.node_readiness([shell, *results.values()])
    assert verdict == {"fail": "not_ready", "unknown": "incomplete"}[status]


def test_an_unreachable_node_is_unknown_and_one_left_out_is_skipped():
    unreachable = judge({"unreachable": "No route to host"})
    assert {entry["status"] for entry in unreachable.values()} == {"unknown"}
    assert all("No route to host" in entry["observed"] for entry in unreachable.values())
    assert {entry["status"] for entry in judge({"not_run": "left out"}).values()} == {"skipped"}


def test_a_preparation_that_stopped_is_a_check_of_its_own():
    evidence = samples.evidence()
    evidence["preparation_failure"] = {"task": "Install chrony", "message": "no such package"}
    results = judge(evidence)
    assert not_passed(results) == ["access.preparation"]
    assert results["access.preparation"]["observed"] == "stopped at 'Install chrony': no such package"


@pytest.mark.parametrize(
    "addresses, gateway, status",
    [
        ([("eth0", "10.1.1.1")], "eth0", "pass"),
        ([("eth0", "10.1.1.1"), ("eth1", "10.2.2.2")], "eth1", "pass"),
        ([("eth0", "10.1.1.1"), ("eth0", "10.1.1.2")], "eth0", "fail"),
        ([("eth0", "8.8.8.8")], "eth0", "fail"),
        ([], "eth0", "fail"),
    ],
)
def test_without_an_address_in_the_inventory_the_default_route_tells(addresses, gateway, status):
    evidence = samples.evidence()
    evidence["host"]["network"] = {
        "addresses": [
            {"interface": name, "address": address, "prefix": 24, "family": "ipv4", "dynamic": False}
            for name, address in addresses
        ],
        "default_route": {"interface": gateway},
    }
    entry = judge(evidence, samples.subject(address=""))["net.private_address"]
    assert entry["status"] == status
    assert bool(entry["remedy"]) == (status == "fail")


def test_checks_are_chosen_by_glob():
    found = list(judge(samples.evidence(), only=["kernel.*", "egress.ntp"]))
    assert {"kernel.ip_forward", "kernel.pending_reboot", "egress.ntp"} <= set(found)
    assert [name for name in found if not name.startswith("kernel.")] == ["egress.ntp"]
    assert found == [row["id"] for row in checks.load() if row["id"] in found]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "host",
                    "kernel",
                    "sysctls",
                    "modules",
                    "time",
                    "chrony",
                    "tracking",
                    "sources",
                    "network",
                    "addresses",
                    "egress",
                    "units",
                    "error",
                    "leap",
                    "live",
                    FORWARD,
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150)
@given(JSON, JSON)
def test_no_evidence_whatever_makes_the_judge_raise_or_pass_everything(host, egress):
    results = judge_node(CHECKS, samples.subject(), {"host": host, "egress": egress})
    assert results
    assert {entry["status"] for entry in results} <= {"pass", "fail", "unknown", "skipped"}
    assert not all(entry["status"] == "pass" for entry in results)
