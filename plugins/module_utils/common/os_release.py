# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operating system this is, from /etc/os-release."""

import shlex

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting

PATHS = ("/etc/os-release", "/usr/lib/os-release")


def parse_os_release(text):
    """Return `{name: value}` of lines such as `ID="rhel"`; lines that are not valid are left out."""
    found = {}
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if not separator or name.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        found[name] = " ".join(words)
    return found


def platform_of(values):
    """Return `{"id", "version", "like"}`: `rhel`, `8.10` and `["fedora"]`; None or empty for what is not set."""
    return {
        "id": values.get("ID") or None,
        "version": values.get("VERSION_ID") or None,
        "like": values.get("ID_LIKE", "").split(),
    }


def read_values():
    """Return what os-release of this host says, as parse_os_release does; nothing where there is none.

    Raises Unreadable where there is one, and none can be read.
    """
    problems = []
    for path in PATHS:
        text = read_noting(path, problems)
        if text is not None:
            return parse_os_release(text)
    if problems:
        raise problems[0]
    return {}


def read_platform():
    """Return the platform of this host, as platform_of does."""
    return platform_of(read_values())
