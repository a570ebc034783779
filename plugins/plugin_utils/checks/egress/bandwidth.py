# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.bandwidth: the download speed from the Internet."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Finding,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check

ROW = "bandwidth-outbound"
MBIT_A_MEGABYTE = 8


@check("egress.bandwidth")
def bandwidth(subject, evidence):
    told = part(evidence, "download")
    if told.get("skipped"):
        return Finding(
            SKIPPED,
            "a measured download speed",
            "rtf_outbound_bandwidth_url is not set",
            "Set rtf_outbound_bandwidth_url to the URL of a large file on the Internet to measure the bandwidth.",
            severity="info",
        )
    wanted = subject.outbound_mbit
    expected = f"at least {_both(wanted)}"
    way = remedies.WAYS[told["path"]]
    if told["mean_mbit"] is None:
        observed = f"{told['verdict']} {way}: {told['detail']}"
        return Finding(
            UNKNOWN,
            expected,
            observed,
            f"Set rtf_outbound_bandwidth_url to a large file that {subject.node} can download {way}.",
            told,
        )
    observed = (
        f"{_both(told['mean_mbit'])} {way}, peak {_both(told['peak_mbit'])}{_readings(subject, told['mean_mbit'])}"
    )
    if told["mean_mbit"] >= wanted:
        return Finding(PASS, expected, observed, evidence=told)
    return Finding(
        FAIL,
        expected,
        observed,
        f"Ask the network team why {subject.node} downloads no faster {way} (row {ROW} of the requirements), or lower "
        "rtf_min_outbound_bandwidth_mbit if that is enough for the images of your applications.",
        told,
    )


def _both(mbit):
    return f"{mbit:g} Mbit/s ({mbit / MBIT_A_MEGABYTE:.4g} MB/s)"


def _readings(subject, mbit):
    """The vendor's text has two readings, in bits and in bytes: say what the line is by each."""
    row = subject.settings.get(ROW)
    if not row:
        return ""
    told = [
        f"{reading} Mbit/s {'met' if mbit >= reading else 'not met'}" for reading in row["expected"]["readings_mbit"]
    ]
    return f"; the vendor's {row['expected']['printed']} read as {', as '.join(told)}"
