# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP/1.1 request over a Wire or Channel, and the head of the response with the start of its body."""

import contextlib
import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_heads, tls_handshake, verdicts

USER_AGENT = "hostprep.runtime_fabric egress_info"
# Enough for the title of a page.
_LONGEST_BODY = 4096
# Seconds to wait for the body once the head is there: it is not needed.
_BODY_SECONDS = 0.5
# nginx finishes the handshake whatever the client's certificate is, and rejects it in the response.
_REFUSALS_OF_NGINX = ("400 The SSL certificate error", "400 No required SSL certificate was sent")
_TITLE = re.compile(b"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# Headers that identify the server or a filter; others, such as cookies, are not recorded.
_IDENTIFYING = (
    "server",
    "via",
    "location",
    "content-type",
    "www-authenticate",
    "x-squid-error",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-protocol",
)


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
    lines = [f"GET {before}{path} HTTP/1.1", f"Host: {name}", f"User-Agent: {USER_AGENT}", "Accept: */*"]
    lines += list(extra) or ["Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def ask(channel, question, seconds):
    """(Head, title of the page or None). Raises LayerFailed(http_failed or certificate_refused)."""
    deadline = deadlines.Deadline(seconds)
    head, rest = _ask(channel, question, deadline, seconds)
    title = _title(channel, head, rest, deadline)
    if head.status == 400 and title in _REFUSALS_OF_NGINX:
        raise verdicts.LayerFailed(verdicts.CERTIFICATE_REFUSED, f'the answer is the page "{title}"')
    return head, title


def head_of(channel, question, seconds):
    """(Head, the first bytes of the body). Raises LayerFailed(http_failed or certificate_refused)."""
    return _ask(channel, question, deadlines.Deadline(seconds), seconds)


def _ask(channel, question, deadline, seconds):
    reader = http_heads.HeadReader()
    try:
        # A peer that has closed the connection may have sent the reason before.
        with contextlib.suppress(ConnectionError):
            channel.send(question, deadline)
        while True:
            data = channel.receive(deadline)
            if not data:
                raise http_heads.HttpError(
                    f"the peer closed the connection {'within its answer' if reader.begun() else 'without an answer'}"
                )
            if reader.feed(data):
                break
    except socket.timeout:
        raise verdicts.LayerFailed(verdicts.HTTP_FAILED, f"no answer to an HTTP request within {seconds:g} s") from None
    except http_heads.HttpError as exc:
        raise verdicts.LayerFailed(verdicts.HTTP_FAILED, str(exc)) from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        # In TLS 1.3 a server rejects a certificate only after the client's side of the handshake.
        verdict = verdicts.CERTIFICATE_REFUSED if tls_handshake.is_refusal(reason) else verdicts.HTTP_FAILED
        raise verdicts.LayerFailed(verdict, f"cut while waiting for an HTTP answer ({reason})") from exc
    return reader.head, reader.rest


def _title(channel, head, rest, deadline):
    if "html" not in head.headers.get("content-type", ""):
        return None
    body = bytearray(rest)
    until = deadlines.Deadline(min(_BODY_SECONDS, deadline.remaining()))
    try:
        while len(body) < _LONGEST_BODY and not _TITLE.search(body):
            data = channel.receive(until)
            if not data:
                break
            body += data
    except (OSError, ValueError):
        # The head is what counts.
        pass
    found = _TITLE.search(bytes(body[:_LONGEST_BODY]))
    return printable(b" ".join(found.group(1).split())) if found else None


def described(head, title, signs):
    """A dict for the result row. signs: headers to record besides the usual ones."""
    wanted = set(_IDENTIFYING) | {name_of(sign) for sign in signs}
    kept = {name: value for name, value in head.headers.items() if name in wanted}
    return {"status": head.status, "reason": head.reason, "headers": kept, "title": title}


def name_of(sign):
    """The header's name in a sign such as `x-amz-request-id` or `server: AmazonS3`."""
    return sign.partition(":")[0].strip().lower()


def shows(head, sign):
    """Whether a response has a sign: the header, with the text behind the colon, if any."""
    wanted = sign.partition(":")[2].strip().lower()
    value = head.headers.get(name_of(sign))
    return value is not None and wanted in value.lower()


def block_mark(head):
    """A sentence when the response identifies itself as that of a filter or a login page, else None."""
    if "x-squid-error" in head.headers:
        return "a proxy answers instead of the endpoint ({})".format(head.headers["x-squid-error"])
    if head.status in (407, 511):
        return f"a device on the path answers with {head.status} {head.reason}"
    return None
