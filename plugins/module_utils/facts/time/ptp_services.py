# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services of linuxptp, and whether they set the system's clock or that of a network card alone.

phc2sys(8) and ptp4l(8): beside chrony they are harmless as long as chrony takes the time from them, as from a reference clock.
"""

import getopt
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.service_commands import read_commands

UNITS = ("phc2sys.service", "phc2sys@*.service", "ptp4l.service", "ptp4l@*.service")
PHC2SYS = "ac:d:f:E:hl:mM:N:n:O:L:P:I:qR:rS:F:s:t:u:vwxz:"
PTP4L = "AEP246f:HSLi:p:l:mqsvht:"
# Servos that hand the time to another program.
HANDING_ON = ("ntpshm", "refclock_sock", "nullf")
SYSTEM_CLOCK = "CLOCK_REALTIME"


def steers(words, read=read_text_or_none):
    """Whether a command of linuxptp sets the system's clock. read: what reads a file."""
    program = words[0].rsplit("/", 1)[-1] if words else ""
    try:
        given, _rest = getopt.gnu_getopt(list(words[1:]), PHC2SYS if program == "phc2sys" else PTP4L, ["help"])
    except getopt.GetoptError:
        return True  # not understood: better named than passed over
    options = dict(given)
    settings = _settings(options.get("-f"), read)
    if settings.get("clock_servo", "") in HANDING_ON or options.get("-E", "") in HANDING_ON:
        return False
    if program == "phc2sys":
        return "-r" in options if "-a" in options else options.get("-c", SYSTEM_CLOCK) == SYSTEM_CLOCK
    software = "-S" in options or settings.get("time_stamping", "") == "software"
    return software and settings.get("free_running", "0") != "1"


def _settings(path, read):
    try:
        text = (read(path) if path else "") or ""
    except Unreadable:
        return {}
    return dict(re.findall(r"^\s*(\w+)\s+(\S+)", text, re.MULTILINE))


def steering_units(commands=read_commands):
    """Return the units of linuxptp that set the system's clock."""
    try:
        known = commands(UNITS)
    except Unreadable:
        return []
    return sorted(name for name, words in known.items() if words and steers(words))
