# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/platforms.yml: what the installer and its platform ask of a host besides the vendor's page."""

import functools

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog


@functools.lru_cache(maxsize=None)
def load(folder=catalog.FOLDER):
    """Return `{name: value}`: the lists and values of the file, without their sources."""
    path = folder / "platforms.yml"
    try:
        content = yaml_load(path.read_text(encoding="utf-8"))
        return {name: _value(entry) for name, entry in content.items()}
    except (OSError, yaml.YAMLError, AttributeError, TypeError, StopIteration) as problem:
        raise catalog.CatalogError(f"{path} cannot be read: {problem}") from problem


def _value(entry):
    return next(value for name, value in entry.items() if name != "source")
