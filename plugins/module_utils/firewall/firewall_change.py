# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the firewall of a host to the wanted rules, as one change that is rolled back unless it is confirmed."""

import json
import time
import uuid
from collections import OrderedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import package_locks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import backend_selection, ssh_access
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.change_lock import Busy, Lock
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.expiry_timer import ExpiryTimer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.own_rules_service import RULES_DIRECTORY
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rollback_timer import Guard
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    from_parameters,
)

DIRECTORY = RULES_DIRECTORY
NOBODY_FILTERS = "no firewall is active: every port of the host is open, and nothing was changed"
# Seconds. Whoever installs a firewall also starts it, before what it needs is configured. One that goes on for longer is
# likely to concern something else, and what it breaks is rolled back.
PACKAGES_WAIT = 60
POLL = 0.5  # seconds between two checks of a change that waits to be confirmed
OF_ONE_CALL = ("change_id", "run", "wait_timeout")  # options that do not concern the rules


class Change:
    """One call of the module firewall_rules. parameters: its options."""

    def __init__(self, host, parameters, check_mode):
        self.host, self.parameters, self.check_mode = host, parameters, check_mode
        self.connection = ssh_access.ssh_connection()
        self.guard = Guard(host, parameters["label"], DIRECTORY)
        self.lock = Lock(_origin(self.connection))
        self.expiry = ExpiryTimer(host, parameters["label"])
        self.backends = backend_selection.all_backends(host, parameters["label"])
        self.change_id = uuid.uuid4().hex
        self.now = 0  # the clock of the host, once the lock is held
        self.missing = []  # directories that the change will make
        self.warnings = []

    def run(self):
        """Return the result of the module. Raises FirewallError or ValueError."""
        if self.check_mode:
            return self._carried_out()
        if self.parameters["state"] == "present":
            package_locks.wait(PACKAGES_WAIT)
        deadline = Deadline(self.parameters["wait_timeout"])
        self.lock.acquire(deadline)
        try:
            while self.parameters["state"] in ("present", "absent") and self.guard.waits_for_confirmation():
                about = self.guard.pending() or {}
                self.lock.release()
                if deadline.expired():
                    raise Busy(_waiting(about), about)
                time.sleep(min(POLL, deadline.remaining()))
                self.lock.acquire(deadline)
            return dict(self._carried_out(), warnings=self.warnings)
        finally:
            self.lock.release()

    def _carried_out(self):
        self.now = self.host.now()
        state = self.parameters["state"]
        if state == "confirmed":
            return {"changed": False if self.check_mode else self._confirmed(), "pending": False}
        if state == "rolled_back":
            about = self.guard.pending()
            due = about is not None and all(
                self.parameters[option] in (None, about.get(key))
                for option, key in (("change_id", "id"), ("run", "run"))
            )
            if due and not self.check_mode:
                self._roll_back()
            return {"changed": due, "pending": False}
        if not self.check_mode:
            if self.guard.is_pending():
                self._roll_back()  # no timer is left to do so
            self._report_what_was_left_alone()
            self.guard.settle()
        return self._absent() if state == "absent" else self._present()

    def _confirmed(self):
        change_id = self.parameters["change_id"]
        if self.guard.confirm(self.connection, change_id):
            return True
        # The answer to an earlier confirmation may have been lost. Otherwise another change has come since.
        if change_id is not None and applied(self.host).get("change_id", change_id) != change_id:
            raise FirewallError(
                "the change was not confirmed in time: the host has rolled it back, and another change has been made since"
            )
        return False

    def _roll_back(self):
        self.guard.roll_back()
        self._report_what_was_left_alone()

    def _report_what_was_left_alone(self):
        left = self.guard.take_left_alone()
        if left:
            self.warnings.append(
                "the rollback of an unconfirmed change did not restore files that other programs have changed since: {}. Check them "
                "for rules called {}".format(", ".join(left), self.parameters["label"])
            )

    def _present(self):
        found, holding = backend_selection.active(self.backends), backend_selection.ours(self.backends)
        name = backend_selection.choose(self.parameters["backend"], self.backends, found, holding)
        result = {"backend": name, "active": dict(found), "pending": False, "changed": False}
        if name is None:
            return dict(result, msg=NOBODY_FILTERS)
        before = applied(self.host)
        wanted = from_parameters(
            dict(self.parameters, keep_ports=self._keep_ports()), self._expires_at(before), self.now
        )
        chosen = self.backends[name]
        left = [self.backends[other] for other in holding if other != name]
        states = [(chosen, chosen.look(), chosen.native(wanted))] + [(one, one.look(), NOTHING) for one in left]
        starting = name not in found and self.parameters["backend"] != backend_selection.AUTO and not chosen.running()
        if starting:
            backend_selection.require_harmless_start(self.backends, name)
        service = chosen.service_state() if starting else _service_before(before, name)
        renewed = any(rule.expires for rule in wanted.rules) and before.get("expires_at") != wanted.expires_at
        # Where the firewall cannot remove expired rules, a timer does.
        closes_at = 0 if chosen.closes_by_itself else wanted.expires_at
        closing = [] if chosen.closes_by_itself else chosen.closing_command()
        timed = self.expiry.is_kept(closes_at, closing)
        changed = starting or renewed or not timed or any(seen != target for dummy, seen, target in states)

        def change():
            for one in left:
                one.remove()
            if starting:
                chosen.start(wanted)
            chosen.apply(wanted)
            self.expiry.keep(closes_at, closing)
            kept = {name: value for name, value in self.parameters.items() if name not in OF_ONE_CALL}
            kept.update(
                backend=name,
                expires_at=wanted.expires_at,
                keep_ports=wanted.keep_ports,
                service_before=service,
                change_id=self.change_id,
                made_directories=self._made_directories(before),
            )
            self.host.write(applied_path(), json.dumps(kept, indent=2, sort_keys=True) + "\n", 0o600)
            # A firewall that was started has loaded rules of the site and zones of interfaces.
            held = chosen.native(wanted) if starting else states[0][2]
            return [(chosen, held)] + [(one, NOTHING) for one in left]

        return self._carry_out(dict(result, expires_at=wanted.expires_at), changed, states, change)

    def _made_directories(self, before):
        """Remove directories that were made for a change and are empty again; return those that are in use."""
        made = set(before.get("made_directories", [])) | set(self.missing)
        self.host.remove_directories(made)
        return sorted(directory for directory in made if self.host.is_directory(directory))

    def _absent(self):
        before = applied(self.host)
        started = self.backends.get(before.get("backend"))
        service = _service_before(before, before.get("backend"))
        states = [(one, one.look(), NOTHING) for one in self.backends.values()]
        states = [entry for entry in states if entry[1] != NOTHING or (service and entry[0] is started)]

        def change():
            for one, _dummy, _dummy_target in states:
                one.remove()
            self.expiry.keep(0, [])
            if service and started:
                backend_selection.stop(self.backends, started.name, service)
            self.host.remove(applied_path())
            self._made_directories(before)
            return [(one, target) for one, dummy, target in states]

        result = {"backend": None, "pending": False}
        return self._carry_out(result, bool(states), states, change)

    def _carry_out(self, result, changed, states, change):
        result["diff"] = [entry for one, seen, target in states for entry in _diff(one.name, seen, target)]
        result["changed"] = changed
        if not changed or self.check_mode:
            return result
        files = [path for one, dummy, dummy_target in states for path in one.files()]
        files += self.expiry.files() + [applied_path()]
        commands = [line for one, dummy, dummy_target in states for line in one.restore_commands()]
        commands += self.expiry.restore_commands()
        seconds = self.parameters["rollback_timeout"]
        about = {"id": self.change_id, "run": self.parameters["run"], "connection": self.connection, "seconds": seconds}
        missing = self.host.missing_directories(files)
        self.missing = [directory for directory in missing if not (DIRECTORY + "/").startswith(directory + "/")]
        self.guard.arm(files, commands, seconds, about)
        try:
            for one, target in change():
                _held(one, target)
            self.guard.finish(seconds)
        except FirewallError as problem:
            self._roll_back()
            raise FirewallError(
                "{}. {}".format(problem, " ".join(["The earlier state of the host has been restored"] + self.warnings))
            ) from problem
        return dict(result, pending=True, change_id=self.change_id)

    def _keep_ports(self):
        return sorted(set(self.parameters["keep_ports"]) | set(ssh_access.ssh_ports()))

    def _expires_at(self, before):
        """Keep the expiry time of an earlier run while more than half of it is left."""
        if not any(rule["expires"] for rule in self.parameters["rules"]):
            return 0
        period, known = self.parameters["expire_after"], before.get("expires_at", 0)
        return known if self.now + period / 2 < known <= self.now + period else int(self.now + period)


def _origin(connection):
    """A few words on the origin of a call."""
    words = (connection or "").split()
    return "over SSH from {} port {}".format(*words[:2]) if len(words) == 4 else "on the host itself"


def _waiting(about):
    """Why a change is refused while another one waits to be confirmed."""
    return (
        "another change of the firewall, made {}, waits to be confirmed. If it is not, the host rolls it back {} "
        "seconds after it was made. Nothing was changed; run this again then, or use state=rolled_back to roll it back now".format(
            _origin(about.get("connection")), about.get("seconds", "some")
        )
    )


def applied_path():
    """The file that records what was applied last."""
    return DIRECTORY + "/applied.json"


def applied(host):
    """Return what was applied last: the options of the module, with the backend and `expires_at`; {} before the first."""
    text = host.read(applied_path())
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def holds(host, label):
    """Whether the firewall is as it was applied last: to apply that again would change, remove and report nothing."""
    known, guard = applied(host), Guard(host, label, DIRECTORY)
    if guard.is_unsettled() or guard.left_alone():
        return False
    try:
        again = dict(known, label=label, state="present", keep_ports=[])
        return not Change(host, again, check_mode=True).run()["changed"]
    except (FirewallError, KeyError, TypeError, ValueError):  # the file may be of another version, or of a person
        return False


def _service_before(known, name):
    """Return what service_state() found before the backend `name` was started for what is `known` to be applied, or None."""
    return known.get("service_before") if known.get("backend") == name else None


def drift(host, backends, now):
    """Return how our rules on the host differ from what was applied, None where nothing was.

    `{"backend", "runtime": {"missing": [line], "extra": [line]}, "permanent": likewise}`.
    """
    known = applied(host)
    if known.get("backend") not in backends:
        return None
    backend = backends[known["backend"]]
    seen, target = backend.look(), backend.native(from_parameters(known, known["expires_at"], now))
    found = OrderedDict(backend=backend.name)
    for side in ("runtime", "permanent"):
        there, meant = getattr(seen, side), getattr(target, side)
        found[side] = {
            "missing": [line for line in meant if line not in there],
            "extra": [line for line in there if line not in meant],
        }
    return found


def _held(backend, target):
    """Verify that the firewall has the rules that were applied."""
    seen = backend.look()
    for side in ("runtime", "permanent"):
        there, meant = getattr(seen, side), getattr(target, side)
        if there != meant:
            missing = [line for line in meant if line not in there]
            extra = [line for line in there if line not in meant]
            raise FirewallError(
                "{} does not have the rules that were applied ({}): missing {}; unexpected {}".format(
                    backend.name, side, missing[:3] or "nothing", extra[:3] or "nothing"
                )
            )


def _diff(name, seen, target):
    """The rules that are added and removed, as Ansible's diff; the permanent side only where it differs."""
    entries = []
    for side in ("runtime", "permanent"):
        there, meant = getattr(seen, side), getattr(target, side)
        if there != meant and not (
            side == "permanent" and seen.permanent == seen.runtime and target.permanent == target.runtime
        ):
            header = f"{name}, {side}"
            entries.append(
                {
                    "before": "".join(line + "\n" for line in there),
                    "after": "".join(line + "\n" for line in meant),
                    "before_header": header,
                    "after_header": header,
                }
            )
    return entries
