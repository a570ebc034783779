# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which marked blocks of a host differ from what is wanted, by the evidence that host_info returns of them.

Pure functions. A file of which there is no evidence counts as different: managed_blocks then decides on the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_blocks

PRESENT, ABSENT = "present", "absent"
_PLACE_FOR_SECRET = re.compile(r"@\{[^}]*\}")


class ManagedFile(TypedDict):
    """An entry of the option `files` of managed_blocks."""

    path: str
    state: str
    content: str
    keep: list[str]
    section: str | None
    mode: str
    create: bool
    make_directories: bool


class Place(TypedDict):
    """An entry of the option `blocks` of host_info."""

    name: str
    path: str
    section: str | None


class Probes(TypedDict):
    """The options of host_info that collect evidence of blocks."""

    blocks: list[Place]
    block_lines: dict[str, str]


def managed_file(
    path: str,
    lines: Sequence[str],
    *,
    keep: Sequence[str] = (),
    section: str | None = None,
    mode: str = "0644",
    create: bool = True,
    make_directories: bool = True,
) -> ManagedFile:
    """Return a file with these lines in its block; without any, the block is removed."""
    return {
        "path": path,
        "state": PRESENT if lines else ABSENT,
        "content": "".join(f"{line}\n" for line in lines),
        "keep": list(keep),
        "section": section,
        "mode": mode,
        "create": create,
        "make_directories": make_directories,
    }


def probes(name: str, files: Iterable[ManagedFile], secrets: Mapping[str, str]) -> Probes:
    """Return what host_info is asked for to tell whether blocks of this name differ.

    files: every file that may be wanted, whatever the evidence says.
    """
    entries = list(files)
    places = {entry["path"]: Place(name=name, path=entry["path"], section=entry["section"]) for entry in entries}
    lines = {line for entry in entries for line in entry["content"].splitlines()}
    return {
        "blocks": list(places.values()),
        "block_lines": {
            line: managed_blocks.digest(managed_blocks.with_secrets(line, secrets)) for line in sorted(lines)
        },
    }


def differing(files: Iterable[ManagedFile], evidence: Iterable[Mapping[str, Any]]) -> list[ManagedFile]:
    """Return the files that managed_blocks would change. evidence: `blocks` of host_info, of blocks of one name.

    Of paths that lead to the same file the first one counts.
    """
    by_path = {found["path"]: found for found in evidence}
    seen: set[str] = set()
    changes = []
    for entry in files:
        found = by_path.get(entry["path"], {"error": "not read"})
        target = found.get("target", entry["path"])
        if target not in seen and (error_of(found) or _applies(entry, found)):
            seen.add(target)
            if error_of(found) or _differs(entry, found):
                changes.append(entry)
    return changes


def removed(changes: Iterable[ManagedFile], evidence: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the paths of changes that leave a file without the block that it has."""
    by_path = {found["path"]: found for found in evidence}
    return [
        entry["path"]
        for entry in changes
        if entry["state"] == ABSENT
        and by_path.get(entry["path"], {}).get("lines")
        and not _kept(entry, by_path[entry["path"]])
    ]


def error_of(found: Mapping[str, Any]) -> str:
    """Return why a file could not be read, an empty text where it could."""
    return str(found.get("error", ""))


def _applies(entry: ManagedFile, found: Mapping[str, Any]) -> bool:
    """Whether the file is for this host."""
    if found["mode"] is not None:
        return True
    return entry["create"] and (entry["make_directories"] or not found["missing_directories"])


def _differs(entry: ManagedFile, found: Mapping[str, Any]) -> bool:
    kept = _kept(entry, found)
    if found["leftovers"]:
        return True
    if entry["state"] == ABSENT and not kept:
        return found["lines"] is not None
    return found["lines"] is None or not (
        found["in_place"] and _has_lines(entry, kept, found) and found["mode"] == _mode(entry, bool(kept), found)
    )


def _kept(entry: ManagedFile, found: Mapping[str, Any]) -> list[str]:
    """Return the lines that stay in the block, whatever else is wanted."""
    return managed_blocks.kept("\n".join(line["text"] for line in found["lines"] or ()), entry["keep"])


def _has_lines(entry: ManagedFile, kept: list[str], found: Mapping[str, Any]) -> bool:
    """Whether the block has the wanted lines beside those that are kept, which may stand in any order."""
    wanted = entry["content"].splitlines() if entry["state"] == PRESENT else []
    others = [line for line in found["lines"] if not kept or not line["text"].startswith(tuple(entry["keep"]))]
    there = [line["text"] for line in others if line["expected"]]
    if len(there) < len(others):
        return False
    return sorted(there) == sorted(wanted) if kept else there == wanted


def _mode(entry: ManagedFile, kept: bool, found: Mapping[str, Any]) -> int:
    """Return the mode that the file gets. Lines that are kept may hold a secret that is not known."""
    before = managed_blocks.Before(found["mode_before"], True, 0)
    private = kept or (entry["state"] == PRESENT and bool(_PLACE_FOR_SECRET.search(entry["content"])))
    return managed_blocks.mode_with_block(found["mode"], before, private, int(entry["mode"], 8))
