# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints behind what sites have: nginx, squid, dante and dnsmasq themselves, each set up as in a report of a fault."""

import contextlib
import socket

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import dns_survey
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    dns_client,
    proxy_url,
    resolv_conf,
    search_domain_lookup,
    verdicts,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import chains, loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import loopback_programs as programs

ROOT = chains.Certificate("Root", authority=True)
MIDDLE = chains.Certificate("Middle", ROOT, authority=True)
LEAF = chains.Certificate("leaf", MIDDLE, [loopback.NAME, "www.example.com"])
OLD_MIDDLE = chains.Certificate("Middle", ROOT, authority=True, last=chains.NOW - chains.DAY)
NAMELESS = chains.Certificate(loopback.NAME, MIDDLE)


def probe(port, proxy=None, lookup=socket.getaddrinfo, timeout=3, **fields):
    """The row of an endpoint at this port of the loopback. proxy: the URL of the proxy in between, if any."""
    known = {}
    if proxy is not None:
        path = "socks5" if proxy.startswith("socks5") else "http_proxy"
        known[path] = proxy_url.parse(proxy, proxy.split(":")[0])
        fields["paths"] = [path]
    prober = Prober(timeout, chains.contexts(ROOT), known, lookup)
    [row] = prober.probe_all([loopback.endpoint(port, **fields)], 4, 20, deadlines.Deadline(20))
    return row


@contextlib.contextmanager
def nginx(sent=(LEAF, MIDDLE), answer='return 200 "";', stream="", more=""):
    """nginx that sends these certificates; yields its port. stream: what is in front of it, with PORT for that port."""
    pem = b"".join(each.pem for each in sent).decode()
    with loopback.text_file(pem) as chain, loopback.text_file(sent[0].key_pem.decode()) as key:
        port = loopback.closed_port()
        server = (
            f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {chain}; ssl_certificate_key {key}; {more} "
            f"location / {{ default_type text/html; {answer} }} }}"
        )
        with programs.nginx(server, port, stream.replace("PORT", str(port))):
            yield port


@pytest.mark.parametrize("mutual_tls", [False, True])
@pytest.mark.parametrize(
    "sent, verdict, cause",
    [
        ([LEAF, MIDDLE], "reachable", None),
        ([NAMELESS, MIDDLE], "tls_name_mismatch", "common_name_only"),
        ([LEAF, OLD_MIDDLE], "tls_expired", "expired_intermediate"),
        ([LEAF], "tls_untrusted", "incomplete_chain"),
    ],
    ids=["whole", "no name", "expired intermediate", "no intermediate"],
)
def test_chains_that_nginx_sends(sent, verdict, cause, mutual_tls):
    with nginx(sent, more="ssl_protocols TLSv1.2;") as port:
        row = probe(port, protocol="https", mutual_tls=mutual_tls)
    assert (row["verdict"], row["cause"]) == (verdict, cause)


def test_an_nginx_that_wants_a_client_certificate_is_the_far_end():
    with loopback.text_file(ROOT.pem.decode()) as path:
        wants = f"ssl_verify_client on; ssl_client_certificate {path}; ssl_protocols TLSv1.2;"
        with nginx(more=wants) as port:
            row = probe(port, protocol="https", mutual_tls=True, issuers=["Site"])
    assert (row["verdict"], row["passthrough"]) == ("reachable", "passthrough")


def test_an_nginx_that_reads_the_server_name_and_hangs_up_is_a_filter_by_name():
    front = loopback.closed_port()
    stream = (
        f"map $ssl_preread_server_name $to {{ {loopback.NAME} 127.0.0.1:{loopback.closed_port()}; default 127.0.0.1:PORT; }} "
        f"server {{ listen 127.0.0.1:{front}; ssl_preread on; proxy_pass $to; }}"
    )
    with nginx(stream=stream):
        row = probe(front)
    assert (row["verdict"], row["cause"]) == ("tls_failed", "name_filtered")


def test_an_nginx_without_a_server_of_that_name_is_not_a_filter():
    """ssl_reject_handshake, as the default server of many sites; RFC 6066 as quoted in postmanlabs/httpbin#376."""
    port = loopback.closed_port()
    with programs.nginx(f"server {{ listen 127.0.0.1:{port} ssl; ssl_reject_handshake on; }}", port):
        row = probe(port)
    assert (row["verdict"], row["cause"]) == ("tls_failed", None)
    assert "unrecognized name" in row["detail"]


BLOCKED = "return 403 '<html><title>Web Page Blocked</title>This site is against policy</html>';"


def test_a_block_page_of_nginx_is_not_an_answer_of_the_endpoint():
    port = loopback.closed_port()
    server = f"server {{ listen 127.0.0.1:{port}; location / {{ default_type text/html; {BLOCKED} }} }}"
    with programs.nginx(server, port):
        row = probe(80, f"http://127.0.0.1:{port}", protocol="http", host="packages.example.com")
    assert (row["verdict"], row["layer"]) == ("blocked", "http")
    assert "Web Page Blocked" in row["detail"]


def to_loopback(*dummy_question):
    """A resolver that has this host for every name."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0))]


def test_a_login_page_of_nginx_over_tls_is_one_cause_for_all_names():
    portal = chains.Certificate("portal.example.com", names=["portal.example.com"])
    evidence = samples.evidence()
    behind = [each for each in evidence["egress"] if each["id"] in ("ecr-us", "anypoint", "docker-images-prod")]
    with nginx([portal], "return 302 /login;") as port:
        for each in behind:
            row = probe(port, lookup=to_loopback, host=each["host"], server_name=None, protocol="https")
            each.update({name: row[name] for name in ("verdict", "detail", "cause", "tls", "layer", "layers")})
    judged = judge_node(checks.load(), samples.subject(), evidence)
    found = [result for result in judged if result["id"] in {f"egress.{each['id']}" for each in behind}]
    assert [result["status"] for result in found] == ["fail"] * 3
    assert len({(result["observed"], result["remedy"]) for result in found}) == 1
    assert found[0]["observed"].startswith("one certificate answers for 3 names of different owners")


NAMED = ["acl named browser .", "http_access deny !named", "http_access allow all"]


def test_a_squid_that_denies_clients_without_a_name_takes_the_probe_for_a_client():
    """Allow-lists by User-Agent: golang/go#13290, request/request#1019."""
    with nginx() as port, programs.squid(*NAMED) as proxy:
        assert probe(port, f"http://127.0.0.1:{proxy}")["verdict"] == "reachable"
        with socket.create_connection(("127.0.0.1", proxy)) as connection:
            connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert b" 403 " in connection.recv(4096).split(b"\r\n")[0] + b" "


CREDENTIALS = ["acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all"]
SCHEMES = {
    "negotiate": "auth_param negotiate program /bin/cat",
    "ntlm": "auth_param ntlm program /bin/cat",
    "basic": "auth_param basic program @refuse",
}
REFUSE = {"refuse": "while read -r line; do echo ERR; done"}


def test_a_squid_that_offers_three_schemes_refuses_the_password():
    with programs.squid(*SCHEMES.values(), *CREDENTIALS, helpers=REFUSE) as proxy:
        row = probe(443, f"http://jo:hunter2@127.0.0.1:{proxy}")
        assert (row["verdict"], row["cause"]) == ("proxy_auth", None)
        assert "rejects the configured user name and password" in row["detail"]
        assert "(Negotiate, NTLM, Basic)" in probe(443, f"http://127.0.0.1:{proxy}")["detail"]


def test_a_squid_without_basic_takes_no_password_at_all():
    with programs.squid(SCHEMES["negotiate"], SCHEMES["ntlm"], *CREDENTIALS) as proxy:
        row = probe(443, f"http://jo:hunter2@127.0.0.1:{proxy}")
    assert (row["verdict"], row["cause"]) == ("proxy_auth", "no_basic")
    assert row["detail"].endswith("other than Basic: Negotiate, NTLM")


@pytest.mark.parametrize("proxy", ["squid", "dante"])
def test_a_proxy_whose_own_packets_are_dropped_is_a_proxy(proxy):
    started = programs.squid("http_access allow all") if proxy == "squid" else programs.danted()
    with loopback.silent_port() as port, started as proxy_port:
        scheme = {"squid": "http", "dante": "socks5"}[proxy]
        row = probe(port, f"{scheme}://127.0.0.1:{proxy_port}", timeout=1)
    assert (row["verdict"], row["cause"]) == ("proxy_failed", "proxy_silent")


def test_a_web_server_is_not_a_proxy():
    """What nginx answers to CONNECT: chobits/ngx_http_proxy_connect_module#251 and #263."""
    with nginx() as port:
        assert probe(443, f"http://127.0.0.1:{port}")["verdict"] == "proxy_broken"
    port = loopback.closed_port()
    with programs.nginx(f"server {{ listen 127.0.0.1:{port}; }}", port):
        row = probe(443, f"http://127.0.0.1:{port}")
        assert row["verdict"] == "proxy_broken" and row["detail"].endswith("this looks like a web server, not a proxy")
        assert probe(443, f"socks5://127.0.0.1:{port}")["verdict"] == "proxy_broken"


DENY = "socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }"


@pytest.mark.parametrize(
    "rules, method, user, verdict, words",
    [
        (programs.PASS, "none", "", "reachable", None),
        (DENY, "none", "", "proxy_denied", "not allowed by the ruleset"),
        (programs.PASS, "username", "", "proxy_auth", "requires authentication"),
        (programs.PASS, "username", "unknown-user:hunter2@", "proxy_auth", "rejects the configured"),
    ],
    ids=["passes", "denies", "wants a password", "refuses a password"],
)
def test_what_dante_answers(rules, method, user, verdict, words):
    with nginx() as port, programs.danted(rules, method) as proxy:
        row = probe(port, f"socks5://{user}127.0.0.1:{proxy}")
    assert row["verdict"] == verdict, row
    assert words is None or words in row["detail"]
    assert "hunter2" not in str(row)


def test_an_endpoint_that_dante_does_not_reach():
    with programs.danted() as proxy:
        row = probe(loopback.closed_port(), f"socks5://127.0.0.1:{proxy}")
    assert (row["verdict"], "refused by the endpoint" in row["detail"]) == ("proxy_failed", True)


MANY = [f"192.0.2.{number}" for number in range(60)]
RECORDS = [
    "local=/example.com/",
    "address=/ecr.example.com/0.0.0.0",
    "address=/corp.example/192.0.2.66",
    *(f"host-record=many.example.com,{address}" for address in MANY),
]


@pytest.fixture(scope="module")
def dnsmasq():
    with programs.dnsmasq(*RECORDS) as port:
        yield port


def of_server(port):
    """A function that asks a name server at this port of the loopback."""
    return lambda dummy_server, name, seconds: dns_client.look_up("127.0.0.1", name, seconds, port)


def test_a_name_that_dnsmasq_sends_nowhere_is_a_sinkhole(dnsmasq):
    lookup = search_domain_lookup.lookup(["127.0.0.1"], [], 1, 5, of_server(dnsmasq))
    row = probe(443, lookup=lookup, host="ecr.example.com")
    assert (row["verdict"], row["cause"], row["layer"]) == ("unresolved", "sinkhole", "dns")


def test_a_domain_of_which_dnsmasq_knows_every_name_is_found(dnsmasq):
    resolvers = resolv_conf.Resolvers([("127.0.0.1", "/etc/resolv.conf")], ["corp.example"], 1)
    found = dns_survey.survey(resolvers, ["ecr.example.com"], 3, deadlines.Deadline(10), of_server(dnsmasq))
    assert [each["status"] for each in found["servers"][0]["invented"]] == ["refused", "ok"]


def test_an_answer_of_dnsmasq_that_is_longer_than_a_datagram_needs_tcp(dnsmasq):
    status, addresses = dns_client.look_up("127.0.0.1", "many.example.com", 5, dnsmasq)
    assert (status, set(addresses)) == ("ok", set(MANY))

    def over_udp_alone(question):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(loopback.PATIENCE)
            sock.sendto(question, ("127.0.0.1", dnsmasq))
            return sock.recv(65535)

    with loopback.udp_server(over_udp_alone) as port, pytest.raises(verdicts.LayerFailed) as caught:
        dns_client.look_up("127.0.0.1", "many.example.com", 5, port)
    assert (caught.value.verdict, "TCP does not work" in caught.value.detail) == ("no_tcp", True)
