# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/kernel_packages.yml: which package has the modules that a kernel lacks."""

import functools

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog


@functools.lru_cache(maxsize=None)
def load(folder=catalog.FOLDER):
    """Return the list of `{ids, since, package, install, source}`."""
    path = folder / "kernel_packages.yml"
    try:
        return yaml_load(path.read_text(encoding="utf-8"))["kernel_packages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as problem:
        raise catalog.CatalogError(f"{path} cannot be read: {problem}") from problem


def of_platform(platform, release):
    """Return `{"package", "install"}` for a kernel release on a platform `{"id", "version"}`, or None where nobody knows."""
    major = (platform.get("version") or "").partition(".")[0]
    for entry in load():
        if platform.get("id") in entry["ids"] and major.isdigit() and int(major) >= entry["since"]:
            return {name: entry[name].format(release=release) for name in ("package", "install")}
    return None
