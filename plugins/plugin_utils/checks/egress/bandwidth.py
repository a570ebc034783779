# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.bandwidth: the download speed from the Internet."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import endpoint_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

ROW = "bandwidth-outbound"
MBIT_A_MEGABYTE = 8


@check("egress.bandwidth")
def bandwidth(subject: Subject, evidence: Evidence) -> Finding:
    download = part(evidence, "download")
    if download.get("skipped"):
        return Finding(
            SKIPPED,
            "a measured download speed",
            "rtf_outbound_bandwidth_url is not set",
            "Set rtf_outbound_bandwidth_url to the URL of a large file on the Internet to measure the bandwidth.",
            severity="info",
        )
    wanted = subject.input("rtf_min_outbound_bandwidth_mbit")
    expected = f"at least {_both(wanted)}"
    path_text = endpoint_remedies.WAYS[download["path"]]
    if download["mean_mbit"] is None:
        observed = f"{download['verdict']} {path_text}: {download['detail']}"
        return Finding(
            UNKNOWN,
            expected,
            observed,
            f"Set rtf_outbound_bandwidth_url to a large file that {subject.node} can download {path_text}.",
            download,
        )
    observed = f"{_both(download['mean_mbit'])} {path_text}, peak {_both(download['peak_mbit'])}{_readings(subject, download['mean_mbit'])}"
    if download["mean_mbit"] >= wanted:
        return Finding(PASS, expected, observed, evidence=download)
    return Finding(
        FAIL,
        expected,
        observed,
        f"Ask the network team why {subject.node} downloads no faster {path_text} (row {ROW} of the requirements), or lower "
        "rtf_min_outbound_bandwidth_mbit if that is enough for the images of your applications.",
        download,
    )


def _both(mbit: float) -> str:
    return f"{mbit:g} Mbit/s ({mbit / MBIT_A_MEGABYTE:.4g} MB/s)"


def _readings(subject: Subject, mbit: float) -> str:
    """The vendor's text can mean bits or bytes: report the result for both readings."""
    row = subject.settings.get(ROW)
    if not row:
        return ""
    met = [
        f"{reading} Mbit/s {'met' if mbit >= reading else 'not met'}" for reading in row["expected"]["readings_mbit"]
    ]
    return f"; the vendor's {row['expected']['printed']} read as {', as '.join(met)}"
