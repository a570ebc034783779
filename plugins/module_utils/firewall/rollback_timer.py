# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the firewall that is rolled back unless it is confirmed over a connection made after it.

Before the change the guard saves every file that will be written and a shell script that restores all of it, and has
systemd run that script when the time is over, or at the next boot. Neither needs the controller, Python or this code.
Confirming and rolling back both begin by renaming the same file, and both hold the lock of change_lock.py, so that only
one of them can happen.

The files of the guard, each on the disk before the next one is written:
    before/N, missing   the files as they were, and the directories that were not there
    restore             the script
    pending             the change has begun, and which one it is; a timer already runs
    after/N             what the change wrote to a file, kept before it is written
    finished            the change is complete; a second timer runs, so that all of the time is left to confirm it
    expiring/N          files that what expires may change: unchanged since the change, they are afterwards, too
    left-alone          files that the rollback did not restore, because others changed them since
"""

import json
import os
import shutil

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import change_lock
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError

UNITS = "/etc/systemd/system"
SITE_UNITS = (
    "nftables.service netfilter-persistent.service iptables.service ip6tables.service ufw.service firewalld.service"
)
STATES = ("pending", "confirmed", "rolled-back", "rolling-back", "finished", "left-alone", "missing", "restore")
PATIENCE = 300  # seconds that a rollback waits for a module that still changes the firewall

SCRIPT = r"""#!/bin/sh
# Written by hostprep.runtime_fabric. Restores the firewall as it was before a change that was not confirmed in time.
umask 077
cd {directory} 2>/dev/null || exit 0

each_file() {{
{files}
}}

same() {{
    if [ -L "$1" ] || [ -L "$2" ]; then
        [ -L "$1" ] && [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]
    elif [ -e "$1" ] && [ -e "$2" ]; then
        [ "$(cksum <"$1")" = "$(cksum <"$2")" ]
    else
        [ ! -e "$1" ] && [ ! -e "$2" ]
    fi
}}

# Whether a file is as the change left it. One that was killed midway may have changed a link without a note of it.
left_by_the_change() {{
    same "$1" "after/$2" && return 0
    [ -e finished ] && return 1
    [ -L "$1" ] && return 0
    for written in "after/$2".*; do
        same "$1" "$written" && return 0
    done
    return 1
}}

put_back() {{
    same "$1" "before/$2" && return
    if ! left_by_the_change "$1" "$2"; then
        echo "$1 was changed since by another program, and is left as it is"
        echo "$1" >>left-alone
        return
    fi
    rm -rf "$1.put-back"
    if [ -e "before/$2" ] || [ -L "before/$2" ]; then
        mkdir -p "${{1%/*}}" && cp -a "before/$2" "$1.put-back" && mv -fT "$1.put-back" "$1"
    else
        rm -f "$1"
    fi
}}

note_if_unchanged() {{
    same "$1" "after/$2" && : >"expiring/$2"
}}

keep_if_noted() {{
    if [ -e "expiring/$2" ]; then
        rm -f "after/$2"
        if [ -e "$1" ] || [ -L "$1" ]; then cp -a "$1" "after/$2"; fi
    fi
}}

case "${{1:-}}" in
expiring) # what expires takes its rules out of files: that is our own doing, too
    rm -rf expiring
    [ ! -e finished ] || {{ mkdir expiring && each_file note_if_unchanged; }}
    exit 0
    ;;
expired)
    each_file keep_if_noted
    rm -rf expiring
    exit 0
    ;;
locked) ;;
*)
    exec 9>>{lock}
    flock -w {patience} 9
    ;;
esac
# A change that took longer than its first timer has a second one.
[ "${{1:-}}" = unfinished ] && [ -e finished ] && exit 0
mv pending rolling-back 2>/dev/null || [ -e rolling-back ] || exit 0
echo "the change of the firewall was not confirmed: restoring the earlier state"
: >left-alone
each_file put_back
{commands}
rm -f {units}/multi-user.target.wants/{unit} {units}/{unit}
while read -r made; do
    rmdir "$made" 2>/dev/null
done <missing
systemctl daemon-reload
sync -f /etc . 2>/dev/null || sync
mv rolling-back rolled-back
"""

AT_BOOT = """\
# Written by hostprep.runtime_fabric while a change of the firewall waits to be confirmed.
[Unit]
Description=Restore the firewall as it was before a change that was not confirmed
After=local-fs.target {site} {own}
ConditionPathExists=|{directory}/pending
ConditionPathExists=|{directory}/rolling-back

[Service]
Type=oneshot
ExecStart=/bin/sh {directory}/restore

[Install]
WantedBy=multi-user.target
"""


class Guard:
    """Saves the state before a change. directory: where; label: as in Wanted. The caller holds the lock."""

    def __init__(self, host, label, directory, units=UNITS, lock_path=change_lock.PATH):
        self.host, self.directory, self.units, self.lock_path = host, directory, units, lock_path
        name = label.replace("_", "-") + "-firewall"
        self.timer = name + "-rollback"
        self.first_timer = self.timer + "-unfinished"
        self.unit = name + "-rollback-at-boot.service"
        self.own = name + ".service"
        self._files = []

    def at(self, name):
        """A path in the guard's directory."""
        return os.path.join(self.directory, name)

    def pending(self):
        """The change that waits to be confirmed or is being rolled back, as `about` of arm; None where there is none."""
        for name in ("pending", "rolling-back"):
            text = self.host.read(self.at(name))
            if text is not None:
                try:
                    return dict(json.loads(text))
                except (ValueError, TypeError):
                    return {}
        return None

    def is_pending(self):
        """Whether a change waits to be confirmed, or is being rolled back."""
        return self.pending() is not None

    def waits_for_confirmation(self):
        """Whether a timer will roll the pending change back, so that nothing else has to."""
        timers = (self.timer + ".timer", self.first_timer + ".timer")
        return os.path.exists(self.at("pending")) and any(self.host.unit_is("is-active", one) for one in timers)

    def is_unsettled(self):
        """Whether a process that was killed before its change began, or after it was confirmed, left something."""
        return not self.is_pending() and not self.was_rolled_back() and os.path.exists(self.at("restore"))

    def settle(self):
        """Remove what is left of such a process."""
        if self.is_unsettled():
            self._clear()

    def was_rolled_back(self):
        """Whether the last change was rolled back because it was not confirmed."""
        return os.path.exists(self.at("rolled-back"))

    def left_alone(self):
        """Return the paths that the last rollback did not restore, because others changed them since."""
        return (self.host.read(self.at("left-alone")) or "").splitlines()

    def take_left_alone(self):
        """As left_alone, which is empty from then on."""
        left = self.left_alone()
        self.host.remove(self.at("left-alone"))
        return left

    def arm(self, files, commands, seconds, about):
        """Save files, and schedule the rollback in `seconds` and at boot. The change may begin when this returns.

        files: paths that the change writes. commands: as Backend.restore_commands returns them. about: a dictionary on
        the change, for pending(): at least `id` and `connection`, which identifies the connection over which it was
        requested, None where that is not known.
        """
        if not self.host.runs_systemd():
            raise FirewallError(
                "systemd is not the init system of this host, so a change that locks you out could not be rolled back"
            )
        self._clear()
        link = os.path.join(self.units, "multi-user.target.wants", self.unit)
        missing = [
            directory
            for directory in self.host.missing_directories(list(files) + [link])
            if not (self.directory + "/").startswith(directory + "/")
        ]
        try:
            for directory in (self.directory, self.at("before"), self.at("after")):
                if not os.path.isdir(directory):
                    os.makedirs(directory, 0o700)
            for number, path in enumerate(files):
                _keep(path, self.at(f"before/{number}"))
            _sync(self.at("before"))
            self.host.write(self.at("missing"), "".join(one + "\n" for one in reversed(missing)), 0o600)
            self.host.write(self.at("restore"), self._script(files, commands), 0o700)
            boot = AT_BOOT.format(directory=self.directory, site=SITE_UNITS, own=self.own)
            self.host.write(os.path.join(self.units, self.unit), boot)
            self.host.run(["systemctl", "daemon-reload"])
            self.host.run(["systemctl", "enable", "--quiet", self.unit])
            _sync(os.path.dirname(link))
            self._start_timer(self.first_timer, seconds, "unfinished")
            self.host.write(self.at("pending"), json.dumps(about), 0o600)
        except (FirewallError, OSError) as problem:
            self._clear()
            raise FirewallError(f"the rollback timer cannot be set up: {problem}") from problem
        self._watch(files)

    def _script(self, files, commands):
        lines = [f"    \"$1\" '{path}' {number}" for number, path in enumerate(files)]
        return SCRIPT.format(
            directory=self.directory,
            lock=self.lock_path,
            patience=PATIENCE,
            units=self.units,
            unit=self.unit,
            files="\n".join(lines),
            commands="\n".join(commands),
        )

    def _start_timer(self, name, seconds, argument=""):
        words = ["systemd-run", "--quiet", "--unit=" + name, f"--on-active={seconds}s"]
        words += ["--timer-property=AccuracySec=100ms", "/bin/sh", self.at("restore")]
        self.host.run(words + ([argument] if argument else []))

    def _watch(self, files):
        """Save the text of a file before it is written."""
        numbers = {path: number for number, path in enumerate(files)}
        written = {}

        def note(path, text):
            if path in numbers and text is not None:
                written[path] = written.get(path, 0) + 1
                kept = self.at(f"after/{numbers[path]}.{written[path]}")
                self.host.write(kept, text, 0o600)

        self.host.before_write = note
        self._files = list(files)

    def finish(self, seconds):
        """Mark the change as complete: save the files as it wrote them, and restart the time for its confirmation."""
        self.host.before_write = None
        try:
            for number, path in enumerate(self._files):
                _keep(path, self.at(f"after/{number}"))
            _sync(self.at("after"))
        except OSError as problem:
            raise FirewallError(f"the files that the change affects cannot be saved: {problem}") from problem
        self._start_timer(self.timer, seconds)
        self.host.write(self.at("finished"), "", 0o600)
        self._stop(self.first_timer)

    def confirm(self, connection, change_id=None):
        """Confirm the change; return whether one was pending.

        Raises FirewallError where it was rolled back already, where the connection is older than it, or where another
        change than the one with change_id is pending.
        """
        about = self.pending()
        if about is None:
            if self.was_rolled_back():
                raise FirewallError(
                    "the change was not confirmed in time, and the host has rolled it back" + self._but()
                )
            return False
        if change_id is not None and about.get("id") != change_id:
            raise FirewallError(
                "the change was not confirmed in time, and the host has rolled it back; another change now waits to be confirmed"
            )
        if connection is not None and about.get("connection") == connection:
            raise FirewallError(
                "the change cannot be confirmed over the same connection that made it: only a new connection proves "
                "that the host can still be reached"
            )
        try:
            os.rename(self.at("pending"), self.at("confirmed"))
            _sync(self.directory)
        except OSError as problem:
            raise FirewallError(f"the change cannot be confirmed: {os.strerror(problem.errno)}") from problem
        self._clear()
        return True

    def _but(self):
        left = self.left_alone()
        return ", except for files that other programs have changed since: {}".format(", ".join(left)) if left else ""

    def roll_back(self):
        """Roll the pending change back at once."""
        self.host.before_write = None
        self.host.run(["/bin/sh", self.at("restore"), "locked"], timeout=120.0)
        if not self.was_rolled_back():
            raise FirewallError(
                "the rollback of the firewall did not finish; its script is {}".format(self.at("restore"))
            )
        self._stop(self.timer, self.first_timer)

    def _stop(self, *timers):
        units = [f"{name}.{kind}" for name in timers for kind in ("timer", "service")]
        self.host.try_run(["systemctl", "stop"] + units)
        self.host.try_run(["systemctl", "reset-failed"] + units)

    def _clear(self):
        self._stop(self.timer, self.first_timer)
        unit = os.path.join(self.units, self.unit)
        if os.path.exists(unit):
            self.host.run(["systemctl", "disable", "--quiet", self.unit])
            self.host.remove(unit)
            self.host.run(["systemctl", "daemon-reload"])
        wants = os.path.join(self.units, "multi-user.target.wants")
        if wants in (self.host.read(self.at("missing")) or "").splitlines():
            self.host.remove_directories([wants])
        for name in STATES:
            self.host.remove(self.at(name))
        for name in ("before", "after", "expiring"):
            shutil.rmtree(self.at(name), ignore_errors=True)
        self.host.remove_directories([os.path.dirname(self.directory), self.directory])


def _keep(path, kept):
    """Copy a file or a link; nothing where there is none. Raises OSError."""
    if os.path.islink(path):
        os.symlink(os.readlink(path), kept)
    elif os.path.lexists(path):
        shutil.copy2(path, kept)


def _sync(directory):
    """Flush a directory and the files in it to the disk."""
    paths = [os.path.join(directory, name) for name in os.listdir(directory)]
    for path in [path for path in paths if os.path.isfile(path) and not os.path.islink(path)] + [directory]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
