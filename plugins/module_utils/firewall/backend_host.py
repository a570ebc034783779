# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access of backends to the host: its programs and its files."""

import contextlib
import errno
import os
import shutil
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Place, Untrusted

TIMEOUT = 60.0  # seconds; firewalld is slow when it reloads


class FirewallError(Exception):
    """A change that failed or is not possible, as one sentence."""


@contextlib.contextmanager
def _changed(path):
    """The Place of a file that is to be changed."""
    try:
        with Place(path, follow=False) as place:
            place.clear()
            yield place
    except Untrusted as problem:
        raise FirewallError(str(problem)) from problem
    except OSError as problem:
        raise FirewallError(f"{path}: {os.strerror(problem.errno)}") from problem


class Host:
    """Runs programs and handles files; failures raise FirewallError.

    before_write: None, or a function that is called with the path and the text of each file before it is written.
    """

    before_write = None

    def program(self, name):
        """Return the path of a program, None where the host has none."""
        return shutil.which(name, path=host_programs.PATH)

    def run(self, argv, stdin=None, timeout=TIMEOUT):
        """Run a program with a plain locale; return its standard output. Raises FirewallError with its last line."""
        code, out, err = self.try_run(argv, stdin, timeout)
        if code != 0:
            lines = (err or out).strip().splitlines()
            raise FirewallError(
                "{}: exit code {}{}".format(" ".join(argv), code, ": " + " / ".join(lines[-3:]) if lines else "")
            )
        return out

    def try_run(self, argv, stdin=None, timeout=TIMEOUT):
        """As run, but return (exit code, standard output, standard error) whatever the code is."""
        try:
            process = host_programs.Program(argv, fed=stdin is not None)
        except OSError as problem:
            raise FirewallError(f"{argv[0]}: {os.strerror(problem.errno)}") from problem
        try:
            out, err = process.ended(timeout, None if stdin is None else stdin.encode("utf-8"))
        except host_programs.Late as problem:
            raise FirewallError("{}: {}".format(" ".join(argv), problem)) from problem
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def read(self, path):
        """Return the text of a file, None where it is not there."""
        try:
            return read_text_or_none(path)
        except Unreadable as problem:
            raise FirewallError(str(problem)) from problem

    def write(self, path, text, mode=0o644):
        """Replace a file in one step; make the directory above it. It is on the disk when this returns."""
        if self.before_write is not None:
            self.before_write(path, text)
        with _changed(path) as place:
            place.make_directories()
            place.replace(text.encode("utf-8"), mode)

    def names(self, directory):
        """Return the sorted names in a directory, none where there is no such directory."""
        try:
            return sorted(os.listdir(directory))
        except OSError as problem:
            if problem.errno not in (errno.ENOENT, errno.ENOTDIR):
                raise FirewallError(f"{directory}: {os.strerror(problem.errno)}") from problem
            return []

    def remove(self, path):
        """Remove a file if it is there."""
        with _changed(path) as place:
            if place.exists():
                place.remove()

    def missing_directories(self, paths):
        """Return the directories above paths that are not there, each one behind those above it."""
        missing = set()
        for path in paths:
            directory = os.path.dirname(path)
            while not os.path.isdir(directory):
                missing.add(directory)
                directory = os.path.dirname(directory)
        return sorted(missing)

    def is_directory(self, path):
        """Whether there is a directory."""
        return os.path.isdir(path)

    def remove_directories(self, directories):
        """Remove those directories that are empty, the lowest first."""
        for directory in sorted(directories, reverse=True):
            try:
                os.rmdir(directory)
            except OSError:  # other files are in it, or it is gone
                continue

    def now(self):
        """The host's clock, seconds since the epoch."""
        return time.time()

    def runs_systemd(self):
        """Whether systemd runs this host."""
        return os.path.isdir("/run/systemd/system")

    def unit_is(self, question, unit):
        """Ask systemd whether a unit `is-active` or `is-enabled`."""
        return self.try_run(["systemctl", question, "--quiet", unit])[0] == 0
