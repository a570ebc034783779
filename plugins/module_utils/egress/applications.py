# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application layer of an endpoint: an answer over HTTP, or the opening of a WebSocket."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_connect,
    http_exchange,
    proxy_url,
    verdicts,
    websocket_handshake,
)

SUBPROTOCOLS = {"amqp_wss": "amqp", "wss": None}


def fetch(endpoint, channel, seconds, trace, genuine=False):
    """Ask for the endpoint's path. Returns a remark or None; raises LayerFailed(blocked, http_failed or certificate_refused).

    genuine: whether it is known who signed the certificate; nobody else can answer then.
    """
    question = http_exchange.request(endpoint.host, endpoint.port, endpoint.url_path)
    head, title = http_exchange.ask(channel, question, seconds)
    trace.note(http=http_exchange.described(head, title, endpoint.origin))
    return _origin(endpoint, head, title, genuine)


def fetch_by(proxy, endpoint, wire, seconds, trace):
    """Ask `proxy` for the endpoint's path in clear. What the endpoint says is an answer, what the proxy says is none.

    Returns a remark or None; raises LayerFailed(proxy_auth, proxy_denied, proxy_failed or proxy_broken).
    """
    token = proxy_url.basic_token(proxy)
    extra = [] if token is None else ["Proxy-Authorization: Basic " + token]
    question = http_exchange.request(
        endpoint.host,
        endpoint.port,
        endpoint.url_path,
        extra + ["Connection: close"],
        before=f"http://{http_exchange.name_in_url(endpoint.host)}:{endpoint.port}",
    )
    try:
        head, title = http_exchange.ask(wire, question, seconds)
    except verdicts.LayerFailed as failure:
        detail = f"{proxy_url.label(proxy)}: {failure.detail}"
        raise verdicts.LayerFailed(verdicts.PROXY_BROKEN, proxy_url.without_secrets(detail, proxy)) from failure
    # Without Squid's own header nobody can tell whose 403 it is; that no way leads on is only ever said by a gateway.
    if head.status in (407, 502, 503, 504) or "x-squid-error" in head.headers:
        raise http_connect.refusal(proxy, head, f"answered GET with {head.status} {head.reason}")
    trace.note(http=http_exchange.described(head, title, endpoint.origin))
    return _origin(endpoint, head, title, False)


def upgrade(endpoint, channel, seconds, trace):
    """Open a WebSocket. Returns a remark or None.

    Raises LayerFailed(upgrade_refused, blocked, http_failed or certificate_refused).
    """
    key, subprotocol = websocket_handshake.key(), SUBPROTOCOLS[endpoint.protocol]
    question = http_exchange.request(
        endpoint.host, endpoint.port, endpoint.url_path, websocket_handshake.header_lines(key, subprotocol)
    )
    head, title = http_exchange.ask(channel, question, seconds)
    trace.note(http=http_exchange.described(head, title, endpoint.origin))
    mark = http_exchange.block_mark(head)
    if mark:
        raise verdicts.LayerFailed(verdicts.BLOCKED, _with_title(mark, title))
    refused, sentence = websocket_handshake.refusal(head, key, subprotocol)
    if refused:
        raise verdicts.LayerFailed(verdicts.UPGRADE_REFUSED, sentence)
    return sentence


def _origin(endpoint, head, title, genuine):
    """Is it the endpoint itself that answers?"""
    mark = http_exchange.block_mark(head)
    signs = endpoint.origin
    if not mark and signs and not any(http_exchange.shows(head, sign) for sign in signs):
        mark = f"the answer {head.status} {head.reason} carries no sign of the endpoint ({', '.join(signs)})"
    if not mark:
        return f"HTTP {head.status} {head.reason}" if head.status >= 500 else None
    if genuine:
        return mark
    raise verdicts.LayerFailed(verdicts.BLOCKED, _with_title(mark, title))


def _with_title(sentence, title):
    return f'{sentence}, with the page "{title}"' if title else sentence
