# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A saved run is judged again: the same inputs say the same, and what was not collected for others is never as good as passed."""

import copy
import datetime
import functools
import html
import itertools
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.port_ranges import numbers, texts
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudging, saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.audit import audit
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json, formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block, report_lines
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.plan import test_link_measurements
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import report_schema

LATER = test_audit.NOW + datetime.timedelta(days=40)
MEMBERS = clusters.nodes(1, 2)
GROUPS = {"rtf_controllers": ["c1"]}
UNREACHABLE = {"unreachable": "no route"}


def inputs_of(**changes):
    """All inputs of the role, as check_inputs returns them."""
    declared = input_declarations.load().of_role("rtf_preflight").values()
    found = {option.short: option.default for option in declared if option.input.credentials != "secret"}
    return {**found, "control_plane": "us", "bandwidth": "ring", **changes}


def plan_of(inputs):
    catalogue = of_site(catalog.load(), inputs)
    addresses = {node.name: node.address for node in MEMBERS}
    return audit_plan.plan_audit(catalogue, checks.load(), GROUPS, addresses, dict.fromkeys(addresses, inputs))


def run_of(inputs, evidence=None):
    """A SavedRun whose nodes collected what the plan of the inputs asks for, and nothing else."""
    plan = plan_of(inputs)
    nodes = {node.name: collected(node, plan) for node in MEMBERS} if evidence is None else evidence
    run = saved_run.of_run(inputs, plan["nodes"], plan["ports"], nodes, test_audit.NOW)
    return saved_run.read(json.loads(evidence_json.text(run)), "evidence.json")


def collected(node, plan):
    own, ports = plan["nodes"][node.name], plan["ports"]
    options = own["host_info"]
    whole = samples.evidence(node.name)
    host = {name: part for name, part in whole["host"].items() if name == "privileged" or name in options["sections"]}
    if "kernel" in host:
        for part, option in (("sysctls", "sysctls"), ("modules", "kernel_modules")):
            host["kernel"][part] = {
                name: entry for name, entry in host["kernel"][part].items() if name in options[option]
            }
    if "time" in host:
        host["time"]["chrony"]["tracking"].update(offset=0.0, root_dispersion=0.001, root_delay=0.001)
    asked = own["egress_info"]
    nothing = {"error": "nothing was collected"}
    found = {
        "inventory": {"role": node.role, "ansible_host": node.address},
        "host": host,
        "egress": [probe(endpoint) for endpoint in asked["endpoints"]] if asked else nothing,
        "repositories": whole["repositories"] if own["repositories"] else nothing,
        "name_servers": whole["name_servers"] if asked and asked["name_servers"] else nothing,
        "download": {"skipped": True},
        "disk_writes": {"skipped": True},
    }
    return {**found, "ports": ports_of(ports, node.name)} if ports else found


def probe(endpoint):
    kept = {name: endpoint[name] for name in ("id", "host", "port", "protocol")}
    layers = [{"layer": layer, "verdict": "ok"} for layer in ("dns", "tcp", "tls")]
    path = endpoint["paths"][0]
    return {
        **kept,
        "path": path,
        "verdict": "reachable",
        "detail": "",
        "tls": None,
        "layers": layers,
        "other_paths": [],
    }


def ports_of(ports, name):
    own = every_port(json.dumps(ports))[name]
    others = [node.name for node in MEMBERS if node.name != name]
    if ports["links"]:
        own = {**own, "links": [test_link_measurements.link(other) for other in others], "unmeasured": {}}
    if ports["bandwidth"] != "none":
        rates = {"send": test_link_measurements.rates(941.0), "receive": test_link_measurements.rates(940.0)}
        own = {**own, "bandwidth": [{"name": others[0], **rates}], "bandwidth_left_out": {}}
    return own


@functools.cache
def every_port(ports):
    return clusters.evidence_of(clusters.port_matrix.with_participants(json.loads(ports), list(MEMBERS), {}))


def judged(run, **given):
    return rejudging.rejudge(catalog.load(), run, given, LATER, "evidence.json").document


def statuses(document):
    return {(result["id"], result["node"]): result["status"] for result in document["results"]}


def first_judged(run):
    return audit(catalog.load(), run["inputs"], run["nodes"], test_audit.NOW, run["ports"]).document


WAIVERS = [
    {"checks": ["kernel.*"], "reason": "known", "expires": "2027-01-31"},
    {"checks": ["time.*"], "reason": "old", "expires": "2027-01-30"},
]
INPUTS = {
    "usual": {},
    "a few checks": {"checks": ["kernel.*", "egress.dns"], "skip_checks": ["kernel.modules*"]},
    "waivers": {"waivers": WAIVERS},
    "without a matrix": {"port_matrix": False},
    "without links": {"links": False, "release": "1.8"},
    "operate": {"phase": "operate", "bandwidth": "none"},
    "2.x": {"release": "2.x", "control_plane": "in"},
    "1.13": {"release": "1.13", "control_plane": "eu"},
    "proxies": {
        "http_proxy": "http://********@proxy.example.com:3128",
        "monitoring_proxy": "socks5://s.example.com:1080",
    },
    "the site's own": {
        "ntp_servers": ["ntp.example.com"],
        "load_balancer": "lb.example.com",
        "outside_host": "jump",
        "outbound_bandwidth_url": "http://www.example.com/large",
        "disk_writes": True,
        "smtp": {"host": "smtp.example.com", "port": 587},
        "registry": {"host": "registry.example.com"},
        "extra_endpoints": [{"host": "10.1.2.3", "port": 8443}],
        "extra_ports": [{"ports": [9100], "from": "nodes", "to": "nodes"}],
    },
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_same_inputs_make_the_same_report_but_for_its_stamp(name):
    run = run_of(inputs_of(**INPUTS[name]))
    again = judged(run, **{name: run["inputs"][name] for name in rejudging.JUDGED_BY})
    stamp = again.pop("rejudged")
    assert json.dumps(again) == json.dumps(first_judged(run))
    assert stamp["at"] == LATER.isoformat() and stamp["inputs"] == [] and again["generated"] == run["generated"]


def test_nodes_that_took_no_part_stay_as_they_were():
    run = run_of(inputs_of())
    run["nodes"]["w1"] = {"inventory": run["nodes"]["w1"]["inventory"], **UNREACHABLE}
    run["nodes"]["w2"] = {"inventory": run["nodes"]["w2"]["inventory"], "not_run": "not part of this run"}
    del run["plan"]["w2"]
    again = judged(run)
    del again["rejudged"]
    assert json.dumps(again) == json.dumps(first_judged(run))
    later = judged(run, release="1.13")
    assert {status for (_id, node), status in statuses(later).items() if node == "w2"} == {"skipped"}
    assert "no route" in {node["unreachable"] for node in later["nodes"]}


RELEASES = ("1.4", "1.8", "1.11", "1.13", "2.x")


@functools.cache
def run_of_release(release):
    return run_of(inputs_of(release=release))


def spoilt(run, before):
    """A run in which whatever an earlier one did not collect is as bad as can be."""
    found = copy.deepcopy(run)
    for node, own in found["nodes"].items():
        dialled = {probe["host"] for probe in before["nodes"][node]["egress"]}
        for one in own["egress"]:
            if one["host"] not in dialled:
                one.update(verdict="dropped", detail="no answer")
        for server in own["name_servers"]["servers"]:
            for answer in server["names"]:
                if answer["name"] not in dialled:
                    answer.update(status="nxdomain", addresses=[])
        kernel, known = own["host"]["kernel"], before["nodes"][node]["host"]["kernel"]
        for name in set(kernel["sysctls"]) - set(known["sysctls"]):
            kernel["sysctls"][name].update(live="-1", at_boot="-1")
        for name in set(kernel["modules"]) - set(known["modules"]):
            kernel["modules"][name].update(available=False, at_boot=False)
        for section in set(own["host"]) - set(before["nodes"][node]["host"]):
            own["host"][section] = {"error": "broken"}
    ports = {node: own["ports"] for node, own in found["nodes"].items()}
    for transport in ("tcp", "udp"):
        proven, asked = (
            {port for row in one["ports"]["rows"] if row["transport"] == transport for port in numbers(row["ports"])}
            for one in (before, found)
        )
        for source, own in ports.items():
            for peer in own["probes"] if asked - proven else ():
                clusters.spoil(ports, source, peer["name"], transport, "dropped", *texts(asked - proven))
    return found


@pytest.mark.parametrize("before, now", list(itertools.permutations(RELEASES, 2)))
def test_another_release_never_passes_by_what_was_not_collected(before, now):
    run = run_of_release(before)
    found = judged(run, release=now)
    fresh, worst = (statuses(first_judged(one)) for one in (run_of_release(now), spoilt(run_of_release(now), run)))
    got = statuses(found)
    # What was measured although this release does not ask for it is skipped.
    assert set(got) >= set(fresh) and {got[key] for key in set(got) - set(fresh)} <= {"skipped"}
    assert [key for key in fresh if got[key] not in ("unknown", fresh[key])] == []
    assert [key for key in fresh if got[key] == "pass" and worst[key] != "pass"] == []
    assert found["rejudged"]["inputs"] == [{"name": "release", "before": before, "now": now}]
    assert report_schema.problems(found) == []


def reasons(document):
    return {
        result["id"]: result["observed"]
        for result in document["results"]
        if result["node"] == "w1" and result["observed"].startswith("the run did not collect ")
    }


def test_what_1_13_would_say_of_a_run_for_1_4_is_unknown_only_where_something_is_missing():
    found = reasons(judged(run_of_release("1.4"), release="1.13"))
    missing = {"dias-ingestor-router-us", "exchange-files-us", "rtf-runtime-registry-us"}
    assert set(found) == {
        "egress.dns",
        *(f"egress.{name}" for name in missing),
    }
    assert "exchange-files.anypoint.mulesoft.com:443" in found["egress.exchange-files-us"]


def test_more_checks_than_the_run_made_are_unknown_and_make_no_cluster_ready():
    run = run_of(inputs_of(checks=["kernel.*"]))
    found = judged(run, checks=["*"])
    missing = reasons(found)
    assert missing["ports.etcd"] == missing["net.latency"] == "the run did not collect the ports between the nodes"
    assert missing["time.synchronised"] == "the run did not collect host.time"
    assert missing["egress.dns"].startswith("the run did not collect the name servers, ")
    assert statuses(found)["kernel.ip_forward", "w1"] == "pass" and found["readiness"] == "incomplete"
    assert {"ports.free", "net.bandwidth", "net.mtu_path", "storage.tmp"} <= set(missing)
    assert report_schema.problems(found) == []


def test_what_was_not_collected_is_one_cause_whose_next_step_is_another_audit():
    """A run that was judged again for another release said "next: DNS", though no name server was at fault."""
    found = judged(run_of_release("1.4"), release="1.13")
    [cause] = [cause for cause in found["causes"] if cause["blocking"]]
    assert {entry["id"] for entry in cause["explains"]} == set(reasons(found))
    assert cause["title"] == "The saved run did not collect the evidence for 4 checks"
    assert cause["ask"].startswith("Run the audit again with these inputs")
    assert closing_block.summary(found)[-1] == "INCOMPLETE: 3 nodes, 1 to check; next: run the audit again"


def test_fewer_checks_leave_out_what_the_run_made():
    found = judged(run_of_release("1.4"), checks=["kernel.*"], skip_checks=["kernel.pending_reboot"])
    assert reasons(found) == {} and "ports.etcd" in found["selection"]["left_out_by"]["rtf_checks"]


def test_a_row_of_the_site_that_was_not_probed_is_unknown_and_one_that_was_has_its_new_severity():
    own = {"host": "10.1.2.3", "port": 8443}
    run = run_of(inputs_of(extra_endpoints=[own]))
    [name] = [key for key, _node in statuses(judged(run)) if "10-1-2-3" in key and _node == "w1"]
    weaker = judged(run, extra_endpoints=[{**own, "severity": "recommended"}])
    assert {one["severity"] for one in weaker["results"] if one["id"] == name} == {"recommended"}
    moved = judged(run, extra_endpoints=[{**own, "port": 9443, "id": name.partition(".")[2]}])
    assert {one["status"] for one in moved["results"] if one["id"] == name} == {"unknown"}
    more = judged(run, extra_ports=[{"ports": [9100], "from": "nodes", "to": "nodes", "id": "metrics"}])
    assert reasons(more)["ports.metrics"] == "the run did not collect the ports of metrics"


def test_limits_and_waivers_judge_the_same_evidence_anew():
    run = run_of_release("1.4")
    before, after = statuses(judged(run)), statuses(judged(run, max_latency_ms=0.1, min_node_bandwidth_mbit=99999.0))
    assert before["net.latency", "w1"] == "pass" and after["net.latency", "w1"] == "fail"
    waived = judged(run, max_latency_ms=0.1, waivers=[{"checks": ["net.*"], "reason": "a slow line"}])
    assert statuses(waived)["net.latency", "w1"] == "waived"


def test_a_run_of_a_version_that_had_fewer_inputs_is_judged_with_the_defaults():
    run = run_of(inputs_of())
    before = statuses(judged(run))
    for name in ("extra_ports", "spare_addresses", "load_balancer"):
        del run["inputs"][name]
    assert statuses(judged(run)) == before


@pytest.mark.parametrize("name", ["html", "markdown", "terminal"])
def test_a_report_says_that_a_run_was_judged_again_and_with_what(name):
    given = {"release": "1.13", "max_latency_ms": 5, "waivers": WAIVERS}
    report = rejudging.rejudge(catalog.load(), run_of_release("1.4"), given, LATER)
    texts = formats.render(report, formats.FORMATS)
    shown = {
        "html": texts["report.html"],
        "markdown": texts["report.md"].replace("\\", ""),
        "terminal": "\n".join(line for line, _colour in report_lines.lines(report.document)),
    }[name]
    wanted = (
        f"Judged again at {LATER.isoformat()}, without contacting a host, from evidence of 2027-01-31T12:00:00+00:00, "
    )
    wanted += "with release 1.13 instead of 1.4, different waivers, max_latency_ms 5 instead of 15."
    assert wanted in html.unescape(" ".join(shown.split()))


def test_waivers_hold_for_the_day_of_the_run():
    run = run_of(inputs_of(waivers=WAIVERS))
    assert [waiver["state"] == "expired" for waiver in judged(run)["waivers"]] == [False, True]


@pytest.mark.parametrize(
    "content, why",
    [
        ({"n1": {"host": {}}}, "holds only evidence, without inputs and plan"),
        ([], "holds only evidence"),
        ({"format": 3}, "has the format 3, and this version reads 2"),
        ({"format": 2, "inputs": {}}, "is incomplete (collection, generated, plan, ports, nodes missing or not valid)"),
        (
            {
                "format": 2,
                "collection": "1",
                "generated": "yesterday",
                "inputs": {},
                "plan": {},
                "ports": None,
                "nodes": {},
            },
            "is incomplete (generated missing",
        ),
    ],
)
def test_a_file_without_what_is_needed_is_refused_in_one_sentence(content, why):
    with pytest.raises(ValueError) as refused:
        saved_run.read(content, "old/evidence.json")
    text = str(refused.value)
    assert text.startswith("old/evidence.json ") and why in text and "run the audit again" in text and "\n" not in text


def test_the_inputs_that_judge_are_declared_and_no_others():
    declared = {name for name, entry in input_declarations.load().inputs().items() if entry.rejudge == "judged"}
    assert declared == {f"rtf_{name}" for name in rejudging.JUDGED_BY} >= {"rtf_release", "rtf_waivers"}
