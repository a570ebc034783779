# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP without TLS. A proxy is sent the request itself, as web clients do: proxies rarely open tunnels to port 80."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import http_origin
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Protocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_connect,
    http_exchange,
    proxy_url,
    verdicts,
)


class Http(Protocol):
    name = "http"
    title = "HTTP"
    outcome = (
        "the head of the response to a GET without TLS. O(http_proxy) receives the request itself, without CONNECT"
    )
    layer = "http"
    evidence = http_origin.EVIDENCE
    carrier = "http_proxy"

    def probe(self, attempt):
        """See Protocol.probe."""
        proxy = attempt.forwarding_proxy()
        wire = attempt.connect() if proxy is None else attempt.connect_to_proxy(proxy)
        try:
            with attempt.trace.layer(self.layer):
                return http_origin.get(attempt, wire) if proxy is None else get_through(proxy, attempt, wire)
        finally:
            wire.close()


def get_through(proxy, attempt, wire):
    """GET the endpoint's path through a proxy that forwards the request. Responses of the proxy itself do not count.

    Returns a remark or None; raises LayerFailed(proxy_auth, proxy_denied, proxy_failed, proxy_broken or blocked).
    """
    endpoint, token = attempt.endpoint, proxy_url.basic_token(proxy)
    extra = [] if token is None else ["Proxy-Authorization: Basic " + token]
    question = http_exchange.request(
        endpoint.host,
        endpoint.port,
        endpoint.url_path,
        extra + ["Connection: close"],
        before=f"http://{http_exchange.name_in_url(endpoint.host)}:{endpoint.port}",
    )
    try:
        head, page = http_exchange.ask(wire, question, attempt.seconds)
    except verdicts.LayerFailed as failure:
        detail = f"{proxy_url.label(proxy)}: {failure.detail}"
        raise verdicts.LayerFailed(verdicts.PROXY_BROKEN, proxy_url.without_secrets(detail, proxy)) from failure
    # A 403 without Squid's own header can come from the endpoint, unless its page says otherwise. 502 to 504 are only ever sent
    # by a gateway.
    if head.status in (407, 502, 503, 504) or "x-squid-error" in head.headers:
        raise http_connect.refusal(proxy, head, f"answered GET with {head.status} {head.reason}")
    attempt.trace.note(http=http_exchange.described(head, page, endpoint.origin))
    return http_origin.remark(endpoint, head, page)
