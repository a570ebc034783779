# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about an endpoint that a node does not reach: one sentence for the team that must act."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

WAYS = {"direct": "directly", "http_proxy": "through the HTTP proxy", "socks5": "through the SOCKS5 proxy"}
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
        "Ask the proxy team to exempt {host} from TLS inspection ({row}): its certificate is issued "
        "by {issuer}, which the owner of {host} does not use. Installing that CA on {node} is not "
        "enough: containers do not trust it."
    ),
    "mutual_tls_intercepted": (
        "Ask the proxy team to pass {host} through undecrypted ({row}): this connection uses "
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
        "Check the clock of {node} (`chronyc tracking`); if it is right, report the expired certificate "
        "to the owner of {host}:{port}."
    ),
    "certificate_refused": (
        "{host}:{port} requires a client certificate: ask its owner whether {node} needs one ({row})."
    ),
    "tls_failed": "Ask the network team which device answers for {host}:{port}: it does not speak TLS properly.",
}
_AGAIN = "Run the audit again; if the result is the same, try `curl -v https://{host}:{port}` on {node}."


def remedy(node: str, row: Row, probe: dict[str, Any]) -> str:
    """Return the sentence for the probe of a catalogue row from a node."""
    path, verdict = probe["path"], probe["verdict"]
    if verdict == "tls_intercepted" and row["mutual_tls"]:
        verdict = "mutual_tls_intercepted"
    sentence = _SENTENCES.get(verdict, _AGAIN).format(
        node=node,
        host=row["host"],
        port=row["port"],
        row=f"row {row['id']} of the change request",
        proxy=PROXIES.get(path, "proxy"),
        variable=VARIABLES.get(path, ""),
        issuer=(probe.get("tls") or {}).get("issuer") or "an unknown issuer",
    )
    return sentence + _misconfigured(row, probe)


def _misconfigured(row: Row, probe: dict[str, Any]) -> str:
    """Another path works, or the required proxy is not set: the configuration may have to change."""
    others = {other["path"]: other["verdict"] for other in probe.get("other_paths") or ()}
    if others.get("direct") == "reachable":
        return f" {row['host']} is reachable directly: if no proxy is required, unset {VARIABLES[probe['path']]}."
    if others and probe["path"] == "direct" and row["carrier"] == "socks5":
        return " If a SOCKS5 proxy is required, set rtf_monitoring_proxy."
    return ""
