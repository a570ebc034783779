# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""proxy.no_proxy and no_proxy_networks: internal traffic never uses the proxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.program_environments import (
    APT,
    environments,
    is_url,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.settings import PREPARE
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    no_proxy_program_rules,
    no_proxy_truth_table,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.no_proxy_program_rules import Rule
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.no_proxy_truth_table import Destination
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

_NAME = "NO_PROXY"
_FEW = 2  # entries that a title has room for


class _List(NamedTuple):
    """Hosts that programs reach without their proxy.

    name: what the programs call such an entry. files: where they are set. programs: {program: rule} of those that read it.
    why: settings of it that have no effect, or not their whole value.
    """

    name: str
    files: tuple[str, ...]
    value: str
    programs: dict[str, Rule]
    why: tuple[str, ...] = ()


class _Gap(NamedTuple):
    """What lists lack, and the programs that use the proxy for it."""

    name: str
    missing: tuple[Destination, ...]
    programs: tuple[str, ...]


@check("proxy.no_proxy")
def no_proxy(subject: Subject, evidence: Evidence) -> Finding:
    """Nodes, loopback, the cloud's metadata and the API: no program may use the proxy for them."""
    return _direct(subject, evidence, ("host",), "every program reaches every node, itself and the API directly")


@check("proxy.no_proxy_networks")
def no_proxy_networks(subject: Subject, evidence: Evidence) -> Finding:
    """Pods, services and names of services, for programs that support networks or suffixes."""
    return _direct(
        subject,
        evidence,
        ("name", "network"),
        ("programs that support networks in NO_PROXY reach pods and services directly"),
    )


def _direct(subject: Subject, evidence: Evidence, kinds: tuple[str, ...], expected: str) -> Finding:
    part(evidence, "host", "proxy")
    if not subject.proxy.http:
        return Finding(PASS, expected, "no proxy is configured")
    wanted = [destination for destination in subject.proxy.internal if destination.kind in kinds]
    lists, unknown = _lists(subject, evidence)
    gaps: dict[_Gap, list[str]] = {}  # with the files that have them
    tables: dict[str, dict[str, dict[str, str]]] = {}
    whys: list[str] = []
    for each in lists:
        tables[" and ".join(each.files)] = no_proxy_truth_table.rows(each.value, wanted, each.programs)
        found = no_proxy_truth_table.proxied(each.value, wanted, each.programs)
        if found:
            missing = tuple(dict.fromkeys(destination for _program, destination in found))
            gap = _Gap(each.name, missing, tuple(dict.fromkeys(program for program, _destination in found)))
            gaps.setdefault(gap, []).extend(each.files)
            whys += each.why
    if gaps:
        observed = "; ".join([*dict.fromkeys(whys), *(_gap_text(gap, files) for gap, files in gaps.items())])
        fault = _fault(gaps, subject.node)
        return Finding(FAIL, expected, observed, f"{_remedy(gaps)} Or {PREPARE}.", tables, fault=fault)
    if unknown:
        return Finding(UNKNOWN, expected, f"NO_PROXY is not known: {joined_first(unknown)}", evidence=tables)
    return Finding(PASS, expected, f"according to {joined_first(tables)}", evidence=tables)


def _fault(gaps: Mapping[_Gap, Sequence[str]], node: str) -> str:
    """What NO_PROXY lacks, as a title, where that is a little; "" where it is much, or another list lacks something."""
    missing = dict.fromkeys(each for gap in gaps for each in gap.missing)
    if {gap.name for gap in gaps} != {_NAME} or len(missing) > _FEW:
        return ""
    return f"{_NAME} of {node} lacks {', '.join(map(no_proxy_truth_table.named, missing))}"


def _gap_text(gap: _Gap, files: Sequence[str]) -> str:
    what = joined_first(map(no_proxy_truth_table.named, gap.missing), ", ")
    names = ", ".join(dict.fromkeys(files))
    return f"{gap.name} in {names} lacks {what}, for which {', '.join(gap.programs)} would use the proxy"


def _remedy(gaps: Mapping[_Gap, Sequence[str]]) -> str:
    """Every entry that is missing somewhere, and every file to edit, once."""
    sentences = []
    for name in dict.fromkeys(gap.name for gap in gaps):
        entries = dict.fromkeys(each.entry for gap in gaps if gap.name == name for each in gap.missing)
        files = dict.fromkeys(path for gap, paths in gaps.items() if gap.name == name for path in paths)
        sentences.append(f"Add {','.join(entries)} to {name} in {', '.join(files)}.")
    return " ".join(sentences)


def _lists(subject: Subject, evidence: Evidence) -> tuple[list[_List], list[str]]:
    """Return the lists of every reader that uses a proxy, and why lists of others are not known.

    Where nothing is written yet, that is the list that would be.
    """
    every = no_proxy_program_rules.by_name(part(evidence, "host", "proxy").get("curl"))
    others = {name: rule for name, rule in every.items() if name != APT}
    listed, unknown = [], []
    for found in environments(evidence):
        # dnf and yum have no list of their own: that of their environment counts.
        if found.reader in ("dnf", "yum") or not any(is_url(name) for name in found.variables):
            continue
        lists = [entry for name, entry in found.variables.items() if not is_url(name)]
        unknown += [f"{entry['source']}: {entry['unknown']}" for entry in lists if entry.get("unknown")]
        values = {entry["value"] for entry in lists if not entry.get("unknown")}
        name, programs = _NAME, others
        if found.reader == APT:
            name, programs = "the list of hosts that apt reaches directly", {APT: every[APT]}
        elif found.program:
            programs = {
                found.reader: no_proxy_program_rules.of_service(found.program, (subject.pod_cidr, subject.service_cidr))
            }
        why = [
            f"{entry['variable']} of {entry['source']} has no effect: {entry['ignored']}"
            for entry in found.ignored
            if not is_url(entry["variable"])
        ]
        why += [f"{entry['source']}: {entry['shortened']}" for entry in lists if entry.get("shortened")]
        for value in sorted(values) or ([] if lists else [""]):
            listed.append(_List(name, tuple(found.no_proxy_files), value, programs, tuple(why)))
    if not listed and not unknown:
        planned = ",".join(subject.proxy.no_proxy)
        listed = [_List(_NAME, ("the list that would be written",), planned, others)]
    return listed, unknown
