# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd-networkd of every node's release applies the file that networkd_networks says, to an interface of its own."""

import concurrent.futures
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import networkd_networks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.files_at_next_boot import HostTree
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.facts.network.networkd_cases import (
    CASES,
    ETC,
    ETH0,
    STATIC,
)

RESET = {ETC + "a.network": STATIC, ETC + "a.network.d/b.conf": "[Network]\nAddress=\nAddress=10.0.0.6/24\n"}
TRIED = {**{what: files for what, (files, _expected) in CASES.items()}, "an empty Address=": RESET}

# Runs as root on a node: each set of files in namespaces of its own. Nothing of the node itself is touched.
PROGRAM = r"""
import json, os, subprocess, sys
SCRIPT = '''
for one in /etc/systemd/network /usr/lib/systemd/network /run/systemd; do mount -t tmpfs none $one; done
mount -t sysfs -o ro none /sys
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
python3 -c "$WRITE"
chown -R systemd-network /run/systemd/netif
ip link add eth0 address 02:00:00:00:00:01 type veth peer name other
ip link property add dev eth0 altname enp1s0 || exit 9
index=$(cat /sys/class/net/eth0/ifindex)
ip link set other up
/lib/systemd/systemd-networkd >/dev/null 2>&1 &
for _ in $(seq 100); do
    sleep 0.05
    grep -q -E '^ADMIN_STATE=(configur|unmanaged)' /run/systemd/netif/links/$index 2>/dev/null || continue
    [ "$(ip -4 -o address show dev eth0 | wc -l)" = "$WANTED" ] && break
done
sed -n 's/^NETWORK_FILE=//p' /run/systemd/netif/links/$index
ip -4 -o address show dev eth0 | awk '{print $4}'
kill %1
'''
WRITE = '''
import json, os
for path, text in json.loads(os.environ["FILES"]).items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(text)
'''
started = {}
for what, (files, wanted) in json.loads(sys.argv[1]).items():
    environment = dict(os.environ, FILES=json.dumps(files), WRITE=WRITE, WANTED=str(wanted))
    words = ["unshare", "--net", "--mount", "--fork", "--pid", "--kill-child", "sh", "-c", SCRIPT]
    started[what] = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, universal_newlines=True)
print(json.dumps({what: process.communicate()[0].split() for what, process in started.items()}))
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """{node: {what: (the file that networkd applied, the addresses that it set)}}, and the same by networkd_networks."""
    lab = Lab.named()
    version = {node: int(lab.exec(node, "systemctl", "--version").stdout.split()[1].decode()) for node in lab.nodes}
    expected = {}
    for node in lab.nodes:
        expected[node] = {}
        for number, (what, files) in enumerate(TRIED.items()):
            root = tmp_path_factory.mktemp(f"{node}-{number}")
            for path, text in files.items():
                place = root / path.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            settings = networkd_networks.configurations(
                HostTree(str(root)), [ETH0], version=lambda node=node: version[node]
            )
            [one] = settings
            # Of an interface that it leaves alone, networkd names no file.
            expected[node][what] = ("", []) if one.method == "not at boot" else (one.path, sorted(one.addresses))

    def tried(node):
        asked = {what: (files, len(expected[node][what][1])) for what, files in TRIED.items()}
        answers = json.loads(lab.exec(node, "python3", "-c", PROGRAM, json.dumps(asked)).stdout)
        return {
            what: (words[0] if words else "", sorted(word.partition("/")[0] for word in words[1:]))
            for what, words in answers.items()
        }

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(lab.nodes, pool.map(tried, lab.nodes))), expected


def test_networkd_itself_applies_the_same_files(host, applied):
    node = host.check_output("hostname")
    found, expected = applied
    assert found[node] == expected[node]
