# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of a proxy, with its credentials inside or separate, and how to write it.

Every reader of such a URL (curl, Go, Python, apt, dnf, a shell) takes a user and a password whose characters are all
percent-encoded but letters, digits and `-._~`. Nothing else is safe for all of them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class ProxyUrl(NamedTuple):
    """A proxy. user and password are None where it asks for none, and not encoded."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @property
    def credentials(self) -> str:
        """What stands before the host, `@` included; an empty text where the proxy asks for none."""
        if self.user is None:
            return ""
        return encoded(self.user) + ("" if self.password is None else ":" + encoded(self.password)) + "@"

    def text(self, credentials: str | None = None) -> str:
        """Return the URL; credentials: what to write in place of those that it has."""
        written = self.credentials if credentials is None or not self.credentials else credentials
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{written}{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL as people may see it."""
        return masked_urls.shown(self.text())

    @property
    def digest(self) -> str:
        """By which a host knows the URL in its files."""
        return masked_urls.digest(self.text())


def encoded(text: str) -> str:
    """Percent-encode a user or a password."""
    return quote(text, safe="")


def parse(url: str, user: str | None = None, password: str | None = None) -> ProxyUrl | None:
    """Return the ProxyUrl of a valid URL and of separate credentials, None for an empty URL.

    Raises ValueError with a sentence that shows no secret.
    """
    if not url:
        if user or password:
            raise ValueError("credentials are set, but no proxy")
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # its text would repeat a part of the URL
        host = port = None
    if not (host and port and parts.scheme):
        raise ValueError("has no readable scheme, host and port; @ : / % # of a password must be percent-encoded")
    if _STRAY_PERCENT.search(parts.netloc.rpartition("@")[0]):
        raise ValueError("has a % in its credentials that starts no percent-encoding; write % itself as %25")
    if parts.username is not None and (user or password):
        raise ValueError("contains credentials, and others are set in separate variables; use only one of them")
    if password and not user:
        raise ValueError("has a separate password but no user")
    if parts.username is not None:
        user = unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        check_user(user)
        if password is not None:
            check_password(password)
    return ProxyUrl(parts.scheme, host, port, user or None, password or None)


def check_user(value: Any) -> None:
    """A user of a proxy. Basic authentication ends it at the first colon."""
    if not isinstance(value, str):
        raise ValueError("must be a string; write it in quotes")
    if ":" in value:
        raise ValueError("contains a colon, which a proxy cannot distinguish from the one before the password")
    check_password(value)


def check_password(value: Any) -> None:
    """A password of a proxy, as it is, not encoded."""
    if not isinstance(value, str):
        raise ValueError("must be a string; write it in quotes")
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError("contains a line break or another control character, which no configuration file can hold")
