# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which text, mode and owner files of this host have."""

import os
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting


def file_evidence(paths):
    """Return `{path: {"text", "mode", "owner", "group"}}`, None for a file that does not exist.

    text: None where it cannot be read. mode: four octal digits as text. owner, group: numbers. Of a link these are its own.
    """
    found = {}
    for path in paths:
        try:
            status = os.lstat(path)
        except OSError:
            found[path] = None
            continue
        found[path] = {
            "text": read_noting(path, []),
            "mode": f"{stat.S_IMODE(status.st_mode):04o}",
            "owner": status.st_uid,
            "group": status.st_gid,
        }
    return found
