# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/vendors.yml: who runs an endpoint, who may sign for it, and by what its answers are known."""

import functools
from fnmatch import fnmatchcase

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog


@functools.lru_cache(maxsize=None)
def load(folder=catalog.FOLDER):
    """Return `{"vendors": [...], "public_authorities": [...]}` as the file has it."""
    path = folder / "vendors.yml"
    try:
        content = yaml_load(path.read_text(encoding="utf-8"))
        return {name: content[name] for name in ("vendors", "public_authorities")}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as problem:
        raise catalog.CatalogError(f"{path} cannot be read: {problem}") from problem


def of_host(host):
    """Return the vendor that runs a host, or None."""
    return next((vendor for vendor in load()["vendors"] if _matches(host, vendor["hosts"])), None)


def issuers(host):
    """Return the organisations that may sign for a host; none means that nobody knows."""
    vendor = of_host(host)
    return sorted({*vendor["issuers"], *load()["public_authorities"]}) if vendor else []


def signs(host):
    """Return the headers by which an answer of a host is known; none where nobody knows."""
    vendor = of_host(host) or {}
    return next((origin["signs"] for origin in vendor.get("origins", ()) if _matches(host, origin["hosts"])), [])


def _matches(host, patterns):
    name = host.rstrip(".").lower()
    return any(fnmatchcase(name, pattern) for pattern in patterns)
