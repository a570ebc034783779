# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time servers of the site, as data."""

NAMES = ("ntp", "ntp2", "ntp3", "ntp-auth", "ntp-late")
KEYS = "/etc/lab/ntp/keys"
# What ntp-auth knows; nodes that use it need it as an input. ntp-late is behind by so many seconds.
KEY = (7, "SHA256", "HEX:9F1C0A5E6B7D48213344556677889900AABBCCDDEEFF00112233445566778899")
LATE = 0.5


def chronyd_conf(name, address, honest, tls_stem):
    """One chronyd that serves the machine's time as if it were a good clock.

    ntp-auth serves it with NTS and a symmetric key, too; ntp-late serves the time of an honest one LATE seconds behind.
    tls_stem: the path of its certificate, without .crt.
    """
    clock = "local stratum 2\n"
    if name == "ntp-late":
        # chronyd that sets no clock corrects the time that it serves.
        clock = f"server {honest} iburst minpoll 2 maxpoll 2 offset -{LATE}\n"
    if name == "ntp-auth":
        clock += f"keyfile {KEYS}\nntsservercert {tls_stem}.crt\nntsserverkey {tls_stem}.key\n"
    return (
        f"bindaddress {address}\n"
        f"{clock}"
        "allow all\n"
        "cmdport 0\n"
        "bindcmdaddress /\n"
        f"pidfile /run/lab-ntp-{name}/chronyd.pid\n"
    )
