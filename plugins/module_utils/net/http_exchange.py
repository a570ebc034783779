# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP/1.1 request over a Wire or Channel, and the head of the response with the start of its body."""

import collections
import contextlib
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    block_pages,
    http_identifying_headers,
    http_response_head,
    tls_handshake,
    user_agent,
    verdicts,
)

# Enough for the title of a page, and for the first words of a block page.
_LONGEST_BODY = 4096
# Seconds to wait for the body once the head is there: it is not needed.
_BODY_SECONDS = 0.5
# nginx finishes the handshake whatever the client's certificate is, and rejects it in the response.
_REFUSALS_OF_NGINX = ("400 The SSL certificate error", "400 No required SSL certificate was sent")

Page = collections.namedtuple("Page", ["title", "own_words"])
Page.__doc__ = """The start of an HTML page: its title, and the words by which it names itself that of a filter; each None without."""


def name_in_url(host):
    """A host as it is written in URLs and headers."""
    name = f"[{host}]" if ":" in host else host
    try:
        name.encode("ascii")
    except UnicodeError:
        return name.encode("idna").decode("ascii")
    return name


def request(host, port, path, extra=(), before=""):
    """The bytes of a GET. extra: further header lines, as text. before: what a proxy needs before the path."""
    name = name_in_url(host)
    if port not in (80, 443):
        name = f"{name}:{port}"
    lines = [f"GET {before}{path} HTTP/1.1", f"Host: {name}", f"User-Agent: {user_agent.NAME}", "Accept: */*"]
    lines += list(extra) or ["Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def ask(channel, question, seconds):
    """(Head, Page). Raises LayerFailed(http_failed or certificate_refused)."""
    deadline = deadlines.Deadline(seconds)
    head, rest = _ask(channel, question, deadline, seconds)
    page = _page(channel, head, rest, deadline)
    if head.status == 400 and page.title in _REFUSALS_OF_NGINX:
        raise verdicts.LayerFailed(verdicts.CERTIFICATE_REFUSED, f'the answer is the page "{page.title}"')
    return head, page


def head_of(channel, question, seconds):
    """(Head, the first bytes of the body). Raises LayerFailed(http_failed or certificate_refused)."""
    return _ask(channel, question, deadlines.Deadline(seconds), seconds)


def _ask(channel, question, deadline, seconds):
    reader = http_response_head.HeadReader()
    try:
        # A peer that has closed the connection may have sent the reason before.
        with contextlib.suppress(ConnectionError):
            channel.send(question, deadline)
        while True:
            data = channel.receive(deadline)
            if not data:
                raise http_response_head.HttpError(
                    f"the peer closed the connection {'in the middle of its answer' if reader.begun() else 'without an answer'}"
                )
            if reader.feed(data):
                break
    except socket.timeout:
        raise verdicts.LayerFailed(verdicts.HTTP_FAILED, f"no answer to an HTTP request within {seconds:g} s") from None
    except http_response_head.HttpError as exc:
        raise verdicts.LayerFailed(verdicts.HTTP_FAILED, str(exc)) from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        # In TLS 1.3 a server rejects a certificate only after the client's side of the handshake.
        verdict = verdicts.CERTIFICATE_REFUSED if tls_handshake.is_refusal(reason) else verdicts.HTTP_FAILED
        raise verdicts.LayerFailed(verdict, f"cut while waiting for an HTTP answer ({reason})") from exc
    return reader.head, reader.rest


def _page(channel, head, rest, deadline):
    if "html" not in head.headers.get("content-type", ""):
        return Page(None, None)
    body = bytearray(rest)
    until = deadlines.Deadline(min(_BODY_SECONDS, deadline.remaining()))
    try:
        while len(body) < _LONGEST_BODY and not _is_enough(head, bytes(body)):
            data = channel.receive(until)
            if not data:
                break
            body += data
    except (OSError, ValueError):
        # The head is what counts.
        pass
    start = bytes(body[:_LONGEST_BODY])
    return Page(block_pages.title_of(start), block_pages.own_words(head.status, start))


def _is_enough(head, body):
    """Whether no more of a page is needed: all that is shorter than its announced length, or its title."""
    length = head.headers.get("content-length", "")
    if head.status < 400:
        return block_pages.title_of(body) is not None
    return b"</html>" in body.lower() or (length.isdigit() and len(body) >= int(length))


def described(head, page, signs):
    """A dict for the result row. signs: headers to record besides the usual ones."""
    headers = http_identifying_headers.recorded(head, signs)
    return {"status": head.status, "reason": head.reason, "headers": headers, "title": page.title}


def block_mark(head):
    """A sentence when the response identifies itself as that of a filter or a login page, else None."""
    if "x-squid-error" in head.headers:
        return "a proxy answers instead of the endpoint ({})".format(head.headers["x-squid-error"])
    if head.status in (407, 511):
        return f"a device on the path answers with {head.status} {head.reason}"
    return None


def page_mark(head, page):
    """A sentence when the page of a response names itself that of a filter, else None."""
    return (
        f'the answer is {head.status} {head.reason}, and its page says "{page.own_words}"' if page.own_words else None
    )
