# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the last lines of a run, however it ends, and what is shown while it works."""

import json
import os
import pty
import signal
import subprocess
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.callback import readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import environment, play, write
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.test_compare_reports import NOW
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CALLBACK = {"ANSIBLE_STDOUT_CALLBACK": "hostprep.runtime_fabric.readiness"}


def report(**inputs):
    inputs = samples.audit_inputs(**{"report_dir": "found", "enforce": False, "port_matrix": False, **inputs})
    arguments = json.dumps({"results": {}, "steps": [], "inputs": inputs})
    return f"    - hostprep.runtime_fabric.preflight_report: {arguments}\n"


@pytest.fixture
def site(tmp_path):
    """A directory with the report of an earlier run."""
    last = json.dumps({"format": 0, "readiness": "ready", "generated": "2027-01-31T12:00:00+00:00"})
    run_directories.save(tmp_path / "found", {"report.json": last}, NOW, False, 30)
    return tmp_path


def last_lines(output, count=3):
    return " ".join(" ".join(output.rstrip().splitlines()[-count:]).split())


STAYS = "The last report is still there: ready, from 2027-01-31T12:00:00+00:00."


def test_a_run_that_fails_before_the_audit_says_which_report_stays(site):
    tasks = "    - ansible.builtin.fail: {msg: no}\n" + report()
    code, output = play(site, tasks, "-e", "rtf_report_dir=found", **CALLBACK)
    assert code != 0 and last_lines(output, 6).endswith(
        f"No report of this run was written to {site / 'found'}: the run ended before the audit. {STAYS}"
    )
    assert len(list((site / "found" / "runs").iterdir())) == 1


def test_an_interrupted_run_says_which_report_stays(site):
    """Ctrl-C reaches every process in the foreground."""
    began = site / "began"
    tasks = f"    - ansible.builtin.shell: touch {began} && exec sleep 60\n" + report()
    words = write(site, tasks, "-e", "rtf_report_dir=found")
    run = subprocess.Popen(
        words,
        cwd=site,
        env=environment(site, **CALLBACK),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while not began.exists():
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    output = run.communicate()[0]
    assert run.returncode != 0 and last_lines(output).endswith(f"the run ended before the audit. {STAYS}"), output


@pytest.mark.parametrize("callback", [{}, CALLBACK], ids=["default", "readiness"])
def test_a_report_that_cannot_be_written_fails_the_run_and_says_so(site, callback):
    (site / "file").write_text("")
    code, output = play(site, report(report_dir="file/x"), **callback)
    said = (
        "No report of this run was written to " + str(site / "file" / "x") + ": Not a directory. There is no report of"
    )
    assert code != 0 and said in " ".join(output.split()), output
    if callback:
        assert "There is no report of an earlier run." in last_lines(output, 5)
        assert "INCOMPLETE: 2 nodes, " in last_lines(output, 2)


def test_the_last_lines_of_a_dry_run_say_that_it_is_one(tmp_path):
    code, output = play(tmp_path, report(), "--check", **CALLBACK)
    lines = output.rstrip().splitlines()
    at = max(number for number, line in enumerate(lines) if line.startswith("Dry run: "))
    assert code == 0 and at > lines.index(next(line for line in lines if line.startswith("PLAY RECAP")))
    assert "INCOMPLETE: 2 nodes" in last_lines(output, len(lines) - at)


def test_every_check_is_readable_with_v(tmp_path):
    code, output = play(tmp_path, report(), "-v", **CALLBACK)
    shown = output.partition("TASK [")[2].partition("PLAY RECAP")[0].splitlines()[1:]
    assert code == 0 and "kernel.ip_forward" in output and '"summary"' not in output
    assert [line for line in shown if len(line) > 80 and not line.startswith("Report: ")] == []
    assert '"summary"' in play(tmp_path, report(), "-vv", **CALLBACK)[1]


@pytest.mark.parametrize("variable", [None, "NO_COLOR", "ANSIBLE_NOCOLOR"])
def test_colours_are_for_terminals_alone(tmp_path, variable):
    words = write(tmp_path, report())
    variables = {name: value for name, value in environment(tmp_path, **CALLBACK).items() if "COLOR" not in name}
    variables.update({"TERM": "xterm", **({variable: "1"} if variable else {})})
    ours, theirs = pty.openpty()
    run = subprocess.Popen(words, cwd=tmp_path, env=variables, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while True:
            part = os.read(ours, 65536)
            if not part:
                break
            shown += part
    except OSError:  # the terminal is closed
        pass
    os.close(ours)
    assert run.wait() == 0 and (b"\x1b[" in shown) == (variable is None), shown


def test_without_a_terminal_there_is_no_colour(tmp_path):
    words = write(tmp_path, report())
    variables = {name: value for name, value in environment(tmp_path, **CALLBACK).items() if "COLOR" not in name}
    done = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    assert b"\x1b[" not in done.stdout


def test_a_long_task_says_which_hosts_it_waits_for():
    now = readiness.time.monotonic()
    pulse = readiness.Pulse(print, quiet=15)
    pulse.task(True)
    for number in range(7):
        pulse.waits_for(f"n{number}")
    assert pulse.line(now + 10) == ""
    assert pulse.line(now + 20) == "... 20 s, waiting for n0, n1, n2, n3 and 3 more"
    assert pulse.line(now + 30) == ""
    for number in range(6):
        pulse.heard_of(f"n{number}")
    assert pulse.line(now + 60).endswith(" s, waiting for n6")
    pulse.task(False)
    assert pulse.line(now + 600) == ""


def test_the_watch_of_a_long_task_shows_lines_by_itself():
    shown = readiness.threading.Event()
    pulse = readiness.Pulse(lambda line: shown.set() if "waiting for n1" in line else None, quiet=0.01)
    pulse.task(True)
    pulse.waits_for("n1")
    assert shown.wait(60)
