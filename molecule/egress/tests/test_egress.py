# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put many things in the way of one audit, and exactly the endpoints behind them turn red, each for its own reason.

curl on the nodes gives a second opinion where it can.
"""

import contextlib
import json
import os
import re
import subprocess
from typing import Any, NamedTuple

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.egress import curl
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, misbehaving_servers

NODES = ("controller-1", "worker-1", "worker-2")
TRUSTING = "worker-1"
ROWS = {
    "ecr-us": "ecr.us-east-1.amazonaws.com",
    "api-ecr-us": "api.ecr.us-east-1.amazonaws.com",
    "dkr-ecr-us": "494141260463.dkr.ecr.us-east-1.amazonaws.com",
    "anypoint": "anypoint.mulesoft.com",
    "docker-images-prod": "docker-images-prod.s3.amazonaws.com",
    "worker-cloud-helm-us": "worker-cloud-helm-prod.s3.amazonaws.com",
    "exchange2-asset-manager-us": "exchange2-asset-manager-kprod.s3.amazonaws.com",
    "runtime-fabric-us": "runtime-fabric.s3.amazonaws.com",
    "starport-layer-bucket-us": "prod-us-east-1-starport-layer-bucket.s3.amazonaws.com",
    "starport-layer-bucket-us-regional": "prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com",
}
# Of another control plane than the lab's site uses.
EUROPEAN = "transport-layer.prod-eu.msap.io"
MUTUAL_TLS = {
    "controller-1": ["transport-layer-us", "configuration-resolver-us"],
    "worker-1": ["configuration-resolver-us"],
    "worker-2": ["configuration-resolver-us"],
}


SMTP = "smtp.lab.example"
SLOW_GREETING = 6  # seconds; each layer has 5
LARGE_FILE = "/srv/packages/large"
LARGE_URL = "http://packages.lab.example/large"


class Audit(NamedTuple):
    """One audit, and what curl said meanwhile: {node: {host: how it ended}}."""

    outcome: Any
    curl: Any

    def red(self):
        """{(node, row or check without its prefix): verdict, or the start of what was observed}."""
        found, failed = {}, self.outcome.failed()
        for entry in self.outcome.report["results"]:
            if (entry["node"], entry["id"]) in failed and entry["id"].startswith("egress."):
                found[entry["node"], entry["id"].partition(".")[2]] = verdict(entry)
        return found

    def result(self, node, row):
        return self.outcome.result(node, f"egress.{row}")


def verdict(entry):
    probe = entry["evidence"]
    return probe["verdict"] if isinstance(probe, dict) and "verdict" in probe else entry["status"]


@pytest.fixture(scope="module")
def audit(lab, tmp_path_factory):
    """Run an audit, which does not fail the play: the nodes of this scenario are not prepared."""

    def run(proxy=None, **variables):
        site = Site(tmp_path_factory.mktemp("audit"))
        outcome = site.play("audit-rtf.yml", "-e", json.dumps({"rtf_preflight_enforce": False, **variables}))
        assert outcome.report and set(outcome.changed.values()) == {0}, outcome.output
        return Audit(outcome, {node: curl.ask(lab, node, ROWS.values(), proxy) for node in NODES})

    return run


@pytest.fixture(scope="module")
def large_file(lab):
    """A file of a gigabyte outside, which takes no room there."""
    lab.exec("internet", "truncate", "--size", "1G", LARGE_FILE)
    yield
    lab.exec("internet", "rm", LARGE_FILE)


@pytest.fixture(scope="module")
def in_order(audit, large_file):
    return audit(
        rtf_smtp={"host": SMTP, "auth": ["PLAIN"]},
        rtf_outbound_bandwidth_url=LARGE_URL,
        rtf_preflight_outbound_bandwidth_seconds=1,
    )


def test_a_site_with_nothing_in_the_way(in_order):
    assert in_order.red() == {}
    assert {said for node in NODES for said in in_order.curl[node].values()} == {"answered"}


def test_the_mail_server_is_spoken_to_by_controllers(in_order):
    observed = in_order.result("controller-1", "smtp")["observed"]
    assert observed.startswith("tls, AUTH PLAIN; smtp.lab.example ESMTP")
    assert ("worker-1", "egress.smtp") not in {
        (entry["node"], entry["id"]) for entry in in_order.outcome.report["results"]
    }


def test_the_bandwidth_is_reported_in_both_units_and_by_both_readings(in_order):
    result = in_order.result("worker-1", "bandwidth")
    assert result["status"] == "pass" and result["evidence"]["bytes"] > 1000000
    assert re.match(r"[\d.e+]+ Mbit/s \([\d.e+]+ MB/s\) directly, peak ", result["observed"]), result["observed"]
    assert "; the vendor's 100 MBps read as 100 Mbit/s met, as 800 Mbit/s " in result["observed"]


@pytest.fixture(scope="module")
def direct(lab, audit):
    """Ports that are closed, login pages, and name servers that lie, each node with others."""
    with contextlib.ExitStack() as stack:
        for fault in (
            faults.port_closed(lab, ROWS["ecr-us"], 443),
            faults.port_closed(lab, ROWS["api-ecr-us"], 443, how="reject with icmpx admin-prohibited"),
            faults.port_closed(lab, ROWS["dkr-ecr-us"], 443, how="reject with tcp reset"),
            faults.login_page(lab, ROWS["anypoint"], how="plain"),
            faults.login_page(lab, misbehaving_servers.LOGIN_NAME),
            faults.inspection_trusted(lab, TRUSTING),
            faults.resolvers(lab, "controller-1", "dns-wrong", "dns"),
            faults.resolvers(lab, "worker-1", "dns", "dns-wildcard", search="guests.example"),
            faults.resolvers(lab, "worker-2", "dns", "dns-wrong", search=misbehaving_servers.WILDCARD_DOMAIN),
        ):
            stack.enter_context(fault)
        return audit(rtf_smtp={"host": SMTP, "port": 2525})


def test_exactly_what_is_behind_something_is_red(direct):
    closed = {"ecr-us": "dropped", "api-ecr-us": "rejected", "dkr-ecr-us": "refused", "anypoint": "blocked"}
    expected = {(node, row): said for node in NODES for row, said in closed.items()}
    expected.update(
        {
            ("controller-1", "runtime-fabric-us"): "tls_intercepted",
            ("worker-1", "runtime-fabric-us"): "blocked",
            ("worker-2", "runtime-fabric-us"): "tls_intercepted",
            ("controller-1", "worker-cloud-helm-us"): "tls_intercepted",
            ("controller-1", "smtp"): "starttls_missing",
            ("controller-1", "dns"): "fail",
            ("worker-1", "dns"): "fail",
            ("worker-2", "dns"): "fail",
            ("worker-1", "dns_search"): "fail",
            ("worker-2", "dns_search"): "fail",
        }
    )
    assert direct.red() == expected


def test_curl_agrees(direct):
    assert_same(
        direct,
        {
            "ecr-us": "timeout",
            "api-ecr-us": "no connection",
            "dkr-ecr-us": "no connection",
            "anypoint": "no TLS",
            "docker-images-prod": "answered",
        },
    )
    assert direct.curl["controller-1"][misbehaving_servers.LOGIN_NAME] == "bad certificate"
    # It takes the login page for the registry's answer.
    assert direct.curl[TRUSTING][misbehaving_servers.LOGIN_NAME] == "answered"


def assert_same(found, some):
    """curl and the verdicts mean the same for every row on every node; `some` of what curl says is as it should be."""
    for node in NODES:
        for row, host in ROWS.items():
            said, own = found.curl[node][host], found.result(node, row)["evidence"]["verdict"]
            assert own in curl.MEANINGS.get(said, ()), (node, row, own, said)
        assert {row: found.curl[node][ROWS[row]] for row in some} == some


def test_a_login_page_is_shown(direct):
    result = direct.result(TRUSTING, "runtime-fabric-us")
    assert 'with the page "Sign in to the guest network"' in result["observed"]
    assert "without a block page or login page (row runtime-fabric-us of the change request)" in result["remedy"]
    assert (
        direct.result("worker-2", "anypoint")["observed"]
        == "blocked: received a web page instead of TLS: HTTP/1.1 400 Bad Request"
    )


def test_name_servers_that_lie_are_named(direct):
    wrong = f"resolves {misbehaving_servers.WRONG_NAME} to 198.51.100.40, where it is tls_intercepted"
    assert direct.result("controller-1", "dns")["observed"].startswith(f"198.51.100.54 {wrong}")
    assert direct.result("worker-2", "dns")["observed"].startswith(f"198.51.100.54 {wrong}")
    assert direct.result("worker-1", "dns")["observed"].startswith("198.51.100.55 resolves every name, even ")
    assert "Ask the DNS team to make 198.51.100.55 return NXDOMAIN" in direct.result("worker-1", "dns")["remedy"]
    assert direct.result("worker-1", "dns_search")["remedy"].startswith("Fix egress.dns first")
    assert (
        f"Remove {misbehaving_servers.WILDCARD_DOMAIN} from the search domains of worker-2"
        in direct.result("worker-2", "dns_search")["remedy"]
    )


@pytest.fixture(scope="module")
def denied(lab, audit, large_file):
    """Only the proxies are the way out; squid denies one name and clients without a User-Agent, and dante works.

    The mail server takes longer to greet its clients than a connection may take.
    """
    rules = ["acl named browser .", "http_access deny !named"]
    rules += [f"acl filtered dstdomain {ROWS['ecr-us']}", "http_access deny filtered"]
    with (
        faults.only_proxies(lab, how="drop"),
        faults.proxy_rules(lab, "proxy", *rules),
        faults.mail_greeting_delayed(lab, SLOW_GREETING),
    ):
        return audit(
            "http://proxy.lab.example:3128",
            rtf_http_proxy="http://proxy.lab.example:3128",
            rtf_monitoring_proxy="socks5://socks.lab.example:1080",
            rtf_smtp={"host": SMTP, "port": 587, "auth": ["CRAM-MD5"]},
            rtf_outbound_bandwidth_url=LARGE_URL,
            rtf_min_outbound_bandwidth_mbit=1000000,
            rtf_preflight_outbound_bandwidth_seconds=1,
        )


def test_a_proxy_that_denies_one_name(denied):
    expected = {(node, "ecr-us"): "proxy_denied" for node in NODES}
    expected.update({(node, "bandwidth"): "reachable" for node in NODES})
    assert denied.red() == {**expected, ("controller-1", "smtp"): "reachable"}
    result = denied.result("worker-1", "ecr-us")
    assert "ERR_ACCESS_DENIED" in result["observed"]
    assert result["remedy"].startswith(
        f"Ask the proxy team to allow the HTTP proxy to connect to {ROWS['ecr-us']} port 443 (row ecr-us"
    )
    assert_same(denied, {"ecr-us": "proxy 403", "anypoint": "answered"})


def test_a_line_and_a_mail_server_that_are_not_what_is_wanted(denied):
    result = denied.result("worker-1", "bandwidth")
    assert (result["status"], result["severity"]) == ("fail", "recommended")
    assert " through the HTTP proxy, peak " in result["observed"] and result["evidence"]["bytes"] > 1000000
    result = denied.result("controller-1", "smtp")
    assert result["observed"] == "starttls, AUTH PLAIN"
    assert result["evidence"]["elapsed"] >= SLOW_GREETING
    assert result["remedy"].startswith(f"Ask the mail team to offer AUTH CRAM-MD5 to controller-1 on {SMTP} port 587")


@pytest.fixture(scope="module")
def unknown(lab, audit):
    """Proxies that want a password: squid gets a wrong one, dante none."""
    return audit(
        "http://proxy-user:wrong@proxy-auth.lab.example:3128",
        rtf_http_proxy="http://proxy-user:wrong@proxy-auth.lab.example:3128",
        rtf_monitoring_proxy="socks5://socks-auth.lab.example:1080",
    )


def test_proxies_that_want_another_password(unknown):
    red = unknown.red()
    rows = {(node, row) for node in NODES for row in (*ROWS, *MUTUAL_TLS[node], "dias-ingestor-nginx-us")}
    assert red == {
        **dict.fromkeys(rows, "proxy_auth"),
        **{(node, check): "proxy_auth" for node in NODES for check in ("http_proxy", "socks5_proxy")},
    }
    assert unknown.result("worker-1", "http_proxy")["remedy"] == (
        "Set a user name and password that the HTTP proxy accepts in rtf_http_proxy."
    )
    assert_same(unknown, {"anypoint": "proxy 407"})
    assert "wrong@" not in unknown.outcome.output


@pytest.fixture(scope="module")
def squid_files(tmp_path_factory):
    """A function from the names of squid's files in a change request to their lines."""
    site = Site(tmp_path_factory.mktemp("request"))
    (site.directory / "request.yml").write_text("- import_playbook: hostprep.runtime_fabric.change_request\n")
    asked = site.play("request.yml")
    assert asked.code == 0, asked.output
    folder = site.directory / "rtf-change-request"
    return lambda *names: [line for name in names for line in (folder / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def inspected(lab, audit, squid_files):
    """A proxy that decrypts all but what mutual TLS requires to pass, and shows a page of its own for one name."""
    denied_page = [f"acl filtered dstdomain {ROWS['ecr-us']}", "http_access deny filtered"]
    with (
        faults.inspection_trusted(lab, TRUSTING),
        faults.proxy_rules(lab, "proxy-inspect", *squid_files("squid-passthrough.conf"), *denied_page),
    ):
        # Squid makes a certificate for each name, which takes a while on a busy machine.
        return audit(
            "http://proxy-inspect.lab.example:3128",
            rtf_http_proxy="http://proxy-inspect.lab.example:3128",
            rtf_monitoring_proxy="socks5://socks.lab.example:1080",
            rtf_preflight_timeout=25,
            rtf_preflight_deadline=90,
        )


def test_a_proxy_that_decrypts_is_found_whether_it_is_trusted_or_not(inspected):
    expected = {(node, row): "tls_intercepted" for node in NODES for row in ROWS}
    expected[TRUSTING, "ecr-us"] = "blocked"
    assert inspected.red() == expected
    trusting, other = (inspected.result(node, "anypoint")["observed"] for node in (TRUSTING, "worker-2"))
    assert "intercepted, and trusted by this host: signed by CN=Inspection CA, O=Example Corp" in trusting
    assert "intercepted, and not trusted by this host: signed by CN=Inspection CA, O=Example Corp" in other
    assert (
        "exempt anypoint.mulesoft.com from TLS inspection (row anypoint"
        in inspected.result(TRUSTING, "anypoint")["remedy"]
    )


def test_the_inspection_is_named_once_for_the_cluster(inspected):
    report = inspected.outcome.report
    causes = [cause for cause in report["causes"] if cause["id"].startswith("egress:tls_intercepted")]
    assert causes and all("CN=Inspection CA, O=Example Corp" in cause["what"] for cause in causes)
    # Beside the rows above the charts and, through a proxy that is not meant for it, Lumberjack.
    count = len(ROWS) + 2
    assert [(note["id"], note["observed"]) for note in report["cluster"]] == [
        (
            "cluster.paths_differ",
            f"TLS to {count} endpoints is intercepted through the HTTP proxy but not directly and through the SOCKS5 proxy",
        )
    ]
    assert f"Across the cluster:\n  note  TLS to {count} endpoints is intercepted through" in inspected.outcome.output


def test_mutual_tls_that_the_change_request_exempts_passes(inspected):
    for node in NODES:
        for row in MUTUAL_TLS[node]:
            assert "passthrough" in inspected.result(node, row)["observed"]


def test_a_proxy_that_decrypts_and_has_exactly_what_the_request_asks_for_is_green(lab, squid_files, tmp_path):
    """No node trusts its authority, by which it shows a page for everything else."""
    names = ("squid-access.conf", "squid-passthrough.conf", "squid-passthrough-containers.conf")
    variables = {
        "rtf_preflight_enforce": False,
        "rtf_http_proxy": "http://proxy-inspect.lab.example:3128",
        "rtf_monitoring_proxy": "socks5://socks.lab.example:1080",
        "rtf_checks": ["egress.*"],
    }
    rules = [*squid_files(*names), "http_access deny all"]
    with faults.only_proxies(lab), faults.proxy_rules(lab, "proxy-inspect", *rules):
        outcome = Site(tmp_path).play("audit-rtf.yml", "-e", json.dumps(variables))
        other = curl.ask(lab, "worker-2", [EUROPEAN], variables["rtf_http_proxy"])
    assert outcome.failed() == set(), outcome.output
    assert outcome.result("worker-2", "egress.anypoint")["observed"].startswith("reachable through the HTTP proxy")
    assert set(other.values()) == {"bad certificate"}


def test_curl_sees_an_interception_only_where_it_is_not_trusted(inspected):
    assert set(inspected.curl[TRUSTING].values()) == {"answered"}
    assert inspected.curl["worker-2"][ROWS["anypoint"]] == "bad certificate"


@pytest.fixture(scope="module")
def one_inspected(lab, audit):
    """No proxy is set, and only what one node sends is decrypted on its way."""
    with faults.inspected_on_the_way(lab, "worker-2"):
        return audit(rtf_preflight_timeout=25, rtf_preflight_deadline=90)


def test_nodes_whose_ways_differ_are_named_in_the_cause(one_inspected):
    """Also mutual TLS: whoever decrypts cannot show the client's certificate, and so asks for none."""
    rows = [*ROWS, *MUTUAL_TLS["worker-2"]]
    assert one_inspected.red() == {("worker-2", row): "tls_intercepted" for row in rows}
    causes = [
        cause for cause in one_inspected.outcome.report["causes"] if cause["id"].startswith("egress:tls_intercepted")
    ]
    assert {node for cause in causes for node in cause["nodes"]} == {"worker-2"}
    assert all("CN=Inspection CA, O=Example Corp" in cause["what"] for cause in causes)
    assert all(", while controller-1, worker-1 reach " in cause["what"] for cause in causes)
    assert all(
        ", as controller-1, worker-1 are, from the TLS inspection by CN=Inspection CA" in cause["ask"]
        for cause in causes
    )
    # Two teams that are asked for one fault leave it to each other.
    assert one_inspected.outcome.report["cluster"] == []
    assert {cause["owner"] for cause in causes} == {"proxy"}


@pytest.fixture(scope="module")
def client_files(lab):
    """A function that puts a certificate of the lab and its key on worker-1, where root alone may read them: the two options."""
    directory = "/root/client-files"
    lab.exec("worker-1", "mkdir", "--mode=0700", directory)

    def put(name):
        for suffix in ("crt", "key"):
            text = (lab.instance.state / "pki" / f"{name}.{suffix}").read_text(encoding="utf-8")
            lab.exec(
                "worker-1", "sh", "-c", 'umask 077; printf %s "$1" > "$2"', "sh", text, f"{directory}/{name}.{suffix}"
            )
        return {"client_cert": f"{directory}/{name}.crt", "client_key": f"{directory}/{name}.key"}

    yield put
    lab.exec("worker-1", "rm", "-r", directory)


RESOLVER = {"host": "configuration-resolver.prod.cloudhub.io", "port": 443, "mutual_tls": True, "issuers": ["Amazon"]}
BROKER = {
    "host": "transport-layer.prod.cloudhub.io",
    "port": 443,
    "protocol": "amqp_wss",
    "mutual_tls": True,
    "issuers": ["Amazon"],
}


def test_with_a_client_certificate_mutual_tls_is_done_to_the_end(lab, client_files, tmp_path):
    """nginx answers only who showed a certificate of the right authority, and behind it a broker opens the WebSocket."""
    shown = client_files("client")
    answers = module(tmp_path, [{**RESOLVER, **shown}, RESOLVER, {**BROKER, **shown, "idle": 1}, BROKER])
    assert [(each["verdict"], each["passthrough"], each["layer"]) for each in answers] == [
        ("reachable", "passthrough", "http"),
        ("reachable", "passthrough", "tls"),
        ("reachable", "passthrough", "idle"),
        ("reachable", "passthrough", "tls"),
    ]
    assert answers[0]["http"]["status"] == 200
    upgrade = answers[2]["http"]
    assert (upgrade["status"], upgrade["headers"]["sec-websocket-protocol"]) == (101, "amqp")
    assert [(layer["layer"], layer["verdict"]) for layer in answers[2]["layers"]] == [
        (name, "ok") for name in ("dns", "tcp", "tls", "websocket", "idle")
    ]


def test_a_websocket_opens_through_the_proxies_as_well(client_files, tmp_path):
    row = {**BROKER, **client_files("client"), "paths": ["http_proxy", "socks5"]}
    (answer,) = module(
        tmp_path, [row], http_proxy="http://proxy.lab.example:3128", socks5_proxy="socks5://socks.lab.example:1080"
    )
    for way in (answer, *answer["other_paths"]):
        assert (way["verdict"], way["passthrough"], way["http"]["status"]) == ("reachable", "passthrough", 101), way


def test_a_proxy_that_decrypts_breaks_the_websocket_also_for_who_has_a_certificate(client_files, tmp_path):
    row = {**BROKER, **client_files("client"), "paths": ["http_proxy"]}
    (answer,) = module(tmp_path, [row], http_proxy="http://proxy-inspect.lab.example:3128")
    assert (answer["verdict"], answer["passthrough"]) == ("tls_intercepted", "intercepted")


def test_the_certificate_of_somebody_else_is_refused(client_files, tmp_path):
    """That the far end is the real one is proved all the same."""
    shown = client_files("inspection")
    for answer in module(tmp_path, [{**RESOLVER, **shown}, {**BROKER, **shown}]):
        assert (answer["verdict"], answer["passthrough"]) == ("certificate_refused", "passthrough")
        assert answer["detail"] == 'the answer is the page "400 The SSL certificate error"'


def test_a_key_that_only_root_may_read_needs_become(client_files, tmp_path):
    shown = client_files("client")
    said = ask(tmp_path, [{**BROKER, **shown}], become=False)
    assert said["msg"] == f"client_cert: {shown['client_cert']}, {shown['client_key']}: [Errno 13] Permission denied"


def test_a_proxy_that_cuts_what_is_silent(lab, tmp_path):
    """squid closes a tunnel after read_timeout, by default after 15 minutes."""
    row = {
        "host": "dias-ingestor-nginx.prod.cloudhub.io",
        "port": 5044,
        "protocol": "lumberjack",
        "idle": 6,
        "paths": ["http_proxy", "direct"],
    }
    with faults.proxy_rules(lab, "proxy", "read_timeout 2 seconds"):
        (answer,) = module(tmp_path, [row], http_proxy="http://proxy.lab.example:3128")
    assert (answer["verdict"], answer["layer"]) == ("idle_cut", "idle")
    assert re.fullmatch(r"closed after [2-5] s without traffic", answer["detail"]), answer["detail"]
    assert answer["other_paths"][0]["verdict"] == "reachable"


def module(directory, endpoints, **arguments):
    """The rows that egress_info returns on worker-1."""
    return ask(directory, endpoints, **arguments)["endpoints"]


def ask(directory, endpoints, become=True, **arguments):
    """What egress_info returns on worker-1, also when it fails."""
    done = subprocess.run(
        [
            "ansible",
            "worker-1",
            "-i",
            os.environ["LAB_INVENTORY"],
            "-m",
            "hostprep.runtime_fabric.egress_info",
            "-t",
            str(directory),
            *(["-b"] if become else []),
            "-e",
            "ansible_python_interpreter=/usr/bin/python3",
            "-a",
            json.dumps({"endpoints": endpoints, **arguments}),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    answer = directory / "worker-1"
    assert answer.exists(), done.stdout.decode()
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert ("endpoints" if done.returncode == 0 else "msg") in found, done.stdout.decode()
    return found


def test_nothing_is_left_on_a_node(host):
    assert "198.51.100.53" in host.check_output("cat /etc/resolv.conf")
    assert not host.file("/usr/local/share/ca-certificates/inspection.crt").exists
