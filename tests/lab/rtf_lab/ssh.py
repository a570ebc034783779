# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the nodes are reached: keys, known hosts, the client's configuration, an inventory."""

from pathlib import Path
from typing import NamedTuple

import yaml

from .files import write_whole
from .machine import run

USER = "ops"
WAIVERS = Path(__file__).resolve().parents[1] / "waivers.yml"


class Keys(NamedTuple):
    """Private keys as paths; the public key lies beside each, with the suffix .pub."""

    user: Path
    hosts: dict


def ensure_keys(directory, names):
    """Have the user's key and a host key per node name below a directory. Returns Keys."""
    return Keys(
        ensure_key(directory / "id_ed25519", f"{USER}@lab"),
        {name: ensure_key(directory / "host_keys" / name, name) for name in names},
    )


def ensure_key(path, comment):
    """Have an Ed25519 key pair; the public half is renamed into place last, so it says that the pair is whole."""
    public = path.with_suffix(".pub")
    if not public.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        for leftover in (new, new.with_name(f"{new.name}.pub")):
            leftover.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(new)])
        new.replace(path)
        new.with_name(f"{new.name}.pub").replace(public)
    return path


def write_client_files(instance, keys):
    """Write ssh_config, known_hosts and inventory.yml into the state directory."""
    addresses = {node.name: instance.address(node) for node in instance.nodes}
    public = {name: key.with_suffix(".pub").read_text(encoding="utf-8") for name, key in keys.hosts.items()}
    write_whole(instance.state / "known_hosts", known_hosts(addresses, public))
    write_whole(config_path(instance), ssh_config(addresses, keys.user, instance.state / "known_hosts"))
    write_whole(instance.state / "inventory.yml", inventory(instance))


def config_path(instance):
    """The ssh client's configuration of an instance."""
    return instance.state / "ssh_config"


def known_hosts(addresses, public_keys):
    """known_hosts text: {name: address} and {name: public key line}."""
    return "".join(f"{name},{addresses[name]} {' '.join(key.split()[:2])}\n" for name, key in public_keys.items())


def ssh_config(addresses, identity, known_hosts_path):
    """ssh_config text under which each node is reached by its name and by its address."""
    blocks = []
    for name, address in addresses.items():
        blocks.append(
            f"Host {name} {address}\n"
            f"    HostName {address}\n"
            f"    User {USER}\n"
            f'    IdentityFile "{identity}"\n'
            "    IdentitiesOnly yes\n"
            "    StrictHostKeyChecking yes\n"
            f'    UserKnownHostsFile "{known_hosts_path}"\n'
            "    GlobalKnownHostsFile none\n"
            "    PreferredAuthentications publickey\n"
            # A node that was restarted under an open master connection is noticed soon.
            "    ServerAliveInterval 5\n"
            "    ServerAliveCountMax 3\n"
        )
    return "\n".join(blocks)


def inventory(instance):
    """An inventory of the nodes, YAML text. It waives what containers cannot have."""
    groups = {}
    for node in instance.nodes:
        hosts = groups.setdefault(node.group, {"hosts": {}})["hosts"]
        hosts[node.name] = {"ansible_host": instance.address(node)}
    variables = {"ansible_user": USER, "rtf_waivers": yaml.safe_load(WAIVERS.read_text(encoding="utf-8"))}
    tree = {"rtf_nodes": {"vars": variables, "children": groups}}
    return yaml.safe_dump(tree, sort_keys=False, explicit_start=True)
