# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring the firewall of a host to what is wanted, as one guarded change."""

import json
from collections import OrderedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import regime, ssh_access
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.expiry import ExpiryTimer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.guard import Guard
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.loader import RULES_DIRECTORY
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted import NOTHING, from_parameters

DIRECTORY = RULES_DIRECTORY
NOBODY_FILTERS = "no firewall is active: every port is open at the host, and nothing was changed"


class Change(object):
    """One call of the module firewall_rules. parameters: its options. now: the clock of the host."""

    def __init__(self, host, parameters, check_mode, now):
        self.host, self.parameters, self.check_mode, self.now = host, parameters, check_mode, now
        self.guard = Guard(host, parameters["label"], DIRECTORY)
        self.expiry = ExpiryTimer(host, parameters["label"])
        self.backends = regime.all_backends(host, parameters["label"])

    def run(self):
        """Return the result of the module. Raises FirewallError or ValueError."""
        state = self.parameters["state"]
        if state == "confirmed":
            confirmed = False if self.check_mode else self.guard.confirm(ssh_access.ssh_connection())
            return {"changed": confirmed, "pending": False}
        if state == "rolled_back":
            rolled_back = self.guard.is_pending()
            if not self.check_mode:
                self.guard.roll_back()
            return {"changed": rolled_back, "pending": False}
        if not self.check_mode:
            self.guard.roll_back()  # a change whose controller died, and whose time is not over
        return self._absent() if state == "absent" else self._present()

    def _present(self):
        found, holding = regime.active(self.backends), regime.ours(self.backends)
        name = regime.choose(self.parameters["backend"], self.backends, found, holding)
        result = {"backend": name, "active": dict(found), "pending": False, "changed": False}
        if name is None:
            return dict(result, msg=NOBODY_FILTERS)
        before = applied(self.host)
        wanted = from_parameters(dict(self.parameters, keep_ports=self._keep_ports()), self._expires_at(before), self.now)
        chosen = self.backends[name]
        left = [self.backends[other] for other in holding if other != name]
        states = [(chosen, chosen.look(), chosen.native(wanted))] + [(one, one.look(), NOTHING) for one in left]
        starting = name not in found and self.parameters["backend"] != regime.AUTO and not chosen.running()
        if starting:
            regime.require_harmless_start(self.backends, name)
        service = chosen.service_state() if starting else _service_before(before, name)
        renewed = any(rule.expires for rule in wanted.rules) and before.get("expires_at") != wanted.expires_at
        # Where the firewall cannot close what has expired, a timer does.
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
            kept = dict(self.parameters, backend=name, expires_at=wanted.expires_at, keep_ports=wanted.keep_ports)
            kept["service_before"] = service
            self.host.write(applied_path(), json.dumps(kept, indent=2, sort_keys=True) + "\n", 0o600)
            # A firewall that was started has brought rules of the site and zones of interfaces with it.
            held = chosen.native(wanted) if starting else states[0][2]
            return [(chosen, held)] + [(one, NOTHING) for one in left]

        return self._carry_out(dict(result, expires_at=wanted.expires_at), changed, states, change)

    def _absent(self):
        before = applied(self.host)
        started = self.backends.get(before.get("backend"))
        service = _service_before(before, before.get("backend"))
        states = [(one, one.look(), NOTHING) for one in self.backends.values()]
        states = [entry for entry in states if entry[1] != NOTHING or (service and entry[0] is started)]

        def change():
            for one, dummy, dummy_target in states:
                one.remove()
            self.expiry.keep(0, [])
            if service and started:
                regime.stop(self.backends, started.name, service)
            self.host.remove(applied_path())
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
        self.guard.arm(files, commands, self.parameters["rollback_timeout"], ssh_access.ssh_connection())
        try:
            for one, target in change():
                _held(one, target)
        except FirewallError as problem:
            self.guard.roll_back()
            raise FirewallError("{0}. The host is as it was before".format(problem))
        return dict(result, pending=True)

    def _keep_ports(self):
        return sorted(set(self.parameters["keep_ports"]) | set(ssh_access.ssh_ports()))

    def _expires_at(self, before):
        """Keep the time of an earlier run while more than half of it is left."""
        if not any(rule["expires"] for rule in self.parameters["rules"]):
            return 0
        period, known = self.parameters["expire_after"], before.get("expires_at", 0)
        return known if self.now + period / 2 < known <= self.now + period else int(self.now + period)


def applied_path():
    """The file in which the host remembers what was applied last."""
    return DIRECTORY + "/applied.json"


def applied(host):
    """Return what was applied last: the options of the module, with the backend and `expires_at`; {} before the first."""
    text = host.read(applied_path())
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _service_before(known, name):
    """Return what service_state() found before the backend `name` was started for what is `known` to be applied, or None."""
    return known.get("service_before") if known.get("backend") == name else None


def drift(host, backends, now):
    """Return how what is there of ours differs from what was applied, None where nothing was.

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
    """Look whether the firewall holds what it was given."""
    seen = backend.look()
    for side in ("runtime", "permanent"):
        there, meant = getattr(seen, side), getattr(target, side)
        if there != meant:
            missing = [line for line in meant if line not in there]
            extra = [line for line in there if line not in meant]
            raise FirewallError(
                "{0} does not hold what it was given ({1}): missing {2}; not asked for {3}".format(
                    backend.name, side, missing[:3] or "nothing", extra[:3] or "nothing"
                )
            )


def _diff(name, seen, target):
    """What comes and goes, as Ansible shows it; the permanent side only where it says something else."""
    entries = []
    for side in ("runtime", "permanent"):
        there, meant = getattr(seen, side), getattr(target, side)
        if there != meant and not (side == "permanent" and seen.permanent == seen.runtime and target.permanent == target.runtime):
            header = "{0}, {1}".format(name, side)
            entries.append(
                {
                    "before": "".join(line + "\n" for line in there),
                    "after": "".join(line + "\n" for line in meant),
                    "before_header": header,
                    "after_header": header,
                }
            )
    return entries
