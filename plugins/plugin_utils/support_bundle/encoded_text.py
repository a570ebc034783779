# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace in a text also what it holds percent-encoded and in base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import unquote

Replace = Callable[[str], str]

_PERCENT = re.compile(r"[^\s\"'<>]*%[0-9A-Fa-f]{2}[^\s\"'<>]*")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")
_STANDARD = str.maketrans("+/", "-_")


def everywhere(text: str, replace: Replace) -> str:
    """Return a text with `replace` applied to it, and to what words of it encode."""
    text = replace(text)
    if "%" in text:
        text = _PERCENT.sub(lambda match: _percent(match[0], replace), text)
    return _BASE64.sub(lambda match: _base64(match[0], replace), text)


def _percent(word: str, replace: Replace) -> str:
    """A word as it is, or decoded where something in it had to be replaced."""
    decoded = unquote(word)
    replaced = replace(decoded)
    return word if replaced == decoded else replaced


def _base64(word: str, replace: Replace) -> str:
    """A word of base64, or, where it is none, each of its parts between slashes."""
    whole = _decoded(word, replace)
    if whole is not None or "/" not in word:
        return word if whole is None else whole
    parts = [(part, _decoded(part, replace)) for part in word.split("/")]
    return "/".join(part if found is None else found for part, found in parts)


def _decoded(word: str, replace: Replace) -> str | None:
    """A word with what it encodes replaced; None where it encodes no text, or nothing that is replaced."""
    bare = word.rstrip("=")
    try:
        text = base64.b64decode(bare.translate(_URL_SAFE) + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    if not text.isprintable() and not text.strip().replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        return None
    replaced = replace(text)
    if replaced == text:
        return None
    found = base64.b64encode(replaced.encode()).decode()
    found = found if word.endswith("=") else found.rstrip("=")
    return found.translate(_STANDARD) if set("-_") & set(word) else found
