# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URL of a proxy, and how to name the proxy without its secrets."""

import base64
import collections
import re
from urllib.parse import quote, unquote, urlsplit

HTTP, SOCKS5 = "http_proxy", "socks5"
# The path of a connection through such a proxy, by the scheme of its URL.
_PATHS = {"http": HTTP, "socks5": SOCKS5}
_LONG_NAME = 12  # characters; a user name of this length may be a token and is not a common word
_HOST = re.compile(r"[-.0-9A-Za-z_:]{1,253}")

Proxy = collections.namedtuple("Proxy", ["path", "host", "port", "username", "password"])
Proxy.__doc__ = """path: HTTP or SOCKS5; username and password: as they are, not percent-encoded, or None both."""


class ProxyUrlError(ValueError):
    """The text is not the URL of a proxy. The message never quotes it: it may hold a password."""


def parse(url, scheme):
    """The Proxy of `scheme://[user:password@]host:port`. Raises ProxyUrlError."""
    shape = f"{scheme}://[user:password@]host:port"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ProxyUrlError(f"has no valid host and port; write {shape}") from None
    if parts.scheme != scheme:
        raise ProxyUrlError(f"must start with {scheme}://")
    if not host or port is None or not port or not _HOST.fullmatch(host):
        raise ProxyUrlError(f"has no host and port; write {shape}, with @ : / % # of a password percent-encoded")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ProxyUrlError(f"has text after the port; write {shape}")
    username = password = None
    if parts.username is not None:
        username, password = unquote(parts.username), unquote(parts.password or "")
        # Limits of the protocols: RFC 1929 counts in one byte, RFC 7617 separates at the first colon.
        if max(len(text.encode("utf-8")) for text in (username, password)) > 255:
            raise ProxyUrlError("has a user name or password of more than 255 bytes")
        if not username or (scheme == "http" and ":" in username):
            raise ProxyUrlError("has a user name that is empty or holds a colon")
    return Proxy(_PATHS[scheme], host, port, username, password)


def label(proxy):
    """The name of the proxy in a message."""
    return f"the proxy {proxy.host} port {proxy.port}"


def basic_token(proxy):
    """The value of `Proxy-Authorization: Basic`, as text, or None without a user name."""
    if proxy.username is None:
        return None
    return base64.b64encode((f"{proxy.username}:{proxy.password}").encode()).decode("ascii")


def without_secrets(text, proxy):
    """`text` of a proxy without the credentials that were sent to it."""
    if proxy.username is None:
        return text
    secrets = [basic_token(proxy), quote(proxy.password, safe=""), proxy.password]
    if not proxy.password or len(proxy.username) >= _LONG_NAME:
        secrets += [quote(proxy.username, safe=""), proxy.username]
    for secret in secrets:
        if secret:
            text = text.replace(secret, "********")
    return text
