# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time synchronisation of this host: the time services, and chrony's report on its sources."""

import ctypes
import glob
import os
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import sections, systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_noting,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import read_platform
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import chrony_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.chrony_text import (
    parse_sources,
    parse_tracking,
)

CHRONY_UNITS = ("chrony.service", "chronyd.service")
OTHER_TIME_UNITS = ("systemd-timesyncd.service", "ntp.service", "ntpd.service", "ntpsec.service", "openntpd.service")
# Services of a virtual machine that set its clock to the hypervisor's as long as they run.
GUEST_UNITS = {"vboxadd-service.service": "VirtualBox", "virtualbox-guest-utils.service": "VirtualBox"}
VMWARE_TOOL = "/usr/bin/vmware-toolbox-cmd"
HYPERV_DEVICES = "/sys/bus/vmbus/devices"
HYPERV_TIME_SYNC = "{9527e630-d0ae-497b-adce-e80ab0175caf}"
CONFIGURATIONS = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
# chronyd creates it after it has read its configuration.
COMMAND_SOCKET = "/run/chrony/chronyd.sock"
# Other programs write there, and have chronyd read it again without a restart.
RUNTIME = "/run/"
SUFFIXES = {"confdir": "*.conf", "sourcedir": "*.sources"}
OPENNTPD = "openntpd.service"
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
LOCAL_TIME = "/etc/localtime"
LOG_LINES = 200  # of chrony's log, searched for NTS
LOG_WORDS = ("TLS handshake", "NTS-KE", "NTS key")
POLL_INTERVAL = 1.0  # seconds between two checks while waiting


def read_units():
    """The state of every time service, and of the clock services of virtual machines."""
    return systemd_units.read_units(CHRONY_UNITS + OTHER_TIME_UNITS + tuple(GUEST_UNITS))


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


def read_state():
    """Return `{"tracking", "sources"}`, or `{"error": why}` where chronyc does not answer."""
    try:
        return {
            "tracking": parse_tracking(run_text(["chronyc", "-n", "-c", "tracking"])),
            "sources": parse_sources(run_text(["chronyc", "-n", "-c", "sources"])),
        }
    except (Unreadable, ValueError) as problem:
        return {"error": str(problem)}


def read_details(chrony):
    """Add details to a state of read_state, as far as the chrony version and this user's rights allow.

    Adds `version` and `features`, `unresolved` (the number of sources without an address), to each source its `name` and
    `authentication`, and `log`, the last lines about NTS where a source has got no keys. None is what is not known.
    """
    version, features = _read(["chronyd", "-v"], chrony_text.parse_version, (None, []))
    chrony.update(version=version, features=features, unresolved=None, log=[])
    if "error" in chrony:
        return chrony
    chrony["unresolved"] = _read(["chronyc", "-c", "activity"], chrony_text.parse_unresolved, None)
    # From 4.0 on, which accepts these commands.
    chrony["sources"] = _read(["chronyc", "-n", "-c", "sources", "-a"], parse_sources, chrony["sources"])
    names = _read(["chronyc", "-c", "-N", "sources", "-a"], chrony_text.parse_names, [])
    known = _read(["chronyc", "-n", "-c", "authdata"], chrony_text.parse_authentication, [])
    authentication = dict(known)
    for number, source in enumerate(chrony["sources"]):
        source["name"] = names[number] if len(names) == len(chrony["sources"]) else None
        source["authentication"] = authentication.get(source["address"])
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


def read_configuration(paths=CONFIGURATIONS, socket=COMMAND_SOCKET):
    """Return the content of chrony's own configuration file and of all that it includes, None where there is none.

    `path` and `files` (see chrony_text.parse_configuration) are of its own file alone; `sources` and `keys`, each with the
    path of its file, are of all of them. See newer_than_chronyd for `newer`.
    """
    problems = []
    for path in paths:
        text = read_noting(path, problems)
        if text is not None:
            files, sources, keys = _follow(path, text)
            return {
                "path": path,
                "files": chrony_text.parse_configuration(text),
                "sources": sources,
                "keys": keys,
                "newer": newer_than_chronyd(files, socket),
            }
    if problems:
        raise problems[0]
    return None


def _follow(path, text):
    """Return (paths, sources, keys) of a configuration file and of every file that it includes."""
    paths, sources, keys, left = [], [], [], [(path, text)]
    while left:
        path, text = left.pop(0)
        paths.append(path)
        sources += [dict(entry, path=path) for entry in chrony_text.parse_servers(text)]
        for line in chrony_text.parse_configuration(text):
            if line["directive"] == "keyfile":
                paths.append(line["path"])
                keys += [
                    dict(entry, path=line["path"]) for entry in _read_file(line["path"], chrony_text.parse_key_ids)
                ]
                continue
            pattern = line["path"]
            if line["directive"] in SUFFIXES:
                paths.append(line["path"])
                pattern = os.path.join(line["path"], SUFFIXES[line["directive"]])
            found = [one for one in sorted(glob.glob(pattern)) if one not in paths]
            left += [(one, _read_file(one, str)) for one in found if one not in [known for known, _text in left]]
    return paths, sources, keys


def _read_file(path, parse):
    """The text of a file that may be missing, or that only root can read."""
    try:
        return parse(read_text_or_none(path) or "")
    except Unreadable:
        return parse("")


def newer_than_chronyd(paths, socket=COMMAND_SOCKET):
    """Return those files and directories that have changed since chronyd read its configuration, None where it does not run.

    A time in the future does not count: the clock was set back since.
    """
    started = _changed_at(socket)
    if started is None:
        return None
    lasting = [path for path in paths if not path.startswith(RUNTIME)]
    return [path for path in lasting if started < (_changed_at(path) or 0) <= time.time()]


def _changed_at(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


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


def wait_for_chrony(seconds):
    """Wait until chrony is synchronised or `seconds` have passed; return `(chrony, seconds waited)`."""
    began = time.monotonic()
    while True:
        chrony = read_state()
        waited = time.monotonic() - began
        if is_synchronised(chrony) or waited >= seconds:
            return chrony, waited
        time.sleep(min(POLL_INTERVAL, max(0.0, seconds - waited)))


def clock_evidence(wait):
    """Return the time section of host_info, after at most `wait` seconds for chrony to synchronise."""
    chrony, waited = wait_for_chrony(wait)
    units = read_units()
    return dict(
        sections.collect({"configuration": read_configuration, "platform": read_platform}),
        units={name: unit for name, unit in units.items() if name not in GUEST_UNITS},
        guest=guest_synchronisation(units),
        synchronised=read_synchronised(units),
        chrony=read_details(chrony),
        timezone=read_timezone(),
        waited=round(waited, 1),
        clock=time.time(),
    )
