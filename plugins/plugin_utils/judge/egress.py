# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can the node reach an endpoint of the allowlist?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Finding,
    part,
)

UNTRIED = ("untested", "error")


def endpoint(subject, evidence, row):
    """Judge the probe of one catalogue row."""
    expected = f"{row['host']}:{row['port']} answers as itself"
    probe = next((probe for probe in part(evidence, "egress") if probe["id"] == row["id"]), None)
    if probe is None:
        return Finding(UNKNOWN, expected, "not probed", "Run the audit again.")
    if probe["verdict"] != "reachable":
        other = _reachable_alternate(subject, evidence, row)
        if other:
            observed = f"{probe['verdict']}, but {other['host']} is reachable, and one of the two is enough"
            return Finding(PASS, expected, observed, evidence=probe)
    if row.get("retired") and probe["verdict"] != "reachable":
        return Finding(SKIPPED, expected, f"retired by its owner: {row['retired']['reason']}", evidence=probe)
    if subject.proxied:
        return Finding(
            UNKNOWN,
            expected,
            f"a proxy is configured, and only the direct path was probed ({probe['verdict']})",
            f"Try it by hand through the proxy from {subject.node}.",
            probe,
        )
    if probe["verdict"] == "reachable":
        issuer = (probe.get("tls") or {}).get("issuer")
        return Finding(PASS, expected, f"reachable{', issuer ' + issuer if issuer else ''}", evidence=probe)
    status = UNKNOWN if probe["verdict"] in UNTRIED else FAIL
    observed = f"{probe['verdict']}: {probe['detail']}" if probe["detail"] else probe["verdict"]
    return Finding(status, expected, observed, _remedy(subject, row, probe), probe)


def _reachable_alternate(subject, evidence, row):
    """Return the row that this one is an alternate of, or an alternate of it, if the node reaches that one directly."""
    if subject.proxied:
        return None
    reached = {probe["id"] for probe in part(evidence, "egress") if probe["verdict"] == "reachable"}
    for other in subject.endpoints:
        if other["id"] in reached and (row["alternate_of"] == other["id"] or other["alternate_of"] == row["id"]):
            return other
    return None


def _remedy(subject, row, probe):
    verdict, where = probe["verdict"], f"{row['host']}:{row['port']}"
    if verdict == "unresolved":
        return f"Ask the DNS team to let {subject.node} resolve {row['host']} (`getent hosts {row['host']}`)."
    if verdict in ("dropped", "refused", "rejected"):
        return f"Ask the network team to allow TCP {row['port']} from {subject.node} to {row['host']}."
    if verdict in ("tls_untrusted", "tls_name_mismatch"):
        issuer = (probe.get("tls") or {}).get("issuer") or "an unknown issuer"
        return (
            f"The certificate that {where} shows comes from {issuer}. If that is a TLS-inspecting proxy, ask its "
            f"team to exempt {row['host']} from inspection; else install the missing CA on {subject.node}."
        )
    if verdict == "tls_expired":
        return f"Check the clock of {subject.node} (`chronyc tracking`); if it is right, tell who serves {where}."
    if verdict == "tls_failed":
        return f"Ask the network team what answers for {where}: something does, but it does not speak TLS properly."
    return f"Run the audit again; if it stays, try `curl -v https://{where}` on {subject.node}."
