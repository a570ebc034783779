# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the platforms that no node of the lab runs, for tests that judge them from these facts."""

import json
import pathlib
from unittest import mock

from ansible.module_utils.common import sys_info
from ansible.module_utils.distro import LinuxDistribution
from ansible.module_utils.facts.system import distribution

FOLDER = pathlib.Path(__file__).with_name("facts")


def names():
    """Return the names of all recorded platforms: "rhel-7", "ubuntu-24.04", ..."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name):
    """Return what is recorded of a platform.

    `files`: {path: text}, the files that say which distribution it is. `facts`: Ansible's, without the prefix, as far as
    they are used. `versions`: {program: version} as the release ships them with its last updates, systemd's a number.
    """
    return json.loads((FOLDER / (name + ".json")).read_text(encoding="utf-8"))


def facts_by_ansible(files, root):
    """Return the facts that Ansible makes of such files, written to a directory `root` for the purpose."""
    for path, text in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def at(path):
        return str(root / path.lstrip("/"))

    exists, content = distribution._file_exists, distribution.get_file_content
    found = LinuxDistribution(include_lsb=False, include_uname=False, root_dir=str(root))
    with (
        mock.patch.object(sys_info, "distro", found),
        mock.patch.object(sys_info.platform, "system", lambda: "Linux"),
        mock.patch.object(distribution, "_file_exists", lambda path, **words: exists(at(path), **words)),
        mock.patch.object(distribution, "get_file_content", lambda path, *rest: content(at(path), *rest)),
    ):
        return distribution.Distribution(module=None).get_distribution_facts()
