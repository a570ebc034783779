# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes one node differ from the next: the Files that go into its container before it starts."""

from .files import File, text_file
from .internet import DOMAIN

# lab-trust.service of the image puts it into the distribution's trust store at the first boot.
TRUSTED_CA = "/usr/local/share/ca-certificates/lab-root.crt"


def node_files(instance, node, keys, root_certificate):
    """The Files of a node. `keys` is what ssh.ensure_keys returned, `root_certificate` the CA to trust (bytes)."""
    address = instance.address(node)
    hosts = f"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{address} {node.name}.{DOMAIN} {node.name}\n"
    host_key = keys.hosts[node.name]
    return [
        text_file("/etc/hosts", hosts),
        text_file("/etc/lab/route", f"GATEWAY={instance.internet_address}\n"),
        File("/etc/ssh/ssh_host_ed25519_key", host_key.read_bytes(), 0o600),
        File("/etc/ssh/ssh_host_ed25519_key.pub", host_key.with_suffix(".pub").read_bytes()),
        File("/home/ops/.ssh/authorized_keys", keys.user.with_suffix(".pub").read_bytes()),
        File(TRUSTED_CA, root_certificate),
    ]
