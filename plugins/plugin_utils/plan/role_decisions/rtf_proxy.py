# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of rtf_proxy: what a node's files must say of the proxies, and what has to change for it.

Pure functions of the inputs of the role rtf_proxy, with the list `no_proxy` among them, and of the sections `proxy` and
`blocks` of host_info. No plan holds a secret: the URLs among the inputs have `@{http_credentials}` and
`@{monitoring_credentials}` in the place of credentials.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import pam_environment
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import cluster_networks, proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.proxy_settings import VARIABLES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import block_changes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.block_changes import (
    ManagedFile,
    managed_file,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Change,
    Cluster,
    Host,
    Inputs,
    Plan,
    Remembered,
    Role,
    Service,
    Settings,
    section,
)

BLOCK = "runtime-fabric proxy"
# Any user may read the environment that systemd gives to services, but not what a service reads from a file. A drop-in
# for all services is known from this version on.
DROP_IN_FOR_ALL_SERVICES = 244
UNIT_FILE = "/etc/systemd/runtime-fabric-proxy.env"
DROP_IN = ["[Service]", f"EnvironmentFile=-{UNIT_FILE}"]
RUNTIMES = ("docker", "containerd")
# Lines of the installer's file that stay where the proxy is not set.
KEPT_LINES = {"http": ["RTF_HTTP_PROXY=", "RTF_NO_PROXY="], "monitoring": ["RTF_MONITORING_PROXY="]}
NO_PROXIES = {"http_proxy": "", "monitoring_proxy": "", "no_proxy": []}
_OF_SYSTEMD = "/etc/systemd/"
_DROP_IN_OF_ONE = re.compile(r"/([a-z]+)\.service\.d/")


def inspection(inputs: Inputs, remembered: Remembered | None = None) -> dict[str, Any]:
    """Return the arguments of host_info. `secrets` among the inputs, by the names of their places, only go into digests."""
    wanted = {**inputs, **NO_PROXIES} if remembered is not None else inputs
    every = files(wanted, 0) + files(wanted, DROP_IN_FOR_ALL_SERVICES)
    return {
        "sections": ["proxy"],
        "proxy_hashes": inputs.get("hashes", []),
        "checks": ["proxy.*"],
        **block_changes.probes(BLOCK, every, inputs.get("secrets", {})),
    }


def plan(inputs: Inputs, host: Host, _cluster: Cluster) -> Plan:
    """Return what to change; nothing where neither proxy is set."""
    unset = kept(inputs)
    if len(unset) == len(KEPT_LINES):
        return Plan()
    found = section(host, "proxy")
    version, blocks = found.get("systemd") or 0, host.get("blocks", ())
    differing = block_changes.differing(files(inputs, version), blocks)
    changes: list[Change] = []
    if differing:
        blocks_change: Change = {"step": "Configure the proxies", "kind": "blocks", "reload": True}
        blocks_change["blocks"] = [dict(entry) for entry in differing]
        changes.append(blocks_change)
    unread = _is_unread(found.get("unread") or {})
    # An interrupted run may have written the files and left systemd with what it had read before.
    if unread and not differing:
        changes.append({"step": "Configure systemd to read its files again", "kind": "reload"})
    restarts = _restarts(inputs, found.get("services") or {}, [entry["path"] for entry in differing], unread)
    if restarts:
        services = [Service(name=name, state="restarted") for name in restarts]
        changes.append({"step": "Restart the container runtimes", "kind": "services", "services": services})
    removed = block_changes.removed(differing, blocks)
    return Plan(
        changes,
        removals=[f"The proxy is removed from {', '.join(removed)}"] if removed else [],
        notices=[*_notices(inputs, version), *_too_long(inputs, found)],
    )


def revert(inputs: Inputs, host: Host, _remembered: Remembered) -> Plan:
    """Return how to remove every block, whatever the inputs say."""
    return plan({**inputs, **NO_PROXIES}, host, Cluster("", {}, {}))


def kept(inputs: Inputs) -> list[str]:
    """Return which proxies are not set, so that what the files say of them stays."""
    return [name for name in KEPT_LINES if inputs[f"{name}_proxy"] == UNCHANGED]


def files(inputs: Inputs, systemd: int) -> list[ManagedFile]:
    """Return the files of the proxies that are set. systemd: its version."""
    unset = kept(inputs)
    if len(unset) == len(KEPT_LINES):
        return []
    http = [] if "http" in unset else _http_files(inputs, systemd)
    return [*http, _installer_file(inputs, [line for name in unset for line in KEPT_LINES[name]])]


def _url(inputs: Inputs, name: str) -> str:
    """Return the URL of a proxy, an empty text where there is none, or it is not set."""
    url = inputs[f"{name}_proxy"]
    return "" if url == UNCHANGED else url


def _has_credentials(url: str) -> bool:
    return "@{" in url


def _configured(inputs: Inputs) -> list[str]:
    """Return the consumers of the HTTP proxy; none without a proxy."""
    return list(inputs["consumers"]) if _url(inputs, "http") else []


def _variables(inputs: Inputs) -> list[tuple[str, str]]:
    """Return [(name, value)] of the environment, in either case: programs differ in which one they read."""
    url = _url(inputs, "http")
    pairs = (("http_proxy", url), ("https_proxy", url), ("no_proxy", ",".join(inputs["no_proxy"])))
    return [(name, value) for lower, value in pairs for name in (lower, lower.upper())]


def _http_files(inputs: Inputs, systemd: int) -> list[ManagedFile]:
    url, consumers, variables = _url(inputs, "http"), _configured(inputs), _variables(inputs)
    private = _has_credentials(url)
    by_file = private and "systemd" in consumers and systemd >= DROP_IN_FOR_ALL_SERVICES
    by_environment = not private and "systemd" in consumers
    runtimes = [name for name in RUNTIMES if name in consumers]
    environment = [f"{name}={value}" for name, value in variables]
    packages = "packages" in consumers

    def lines(wanted: bool, content: list[str]) -> list[str]:
        return content if wanted else []

    # Each package manager is configured where it is the host's own, which its files say.
    managers = [
        managed_file(path, lines(packages, [f"proxy={url}"]), section="main", create=False)
        for path in ("/etc/dnf/dnf.conf", "/etc/yum.conf")
    ]
    return [
        managed_file(
            "/etc/profile.d/runtime-fabric-proxy.sh",
            lines("login_shells" in consumers, [f"export {name}={shlex.quote(value)}" for name, value in variables]),
        ),
        managed_file("/etc/environment", lines("sessions" in consumers, environment)),
        managed_file(
            "/etc/systemd/system.conf.d/runtime-fabric-proxy.conf",
            lines(
                by_environment,
                ["[Manager]", *(f'DefaultEnvironment="{name}={value}"' for name, value in variables)],
            ),
        ),
        managed_file(UNIT_FILE, lines(by_file or bool(runtimes), environment)),
        managed_file("/etc/systemd/system/service.d/runtime-fabric-proxy.conf", lines(by_file, DROP_IN)),
        *(
            managed_file(
                f"/etc/systemd/system/{name}.service.d/runtime-fabric-proxy.conf", lines(name in runtimes, DROP_IN)
            )
            for name in RUNTIMES
        ),
        managed_file(
            "/etc/apt/apt.conf.d/95runtime-fabric-proxy",
            lines(packages, _apt_lines(url, inputs["no_proxy"])),
            make_directories=False,
        ),
        *managers,
    ]


def _apt_lines(url: str, entries: list[str]) -> list[str]:
    return [
        line
        for scheme in ("http", "https")
        for line in (
            f'Acquire::{scheme}::Proxy "{url}";',
            *(f'Acquire::{scheme}::Proxy::{host} "DIRECT";' for host in no_proxy_list.exact_hosts(entries)),
        )
    ]


def _installer_file(inputs: Inputs, keep: list[str]) -> ManagedFile:
    """The installer's file holds lines of both proxies."""
    http, monitoring, lines = _url(inputs, "http"), _url(inputs, "monitoring"), []
    if http:
        lines += [f"RTF_HTTP_PROXY='{http}'", f"RTF_NO_PROXY='{','.join(inputs['no_proxy'])}'"]
    if monitoring:
        lines.append(f"RTF_MONITORING_PROXY='{monitoring}'")
    wanted = lines if "installer" in inputs["consumers"] else []
    return managed_file("/opt/anypoint/runtimefabric/env", wanted, keep=keep, mode="0600")


def _is_unread(unread: Mapping[str, Any]) -> bool:
    """Whether systemd would find something else in its files than what it has read."""
    return bool(unread.get("units") or unread.get("environment"))


def _restarts(inputs: Inputs, services: Mapping[str, Any], changed: list[str], unread: bool) -> list[str]:
    """Return the services that the site lets the role restart, and that run with other settings than their files will have.

    changed: paths of files that are yet to be written. unread: whether systemd has not read files that were. Of these it is
    only known which services they may concern; what must be restarted is decided once systemd has read them.
    """
    running = [name for name, service in services.items() if isinstance(service, Mapping) and service.get("running")]
    matches = [_DROP_IN_OF_ONE.search(path) for path in changed if path.startswith(_OF_SYSTEMD)]
    concerned = running if unread or None in matches else [match[1] for match in matches if match]
    return [
        name
        for name in inputs["restart_services"]
        if name in running and (services[name].get("outdated") or name in concerned)
    ]


def _notices(inputs: Inputs, systemd: int) -> list[str]:
    private = _has_credentials(_url(inputs, "http"))
    if not private or "systemd" not in _configured(inputs) or systemd >= DROP_IN_FOR_ALL_SERVICES:
        return []
    return [
        f"Services do not get the proxy: systemd {systemd} would show its credentials to every user, and supports a"
        f" drop-in for all services only from version {DROP_IN_FOR_ALL_SERVICES} on. docker and containerd get drop-ins of"
        " their own."
    ]


def _too_long(inputs: Inputs, found: Mapping[str, Any]) -> list[str]:
    """Return what sessions do not get because a line of /etc/environment is too long for the node's PAM."""
    version = pam_environment.version_numbers(found.get("pam"))
    most = pam_environment.longest(version) if version else None
    size = max((len(f"{name}={value}") for name, value in _variables(inputs)), default=0)
    if most is None or size <= most or "sessions" not in _configured(inputs):
        return []
    return [
        f"Sessions do not get all of NO_PROXY: its line in /etc/environment has {size} bytes, and PAM {found['pam']} supports"
        f" {most}. Remove `sessions` from rtf_proxy_consumers; login shells get the whole list."
    ]


def settings(values: Mapping[str, Any], shown: Inputs, cluster: Cluster) -> Settings:
    """Return the settings; see Role. Reverting takes neither proxies nor networks, nor the release."""
    line = catalog.release_of(catalog.load(), values.get("release", catalog.DEFAULT_RELEASE))["line"]
    urls: dict[str, str] = {}
    secrets: dict[str, str] = {}
    hashes: list[str] = []
    for name in KEPT_LINES:
        url = values.get(f"{name}_proxy", "")
        given_apart = (values.get(f"{name}_proxy_user", ""), values.get(f"{name}_proxy_password", ""))
        proxy = None if url == UNCHANGED else proxy_url.parse(url, *given_apart)
        urls[f"{name}_proxy"] = url if proxy is None else proxy.text(f"@{{{name}_credentials}}")
        secrets[f"{name}_credentials"] = "" if proxy is None else proxy.credentials
        hashes += [] if proxy is None else [proxy.digest]
    entries = no_proxy_list.compute(
        {node: {name: found[name] for name in VARIABLES if name in found} for node, found in cluster.variables.items()},
        *cluster_networks.of_inputs(values),
        values["no_proxy_extra"],
        line=line,
    )
    # The file of the appliance's installer: nothing reads it on a node of another cluster.
    consumers = [name for name in shown["consumers"] if name != "installer" or line == "appliance"]
    inputs = {**shown, **urls, "consumers": consumers, "no_proxy": entries}
    return Settings(shown, inputs, {**inputs, "secrets": secrets, "hashes": hashes})


def leaves_alone(inputs: Inputs) -> bool:
    """Whether neither proxy is set; see Role."""
    return len(kept(inputs)) == len(KEPT_LINES)


def disturbs(changes: list[Change]) -> tuple[str, ...]:
    """Return the roles whose evidence is stale: a container runtime that is restarted loads modules, sets parameters and
    writes rules. Files of proxies do not."""
    return ("rtf_kernel", "rtf_firewall") if any(change["kind"] == "services" for change in changes) else ()


ROLE = Role(
    inspection,
    plan,
    revert,
    VARIABLES,
    settings=settings,
    judged=lambda shown: shown,
    leaves_alone=leaves_alone,
    disturbs=disturbs,
)
