# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the host one that the vendor's installer takes: operating system, hardware, kernel?"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    Finding,
    NoEvidence,
    part,
)

GIB = 1024**3
# The kernel and the firmware keep some of what a machine is sold with.
MEMORY_TOLERANCE = 0.06
BURSTABLE = re.compile(r"t[1-4][a-z]*\.", re.IGNORECASE)


def architecture(subject, evidence):
    machines = wanted(subject, "node-architecture")["machines"]
    found = part(evidence, "host", "system", "hardware", "machine")
    expected = f"a processor of the architecture {' or '.join(machines)}"
    if found in machines:
        return Finding(PASS, expected, found)
    return Finding(FAIL, expected, str(found), f"Replace {subject.node} by a machine with {' or '.join(machines)}.")


def os_supported(subject, evidence):
    """The vendor's installer refuses what its list does not have."""
    systems = wanted(subject, "supported-os")["systems"]
    found = part(evidence, "host", "system", "os")
    expected = "; ".join(f"{name} {', '.join(versions)}" for name, versions in systems.items())
    observed = named(found)
    if _version(found) in systems.get(found["id"], ()):
        return Finding(PASS, expected, observed)
    remedy = (
        f"Install a listed release on {subject.node}, or set rtf_release to an edition that lists it; "
        "waive it if the vendor's support agreed."
    )
    return Finding(FAIL, expected, observed, remedy, found)


def _version(found):
    """The version as the lists give it: two numbers, of a point release no more."""
    return ".".join((found.get("version") or "").split(".")[:2])


def os_family(subject, evidence):
    """init.sh knows what to do for ID_LIKE containing debian or fedora, and stops otherwise."""
    found = part(evidence, "host", "system", "os")
    families = subject.platform["families"]
    expected = f"ID_LIKE of /etc/os-release names {' or '.join(families)}"
    shown = " ".join(found["id_like"])
    if any(family in shown for family in families):
        return Finding(PASS, expected, f"ID_LIKE is {shown}")
    observed = f"ID_LIKE is {shown}" if shown else f"{found['id']} has no ID_LIKE"
    remedy = f"Use a distribution that the vendor lists; the installer ends with `Unknown OS distribution.` on {subject.node}."
    return Finding(FAIL, expected, observed, remedy, found)


def os_uniform(subject, evidence):
    """Every node that was looked at has the same distribution and version; one that was not has results of its own."""
    cluster = part(evidence, "cluster")
    own = part(evidence, "host", "system", "os")
    expected = "the same operating system on every node"
    others = {name: entry["os"] for name, entry in cluster.items() if entry.get("os") and name != subject.node}
    different = {name: found for name, found in others.items() if _identity(found) != _identity(own)}
    if different:
        listed = ", ".join(f"{named(found)} on {name}" for name, found in different.items())
        remedy = "Install the same release on all nodes; the installer fails on a mix."
        return Finding(FAIL, expected, f"{named(own)} here, {listed}", remedy, {**others, subject.node: own})
    return Finding(PASS, expected, f"{named(own)} on {len(others) + 1} of {len(cluster)} nodes")


def cluster_size(subject, evidence):
    """An odd number of controllers keeps a majority when one fails; the vendor bounds both numbers."""
    sizes, found = wanted(subject, "cluster-size"), part(evidence, "cluster_size")
    controllers, workers = found["controllers"], found["workers"]
    least, most = sizes["workers"]
    allowed = [str(number) for number in sizes["controllers"]]
    expected = f"{', '.join(allowed[:-1])} or {allowed[-1]} controllers, and {least} to {most} workers"
    observed = f"{_number(controllers, 'controller')} and {_number(workers, 'worker')}"
    remedies = []
    if controllers not in sizes["controllers"]:
        nearest = [number for number in sizes["controllers"] if number < controllers] or sizes["controllers"][:1]
        larger = [number for number in sizes["controllers"] if number > controllers]
        remedies.append(
            f"Have {' or '.join(str(number) for number in (*nearest[-1:], *larger[:1]))} nodes in rtf_controllers: "
            "the failure of one must leave a majority."
        )
    if not least <= workers <= most:
        remedies.append(f"Have {least} to {most} nodes in rtf_workers.")
    if remedies:
        return Finding(FAIL, expected, observed, " ".join(remedies), found)
    if controllers < sizes["production_controllers"] or workers < sizes["production_workers"]:
        observed += (
            f", enough for development; production asks for {sizes['production_controllers']} controllers "
            f"and {sizes['production_workers']} workers"
        )
    return Finding(PASS, expected, observed, evidence=found)


def _number(count, what):
    return f"{count} {what}{'' if count == 1 else 's'}"


def _identity(found):
    return (found["id"], found.get("version"))


def named(found):
    """What a person calls an operating system."""
    return f"{found['id']} {found.get('version') or '(no version)'}"


def kernel_release(subject, evidence):
    """init.sh compares `uname -r` with the version that it asks for the way `sort -V` does."""
    minimum = subject.platform["minimum_kernel"]
    found = part(evidence, "host", "system", "release")
    expected = f"kernel {minimum} or newer"
    if version_key(found) >= version_key(minimum):
        return Finding(PASS, expected, found)
    return Finding(
        FAIL, expected, found, f"Update the kernel of {subject.node} and restart it: `yum update kernel && reboot`."
    )


def version_key(text):
    """The numbers of a version, in their order, for comparison."""
    return [int(number) for number in re.findall(r"\d+", text)[:8]]


def kernel_config(subject, evidence):
    """Options that Gravity looks for in the configuration of the kernel; some only below a version."""
    release = part(evidence, "host", "system", "release")
    found = part(evidence, "host", "system", "kernel_options")
    options = [
        row["name"]
        for row in subject.platform["kernel_options"]
        if "before" not in row or version_key(release) < version_key(row["before"])
    ]
    expected = f"{len(options)} options of the kernel's configuration are y or m"
    unasked = [name for name in options if name not in found["options"]]
    if unasked:
        raise NoEvidence(f"{', '.join(unasked)} were not looked up")
    missing = [name for name in options if found["options"][name] not in ("y", "m")]
    if not missing:
        return Finding(PASS, expected, f"all there, by {found['source']}")
    listed = ", ".join(f"CONFIG_{name}" for name in missing)
    return Finding(
        FAIL,
        expected,
        f"{listed} missing in {found['source']}",
        f"Start {subject.node} with the distribution's own kernel.",
        missing,
    )


def cgroups(subject, evidence):
    """Gravity mounts the controllers of version 1; a host with version 2 alone has none of them."""
    controllers = subject.platform["cgroup_controllers"]
    found = part(evidence, "host", "system", "cgroups")
    expected = f"control groups of version 1: {', '.join(controllers)}"
    missing = [name for name in controllers if name not in found["controllers"]]
    if not missing:
        return Finding(PASS, expected, "all mounted")
    only = " (only version 2 is there)" if found["unified"] and not found["controllers"] else ""
    remedy = (
        "Add systemd.unified_cgroup_hierarchy=0 to the kernel's command line (`grubby --update-kernel=ALL "
        "--args=systemd.unified_cgroup_hierarchy=0`, or GRUB_CMDLINE_LINUX and `update-grub`) and restart."
    )
    return Finding(FAIL, expected, f"{', '.join(missing)} not mounted{only}", remedy, found)


def cpu(subject, evidence):
    least = wanted(subject, "node-cores")["cores"]
    found = part(evidence, "host", "system", "hardware", "cpus")
    expected = f"{least} cores or more"
    if found >= least:
        return Finding(PASS, expected, f"{found} cores")
    return Finding(FAIL, expected, f"{found} cores", f"Give {subject.node} {least} dedicated cores.")


def cpu_burstable(subject, evidence):
    """The vendor does not support machines that may use their cores only for a while."""
    product = part(evidence, "host", "system", "hardware").get("product")
    expected = "cores of its own, no burstable machine"
    if product and BURSTABLE.match(product):
        return Finding(
            FAIL, expected, f"a {product}", f"Change {subject.node} to a type such as m5 or r5, with cores of its own."
        )
    return Finding(PASS, expected, f"firmware says {product}" if product else "the firmware names no burstable type")


def memory(subject, evidence):
    least = wanted(subject, "node-memory")[f"{subject.role}_gib"]
    found = part(evidence, "host", "system", "hardware", "memory") / GIB
    expected = f"{least} GiB of memory for a {subject.role}"
    if found >= least * (1 - MEMORY_TOLERANCE):
        return Finding(PASS, expected, f"{found:.1f} GiB")
    return Finding(FAIL, expected, f"{found:.1f} GiB", f"Give {subject.node} {least} GiB of memory.")


def wanted(subject, row_id):
    """What a row of the release expects; without the row there is nothing to compare with."""
    if row_id not in subject.settings:
        raise NoEvidence(f"the release has no row {row_id}")
    return subject.settings[row_id]["expected"]


CHECKS = {
    "host.architecture": architecture,
    "host.os_supported": os_supported,
    "host.os_uniform": os_uniform,
    "host.cluster_size": cluster_size,
    "host.os_family": os_family,
    "host.kernel_release": kernel_release,
    "host.kernel_config": kernel_config,
    "host.cgroups": cgroups,
    "host.cpu": cpu,
    "host.cpu_burstable": cpu_burstable,
    "host.memory": memory,
}
