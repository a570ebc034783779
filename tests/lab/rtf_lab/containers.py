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
PRIVILEGES = ["--cap-add=all", "--cap-drop=SYS_TIME", "--cap-drop=SYS_BOOT", "--cap-drop=SYS_RAWIO",
              "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined",
              "--security-opt=label=disable", "--security-opt=unmask=/proc/sys"]


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

    def digest(self):
        """Changes whenever the container would have to be made anew."""
        return digest(self.image, self.network, self.address, self.options, self.files, PRIVILEGES)


def create_and_start(specification, instance_name):
    """Replace whatever has the container's name by a new, started container."""
    name = specification.container
    remove([name])
    # --replace: a killed run's podman may still be creating its container.
    run([*podman(), "create", "--replace", "--name", name, "--hostname", specification.name, "--systemd=always",
         "--label", f"{INSTANCE_LABEL}={instance_name}", "--label", f"{DIGEST_LABEL}={specification.digest()}",
         "--network", specification.network, "--ip", specification.address,
         "--dns", DNS_ADDRESS, "--dns-search", DOMAIN, "--no-hosts",
         *PRIVILEGES, *ulimits(), *specification.options, specification.image])
    run([*podman(), "cp", "-", f"{name}:/"], stdin=archive(specification.files))
    run([*podman(), "start", name])


def remove(names):
    """Remove containers in whatever state they are; those that do not exist do no harm."""
    if names:
        run([*podman(), "rm", "--force", "--ignore", "--time", "0", "--volumes", *names])


def existing(instance_name):
    """The containers of an instance: {container name: {"id", "state", "digest", "since"}}."""
    listed = run([*podman(), "ps", "--all", "--format", "json",
                  "--filter", f"label={INSTANCE_LABEL}={instance_name}"]).stdout
    return {row["Names"][0]: {"id": row["Id"], "state": row["State"], "digest": row["Labels"][DIGEST_LABEL],
                              "since": row["Status"]}
            for row in json.loads(listed or b"[]")}


def kernel_modules():
    """podman options that show the machine's kernel modules to a node, so that modprobe works there as on a host."""
    return ("--volume", "/lib/modules:/lib/modules:ro") if Path("/lib/modules").is_dir() else ()


def count():
    """How many containers run on this machine, the lab's and others."""
    return len(run([*podman(), "ps", "--quiet"]).stdout.split())
