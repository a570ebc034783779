# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of sections with `key=value`, as systemd and NetworkManager write their files."""

from typing import List, NamedTuple


class Entry(NamedTuple):
    """A line. number: which section of the file it stands in, since sections of one name repeat."""

    section: str
    number: int
    key: str
    value: str


def parse(text):
    """Return the Entries of a text in their order; names keep their case, a backslash at the end continues a line."""
    found: List[Entry] = []
    section, number, begun = "", 0, ""
    for line in text.splitlines():
        stripped = line.strip()
        if begun and stripped[:1] in ("#", ";"):
            continue  # systemd leaves comments out of a continued line
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        stripped, begun = (begun + line).strip(), ""
        if stripped.startswith("[") and stripped.endswith("]"):
            section, number = stripped[1:-1].strip(), number + 1
        elif stripped and stripped[0] not in "#;" and "=" in stripped:
            key, _equals, value = stripped.partition("=")
            found.append(Entry(section, number, key.strip(), value.strip()))
    return found


def values_of(entries, section, key):
    """Return the values of a key in sections of a name."""
    return [entry.value for entry in entries if (entry.section, entry.key) == (section, key)]


def last_of(entries, section, key, otherwise=""):
    """Return the last of these values."""
    return (values_of(entries, section, key) or [otherwise])[-1]
