# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: every run of the schedule, and the numbers in the end."""

from __future__ import annotations

import pathlib
import tempfile
import time

from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history import campaign, sayings


def main(arguments):
    """Return the exit code: 0 where every run was compared as the schedule says. arguments: how many runs, all without."""
    content, begun = campaign.schedule(), time.monotonic()
    runs = content["runs"][: int(arguments[0])] if arguments else content["runs"]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="history-") as directory:
        history = campaign.Campaign(pathlib.Path(directory) / "site", content["faults"])
        for number, run in enumerate(runs, 1):
            wrong = history.run(run)
            failed += bool(wrong)
            print(f"{number:3} {'WRONG' if wrong else 'ok':<5} {run['run']}", *wrong, sep="\n      ", flush=True)
    counted = {field: sum(len(run.get(field, ())) for run in runs[1:]) for field in sayings.FIELDS if field != "still"}
    told = ", ".join(f"{count} {field}" for field, count in counted.items())
    print(f"\n{len(runs)} runs with {told}: {failed} wrong, in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0
