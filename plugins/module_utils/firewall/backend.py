# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface between the module firewall_rules and a firewall of the host.

A backend is one file of this folder with one class. It handles its firewall and its own objects in it. Confirmation and
rollback are the same for all backends and are in firewall_change.py and rollback_timer.py. A backend accesses the host only
through a Host, so that tests can replace it.
"""


class Backend:
    """One firewall of a host.

    name: the value of the module's option `backend`. works_through: names of backends whose rules this one writes
    while it is active, so that they do not count as a second firewall. closes_by_itself: whether rules that expire are
    removed by the firewall itself; else a timer runs `closing_command` at the time. has_service: whether no rule of it holds while
    its service is stopped. unit: the systemd unit that start() starts and enables, "" where there is none. flushed: the
    name of the backend all of whose rules are flushed when that unit is stopped, "" for none.
    """

    name = ""
    works_through = ()
    closes_by_itself = True
    has_service = False
    unit = flushed = ""

    def __init__(self, host, label):
        """host: a Host. label: as in Wanted; names every object of ours."""
        self.host, self.label = host, label

    def installed(self):
        """Whether it is installed on the host."""
        raise NotImplementedError

    def activity(self):
        """Return why this firewall counts as active for the site, as a few words, "" if it is not active.

        Read-only. Rules of ours do not count.
        """
        raise NotImplementedError

    def denies(self):
        """Whether rules of the site in it drop packets that no other firewall writes. Read-only."""
        return False

    def programs(self):
        """Return the names of the programs that keep rules of their own in it, as rule_owners.py defines them. Read-only."""
        return set()

    def flushes(self):
        """Return why start() would remove all rules of the backend that is `flushed`, "" where it would not. Read-only."""
        return ""

    def running(self):
        """Whether the firewall runs and is enabled at boot, so that start() has nothing to do. Read-only."""
        raise NotImplementedError

    def look(self):
        """Return the State of our rules, NOTHING where there are none. Read-only.

        Remaining time is not part of it, so that the State of an unchanged host is always equal.
        """
        raise NotImplementedError

    def native(self, wanted):
        """Return the State that look() returns after apply(wanted). Read-only.

        If it equals look(), nothing has to be changed. Where the site decides part of it (the chains that drop), the
        host as it is now counts. Raises FirewallError where the host does not allow what is wanted.
        """
        raise NotImplementedError

    def start(self, wanted):
        """Start the firewall and enable it at boot. Called before apply(wanted) where a user chose it and it is not active.

        A firewall that reads its rules from files when it starts finds the wanted rules there already.
        """
        raise NotImplementedError

    def service_state(self):
        """Return the state of the service before start(), for stop(): `{"active", "enabled"}`."""
        return {
            "active": self.host.unit_is("is-active", self.unit),
            "enabled": self.host.unit_is("is-enabled", self.unit),
        }

    def stop(self, before):
        """Restore the state of the service from service_state(), after our rules are removed."""
        if not before["enabled"]:
            self.host.run(["systemctl", "disable", "--quiet", self.unit])
        if not before["active"]:
            self.host.run(["systemctl", "stop", self.unit])

    def apply(self, wanted):
        """Make look() return native(wanted) with the fewest changes: what is right already stays untouched.

        Flushes nothing and drops no connection. Raises FirewallError; the caller then restores.
        """
        raise NotImplementedError

    def remove(self):
        """Remove our rules, and nothing else."""
        raise NotImplementedError

    def files(self):
        """Return the paths of all files that apply, remove and start write: the guard saves and restores each of them."""
        raise NotImplementedError

    def restore_commands(self):
        """Return lines of POSIX shell that restore the former rules of the firewall.

        Called before anything is changed. The lines run as root on the node without the controller, possibly after a
        reboot, after the guard has restored files(). If a line fails, the next one still runs.
        """
        raise NotImplementedError

    def closing_command(self):
        """Return the argv that removes expired rules. Only called where closes_by_itself is false."""
        raise NotImplementedError
