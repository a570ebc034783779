# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netplan makes of its YAML at the next boot: netplan's own generator writes it into a directory of its own.

The files in /run are those of the last boot or of the last `netplan apply`.
"""

import glob
import os
import shutil
import tempfile

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import netplan_files


def generated(tree, program):
    """Return `{path: text}` of what netplan's generator makes. Raises Unreadable where it refuses the YAML."""
    directory = tempfile.mkdtemp(prefix="hostprep-netplan-")
    try:
        for path in netplan_files.sources(tree):
            place = os.path.join(directory, path.lstrip("/"))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copyfile(tree.real(path), place)
            os.chmod(place, 0o600)
        # It may quote a line of the YAML, in which a secret may stand.
        run_text([program, "--root-dir", directory], quoting=False)
        made = {}
        for pattern in netplan_files.MADE:
            for path in glob.glob(os.path.join(directory, pattern.lstrip("/"))):
                if os.path.isfile(path):
                    made["/" + os.path.relpath(path, directory)] = read_text(path)
        return made
    except OSError as problem:
        raise Unreadable(f"netplan: {problem}") from problem
    finally:
        shutil.rmtree(directory, ignore_errors=True)
