# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files of a host that may be hostile or broken: nothing here blocks on a FIFO or reads without a limit."""

import errno
import os
import stat

TEXT_LIMIT = 1024 * 1024  # bytes; a settings file beyond this is not one


class Unreadable(Exception):
    """A file or the output of a program could not be read; the text says why."""


class DanglingLink(Unreadable):
    """A link to a file that does not exist: programs that open it find no file."""


def read_text(path, limit=TEXT_LIMIT):
    """As read_bytes, as text. Bytes that are not UTF-8 come back as replacement characters."""
    return read_bytes(path, limit).decode("utf-8", "replace")


def read_bytes(path, limit=TEXT_LIMIT):
    """Return the content of a regular (or /proc, /sys) file, at most `limit` bytes.

    Raises Unreadable when the file is missing, not a regular file, too large or not readable.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENOENT and os.path.islink(path):
            raise DanglingLink(f"{path}: dangling link to {os.readlink(path)}") from error
        raise Unreadable(f"{path}: {os.strerror(error.errno)}") from error
    try:
        return content(descriptor, path, limit)
    finally:
        os.close(descriptor)


def content(descriptor, path, limit=TEXT_LIMIT):
    """As read_bytes, of a file that is open already; path: its name in messages."""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable(f"{path}: not a regular file")
        chunks = []
        left = limit + 1
        while left > 0:
            chunk = os.read(descriptor, min(left, 65536))
            if not chunk:
                break
            chunks.append(chunk)
            left -= len(chunk)
        if left <= 0:
            raise Unreadable(f"{path}: larger than {limit} bytes")
        return b"".join(chunks)
    except OSError as error:
        raise Unreadable(f"{path}: {os.strerror(error.errno)}") from error


def read_text_or_none(path, limit=TEXT_LIMIT):
    """As read_text, but None for a file that is not there."""
    try:
        return read_text(path, limit)
    except Unreadable:
        if os.path.lexists(path):
            raise
        return None


def read_noting(path, problems, limit=TEXT_LIMIT):
    """As read_text_or_none, but also None for a file that cannot be read; its Unreadable is appended to `problems`."""
    try:
        return read_text_or_none(path, limit)
    except Unreadable as problem:
        problems.append(problem)
        return None


def noted(problems):
    """Return `{"unreadable": [text], "dangling": [text]}` of the problems that read_noting found.

    The content of an unreadable file is unknown. A dangling link has no content for any program.
    """
    dangling = [str(problem) for problem in problems if isinstance(problem, DanglingLink)]
    return {"unreadable": [str(problem) for problem in problems if str(problem) not in dangling], "dangling": dangling}
