# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/clusters.yml: the kinds of clusters, each with its networks, and where its container runtime is configured."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.files import CatalogError

NO_PROFILE = "none"


class Networks(NamedTuple):
    """Networks in CIDR notation; "" where the cluster has no default."""

    pods: str = ""
    services: str = ""


class RuntimeProxy(NamedTuple):
    """Where the container runtime takes its proxies from.

    form: systemd_unit or environment_file. controller, worker: the file on such a node. restart: units.
    """

    form: str
    controller: str
    worker: str
    restart: tuple[str, ...]


class Profile(NamedTuple):
    """beside_ports: what else the nodes exchange that is no port, "" for nothing."""

    id: str
    distribution: str
    title: str
    cni: str
    networks: Networks
    runtime_proxy: RuntimeProxy
    beside_ports: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names by which rows of the port table mean this profile."""
        return frozenset((self.id, self.distribution, self.cni))


class Clusters(NamedTuple):
    """appliance: the Networks of the appliance. profiles: by id, in the order of the file."""

    appliance: Networks
    profiles: dict[str, Profile]

    def profile(self, name: str | None) -> Profile | None:
        """Return a Profile; None for none. Raise CatalogError for a name that is not known."""
        if not name or name == NO_PROFILE:
            return None
        if name not in self.profiles:
            raise CatalogError(f"{name!r} is not a cluster profile; valid: {', '.join((NO_PROFILE, *self.profiles))}")
        return self.profiles[name]


@functools.cache
def load(folder: Path = files.FOLDER) -> Clusters:
    """Return the Clusters of the file, read once."""
    content = files.read(folder / "clusters.yml")
    distributions = {entry["id"]: entry for entry in content["distributions"]}
    profiles = [_profile(entry, distributions[entry["distribution"]]) for entry in content["profiles"]]
    return Clusters(_networks(content["appliance"]), {profile.id: profile for profile in profiles})


def _profile(entry: dict[str, Any], distribution: dict[str, Any]) -> Profile:
    proxy = distribution["runtime_proxy"]
    return Profile(
        entry["id"],
        entry["distribution"],
        distribution["title"],
        entry["cni"],
        _networks({**distribution["networks"], **entry.get("networks", {})}),
        RuntimeProxy(proxy["form"], proxy["controller"], proxy["worker"], tuple(proxy["restart"])),
        entry.get("beside_ports", ""),
    )


def _networks(entry: dict[str, Any]) -> Networks:
    return Networks(entry.get("pods", ""), entry.get("services", ""))
