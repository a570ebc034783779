# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Internet that a catalogue asks for."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import (
    internet,
    misbehaving_servers,
    proxies,
    time_servers,
    web_servers,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import LabError
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.wanted_containers import (
    CATALOGUE,
    ENDPOINT_OPERATORS,
)


def row(host, port=443, protocol="https", mutual_tls=False):
    return {
        "id": host.split(".", maxsplit=1)[0],
        "host": host,
        "port": port,
        "protocol": protocol,
        "mutual_tls": mutual_tls,
    }


def server_block(conf, host):
    """The text of the nginx server whose certificate is the host's."""
    blocks = [block for block in re.split(r"\n    server \{\n", conf) if f"/{host}.crt;" in block]
    assert len(blocks) == 1
    return blocks[0]


def test_every_name_has_an_address_of_its_own_whatever_the_order_of_the_rows():
    hosts = ["b.example", "a.example", "c.example"]
    addresses = internet.endpoint_addresses(hosts)
    assert (
        addresses
        == internet.endpoint_addresses(reversed(hosts))
        == {"a.example": "198.51.100.128", "b.example": "198.51.100.129", "c.example": "198.51.100.130"}
    )
    assert not set(addresses.values()) & set(internet.service_addresses().values())


def test_more_names_than_addresses_are_refused():
    most = [f"host-{number}.example" for number in range(127)]
    assert len(set(internet.endpoint_addresses(most).values())) == 127
    with pytest.raises(LabError, match="128 host names do not fit"):
        internet.endpoint_addresses([*most, "one-more.example"])


def test_a_name_on_two_ports_keeps_one_address():
    first, second = internet.servers([row("a.example", 5044, "lumberjack"), row("a.example")])
    assert (first.port, second.port) == (443, 5044)
    assert first.address == second.address


def test_rows_that_agree_make_one_server_and_rows_that_do_not_are_refused():
    assert len(internet.servers([row("a.example"), row("a.example")])) == 1
    with pytest.raises(LabError, match="differently"):
        internet.servers([row("a.example"), row("a.example", mutual_tls=True)])


@pytest.mark.parametrize("protocols", [("wss", "https"), ("https", "wss")])
def test_a_broker_answers_https_on_the_same_port(protocols):
    [server] = internet.servers([row("a.example", 8443, protocol) for protocol in protocols])
    assert server.protocol == "wss"
    assert web_servers.origin(server) == "broker"


def test_rows_are_served_as_every_release_states_them():
    changes = [{"since": "1.12", "host": "new.example"}, {"since": "2.x", "port": 8443}]
    changed = {**row("old.example"), "changes": changes}
    found = internet.servers(internet.stages([changed]))
    assert [(server.host, server.port) for server in found] == [
        ("new.example", 443),
        ("new.example", 8443),
        ("old.example", 443),
    ]


def test_a_protocol_that_the_lab_does_not_serve_is_refused():
    with pytest.raises(LabError, match="'gopher'"):
        internet.servers([row("a.example", protocol="gopher")])


def test_only_mutual_tls_servers_ask_for_a_client_certificate():
    servers = internet.servers(
        [
            row("open.example"),
            row("closed.example", mutual_tls=True),
            row("stream.example", 5044, "lumberjack", mutual_tls=True),
        ]
    )
    conf = web_servers.nginx_conf(servers, "192.0.2.40", "192.0.2.80", "lab.example", "/etc/lab/tls")
    assert "ssl_verify_client" not in server_block(conf, "open.example")
    assert "ssl_verify_client on;" in server_block(conf, "closed.example")
    assert "VerifyMode Require;" in server_block(conf, "stream.example")


def test_dns_answers_for_the_names_and_asks_nobody():
    conf = internet.dnsmasq_conf({"a.example": "198.51.100.128"}).splitlines()
    assert {"no-resolv", "no-hosts", "local=/a.example/", "host-record=a.example,198.51.100.128"} <= set(conf)
    assert not [line for line in conf if line.startswith("server=")]


@pytest.mark.parametrize(
    "host, protocol, expected",
    [
        ("transport-layer.prod.cloudhub.io", "amqp_wss", "broker"),
        ("arm-mcm2-service-mulesoft-cp.sfdc-58ktaz.svc.sfdcfc.net", "wss", "broker"),
        ("494141260463.dkr.ecr.us-east-1.amazonaws.com", "https", "registry"),
        ("api.ecr.us-east-1.amazonaws.com", "https", "registry_api"),
        ("ecr.us-east-1.amazonaws.com", "https", "registry_api"),
        ("runtime-fabric.s3.amazonaws.com", "https", "object_store"),
        ("worker-cloud-helm-prod-eu-rt.s3.eu-central-1.amazonaws.com", "https", "object_store"),
        ("kubernetes-charts.storage.googleapis.com", "https", "google_storage"),
        ("anypoint.mulesoft.com", "https", "platform"),
    ],
)
def test_a_server_answers_like_the_origin_it_stands_for(host, protocol, expected):
    [server] = internet.servers([row(host, protocol=protocol)])
    assert web_servers.origin(server) == expected


def test_the_catalogue_can_be_served():
    servers = internet.load_servers(CATALOGUE)
    files = {file.path: file.content.decode() for file in internet.configuration(servers, {"node-1": "192.0.2.1"})}
    for server in servers:
        assert f"listen {server.address}:{server.port} ssl;" in files["/etc/nginx/nginx.conf"]
        assert f"host-record={server.host},{server.address}" in files["/etc/dnsmasq.d/lab.conf"]
        assert f"address replace {server.address}/32 dev lo\n" in files["/etc/lab/addresses"]
    assert "host-record=node-1.lab.example,192.0.2.1" in files["/etc/dnsmasq.d/lab.conf"]


def test_the_signer_of_a_host_is_an_issuer_of_its_operator():
    hosts = {"ecr.us-east-1.amazonaws.com", "kubernetes-charts.storage.googleapis.com"}
    assert internet.signers(ENDPOINT_OPERATORS, hosts) == {
        "ecr.us-east-1.amazonaws.com": "Amazon",
        "kubernetes-charts.storage.googleapis.com": "Google Trust Services",
    }
    with pytest.raises(LabError, match="no operator for nobody.example.com"):
        internet.signers(ENDPOINT_OPERATORS, {"nobody.example.com"})


def test_the_name_servers_that_lie_do_so_for_names_of_the_catalogue():
    servers = internet.load_servers(CATALOGUE)
    files = {file.path: file.content.decode() for file in internet.configuration(servers, {})}
    assert {misbehaving_servers.WRONG_NAME, misbehaving_servers.LOGIN_NAME} <= {server.host for server in servers}
    captive = internet.address_of("captive")
    assert f"address=/{misbehaving_servers.WRONG_NAME}/{captive}\n" in files["/etc/lab/dns/dns-wrong.conf"]
    assert f"address=/#/{captive}\n" in files["/etc/lab/dns/dns-wildcard.conf"]


def test_only_the_squid_that_inspects_decrypts():
    confs = {name: proxies.squid_conf(name, "192.0.2.1", "192.0.2.53") for name in proxies.HTTP}
    assert [name for name, conf in confs.items() if "ssl_bump bump" in conf] == list(proxies.INSPECTING)
    assert all(
        conf.index(f"include {proxies.RULES}/{name}.conf") < conf.index("http_access") for name, conf in confs.items()
    )


def test_time_is_served_honestly_with_keys_and_late():
    honest, keyed, late = (
        time_servers.chronyd_conf(name, "192.0.2.1", "192.0.2.2", "/etc/lab/tls/ntp-auth.lab.example")
        for name in ("ntp", "ntp-auth", "ntp-late")
    )
    assert "local stratum 2\n" in honest and "keyfile" not in honest and "offset" not in honest
    assert "keyfile /etc/lab/ntp/keys\n" in keyed and "ntsservercert /etc/lab/tls/ntp-auth.lab.example.crt\n" in keyed
    assert "local" not in late and f"offset -{time_servers.LATE}\n" in late
