# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of the trials, a line of JSON for each, so that an interrupted campaign can be resumed."""

import json
import threading


class Results:
    """A file of results; `done` are the names of those that it holds."""

    def __init__(self, path, resume, without_failed=False):
        self.path, self.lock = path, threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.unlink(missing_ok=True)
        self.rows = (
            [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
        )
        if without_failed:
            self.rows = [row for row in self.rows if not row["verdict"]]
            path.write_text("".join(json.dumps(row) + "\n" for row in self.rows), encoding="utf-8")
        self.done = {row["name"] for row in self.rows}

    def add(self, row):
        """Write down one result."""
        with self.lock:
            self.rows.append(row)
            with open(self.path, "a", encoding="utf-8") as output:
                output.write(json.dumps(row) + "\n")


def numbers(rows):
    """The lines that close a campaign."""

    def count(*without):
        return sum(1 for row in rows if not set(row["verdict"]) & set(without))

    again = [row for row in rows if "rerun" in row]
    apart = (
        "does not converge",
        "changes something again",
        "systemd has not read its files",
        "converges to something else",
    )
    converged = sum(1 for row in again if not set(row["verdict"]) & set(apart))
    killed = count("not killed")
    reverted = [row for row in rows if "left" in row]
    as_before = sum(1 for row in reverted if not set(row["verdict"]) & {"does not revert", "not as before"})
    lines = [
        f"killed: {killed} of {len(rows)}, at {len({row['task'] for row in rows})} tasks",
        f"converged: {converged} of {len(again)}",
        f"reverted to the byte: {as_before} of {len(reverted)}",
    ]
    audits = [row for row in rows if "audit" in row]
    if audits:
        good = sum(1 for row in audits if not row["verdict"])
        lines.append(f"undisturbed audits: {good} of {len(audits)}")
    for row in rows:
        if row["verdict"]:
            lines.append(f"  {', '.join(row['verdict'])}: {row['name']}")
    return lines
