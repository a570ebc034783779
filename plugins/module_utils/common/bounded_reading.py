# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files and run programs on a host that may be hostile, slow or broken, and always come back.

Nothing here follows a FIFO, reads without a limit or waits without a timeout.
"""

import errno
import os
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import programs

TEXT_LIMIT = 1024 * 1024  # bytes; a settings file beyond this is not one


class Unreadable(Exception):
    """The evidence could not be had; the text says why, for a person."""


class DanglingLink(Unreadable):
    """A link to a file that does not exist. Whoever opens it finds no file."""


def read_text(path, limit=TEXT_LIMIT):
    """As read_bytes, as text. Bytes that are not UTF-8 come back as replacement characters."""
    return read_bytes(path, limit).decode("utf-8", "replace")


def read_bytes(path, limit=TEXT_LIMIT):
    """Return the content of a regular (or /proc, /sys) file, at most `limit` bytes.

    Raises Unreadable when the file is missing, no regular file, too large or not to be read.
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
    """As read_bytes, of a file that is open already; path: what to call it."""
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

    What an unreadable file says is not known. A dangling link says nothing, to whatever program.
    """
    dangling = [str(problem) for problem in problems if isinstance(problem, DanglingLink)]
    return {"unreadable": [str(problem) for problem in problems if str(problem) not in dangling], "dangling": dangling}


def run_text(argv, timeout=5.0, quoting=True):
    """Run a program with a plain locale and no input; return its standard output as text.

    Raises Unreadable when it is missing, exits non-zero or takes longer than `timeout` seconds. quoting: whether the reason
    may repeat its last line; a program that reads files with secrets may quote these.
    """
    try:
        process = programs.Program(argv)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise Unreadable(f"{argv[0]}: command not found") from error
        raise Unreadable(f"{argv[0]}: {os.strerror(error.errno)}") from error
    try:
        out, err = process.ended(timeout)
    except programs.Late as problem:
        raise Unreadable("{}: {}".format(" ".join(argv), problem)) from problem
    if process.returncode != 0:
        said = (err or out).decode("utf-8", "replace").strip().splitlines() if quoting else []
        raise Unreadable(
            "{}: exit code {}{}".format(" ".join(argv), process.returncode, ": " + said[-1] if said else "")
        )
    return out.decode("utf-8", "replace")
