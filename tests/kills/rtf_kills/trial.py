# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One trial: a run is cut off, and what follows must bring the node to where it would be without that, and back."""

import json
import shutil
import tempfile
import time
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import leftover_modules, sites, state_comparison
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.kill_signals import end
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.playbook_runs import play
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import environment, lifecycle

PREPARE = ("prepare-rtf.yml", "--skip-tags")
REVERT = ("hostprep.runtime_fabric.revert_rtf",)
AUDIT = ("prepare-rtf.yml", "--tags", "rtf_preflight")


class Bench:
    """A node of a lab to try on, as a user has it who prepares it alone. directory: where logs are kept."""

    def __init__(self, lab, node, configuration, directory):
        self.lab, self.node, self.configuration = lab, node, configuration
        self.directory = Path(directory)
        self.site = self.directory / "site"
        self.environment = environment.environment(lab.instance)
        self.environment["ANSIBLE_PIPELINING"] = "true"
        self.before = None

    def pristine(self):
        """Take a node that nothing was done to, and remember how it is."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lifecycle.renew(self.lab, self.node)
        sites.CONFIGURATIONS[self.configuration][0](self.lab, self.node)
        self.start_from_here()

    def start_from_here(self):
        """Remember how the node is now, and write the user's directory."""
        self.directory.mkdir(parents=True, exist_ok=True)
        sites.write_site(self.site, self.lab, [self.node], self.configuration)
        self.before = state_comparison.state(self.lab, self.node)

    def play(self, name, arguments, kill=None):
        """Run a playbook; name: what its log is called."""
        words = [*arguments, "-i", "inventory", "-e", "@settings.json"]
        # Connections that a killed controller leaves open are no later run's. The path of a socket must be short.
        sockets = tempfile.mkdtemp(prefix="kills-")
        try:
            return play(
                self.site,
                words,
                {**self.environment, "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets},
                self.directory / f"{name}.log",
                kill,
            )
        finally:
            shutil.rmtree(sockets, ignore_errors=True)

    def prepare(self, name, kill=None):
        """Run the preparation without the audit."""
        left_out = ("rtf_preflight", *sites.CONFIGURATIONS[self.configuration][2])
        return self.play(name, (*PREPARE, ",".join(left_out)), kill)

    def differences(self):
        """How the node differs from what it was in the beginning."""
        return state_comparison.differences(self.before, state_comparison.state(self.lab, self.node))


def rehearse(bench):
    """Prepare a pristine node without cutting anything off.

    Return (Run, differences that it made, the verdict on preparing it once more and on reverting it).
    """
    bench.pristine()
    run = bench.prepare("rehearsal")
    made = bench.differences()
    if run.code:
        return run, made, ["does not prepare"]
    again = _prepare_again(bench, made, False)
    return run, made, verdict({"struck": True, **again, "once_more": again["rerun"], **_revert(bench)})


def rehearse_revert(bench):
    """Prepare a pristine node and revert it without cutting anything off; return the Run."""
    bench.pristine()
    prepared = bench.prepare("prepare")
    return bench.play("rehearsal", REVERT) if prepared.code == 0 else prepared


def attempt_revert(bench, kill):
    """Cut off the revert of a node that was prepared, and revert it again."""
    begun = time.monotonic()
    prepared = bench.prepare("prepare")
    killed = bench.play("killed", REVERT, kill)
    found = {"struck": killed.cut_off(kill) and prepared.code == 0, "struck_in": killed.last_task(), **_revert(bench)}
    return _judged(bench, found, begun)


def attempt(bench, kill, follow_up, expected):
    """Cut off the preparation of a node that is as bench.before says. Return the result, as a dictionary.

    follow_up: `rerun` prepares again, twice, before it reverts; `revert` reverts at once; `converge` prepares again, and no
    more: what else follows from a state that is the same to the byte, the rehearsal has shown. expected: the differences that
    a preparation makes, None where they are not known.
    """
    begun = time.monotonic()
    killed = bench.prepare("killed", kill)
    found = {"struck": killed.cut_off(kill), "struck_in": killed.last_task()}
    if not found["struck"]:
        return _judged(bench, found, begun)
    if follow_up != "revert":
        found.update(_prepare_again(bench, expected, follow_up == "rerun"))
    if follow_up != "converge":
        found.update(_revert(bench))
    return _judged(bench, found, begun)


def _judged(bench, found, begun):
    """Add the verdict and the seconds since `begun`, and keep all of it beside the logs. Nothing is left of the killed run."""
    end(bench.directory / "killed.log")
    found = {"verdict": verdict(found), "seconds": round(time.monotonic() - begun, 1), **found}
    (bench.directory / "found.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def _revert(bench):
    """Revert once nothing runs any more that the killed controller had begun."""
    quiet = leftover_modules.wait_for_end(bench.lab, bench.node)
    reverted = bench.play("revert", REVERT)
    return {
        "still_running": not quiet,
        "revert": {"code": reverted.code, "problems": reverted.problems()},
        "left": bench.differences(),
    }


def _prepare_again(bench, expected, twice):
    again = bench.prepare("rerun")
    once_more = bench.prepare("once_more") if twice else None
    made = bench.differences()
    return {
        "unread": [line for line in made.get("units", ()) if line.endswith("reload=yes")],
        "rerun": {"code": again.code, "problems": again.problems(), "changed": again.changed_tasks()},
        **({"once_more": {"code": once_more.code, "changed": once_more.changed_tasks()}} if twice else {}),
        "otherwise": state_comparison.differences(
            *({part: set(found.get(part, ())) for part in {*expected, *made}} for found in (expected, made))
        )
        if expected is not None
        else {},
    }


def verdict(found):
    """The words for what went wrong, an empty list where all is well."""
    wrong = []
    if not found["struck"]:
        wrong.append("not killed")
    if found.get("still_running"):
        wrong.append("a module never ended")
    if "rerun" in found:
        once_more = found.get("once_more", {"code": 0, "changed": []})
        if found["rerun"]["code"] or once_more["code"]:
            wrong.append("does not converge")
        elif once_more["changed"]:
            wrong.append("changes something again")
        elif found["unread"]:
            wrong.append("systemd has not read its files")
        elif found["otherwise"]:
            wrong.append("converges to something else")
    if found.get("revert", {"code": 0})["code"]:
        wrong.append("does not revert")
    elif found.get("left"):
        wrong.append("not as before")
    return wrong
