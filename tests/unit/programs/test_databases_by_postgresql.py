# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL itself, set up as sites do, and what the probe says of it without a user or a password."""

import socket

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import postgresql_messages
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import chains, loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import loopback_programs as programs

STRANGER = chains.Certificate("db.example.com", names=["db.example.com"])
ALL = "all all 127.0.0.1/32"


@pytest.fixture(scope="module")
def database():
    with programs.folder() as place:
        yield programs.Postgresql(place)


def probe(port):
    prober = Prober(5, chains.contexts(STRANGER))
    [row] = prober.probe_all([loopback.endpoint(port, protocol="postgresql")], 1, 20, deadlines.Deadline(20))
    return row


@pytest.mark.parametrize(
    "access, certificate, expected, error",
    [
        (f"host {ALL} scram-sha-256", STRANGER, {"tls": True, "in_clear": True, "authentication": "sasl"}, None),
        (f"host {ALL} scram-sha-256", None, {"tls": False, "in_clear": True, "authentication": "sasl"}, None),
        # As cloud providers have it: pgbouncer/pgbouncer#812, DbUp/DbUp#688.
        (f"hostssl {ALL} scram-sha-256", STRANGER, {"tls": True, "in_clear": False, "authentication": "sasl"}, None),
        # zalando/spilo#6: the probe's user is none of those that have an entry.
        (
            "host all site 127.0.0.1/32 trust",
            STRANGER,
            {"tls": True, "in_clear": True, "authentication": None},
            "no pg_hba.conf entry",
        ),
        (f"host {ALL} trust", STRANGER, {"tls": True, "in_clear": True, "authentication": "none"}, None),
    ],
    ids=["with TLS", "without TLS", "TLS only", "other users", "trusting"],
)
def test_a_server_that_is_there_is_reached(database, access, certificate, expected, error):
    with database.serving(access, certificate) as port:
        row = probe(port)
    assert row["verdict"] == "reachable", row
    found = row["postgresql"]
    assert {name: found[name] for name in expected} == expected
    assert found["error"] is None if error is None else error in found["error"]


def test_a_server_that_has_no_connection_left_is_not(database):
    with (
        database.serving(
            f"host {ALL} scram-sha-256", max_connections=1, superuser_reserved_connections=0, max_wal_senders=0
        ) as port,
        socket.create_connection(("127.0.0.1", port)) as last,
    ):
        last.sendall(postgresql_messages.start_up("site"))
        assert last.recv(1) == b"R"
        row = probe(port)
    assert (row["verdict"], "too many clients" in row["detail"]) == ("database_failed", True), row
