# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a host, whole or with marked blocks: plan the change of one, and write it so that no secret is exposed."""

import os
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.managed_blocks import Before
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_lines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Place, Untrusted


class Refused(Exception):
    """A file that cannot be managed; the text says which and why."""


class Plan:
    """The change of one file. text and new_text: None for a missing file; modes likewise."""

    def __init__(self, path, text=None, mode=None):
        self.path, self.text, self.mode = path, text, mode
        self.new_text, self.new_mode = text, mode
        self.shown = self.new_shown = ""
        self.directories = 0  # to make, or, where the file goes, to remove
        self.leftovers = []  # temporary files that a killed run left

    @property
    def changed(self):
        return self.differs or bool(self.leftovers)

    @property
    def differs(self):
        """Whether the file itself has to change."""
        return (self.text, self.mode) != (self.new_text, self.new_mode)

    def diff(self):
        """The text for the diff: of a block the block alone, because the rest of the file may hold other secrets."""
        note = " (a secret differs)" if self.shown == self.new_shown and self.text != self.new_text else ""
        note += (
            " (without {}, which an interrupted run left)".format(", ".join(self.leftovers)) if self.leftovers else ""
        )
        return {
            "before": self.shown,
            "after": self.new_shown,
            "before_header": _header(self.path, self.mode),
            "after_header": _header(self.path, self.new_mode) + note,
        }


def _header(path, mode):
    return path if mode is None else f"{path} (mode {mode:04o})"


def plan(entry, name, secrets):
    """Return the Plan for one entry, or None where the file is not for this host.

    entry: a dictionary of path, state, content, keep, mode, section, create, make_directories.
    """
    path, text, mode, missing, leftovers = _read(entry["path"])
    if text is None and not entry["create"]:
        return None
    if text is None and missing and not entry["make_directories"]:
        return None
    result = Plan(path, text, mode)
    result.leftovers = leftovers
    try:
        rest, before, body = managed_blocks.take_out(text, name)
    except ValueError as problem:
        raise Refused(f"{path}: {problem}") from problem
    template = entry["content"] if entry["state"] == "present" else ""
    if body is not None:
        result.shown = masked_lines.shown(body, template)
    kept = managed_blocks.kept(body, entry["keep"])
    if entry["state"] == "present" or kept:
        before = before or Before(mode, not text or text.endswith("\n"), len(missing))
        body = managed_blocks.beside(kept, managed_blocks.with_secrets(template, secrets), body)
        result.new_text = managed_blocks.put_in(rest, name, before, body, entry["section"])
        # Kept lines may hold a secret that is not among the known ones.
        private = managed_blocks.holds_secret(template, secrets) or bool(kept)
        result.new_mode = managed_blocks.mode_with_block(mode, before, private, int(entry["mode"], 8))
        result.new_shown = masked_lines.shown(body, template)
        result.directories = len(missing)
    elif before is not None:
        result.new_text = managed_blocks.restored(rest, before)
        result.new_mode = None if result.new_text is None else managed_blocks.mode_without_block(mode, before)
        result.directories = before.directories
    return result


def plan_whole(entry):
    """Return the Plan for a file that belongs to this collection alone; entry: a dictionary of path, state, content, mode."""
    path, text, mode, missing, leftovers = _read(entry["path"])
    result = Plan(path, text, mode)
    result.leftovers, result.shown = leftovers, text or ""
    present = entry["state"] == "present"
    result.new_text, result.new_mode = (entry["content"], int(entry["mode"], 8)) if present else (None, None)
    result.new_shown = result.new_text or ""
    result.directories = len(missing)
    return result


def _read(path):
    """Return (real path, text, mode, missing directories above it, leftovers); text and mode are None without a file."""
    try:
        with Place(path) as place:
            data, found = place.read()
            mode = None if found is None else stat.S_IMODE(found.st_mode)
            text = None if data is None else data.decode("utf-8", "surrogateescape")
            return place.path, text, mode, place.missing, place.leftovers()
    except (Untrusted, Unreadable) as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(f"{path}: {os.strerror(problem.errno)}") from problem


def carry_out(wanted):
    """Apply a Plan."""
    try:
        with Place(wanted.path, follow=False) as place:
            place.clear()
            if not wanted.differs:
                return
            if wanted.new_text is None:
                place.remove(wanted.directories)
            elif wanted.new_text == wanted.text:
                place.chmod(wanted.new_mode)
            else:
                place.make_directories()
                place.replace(wanted.new_text.encode("utf-8", "surrogateescape"), wanted.new_mode)
    except Untrusted as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(f"{wanted.path}: {os.strerror(problem.errno)}") from problem
