# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.persistence_database and registry: services of the site that the platform is to use."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import endpoint_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_services
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

_SENTENCES = {
    "unresolved": "Ask the DNS team to let {node} resolve {host} (`getent hosts {host}`), or correct {variable}.",
    "dropped": "Ask the network team to allow TCP {port} from {node} to {host}, or correct {variable}.",
    "refused": "Ask the {team} whether {host} listens on TCP {port} for {node}, or correct {variable}.",
    "rejected": "Ask the network team to allow TCP {port} from {node} to {host}, or correct {variable}.",
    "proxy_denied": "Add {host} to rtf_no_proxy_extra if {node} reaches it directly, or ask the proxy team to allow it.",
    "proxy_failed": "Add {host} to rtf_no_proxy_extra if {node} reaches it directly, or ask the proxy team to allow it.",
    "database_failed": "Ask the {team} what answers on {host} port {port}, or correct {variable}.",
    "registry_failed": "Ask the {team} what answers on https://{host}:{port}/v2/, or correct {variable}.",
    "tls_untrusted": (
        "Install the CA of the certificate of {host}:{port}, issued by {issuer}, for the container runtime on {node}: in the "
        "trust store of the host, or in its own folder for that registry below /etc/docker/certs.d, "
        "/etc/containerd/certs.d or /etc/containers/certs.d."
    ),
    "tls_name_mismatch": "Use a name in {variable} that the certificate of {host}:{port} contains.",
    "tls_expired": "Ask the {team} to renew the certificate of {host}, if the clock of {node} is right (`timedatectl`).",
    "certificate_refused": "Ask the {team} whether {node} needs a client certificate for {host}:{port}.",
}
# "Only plain text connections to the database are supported", says the vendor's page.
_PLAIN_TEXT = (
    "Persistence Gateway connects without TLS. Ask the {team} to accept connections without TLS from {node} on {host}:"
    " use a `host` line for {node} in pg_hba.conf, or, with a cloud provider, turn off rds.force_ssl or"
    " require_secure_transport."
)
_AGAIN = "Run the audit again; if the result is the same, try `openssl s_client -connect {host}:{port}` on {node}."
# These are cured on the host, where the verdict alone says so.
_BY_VERDICT = ("unknown_issuer", "lone_certificate", "self_signed")


@check("egress.persistence_database")
def persistence_database(subject: Subject, evidence: Evidence) -> Finding:
    return _judged(subject, evidence, site_services.DATABASE, "answers as PostgreSQL")


@check("egress.registry")
def registry(subject: Subject, evidence: Evidence) -> Finding:
    return _judged(subject, evidence, site_services.REGISTRY, "answers as a registry, trusted by container runtimes")


def _judged(subject: Subject, evidence: Evidence, kind: site_services.Kind, does: str) -> Finding:
    probes = part(evidence, "egress")
    service = next((service for service in subject.services if service.kind == kind), None)
    if service is None:
        return Finding(
            PASS, f"{kind.what} is reachable where one is used", f"{kind.variable} is not set, so none is used"
        )
    expected = f"{service.host}:{service.port} {does}"
    probe = next((probe for probe in probes if probe["id"] == kind.row), None)
    if probe is None:
        return Finding(UNKNOWN, expected, "not probed", "Run the audit again.")
    path_text = f" {endpoint_remedies.WAYS[probe['path']]}" if probe["path"] != "direct" else ""
    if probe["verdict"] == "reachable" and (probe.get("postgresql") or {}).get("in_clear") is False:
        remedy = _PLAIN_TEXT.format(team=kind.team, node=subject.node, host=service.host)
        return Finding(FAIL, expected, f"reachable{path_text}, but it accepts only TLS connections", remedy, probe)
    if probe["verdict"] == "reachable":
        return Finding(
            PASS, expected, "; ".join([f"reachable{path_text}", *filter(None, [probe["detail"]])]), evidence=probe
        )
    status = UNKNOWN if probe["verdict"] in ("untested", "error") else FAIL
    observed = (
        f"{probe['verdict']}{path_text}: {probe['detail']}" if probe["detail"] else f"{probe['verdict']}{path_text}"
    )
    by_cause = "" if probe.get("cause") in _BY_VERDICT else endpoint_remedies.by_cause(probe["verdict"], probe)
    remedy = (by_cause or _SENTENCES.get(probe["verdict"], _AGAIN)).format(
        node=subject.node,
        host=service.host,
        port=service.port,
        variable=kind.variable,
        team=kind.team,
        row=kind.variable,
        issuer=(probe.get("tls") or {}).get("issuer") or "an unknown issuer",
    )
    return Finding(status, expected, observed, remedy, probe)
