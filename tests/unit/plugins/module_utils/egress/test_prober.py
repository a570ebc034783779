# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()


def endpoint(port, host="127.0.0.1", protocol="tls", server_name=loopback.NAME, id=None):
    return loopback.endpoint(port, host=host, protocol=protocol, server_name=server_name, id=id)


def probe(*endpoints, **limits):
    prober = Prober(limits.get("timeout", 2), AUTHORITY.contexts())
    seconds = limits.get("deadline", 10)
    return prober.probe_all(endpoints, limits.get("concurrency", 64), seconds, deadlines.Deadline(seconds))


def test_a_row_that_comes_through():
    with AUTHORITY.server() as port:
        (row,) = probe(endpoint(port, id="web"))
    assert (row["id"], row["verdict"], row["layer"], row["detail"]) == ("web", "reachable", "tls", None)
    assert (row["address"], row["addresses"], row["path"]) == ("127.0.0.1", ["127.0.0.1"], "direct")
    assert row["tls"]["names"] == [loopback.NAME]
    assert [layer["layer"] for layer in row["layers"]] == ["dns", "tcp", "tls"]
    assert [layer["verdict"] for layer in row["layers"]] == ["ok"] * 3
    assert 0 <= sum(layer["elapsed"] for layer in row["layers"]) <= row["elapsed"] + 0.01


def test_rows_come_in_input_order_with_every_field():
    with AUTHORITY.server() as port, loopback.udp_server(loopback.time_server()) as ntp_port:
        rows = probe(
            endpoint(loopback.closed_port()),
            endpoint(port, host="nothing.invalid"),
            endpoint(port),
            endpoint(port, protocol="tcp"),
            endpoint(ntp_port, protocol="ntp"),
        )
    assert [(row["verdict"], row["layer"]) for row in rows] == [
        ("refused", "tcp"),
        ("unresolved", "dns"),
        ("reachable", "tls"),
        ("reachable", "tcp"),
        ("reachable", "ntp"),
    ]
    assert len({frozenset(row) for row in rows}) == 1
    assert rows[4]["ntp"]["stratum"] == 2
    assert rows[0]["id"] == f"127.0.0.1:{rows[0]['port']}"


def test_an_expired_certificate_is_told_with_its_dates():
    with AUTHORITY.server(AUTHORITY.expired()) as port:
        (row,) = probe(endpoint(port))
    assert row["verdict"] == "tls_expired"
    assert "to 2020-01-01T00:00:00Z" in row["detail"]
    assert row["tls"]["not_after"] == "2020-01-01T00:00:00Z"


def test_the_certificate_of_a_stranger_is_shown():
    with loopback.Authority().server() as port:
        (row,) = probe(endpoint(port))
    assert row["verdict"] == "tls_untrusted"
    assert "O=Test Authority" in row["tls"]["issuer"]
    assert row["tls"]["issuer"] in row["detail"]


def test_another_name_is_told():
    with AUTHORITY.server() as port:
        (row,) = probe(endpoint(port, server_name="wanted.example.com"))
    assert row["verdict"] == "tls_name_mismatch"
    assert row["detail"] == f"the certificate is for {loopback.NAME}"


def test_the_name_to_ask_for_is_the_host_without_its_final_dot():
    assert endpoint(443, host="a.example.com.", server_name=None).server_name == "a.example.com"


def test_hung_endpoints_cost_three_timeouts_not_the_run():
    with AUTHORITY.server() as port, loopback.tcp_server(loopback.linger) as mute, loopback.silent_port() as silent:
        begun = time.monotonic()
        rows = probe(*[endpoint(mute), endpoint(silent)] * 10 + [endpoint(port)], timeout=1)
        assert time.monotonic() - begun < 15
    assert [row["verdict"] for row in rows] == ["tls_failed", "dropped"] * 10 + ["reachable"]


def test_a_row_that_is_not_over_at_the_deadline_says_where_it_was():
    with AUTHORITY.server() as port, loopback.tcp_server(loopback.linger) as mute:
        begun = time.monotonic()
        rows = probe(endpoint(mute), endpoint(port), timeout=60, deadline=1.5, concurrency=1)
        assert time.monotonic() - begun < loopback.PATIENCE
    assert [(row["verdict"], row["layer"]) for row in rows] == [("untested", "tls"), ("untested", None)]
    assert (
        rows[0]["detail"] == "the deadline of 1.5 s for the whole call passed while this endpoint was in the layer tls"
    )
    assert rows[0]["address"] == "127.0.0.1"
    assert rows[1]["detail"] == "the deadline of 1.5 s for the whole call passed before this endpoint was probed"
