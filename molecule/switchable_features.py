# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a node rtf_kernel can switch off, for tests: swap, SELinux, nm-cloud-setup, offloads of tunnels.

The kernel of a node is the machine's, so /proc/swaps is a file of the tests there, and swapoff and swapon are programs
that edit it. SELinux is a configuration file alone.
"""

ASKED_FOR = {
    "rtf_kernel_swap_off": True,
    "rtf_kernel_selinux_permissive": True,
    "rtf_kernel_nm_cloud_setup_off": True,
    "rtf_kernel_tunnel_offload_off": True,
    "rtf_kernel_tunnel_offload_drivers": ["veth"],
}
FSTAB = """\
# static file systems
/dev/vda1 / ext4 defaults 0 1
/dev/mapper/rhel-swap none swap defaults 0 0
# /dev/old none swap sw 0 0
/swapfile\tswap\tswap\tsw
"""
SWAPS_FILE = "/var/swaps"
IN_USE = "Filename Type Size Used Priority\n/dev/dm-1 partition 2097148 0 -2\n/swapfile file 1048572 0 -3\n"
SELINUX = "# This file controls SELinux.\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"
FILES = {
    "/etc/fstab": FSTAB,
    "/etc/selinux/config": SELINUX,
    "/etc/systemd/system/nm-cloud-setup.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    "/etc/systemd/system/nm-cloud-setup.timer": "[Timer]\nOnUnitActiveSec=5min\nOnBootSec=5min\n[Install]\nWantedBy=timers.target\n",
    "/etc/systemd/system/zramswap.service": """\
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
""",
    SWAPS_FILE: IN_USE,
}
PROGRAMS = {
    "/usr/local/sbin/swapoff": 'for name; do kept=$(grep -v "^$name " /var/swaps); echo "$kept" > /var/swaps; done',
    "/usr/local/sbin/swapon": 'for name; do echo "$name partition 1 0 -2" >> /var/swaps; done',
}
UNITS = ("nm-cloud-setup.service", "nm-cloud-setup.timer", "zramswap.service")
RULE = "30400:\tfrom 192.0.2.7 lookup 30400\n"


def show_swaps(lab, node):
    """Let a node see the swap of the tests, and never the machine's."""
    lab.exec(node, "mount", "--bind", SWAPS_FILE, "/proc/swaps")


def provide(lab, node):
    """Give a node everything that can be switched off."""
    for path, text in {**FILES, **{path: f"#!/bin/sh\n{text}\n" for path, text in PROGRAMS.items()}}.items():
        lab.exec(node, "sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "sh", path, text)
    lab.exec(node, "chmod", "+x", *PROGRAMS)
    lab.exec(node, "systemctl", "daemon-reload")
    lab.exec(node, "systemctl", "enable", "--now", *UNITS)
    lab.exec(node, "ip", "rule", "add", "from", "192.0.2.7", "lookup", "30400", "priority", "30400")
    show_swaps(lab, node)


def take_away(lab, node):
    """Take it all back, as far as it is there."""
    lab.exec(
        node,
        "sh",
        "-c",
        "umount /proc/swaps; ip rule delete priority 30400; systemctl disable --now "
        f"{' '.join(UNITS)}; rm -rf {' '.join([*FILES, *PROGRAMS])}; systemctl daemon-reload",
        check=False,
    )
