# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of ifupdown as its own ifquery reads them, and as ifupdown_interfaces does."""

import shutil
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import ifupdown_interfaces
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.files_at_next_boot import HostTree
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_identity import Link

LINKS = [Link(name, names=(name,)) for name in ("eth0", "eth1", "eth2")]
ETC = "/etc/network/"
STATIC = "iface eth0 inet static\n  address 10.0.0.5/24\n"

# {what: ({path below /etc/network: text}, {interface: (method, addresses)})}
CASES = {
    "U15: auto in one file, iface in another": (
        {"interfaces": "source interfaces.d/*\n", "interfaces.d/a": "auto eth0\n", "interfaces.d/b": STATIC},
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "interfaces.d without a line that sources it": (
        {"interfaces": "auto lo\niface lo inet loopback\n", "interfaces.d/a": "auto eth0\n" + STATIC},
        {},
    ),
    "source-directory takes no name with a dot (interfaces(5), INCLUDING OTHER FILES)": (
        {
            "interfaces": "source-directory interfaces.d\n",
            "interfaces.d/eth0.cfg": "auto eth0\n" + STATIC,
            "interfaces.d/eth1": "auto eth1\niface eth1 inet dhcp\n",
        },
        {"eth1": ("dhcp", [])},
    ),
    "DHCP in one file, cloud-init's address in another: both apply (canonical/cloud-init#3887)": (
        {
            "interfaces": "auto eth0\niface eth0 inet dhcp\nsource interfaces.d/*\n",
            "interfaces.d/50-cloud-init": "auto eth0\n" + STATIC,
        },
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "a comment behind a word is none of ifupdown's": (
        {"interfaces": "auto eth1 # eth0\n" + STATIC + "iface eth1 inet dhcp\n"},
        {"eth0": ("static", ["10.0.0.5"]), "eth1": ("dhcp", [])},
    ),
    "two stanzas": (
        {"interfaces": "auto eth0\n" + STATIC + "iface eth0 inet static\n  address 10.0.0.6/24\n"},
        {"eth0": ("static", ["10.0.0.5", "10.0.0.6"])},
    ),
    "two addresses in one stanza: the second one is left out": (
        {"interfaces": "auto eth0\n" + STATIC + "  address 10.0.0.6/24\n"},
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "a label": (
        {"interfaces": "auto eth0 eth0:1\n" + STATIC + "iface eth0:1 inet static\n  address 10.0.0.6\n  netmask 24\n"},
        {"eth0": ("static", ["10.0.0.5", "10.0.0.6"])},
    ),
    "hotplug": (
        {"interfaces": "allow-hotplug eth0\n" + STATIC},
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "of another class": (
        {"interfaces": "allow-ovs eth0\n" + STATIC},
        {"eth0": ("not at boot", ["10.0.0.5"])},
    ),
    "inherited": (
        {"interfaces": "auto eth1\n" + STATIC + "iface eth1 inherits eth0\n  gateway 10.0.0.1\n"},
        {"eth0": ("not at boot", ["10.0.0.5"]), "eth1": ("static", ["10.0.0.5"])},
    ),
    "a continued line and keywords without indentation": (
        {
            "interfaces": "auto eth1 \\\n eth0\n# c\niface eth0 \\\n inet static\naddress 10.0.0.5\nnetmask 255.255.255.0\n"
        },
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "another name for it": (
        {"interfaces": "auto eth0=home\niface home inet static\n  address 10.0.0.5/24\niface eth0 inet dhcp\n"},
        {"eth0": ("static", ["10.0.0.5"])},
    ),
    "an error in a sourced file ends that file": (
        {
            "interfaces": "source interfaces.d/*\n",
            "interfaces.d/a": "auto eth0\n" + STATIC + "iface eth1 inet wrong\nauto eth2\n",
            "interfaces.d/b": "auto eth1\niface eth1 inet dhcp\niface eth2 inet dhcp\n",
        },
        {"eth0": ("static", ["10.0.0.5"]), "eth1": ("dhcp", []), "eth2": ("not at boot", [])},
    ),
    "a directory is nothing to source": (
        {
            "interfaces": "source interfaces.d\nauto eth0\n" + STATIC,
            "interfaces.d/a": "auto eth1\niface eth1 inet dhcp\n",
        },
        {"eth0": ("static", ["10.0.0.5"])},
    ),
}
# What makes ifupdown configure nothing at all.
BROKEN = {
    "a stanza of ifupdown2 for ifupdown": "auto eth0\niface eth0\n  address 10.0.0.5/24\n",
    "a method that there is not": "auto eth0\n" + STATIC + "iface eth1 inet statik\n",
    "an option before any stanza": "address 10.0.0.5/24\nauto eth0\n" + STATIC,
    "an option behind auto": STATIC + "auto eth0\n  gateway 10.0.0.1\n",
    "nothing to inherit from": "auto eth0\niface eth0 inherits base\n",
}


def written(root, files):
    for path, text in files.items():
        place = root / (ETC + path).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return HostTree(str(root))


def ifquery(root, *words):
    """(exit code, standard output)."""
    path = shutil.which("ifquery")
    assert path, "ifquery is missing: tools/programs.sh unpacks it"
    done = subprocess.run(
        [path, "-i", str(root / "etc/network/interfaces"), "--state-dir", str(root), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def by_ifquery(root):
    """{interface: the addresses that it gets at boot} of interfaces that boot configures."""
    names = [
        name for words in (["--list"], ["--list", "--allow", "hotplug"]) for name in ifquery(root, *words)[1].split()
    ]
    found = {}
    for name in names:
        if name != "lo":
            called = (
                {"eth0": "eth0=home"}.get(name, name)
                if "=home" in (root / "etc/network/interfaces").read_text()
                else name
            )
            shown = [line.partition(": ") for line in ifquery(root, called)[1].splitlines()]
            addresses = [value.partition("/")[0] for key, _colon, value in shown if key == "address"]
            found[name.partition(":")[0]] = found.get(name.partition(":")[0], []) + addresses
    return found


@pytest.mark.parametrize("case", CASES)
def test_both_read_the_same(case, tmp_path):
    files, expected = CASES[case]
    settings = ifupdown_interfaces.configurations(written(tmp_path, files), LINKS)
    found = {one.interface: (one.method, list(one.addresses)) for one in settings}
    assert (found, [one.uncertain for one in settings if one.uncertain]) == (expected, [])
    at_boot = {name: addresses for name, (method, addresses) in found.items() if method != "not at boot"}
    # ifquery lists names that have no stanza, too.
    assert {name: there for name, there in by_ifquery(tmp_path).items() if name in at_boot} == at_boot
    assert all(not there for name, there in by_ifquery(tmp_path).items() if name not in at_boot)


@pytest.mark.parametrize("case", BROKEN)
def test_both_refuse_the_same(case, tmp_path):
    tree = written(tmp_path, {"interfaces": BROKEN[case]})
    assert ifquery(tmp_path, "--list") == (1, "")
    settings = ifupdown_interfaces.configurations(tree, LINKS)
    assert all("ifupdown refuses /etc/network/interfaces" in one.uncertain for one in settings)


def test_ifupdown2_and_ifupdown_ng_take_stanzas_without_a_method(tmp_path):
    (tmp_path / "usr/share/ifupdown2").mkdir(parents=True)
    tree = written(
        tmp_path,
        {
            "interfaces": "auto eth0 eth1 eth2\niface eth0\n address 10.0.0.5/24\n address 10.0.0.6/24\n"
            "iface eth1\n use dhcp\niface eth2 inet static\n address 10.0.0.7/24\n address 10.0.0.8/24\n"
        },
    )
    settings = ifupdown_interfaces.configurations(tree, LINKS)
    assert [(one.method, list(one.addresses), one.uncertain) for one in settings] == [
        ("static", ["10.0.0.5", "10.0.0.6"], ""),
        ("dhcp", [], ""),
        ("static", ["10.0.0.7", "10.0.0.8"], ""),
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("source-directory /etc/network/interfaces.d\n", [("eth0", "static", "")]),
        ("auto eth1 eth0\niface eth0\n address 10.0.0.5/24\n", [("eth0", "not at boot", "")]),
        (
            "iface eth0\n address 10.0.0.5/24\nsource /etc/network/interfaces.d/*\n",
            [("eth0", "not at boot", "ifupdown-ng refuses")],
        ),
    ],
)
def test_ifupdown_ng_takes_every_name_one_interface_a_line_and_no_pattern(text, expected, tmp_path):
    """As its ifquery, version 0.11.4, does."""
    (tmp_path / "usr/libexec/ifupdown-ng").mkdir(parents=True)
    tree = written(tmp_path, {"interfaces": text, "interfaces.d/eth0.cfg": "auto eth0\n" + STATIC})
    found = ifupdown_interfaces.configurations(tree, LINKS)
    assert [(one.interface, one.method, " ".join(one.uncertain.split()[:2])) for one in found] == expected


def test_commands_add_addresses_a_script_maps_and_the_defaults_leave_out(tmp_path):
    manual = "auto eth0\niface eth0 inet manual\n  up ip -4 addr add 10.0.0.5/24 dev $IFACE\n"
    [found] = ifupdown_interfaces.configurations(written(tmp_path, {"interfaces": manual}), LINKS)
    assert (found.method, found.addresses) == ("static", ["10.0.0.5"])
    mapped = "mapping eth*\n  script /usr/local/sbin/where\n  map home\n" + manual
    [found] = ifupdown_interfaces.configurations(written(tmp_path, {"interfaces": mapped}), LINKS)
    assert "a script that `mapping eth*` names" in found.uncertain
    for text in ("CONFIGURE_INTERFACES=no\n", 'EXCLUDE_INTERFACES="eth*"\n'):
        tree = written(tmp_path, {"interfaces": manual, "../default/networking": "#EXCLUDE_INTERFACES=x\n" + text})
        assert [one.method for one in ifupdown_interfaces.configurations(tree, LINKS)] == ["not at boot"]


@pytest.mark.parametrize("state, managed", [("lo=lo\neth0=eth0\n", True), ("lo=lo\n", False), (None, None)])
def test_whether_ifupdown_manages_an_interface_is_its_own_word(state, managed, tmp_path):
    files = {"interfaces": ""} if state is None else {"../../run/network/ifstate": state}
    assert ifupdown_interfaces.managed(written(tmp_path, files), LINKS[0]) is managed
