# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chronyd reads: its own file and all that this one names, in chronyd's order.

chrony.conf(5): `include` is read where it stands; of the directories of one `confdir` or `sourcedir` the files are sorted by
name, and of one name that of the first directory counts; sources are read last.
"""

import glob
import os
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_noting,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import chrony_directives

DEFAULTS = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
# chronyd creates it after it has read its configuration.
COMMAND_SOCKET = "/run/chrony/chronyd.sock"
# Other programs write there, and have chronyd read it again without a restart.
RUNTIME = "/run/"
SUFFIXES = {"confdir": ".conf", "sourcedir": ".sources"}
MOST_NESTED = 10


def read_configuration(paths=DEFAULTS, socket=COMMAND_SOCKET, command=None):
    """Return what the configuration of chronyd says, None where there is none.

    `path` is its own file, `files` are the lines of all files that name others (see chrony_directives.parse_configuration), each
    with the file that it stands `in`. `sources` and `keys` have the `path` of their file. `control` is where chronyc finds
    chronyd. `option` is whether -f names the file; `directives` whether chronyd has directives instead of a file, and `path`
    is None then. See newer_than_chronyd for `newer`. command: see chronyd_command.read_command.
    """
    given, problems = command or {"file": None, "directives": []}, []
    if given["directives"]:
        return _evidence(None, "\n".join(given["directives"]), socket, given)
    for path in [given["file"]] if given["file"] else paths:
        text = read_noting(path, problems)
        if text is not None:
            return _evidence(path, text, socket, given)
    if problems:
        raise problems[0]
    return None


def _evidence(path, text, socket, given):
    reader = _Reader()
    reader.read(path, text, 0)
    reader.read_sources()
    control = chrony_directives.parse_control(reader.controls)
    return {
        "path": path,
        "files": reader.files,
        "sources": reader.sources,
        "keys": reader.keys(),
        "control": control,
        "option": bool(given["file"]),
        "directives": bool(given["directives"]),
        "newer": newer_than_chronyd(reader.paths, control["socket"] or socket),
    }


class _Reader:
    """Follows a configuration. paths: all files and directories that were read, each once."""

    def __init__(self):
        self.paths, self.files, self.sources, self.controls = [], [], [], []
        self._source_directories = []

    def read(self, path, text, depth):
        """Read a file and, where they stand, the files that it includes."""
        if path is not None:
            self.paths.append(path)
        self.sources += [dict(entry, path=path) for entry in chrony_directives.parse_servers(text)]
        self.controls += chrony_directives.parse_control_lines(text)
        for directive, directories, block in chrony_directives.parse_reading(text):
            self.files += [{"directive": directive, "path": one, "block": block, "in": path} for one in directories]
            if directive == "sourcedir":
                self._source_directories.append(directories)
            elif directive == "confdir":
                self._follow(_merged(directories, SUFFIXES[directive]), depth)
                self.paths += [one for one in directories if one not in self.paths]
            elif directive == "include":
                for pattern in directories[:1]:
                    self._follow(sorted(glob.glob(pattern)), depth)

    def read_sources(self):
        """Read the files of sources, after all others."""
        for directories in self._source_directories:
            self.paths += [one for one in directories if one not in self.paths]
            for path in _merged(directories, SUFFIXES["sourcedir"]):
                if path not in self.paths:
                    self.paths.append(path)
                    self.sources += [
                        dict(entry, path=path) for entry in _read_file(path, chrony_directives.parse_servers)
                    ]

    def keys(self):
        """Return the ids of the keys: of several files of keys the last one counts."""
        named = [line["path"] for line in self.files if line["directive"] == "keyfile"]
        self.paths += [path for path in named[-1:] if path not in self.paths]
        return [
            dict(entry, path=path) for path in named[-1:] for entry in _read_file(path, chrony_directives.parse_key_ids)
        ]

    def _follow(self, paths, depth):
        for one in paths:
            if one not in self.paths and depth < MOST_NESTED:
                self.read(one, _read_file(one, str), depth + 1)


def _merged(directories, suffix):
    """The files of directories in the order of their names; of one name that of the first directory."""
    by_name = {}
    for directory in directories:
        for path in glob.glob(os.path.join(directory, "*" + suffix)):
            by_name.setdefault(os.path.basename(path), path)
    return [path for _name, path in sorted(by_name.items())]


def _read_file(path, parse):
    """The text of a file that may be missing, or that only root can read."""
    try:
        return parse(read_text_or_none(path) or "")
    except Unreadable:
        return parse("")


def newer_than_chronyd(paths, socket=COMMAND_SOCKET):
    """Return those files and directories that have changed since chronyd read its configuration, None where it does not run.

    A time in the future does not count: the clock was set back since.
    """
    started = _changed_at(socket)
    if started is None:
        return None
    lasting = [path for path in paths if not path.startswith(RUNTIME)]
    return [path for path in lasting if started < (_changed_at(path) or 0) <= time.time()]


def _changed_at(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None
