# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time servers that chrony cannot use, and chronyd itself as a client of theirs and as such a server, on loopback."""

import contextlib
import getpass
import re
import shutil
import socket
import subprocess
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import clock_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

# {address: how its server answers}. chrony tells servers apart by their addresses alone.
ANSWERS = {
    "127.0.0.1": {"dispersion": 10.0},
    "127.0.0.2": {"stratum": 0, "reference": b"DENY"},
    "127.0.0.3": {"stratum": 16},
    "127.0.0.4": None,
}
OFTEN = "iburst minpoll 0 maxpoll 0"


@contextlib.contextmanager
def chronyd(folder, *lines):
    """chronyd with these lines, which sets no clock; yields the words to call chronyc with."""
    folder.mkdir(mode=0o750)
    place = folder / "chronyd.sock"
    own = [f"bindcmdaddress {place}", "cmdport 0", f"pidfile {folder}/pid"]
    (folder / "chrony.conf").write_text("\n".join([*own, *lines]) + "\n")
    options = ["-x", "-U", "-d", "-u", getpass.getuser(), "-f", str(folder / "chrony.conf")]
    process = subprocess.Popen(["chronyd", *options], stderr=subprocess.PIPE, text=True)
    try:
        until(place.exists)
        yield [shutil.which("chronyc"), "-h", str(place)]
    finally:
        process.terminate()
        process.communicate(timeout=loopback.PATIENCE)


def until(found):
    """What found() returns, once that is true."""
    deadline = deadlines.Deadline(loopback.PATIENCE)
    while not (value := found()):
        assert not deadline.expired()
        time.sleep(0.05)
    return value


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """What a host has to say of its chrony, once each of the servers has answered often enough."""
    with contextlib.ExitStack() as stack:
        lines = ["port 0"]
        for address, how in ANSWERS.items():
            answer = loopback.time_server(**how) if how else lambda question: None
            lines.append(f"server {address} port {stack.enter_context(loopback.udp_server(answer, address))} {OFTEN}")
        chronyc = stack.enter_context(chronyd(tmp_path_factory.mktemp("client") / "run", *lines))

        def complete():
            found = clock_evidence.read_details(clock_evidence.read_state(chronyc), chronyc)
            known = {source["address"]: source for source in found.get("sources", [])}
            answered = known and all(known[address]["answer"] for address, how in ANSWERS.items() if how)
            return found if answered and known["127.0.0.1"]["too_distant"] else None

        return until(complete)


def judged(evidence, check, servers):
    whole = samples.evidence()
    whole["egress"] = []
    whole["host"]["time"]["chrony"] = evidence
    [result] = judge_node(checks.load(), samples.subject(ntp_servers=servers), whole, [check])
    return result


def test_chrony_itself_says_why_it_does_not_use_a_server(evidence):
    known = {source["address"]: (source["answer"], source["too_distant"]) for source in evidence["sources"]}
    usual = {"kiss": None, "synchronised": False, "root_distance": 0.0}
    assert known == {
        "127.0.0.1": ({"stratum": 2, "kiss": None, "synchronised": True, "root_distance": 10.0}, True),
        "127.0.0.2": ({**usual, "stratum": 0, "kiss": "DENY"}, False),
        "127.0.0.3": ({**usual, "stratum": 16}, False),
        "127.0.0.4": (None, False),
    }


def test_each_server_has_its_cause_though_nothing_but_chrony_has_asked_it(evidence):
    """Servers with a great root dispersion, often Windows: deckhouse/deckhouse#6170, sonic-net/sonic-mgmt#17629."""
    result = judged(evidence, "time.synchronised", [])
    assert result["status"] == "fail"
    for words in (
        "no answer on UDP 123 from 127.0.0.4",
        "refuses to serve time to this node: 127.0.0.2 (DENY)",
        "127.0.0.3 (the server answers but is not synchronised itself (stratum 16))",
        "rejected by chrony, since its time may be wrong by more than chrony accepts: 127.0.0.1 (10.0 s)",
    ):
        assert words in result["observed"]
    for words in (
        "open UDP 123 from n1 to 127.0.0.4,",
        "Ask the operators of 127.0.0.2 to serve time to n1",
        "Report to the operators of 127.0.0.3 that it is not synchronised",
        "Ask the operators of 127.0.0.1 why its root dispersion and root delay are that large",
    ):
        assert words in result["remedy"]


def test_a_refusal_is_not_a_closed_port(evidence):
    refusing = {**evidence, "sources": [source for source in evidence["sources"] if source["address"] == "127.0.0.2"]}
    result = judged(refusing, "egress.ntp", [])
    assert (result["status"], result["observed"]) == ("fail", "refuses to serve time to this node: 127.0.0.2 (DENY)")
    assert "UDP 123" not in result["remedy"]


def probe(port):
    [row] = Prober(5, None).probe_all([loopback.endpoint(port, protocol="ntp")], 1, 20, deadlines.Deadline(20))
    return row


@pytest.fixture
def served(tmp_path):
    """A function from lines to the row of a probe of a chronyd that has them, once it is is_so(row)."""

    def ask(*lines, is_so):
        port = loopback.closed_port(socket.SOCK_DGRAM)
        with chronyd(tmp_path / "server", f"port {port}", "bindaddress 127.0.0.1", "allow 127.0.0.0/8", *lines):
            return until(lambda: row if is_so(row := probe(port)) else None)

    return ask


def answers(row):
    return row["verdict"] == "reachable"


def test_a_chronyd_with_a_clock_is_reachable(served):
    row = served("local stratum 3", is_so=lambda row: answers(row) and row["detail"] is None)
    assert (row["ntp"]["stratum"], row["ntp"]["kiss"]) == (3, None)


def test_a_chronyd_without_a_source_says_that_it_has_no_time(served):
    assert served(is_so=answers)["detail"] == "the server does not serve time (stratum 0)"


def test_a_chronyd_whose_own_source_is_vague_is_too_far_from_the_time(served):
    """As pi-hole/FTL#2418, where the client says that the root distance is too large."""
    with loopback.udp_server(loopback.time_server(dispersion=10.0)) as port:
        row = served(
            f"server 127.0.0.1 port {port} {OFTEN}",
            "maxdistance 100",
            is_so=lambda row: answers(row) and (row["ntp"]["root_distance"] or 0) >= 10,
        )
    assert re.fullmatch(
        r"the server says that its time may be wrong by 1\d\.\d s, and chrony accepts 3 s", row["detail"]
    ), row
