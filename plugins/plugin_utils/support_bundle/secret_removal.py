# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of texts: those that the inventory has, and what looks like one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import MASK
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import encoded_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally

KIND = "secrets"
# A shorter one is replaced only where it is a word: it may be a part of many.
_SHORT = 6
_NAME = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"activation[_-]?data|_pass)s?"
)
# Each with the secret, or all that may belong to it, in the group `secret`.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.*?)(?:-----END|\Z)",
        r"[a-z][a-z0-9+.-]*://(?P<secret>[^\s\"'<>]*)@",
        r"(?:proxy-)?authorization\s*[:=]\s*(?P<secret>(?:(?:basic|bearer|digest|negotiate|ntlm)\s+)?[^\s\"',;]+)",
        rf"(?<!\w){_NAME}[\"']?\s*[:=]\s*(?:\"(?P<secret>[^\"]+)\"|'(?P<quoted>[^']+)'|(?P<bare>[^\s\"',;&)}}]+))",
        r"(?<!\S)(?:-u|-U|--user|--proxy-user|--proxy-header)[ =][\"']?(?P<secret>[^\s:\"']+:[^\s\"']+)",
        r"(?<!\w)(?P<secret>eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",
        r"(?<!\w)(?P<secret>AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,})(?!\w)",
        r"(?P<secret>\$(?:1|2[aby]|5|6|y|gy)\$[^\s:\"']+)",
    )
)
_FIELD = re.compile(rf"{_NAME}\Z", re.IGNORECASE)


class Secrets:
    """The secrets of a site."""

    def __init__(self, known: Iterable[str], tally: Tally) -> None:
        """known: texts that are secret wherever they stand."""
        texts = {form for secret in known if secret for form in _forms(secret)}
        words = [_pattern(text) for text in sorted(texts, key=lambda text: (-len(text), text))]
        self._known = re.compile("|".join(words)) if words else None
        self._tally = tally

    def without(self, text: str) -> str:
        """Return a text without any secret."""
        return encoded_text.everywhere(text, self._replace)

    def is_field(self, name: str, value: str) -> bool:
        """Whether the whole value of a field of this name is a secret."""
        return bool(_FIELD.match(name)) and value not in ("", MASK)

    def field(self, value: str) -> str:
        """Return what stands for such a value."""
        self._tally.count(KIND, value)
        return MASK

    def _replace(self, text: str) -> str:
        if self._known:
            text = self._known.sub(self._masked, text)
        for pattern in _PATTERNS:
            text = pattern.sub(self._masked_part, text)
        return text

    def _masked(self, match: re.Match[str]) -> str:
        self._tally.count(KIND, match[0])
        return MASK

    def _masked_part(self, match: re.Match[str]) -> str:
        whole = match[0]
        for name, secret in match.groupdict().items():
            if secret and secret.strip("*") and secret != MASK:
                self._tally.count(KIND, secret)
                start, end = (place - match.start() for place in match.span(name))
                return whole[:start] + MASK + whole[end:]
        return whole


def _forms(secret: str) -> set[str]:
    """A secret, percent-encoded as well, and the digests by which it can be guessed."""
    written = {secret, quote(secret, safe=""), quote(secret)}
    return written | {hashlib.sha256(text.encode()).hexdigest() for text in written}


def _pattern(text: str) -> str:
    found = re.escape(text)
    return rf"(?<![A-Za-z0-9]){found}(?![A-Za-z0-9])" if len(text) < _SHORT else found
