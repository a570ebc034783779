# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a node: does it see the simulated Internet as a host should?

Usage: python3 - NTP_NAME HOST:PORT...    exits 0, or 1 with the reason on standard output.
"""

import socket
import ssl
import struct
import sys

TIMEOUT = 2


def check_tls(target):
    """A verified TLS handshake with HOST:PORT, trusting what the distribution trusts."""
    host, port = target.rsplit(":", 1)
    with socket.create_connection((host, int(port)), TIMEOUT) as plain:
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
            pass


def check_ntp(name):
    """One NTP exchange; the reply must come from a server (mode 4) that has the time (stratum below 16)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((name, 123))
        sock.send(b"\x23" + bytes(47))
        flags, stratum = struct.unpack("!BB", sock.recv(512)[:2])
        if flags & 7 != 4 or not 0 < stratum < 16:
            raise OSError(f"NTP mode {flags & 7}, stratum {stratum}")


def main():
    """Try each target; stop at the first that fails."""
    for check, target in [(check_ntp, sys.argv[1])] + [(check_tls, target) for target in sys.argv[2:]]:
        try:
            check(target)
        except OSError as error:
            print(f"{target}: {error}")
            return 1
    return 0


sys.exit(main())
