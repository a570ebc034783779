# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rtf_time_sync plans on each platform, from what is recorded of it: files, services, and words that its chrony knows."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import (
    parse_os_release,
    platform_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import chrony_directives
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    chrony_files,
    chrony_platforms,
    role_plan,
    rtf_time_sync,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import (
    BLOCK,
    Wanted,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Refusal,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.host_syntax import is_host
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded

SERVERS = [
    "ntp.example.com",
    {"host": "192.0.2.9", "key": 7, "minpoll": 4, "maxpoll": 6, "iburst": False},
    {"host": "pool.example.com", "pool": True, "prefer": True, "maxsources": 3},
]
NTS = {"host": "nts.example.com", "nts": True}
KEYS = [{"id": 7, "type": "SHA256", "secret": "HEX:00"}]
# One of each kind of platform.
KINDS = ["debian-12", "ubuntu-20.04", "rhel-9", "rhel-7", "amazon-2"]
# Since when chrony knows a directive or an option that we write (its NEWS).
SINCE = {
    "server": "1.0",
    "include": "1.0",
    "keyfile": "1.0",
    "key": "1.0",
    "iburst": "1.0",
    "prefer": "1.0",
    "minpoll": "1.0",
    "maxpoll": "1.0",
    "trust": "1.31",
    "pool": "2.0",
    "maxsources": "2.0",
    "nts": "4.0",
    "sourcedir": "4.0",
    "confdir": "4.0",
}
# What the packages' own chrony.conf says of further files, and of keys.
DEBIAN_4 = "confdir /etc/chrony/conf.d\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\nkeyfile /etc/chrony/chrony.keys\n"
DEBIAN_3 = "keyfile /etc/chrony/chrony.keys\n"
RED_HAT_4 = "pool 2.rhel.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\nkeyfile /etc/chrony.keys\n"
RED_HAT_3 = "#keyfile /etc/chrony.keys\nserver 0.rhel.pool.ntp.org iburst\n"


def numbers(version):
    return [int(part) for part in version.split(".")[:2]]


def recent(version):
    return bool(version) and numbers(version) >= [4, 0]


def own_file(facts, version):
    if facts["os_family"] == "Debian":
        return DEBIAN_4 if recent(version) else DEBIAN_3
    return RED_HAT_4 if recent(version) else RED_HAT_3


class Host:
    """A host of a platform as the role sees it, and what the role plans there."""

    def __init__(self, platform, chrony=None, own=None, servers=None, keys=None):
        """chrony: its version, None before it is installed. own: the text of its own configuration file.

        servers, keys: None where the input is not set.
        """
        facts = platform["facts"]
        configuration = None
        if own is not None:
            path = "/etc/chrony/chrony.conf" if facts["os_family"] == "Debian" else "/etc/chrony.conf"
            configuration = {
                "path": path,
                "files": chrony_directives.parse_configuration(own),
                "sources": [],
                "keys": [],
                "newer": [],
            }
        service = "chrony.service" if facts["os_family"] == "Debian" else "chronyd.service"
        self.clock = {
            "units": {service: {"active": True, "enabled": True}} if chrony else {},
            "chrony": {"version": chrony, "features": ["NTS"] if recent(chrony) else []},
            "configuration": configuration,
            "platform": platform_of(parse_os_release(platform["files"].get("/etc/os-release", ""))),
        }
        self.wanted = Wanted(None if servers is None else list(servers), None if keys is None else list(keys))
        self.blocks = []

    def entries(self):
        """Every file that the role looks at."""
        return chrony_files.files(self.clock, self.wanted)

    def files(self):
        return {entry["path"]: entry for entry in self.entries() if entry["state"] == "present"}

    def own_lines(self):
        """The lines that the package's own file has to have."""
        path = (self.clock["configuration"] or {}).get("path")
        return next((entry["content"].splitlines() for entry in self.entries() if entry["path"] == path), [])

    def steps(self):
        """{step: change} of the plan, in order."""
        inputs = {
            "servers": UNCHANGED if self.wanted.servers is None else self.wanted.servers,
            "keys": UNCHANGED if self.wanted.keys is None else self.wanted.keys,
            "force": False,
        }
        plan = rtf_time_sync.plan(inputs, {"time": self.clock, "blocks": self.blocks}, Cluster("n1", {}, {}))
        assert {change["kind"] for change in plan.changes} <= set(role_plan.KINDS)
        assert len({change["step"] for change in plan.changes}) == len(plan.changes)
        return {change["step"]: change for change in plan.changes}

    def write(self):
        """Have the evidence of blocks that are as the role wants them."""
        self.blocks = [
            {
                "name": BLOCK,
                "path": entry["path"],
                "target": entry["path"],
                "mode": int(entry["mode"], 8) if entry["state"] == "present" else None,
                "mode_before": None,
                "missing_directories": 0,
                "leftovers": [],
                "in_place": True,
                "lines": [{"text": line, "expected": True} for line in entry["content"].splitlines()] or None,
            }
            for entry in self.entries()
        ]
        return self


def words(text):
    """The directives and options in lines of chrony.conf, without their values."""
    found = set()
    for directive, *rest in filter(None, map(str.split, text.splitlines())):
        found.add(directive)
        found.update(word for word in rest[1:] if not re.fullmatch(r"-?\d+", word))
    return found


@pytest.mark.parametrize("name", recorded.names())
def test_what_is_written_is_where_this_chrony_reads_it_and_in_words_that_it_knows(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    new = recent(version)
    host = Host(platform, version, own_file(facts, version), SERVERS + ([NTS] if new else []), KEYS)
    assert chrony_files.unsupported(host.clock, host.wanted) == []
    debian = facts["os_family"] == "Debian"
    [service] = host.steps()["Start chrony, now and at boot"]["services"]
    assert service == {"name": "chrony" if debian else "chronyd", "enabled": True, "state": "restarted"}
    files = host.files()
    sources = {
        (True, True): "/etc/chrony/sources.d/runtime-fabric.sources",
        (True, False): "/etc/chrony/conf.d/runtime-fabric.conf",
        (False, True): "/etc/chrony.d/runtime-fabric.sources",
        (False, False): "/etc/chrony.d/runtime-fabric.conf",
    }
    path = sources[debian, new]
    keys = "/etc/chrony/chrony.keys" if debian else "/etc/chrony.keys"
    own = "/etc/chrony/chrony.conf" if debian else "/etc/chrony.conf"
    assert set(files) - {own} == {path, keys}
    assert files[keys]["content"].splitlines() == ["7 SHA256 @{key_7}"]
    assert files[keys]["mode"] == "0640"
    expected = [
        "server ntp.example.com iburst",
        "server 192.0.2.9 key 7 minpoll 4 maxpoll 6",
        "pool pool.example.com iburst prefer maxsources 3",
    ] + (["server nts.example.com iburst nts"] if new else [])
    assert files[path]["content"].splitlines() == expected
    directory = path.rpartition("/")[0]
    line = f"sourcedir {directory}" if new else f"include {directory}/*.conf"
    keyfile = [f"keyfile {keys}"] if "\nkeyfile" not in f"\n{own_file(facts, version)}" else []
    lines = ([] if line in own_file(facts, version).splitlines() else [line]) + keyfile
    assert (files[own]["content"].splitlines() if own in files else []) == lines
    written = words("\n".join([files[path]["content"], *lines]))
    assert {word for word in written if numbers(SINCE[word]) > numbers(version)} == set()


@pytest.mark.parametrize("name", recorded.names())
def test_what_is_written_is_nothing_to_change_and_is_asked_for_by_the_inspection(name):
    platform = recorded.load(name)
    version = platform["versions"]["chrony"]
    host = Host(platform, version, own_file(platform["facts"], version), SERVERS, KEYS)
    assert list(host.steps()) == ["Configure the servers and keys of chrony", "Start chrony, now and at boot"]
    assert host.write().steps() == {}
    asked = rtf_time_sync.inspection({"servers": SERVERS, "keys": KEYS})
    assert {entry["path"] for entry in host.entries()} <= {place["path"] for place in asked["blocks"]}
    lines = {line for entry in host.files().values() for line in entry["content"].splitlines()}
    assert lines <= set(asked["block_lines"])
    assert KEYS[0]["secret"] not in str(asked)


@pytest.mark.parametrize("name", KINDS)
def test_our_own_lines_are_not_taken_for_the_packages(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    first = Host(platform, version, own_file(facts, version), SERVERS, KEYS)
    block = "\n".join(["# BEGIN runtime-fabric (before: mode 0644)", *first.own_lines(), "# END runtime-fabric", ""])
    second = Host(platform, version, own_file(facts, version) + block, SERVERS, KEYS)
    assert second.files() == first.files()


@pytest.mark.parametrize("name", KINDS)
def test_before_chrony_is_installed_the_files_are_those_of_the_one_that_comes(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    fresh, installed = (
        Host(platform, *known, SERVERS, KEYS) for known in ((None, None), (version, own_file(facts, version)))
    )
    assert numbers(chrony_files.version_of(fresh.clock)) <= numbers(version)
    own = chrony_platforms.platform_of(fresh.clock).configuration
    assert set(fresh.files()) - {own} == set(installed.files()) - {own}


@pytest.mark.parametrize("name", KINDS)
def test_an_installation_is_announced_and_starts_chrony(name):
    steps = Host(recorded.load(name)).steps()
    assert list(steps) == ["Install chrony", "Start chrony, now and at boot"]
    assert steps["Install chrony"]["packages"] == ["chrony"]
    assert all(step["announcement"] for step in steps.values())
    assert [service["state"] for service in steps["Start chrony, now and at boot"]["services"]] == ["started"]


@pytest.mark.parametrize("name", KINDS)
def test_without_servers_and_keys_nothing_is_written(name):
    platform = recorded.load(name)
    host = Host(platform, platform["versions"]["chrony"], RED_HAT_3)
    assert host.entries() == [] and host.steps() == {}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_not_set_is_no_file_to_look_at_and_an_empty_list_takes_ours_away(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]

    def entries(servers, keys):
        host = Host(platform, version, own_file(facts, version), servers, keys)
        return {entry["path"]: entry["state"] for entry in host.entries()}

    known = chrony_platforms.platform_of(Host(platform).clock)
    own, keys = known.configuration, known.keys_file
    assert entries(None, None) == {}
    assert set(entries(None, []).items()) == {(own, "absent"), (keys, "absent")}
    everything = entries([], [])
    assert len(everything) == 4 and set(everything.values()) == {"absent"}
    assert set(entries([], None)) == set(everything) - {keys}


@pytest.mark.parametrize("name", KINDS)
def test_a_line_of_ours_stays_where_the_input_it_is_for_is_not_set(name):
    platform = recorded.load(name)
    version = platform["versions"]["chrony"]
    lines = Host(platform, version, "", SERVERS, KEYS).own_lines()
    assert [line.split()[0] for line in lines] == ["sourcedir" if recent(version) else "include", "keyfile"]
    block = "\n".join(["# BEGIN runtime-fabric (before: mode 0644)", *lines, "# END runtime-fabric", ""])
    assert Host(platform, version, block, None, []).own_lines() == lines[:1]
    assert Host(platform, version, block, [], None).own_lines() == lines[1:]


@pytest.mark.parametrize(
    "written, newer, expected",
    [(True, None, None), (True, [], None), (False, [], "restarted"), (True, ["/etc/chrony.conf"], "restarted")],
)
def test_chronyd_is_restarted_where_it_runs_since_before_its_files(written, newer, expected):
    host = Host(recorded.load("debian-12"), "4.3", DEBIAN_4, SERVERS)
    host.clock["configuration"]["newer"] = newer
    steps = (host.write() if written else host).steps()
    assert [one["state"] for one in steps.get("Start chrony, now and at boot", {"services": []})["services"]] == (
        [expected] if expected else []
    )


@pytest.mark.parametrize("unit", [{"active": False, "enabled": True}, {"active": True, "enabled": False}])
def test_chronyd_that_does_not_run_or_does_not_start_at_boot_is_started(unit):
    host = Host(recorded.load("debian-12"), "4.3", DEBIAN_4)
    host.clock["units"]["chrony.service"] = unit
    [service] = host.steps()["Start chrony, now and at boot"]["services"]
    assert service == {"name": "chrony", "enabled": True, "state": "started"}


@pytest.mark.parametrize("name", recorded.names())
def test_what_the_package_follows_is_known_before_it_is_installed(name):
    assert is_host(chrony_platforms.platform_of(Host(recorded.load(name)).clock).pool)


@pytest.mark.parametrize("like", [[], ["suse"], ["arch"]])
def test_another_family_is_refused(like):
    with pytest.raises(Refusal, match="supports only the Debian and Red Hat families.* names sles"):
        chrony_platforms.platform_of({"platform": {"id": "sles", "version": "15", "like": like}})


def test_what_a_chrony_does_not_have_is_named_before_anything_is_written():
    platform = recorded.load("ubuntu-20.04")
    keys = [*KEYS, {"id": 9, "type": "AES128", "secret": "sixteen-letters!"}]

    def lacking(host):
        return chrony_files.unsupported(host.clock, host.wanted)

    old = Host(platform, "3.5", DEBIAN_3, [*SERVERS, NTS], keys)
    assert lacking(old) == ["NTS of nts.example.com", "the cipher of key 9"]
    with pytest.raises(
        Refusal, match="chrony 3.5 of this host does not support .*: NTS of nts.example.com, the cipher"
    ):
        old.steps()
    assert lacking(Host(platform, "4.2", DEBIAN_4, [*SERVERS, NTS], keys)) == []
    without = Host(platform, "4.2", DEBIAN_4, [NTS], keys)
    without.clock["chrony"]["features"] = ["NTP"]
    assert lacking(without) == ["NTS of nts.example.com"]
