# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which path a row of the catalogue takes."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.egress_probes import egress_probes

COMMON = {"mutual_tls": False, "url_path": None, "purpose": "Not for the module."}
WEB = {**COMMON, "id": "web", "host": "web.example.com", "port": 443, "protocol": "https", "carrier": "http_proxy"}
LOGS = {**COMMON, "id": "logs", "host": "logs.example.com", "port": 5044, "protocol": "lumberjack", "carrier": "socks5"}


def paths(*rows, **arguments):
    return [probe["paths"] for probe in egress_probes(rows, **arguments)]


@pytest.mark.parametrize(
    "http_proxy, socks5_proxy, web, logs",
    [
        (False, False, ["direct"], ["direct"]),
        (True, False, ["http_proxy", "direct"], ["direct", "http_proxy"]),
        (False, True, ["direct", "socks5"], ["socks5", "direct"]),
        (True, True, ["http_proxy", "direct", "socks5"], ["socks5", "direct", "http_proxy"]),
    ],
)
def test_the_carrier_comes_first_where_it_is_there(http_proxy, socks5_proxy, web, logs):
    assert paths(WEB, LOGS, http_proxy=http_proxy, socks5_proxy=socks5_proxy) == [web, logs]


@pytest.mark.parametrize("host", ["10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "fd00::1"])
def test_internal_addresses_never_go_through_a_proxy(host):
    assert paths({**WEB, "host": host}, http_proxy=True, socks5_proxy=True) == [["direct"]]


def test_addresses_of_others_do():
    assert paths({**WEB, "host": "192.0.2.1"}, http_proxy=True) == [["http_proxy", "direct"]]


def test_a_time_server_is_asked_directly():
    assert egress_probes([WEB], ["ntp.example.com"], http_proxy=True) == [
        {
            "id": "web",
            "host": "web.example.com",
            "port": 443,
            "protocol": "https",
            "mutual_tls": False,
            "url_path": "/",
            "issuers": [],
            "origin": [],
            "paths": ["http_proxy", "direct"],
        },
        {"id": "ntp-ntp.example.com", "host": "ntp.example.com", "port": 123, "protocol": "ntp", "paths": ["direct"]},
    ]


def test_what_is_known_of_a_vendors_endpoint_goes_with_it():
    host = "runtime-fabric.s3.amazonaws.com"
    (probe,) = egress_probes([{**WEB, "host": host, "url_path": "/v1/connect", "mutual_tls": True}])
    assert (probe["url_path"], probe["mutual_tls"]) == ("/v1/connect", True)
    assert "Amazon" in probe["issuers"] and "x-amz-request-id" in probe["origin"]


def test_an_ntp_server_may_be_a_dictionary():
    servers = [{"host": "ntp.example.com", "nts": True}, "192.0.2.9"]
    assert egress_probes([], servers) == egress_probes([], ["ntp.example.com", "192.0.2.9"])


def test_connections_are_held_where_nobody_asks_for_a_certificate():
    rows = [
        {**WEB, "protocol": protocol, "mutual_tls": mutual_tls, "carrier": "socks5"}
        for protocol, mutual_tls in (("lumberjack", False), ("lumberjack", True), ("https", False))
    ]
    assert [probe.get("idle") for probe in egress_probes(rows, idle=9)] == [9, None, None]
    assert "idle" not in egress_probes(rows)[0]


def test_the_mail_server_is_asked_directly():
    probe = egress_probes([], http_proxy=True, smtp={"host": "smtp.example.com"})[0]
    assert probe == {
        "id": "smtp-server",
        "host": "smtp.example.com",
        "port": 465,
        "protocol": "smtps",
        "starttls": False,
        "paths": ["direct"],
    }
