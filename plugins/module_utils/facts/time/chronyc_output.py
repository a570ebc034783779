# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chronyc and chronyd print. Pure functions.

The fields of `chronyc -c` are known by their position only (chronyc(1)).
"""

import re

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
ACTIVITY_FIELDS = 5
AUTHENTICATION_FIELDS = 10
SELECTION_FIELDS = 11
ANSWER_FIELDS = 33
AUTHENTICATION = {"-": "none", "SK": "key", "NTS": "nts"}
# The state by which `chronyc selectdata` says that the root distance of a source exceeds maxdistance.
TOO_DISTANT = "d"
NOT_SYNCHRONISED = "Not synchronised"
MOST_STRATUM = 15
# What chronyc prints for the address of a source whose name does not resolve.
NO_ADDRESS = "ID#"


def parse_tracking(text):
    """Return `{reference, stratum, offset, root_delay, root_dispersion, skew, leap}` from `chronyc -n -c tracking`.

    offset, root_delay and root_dispersion are in seconds (offset positive: the clock is slow of NTP time, as the
    `System time` line says), skew in parts per million. leap is chrony's term: `Normal`, `Not synchronised`, ...
    Raises ValueError for text of another shape.
    """
    fields = _fields(text, "tracking", TRACKING_FIELDS)
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

    address is None for a source whose name does not resolve, which only `sources -a` lists.

    reach is the register as a number (377 octal = 255: the last eight polls were answered), poll and last_sample
    are in seconds, offset in seconds. Raises ValueError for text of another shape.
    """
    return [
        {
            "address": None if fields[2].startswith(NO_ADDRESS) else fields[2],
            "mode": MODES.get(fields[0], fields[0]),
            "state": STATES.get(fields[1], fields[1]),
            "stratum": int(fields[3]),
            "poll": 2 ** int(fields[4]),
            "reach": int(fields[5], 8),
            "last_sample": int(fields[6]),
            "offset": float(fields[7]),
        }
        for fields in _rows(text, "sources", SOURCE_FIELDS)
    ]


def parse_names(text):
    """Return the names of the sources in their order, from `chronyc -c -N sources -a`."""
    return [line.split(",")[2] for line in text.splitlines() if line.count(",") >= SOURCE_FIELDS - 1]


def parse_unresolved(text):
    """Return how many sources have no address, from `chronyc -c activity`."""
    return int(_fields(text, "activity", ACTIVITY_FIELDS)[4])


def parse_authentication(text):
    """Return `[(address, {mode, key, attempts, naks, cookies})]` from `chronyc -n -c authdata -a`.

    mode: `none`, `key` (symmetric) or `nts`. attempts: how often keys were requested over NTS-KE since the last success;
    naks: how often the server refused them; cookies: how many are left.
    """
    found = []
    for fields in _rows(text, "authdata", AUTHENTICATION_FIELDS):
        mode = AUTHENTICATION.get(fields[1], fields[1])
        found.append(
            (
                fields[0],
                {
                    "mode": mode,
                    "key": int(fields[2]) if mode == "key" else None,
                    "attempts": int(fields[6]),
                    "naks": int(fields[7]),
                    "cookies": int(fields[8]),
                },
            )
        )
    return found


def parse_distant(text):
    """Return the addresses of the sources that chrony rejects for their root distance, from `chronyc -n -c selectdata`."""
    return [fields[1] for fields in _rows(text, "selectdata", SELECTION_FIELDS) if fields[0] == TOO_DISTANT]


def parse_answers(text):
    """Return `{address: {stratum, kiss, synchronised, root_distance}}` from `chronyc -n -c ntpdata`.

    The last valid answer of each server that has sent one, whether chrony uses it or not. kiss: the code by which it refuses to
    serve time, or None; root_distance: seconds by which its time may be wrong by what it says itself.
    """
    found = {}
    for fields in _rows(text, "ntpdata", ANSWER_FIELDS):
        leap, stratum, delay, dispersion, code, valid = (fields[place] for place in (5, 8, 13, 14, 16, 32))
        if int(valid):
            found[fields[0]] = {
                "stratum": int(stratum),
                "kiss": (code or None) if int(stratum) == 0 else None,
                "synchronised": leap != NOT_SYNCHRONISED and 0 < int(stratum) <= MOST_STRATUM,
                "root_distance": float(delay) / 2 + float(dispersion),
            }
    return found


def _rows(text, command, least):
    """The fields of each line that a command of chronyc printed. Raises ValueError for one with fewer than `least`."""
    return [_fields(line, command, least) for line in text.splitlines() if line.strip()]


def _fields(line, command, least):
    fields = line.strip().split(",")
    if len(fields) < least:
        raise ValueError(f"chronyc {command}: {len(fields)} fields instead of {least}")
    return fields


def parse_version(text):
    """Return `(version, features)`, ("4.3", ["CMDMON", "NTP", ...]), from `chronyd -v`; ValueError for other text."""
    match = re.search(r"version (\d+(?:\.\d+)+)\S* ?(?:\((.*)\))?", text)
    if match is None:
        raise ValueError(f"chronyd -v: no version in {text[:80]!r}")
    return match.group(1), [word[1:] for word in (match.group(2) or "").split() if word.startswith("+")]
