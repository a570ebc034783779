# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labs as labs.yml declares them."""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

LABS = Path(__file__).resolve().parent.parent / "labs.yml"
SITES = ("plain", "proxies")
_PLACE = re.compile(r"\{([\w.-]+)\}")


class BlindLab(NamedTuple):
    """One way to break a lab, and what its audit must say. README.md describes the fields."""

    number: int
    fault: str
    owners: tuple
    next_step: str
    site: str
    inputs: dict
    breakages: tuple
    cause: str
    nodes: tuple
    says: tuple
    blocking: tuple


class Declared(NamedTuple):
    """The labs, in the order in which they are broken, and what sites set: `{name of a site: inputs}`."""

    labs: tuple
    sites: dict


def read(path=LABS):
    """Return what is declared; labs of one site follow each other."""
    found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    labs = tuple(_lab(number, row) for number, row in enumerate(found["labs"], 1))
    order = sorted(labs, key=lambda lab: (SITES.index(lab.site), lab.number))
    return Declared(tuple(order), {"plain": found["inputs"], "proxies": {**found["inputs"], **found["proxies"]}})


def filled(text, addresses):
    """Return a text with `{name}` replaced by an address. Raises KeyError for an unknown name."""
    return _PLACE.sub(lambda match: addresses[match[1]], text)


def names_in(text):
    """Return the names whose addresses a text asks for."""
    return _PLACE.findall(text)


def _lab(number, row):
    return BlindLab(
        number,
        row["fault"],
        tuple(_listed(row["owner"])),
        row["next_step"],
        row.get("site", "plain"),
        row.get("inputs", {}),
        tuple(row["break"]),
        row["cause"],
        tuple(row["nodes"]),
        tuple(row["says"]),
        tuple(_listed(row.get("blocking", 1))),
    )


def _listed(value):
    return value if isinstance(value, list) else [value]
