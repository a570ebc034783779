# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which program reads what lies where the collection writes on a host.

A directory of which a program reads every file is a place for files of ours only where that program is the one that the
file configures. A new place needs a line here, and the line needs an answer.
"""

import ast
import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    backend_selection,
    own_rules_service,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.expiry_timer import ExpiryTimer
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

# Read as a whole by the program that the file of ours configures, which made the directory for such files.
DROP_INS = {
    "/etc/systemd/system": "systemd reads units, their drop-ins and the links that enable them",
    "/etc/systemd/system.conf.d": "systemd reads *.conf for its manager",
    "/etc/sysctl.d": "systemd-sysctl and sysctl --system read *.conf",
    "/etc/modules-load.d": "systemd-modules-load reads *.conf",
    "/etc/profile.d": "login shells read *.sh",
    "/etc/apt/apt.conf.d": "apt reads it for its options",
    "/etc/chrony/sources.d": "chronyd reads *.sources",
    "/etc/chrony/conf.d": "chronyd reads *.conf",
    "/etc/chrony.d": "chronyd reads what chrony.conf names there: *.sources by `sourcedir`, *.conf by `include`",
    "/etc/firewalld": "firewalld reads services, ipsets and zones",
    "/etc/ufw/applications.d": "ufw reads application profiles",
}
# Read by exactly this name, by the program whose file it is; ours is a block, a line or a setting in it.
NAMED = {
    "/etc/environment",
    "/etc/fstab",
    "/etc/selinux/config",
    "/etc/dnf/dnf.conf",
    "/etc/yum.conf",
    "/etc/chrony/chrony.conf",
    "/etc/chrony/chrony.keys",
    "/etc/chrony.conf",
    "/etc/chrony.keys",
    "/etc/ufw/user.rules",
    "/etc/ufw/user6.rules",
    "/etc/ufw/ufw.conf",
    "/etc/default/ufw",
    "/opt/anypoint/runtimefabric/env",
    "/etc/firewalld/firewalld.conf",
}
# No program reads all of what lies there; names of ours are in it, and only programs of ours know them.
OURS = {
    "/var/lib/hostprep-runtime-fabric": "what the collection remembers",
    "/etc/systemd/runtime-fabric-proxy.env": "named by our drop-ins; systemd itself reads only *.conf files by name there",
    "/usr/local/sbin": "programs, by name",
    "/run": "what does not outlive a boot",
    "/var/lib/systemd/timers": "when our timer ran last, which systemd writes",
}
# Included, loaded or run as a whole by a site or a program that our file does not configure: never a place for one.
FOREIGN = {
    "/etc/nftables.d": "nftables.conf of a site includes *.nft, often before its own tables",
    "/etc/nftables": "/etc/sysconfig/nftables.conf includes from it",
    "/etc/iptables": "netfilter-persistent, and loops over *.rules in scripts of sites",
    "/etc/network": "ifupdown runs if-*.d and includes interfaces.d",
    "/etc/NetworkManager": "NetworkManager runs dispatcher.d and reads conf.d",
    "/etc/cron.d": "cron",
    "/etc/cron.daily": "cron",
    "/etc/cron.hourly": "cron",
    "/etc/rc.local": "run at boot",
    "/etc/docker": "dockerd",
    "/etc/containerd": "containerd",
    "/etc/cni/net.d": "the container runtime takes the first file",
    "/etc/sudoers.d": "sudo",
    "/etc/ssh": "sshd includes sshd_config.d",
    "/etc/pam.d": "PAM",
    "/etc/logrotate.d": "logrotate",
    "/etc/udev/rules.d": "udev",
    "/etc/modprobe.d": "modprobe",
    "/usr/lib": "packages",
    "/lib": "packages",
    "/boot": "boot loaders",
}
# The only texts that may name a foreign place: by them what earlier versions left there is found and removed.
FORMER = {"/etc/nftables.d/{}.nft", "/etc/iptables/{}.rules.v{}"}
# Read, never written, by exactly this name: see the file that names it.
READ = {
    "/etc/nftables.conf",
    "/etc/sysconfig/nftables.conf",
    "/usr/lib/firewalld",
    "/usr/lib/firewalld/zones",
    "/usr/sbin",
    "/etc/systemd",
    "/usr/bin/flock",
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/rpm/.rpm.lock",
    "/usr/lib/sysimage/rpm/.rpm.lock",
}

WRITES = re.compile(
    r"\.write\(|\.remove\(|os\.(?:rename|replace|link|symlink|makedirs|mkdir|unlink|open)\(|atomic_move|mkstemp|open\([^)]*[\"'][wax]"
)
PATH = re.compile(r"(?<![\w.}/*:-])/(?:etc|usr|var|run|opt|lib|boot|srv|root)/[\w./{}@+-]*")


def _written_by_python():
    """Return {path: where} of the paths in every file of the nodes' mechanism that writes files."""
    found = {}
    for path in checkout.tracked_files(".py"):
        if path.parts[:2] not in (("plugins", "modules"), ("plugins", "module_utils")):
            continue
        text = checkout.read(path)
        if not (WRITES.search(text) or path.parts[2] == "firewall"):
            continue
        tree = ast.parse(text)
        spoken = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        documents = {
            id(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("DOCUMENTATION", "EXAMPLES", "RETURN")
        }
        templates = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        texts = [
            "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            for node in templates
        ]
        parts = {id(part) for node in templates for part in node.values}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in spoken | documents | parts
            ):
                texts.append(node.value)
        found.update((match, path) for text in texts for match in PATH.findall(text))
    return found


def _written_by_roles():
    """Return {path: where} of the paths that tasks and variables of roles name."""
    found = {}
    for path in checkout.tracked_files(".yml"):
        if path.parts[0] == "roles" and path.parts[2] in ("tasks", "vars", "defaults"):
            lines = [line for line in checkout.read(path).splitlines() if not line.lstrip().startswith("#")]
            found.update((match, path) for match in PATH.findall("\n".join(lines)))
    return found


def _within(path, places):
    return any(path.rstrip("/") == place or path.startswith(place + "/") for place in places)


def _verdict(path):
    """Return why a path is no place for a file of ours, "" where it is one."""
    if path in FORMER or path.rstrip("/") in NAMED | READ:
        return ""
    if _within(path, FOREIGN):
        return "a program that is not meant reads what lies there"
    if _within(path, DROP_INS) or _within(path, OURS):
        return ""
    return "which program reads what lies there?"


@pytest.mark.parametrize("named", [_written_by_python, _written_by_roles])
def test_every_place_that_is_written_to_is_known(named):
    paths = named()
    assert paths
    assert {path: (str(where), _verdict(path)) for path, where in paths.items() if _verdict(path)} == {}


class PlayedHost:
    """A host on which everything is installed and nothing is there."""

    def program(self, name):
        return "/usr/sbin/" + name

    def read(self, path):
        return None

    def names(self, directory):
        return []

    def try_run(self, argv, stdin=None, timeout=None):
        return 1, "", ""

    def run(self, argv, stdin=None, timeout=None):
        return ""

    def unit_is(self, question, unit):
        return False


@pytest.mark.parametrize("backend", backend_selection.BACKENDS, ids=lambda backend: backend.name)
def test_no_firewall_writes_where_another_program_reads(backend):
    one = backend(PlayedHost(), "ours")
    former = set(one.loader.former_files) if hasattr(one, "loader") else set()
    paths = set(one.files()) | set(ExpiryTimer(PlayedHost(), "ours").files())
    assert {path: _verdict(path) for path in paths - former if _verdict(path)} == {}


@pytest.mark.parametrize("unit", [own_rules_service.UNIT, own_rules_service.BEHIND_SITE])
def test_units_that_load_rules_wait_for_the_directory_of_these(unit):
    assert "RequiresMountsFor={directory}" in unit and "After=local-fs.target" in unit


@pytest.mark.parametrize(
    "path, known",
    [
        ("/etc/nftables.d/runtime_fabric.nft", False),
        ("/etc/iptables/x.rules.v4", False),
        ("/etc/cron.d/x", False),
        ("/srv/new/place", False),
        ("/etc/sysctl.d/zz-runtime-fabric.conf", True),
        ("/etc/fstab", True),
        ("/etc/fstab.d/x", False),
    ],
)
def test_verdicts(path, known):
    assert (_verdict(path) == "") is known
