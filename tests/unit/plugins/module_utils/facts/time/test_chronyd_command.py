# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With which file chronyd runs, where chronyc finds it, and which services of linuxptp set the system's clock."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import (
    chrony_includes,
    chronyd_command,
    clock_evidence,
    ptp_services,
    service_commands,
)


@pytest.mark.parametrize(
    "words, file, directives",
    [
        (["-F", "1"], None, []),
        (["-f", "/etc/chrony/site.conf"], "/etc/chrony/site.conf", []),
        (["-f/a", "-x", "-f", "/b"], "/b", []),
        (["-u", "-f", "-F2"], None, []),  # -u takes the word after it
        (["-n", "server a.example iburst", "-x", "makestep 1 3"], None, ["server a.example iburst", "makestep 1 3"]),
        (["--nonsense"], None, []),
    ],
)
def test_arguments_are_read_as_chronyd_reads_them(words, file, directives):
    assert chronyd_command.parse_arguments(words) == {"file": file, "directives": directives}


# What systemd 252 shows of Debian's service.
SHOWN = """Id=chrony.service
LoadState=loaded
ActiveState={active}
MainPID={pid}
ExecStart={{ path=/usr/sbin/chronyd ; argv[]=/usr/sbin/chronyd $DAEMON_OPTS ; ignore_errors=no ; start_time=[n/a] }}
Environment=X=1
EnvironmentFiles=/nowhere/first (ignore_errors=yes)
EnvironmentFiles={file} (ignore_errors=yes)
EnvironmentFiles=/nowhere/last (ignore_errors=no)

Id=chronyd-restricted.service
LoadState=not-found
ActiveState=inactive
MainPID=0
"""


def commands(shown, read):
    return lambda names: service_commands.read_commands(names, lambda argv: shown, read)


def test_the_process_that_runs_counts_before_its_service(tmp_path):
    options = tmp_path / "chrony"
    options.write_text('# DAEMON_OPTS=\nDAEMON_OPTS="-F 1 -f /etc/chrony/later.conf"\n')

    def read(path, _limit):
        assert path == "/proc/77/cmdline"
        return b"/usr/sbin/chronyd\0-f\0/etc/chrony/site.conf\0"

    def gone(path, _limit):
        raise Unreadable(path)

    running = SHOWN.format(active="active", pid=77, file=options)
    assert chronyd_command.read_command(commands(running, read))["file"] == "/etc/chrony/site.conf"
    for shown in (SHOWN.format(active="inactive", pid=0, file=options), running):
        assert chronyd_command.read_command(commands(shown, gone))["file"] == "/etc/chrony/later.conf"
    nowhere = SHOWN.format(active="inactive", pid=0, file="/nowhere/chrony")
    assert chronyd_command.read_command(commands(nowhere, gone)) == {"file": None, "directives": []}


def test_without_systemd_the_usual_file_is_assumed():
    def refuse(names):
        raise Unreadable("systemctl: command not found")

    assert chronyd_command.read_command(refuse) == {"file": None, "directives": []}


def test_the_file_of_the_option_is_read_and_directives_stand_instead_of_one(tmp_path):
    usual, site = tmp_path / "chrony.conf", tmp_path / "site.conf"
    usual.write_text("server usual.example\n")
    site.write_text("server site.example\n")
    found = chrony_includes.read_configuration([str(usual)], "/no", {"file": str(site), "directives": []})
    assert (found["path"], [entry["host"] for entry in found["sources"]], found["option"]) == (
        str(site),
        ["site.example"],
        True,
    )
    given = {"file": None, "directives": ["server a.example", "cmdport 0"]}
    found = chrony_includes.read_configuration([str(usual)], "/no", given)
    assert (found["path"], [entry["host"] for entry in found["sources"]]) == (None, ["a.example"])


@pytest.mark.parametrize(
    "text, words",
    [
        ("server a\n", ["chronyc"]),
        ("bindcmdaddress /run/site/chronyd.sock\n", ["chronyc", "-h", "/run/site/chronyd.sock"]),
        ("bindcmdaddress 127.0.0.1\ncmdport 1323\n", ["chronyc", "-p", "1323"]),
        ("bindcmdaddress /\ncmdport 0\n", ["chronyc"]),
    ],
)
def test_chronyc_asks_where_chronyd_listens(text, words, tmp_path):
    own = tmp_path / "chrony.conf"
    own.write_text(text)
    assert clock_evidence.chronyc_of(chrony_includes.read_configuration([str(own)], "/no")) == words


def test_chronyc_of_an_unknown_configuration_is_the_usual_one():
    assert [clock_evidence.chronyc_of(found) for found in (None, {"error": "x"})] == [["chronyc"]] * 2


@pytest.mark.parametrize(
    "command, text, steers",
    [
        ("/usr/sbin/phc2sys -w -s eth0", "", True),
        ("/usr/sbin/phc2sys -s CLOCK_REALTIME -c eth0 -w", "", False),
        ("/usr/sbin/phc2sys -a -r", "", True),
        ("/usr/sbin/phc2sys -a", "", False),
        ("/usr/sbin/phc2sys -a -r -E ntpshm -M 1", "", False),
        ("/usr/sbin/phc2sys -a -r -f /etc/linuxptp/x.conf", "[global]\nclock_servo refclock_sock\n", False),
        ("/usr/sbin/ptp4l -f /etc/linuxptp/ptp4l.conf -i eth0", "[global]\ntime_stamping hardware\n", False),
        ("/usr/sbin/ptp4l -f /etc/linuxptp/ptp4l.conf -i eth0", "[global]\ntime_stamping software\n", True),
        ("/usr/sbin/ptp4l -i eth0 -S", "", True),
        ("/usr/sbin/ptp4l -i eth0 -S -f /x", "[global]\nfree_running 1\n", False),
        ("/usr/sbin/phc2sys -?", "", True),
    ],
)
def test_linuxptp_is_a_competitor_where_it_sets_the_clock_of_the_system(command, text, steers):
    assert ptp_services.steers(command.split(), lambda path: text) is steers


def test_units_of_linuxptp_that_only_set_a_card_are_left_out():
    known = {"phc2sys@eth0.service": ["phc2sys", "-a", "-r"], "ptp4l@eth0.service": ["ptp4l", "-i", "eth0"], "x": []}
    assert ptp_services.steering_units(lambda names: known) == ["phc2sys@eth0.service"]

    def refuse(names):
        raise Unreadable("systemctl: command not found")

    assert ptp_services.steering_units(refuse) == []
