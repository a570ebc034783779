# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rtf_time_sync does on each platform, from its recorded facts: files, services, and words that its chrony knows."""

import re

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import chrony_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import UNCHANGED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.value_kinds import is_host
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded

ROLE = checkout.CHECKOUT / "roles" / "rtf_time_sync"
# A template is a variable here: lookups are plugins, and those are only found with the whole of Ansible loaded.
LOOKUP = re.compile(r"lookup\('ansible.builtin.template', '(\w+)\.j2'\)")
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
    """The role's variables as a host of a platform sees them."""

    def __init__(self, facts, chrony=None, own=None, servers=(), keys=()):
        """chrony: its version, None before it is installed. own: the text of its own configuration file.

        servers, keys: None where the input is not set.
        """
        configuration = None
        if own is not None:
            path = "/etc/chrony/chrony.conf" if facts["os_family"] == "Debian" else "/etc/chrony.conf"
            configuration = {"path": path, "files": chrony_text.parse_configuration(own)}
        units = {"chronyd.service": {"active": True, "enabled": True}} if chrony else {}
        clock = {
            "units": units,
            "chrony": {"version": chrony, "features": ["NTS"] if recent(chrony) else []},
            "configuration": configuration,
        }
        self.variables = {
            **yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")),
            **yaml.safe_load(LOOKUP.sub(r"__\1", (ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))),
            **{f"__{path.stem}": path.read_text(encoding="utf-8") for path in (ROLE / "templates").glob("*.j2")},
            "ansible_facts": facts,
            "__rtf_time_sync_found": {"host": {"time": clock}},
            # The filter ntp_keys is only found with the whole of Ansible loaded.
            "__rtf_time_sync_given_keys": UNCHANGED if keys is None else list(keys),
            "__rtf_time_sync_checked": {"inputs": {"servers": UNCHANGED if servers is None else list(servers)}},
        }
        for name, given in (("servers", servers), ("keys", keys)):
            if given is not None:
                self.variables[f"rtf_ntp_{name}"] = list(given)
        for name in self.read("__rtf_time_sync_platforms"):
            path = ROLE / "vars" / f"{name}.yml"
            if path.is_file():
                self.variables.update(yaml.safe_load(path.read_text(encoding="utf-8")))

    def read(self, name):
        loader = DataLoader()
        loader.set_basedir(str(ROLE))
        variables = {**self.variables, "role_path": str(ROLE), "ansible_search_path": [str(ROLE)]}
        return Templar(loader=loader, variables=variables).template(
            _trusted("{{ " + name + " }}", self.variables, variables)
        )

    def files(self):
        return {entry["path"]: entry for entry in self.read("__rtf_time_sync_files") if entry["state"] == "present"}


def _trusted(text, source, variables):
    """Mark templates as such, where this ansible-core asks for it."""
    try:
        from ansible.template import trust_as_template
    except ImportError:
        return text

    def mark(value):
        if isinstance(value, str):
            return trust_as_template(value)
        if isinstance(value, dict):
            return {key: mark(entry) for key, entry in value.items()}
        return [mark(entry) for entry in value] if isinstance(value, list) else value

    variables.update({name: mark(value) for name, value in source.items()})
    return trust_as_template(text)


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
    host = Host(facts, version, own_file(facts, version), SERVERS + ([NTS] if new else []), KEYS)
    assert host.read("__rtf_time_sync_unknown") == []
    debian = facts["os_family"] == "Debian"
    assert host.read("__rtf_time_sync_service") == ("chrony" if debian else "chronyd")
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


@pytest.mark.parametrize("name", KINDS)
def test_our_own_lines_are_not_taken_for_the_packages(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    first = Host(facts, version, own_file(facts, version), SERVERS, KEYS)
    lines = first.read("__rtf_time_sync_lines")
    block = "\n".join(["# BEGIN runtime-fabric (before: mode 0644)", *lines, "# END runtime-fabric", ""])
    second = Host(facts, version, own_file(facts, version) + block, SERVERS, KEYS)
    assert second.files() == first.files()


@pytest.mark.parametrize("name", KINDS)
def test_before_chrony_is_installed_the_files_are_those_of_the_one_that_comes(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    fresh, installed = (
        Host(facts, *known, SERVERS, KEYS) for known in ((None, None), (version, own_file(facts, version)))
    )
    assert numbers(fresh.read("__rtf_time_sync_version")) <= numbers(version)
    own = fresh.read("__rtf_time_sync_config")
    assert set(fresh.files()) - {own} == set(installed.files()) - {own}


@pytest.mark.parametrize("name", KINDS)
def test_without_servers_and_keys_nothing_is_written(name):
    platform = recorded.load(name)
    assert Host(platform["facts"], platform["versions"]["chrony"], RED_HAT_3).files() == {}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_not_set_is_no_file_to_look_at_and_an_empty_list_takes_ours_away(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]

    def entries(servers, keys):
        return {
            entry["path"]: entry["state"]
            for entry in Host(facts, version, own_file(facts, version), servers, keys).read("__rtf_time_sync_files")
        }

    own, keys = Host(facts).read("__rtf_time_sync_config"), Host(facts).read("__rtf_time_sync_keys_file")
    assert entries(None, None) == {}
    assert set(entries(None, []).items()) == {(own, "absent"), (keys, "absent")}
    everything = entries([], [])
    assert len(everything) == 4 and set(everything.values()) == {"absent"}
    assert set(entries([], None)) == set(everything) - {keys}


@pytest.mark.parametrize("name", KINDS)
def test_a_line_of_ours_stays_where_the_input_it_is_for_is_not_set(name):
    platform = recorded.load(name)
    version, facts = platform["versions"]["chrony"], platform["facts"]
    lines = Host(facts, version, "", SERVERS, KEYS).read("__rtf_time_sync_lines")
    assert [line.split()[0] for line in lines] == ["sourcedir" if recent(version) else "include", "keyfile"]
    block = "\n".join(["# BEGIN runtime-fabric (before: mode 0644)", *lines, "# END runtime-fabric", ""])
    assert Host(facts, version, block, None, []).read("__rtf_time_sync_lines") == lines[:1]
    assert Host(facts, version, block, [], None).read("__rtf_time_sync_lines") == lines[1:]


@pytest.mark.parametrize(
    "changed, newer, expected",
    [(False, None, False), (False, [], False), (True, [], True), (False, ["/etc/chrony.conf"], True)],
)
def test_chronyd_is_restarted_where_it_runs_since_before_its_files(changed, newer, expected):
    host = Host(recorded.load("debian-12")["facts"], "4.3", DEBIAN_4, SERVERS)
    host.variables["__rtf_time_sync_found"]["host"]["time"]["configuration"]["newer"] = newer
    for written in ({"files": [{"path": "/etc/chrony.conf", "changed": changed}]}, {"skipped": True}):
        host.variables["__rtf_time_sync_written"] = written
        assert host.read("__rtf_time_sync_restart") is (expected if "files" in written else bool(newer))


@pytest.mark.parametrize("name", recorded.names())
def test_what_the_package_follows_is_known_before_it_is_installed(name):
    sources = Host(recorded.load(name)["facts"]).read("__rtf_time_sync_shipped_sources")
    assert len(sources) == 1 and is_host(sources[0])


def test_what_a_chrony_does_not_have_is_named_before_anything_is_written():
    facts = recorded.load("ubuntu-20.04")["facts"]
    keys = [*KEYS, {"id": 9, "type": "AES128", "secret": "sixteen-letters!"}]
    old = Host(facts, "3.5", DEBIAN_3, [*SERVERS, NTS], keys)
    assert old.read("__rtf_time_sync_unknown") == ["NTS of nts.example.com", "the cipher of key 9"]
    assert Host(facts, "4.2", DEBIAN_4, [*SERVERS, NTS], keys).read("__rtf_time_sync_unknown") == []
    without = Host(facts, "4.2", DEBIAN_4, [NTS], keys)
    without.variables["__rtf_time_sync_found"]["host"]["time"]["chrony"]["features"] = ["NTP"]
    assert without.read("__rtf_time_sync_unknown") == ["NTS of nts.example.com"]
