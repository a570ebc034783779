# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why chrony is not synchronised: the state of each of its sources, and what to do about it.

Pure functions of the evidence of host_info's section `time` (`chrony`) and, where there are any, of the NTP queries that
egress_info put to the same servers without authentication: they tell a closed port from a key that the server refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.ntp import REFUSALS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_root_distance
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdict_causes as causes_of_verdicts
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

UNRESOLVED, SILENT, REFUSING, NTS, KEY, UNSYNCHRONISED, DISTANT, FALSETICKER, VARIABLE, SAMPLES = (
    "unresolved",
    "silent",
    "refusing",
    "nts",
    "key",
    "unsynchronised",
    "distant",
    "falseticker",
    "variable",
    "samples",
)
_NTS_PORT = 4460
# Seconds. A server that is closer to the time, by what it says, is not what makes the distance too great: samples are too few.
_NOTICEABLE_DISTANCE = 0.3


class Cause(NamedTuple):
    """What keeps chrony from one source. detail: a sentence in addition, or ""."""

    kind: str
    source: str
    detail: str = ""


def causes(chrony: dict[str, Any], probes: Any = ()) -> list[Cause]:
    """Return one Cause for each source that chrony does not follow, in the order of chrony.

    chrony: `{"sources", "unresolved", "log"}`. probes: results of egress_info with the protocol `ntp`.
    """
    asked: dict[str | None, Row] = {}
    for row in probes:
        for name in (row["host"], row.get("address")):
            asked.setdefault(name, row)
    found = []
    for source in chrony["sources"]:
        cause = _cause(source, asked, chrony.get("log") or [])
        if cause is not None and cause not in found:
            found.append(cause)
    named = {cause.source for cause in found if cause.kind == UNRESOLVED}
    found += [
        Cause(UNRESOLVED, row["host"]) for row in probes if row["verdict"] == "unresolved" and row["host"] not in named
    ]
    if chrony.get("unresolved") and not any(cause.kind == UNRESOLVED for cause in found):
        count = chrony["unresolved"]
        found.append(Cause(UNRESOLVED, f"{count} {'source' if count == 1 else 'sources'} of chrony's configuration"))
    if not found:  # every source is usable, and chrony has not selected one yet
        found = [Cause(SAMPLES, source.get("name") or source["address"]) for source in chrony["sources"]]
    return found


def _cause(source: dict[str, Any], asked: dict[Any, Any], log: list[str]) -> Cause | None:
    name = source.get("name") or source["address"]
    if source["address"] is None:
        return Cause(UNRESOLVED, name or "a source of chrony's configuration")
    if source["state"] in ("selected", "combined", "not_combined"):
        return None
    if source["reach"] == 0:
        return _silence(source, name, asked.get(name) or asked.get(source["address"]), log)
    if source["state"] == "falseticker":
        # chrony says by how much this clock is ahead.
        return Cause(FALSETICKER, name, f"{_rounded(0 - source['offset']):+.3f} s off this clock")
    if source["state"] == "too_variable":
        return Cause(VARIABLE, name)
    own = (source.get("answer") or {}).get("root_distance")
    if source.get("too_distant") and (own is None or own >= _NOTICEABLE_DISTANCE):
        return Cause(DISTANT, name, "" if own is None else f"{own:.1f} s")
    distance = _root_distance(asked.get(name) or asked.get(source["address"]))
    if distance > ntp_root_distance.MOST:
        return Cause(DISTANT, name, f"{distance:.1f} s")
    return Cause(SAMPLES, name)


def _root_distance(probe: Mapping[str, Any] | None) -> float:
    """By how many seconds the server itself says that its time may be wrong; 0 where that is not known."""
    return ((probe or {}).get("ntp") or {}).get("root_distance") or 0.0


def _of_answer(name: str, answer: Mapping[str, Any]) -> Cause | None:
    """Why chrony counts the answer of a server as none, by what is in it; None where that does not say."""
    if answer["kiss"] in REFUSALS:
        return Cause(REFUSING, name, answer["kiss"])
    if answer["kiss"]:
        return Cause(UNSYNCHRONISED, name, f"the server does not serve time ({answer['kiss']})")
    if not answer["synchronised"]:
        return Cause(
            UNSYNCHRONISED, name, f"the server answers but is not synchronised itself (stratum {answer['stratum']})"
        )
    return None


def _rounded(seconds: float) -> float:
    """Seconds as they are shown: what rounds to nothing has no sign, so that texts of several nodes are equal."""
    return round(seconds, 3) + 0.0


def _silence(source: dict[str, Any], name: str, probe: dict[str, Any] | None, log: list[str]) -> Cause:
    authentication = source.get("authentication") or {"mode": "none"}
    if authentication["mode"] == "nts" and not authentication["cookies"]:
        named = [line for line in log if name in line or source["address"] in line]
        return Cause(NTS, name, " ".join(named[-1:]))
    by_answer = _of_answer(name, source["answer"]) if source.get("answer") else None
    if by_answer is not None:
        return by_answer
    if probe is not None and probe.get("cause") == causes_of_verdicts.REFUSES_TIME:
        return Cause(REFUSING, name, ((probe.get("ntp") or {}).get("kiss")) or "")
    answer = probe if probe is not None and probe["verdict"] == "reachable" else None
    if answer and answer.get("detail"):  # a server that answers but is not usable says why
        return Cause(UNSYNCHRONISED, name, answer["detail"])
    if answer and authentication["mode"] != "none":
        return Cause(KEY if authentication["mode"] == "key" else NTS, name, _key_text(authentication))
    return Cause(SILENT, name)


def _key_text(authentication: dict[str, Any]) -> str:
    return f"key {authentication['key']}" if authentication["mode"] == "key" else ""


def observed_text(found: list[Cause], servers: Sequence[str] = ()) -> str:
    """Return the Causes as one text, the most severe first, and those of `servers`, the hosts of rtf_ntp_servers, before others."""
    if not found:
        return "chrony has no source"
    requested = [cause for cause in found if cause.source in servers]
    others = [cause for cause in found if cause not in requested]
    return "; ".join(_text(kind, sources) for group in (requested, others) for kind, sources in _by_kind(group).items())


def _text(kind: str, sources: list[Cause]) -> str:
    listed = ", ".join(cause.source for cause in sources)
    detailed = ", ".join(f"{cause.source} ({cause.detail})" if cause.detail else cause.source for cause in sources)
    return {
        UNRESOLVED: f"cannot resolve {listed}",
        SILENT: f"no answer on UDP 123 from {listed}",
        REFUSING: f"refuses to serve time to this node: {detailed}",
        NTS: f"authentication failed: no NTS keys from {detailed}",
        KEY: f"authentication failed, while queries without a key are answered: {detailed}",
        UNSYNCHRONISED: detailed,
        DISTANT: f"rejected by chrony, since its time may be wrong by more than chrony accepts: {detailed}",
        FALSETICKER: f"rejected as falseticker, no majority agrees: {detailed}",
        VARIABLE: f"the offset varies too much to be used: {listed}",
        SAMPLES: f"not enough samples yet from {listed}",
    }[kind]


def remedy(found: list[Cause], node: str, servers: Sequence[str]) -> str:
    """Return what to do about the Causes. servers: the hosts of rtf_ntp_servers."""
    if not found:
        return f"Set rtf_ntp_servers, or configure a server in chrony on {node}."
    texts = []
    for kind, sources in _by_kind(_to_act_on(found, servers)).items():
        listed = ", ".join(cause.source for cause in sources)
        texts.append(
            {
                UNRESOLVED: f"Make {listed} resolve on {node} (`getent hosts NAME`), or correct rtf_ntp_servers.",
                SILENT: f"Ask the network team to open UDP 123 from {node} to {listed}, or correct rtf_ntp_servers.",
                REFUSING: f"Ask the operators of {listed} to serve time to {node}, or choose other servers.",
                NTS: (
                    f"Open TCP {_NTS_PORT} from {node} to {listed}, and check that {node} trusts the issuer of its "
                    "certificate and that the certificate contains that name (`journalctl -u chrony -u chronyd`)."
                ),
                KEY: f"Compare id, type and secret in rtf_ntp_keys with those on {listed}.",
                UNSYNCHRONISED: (
                    f"Report to the operators of {listed} that it is not synchronised, or choose another server."
                ),
                DISTANT: (
                    f"Ask the operators of {listed} why its root dispersion and root delay are that large "
                    f"(`chronyc ntpdata` on {node}), or choose another server."
                ),
                FALSETICKER: (
                    "Find out which of the servers is wrong (`chronyc sources -v`), and list at least three that "
                    "agree in rtf_ntp_servers."
                ),
                VARIABLE: f"Look for what delays packets between {node} and {listed}, or choose a nearer server.",
                SAMPLES: (
                    "Wait a minute and run the play again, with a larger rtf_time_sync_wait (`chronyc tracking` "
                    "shows the progress)."
                ),
            }[kind]
        )
    return " ".join(texts)


def fault(found: list[Cause], node: str, servers: Sequence[str]) -> str:
    """Return what keeps a node from being synchronised, as a title, where the servers answer; "" where they do not."""
    disagree = {cause.kind for cause in _to_act_on(found, servers)} == {FALSETICKER}
    return f"The clock cannot be synchronised on {node}: the time servers disagree" if disagree else ""


def _to_act_on(found: list[Cause], servers: Sequence[str]) -> list[Cause]:
    """Without sources that the package configures, which need no action unless the site has none of its own."""
    return [cause for cause in found if cause.source in servers] or found


def _by_kind(found: list[Cause]) -> dict[str, Any]:
    order = (NTS, KEY, UNRESOLVED, SILENT, REFUSING, UNSYNCHRONISED, DISTANT, FALSETICKER, VARIABLE, SAMPLES)
    return {kind: causes_ for kind in order if (causes_ := [cause for cause in found if cause.kind == kind])}
