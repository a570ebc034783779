# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the host by the names that they have there, and those that a program makes in their place at the next boot."""

import glob
import os
from fnmatch import fnmatchcase

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting

MOST_FILES = 200  # of one kind; a directory with more is not read completely
BACKUPS = ("~", ".bak", ".orig", ".rpmsave", ".rpmnew", ".rej", ".swp", ".dpkg-old", ".dpkg-new", ".dpkg-dist")


class HostTree:
    """Reads files and records which could not be read.

    generated: `{path: text}` of files that a program makes at the next boot; they replace those that match `replaced`.
    """

    def __init__(self, root="/"):
        self.root, self.problems, self.generated = root, [], {}
        self._replaced, self._texts = set(), {}

    def generate(self, patterns, texts):
        """Let `texts`, by path, stand in the place of the files that match patterns now."""
        for pattern in patterns:
            self._replaced.update(self._found(pattern))
        self.generated = dict(texts)

    def paths(self, *patterns):
        """The paths of files that match patterns, as on the host; those of one pattern sorted."""
        found = []
        for pattern in patterns:
            there = [path for path in self._found(pattern) if path not in self._replaced]
            made = [path for path in self.generated if os.path.dirname(path) == os.path.dirname(pattern)]
            made = [path for path in made if fnmatchcase(os.path.basename(path), os.path.basename(pattern))]
            found += sorted(set(there + made))[:MOST_FILES]
        return [path for path in found if not path.endswith(BACKUPS)]

    def names(self, pattern):
        """The paths that match a pattern, backups among them."""
        return self._found(pattern)

    def files_in(self, directory):
        """The paths of the files of a directory."""
        return self._found(directory.rstrip("/") + "/*")

    def text(self, path):
        """The content of a file; None where it cannot be read, which is recorded."""
        if path in self.generated:
            return self.generated[path]
        if path not in self._texts:
            self._texts[path] = read_noting(self.real(path), self.problems)
        return self._texts[path]

    def is_file(self, path):
        """Whether there is a file or something else that is not a directory."""
        real = self.real(path)
        return path in self.generated or (os.path.lexists(real) and not os.path.isdir(real))

    def is_directory(self, path):
        """Whether there is a directory."""
        return os.path.isdir(self.real(path))

    def is_masked(self, path):
        """Whether a file is empty or a link to /dev/null, with which an administrator hides another one."""
        real = self.real(path)
        if path in self.generated:
            return not self.generated[path]
        return os.path.realpath(real) == os.devnull or (os.path.isfile(real) and not os.path.getsize(real))

    def status(self, path):
        """What os.stat says of a file; None for one that is generated or not there."""
        try:
            return None if path in self.generated else os.stat(self.real(path))
        except OSError:
            return None

    def real(self, path):
        """Where a file of the host is now."""
        return os.path.join(self.root, path.lstrip("/"))

    def _found(self, pattern):
        found = ("/" + os.path.relpath(path, self.root) for path in sorted(glob.glob(self.real(pattern))))
        return [path for path in found if not os.path.isdir(self.real(path))]
