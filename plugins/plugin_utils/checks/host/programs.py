# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does something run on the host that the platform does not get along with?"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.advice import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    part,
)

HOSTNAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")


def running(evidence, names):
    """Return `{name: [pid, ...]}` of those programs that run. The kernel shows 15 characters of a name."""
    found = {}
    for process in part(evidence, "host", "system", "processes"):
        for name in names:
            if name in process["names"] or (len(name) > 15 and name[:15] in process["names"]):
                found.setdefault(name, []).append(process["pid"])
    return found


def _told(found):
    return ", ".join(f"{name} (pid {', '.join(str(pid) for pid in pids[:3])})" for name, pids in found.items())


def conflicting_programs(subject, evidence):
    """Gravity stops where it finds one of these: it brings its own."""
    expected = "no container runtime, Kubernetes or DNS server of another origin runs"
    found = running(evidence, subject.platform["conflicting_programs"])
    if not found:
        return Finding(PASS, expected, "none runs")
    remedy = f"Stop and remove them on {subject.node}: `systemctl disable --now` their units, then remove the packages."
    return Finding(FAIL, expected, f"{_told(found)} running", remedy, found)


def security_agents(subject, evidence):
    return _agents(
        subject,
        evidence,
        "security_agents",
        "no antivirus or packet inspection runs",
        "Remove it, or let its team exempt /var/lib/gravity and the traffic between the nodes, and waive this.",
    )


def config_management(subject, evidence):
    return _agents(
        subject,
        evidence,
        "config_management",
        "nothing resets the host's settings by itself",
        "Let it set the same kernel parameters, modules, firewall and time, or take these out of what it manages, and waive this.",
    )


def _agents(subject, evidence, kind, expected, remedy):
    rows = subject.platform[kind]
    found = {}
    for row in rows:
        for pids in running(evidence, row["programs"]).values():
            found.setdefault(row["title"], []).extend(pids)
    if not found:
        return Finding(PASS, expected, f"none of {len(rows)} known ones runs")
    return Finding(FAIL, expected, f"{_told(found)} running", remedy, found)


def fapolicyd(subject, evidence):
    """It keeps programs from running that no package brought, and the installer brings such."""
    expected = "fapolicyd does not run, or is permissive"
    found = running(evidence, ["fapolicyd"])
    if not found:
        return Finding(PASS, expected, "does not run")
    if part(evidence, "host", "system", "allowlisting")["permissive"]:
        return Finding(PASS, expected, "permissive")
    remedy = by_line(
        subject,
        appliance="`systemctl disable --now fapolicyd`, or set permissive = 1 in /etc/fapolicyd/fapolicyd.conf and "
        "`systemctl restart fapolicyd`, or trust /opt/anypoint and /var/lib/gravity in it and waive this.",
        self_managed="Add the programs of the container runtime, the kubelet and the CNI plugins to fapolicyd's trust "
        "(`fapolicyd-cli --file add DIRECTORY`, `fapolicyd-cli --update`), and waive this.",
    )
    return Finding(FAIL, expected, f"{_told(found)} enforces", remedy, found)


def service_account(subject, evidence):
    """The platform runs as uid and gid 1000 unless told otherwise, and changes the owner of its disks to them."""
    numbers = subject.platform["service_accounts"]
    accounts = part(evidence, "host", "system", "accounts")
    expected = f"uid and gid {', '.join(str(number) for number in numbers)} are nobody's"
    taken = {number: accounts[str(number)] for number in numbers if any(accounts[str(number)].values())}
    if not taken:
        return Finding(PASS, expected, "free")
    observed = "; ".join(
        f"{kind[:1]}id {number} is {entry[kind]}"
        for number, entry in taken.items()
        for kind in ("user", "group")
        if entry[kind]
    )
    remedy = (
        "Set RTF_SERVICE_UID and RTF_SERVICE_GID in /opt/anypoint/runtimefabric/env to free numbers, else "
        f"{next(iter(taken.values()))['user'] or 'that group'} may read the platform's disks."
    )
    return Finding(FAIL, expected, observed, remedy, taken)


def cloud_init(subject, evidence):
    """What cloud-init writes at every boot may undo what was prepared."""
    found = part(evidence, "host", "system", "cloud_init")
    expected = "cloud-init leaves the network alone after the first boot"
    if not found["installed"] or found["disabled"]:
        return Finding(PASS, expected, "not installed" if not found["installed"] else "disabled")
    if not found["network"]:
        return Finding(PASS, expected, "its network configuration is disabled")
    remedy = (
        "Write `network: {config: disabled}` to /etc/cloud/cloud.cfg.d/99-disable-network-config.cfg, or "
        "`touch /etc/cloud/cloud-init.disabled`."
    )
    return Finding(FAIL, expected, "installed, and configures the network", remedy, found)


def hostname(subject, evidence):
    """Kubernetes calls a node by its host name: unique, lower-case, and the same after the next boot."""
    found = part(evidence, "host", "system", "hostname")
    cluster = part(evidence, "cluster")
    expected = "a name of its own, of lower-case letters, digits and dashes, that stays"
    name = found["name"]
    twins = [node for node, entry in cluster.items() if node != subject.node and entry.get("hostname") == name]
    if not HOSTNAME.match(name) or name.split(".")[0] == "localhost":
        observed = f"{name} is no valid name of a node"
    elif twins:
        observed = f"{name} is the name of {', '.join(twins)}, too"
    elif found["static"] and found["static"] != name:
        observed = f"{name}, which becomes {found['static']} at the next boot"
    elif found["unreadable"]:
        return Finding(
            UNKNOWN,
            expected,
            f"{name}; {'; '.join(found['unreadable'])}",
            "Make /etc/hostname a file that root can read.",
            found,
        )
    else:
        return Finding(PASS, expected, "; ".join([name, *found["dangling"]]))
    return Finding(FAIL, expected, observed, _rename(subject), found)


def _rename(subject):
    """A node is registered in its cluster by its name."""
    joined = (
        f"The cluster knows {subject.node} by its name, so a new name makes another node of it: let it leave the cluster, "
        "give it a name of its own, and let it join again."
    )
    if subject.phase == "operate":
        return joined
    return by_line(
        subject,
        appliance="`hostnamectl set-hostname NAME` with a name of its own, before the installation.",
        self_managed=joined,
    )


CHECKS = {
    "host.hostname": hostname,
    "host.service_account": service_account,
    "host.conflicting_programs": conflicting_programs,
    "host.fapolicyd": fapolicyd,
    "host.security_agents": security_agents,
    "host.config_management": config_management,
    "host.cloud_init": cloud_init,
}
