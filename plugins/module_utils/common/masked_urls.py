# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy settings with their secrets masked. Pure functions, for nodes and for the controller.

Only harmless parts are shown: a scheme, a host and a port that parse cleanly. A user name may be a token, and the host or
the port of a URL that was cut off at a `#` may be a part of a password, so everything else is hidden.
"""

import collections
import hashlib
import re
import socket
from urllib.parse import unquote

MASK, HIDDEN = "********", "(hidden)"
NONE, EXPECTED, OTHER = "none", "expected", "other"

_SCHEMES = ("http", "https", "ftp", "socks", "socks4", "socks4a", "socks5", "socks5h")
_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9]*)://)?(?:(?P<credentials>[^\s/?#@]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/?\Z"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
# An entry of NO_PROXY: a name or its end, an address, a network, or a pattern of these, with a port at most.
_ENTRY = re.compile(r"\.?[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+)*\.?(?:/[0-9]{1,3})?(?::[0-9]{1,5})?\Z")

Parts = collections.namedtuple("Parts", "scheme credentials host port")
Parts.__doc__ = """Of a URL that parses cleanly. scheme, credentials and port: None where it has none; texts all."""


def parts(value):
    """Return the Parts of a proxy's URL; None where not every character of it has one clear meaning."""
    match = _URL.match(value)
    if match is None:
        return None
    scheme, credentials, host, port = match.group("scheme", "credentials", "host", "port")
    if scheme is None and port is None:
        return None  # a single word may be anything
    if scheme is None and credentials is None and "." not in host:
        return None  # `user:12345` looks like a host and a port
    if credentials is not None and port is None and "." not in host and not host.startswith("["):
        return None  # the host may be the end of a password, after an `@` that was not encoded
    if scheme is not None and scheme.lower() not in _SCHEMES:
        return None
    if not _is_host(host) or (port is not None and not 0 < int(port) < 65536):
        return None
    return Parts(scheme, credentials, host, port)


def _is_host(text):
    if text.startswith("["):
        return _is_address(socket.AF_INET6, text[1:-1])
    labels = text.rstrip(".").split(".")
    if labels[-1].isdigit():
        return _is_address(socket.AF_INET, text)
    return len(text) <= 253 and all(_LABEL.match(label) for label in labels)


def _is_address(family, text):
    try:
        socket.inet_pton(family, text)
    except OSError:
        return False
    return True


def shown(value):
    """Return a proxy's URL with its secrets masked, HIDDEN where no part of it is safe to show."""
    found = parts(value)
    return HIDDEN if found is None else _written(found)


def _written(found):
    return "{}{}{}{}".format(
        "" if found.scheme is None else found.scheme + "://",
        "" if found.credentials is None else MASK + "@",
        found.host,
        "" if found.port is None else ":" + found.port,
    )


def shown_hosts(value):
    """Return a NO_PROXY with names, addresses and networks, and HIDDEN in the place of other entries."""
    if "@" in value or "://" in value:
        return HIDDEN
    return "".join(word if _is_entry(word) else HIDDEN for word in re.split(r"([,\s]+)", value))


def _is_entry(text):
    if not text.strip(", \t\r\n") or _ENTRY.match(text):
        return True
    address, slash, length = text.partition("/")
    return _is_address(socket.AF_INET6, address.strip("[]")) and (not slash or length.isdigit())


def digest(value):
    """Return the SHA-256 of a proxy's URL, however its user and its password are encoded, as hexadecimal digits."""
    scheme, dummy_slashes, rest = value.rpartition("://")
    credentials, at, host = rest.rpartition("@")
    user, colon, password = credentials.partition(":")
    fields = [scheme.lower(), at, unquote(user), colon, unquote(password), host.rstrip("/").lower()]
    return hashlib.sha256("\n".join(fields).encode("utf-8", "surrogateescape")).hexdigest()


class Display:
    """Masks the settings of one host.

    known: digests of the URLs that are expected. `cut` is whether the line of a setting continues behind its value with text
    that may belong to a password. Such a value is hidden wherever it appears again.
    """

    def __init__(self, known=()):
        self._known = frozenset(known)
        self._cut = set()

    def url(self, value, cut=False):
        """Return (the URL with its secrets masked, whether it has credentials: NONE, EXPECTED or OTHER)."""
        found = parts(value)
        if digest(value) in self._known:
            return self._expected(value, found)
        if cut:
            self.hide(value)
        if found is None or value in self._cut:
            return HIDDEN, OTHER
        return _written(found), NONE if found.credentials is None else OTHER

    def hide(self, value):
        """Hide this value from now on."""
        self._cut.add(value)

    @staticmethod
    def _expected(value, found):
        if found is None:  # credentials that are not encoded; the controller knows and shows the rest
            scheme, slashes, rest = value.rpartition("://")
            found = Parts(scheme if slashes else None, "", rest.rpartition("@")[2].rstrip("/"), None)
        return _written(found), NONE if found.credentials is None else EXPECTED

    def setting(self, name, value, cut=False):
        """As `url`, for a variable of this name, which may be a list of hosts."""
        if name.lower().endswith(("no_proxy", "direct")):
            return shown_hosts(value), NONE
        return self.url(value, cut) if value else ("", NONE)
