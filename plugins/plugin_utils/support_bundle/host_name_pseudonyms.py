# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms of host names: a label is always replaced by the same one, so that names of one domain stay recognisable.

What is replaced: the names of the hosts of the inventory and those that they give themselves, every name that an input or
a result has as one of a host, and every name below the domain of such a name. What the catalogue asks every site to reach
is kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally

KIND = "host names"
NAME = re.compile(
    r"(?<![\w-])(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\b", re.IGNORECASE
)
_SHORT = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\Z", re.IGNORECASE)
_EDGE, _ADDRESS = "[a-z0-9]", re.compile(r"[\d.:]+\Z")
# A short name with such a character, or so long, is no part of another word.
_DISTINCT, _LONG = re.compile(r"[0-9_-]"), 8
_TOP = "example"


class HostNames:
    """The pseudonyms of the names of one bundle."""

    def __init__(self, hosts: Iterable[str], others: Iterable[str], kept: Collection[str], tally: Tally) -> None:
        """hosts: names of hosts of the inventory, as they call themselves. others: names of other hosts.

        kept: names that are public, or a word of the report.
        """
        self._tally = tally
        own = _names(hosts, kept)
        full = [name for name in (*own, *_names(others, kept)) if "." in name]
        self._short = list(dict.fromkeys(name.partition(".")[0] for name in own))
        self._short = [name for name in self._short if name not in kept]
        public = {domain for name in kept for domain in _domains(name)}
        self._domains = list(dict.fromkeys(domain for name in full if (domain := _site(name)) not in public))
        exact = [name for name in full if _site(name) not in self._domains]
        self._word = _unused(("host", "machine", "computer"), [*self._short, *full])
        self._labels: dict[str, dict[str, str]] = {}
        for name in (*self._short, *full):  # numbered in the order in which they are listed
            self._of(name)
        self._pattern = _pattern(self._short, self._domains, exact)

    def replaced(self, text: str) -> str:
        """Return a text with the pseudonyms of its names."""
        return self._pattern.sub(self._pseudonym, text) if self._pattern else text

    def _pseudonym(self, match: re.Match[str]) -> str:
        self._tally.count(KIND, match[0].lower())
        return self._of(match[0].lower())

    def _of(self, name: str) -> str:
        if "." not in name:
            return self._label(self._word, name)
        site = _site(name)
        above = f"{self._label('site', site)}.{_TOP}"
        labels = name[: -len(site)].rstrip(".").split(".") if len(name) > len(site) else []
        shown = [self._label(self._word if not place else "zone", label) for place, label in enumerate(labels)]
        return ".".join((*shown, above))

    def _label(self, word: str, label: str) -> str:
        known = self._labels.setdefault(word, {})
        return known.setdefault(label, f"{word}-{len(known) + 1}")


def _names(texts: Iterable[str], kept: Collection[str]) -> list[str]:
    """The names among texts, without addresses."""
    names = (text.lower().strip(".") for text in texts)
    return list(
        dict.fromkeys(
            name
            for name in names
            if name and name not in kept and not _ADDRESS.match(name) and (NAME.fullmatch(name) or _SHORT.match(name))
        )
    )


def _site(name: str) -> str:
    """The last two labels of a name."""
    return ".".join(name.split(".")[-2:])


def _domains(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[number:]) for number in range(len(labels) - 1)]


def _unused(words: Iterable[str], names: Collection[str]) -> str:
    """A word with which no name begins."""
    candidates = (*words, *(f"pseudonym{number}" for number in range(len(names) + 1)))
    return next(word for word in candidates if not any(name.startswith(f"{word}-") for name in names))


def _pattern(short: Collection[str], domains: Collection[str], exact: Collection[str]) -> re.Pattern[str] | None:
    """What finds the names, the longest first."""
    below = rf"(?:[a-z0-9_-]+\.)*(?:{'|'.join(map(re.escape, _longest_first(domains)))})"
    parts = [rf"(?<![a-z0-9_-]){below}(?![a-z0-9-]|\.[a-z0-9])"] if domains else []
    for name in _longest_first([*exact, *short]):
        distinct = "." in name or _DISTINCT.search(name) or len(name) >= _LONG
        edge = _EDGE if distinct else "[a-z0-9_-]"
        parts.append(f"(?<!{edge}){re.escape(name)}(?!{edge})")
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _longest_first(names: Collection[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))
