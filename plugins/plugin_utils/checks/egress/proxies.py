# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.http_proxy and socks5_proxy: a configured proxy opens connections, whatever single endpoints do."""

from __future__ import annotations

from collections import Counter

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdict_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress.endpoint_remedies import (
    PROXIES,
    VARIABLES,
    by_cause,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

REMEDIES = {
    "proxy_unreachable": "Check {variable}, and ask the network team to let {node} reach that proxy.",
    "proxy_auth": "Set a user name and password that the {proxy} accepts in {variable}.",
    "proxy_denied": "Ask the proxy team to allow what the change request lists for {node}.",
    "proxy_failed": "Ask the proxy team to let the {proxy} itself resolve names and reach the Internet.",
}

_SILENT = (
    "Check that {variable} names the {proxy}, which accepts connections and answers no request. If it does, ask the proxy team "
    "to let it resolve names and reach the Internet."
)


@check("egress.http_proxy")
def http_proxy(subject: Subject, evidence: Evidence) -> Finding:
    return _proxy(subject, evidence, "http_proxy")


@check("egress.socks5_proxy")
def socks5_proxy(subject: Subject, evidence: Evidence) -> Finding:
    return _proxy(subject, evidence, "socks5")


def _proxy(subject: Subject, evidence: Evidence, path: str) -> Finding:
    proxy = PROXIES[path]
    expected = f"the {proxy} opens connections"
    tried = [
        attempt
        for probe in part(evidence, "egress")
        for attempt in (probe, *(probe.get("other_paths") or ()))
        if attempt["path"] == path
    ]
    if not tried:
        return Finding(PASS, expected, f"{VARIABLES[path]} is not set, so none is used")
    opened = [
        attempt
        for attempt in tried
        if any(layer["layer"] == "proxy" and layer["verdict"] == "ok" for layer in attempt["layers"])
    ]
    if opened:
        return Finding(PASS, expected, f"opened {len(opened)} of {len(tried)} connections")
    verdict = Counter(attempt["verdict"] for attempt in tried).most_common(1)[0][0]
    attempt = next(attempt for attempt in tried if attempt["verdict"] == verdict)
    status = UNKNOWN if verdict in ("untested", "error") else FAIL
    silent = _SILENT if attempt.get("cause") == verdict_causes.PROXY_SILENT else ""
    by_verdict = REMEDIES.get(verdict, "Check {variable}, and try `curl -v --proxy` with it on {node}.")
    remedy = silent or (by_cause(verdict, attempt) if verdict in REMEDIES else "") or by_verdict
    return Finding(
        status,
        expected,
        f"{verdict}: {attempt['detail']}",
        remedy.format(node=subject.node, proxy=proxy, variable=VARIABLES[path]),
        tried[0],
    )
