# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""proxy.settings and installer: the files of the node name the configured proxy."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import (
    EXPECTED,
    HIDDEN,
    MASK,
    NONE,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy.program_environments import (
    INSTALLER,
    environments,
    is_url,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_truth_table
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

_FEW = 2  # entries that a title has room for
PREPARE = "run the role hostprep.runtime_fabric.rtf_proxy"


@check("proxy.settings")
def settings(subject: Subject, evidence: Evidence) -> Finding:
    """Every file of the node that names a proxy names the configured one; none does where no proxy is configured."""
    wanted = subject.proxy.http
    if wanted is None:
        return Finding(SKIPPED, "", "rtf_http_proxy is not set, so existing settings stay")
    expected = f"{wanted} in every file that names a proxy" if wanted else "no file names a proxy"
    readers = [each for each in environments(evidence) if each.reader != INSTALLER]
    found = [entry for each in readers for name, entry in each.variables.items() if is_url(name)]
    unknown = [f"{entry['source']} ({entry['reader']}): {entry['unknown']}" for entry in found if entry.get("unknown")]
    wrong = [entry for entry in found if not entry.get("unknown") and not _is(entry, wanted)]
    if wanted:
        wrong += [entry for each in readers for entry in each.ignored if is_url(entry["variable"])]
    wrong = list({(entry["source"], entry["variable"], entry["value"]): entry for entry in wrong}.values())
    if wrong:
        files = ", ".join(dict.fromkeys(entry["source"] for entry in wrong))
        remedy = by_line(
            subject,
            appliance=(
                f"Remove the proxy from {files}, or set rtf_http_proxy to it. To remove what this collection "
                f"wrote, set rtf_http_proxy to '' and {PREPARE}."
            ),
            self_managed=f"If {subject.node} needs the proxy that {files} names, set rtf_http_proxy to it.",
        )
        if all(entry.get("ignored") for entry in wrong):
            remedy = f"Correct it in {files}, or {PREPARE}."
        return Finding(FAIL, expected, joined_first(_setting_text(entry, wanted) for entry in wrong), remedy, wrong)
    unread = part(evidence, "host", "proxy").get("unreadable")
    if unread:
        return Finding(UNKNOWN, expected, f"could not be read: {joined_first(unread)}")
    if unknown:
        remedy = "Compare what `env` prints in a login shell with the proxy, or write the values without conditions."
        return Finding(UNKNOWN, expected, f"not known without running it: {joined_first(unknown)}", remedy)
    if wanted and not found:
        observed = joined_first(["no file of the node names a proxy", *part(evidence, "host", "proxy")["dangling"]])
        return Finding(FAIL, expected, observed, f"To configure it, {PREPARE}.")
    names = ", ".join(dict.fromkeys(each.reader for each in readers if any(is_url(name) for name in each.variables)))
    observed = f"set for {names}" if names else "no proxy is configured, and no file names one"
    return Finding(PASS, expected, joined_first([observed, *part(evidence, "host", "proxy")["dangling"]]))


@check("proxy.installer")
def installer(subject: Subject, evidence: Evidence) -> Finding:
    """The installer sources its own environment file, and passes it on to everything that it installs."""
    proxy = subject.proxy
    meant = {"RTF_HTTP_PROXY": proxy.http, "RTF_MONITORING_PROXY": proxy.monitoring}
    wanted = {name: value for name, value in meant.items() if value is not None}
    found = {entry["variable"]: entry for entry in proxy_settings(evidence) if entry["reader"] == INSTALLER}
    expected = ", ".join(f"{name}={value}" for name, value in wanted.items() if value) or "no proxy"
    if not part(evidence, "host", "proxy")["installer_file"]:
        there = "the installer's environment file does not exist yet"
        return Finding(SKIPPED, expected, there) if any(wanted.values()) else Finding(PASS, expected, there)
    wrong, fault = [], ""
    for name, value in wanted.items():
        entry = found.get(name)
        if value and entry is None:
            wrong.append(f"{name} is not set")
        elif entry is not None and not _is(entry, value):
            wrong.append(_setting_text(entry, value))
    if proxy.http and not wrong:
        entries = found.get("RTF_NO_PROXY", {"value": ""})["value"].split(",")
        missing = [entry for entry in proxy.no_proxy if entry not in entries]
        if missing:
            known = {each.entry: no_proxy_truth_table.named(each) for each in proxy.internal if each.kind == "host"}
            lacks = [known.get(entry, entry) for entry in missing]
            wrong.append(f"RTF_NO_PROXY lacks {joined_first(lacks)}")
            fault = f"RTF_NO_PROXY of {subject.node} lacks {', '.join(lacks)}" if len(lacks) <= _FEW else ""
    if wrong:
        return Finding(
            FAIL,
            expected,
            joined_first(wrong),
            f"Correct it in /opt/anypoint/runtimefabric/env, or {PREPARE}.",
            list(found.values()),
            fault=fault,
        )
    return Finding(
        PASS, expected, "as expected" if any(wanted.values()) else ("no proxy is configured, and no file names one")
    )


def proxy_settings(evidence: Evidence) -> list[Row]:
    return part(evidence, "host", "proxy", "settings")


def _is(entry: dict[str, str], wanted: str) -> bool:
    return entry["value"].rstrip("/") == wanted and entry["password"] == (EXPECTED if MASK in wanted else NONE)


def _setting_text(entry: Row, wanted: str | None) -> str:
    remark = ""
    if entry.get("ignored"):
        return f"{entry['source']} ({entry['reader']}) sets {entry['variable']} without effect: {entry['ignored']}"
    if entry["value"] == HIDDEN:
        remark = ", which is not a plain URL; in credentials, all but letters, digits and -._~ must be percent-encoded"
    elif entry["value"].rstrip("/") == wanted:
        remark = " with other credentials"
    return f"{entry['source']} ({entry['reader']}) sets {entry['variable']} to {entry['value']}{remark}"
