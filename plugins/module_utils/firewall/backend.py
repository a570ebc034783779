# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every backend offers: the one interface between the module and a firewall of the host.

A backend is one file of this folder with one class. It knows the firewall and its own objects in it, and no other
backend, no confirmation and no rollback: those are the same for all and live in guard.py. It reaches the host through a
Host alone, so that a test can play the host.
"""


class Backend:
    """One firewall of a host.

    name: the value of the module's option `backend`. works_through: names of backends whose rules are this one's doing
    while it is active, so that they are not taken for a second firewall. closes_by_itself: whether what expires ends
    without our doing; else the guard runs `closing_command` at the time. has_service: whether no rule of it holds while
    its service is stopped. unit: the systemd unit that start() starts and enables, "" where there is none. flushed: the
    name of the backend all of whose rules go when that unit is stopped, "" where others keep theirs.
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
        """Whether its programs are on the host."""
        raise NotImplementedError

    def activity(self):
        """Return why this firewall filters here for the site, as a few words for a person, "" if it does not.

        Only looks. What is ours does not count.
        """
        raise NotImplementedError

    def denies(self):
        """Whether rules of the site in it drop packets that no other firewall writes. Only looks."""
        return False

    def programs(self):
        """Return the names of the programs that keep rules of their own in it, as owners.py knows them. Only looks."""
        return set()

    def flushes(self):
        """Return why start() would remove all rules of the backend that is `flushed`, "" where it would not. Only looks."""
        return ""

    def running(self):
        """Whether the firewall runs and comes at boot, so that start() has nothing to do. Only looks."""
        raise NotImplementedError

    def look(self):
        """Return the State of what is there of ours, NOTHING where nothing is. Only looks.

        A time that is left is no part of it: two looks at an unchanged host are equal.
        """
        raise NotImplementedError

    def native(self, wanted):
        """Return the State that look() will find after apply(wanted). Only looks.

        Equal to look() means that nothing is to be done. Where the site decides part of it (the chains that drop), the
        host as it is now counts. Raises FirewallError where the host does not allow what is wanted.
        """
        raise NotImplementedError

    def start(self, wanted):
        """Let the firewall run, now and at boot. Called before apply(wanted) where a user chose it and it is not active.

        Where it reads its rules from files when it starts, they already say what is wanted.
        """
        raise NotImplementedError

    def service_state(self):
        """Return how start() finds the service, for stop(): `{"active", "enabled"}`."""
        return {
            "active": self.host.unit_is("is-active", self.unit),
            "enabled": self.host.unit_is("is-enabled", self.unit),
        }

    def stop(self, before):
        """Put the service back as service_state() found it, when our rules are gone."""
        if not before["enabled"]:
            self.host.run(["systemctl", "disable", "--quiet", self.unit])
        if not before["active"]:
            self.host.run(["systemctl", "stop", self.unit])

    def apply(self, wanted):
        """Make look() return native(wanted), with as little as possible: what is right already stays untouched.

        Flushes nothing and drops no connection. Raises FirewallError; the caller then restores.
        """
        raise NotImplementedError

    def remove(self):
        """Take ours away, and nothing else."""
        raise NotImplementedError

    def files(self):
        """Return the paths of all files that apply, remove and start write: the guard keeps and puts back each of them."""
        raise NotImplementedError

    def restore_commands(self):
        """Return lines of POSIX shell that make the firewall hold again what it held before.

        Called before anything is changed, and run as root on the node alone, possibly after a reboot, when the guard has
        put back files(). A line may fail; the next one is run all the same.
        """
        raise NotImplementedError

    def closing_command(self):
        """Return the argv that takes away what has expired. Only asked where closes_by_itself is false."""
        raise NotImplementedError
