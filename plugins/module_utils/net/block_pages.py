# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a page says of itself that a filter sent it; no sockets here."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable

_TITLE = re.compile(b"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(b"<(script|style)[^>]*>.*?</\\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# What filters and login pages say and origins do not: an origin that denies access says "Forbidden" or "Access Denied".
_OWN_WORDS = re.compile(
    b"(?:web ?(?:page|site)|url|request|content|access|download|site)[^.<]{0,40} (?:has been |was |is |been )?blocked"
    b"|blocked by|(?:web|url|content|internet) ?filter|acceptable use|(?:company|corporate|security|internet|access) policy"
    b"|policy of your|network administrator|administrator has (?:blocked|denied)|cache access denied|captive portal"
    b"|guest (?:wi-?fi|network|access)|web(?:site)? category|url category",
    re.IGNORECASE,
)
_REFUSALS = (403, 451)


def title_of(body):
    """The title of an HTML page, None without one. body: its first bytes."""
    found = _TITLE.search(body)
    return printable(b" ".join(found.group(1).split())) if found else None


def own_words(status, body):
    """The words by which the page of a refusal names itself that of a filter, None where it does not. body: its first bytes."""
    if status not in _REFUSALS:
        return None
    text = b" ".join(_TAGS.sub(b" ", _TITLE.sub(b" \\1. ", body)).split())
    found = _OWN_WORDS.search(text)
    return printable(found.group(0)) if found else None
