# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a file below a directory that another party controls, such as the root of a container.

No component may be a link: one that leads to the root of the host, or to a device of it, is not followed. Nothing is opened
for reading before it is known to be a regular file.
"""

import os
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files

_FOUND_ONLY = os.O_PATH | os.O_CLOEXEC


def read_text(root, path, limit):
    """The text of the file at a path (relative) below a directory, at most `limit` bytes. Raises host_files.Unreadable."""
    shown = f"{root}/{path}"
    *folders, name = path.split("/")
    held = []
    try:
        held.append(os.open(root, _FOUND_ONLY | os.O_DIRECTORY))
        for folder in folders:
            held.append(os.open(folder, _FOUND_ONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=held[-1]))
        held.append(os.open(name, _FOUND_ONLY | os.O_NOFOLLOW, dir_fd=held[-1]))
        if not stat.S_ISREG(os.fstat(held[-1]).st_mode):
            raise host_files.Unreadable(f"{shown}: not a regular file")
        held.append(os.open(f"/proc/self/fd/{held[-1]}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        return host_files.content(held[-1], shown, limit).decode("utf-8", "replace")
    except OSError as error:
        raise host_files.Unreadable(f"{shown}: {os.strerror(error.errno)}") from error
    finally:
        for descriptor in held:
            os.close(descriptor)
