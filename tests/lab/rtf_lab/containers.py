# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container: made as specified, kept while it is what is wanted, replaced otherwise."""

import json
from dataclasses import dataclass
from pathlib import Path

from .files import archive, digest
from .internet import DNS_ADDRESS, DOMAIN
from .machine import podman, run, ulimits

INSTANCE_LABEL = "hostprep-runtime-fabric-lab"
DIGEST_LABEL = f"{INSTANCE_LABEL}.digest"

# All but privileged: podman's --privileged would give CAP_SYS_TIME back, and the machine's devices with it.
PRIVILEGES = [
    "--cap-add=all",
    "--cap-drop=SYS_TIME",
    "--cap-drop=SYS_BOOT",
    "--cap-drop=SYS_RAWIO",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=label=disable",
    "--security-opt=unmask=/proc/sys",
    # runc in a node allows a container its console.
    "--device-cgroup-rule=c 5:1 rwm",
]


@dataclass(frozen=True)
class Specification:
    """What a container must be. `name` is the node's; `options` are podman's; `files` is a tuple of Files."""

    name: str
    container: str
    image: str
    network: str
    address: str
    options: tuple
    files: tuple

    def create_options(self):
        """The options of `podman create` that make the container what it is."""
        return [
            "--name",
            self.container,
            "--hostname",
            self.name,
            "--systemd=always",
            "--network",
            self.network,
            "--ip",
            self.address,
            "--mac-address",
            mac_address(self.container),
            "--dns",
            DNS_ADDRESS,
            "--dns-search",
            DOMAIN,
            "--no-hosts",
            *PRIVILEGES,
            *self.options,
        ]

    def digest(self):
        """Changes whenever the container would have to be made anew."""
        return digest(self.create_options(), self.image, self.files)


def create_and_start(specification, instance_name):
    """Replace whatever has the container's name by a new, started container."""
    remove([specification.container])
    labels = {INSTANCE_LABEL: instance_name, DIGEST_LABEL: specification.digest()}
    # --replace: the podman of a killed run may still be creating its container.
    run(
        [
            *podman(),
            "create",
            "--replace",
            *(f"--label={name}={value}" for name, value in labels.items()),
            *ulimits(),
            *specification.create_options(),
            specification.image,
        ]
    )
    run([*podman(), "cp", "-", f"{specification.container}:/"], stdin=archive(specification.files))
    run([*podman(), "start", specification.container])


def mac_address(container):
    """A container's own, lasting hardware address.

    With a new one after each start, its neighbours would go on sending to the old one for half a minute.
    """
    octets = bytes.fromhex(digest(container))[:5]
    return "02:" + ":".join(f"{octet:02x}" for octet in octets)


def remove(names):
    """Remove containers in whatever state they are; those that do not exist do no harm."""
    if names:
        run([*podman(), "rm", "--force", "--ignore", "--time", "0", "--volumes", *names])


def existing(instance_name):
    """The containers of an instance: {container name: {"id", "state", "digest", "since"}}."""
    listed = run(
        [*podman(), "ps", "--all", "--format", "json", "--filter", f"label={INSTANCE_LABEL}={instance_name}"]
    ).stdout
    return {
        row["Names"][0]: {
            "id": row["Id"],
            "state": row["State"],
            "digest": row["Labels"][DIGEST_LABEL],
            "since": row["Status"],
        }
        for row in json.loads(listed or b"[]")
    }


def kernel_modules():
    """podman options that show the machine's kernel modules to a node, so that modprobe works there as on a host."""
    return ("--volume", "/lib/modules:/lib/modules:ro") if Path("/lib/modules").is_dir() else ()


def count():
    """How many containers run on this machine, the lab's and others."""
    return len(run([*podman(), "ps", "--quiet"]).stdout.split())
