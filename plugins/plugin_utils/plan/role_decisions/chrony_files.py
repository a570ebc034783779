# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of chrony must say of the servers and keys of the site.

Pure functions of the inputs and of the section `time` of host_info. No line holds a secret: in the place of a key stands
`@{key_ID}`. A file belongs to the inputs that are set; lines for others stay.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.block_changes import (
    PRESENT,
    ManagedFile,
    managed_file,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_platforms import (
    DEBIAN,
    Platform,
    platform_of,
)

BLOCK = "runtime-fabric"
RECENT = (4, 0)  # reads files that hold sources alone, and knows NTS and keys of ciphers
FLAGS = ("iburst", "prefer", "trust", "nts")
OPTIONS = ("key", "minpoll", "maxpoll", "maxsources")


class Wanted(NamedTuple):
    """Servers and keys as rtf_ntp_servers and rtf_ntp_keys have them; None where the input is not set."""

    servers: Sequence[Any] | None
    keys: Sequence[Mapping[str, Any]] | None


def version_of(clock: Mapping[str, Any]) -> str:
    """Return the version of the host's chrony, before its installation that of the platform's package."""
    return (clock.get("chrony") or {}).get("version") or platform_of(clock).version


def is_recent(clock: Mapping[str, Any]) -> bool:
    """Whether this chrony is of version 4.0 or later."""
    return tuple(int(part) for part in version_of(clock).split(".")[:2]) >= RECENT


def unsupported(clock: Mapping[str, Any], wanted: Wanted) -> list[str]:
    """Return what the inputs ask for and this chrony does not have."""
    recent = is_recent(clock)
    chrony = clock.get("chrony") or {}
    nts = recent and (not chrony.get("version") or "NTS" in chrony["features"])
    servers = [entry for entry in wanted.servers or () if isinstance(entry, Mapping) and entry.get("nts")]
    ciphers = [entry for entry in wanted.keys or () if entry["type"].startswith("AES")]
    return [f"NTS of {entry['host']}" for entry in servers if not nts] + [
        f"the cipher of key {entry['id']}" for entry in ciphers if not recent
    ]


def files(clock: Mapping[str, Any], wanted: Wanted) -> list[ManagedFile]:
    """Return the files of the inputs that are set."""
    platform, recent = platform_of(clock), is_recent(clock)
    found: list[ManagedFile] = []
    if wanted != Wanted(None, None):
        path, lines = _own_file(clock, wanted, platform)
        found.append(managed_file(path, lines, create=False))
    if wanted.servers is not None:
        lines = [source_line(entry) for entry in wanted.servers]
        found.append(managed_file(_sources_file(platform), lines if recent else []))
        found.append(managed_file(_include_file(platform), [] if recent else lines))
    if wanted.keys is not None:
        path = _keyfile_of_others(clock, platform) or platform.keys_file
        found.append(managed_file(path, [key_line(entry) for entry in wanted.keys], mode="0640"))
    return found


def before_installation(clock: Mapping[str, Any], wanted: Wanted, files: Sequence[ManagedFile]) -> list[ManagedFile]:
    """Return those of `files` with which the installation of chrony starts it, so that it need not be restarted at once.

    Packages of the Debian family start chrony, and their configuration reads the directory of our sources. With keys chrony
    is restarted anyway, since their file belongs to an account that the package makes.
    """
    platform = platform_of(clock)
    if platform.service != DEBIAN.service or not is_recent(clock) or not wanted.servers or wanted.keys:
        return []
    return [entry for entry in files if entry["path"] == _sources_file(platform) and entry["state"] == PRESENT]


def possible_files(platform: Platform, wanted: Wanted) -> list[ManagedFile]:
    """Return every file that may be wanted on a platform, whatever its chrony and its configuration are."""
    sources = [source_line(entry) for entry in wanted.servers or ()]
    return [
        managed_file(platform.configuration, [*_reading(platform).values(), f"keyfile {platform.keys_file}"]),
        managed_file(_sources_file(platform), sources),
        managed_file(_include_file(platform), sources),
        managed_file(platform.keys_file, [key_line(entry) for entry in wanted.keys or ()]),
    ]


def source_line(server: Any) -> str:
    """Return the line of one entry of rtf_ntp_servers."""
    entry = server if isinstance(server, Mapping) else {"host": server}
    words = ["pool" if entry.get("pool") else "server", entry["host"]]
    words += [flag for flag in FLAGS if entry.get(flag, flag == "iburst")]
    return " ".join(words + [f"{option} {entry[option]}" for option in OPTIONS if option in entry])


def key_line(key: Mapping[str, Any]) -> str:
    """Return the line of one entry of rtf_ntp_keys."""
    return f"{key['id']} {key['type']} @{{{secret_name(key)}}}"


def secret_name(key: Mapping[str, Any]) -> str:
    """Return the name by which the secret of a key is given to managed_blocks."""
    return f"key_{key['id']}"


def _sources_file(platform: Platform) -> str:
    return f"{platform.sources_directory}/runtime-fabric.sources"


def _include_file(platform: Platform) -> str:
    return f"{platform.include_directory}/runtime-fabric.conf"


def _reading(platform: Platform) -> dict[bool, str]:
    """Return {whether chrony is recent: the line that makes it read the file of our sources}."""
    return {True: f"sourcedir {platform.sources_directory}", False: f"include {platform.include_directory}/*.conf"}


def _own_file(clock: Mapping[str, Any], wanted: Wanted, platform: Platform) -> tuple[str, list[str]]:
    """Return (the package's own file, what it must say besides); before the installation as the package will have it."""
    configuration = clock.get("configuration") or {}
    others, ours = _directives(clock, platform), [line for line in configuration.get("files", ()) if _is_ours(line)]
    if wanted.servers is None:
        reading = [_text(line) for line in ours if line["directive"] != "keyfile"]
    else:
        line = _reading(platform)[is_recent(clock)]
        reading = [line] if wanted.servers and not any(_reads(entry, line) for entry in others) else []
    if wanted.keys is None:
        keyfile = [_text(line) for line in ours if line["directive"] == "keyfile"]
    else:
        needed = wanted.keys and not _keyfile_of_others(clock, platform)
        keyfile = [f"keyfile {platform.keys_file}"] if needed else []
    return configuration.get("path") or platform.configuration, reading + keyfile


def _reads(entry: Mapping[str, Any], line: str) -> bool:
    """Whether a line makes chrony read what our line does; a directory that is named twice gives each source a twin."""
    directive, path = line.split(" ", 1)
    return bool(entry["directive"] == directive and posixpath.normpath(entry["path"]) == path)


def _directives(clock: Mapping[str, Any], platform: Platform) -> list[Mapping[str, Any]]:
    """Return the lines that are not ours, of all files that chronyd reads."""
    configuration = clock.get("configuration")
    if not configuration:
        return [{"directive": "keyfile", "path": platform.keys_file, "block": None}]
    return [line for line in configuration.get("files", ()) if not _is_ours(line)]


def _keyfile_of_others(clock: Mapping[str, Any], platform: Platform) -> str:
    """Return the file of keys that the configuration names, the last one, as for chrony itself."""
    paths = [line["path"] for line in _directives(clock, platform) if line["directive"] == "keyfile"]
    return paths[-1] if paths else ""


def _is_ours(line: Mapping[str, Any]) -> bool:
    return line["block"] == BLOCK


def _text(line: Mapping[str, Any]) -> str:
    return f"{line['directive']} {line['path']}"
