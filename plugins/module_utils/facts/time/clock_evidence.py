# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time synchronisation of this host: the time services, and chrony's report on its sources."""

import ctypes
import glob
import os
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers, systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_noting,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import read_platform
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import (
    chronyc_output,
    chronyd_command,
    ptp_services,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.chrony_includes import (
    read_configuration,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.chronyc_output import (
    parse_sources,
    parse_tracking,
)

CHRONY_UNITS = ("chrony.service", "chronyd.service")
# Every service that sets the system's clock. chronyd-restricted is a second chronyd, with fewer rights (Debian 13);
# timemaster starts programs of its own.
OTHER_TIME_UNITS = (
    "systemd-timesyncd.service",
    "ntp.service",
    "ntpd.service",
    "ntpd-rs.service",
    "ntpsec.service",
    "openntpd.service",
    "chronyd-restricted.service",
    "timemaster.service",
)
# Services of a virtual machine that set its clock to the hypervisor's as long as they run.
GUEST_UNITS = {"vboxadd-service.service": "VirtualBox", "virtualbox-guest-utils.service": "VirtualBox"}
VMWARE_TOOL = "/usr/bin/vmware-toolbox-cmd"
HYPERV_DEVICES = "/sys/bus/vmbus/devices"
HYPERV_TIME_SYNC = "{9527e630-d0ae-497b-adce-e80ab0175caf}"
OPENNTPD = "openntpd.service"
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
LOCAL_TIME = "/etc/localtime"
LOG_LINES = 200  # of chrony's log, searched for NTS
LOG_WORDS = ("TLS handshake", "NTS-KE", "NTS key")
POLL_INTERVAL = 0.25  # seconds between two checks while waiting
# With its first samples chrony is synchronised and may be wrong by seconds, by its own estimate. A burst has four samples
# (iburst in chrony.conf(5)); after these the next one is a minute away.
PRECISE, BURST = 0.1, 4  # seconds, samples
SETTLING = 10  # seconds; a burst takes 6 s and the time that the server takes to answer


def read_units():
    """The state of every time service, and of the clock services of virtual machines."""
    ptp = ptp_services.steering_units()
    return systemd_units.read_units(CHRONY_UNITS + OTHER_TIME_UNITS + tuple(GUEST_UNITS) + tuple(ptp))


def guest_synchronisation(units, vmware_tool=VMWARE_TOOL, hyperv_devices=HYPERV_DEVICES):
    """Return the names of the hypervisors that set this machine's clock, as far as known."""
    found = {GUEST_UNITS[name] for name, unit in units.items() if name in GUEST_UNITS and unit["active"]}
    if os.access(vmware_tool, os.X_OK):
        try:
            if run_text([vmware_tool, "timesync", "status"]).strip() == "Enabled":
                found.add("VMware")
        except Unreadable:  # its exit code says that it is disabled, or that this is not such a machine
            pass
    for path in glob.glob(os.path.join(hyperv_devices, "*", "class_id")):
        bound = os.path.exists(os.path.join(os.path.dirname(path), "driver"))
        if bound and (read_noting(path, []) or "").strip() == HYPERV_TIME_SYNC:
            found.add("Hyper-V")
    return sorted(found)


def chronyc_of(configuration):
    """Return the words that chronyc is called with; configuration: see read_configuration."""
    control = (configuration or {}).get("control") or {"socket": None, "port": None}
    words = ["-h", control["socket"]] if control["socket"] else []
    words += ["-p", str(control["port"])] if control["port"] else []
    return ["chronyc"] + words


def read_state(chronyc=("chronyc",)):
    """Return `{"tracking", "sources"}`, or `{"error": why}` where chronyc does not answer. chronyc: see chronyc_of."""
    try:
        return {
            "tracking": parse_tracking(run_text(list(chronyc) + ["-n", "-c", "tracking"])),
            "sources": parse_sources(run_text(list(chronyc) + ["-n", "-c", "sources"])),
        }
    except (Unreadable, ValueError) as problem:
        return {"error": str(problem)}


def read_details(chrony, chronyc=("chronyc",)):
    """Add details to a state of read_state, as far as the chrony version and this user's rights allow.

    Adds `version` and `features`, `unresolved` (the number of sources without an address), to each source its `name`,
    `authentication`, `too_distant` and `answer`, and `log`, the last lines about NTS where a source has got no keys. None is
    what is not known.
    """
    version, features = _read(["chronyd", "-v"], chronyc_output.parse_version, (None, []))
    chrony.update(version=version, features=features, unresolved=None, log=[])
    if "error" in chrony:
        return chrony
    chrony["unresolved"] = _read(list(chronyc) + ["-c", "activity"], chronyc_output.parse_unresolved, None)
    # From 4.0 on, which accepts these commands.
    chrony["sources"] = _read(list(chronyc) + ["-n", "-c", "sources", "-a"], parse_sources, chrony["sources"])
    names = _read(list(chronyc) + ["-c", "-N", "sources", "-a"], chronyc_output.parse_names, [])
    known = _read(list(chronyc) + ["-n", "-c", "authdata"], chronyc_output.parse_authentication, [])
    authentication = dict(known)
    distant = answers = None
    if any(source["state"] == "unusable" for source in chrony["sources"]):
        distant = _read(list(chronyc) + ["-n", "-c", "selectdata"], chronyc_output.parse_distant, None)
        answers = _read(list(chronyc) + ["-n", "-c", "ntpdata"], chronyc_output.parse_answers, None)
    for number, source in enumerate(chrony["sources"]):
        source["name"] = names[number] if len(names) == len(chrony["sources"]) else None
        source["authentication"] = authentication.get(source["address"])
        source["too_distant"] = None if distant is None else source["address"] in distant
        source["answer"] = (answers or {}).get(source["address"])
    if any(entry["mode"] == "nts" and not entry["cookies"] for entry in authentication.values()):
        chrony["log"] = _read_log()
    return chrony


def _read(argv, parse, otherwise):
    try:
        return parse(run_text(argv))
    except (Unreadable, ValueError):
        return otherwise


def _read_log():
    argv = ["journalctl", "--boot", "--output=cat", "--no-pager", f"--lines={LOG_LINES}"]
    lines = _read(argv + [f"--unit={unit}" for unit in CHRONY_UNITS], str.splitlines, [])
    found = [line for line in lines if any(word in line for word in LOG_WORDS)]
    return found[-3:]


def read_synchronised(units):
    """Whether a service synchronises the clock with a time source: True, False, or None where that is not known.

    OpenNTPD sets the clock without the kernel's knowledge, so its own status is read.
    """
    if units.get(OPENNTPD, {}).get("active"):
        return _read(["ntpctl", "-s", "status"], lambda text: "clock synced" in text, None)
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1024))  # struct timex of zeros: only read
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != TIME_ERROR


def read_timezone(path=LOCAL_TIME):
    """Return the name of the local time zone ("Europe/Berlin"); UTC where nothing is set."""
    try:
        target = os.path.realpath(path) if os.path.islink(path) else ""
    except OSError:
        target = ""
    if "/zoneinfo/" in target:
        return target.split("/zoneinfo/", 1)[1]
    return None if os.path.exists(path) else "UTC"


def is_synchronised(chrony):
    """True when chrony follows a source: the state that `Leap status : Normal` stands for."""
    return chrony.get("tracking", {}).get("leap") == "Normal" and any(
        source["state"] == "selected" for source in chrony.get("sources", [])
    )


def is_precise(chrony):
    """True when chrony, which is synchronised, knows how far off the clock is, or will not know better for a minute."""
    tracking = chrony["tracking"]
    return tracking["root_dispersion"] + tracking["root_delay"] / 2 <= PRECISE or any(
        _answers(source) >= BURST for source in chrony["sources"] if source["state"] == "selected"
    )


def is_sampling(chrony):
    """True while a source has answered, and not as often as chrony has to hear it before it follows it."""
    return any(0 < _answers(source) < BURST for source in chrony.get("sources", []))


def _answers(source):
    """How many of the last eight questions a source has answered."""
    return bin(source["reach"]).count("1")


def wait_for_chrony(seconds, chronyc=("chronyc",), settled=False):
    """Wait until chrony is synchronised, or `seconds` have passed; return `(chrony, seconds waited)`.

    settled: whether to wait SETTLING seconds more for a chrony that was started a moment ago: until it is synchronised where
    it takes its first samples, and until it is precise, too.
    """
    began = time.monotonic()
    while True:
        chrony = read_state(chronyc)
        waited = time.monotonic() - began
        synchronised = is_synchronised(chrony)
        if synchronised and (not settled or is_precise(chrony)):
            return chrony, waited
        limit = seconds + (SETTLING if settled and (synchronised or is_sampling(chrony)) else 0)
        if waited >= limit:
            return chrony, waited
        time.sleep(min(POLL_INTERVAL, max(0.0, limit - waited)))


def clock_evidence(wait, settled=False):
    """Return the time section of host_info, after at most `wait` seconds for chrony to synchronise.

    settled: see wait_for_chrony.
    """
    found = independent_readers.collect(
        {"configuration": lambda: read_configuration(command=chronyd_command.read_command()), "platform": read_platform}
    )
    chronyc = chronyc_of(found["configuration"])
    chrony, waited = wait_for_chrony(wait, chronyc, settled)
    units = read_units()
    return dict(
        found,
        units={name: unit for name, unit in units.items() if name not in GUEST_UNITS},
        guest=guest_synchronisation(units),
        synchronised=read_synchronised(units),
        chrony=read_details(chrony, chronyc),
        timezone=read_timezone(),
        waited=round(waited, 1),
        clock=time.time(),
    )
