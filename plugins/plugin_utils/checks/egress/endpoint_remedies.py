# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about an endpoint that a node does not reach: one sentence for the team that must act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdict_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

# The paths that a site chooses from by its inputs.
CONFIGURED = ("direct", "http_proxy", "socks5")
WAYS = {
    "direct": "directly",
    "http_proxy": "through the HTTP proxy",
    "socks5": "through the SOCKS5 proxy",
    "pod": "from a pod",
}
PROXIES = {"http_proxy": "HTTP proxy", "socks5": "SOCKS5 proxy"}
VARIABLES = {"http_proxy": "rtf_http_proxy", "socks5": "rtf_monitoring_proxy"}

# verdict of the probe -> sentence
_SENTENCES = {
    "unresolved": "Ask the DNS team to let {node} resolve {host} (`getent hosts {host}`).",
    "dropped": "Ask the network team to allow TCP {port} from {node} to {host} ({row}).",
    "refused": "Ask the network team to allow TCP {port} from {node} to {host} ({row}).",
    "rejected": "Ask the network team to allow TCP {port} from {node} to {host} ({row}).",
    "proxy_unreachable": "Check {variable}, and ask the network team to let {node} reach that proxy.",
    "proxy_auth": "Set a user name and password that the {proxy} accepts in {variable}.",
    "proxy_denied": "Ask the proxy team to allow the {proxy} to connect to {host} port {port} ({row}).",
    "proxy_failed": "Ask the proxy team to let the {proxy} itself resolve and reach {host} port {port} ({row}).",
    "proxy_broken": "Check that {variable} names the {proxy}; if it does, send the proxy team its answer.",
    "blocked": (
        "Ask the team that filters web traffic to pass {host} port {port} without a block page or login page ({row})."
    ),
    "tls_intercepted": (
        "Ask {inspectors} to exempt {host} from TLS inspection ({row}): its certificate is issued "
        "by {issuer}, which the owner of {host} does not use. Installing that CA on {node} is not "
        "enough: containers do not trust it."
    ),
    "mutual_tls_intercepted": (
        "Ask {inspectors} to pass {host} through undecrypted ({row}): this connection uses "
        "mutual TLS, which inspection by {issuer} breaks even where its CA is trusted."
    ),
    "http_failed": (
        "Ask the network team which device passes the TLS handshake with {host}:{port} but blocks the request ({row})."
    ),
    "upgrade_refused": "Ask the proxy team to let WebSockets to {host} port {port} through ({row}).",
    "idle_cut": (
        "Ask the network team for a longer idle timeout on connections to {host} port {port} ({row}): agents "
        "keep theirs open for hours."
    ),
    "tls_untrusted": (
        "The certificate of {host}:{port} is issued by {issuer}. If that is a TLS-inspecting proxy, ask "
        "its team to exempt {host} from TLS inspection ({row}); otherwise install the missing CA on "
        "{node}."
    ),
    "tls_name_mismatch": (
        "The certificate of {host}:{port} is issued by {issuer}. If that is a TLS-inspecting proxy, "
        "ask its team to exempt {host} from TLS inspection ({row}); otherwise ask the DNS team "
        "where {host} points to."
    ),
    "tls_expired": (
        "Check the clock of {node} (`timedatectl`); if it is right, report the expired certificate "
        "to the owner of {host}:{port}."
    ),
    "certificate_refused": (
        "{host}:{port} requires a client certificate: ask its owner whether {node} needs one ({row})."
    ),
    "tls_failed": (
        "Run `openssl s_client -connect {host}:{port} -servername {host}` on {node} and on a host outside this network. If the "
        "handshake fails there too, report it to the owner of {host}; otherwise ask the network team which device on the "
        "path answers ({row})."
    ),
}
# cause of the verdict -> sentence; it names the component, where the verdict alone cannot
_BY_CAUSE = {
    verdict_causes.NO_BASIC: (
        "Ask the proxy team to offer Basic authentication to {node}, or to let it through without any: container runtimes "
        "know no other scheme. A relay on {node} that logs in, such as cntlm, is another way."
    ),
    verdict_causes.COMMON_NAME_ONLY: (
        "Ask the owner of {host}:{port}, or of the proxy if it decrypts TLS, for a certificate that has {host} among its subject "
        "alternative names: its issuer is {issuer}."
    ),
    verdict_causes.INCOMPLETE_CHAIN: (
        "Ask the owner of {host}:{port} to send the certificate of {issuer} along with its own ({row}): installing it on "
        "{node} does not help containers."
    ),
    verdict_causes.LONE_CERTIFICATE: (
        "Find out what {issuer} is. If it is a TLS-inspecting proxy, ask its team to exempt {host} from TLS inspection ({row}); "
        "if it is an intermediate authority, ask the owner of {host}:{port} to send its certificate too; if it is a "
        "root authority, install it on {node}."
    ),
    verdict_causes.SELF_SIGNED: (
        "The certificate of {host}:{port} is self-signed ({issuer}): ask the network team which device answers there "
        "({row}), or, if that is the server, its owner for a certificate of an authority that {node} trusts."
    ),
    verdict_causes.EXPIRED_INTERMEDIATE: (
        "Ask the owner of {host}:{port} to replace the expired certificate of an authority in the chain that it sends ({row}), "
        "if the clock of {node} is right (`timedatectl`)."
    ),
    verdict_causes.EXPIRED_ROOT: (
        "Update the package ca-certificates on {node}: a root certificate in its trust store is not valid, if its clock is right "
        "(`timedatectl`)."
    ),
    verdict_causes.WEAK_CERTIFICATE: (
        "Ask the owner of {host}:{port}, or of the proxy if it decrypts TLS, for a chain of certificates that is signed with "
        "SHA-256 or better, with RSA keys of 2048 bits or more: its issuer is {issuer}."
    ),
    verdict_causes.NAME_FILTERED: (
        "Ask the team that filters web traffic to let TLS connections to {host} pass on TCP {port} ({row}): they are cut by the "
        "server name (SNI), on the path unless the server itself does not know that name."
    ),
    verdict_causes.NO_TLS_ANSWER: (
        "TCP to {host}:{port} opens, but nothing answers a TLS handshake. Run `openssl s_client -connect {host}:{port} "
        "-servername {host}` on a host outside this network: if it works there, ask the network team which device on the path "
        "of {node} accepts the connection or cuts it ({row}), otherwise report it to the owner of {host}."
    ),
    verdict_causes.SINKHOLE: (
        "Ask the team that runs the DNS filter to exempt {host} ({row}), or remove it from /etc/hosts on {node} if it is there "
        "(`getent hosts {host}`)."
    ),
}
# These say more by themselves.
_WITHOUT_CAUSE = ("tls_intercepted", "mutual_tls_intercepted")
_AGAIN = "Run the audit again; if the result is the same, try `curl -v https://{host}:{port}` on {node}."


def remedy(node: str, row: Row, probe: dict[str, Any]) -> str:
    """Return the sentence for the probe of a catalogue row from a node."""
    path, verdict = probe["path"], probe["verdict"]
    if verdict == "tls_intercepted" and row["mutual_tls"]:
        verdict = "mutual_tls_intercepted"
    sentence = (by_cause(verdict, probe) or _SENTENCES.get(verdict, _AGAIN)).format(
        node=node,
        host=row["host"],
        port=row["port"],
        row=f"row {row['id']} of the change request",
        proxy=PROXIES.get(path, "proxy"),
        variable=VARIABLES.get(path, ""),
        inspectors="the team that inspects TLS" if path == "direct" else "the proxy team",
        issuer=(probe.get("tls") or {}).get("issuer") or "an unknown issuer",
    )
    return sentence + _misconfigured(row, probe)


def by_cause(verdict: str, probe: Mapping[str, Any]) -> str:
    """Return the sentence for the cause of a probe's failure, with places for node, host, port, row and issuer; "" without."""
    return "" if verdict in _WITHOUT_CAUSE else _BY_CAUSE.get(probe.get("cause") or "", "")


def _misconfigured(row: Row, probe: dict[str, Any]) -> str:
    """Another path works, or the required proxy is not set: the configuration may have to change."""
    others = {
        other["path"]: other["verdict"] for other in probe.get("other_paths") or () if other["path"] in CONFIGURED
    }
    if others.get("direct") == "reachable":
        return f" {row['host']} is reachable directly: if no proxy is required, unset {VARIABLES[probe['path']]}."
    if others and probe["path"] == "direct" and row["carrier"] == "socks5":
        return " If a SOCKS5 proxy is required, set rtf_monitoring_proxy."
    return ""
