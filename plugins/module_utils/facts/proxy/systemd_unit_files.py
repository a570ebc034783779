# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of systemd itself, and those that make up one of its units."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.drop_ins import effective_files

MANAGER_FILES = ("/etc/systemd/system.conf", "/etc/systemd/system.conf.d/*.conf")
# In the order of precedence.
DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)


def systemd_unit_files(name, root="/"):
    """Return the paths below a root directory of a unit's own file, if any, and of its drop-ins, as systemd reads them.

    name: such as `docker.service`, or `service` for the drop-ins of all services.
    """
    folders = [os.path.join(root, folder.lstrip("/")) for folder in DIRECTORIES]
    own = [path for path in (os.path.join(folder, name) for folder in folders) if os.path.lexists(path)]
    drop_ins = effective_files([_listing(os.path.join(folder, name + ".d")) for folder in folders])
    return [path for path in own[:1] + drop_ins if os.path.realpath(path) != "/dev/null"]


def _listing(folder):
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".conf")]
    except OSError:
        return []
