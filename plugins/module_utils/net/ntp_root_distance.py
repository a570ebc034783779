# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root distance of a time server: by how much its time may be wrong by what it says itself (RFC 5905)."""

# Seconds; chrony's default for maxdistance.
MOST = 3


def of(root_delay, root_dispersion):
    """Return the root distance in seconds."""
    return root_delay / 2 + root_dispersion


def warning(seconds):
    """A remark on a server that chrony does not accept for it, or None."""
    if seconds > MOST:
        return f"the server says that its time may be wrong by {seconds:.1f} s, and chrony accepts {MOST} s"
    return None
