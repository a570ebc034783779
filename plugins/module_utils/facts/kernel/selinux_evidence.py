# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mode of SELinux on this host, now and after the next boot."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    noted,
    read_noting,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import read_platform

ENFORCE, CONFIG = "/sys/fs/selinux/enforce", "/etc/selinux/config"


def mode_of(enforce):
    """Return `enforcing`, `permissive` or `disabled` from the text of /sys/fs/selinux/enforce, None without such a file."""
    if enforce is None:
        return "disabled"
    return "enforcing" if enforce.strip() == "1" else "permissive"


def configured_mode(text):
    """Return the mode in the text of /etc/selinux/config, None where it has none; the last line counts."""
    found = None
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and name.strip() == "SELINUX":
            found = value.split("#")[0].strip().lower() or None
    return found


def selinux_evidence():
    """Return the selinux section of host_info; its mode and platform are `{"error": why}` where they could not be read."""
    problems = []
    configured = configured_mode(read_noting(CONFIG, problems) or "")
    found = independent_readers.collect(
        {"mode": lambda: mode_of(read_text_or_none(ENFORCE)), "platform": read_platform}
    )
    return dict(found, configured=configured, **noted(problems))
