# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What swaps, from texts as the supported systems write them."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import swap_evidence

# RHEL 8 with its usual logical volume, and an entry with a space in its name.
SWAPS = """\
Filename\t\t\t\tType\t\tSize\tUsed\tPriority
/dev/dm-1                               partition\t2097148\t13068\t-2
/var/my\\040swap                       file\t1048572\t0\t-3
"""
FSTAB = """\
# /etc/fstab
/dev/mapper/rhel-root   /       xfs     defaults        0 0
/dev/mapper/rhel-swap   none    swap    defaults        0 0
#/dev/sdb1 none swap sw 0 0
UUID=0a1b swap swap
/swap/data /swap ext4 defaults 0 2
broken line
"""
# Fedora's zram-generator, fstab's generator, a unit of the administrator, one that is masked, and a service that is not there.
UNITS = """\
Id=dev-zram0.swap
LoadState=loaded
ActiveState=active
UnitFileState=generated
SourcePath=/usr/lib/systemd/zram-generator.conf

Id=dev-mapper-rhel\\x2dswap.swap
LoadState=loaded
ActiveState=active
UnitFileState=generated
SourcePath=/etc/fstab

Id=own.swap
LoadState=loaded
ActiveState=inactive
UnitFileState=enabled
SourcePath=

Id=dev-dm\\x2d1.swap
LoadState=loaded
ActiveState=active
UnitFileState=
SourcePath=

Id=off.swap
LoadState=masked
ActiveState=inactive
UnitFileState=masked
SourcePath=

Id=zramswap.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def test_devices_in_use_are_read():
    assert swap_evidence.parse_active(SWAPS) == [
        {"name": "/dev/dm-1", "kilobytes": 2097148},
        {"name": "/var/my swap", "kilobytes": 1048572},
    ]
    assert swap_evidence.parse_active("") == []


def test_entries_of_fstab_are_read_and_comments_are_not():
    assert swap_evidence.parse_fstab(FSTAB) == [
        {"line": 3, "device": "/dev/mapper/rhel-swap"},
        {"line": 5, "device": "UUID=0a1b"},
    ]


def test_units_that_run_or_start_at_boot_are_read_with_what_made_them():
    assert [(entry["unit"], entry["state"], entry["source"]) for entry in swap_evidence.parse_swap_units(UNITS)] == [
        ("dev-zram0.swap", "generated", "/usr/lib/systemd/zram-generator.conf"),
        ("dev-mapper-rhel\\x2dswap.swap", "generated", "/etc/fstab"),
        ("own.swap", "enabled", None),
        ("dev-dm\\x2d1.swap", "transient", None),
    ]
    assert swap_evidence.parse_swap_units("") == []
