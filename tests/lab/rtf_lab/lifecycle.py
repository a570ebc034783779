# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a lab up, whatever an earlier run left of it, and taking it down."""

import concurrent.futures
import functools
import shutil
from dataclasses import replace

from . import containers, faults, images, internet, ssh
from .instance import CHECKOUT, INTERNET, Instance, load_nodes, locked, make_state_directory, remember
from .lab import Lab, is_running
from .machine import LabError, make_room_for, say
from .network import ensure_network, remove_bridge, remove_network, subnets_of
from .wanted_containers import specifications

CLUSTER = CHECKOUT / "tests" / "lab" / "cluster.yml"
# How long a node that is up already may take to answer before it is replaced.
HEALTHY_SECONDS = 5


def up(name, cluster=CLUSTER):
    """Bring a lab up, keeping what is right already. Returns the Lab."""
    with locked(make_state_directory(Instance(name)) / "lock", lambda: say(f"waiting for another run with {name}")):
        nodes = load_nodes(cluster)
        built = images.ensure_images({node.suite for node in nodes})
        instance = ensure_network(replace(Instance(name), nodes=nodes))
        keys = ssh.ensure_keys(instance.state / "ssh", [node.name for node in nodes])
        wanted = specifications(instance, built, keys)
        ssh.write_client_files(instance, keys)
        remember(instance)
        lab = Lab(instance)
        bring_up(lab, wanted)
    return lab


def renew(lab, name):
    """Replace one node by a pristine one, and leave all others alone."""
    [one] = [wanted for wanted in wanted_of(lab.instance) if wanted.name == name]
    containers.create_and_start(one, lab.instance.name)
    lab.wait_ready([name])
    (ready_marks(lab) / containers.existing(lab.instance.name)[one.container]["id"]).touch()


@functools.lru_cache
def wanted_of(instance):
    """The Specifications of an instance that is up."""
    built = images.ensure_images({node.suite for node in instance.nodes})
    return specifications(
        instance, built, ssh.ensure_keys(instance.state / "ssh", [node.name for node in instance.nodes])
    )


def bring_up(lab, wanted):
    """Make the wanted Specifications true."""
    present = containers.existing(lab.instance.name)
    containers.remove(sorted(set(present) - {one.container for one in wanted}))
    kept = healthy(lab, [one for one in wanted if is_kept(lab, one, present)])
    new = [one for one in wanted if one not in kept]
    if not new:
        say(f"{lab.instance.name} is running as it should")
        return
    make_room_for(containers.count() + len(new))
    say(f"starting {', '.join(one.name for one in new)}")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: containers.create_and_start(one, lab.instance.name), new))
    say("waiting until every node answers SSH and sees DNS, TLS and NTP")
    lab.wait_ready(lab.nodes)
    mark_ready(lab, wanted)


def is_kept(lab, specification, present):
    """True for a container that is as specified, was once seen working, and runs."""
    row = present.get(specification.container)
    return (
        is_running(present, specification.container)
        and row["digest"] == specification.digest()
        and (ready_marks(lab) / row["id"]).exists()
    )


def healthy(lab, kept):
    """Those of the kept Specifications that still work, after taking back what an interrupted test may have done."""
    internet_kept = [one for one in kept if one.name == INTERNET]
    if not internet_kept:
        return kept
    try:
        heal_internet(lab)
    except LabError as error:
        say(f"replacing {INTERNET}: {error}")
        return [one for one in kept if one.name != INTERNET]
    unready = lab.unready([one.name for one in kept if one.name != INTERNET], HEALTHY_SECONDS)
    for name, reason in unready.items():
        say(f"replacing {name}: {reason}")
    return [one for one in kept if one.name not in unready]


def heal_internet(lab):
    """Remove the fault tables of a killed test and start what it stopped. Raises LabError if that does not work."""
    tables = lab.exec(INTERNET, "nft", "list", "tables").stdout.decode().splitlines()
    for table in tables:
        if table.split()[2].startswith(faults.TABLE_PREFIX):
            lab.exec(INTERNET, "nft", "delete", *table.split())
    faults.forget_proxy_rules(lab)
    lab.exec(INTERNET, "systemctl", "start", *internet.UNITS)


def ready_marks(lab):
    """A directory with one empty file per container that was seen working, named by its id.

    A container whose `up` was killed before that has none, and is replaced by the next.
    """
    directory = lab.instance.state / "ready"
    directory.mkdir(exist_ok=True)
    return directory


def mark_ready(lab, wanted):
    """Remember the present containers as working, and forget those that are gone."""
    present = containers.existing(lab.instance.name)
    ids = {present[one.container]["id"] for one in wanted}
    for mark in ready_marks(lab).iterdir():
        if mark.name not in ids:
            mark.unlink()
    for one in ids:
        (ready_marks(lab) / one).touch()


def down(name):
    """Remove exactly the containers, the network and its bridge of an instance. Keys and certificates stay for the next `up`.

    Each is removed although another one is gone already or cannot be removed. Raises LabError with what could not.
    """
    with locked(make_state_directory(Instance(name)) / "lock", lambda: say(f"waiting for another run with {name}")):
        subnets = subnets_of(name)
        problems = []
        for step in (
            functools.partial(remove_containers, name),
            functools.partial(remove_network, name),
            *(functools.partial(remove_bridge, subnet) for subnet in subnets),
        ):
            try:
                step()
            except LabError as error:
                problems.append(str(error))
        shutil.rmtree(Instance(name).state / "ready", ignore_errors=True)
        if problems:
            raise LabError("\n".join(problems))


def remove_containers(name):
    """Remove the containers of an instance."""
    present = sorted(containers.existing(name))
    say(f"removing {', '.join(present) or f'nothing: there is no container of {name}'}")
    containers.remove(present)
