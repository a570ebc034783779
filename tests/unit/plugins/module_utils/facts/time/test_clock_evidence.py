# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of chronyc and systemctl as evidence; the lines were printed by chrony 4.3 and systemd 252."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import (
    chrony_directives,
    chronyc_output,
    clock_evidence,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

TRACKING = (
    "C633647B,198.51.100.123,3,1764000000.123456789,-0.000012345,0.000001,0.00002,-10.123,0.001,0.456,"
    "0.000400,0.000100,64.5,Normal\n"
)
UNSYNCHRONISED = "7F7F0101,,0,0.000000000,0.000000000,0.0,0.0,0.000,0.000,0.000,1.0,1.0,0.0,Not synchronised\n"
SOURCES = (
    "^,*,198.51.100.123,2,6,377,23,-0.000004000,-0.000003000,0.000200000\n^,x,198.51.100.124,2,6,17,3,5.0,5.0,0.1\n"
)


def test_tracking_is_read_by_position():
    assert chronyc_output.parse_tracking(TRACKING) == {
        "reference": "198.51.100.123",
        "stratum": 3,
        "offset": -0.000012345,
        "root_delay": 0.0004,
        "root_dispersion": 0.0001,
        "skew": 0.456,
        "leap": "Normal",
    }
    assert chronyc_output.parse_tracking(UNSYNCHRONISED)["leap"] == "Not synchronised"


def test_sources_are_read_with_names_for_their_signs():
    first, second = chronyc_output.parse_sources(SOURCES)
    assert (first["state"], first["reach"], first["poll"], first["mode"]) == ("selected", 255, 64, "server")
    assert (second["state"], second["reach"], second["offset"]) == ("falseticker", 15, 5.0)
    assert chronyc_output.parse_sources("") == []


@given(st.text())
def test_other_text_is_refused_with_a_value_error(text):
    for parse in (
        chronyc_output.parse_tracking,
        chronyc_output.parse_sources,
        chronyc_output.parse_unresolved,
        chronyc_output.parse_authentication,
        chronyc_output.parse_distant,
        chronyc_output.parse_answers,
        chronyc_output.parse_version,
    ):
        try:
            parse(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "tracking, sources, synchronised",
    [(TRACKING, SOURCES, True), (UNSYNCHRONISED, SOURCES, False), (TRACKING, "", False)],
)
def test_synchronised_needs_a_normal_leap_and_a_selected_source(tracking, sources, synchronised):
    chrony = {"tracking": chronyc_output.parse_tracking(tracking), "sources": chronyc_output.parse_sources(sources)}
    assert clock_evidence.is_synchronised(chrony) is synchronised


@pytest.mark.parametrize(
    "dispersion, reach, enough",
    [
        (1.7, 0o7, False),  # three samples of a burst, of which one was late
        (0.0002, 0o7, True),
        (1.7, 0o17, True),  # the server's own, or noise: the next sample is a minute away
        (1.7, 0o377, True),
    ],
)
def test_waiting_ends_when_chrony_is_precise_or_its_burst_is_over(monkeypatch, dispersion, reach, enough):
    tracking = {"leap": "Normal", "root_dispersion": dispersion, "root_delay": 0.001}
    state = {
        "tracking": tracking,
        "sources": [{"state": "selected", "reach": reach}, {"state": "combined", "reach": 255}],
    }
    settled = {**state, "tracking": {**tracking, "root_dispersion": 0.001}}
    states = iter([state, settled])
    monkeypatch.setattr(clock_evidence, "read_state", lambda chronyc: next(states))
    monkeypatch.setattr(clock_evidence, "POLL_INTERVAL", 0.0)
    monkeypatch.setattr(clock_evidence, "SETTLING", loopback.PATIENCE)
    assert clock_evidence.wait_for_chrony(0, settled=True)[0] is (state if enough else settled)


@pytest.mark.parametrize("reaches, waits", [((1, 0), True), ((0, 7), True), ((0, 0), False), ((255, 127), False)])
def test_an_audit_waits_for_a_chrony_that_takes_its_first_samples(monkeypatch, reaches, waits):
    """An audit some seconds after a restart of chrony called the clock not synchronised."""
    tracking = {"leap": "Not synchronised", "root_dispersion": 1.0, "root_delay": 1.0}
    first = {"tracking": tracking, "sources": [{"state": "unusable", "reach": reach} for reach in reaches]}
    synchronised = {
        "tracking": {"leap": "Normal", "root_dispersion": 0.001, "root_delay": 0.001},
        "sources": [{"state": "selected", "reach": 7}],
    }
    states = iter([first, synchronised])
    monkeypatch.setattr(clock_evidence, "read_state", lambda chronyc: next(states))
    monkeypatch.setattr(clock_evidence, "POLL_INTERVAL", 0.0)
    monkeypatch.setattr(clock_evidence, "SETTLING", loopback.PATIENCE)
    assert clock_evidence.wait_for_chrony(0, settled=True)[0] is (synchronised if waits else first)


def test_only_who_compares_clocks_waits_until_chrony_is_precise_and_only_where_there_are_samples(monkeypatch):
    """A preparation without an audit waited some seconds for samples that nothing of it looks at."""
    state = {
        "tracking": {"leap": "Normal", "root_dispersion": 1.7, "root_delay": 0.001},
        "sources": [{"state": "selected", "reach": 1}],
    }
    monkeypatch.setattr(clock_evidence, "read_state", lambda chronyc: state)
    monkeypatch.setattr(clock_evidence, "SETTLING", 0.0)
    assert clock_evidence.wait_for_chrony(loopback.PATIENCE)[0] is state
    assert clock_evidence.wait_for_chrony(0, settled=True)[0] is state  # its time is over
    monkeypatch.setattr(clock_evidence, "SETTLING", loopback.PATIENCE)
    state["tracking"]["leap"] = "Not synchronised"
    state["sources"][0]["reach"] = 0
    assert clock_evidence.wait_for_chrony(0, settled=True)[0] is state


def test_no_answer_of_chronyc_is_not_synchronised():
    assert not clock_evidence.is_synchronised({"error": "chronyc: command not found"})


# What chrony 4.3 printed of a server asked over NTS, one with a key, and one whose name does not resolve.
ALL_SOURCES = (
    "^,?,ID#0000000001,0,6,0,4294967295,0.000000000,0.000000000,0.000000000\n"
    "^,*,198.51.100.125,2,6,17,0,0.000000399,0.000003835,0.000012541\n"
    "^,?,198.51.100.80,0,7,0,4294967295,0.000000000,0.000000000,0.000000000\n"
)
ALL_NAMES = (
    ALL_SOURCES.replace("ID#0000000001", "nowhere.example")
    .replace("198.51.100.125", "nts.example")
    .replace("198.51.100.80", "keyed.example")
)
AUTHENTICATION = "198.51.100.125,NTS,1,15,256,6,0,0,8,100\n198.51.100.80,SK,7,3,256,4294967295,2,1,0,0\n"
# What it printed of a server that is far from the time, one that refuses this host, and one that has not answered.
SELECTION = (
    "d,198.51.100.125,N,-,-,-,-,-,-,-,-,-,-,0,1.0,-10.000084877,10.000039101,Normal\n"
    "s,198.51.100.80,N,-,-,-,-,-,-,-,-,-,-,0,1.0,0.000000000,0.000000000,Not synchronised\n"
)
ANSWERED = (
    "198.51.100.125,C633647D,123,192.0.2.1,C0000201,Normal,4,Server,2,6,64,-20,0.000000954,1.000000,10.000000,00000000,,"
    "1796047991.5,0.0,0.0,0.0,0.0,0.00,111,111,1111,No,No,Kernel,Kernel,10,10,10,10\n"
    "198.51.100.80,C6336450,123,192.0.2.1,C0000201,Normal,4,Server,0,6,64,-20,0.000000954,0.000000,0.000000,44454E59,DENY,"
    "1796047991.4,0.0,0.0,0.0,0.0,0.00,111,101,0000,No,No,Kernel,Kernel,12,12,12,0\n"
    "198.51.100.81,C6336451,123,[UNSPEC],00000000,Normal,0,Invalid,0,0,1,0,1.0,0.0,0.0,00000000,,"
    "0.0,0.0,0.0,0.0,0.0,0.00,000,000,0000,No,No,Invalid,Invalid,9,0,0,0\n"
)
VERSIONS = {
    "chronyd (chrony) version 4.3 (+CMDMON +NTP +REFCLOCK +NTS +IPV6 -DEBUG)\n": (
        "4.3",
        ["CMDMON", "NTP", "REFCLOCK", "NTS", "IPV6"],
    ),
    "chronyd (chrony) version 4.6.1 (-NTS)\n": ("4.6.1", []),
    "chronyd (chrony) version 3.5\n": ("3.5", []),
    "chronyd (chrony) version 4.5-pre1 (+NTS)\n": ("4.5", ["NTS"]),
}


def chrony(monkeypatch, answers):
    """Let programs answer with texts by the words of their command line; all others are missing."""

    def run_text(argv, timeout=5.0):
        try:
            return answers[" ".join(argv)]
        except KeyError:
            raise host_files.Unreadable(f"{argv[0]}: command not found") from None

    monkeypatch.setattr(clock_evidence, "run_text", run_text)


def test_versions_are_read_with_their_features():
    for text, expected in VERSIONS.items():
        assert chronyc_output.parse_version(text) == expected


def test_details_name_every_source_and_how_it_is_authenticated(monkeypatch):
    chrony(
        monkeypatch,
        {
            "chronyc -n -c tracking": TRACKING,
            "chronyc -n -c sources": SOURCES,
            "chronyd -v": next(iter(VERSIONS)),
            "chronyc -c activity": "2,0,0,0,1\n",
            "chronyc -n -c sources -a": ALL_SOURCES,
            "chronyc -c -N sources -a": ALL_NAMES,
            "chronyc -n -c authdata": AUTHENTICATION,
        },
    )
    found = clock_evidence.read_details(clock_evidence.read_state())
    assert (found["version"], found["unresolved"], found["log"]) == ("4.3", 1, [])
    assert [(source["name"], source["address"]) for source in found["sources"]] == [
        ("nowhere.example", None),
        ("nts.example", "198.51.100.125"),
        ("keyed.example", "198.51.100.80"),
    ]
    assert [source["authentication"] for source in found["sources"]] == [
        None,
        {"mode": "nts", "key": None, "attempts": 0, "naks": 0, "cookies": 8},
        {"mode": "key", "key": 7, "attempts": 2, "naks": 1, "cookies": 0},
    ]


def test_what_a_server_answered_that_chrony_does_not_use_is_kept(monkeypatch):
    unusable = {
        "chronyc -n -c tracking": UNSYNCHRONISED,
        "chronyc -n -c sources": ALL_SOURCES,
        "chronyc -n -c sources -a": ALL_SOURCES.replace("^,*", "^,?"),
        "chronyc -n -c selectdata": SELECTION,
        "chronyc -n -c ntpdata": ANSWERED,
    }
    chrony(monkeypatch, unusable)
    found = clock_evidence.read_details(clock_evidence.read_state())["sources"]
    assert [(source["too_distant"], source["answer"]) for source in found] == [
        (False, None),
        (True, {"stratum": 2, "kiss": None, "synchronised": True, "root_distance": 10.5}),
        (False, {"stratum": 0, "kiss": "DENY", "synchronised": False, "root_distance": 0.0}),
    ]
    # Before 4.0 there is no selectdata, and ntpdata is for root alone.
    chrony(monkeypatch, {words: text for words, text in unusable.items() if "data" not in words})
    found = clock_evidence.read_details(clock_evidence.read_state())["sources"]
    assert {(source["too_distant"], source["answer"]) for source in found} == {(None, None)}


@pytest.mark.parametrize("counts", ["11,11,11", "11,11,11,0", "11,11,11,0,11,11,0,0"], ids=["4.0", "4.3", "4.6.1"])
def test_each_release_counts_more_of_an_answer(counts):
    line = ANSWERED.splitlines()[1].rpartition(",Kernel,")[0]
    found = chronyc_output.parse_answers(f"{line},Kernel,{counts}\n")
    assert {address: answer["kiss"] for address, answer in found.items()} == {"198.51.100.80": "DENY"}


def test_an_old_chrony_tells_less_and_nothing_breaks(monkeypatch):
    chrony(
        monkeypatch,
        {
            "chronyc -n -c tracking": TRACKING,
            "chronyc -n -c sources": SOURCES,
            "chronyd -v": "chronyd (chrony) version 3.5\n",
            "chronyc -c activity": "2,0,0,0,1\n",
        },
    )
    found = clock_evidence.read_details(clock_evidence.read_state())
    assert [source["name"] for source in found["sources"]] == [None, None]
    assert (found["version"], found["unresolved"]) == ("3.5", 1)
    assert clock_evidence.is_synchronised(found)


def test_without_keys_of_nts_the_log_is_asked_why(monkeypatch):
    journal = "journalctl --boot --output=cat --no-pager --lines=200 --unit=chrony.service --unit=chronyd.service"
    line = "TLS handshake with 198.51.100.125:4460 (nts.example) failed : expired"
    chrony(
        monkeypatch,
        {
            "chronyc -n -c tracking": UNSYNCHRONISED,
            "chronyc -n -c sources": ALL_SOURCES,
            "chronyc -n -c sources -a": ALL_SOURCES,
            "chronyc -n -c authdata": AUTHENTICATION.replace(",8,100", ",0,0"),
            journal: f"chronyd starting\n{line}\n",
        },
    )
    assert clock_evidence.read_details(clock_evidence.read_state())["log"] == [line]


def test_where_chronyc_is_missing_the_reason_is_kept(monkeypatch):
    chrony(monkeypatch, {})
    found = clock_evidence.read_details(clock_evidence.read_state())
    assert (found["error"], found["version"]) == ("chronyc: command not found", None)


def test_lines_of_a_configuration_are_found_with_the_block_they_stand_in():
    text = (
        "! a comment\nconfdir /etc/chrony/conf.d\nKeyFile /etc/chrony/chrony.keys\n#keyfile /nowhere\nserver a iburst\n"
        "# BEGIN runtime-fabric (before: mode 0644)\nsourcedir /etc/chrony/sources.d\n# END runtime-fabric\n"
        "include /etc/chrony/extra/*.conf\ninclude\n"
    )
    assert chrony_directives.parse_configuration(text) == [
        {"directive": "confdir", "path": "/etc/chrony/conf.d", "block": None},
        {"directive": "keyfile", "path": "/etc/chrony/chrony.keys", "block": None},
        {"directive": "sourcedir", "path": "/etc/chrony/sources.d", "block": "runtime-fabric"},
        {"directive": "include", "path": "/etc/chrony/extra/*.conf", "block": None},
    ]


def test_the_first_configuration_that_is_there_counts(tmp_path):
    other = tmp_path / "chrony.conf"
    other.write_text("keyfile /etc/chrony.keys\n")
    found = clock_evidence.read_configuration([str(tmp_path / "missing"), str(other)])
    assert (found["path"], found["files"][0]["path"]) == (str(other), "/etc/chrony.keys")
    assert clock_evidence.read_configuration([str(tmp_path / "missing")]) is None


def test_every_file_of_the_configuration_is_followed(tmp_path):
    sources, keys, own = tmp_path / "sources.d", tmp_path / "chrony.keys", tmp_path / "chrony.conf"
    sources.mkdir()
    (sources / "ours.sources").write_text(
        "# BEGIN runtime-fabric (before: no file, 0 directories)\nserver a.example iburst key 7\n# END runtime-fabric\n"
    )
    (sources / "ignored.conf").write_text("server never.example\n")
    keys.write_text(
        "# a comment\n1 MD5 secret\n# BEGIN runtime-fabric (before: mode 0640)\n7 SHA256 HEX:00\n# END runtime-fabric\n"
    )
    own.write_text(
        f"pool b.example iburst\n#server c.example\npeer d.example key\nkeyfile {keys}\nsourcedir {sources}\n"
    )
    found = clock_evidence.read_configuration([str(own)])
    assert [(entry["directive"], entry["host"], entry["key"], entry["block"]) for entry in found["sources"]] == [
        ("pool", "b.example", None, None),
        ("peer", "d.example", None, None),
        ("server", "a.example", 7, "runtime-fabric"),
    ]
    assert [(entry["id"], entry["block"]) for entry in found["keys"]] == [(1, None), (7, "runtime-fabric")]
    assert "secret" not in repr(found) and "HEX" not in repr(found)


def test_files_that_include_each_other_end(tmp_path):
    first, second = tmp_path / "a.conf", tmp_path / "b.conf"
    first.write_text(f"include {second}\nserver a.example\n")
    second.write_text(f"include {first}\nserver b.example\n")
    assert [entry["host"] for entry in clock_evidence.read_configuration([str(first)])["sources"]] == [
        "a.example",
        "b.example",
    ]


def test_what_changed_since_chronyd_started_is_named_whoever_changed_it(tmp_path):
    directory, own, keys, socket = (
        tmp_path / name for name in ("sources.d", "chrony.conf", "chrony.keys", "chronyd.sock")
    )
    directory.mkdir()
    file = directory / "site.sources"
    file.write_text("server a.example\n")
    keys.write_text("1 MD5 x\n")
    own.write_text(f"keyfile {keys}\nsourcedir {directory}\n")
    everything = (directory, file, own, keys)

    def newer():
        return clock_evidence.read_configuration([str(own)], str(socket))["newer"]

    assert newer() is None  # chronyd does not run
    socket.touch()
    for path in everything:
        os.utime(str(path), (1000, 1000))
    os.utime(str(socket), (2000, 2000))
    assert newer() == []
    for path in everything:
        os.utime(str(path), (3000, 3000))
        assert newer() == [str(path)]
        os.utime(str(path), (1000, 1000))
    # The clock was set back since: nothing says which of the two was first.
    os.utime(str(own), (2**33, 2**33))
    assert newer() == []


def test_whether_the_clock_is_kept_is_asked_of_the_kernel_or_of_openntpd(monkeypatch):
    assert clock_evidence.read_synchronised({}) in (True, False)
    units = {"openntpd.service": {"active": True, "enabled": True}}
    for text, expected in (
        ("4/4 peers valid, clock synced, stratum 3\n", True),
        ("4/4 peers valid, clock unsynced\n", False),
    ):
        chrony(monkeypatch, {"ntpctl -s status": text})
        assert clock_evidence.read_synchronised(units) is expected
    chrony(monkeypatch, {})
    assert clock_evidence.read_synchronised(units) is None


def test_the_time_zone_is_that_of_the_link(tmp_path):
    zone = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    zone.parent.mkdir(parents=True)
    zone.touch()
    link = tmp_path / "localtime"
    assert clock_evidence.read_timezone(str(link)) == "UTC"
    link.symlink_to(zone)
    assert clock_evidence.read_timezone(str(link)) == "Europe/Berlin"
    link.unlink()
    link.touch()
    assert clock_evidence.read_timezone(str(link)) is None


@pytest.mark.parametrize("answer, expected", [("Enabled\n", ["VMware"]), ("Disabled\n", []), (None, [])])
def test_a_guest_that_follows_vmware_is_found(monkeypatch, tmp_path, answer, expected):
    tool = tmp_path / "vmware-toolbox-cmd"
    tool.touch(mode=0o755)
    chrony(monkeypatch, {f"{tool} timesync status": answer} if answer else {})
    assert clock_evidence.guest_synchronisation({}, str(tool), str(tmp_path / "devices")) == expected
    assert clock_evidence.guest_synchronisation({}, str(tmp_path / "missing"), str(tmp_path / "devices")) == []


def test_a_guest_that_follows_hyperv_or_virtualbox_is_found(tmp_path):
    for name, bound in (("one", False), ("two", True)):
        device = tmp_path / name
        device.mkdir()
        (device / "class_id").write_text("{9527e630-d0ae-497b-adce-e80ab0175caf}\n")
        if bound:
            (device / "driver").mkdir()
    missing = str(tmp_path / "missing")
    assert clock_evidence.guest_synchronisation({}, missing, str(tmp_path)) == ["Hyper-V"]
    (tmp_path / "two" / "driver").rmdir()
    assert clock_evidence.guest_synchronisation({}, missing, str(tmp_path)) == []
    units = {"virtualbox-guest-utils.service": {"active": True, "enabled": True}}
    assert clock_evidence.guest_synchronisation(units, missing, str(tmp_path)) == ["VirtualBox"]
