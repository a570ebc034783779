# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep marked blocks in files of a host: plan what one file needs, and write it so that no secret is ever exposed."""

import os
import stat
import tempfile

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

    @property
    def changed(self):
        return (self.text, self.mode) != (self.new_text, self.new_mode)

    def diff(self):
        """What people see of the change: the block alone, because the rest of the file may hold other secrets."""
        note = " (a secret differs)" if self.shown == self.new_shown and self.text != self.new_text else ""
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


def carry_out(wanted):
    """Do what a Plan says."""
    try:
        if wanted.new_text is None:
            _remove(wanted.path, wanted.directories)
        elif wanted.new_text == wanted.text:
            os.chmod(wanted.path, wanted.new_mode)
        else:
            for directory in _missing_directories(wanted.path):
                os.mkdir(directory, 0o755)
                os.chmod(directory, 0o755)  # whatever the umask
            _replace(wanted.path, wanted.new_text, wanted.new_mode)
    except OSError as error:
        raise Refused("{0}: {1}".format(wanted.path, error.strerror))


def _remove(path, directories):
    os.unlink(path)
    for _level in range(directories):
        path = os.path.dirname(path)
        try:
            os.rmdir(path)
        except OSError:  # somebody else's files are in it
            return


def _replace(path, text, mode):
    """Write a file in one step. Its content is never readable by more than its mode says."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".managed-")
    try:
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
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
