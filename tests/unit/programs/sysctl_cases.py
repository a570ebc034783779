# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of sysctl.d as sites have them, and what the kernel has after systemd-sysctl, and after `sysctl --system`.

The values were recorded on Debian 11, 12 and 13 (systemd 247, 252 and 257), where they are the same. The molecule scenario
rtf_kernel asks these programs again.
"""

from typing import NamedTuple

# The parameters that a case looks at, by short names, and what they have before.
NAMES = {
    "on": "net/ipv4/ip_forward",
    "default": "net/ipv4/conf/default/forwarding",
    "eth0": "net/ipv4/conf/eth0/forwarding",
    "ports": "net/ipv4/ip_local_port_range",
    "reserved": "net/ipv4/ip_local_reserved_ports",
    "bridge": "net/bridge/bridge-nf-call-iptables",
}
BEFORE = {"on": "0", "default": "0", "eth0": "0", "ports": "32768 60999", "reserved": "", "bridge": "0"}
# What the image of a node has, so that it begins as a fresh host.
PRISTINE = (
    "/usr/lib/sysctl.d/10-lab-pristine.conf",
    "net.ipv4.ip_forward = 0\nnet.bridge.bridge-nf-call-iptables = 0\n",
)
ETC, OURS = "/etc/sysctl.d/", "/etc/sysctl.d/zz-runtime-fabric.conf"
ALL_ON = {"on": "1", "default": "1", "eth0": "1"}


class Link(NamedTuple):
    """A symbolic link in the place of a file."""

    target: str


# Cases of which a real boot is tried, by node, each with another release of systemd.
BOOTED = {
    "worker-1": "another name of the parameter, set between two equal lines",
    "controller-1": "an equal line behind, which stays at its first place",
    "worker-2": "an interface behind",
}


class Case(NamedTuple):
    """systemd: what differs from BEFORE after systemd-sysctl. sysctl: the same after `sysctl --system`, None where equal.

    late: what an interface has that is added afterwards, when udev runs `systemd-sysctl --prefix` for it.
    """

    files: dict
    systemd: dict
    late: str
    sysctl: dict = None


def _with_ours(files, text="net.ipv4.ip_forward = 1\n"):
    return {**files, OURS: text}


CASES = {
    "another name of the parameter, set between two equal lines": Case(
        _with_ours(
            {ETC + "20-a.conf": "net.ipv4.ip_forward=1\n", ETC + "99-b.conf": "net.ipv4.conf.all.forwarding=0\n"}
        ),
        {},
        "0",
        ALL_ON,
    ),
    "another name in a file behind": Case(_with_ours({ETC + "zzz.conf": "net.ipv4.conf.all.forwarding=0\n"}), {}, "0"),
    "another name in a file before": Case(
        _with_ours({ETC + "10-a.conf": "net.ipv4.conf.all.forwarding=0\n"}), ALL_ON, "1"
    ),
    "an equal line behind, which stays at its first place": Case(
        _with_ours(dict.fromkeys((ETC + "00-a.conf", ETC + "zzz.conf"), "net.ipv4.conf.all.forwarding=0\n")),
        ALL_ON,
        "1",
        {},
    ),
    # GCE's images have such a file; https://github.com/openSUSE/wicked/issues/789
    "a vendor's file before": Case(
        _with_ours({ETC + "11-gce-network-security.conf": "net.ipv4.ip_forward=0\n"}), ALL_ON, "1"
    ),
    # The name decides, and not the directory: https://github.com/systemd/systemd/issues/20919
    "a vendor's file that sorts behind": Case(
        _with_ours({"/usr/lib/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n"}), {}, "0"
    ),
    # https://github.com/void-linux/void-runit/pull/1
    "a vendor's file that is masked": Case(
        _with_ours({"/usr/lib/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n", ETC + "zzz.conf": Link("/dev/null")}),
        ALL_ON,
        "1",
    ),
    "a vendor's file that an empty one hides": Case(
        _with_ours({"/usr/lib/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n", ETC + "zzz.conf": ""}), ALL_ON, "1"
    ),
    "a vendor's file that a dangling link hides": Case(
        _with_ours({"/usr/lib/sysctl.d/zzz.conf": "net.ipv4.ip_forward=0\n", ETC + "zzz.conf": Link("/nonexistent")}),
        ALL_ON,
        "1",
    ),
    "files that are not read": Case(
        _with_ours(dict.fromkeys((ETC + ".zzz.conf", ETC + "zzz", ETC + "zzz.conf.bak"), "net.ipv4.ip_forward = 0\n")),
        ALL_ON,
        "1",
    ),
    "capital letters sort first": Case(_with_ours({ETC + "ZZZ.conf": "net.ipv4.ip_forward = 0\n"}), ALL_ON, "1"),
    # `sysctl --system` reads /etc/sysctl.conf once more, last: https://github.com/replicatedhq/kURL/pull/2174
    "sysctl.conf, linked": Case(
        _with_ours({"/etc/sysctl.conf": "net.ipv4.ip_forward=0\n", ETC + "99-sysctl.conf": Link("../sysctl.conf")}),
        ALL_ON,
        "1",
        {},
    ),
    # https://github.com/systemd/systemd/issues/32563
    "a glob before": Case(_with_ours({ETC + "10-a.conf": "net.ipv4.conf.*.forwarding = 0\n"}), ALL_ON, "0"),
    "a glob behind": Case(_with_ours({ETC + "zzz.conf": "net.ipv4.conf.*.forwarding = 0\n"}), {}, "0"),
    "a glob behind, without the parameter of all": Case(
        _with_ours({ETC + "zzz.conf": "net.ipv4.conf.*.forwarding = 0\n-net.ipv4.conf.all.forwarding\n"}),
        {"on": "1"},
        "0",
    ),
    "a glob that a name of its own outweighs": Case(
        _with_ours(
            {
                ETC + "10-a.conf": "net.ipv4.conf.eth0.forwarding = 1\n",
                ETC + "zzz.conf": "net.ipv4.conf.*.forwarding = 0\n-net.ipv4.conf.all.forwarding\n",
            }
        ),
        {"on": "1", "eth0": "1"},
        "0",
    ),
    "a class of letters that leaves out": Case({OURS: "net.ipv4.conf.[^d-z]*.forwarding = 1\n"}, ALL_ON, "1"),
    "an interface behind": Case(
        _with_ours({ETC + "zzz.conf": "net.ipv4.conf.eth0.forwarding = 0\n"}), {"on": "1", "default": "1"}, "1"
    ),
    "an interface before": Case(_with_ours({ETC + "10-a.conf": "net.ipv4.conf.eth0.forwarding = 0\n"}), ALL_ON, "1"),
    "an interface that is added later": Case(
        _with_ours({ETC + "10-a.conf": "net/ipv4/conf/late0/forwarding = 0\n"}), ALL_ON, "0"
    ),
    "interfaces to come, behind": Case(
        _with_ours({ETC + "zzz.conf": "net.ipv4.conf.default.forwarding = 0\n"}), {"on": "1", "eth0": "1"}, "0"
    ),
    "interfaces to come, before": Case(
        _with_ours({ETC + "10-a.conf": "net.ipv4.conf.default.forwarding = 0\n"}), ALL_ON, "1"
    ),
    "a text that the kernel refuses takes the place of ours": Case(
        _with_ours({ETC + "zzz.conf": "net.ipv4.ip_forward = off\n"}), {}, "0", ALL_ON
    ),
    "an exclusion takes the place of ours": Case(
        _with_ours({ETC + "zzz.conf": "-net.ipv4.ip_forward\n"}), {}, "0", ALL_ON
    ),
    "twice in one file": Case(_with_ours({}, "net.ipv4.ip_forward = 1\nnet.ipv4.ip_forward = 0\n"), {}, "0"),
    "a comment behind the number": Case(_with_ours({}, "net.ipv4.ip_forward = 1 # x\n"), ALL_ON, "1"),
    "a number that something follows": Case(_with_ours({}, "net.ipv4.ip_forward = 1;\n"), {}, "0"),
    "a word": Case(_with_ours({}, "net.ipv4.ip_forward = yes\n"), {}, "0"),
    "another base": Case(_with_ours({}, "net.ipv4.ip_forward = 0x1\n"), ALL_ON, "1"),
    "another number": Case(_with_ours({}, "net.ipv4.ip_forward = 2\n"), {"on": "2", "default": "2", "eth0": "2"}, "2"),
    "a number that is too large": Case(_with_ours({}, "net.ipv4.ip_forward = 99999999999\n"), {}, "0"),
    "slashes, one in front": Case(_with_ours({}, "/net/ipv4/ip_forward = 1\n"), ALL_ON, "1"),
    "separators in a row": Case(_with_ours({}, "net..ipv4.ip_forward = 1\n"), ALL_ON, "1"),
    "a path of /proc": Case(_with_ours({}, "/proc/sys/net/ipv4/ip_forward = 1\n"), {}, "0"),
    "a failure that may be": Case(_with_ours({}, "-net.ipv4.ip_forward = 1\n"), ALL_ON, "1"),
    "a colon": Case(_with_ours({}, "net.ipv4.ip_forward: 1\n"), {}, "0"),
    "a mark in front of the first line": Case(_with_ours({}, "\ufeffnet.ipv4.ip_forward = 1\n"), {}, "0"),
    "lines of Windows": Case(_with_ours({}, "# x\r\nnet.ipv4.ip_forward = 1\r\n"), ALL_ON, "1"),
    "lines of an old Mac": Case(_with_ours({}, "# x\rnet.ipv4.ip_forward = 1\r"), ALL_ON, "1", {}),
    "a form feed ends no line": Case(_with_ours({}, "# x\x0cnet.ipv4.ip_forward = 1\n"), {}, "0"),
    "a range with a comment": Case(
        {OURS: "net.ipv4.ip_local_port_range = 32800 60000 # x\n"}, {"ports": "32800 60000"}, "0"
    ),
    "a range of one number": Case({OURS: "net.ipv4.ip_local_port_range = 32800\n"}, {"ports": "32800 60999"}, "0"),
    "a range with a word": Case({OURS: "net.ipv4.ip_local_port_range = 32800 x\n"}, {}, "0"),
    "a range that ends first": Case({OURS: "net.ipv4.ip_local_port_range = 60000 32800\n"}, {}, "0"),
    "a list with a comment": Case({OURS: "net.ipv4.ip_local_reserved_ports = 9000 # x\n"}, {}, "0"),
    "a list with a space": Case({OURS: "net.ipv4.ip_local_reserved_ports = 9000, 9001\n"}, {}, "0"),
    "a list in any order": Case(
        {OURS: "net.ipv4.ip_local_reserved_ports = 9002,9000-9001,9006,\n"}, {"reserved": "9000-9002,9006"}, "0"
    ),
    "a list that ends first": Case({OURS: "net.ipv4.ip_local_reserved_ports = 9005-9001\n"}, {}, "0"),
    "bridge, another number with a comment": Case(
        {OURS: "net.bridge.bridge-nf-call-iptables = 2 # x\n"}, {"bridge": "1"}, "0"
    ),
}
