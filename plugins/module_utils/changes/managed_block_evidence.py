# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the marked blocks of managed_blocks hold on this host, without any secret.

A line that was expected comes back under the name that it was expected by, any other one as masked_lines shows it.
"""

import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_lines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Place, Untrusted


def managed_block_evidence(places, expected):
    """Return one dictionary for each place, in their order.

    places: `[{"name": of the block, "path", "section": of the file or None}]`. expected: `{line as it may be shown: digest
    of the line with its secrets}`, see managed_blocks.digest.

    `path` is the place that was asked for. `target` is where its links lead, `mode` the file's mode, None where it does not
    exist, `missing_directories` how many directories above it do not exist, and `leftovers` are what an interrupted write
    left beside it. Where the block exists, `lines` are `[{"text", "expected": bool}]`, `mode_before` is the mode of the file
    without the block (None where the block made the file), and `in_place` says whether the block stands at the end of its
    section or file; without a block, lines is None. `error` is all that there is of a file that cannot be read.
    """
    by_digest = {digest: line for line, digest in expected.items()}
    return [_guarded(place, by_digest) for place in places]


def _guarded(place, by_digest):
    try:
        return dict(_of_file(place, by_digest), name=place["name"], path=place["path"])
    except (Unreadable, Untrusted, OSError, ValueError) as problem:
        return {"name": place["name"], "path": place["path"], "error": str(problem)}


def _of_file(wanted, by_digest):
    with Place(wanted["path"]) as place:
        data, status = place.read()
        found = {
            "target": place.path,
            "mode": None if status is None else stat.S_IMODE(status.st_mode),
            "missing_directories": len(place.missing),
            "leftovers": place.leftovers(),
            "lines": None,
        }
    text = None if data is None else data.decode("utf-8", "surrogateescape")
    rest, before, body = managed_blocks.take_out(text, wanted["name"])
    if body is not None:
        section = wanted.get("section") or None
        body = _without_head(body, section)
        found["lines"] = [_line(line, by_digest) for line in body.splitlines()]
        found["mode_before"] = before.mode
        found["in_place"] = managed_blocks.put_in(rest, wanted["name"], before, body, section) == text
    return found


def _without_head(body, section):
    """Return the lines of a block without the head of the section, which the block has where the file has no such section."""
    head = f"[{section}]\n"
    return body[len(head) :] if section and body.startswith(head) else body


def _line(line, by_digest):
    known = by_digest.get(managed_blocks.digest(line))
    if known is not None:
        return {"text": known, "expected": True}
    return {"text": masked_lines.shown(line).rstrip("\n"), "expected": False}
