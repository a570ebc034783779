# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/checks/: what the audit judges, in the order of the report."""

import functools

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog

# The order of the report. An area has a file of its own; one that is not named here comes last.
AREAS = ("access", "host", "storage", "kernel", "time", "net", "proxy", "fw", "egress", "ports")


@functools.lru_cache(maxsize=None)
def load(folder=catalog.FOLDER):
    """Return the list of checks `{id, title, severity, requirements, source}` and, for some, `each`, `phase` and `role`."""
    paths = sorted((folder / "checks").glob("*.yml"), key=_place)
    if not paths:
        raise catalog.CatalogError(f"{folder / 'checks'} has no file")
    return [check for path in paths for check in _checks_of(path)]


def _place(path):
    return (AREAS.index(path.stem) if path.stem in AREAS else len(AREAS), path.stem)


def _checks_of(path):
    try:
        return yaml_load(path.read_text(encoding="utf-8"))["checks"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as problem:
        raise catalog.CatalogError(f"{path} cannot be read: {problem}") from problem
