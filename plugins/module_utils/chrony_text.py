# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the comma-separated output of `chronyc -c`, whose fields are known by position only (chronyc(1))."""

MODES = {"^": "server", "=": "peer", "#": "reference_clock"}
STATES = {
    "*": "selected",
    "+": "combined",
    "-": "not_combined",
    "?": "unusable",
    "x": "falseticker",
    "~": "too_variable",
}
TRACKING_FIELDS = 14
SOURCE_FIELDS = 10


def parse_tracking(text):
    """Return `{reference, stratum, offset, root_delay, root_dispersion, skew, leap}` from `chronyc -n -c tracking`.

    offset, root_delay and root_dispersion are in seconds (offset positive: the clock is slow of NTP time, as the
    `System time` line says), skew in parts per million. leap is chrony's word: `Normal`, `Not synchronised`, ...
    Raises ValueError for text of another shape.
    """
    fields = text.strip().split(",")
    if len(fields) < TRACKING_FIELDS:
        raise ValueError("chronyc tracking: {0} fields instead of {1}".format(len(fields), TRACKING_FIELDS))
    return {
        "reference": fields[1] or fields[0],
        "stratum": int(fields[2]),
        "offset": float(fields[4]),
        "root_delay": float(fields[10]),
        "root_dispersion": float(fields[11]),
        "skew": float(fields[9]),
        "leap": fields[13],
    }


def parse_sources(text):
    """Return `[{address, mode, state, stratum, poll, reach, last_sample, offset}]` from `chronyc -n -c sources`.

    reach is the register as a number (377 octal = 255: the last eight polls were answered), poll and last_sample
    are in seconds, offset in seconds. Raises ValueError for text of another shape.
    """
    sources = []
    for line in text.splitlines():
        if not line.strip():
            continue
        fields = line.strip().split(",")
        if len(fields) < SOURCE_FIELDS:
            raise ValueError("chronyc sources: {0} fields instead of {1}".format(len(fields), SOURCE_FIELDS))
        sources.append(
            {
                "address": fields[2],
                "mode": MODES.get(fields[0], fields[0]),
                "state": STATES.get(fields[1], fields[1]),
                "stratum": int(fields[3]),
                "poll": 2 ** int(fields[4]),
                "reach": int(fields[5], 8),
                "last_sample": int(fields[6]),
                "offset": float(fields[7]),
            }
        )
    return sources
