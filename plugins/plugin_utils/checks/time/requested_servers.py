# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""time.requested_servers: the servers of rtf_ntp_servers are sources of chrony, with the authentication that they have there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time.chrony import (
    PREPARE,
    kept_by,
    not_known_yet,
    other_service,
    unattended,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import BLOCK
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

_RUNTIME = "/run/"  # where DHCP clients and NetworkManager put the servers that they are given


@check("time.requested_servers")
def requested_servers(subject: Subject, evidence: Evidence) -> Finding:
    """What chronyc lists counts; what a file names counts only for a chronyc that prints no names, before version 4.0."""
    if not subject.ntp_servers:
        return Finding(PASS, "the servers of rtf_ntp_servers as sources of chrony", "rtf_ntp_servers is not set")
    other = other_service(subject, evidence)
    if other:
        return kept_by(other)
    expected = f"{', '.join(subject.ntp_servers)} as sources of chrony"
    if unattended(subject, evidence):
        return not_known_yet(expected)
    chrony, configuration = part(evidence, "host", "time", "chrony"), _configuration(evidence)
    if chrony.get("error"):
        raise NoEvidence(chrony["error"])
    sources = [source for source in chrony["sources"] if source.get("mode", "server") != "reference_clock"]
    if sources and all(source.get("name") is None for source in sources):
        return _by_files(subject, configuration, expected)
    used = [{name: source for name in (source.get("name"), source["address"]) if name} for source in sources]
    missing = [host for host in subject.ntp_servers if not any(host in names for names in used)]
    bare = {
        host: how
        for host, how in subject.ntp_authentication.items()
        if _without(how, [names[host] for names in used if host in names])
    }
    if not missing and not bare:
        others = [source.get("name") or source["address"] for source in sources if not _is_requested(source, subject)]
        beside = f"; besides {', '.join(dict.fromkeys(map(str, others)))}" if others else ""
        return Finding(PASS, expected, f"all are{beside}{_by_dhcp(configuration)}", evidence=sources)
    written = _written(configuration)
    if written and missing and not bare and all(any(host in names for names in used) for host in written):
        return Finding(
            FAIL,
            expected,
            f"chrony uses {', '.join(written)}, which the role wrote for this node, and not {', '.join(missing)}",
            f"Unless rtf_ntp_servers of this node alone names those, {PREPARE}.",
            chrony["sources"],
            "recommended",
        )
    texts = [f"chrony does not use {', '.join(missing)}: {_why(missing, configuration)}"] if missing else []
    texts += [f"chrony asks {host} without {how}{_named_before(host, configuration)}" for host, how in bare.items()]
    return Finding(FAIL, expected, "; ".join(texts), _remedy(missing, configuration, list(bare)), chrony["sources"])


def _configuration(evidence: Evidence) -> Mapping[str, Any]:
    """What chronyd reads; empty where it is not known."""
    found = part(evidence, "host", "time").get("configuration") or {}
    return {} if "error" in found else found


def _written(configuration: Mapping[str, Any]) -> list[str]:
    """The servers in our block: those of the node itself, where its host_vars have others than the cluster."""
    return [entry["host"] for entry in configuration.get("sources", ()) if entry.get("block") == BLOCK]


def _by_files(subject: Subject, configuration: Mapping[str, Any], expected: str) -> Finding:
    named = [entry["host"] for entry in configuration.get("sources", ())]
    missing = [host for host in subject.ntp_servers if host not in named]
    if missing:
        observed = f"chrony does not use {', '.join(missing)}: {_why(missing, configuration)}"
        return Finding(FAIL, expected, observed, _remedy(missing, configuration, []), named)
    if configuration.get("newer"):
        observed = f"chronyd has run since before {', '.join(configuration['newer'])} changed"
        return Finding(UNKNOWN, expected, observed, f"{PREPARE.capitalize()}.", named)
    return Finding(
        PASS, expected, f"named in {configuration.get('path')} and the files that it includes", evidence=named
    )


def _without(how: str, sources: list[Row]) -> bool:
    """Whether none of the sources of a host is asked as requested; those without an address are not asked at all."""
    asked = [source.get("authentication") for source in sources if source["address"] is not None]
    return bool(asked) and all(known is not None and _authentication(known) != how for known in asked)


def _authentication(known: Mapping[str, Any]) -> str:
    return f"key {known['key']}" if known["mode"] == "key" else str(known["mode"])


def _is_requested(source: Row, subject: Subject) -> bool:
    return source.get("name") in subject.ntp_servers or source["address"] in subject.ntp_servers


def _by_dhcp(configuration: Mapping[str, Any]) -> str:
    given = [entry for entry in configuration.get("sources", ()) if str(entry.get("path")).startswith(_RUNTIME)]
    if not given:
        return ""
    return f"; {', '.join(_unique(entry['host'] for entry in given))} by {', '.join(_unique(e['path'] for e in given))}"


def _named_before(host: str, configuration: Mapping[str, Any]) -> str:
    """Of one host that is named twice, chrony keeps the first line."""
    paths = [entry["path"] for entry in configuration.get("sources", ()) if entry["host"] == host]
    return f", because {paths[0]} names it first" if len(paths) > 1 else ""


def _why(missing: list[str], configuration: Mapping[str, Any]) -> str:
    if not configuration:
        return "its configuration is not known"
    if configuration.get("directives"):
        return "chronyd is started with directives instead of a configuration file"
    named = {entry["host"]: entry["path"] for entry in configuration.get("sources", ()) if entry["host"] in missing}
    if not named:
        option = ", which the option -f of chronyd names," if configuration.get("option") else ""
        return f"neither {configuration.get('path')}{option} nor a file that it includes names them"
    if configuration.get("newer"):
        return f"chronyd has run since before {', '.join(configuration['newer'])} changed"
    return f"{', '.join(_unique(named.values()))} names them, but chronyd does not use them (`journalctl -u chrony -u chronyd`)"


def _remedy(missing: list[str], configuration: Mapping[str, Any], bare: list[str]) -> str:
    texts = [f"Correct the other line for {', '.join(bare)}, then {PREPARE}."] if bare else []
    if missing and configuration.get("directives"):
        texts.append(
            f"Clear the options of the service of chrony (/etc/default/chrony, /etc/sysconfig/chronyd), then {PREPARE}."
        )
    elif missing:
        texts.append(f"{PREPARE.capitalize()}, or name them in a file that chronyd reads.")
    return " ".join(texts)


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
