# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chronyc prints of servers that are asked with a key or over NTS and do not serve, damaged: no clock becomes right."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import clock_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

KEYED, OVER_NTS, PLAIN = "198.51.100.123", "198.51.100.125", "198.51.100.126"
TEXTS = {
    "-n -c tracking": "7F7F0101,,0,0.000000000,0.000000000,0.0,0.0,0.000,0.000,0.000,1.0,1.0,0.0,Not synchronised\n",
    "-n -c sources": "".join(
        f"^,?,{address},0,6,0,4294967295,0.000000000,0.000000000,0.000000000\n" for address in (KEYED, OVER_NTS, PLAIN)
    ),
    "-n -c authdata": f"{KEYED},SK,7,3,256,4294967295,0,0,0,0\n{OVER_NTS},NTS,0,15,256,6,2,1,0,100\n",
    "-n -c selectdata": f"s,{KEYED},N,-,-,-,-,-,-,-,-,-,-,0,1.0,0.0,0.0,Not synchronised\nd,{PLAIN},N,-,-,-,-,-,-,-,-\n",
    "-n -c ntpdata": (
        f"{KEYED},C633647B,123,192.0.2.1,C0000201,Normal,4,Server,0,6,64,-20,0.0,0.0,0.0,44454E59,DENY,"
        "1796047991.4,0.0,0.0,0.0,0.0,0.00,111,101,0000,No,No,Kernel,Kernel,12,12,12,0\n"
    ),
    "-c activity": "3,0,0,0,0\n",
}
TEXTS["-n -c sources -a"] = TEXTS["-c -N sources -a"] = TEXTS["-n -c sources"]
UNANSWERED = {
    "protocol": "ntp",
    "host": samples.NTP,
    "address": KEYED,
    "verdict": "no_reply",
    "detail": "no answer within 5 s",
}


@st.composite
def damaged(draw):
    """The texts, one of them damaged at one place."""
    name = draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    at = draw(st.integers(0, len(text)))
    other = draw(st.text(max_size=4) | st.sampled_from([",", "\n", "*", "-", "17", "Normal", "nan", "1e999"]))
    over = draw(st.integers(0, len(other) + 1))
    return {**TEXTS, name: text[:at] + other + text[at + over :]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged())
def test_no_damage_makes_a_clock_right_or_a_server_answer(monkeypatch, texts):
    def run_text(argv, timeout=5.0):
        try:
            return texts[" ".join(argv[1:])]
        except KeyError:
            raise host_files.Unreadable("command not found") from None

    monkeypatch.setattr(clock_evidence, "run_text", run_text)
    evidence = samples.evidence()
    evidence["host"]["time"]["chrony"] = clock_evidence.read_details(clock_evidence.read_state())
    evidence["egress"] = [UNANSWERED]
    for check in ("time.synchronised", "egress.ntp"):
        [result] = judge_node(checks.load(), samples.subject(), evidence, [check])
        assert result["status"] in ("fail", "unknown"), result
        assert "cannot be read" not in result["observed"], result["observed"]


def test_without_damage_each_server_has_its_cause(monkeypatch):
    monkeypatch.setattr(clock_evidence, "run_text", lambda argv, timeout=5.0: TEXTS.get(" ".join(argv[1:]), ""))
    evidence = samples.evidence()
    evidence["host"]["time"]["chrony"] = clock_evidence.read_details(clock_evidence.read_state())
    [result] = judge_node(checks.load(), samples.subject(), evidence, ["time.synchronised"])
    assert result["status"] == "fail"
    for words in (f"no NTS keys from {OVER_NTS}", f"refuses to serve time to this node: {KEYED} (DENY)"):
        assert words in result["observed"]
