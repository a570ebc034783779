# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of Linux-PAM, which decides how much of /etc/environment sessions get."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

# Each package manager knows its own packages only.
_QUERIES = (
    ["dpkg-query", "--show", "--showformat=${Version}", "libpam-modules"],
    ["rpm", "--query", "--queryformat=%{VERSION}", "pam"],
)


def pam_version(run=run_text):
    """Return the version as a text, such as "1.5.2", None where no package manager knows it."""
    for query in _QUERIES:
        try:
            match = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", run(query))
        except Unreadable:
            continue
        if match:
            return match.group(1)
    return None


def numbers(version):
    """Return the numbers of a version, None for None."""
    return None if version is None else tuple(int(number) for number in version.split("."))
