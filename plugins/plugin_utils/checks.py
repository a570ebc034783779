# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/checks.yml: what the audit judges, in the order of the report."""

import functools

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog


@functools.lru_cache(maxsize=None)
def load(folder=catalog.FOLDER):
    """Return the list of checks `{id, title, severity, requirements, source}` and, for some, `each`."""
    path = folder / "checks.yml"
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))["checks"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as problem:
        raise catalog.CatalogError(f"{path} cannot be read: {problem}") from problem
