# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the node's files name the proxy that is meant, and does what is inside the cluster stay off it?"""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import (
    EXPECTED,
    HIDDEN,
    MASK,
    NONE,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.advice import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Finding,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.listing import listed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy import no_proxy_table

PREPARE = "run the role hostprep.runtime_fabric.rtf_proxy"
NO_PROXY = "no_proxy"
INSTALLER = "installer"


def settings(subject, evidence):
    """No file of the node names another proxy than the one that is meant, and none names one where none is meant."""
    wanted = subject.proxy.http
    if wanted is None:
        return Finding(SKIPPED, "", "rtf_http_proxy is not set, so what is there stays")
    found = [entry for entry in _settings(evidence) if _is_url(entry) and entry["reader"] != INSTALLER]
    expected = f"{wanted} wherever a proxy is named" if wanted else "no file names a proxy"
    wrong = [entry for entry in found if not _is(entry, wanted)]
    if wrong:
        files = ", ".join(dict.fromkeys(entry["source"] for entry in wrong))
        remedy = by_line(
            subject,
            appliance=f"Take the proxy out of {files}, or set rtf_http_proxy to it. To take out what this collection wrote, set"
            f" rtf_http_proxy to '' and {PREPARE}.",
            self_managed=f"If {subject.node} needs the proxy that {files} names, set rtf_http_proxy to it.",
        )
        return Finding(FAIL, expected, listed(_said(entry, wanted) for entry in wrong), remedy, wrong)
    unread = part(evidence, "host", "proxy").get("unreadable")
    if unread:
        return Finding(UNKNOWN, expected, f"not everything could be read: {listed(unread)}")
    if wanted and not found:
        told = listed(["no file of the node names a proxy", *part(evidence, "host", "proxy")["dangling"]])
        return Finding(FAIL, expected, told, f"To write it, {PREPARE}.")
    readers = ", ".join(dict.fromkeys(entry["reader"] for entry in found))
    told = f"named for {readers}" if readers else "none is meant, and none is named"
    return Finding(PASS, expected, listed([told, *part(evidence, "host", "proxy")["dangling"]]))


def installer(subject, evidence):
    """The installer sources a file of its own, and hands on what it says to everything that it installs."""
    proxy = subject.proxy
    meant = {"RTF_HTTP_PROXY": proxy.http, "RTF_MONITORING_PROXY": proxy.monitoring}
    wanted = {name: value for name, value in meant.items() if value is not None}
    found = {entry["variable"]: entry for entry in _settings(evidence) if entry["reader"] == INSTALLER}
    expected = ", ".join(f"{name}={value}" for name, value in wanted.items() if value) or "no proxy"
    if not part(evidence, "host", "proxy")["installer_file"]:
        there = "the installer's environment file is not there yet"
        return Finding(SKIPPED, expected, there) if any(wanted.values()) else Finding(PASS, expected, there)
    wrong = []
    for name, value in wanted.items():
        entry = found.get(name)
        if value and entry is None:
            wrong.append(f"{name} is not set")
        elif entry is not None and not _is(entry, value):
            wrong.append(_said(entry, value))
    if proxy.http and not wrong:
        told = found.get("RTF_NO_PROXY", {"value": ""})["value"].split(",")
        missing = [entry for entry in proxy.no_proxy if entry not in told]
        if missing:
            wrong.append(f"RTF_NO_PROXY lacks {listed(missing)}")
    if wrong:
        return Finding(
            FAIL,
            expected,
            listed(wrong),
            f"Correct it in /opt/anypoint/runtimefabric/env, or {PREPARE}.",
            list(found.values()),
        )
    return Finding(PASS, expected, "as expected" if any(wanted.values()) else "none is meant, and none is set")


def services(subject, evidence):
    """What runs took its settings up when it started; files that changed since are not in use."""
    expected = "docker and containerd, where they run, were started with the proxies that their files name"
    found = part(evidence, "host", "proxy", "services")
    running = {name: entry for name, entry in found.items() if entry["running"]}
    hidden = [name for name, entry in running.items() if entry["now"] is None]
    unread = _unread(evidence)
    if unread:
        return Finding(
            FAIL,
            "systemd has read its files since they changed",
            f"systemd has not read its files since they changed: {listed(unread)}",
            f"Run `systemctl daemon-reload`, which restarts nothing, on {subject.node}.",
            unread,
        )
    stale = [name for name, entry in running.items() if entry["outdated"]]
    if stale:
        units = " ".join(f"{name}.service" for name in stale)
        said = listed(
            f"{name} runs with {_urls(found[name]['now'])} and would start with {_urls(found[name]['at_next_start'])}"
            for name in stale
        )
        remedy = by_line(
            subject,
            appliance=f"Restart it at a time when no work is disturbed with `systemctl restart {units}`, "
            f"or name it in rtf_proxy_restart_services and {PREPARE}.",
            self_managed=f"Drain {subject.node} (`kubectl drain`), then `systemctl restart {units}`: with docker, a restart can stop "
            "the containers.",
        )
        return Finding(FAIL, expected, said, remedy, {name: found[name] for name in stale})
    if hidden:
        return Finding(UNKNOWN, expected, f"the environment of {', '.join(hidden)} cannot be read")
    return Finding(PASS, expected, f"{', '.join(running)} as told" if running else "neither of them runs")


def _unread(evidence):
    """The units, and the variables of DefaultEnvironment, of which systemd knows an older state than the files have.

    What systemd gives to services beyond its files may come from the kernel's command line, or from systemctl.
    """
    found = part(evidence, "host", "proxy").get("unread") or {}
    named = {entry["variable"] for entry in _settings(evidence) if entry["reader"] == "systemd"}
    return found.get("units", []) + [
        f"{name} of DefaultEnvironment" for name in found.get("environment", []) if name in named
    ]


def _urls(environment):
    """The proxies of an environment, for a person."""
    values = [entry["value"] for name, entry in environment.items() if not name.lower().endswith(NO_PROXY)]
    if not values:
        return "no proxy"
    lists = [entry["value"] for name, entry in environment.items() if name.lower().endswith(NO_PROXY)]
    but = f" but for {len(lists[0].split(','))} entries of NO_PROXY" if lists else ""
    return ", ".join(dict.fromkeys(values)) + but


def hosts_direct(subject, evidence):
    """Nodes, loopback, the cloud's metadata and the API: no program may send what is for them to the proxy."""
    return _direct(subject, evidence, ("host",), "every program reaches every node, itself and the API directly")


def networks_direct(subject, evidence):
    """Pods, services and names of services, for those programs that can be told a network or a suffix."""
    return _direct(
        subject, evidence, ("name", "network"), "programs that know networks reach pods and services directly"
    )


def _direct(subject, evidence, kinds, expected):
    version = part(evidence, "host", "proxy").get("curl")
    if not subject.proxy.http:
        return Finding(PASS, expected, "no proxy is meant to be used")
    wanted = [destination for destination in subject.proxy.internal if destination.kind in kinds]
    lost, tables = [], {}
    for source, value, apt in _lists(subject, evidence):
        for program, destination in no_proxy_table.proxied(value, wanted, version):
            if (program == "apt") is apt:
                lost.append(f"{program} by {source} sends {destination.host} ({destination.what}) to the proxy")
        tables[source] = no_proxy_table.rows(value, wanted, version)
    if lost:
        remedy = f"Add what is missing to the NO_PROXY of the named file, or {PREPARE}."
        return Finding(FAIL, expected, listed(lost), remedy, tables)
    return Finding(PASS, expected, f"by {listed(tables)}", evidence=tables)


def _lists(subject, evidence):
    """Return [(where, NO_PROXY, whether it is apt's)] of every place of the node that names a proxy.

    Where nothing is written yet, that is the list that would be.
    """
    found, listed = _settings(evidence), []
    for source in dict.fromkeys((entry["reader"], entry["source"]) for entry in found if _is_url(entry)):
        if source[0] in ("dnf", "yum"):  # they have no list of their own: that of their environment counts
            continue
        here = [entry for entry in found if (entry["reader"], entry["source"]) == source]
        names = ("direct",) if source[0] == "apt" else ("no_proxy", "rtf_no_proxy")
        values = {entry["value"] for entry in here if entry["variable"].lower() in names} or {""}
        listed += [(source[1], value, source[0] == "apt") for value in sorted(values)]
    return listed or [("what would be written", ",".join(subject.proxy.no_proxy), False)]


def _settings(evidence):
    return part(evidence, "host", "proxy", "settings")


def _is_url(entry):
    return not entry["variable"].lower().endswith((NO_PROXY, "direct"))


def _is(entry, wanted):
    return entry["value"].rstrip("/") == wanted and entry["password"] == (EXPECTED if MASK in wanted else NONE)


def _said(entry, wanted):
    remark = ""
    if entry["value"] == HIDDEN:
        remark = ", which is no plain URL; in credentials, all but letters, digits and -._~ must be percent-encoded"
    elif entry["value"].rstrip("/") == wanted:
        remark = " with other credentials"
    return f"{entry['source']} ({entry['reader']}) says {entry['variable']} {entry['value']}{remark}"


CHECKS = {
    "proxy.settings": settings,
    "proxy.installer": installer,
    "proxy.services": services,
    "proxy.no_proxy": hosts_direct,
    "proxy.no_proxy_networks": networks_direct,
}
