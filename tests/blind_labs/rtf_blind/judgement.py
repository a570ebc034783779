# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the audit of a broken lab says what is wrong, who has to act and what to do, where a reader looks first."""

import re

FIRST_LINES = 10
LAST_LINES = 60
BEGIN = "Runtime Fabric "
VERDICTS = {"READY": "ready", "NOT READY": "not_ready", "INCOMPLETE": "incomplete"}


def last_lines(output):
    """Return what a terminal still shows."""
    return "\n".join(output.rstrip("\n").splitlines()[-LAST_LINES:]) + "\n"


def first_lines(output):
    """Return the lines with which the report begins, as one text."""
    lines = output.splitlines()
    begin = max((number for number, line in enumerate(lines) if line.startswith(BEGIN)), default=len(lines))
    return " ".join(" ".join(lines[begin : begin + FIRST_LINES]).split())


def problems(lab, output, report, code):
    """Return what is wrong with an audit, as texts. lab: the BlindLab; report: the content of report.json."""
    if report is None:
        return ["the audit wrote no report"]
    return [
        *_of_cause(lab, report["causes"]),
        *_of_text(lab, output),
        *_repeated(report["causes"]),
        *_verdict(output, report, code),
    ]


def _of_cause(lab, causes):
    if not causes:
        return ["there is no cause"]
    first, found = causes[0], []
    if not re.match(lab.cause, first["id"]):
        found.append(f"cause 1 is {first['id']}, not {lab.cause}")
    if first["owner"] not in lab.owners:
        found.append(f"cause 1 is for {first['owner']}, not for {' or '.join(lab.owners)}")
    if set(first["nodes"]) != set(lab.nodes):
        found.append(f"cause 1 names {', '.join(first['nodes'])}, not {', '.join(lab.nodes)}")
    count = sum(cause["blocking"] for cause in causes)
    if count not in lab.blocking:
        found.append(f"{count} causes block, for one fault")
    return found


def _of_text(lab, output):
    text = first_lines(output)
    return [
        f"the first {FIRST_LINES} lines do not say {pattern}" for pattern in lab.says if not re.search(pattern, text)
    ]


def _repeated(causes):
    found = []
    for part in ("id", "title", "what"):
        texts = [cause[part] for cause in causes]
        found += [f"{part} of two causes: {text}" for text in dict.fromkeys(texts) if texts.count(text) > 1]
    keys = [(entry["id"], entry["node"]) for cause in causes for entry in cause["explains"]]
    return found + [f"{' on '.join(key)} belongs to two causes" for key in dict.fromkeys(keys) if keys.count(key) > 1]


def _verdict(output, report, code):
    """The last line is the verdict, and names who is next."""
    last = output.rstrip("\n").splitlines()[-1]
    words = re.match(r"(NOT READY|READY|INCOMPLETE): ", last)
    if not words:
        return ["the last line is no verdict"]
    found = []
    if VERDICTS[words[1]] != report["readiness"]:
        found.append(f"the last line says {words[1]}, report.json {report['readiness']}")
    if (code == 0) != (report["readiness"] == "ready"):
        found.append(f"the exit status is {code}, the verdict {words[1]}")
    owner = next((cause["owner"] for cause in report["causes"] if cause["blocking"]), None)
    if owner and not last.endswith(f"; next: {owner}"):
        found.append(f"the last line does not say that {owner} is next")
    return found
