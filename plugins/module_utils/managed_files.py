# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep marked blocks in files of a host: plan what one file needs, and write it so that no secret is ever exposed.

A file comes together with the directories that are made for it, and goes together with them, by renaming one of them. What
is not renamed yet, or not yet removed, has a name of its own, by which the next run finds what a killed one left.
"""

import os
import shutil
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.managed_blocks import Before


class Refused(Exception):
    """A file that cannot be managed; the text says which and why."""


class Plan:
    """What one file needs. text and new_text: None for a file that is not there; modes likewise."""

    def __init__(self, path, text=None, mode=None):
        self.path, self.text, self.mode = path, text, mode
        self.new_text, self.new_mode = text, mode
        self.shown = self.new_shown = ""
        self.directories = 0  # to make, or, where the file goes, to remove
        self.leftovers = _leftovers(path)

    @property
    def changed(self):
        return self.differs or bool(self.leftovers)

    @property
    def differs(self):
        """Whether the file itself has to change."""
        return (self.text, self.mode) != (self.new_text, self.new_mode)

    def diff(self):
        """What people see of the change: the block alone, because the rest of the file may hold other secrets."""
        note = " (a secret differs)" if self.shown == self.new_shown and self.text != self.new_text else ""
        note += " (without {0}, which an interrupted run left)".format(", ".join(self.leftovers)) if self.leftovers else ""
        return {
            "before": self.shown,
            "after": self.new_shown,
            "before_header": _header(self.path, self.mode),
            "after_header": _header(self.path, self.new_mode) + note,
        }


def _header(path, mode):
    return path if mode is None else "{0} (mode {1:04o})".format(path, mode)


def plan(entry, name, secrets):
    """Return the Plan for one entry, or None where the file is not for this host.

    entry: a dictionary of path, state, content, mode, section, create, make_directories.
    """
    path = os.path.realpath(entry["path"])
    text, mode = _read(path)
    if text is None and not entry["create"]:
        return None
    missing = _missing_directories(path)
    if text is None and missing and not entry["make_directories"]:
        return None
    result = Plan(path, text, mode)
    try:
        rest, before, body = managed_blocks.take_out(text, name)
    except ValueError as problem:
        raise Refused("{0}: {1}".format(path, problem))
    if body is not None:
        result.shown = managed_blocks.masked(body, secrets)
    if entry["state"] == "present":
        before = before or Before(mode, not text or text.endswith("\n"), len(missing))
        body = managed_blocks.with_secrets(entry["content"], secrets)
        result.new_text = managed_blocks.put_in(rest, name, before, body, entry["section"])
        private = managed_blocks.holds_secret(entry["content"], secrets)
        result.new_mode = managed_blocks.mode_with_block(mode, before, private, int(entry["mode"], 8))
        result.new_shown = managed_blocks.masked(body.rstrip("\n") + "\n", secrets)
        result.directories = len(missing)
    elif before is not None:
        result.new_text = managed_blocks.restored(rest, before)
        result.new_mode = None if result.new_text is None else managed_blocks.mode_without_block(mode, before)
        result.directories = before.directories
    return result


def _read(path):
    """Return (text, mode) of a regular file, (None, None) where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise Refused("{0}: {1}".format(path, error.strerror))
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise Refused("{0}: not a regular file".format(path))
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read().decode("utf-8", "surrogateescape"), stat.S_IMODE(found.st_mode)


def _missing_directories(path):
    """Return the directories above a path that are not there, the uppermost first."""
    missing, directory = [], os.path.dirname(path)
    while not os.path.isdir(directory):
        missing.insert(0, directory)
        directory = os.path.dirname(directory)
    return missing


def _beside(path):
    """The name under which a file or directory comes into being and goes: hidden, and without the suffix of `path`."""
    directory, name = os.path.split(path)
    return os.path.join(directory, ".managed-{0}.part".format(name))


def _leftovers(path):
    """What a killed run left of a file and of the directories above it."""
    found = []
    while path != "/":
        if os.path.lexists(_beside(path)):
            found.append(_beside(path))
        path = os.path.dirname(path)
    return found


def _discard(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def carry_out(wanted):
    """Do what a Plan says."""
    try:
        for path in wanted.leftovers:
            _discard(path)
        if not wanted.differs:
            return
        if wanted.new_text is None:
            _remove(wanted.path, wanted.directories)
        elif wanted.new_text == wanted.text:
            os.chmod(wanted.path, wanted.new_mode)
        else:
            _put(wanted.path, wanted.new_text, wanted.new_mode)
    except OSError as error:
        raise Refused("{0}: {1}".format(wanted.path, error.strerror))


def _remove(path, directories):
    """Remove a file and as many directories above it, as far as nothing else is in them."""
    goes = path
    for _level in range(directories):
        if os.listdir(os.path.dirname(goes)) != [os.path.basename(goes)]:  # the files of others are in it
            break
        goes = os.path.dirname(goes)
    os.rename(goes, _beside(goes))
    _discard(_beside(goes))


def _put(path, text, mode):
    """Write a file, with the directories that are missing above it, in one step."""
    comes = (_missing_directories(path) + [path])[0]
    part = _beside(comes)
    below = os.path.relpath(path, comes)
    try:
        if comes != path:
            directory = part
            for name in [""] + os.path.dirname(below).split("/"):
                directory = os.path.join(directory, name) if name else directory
                if not os.path.isdir(directory):
                    os.mkdir(directory, 0o755)
                    os.chmod(directory, 0o755)  # whatever the umask
        _write(part if comes == path else os.path.join(part, below), text, mode, path)
        os.rename(part, comes)
    except BaseException:
        if os.path.lexists(part):
            _discard(part)
        raise


def _write(part, text, mode, path):
    """Write a file that is not there yet. Its content is never readable by more than its mode says; its owner is that of path."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
        try:
            owner = os.stat(path)
            os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
        except FileNotFoundError:
            pass
        os.fchmod(stream.fileno(), mode)
        stream.flush()
        os.fsync(stream.fileno())
