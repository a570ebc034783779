# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a host before a role changed it, recorded on the host so that it can be restored.

A record is a JSON file that only root can read. The first value counts: a later run, which finds the changes of an
earlier one, adds what is missing and overwrites nothing.
"""

import json
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.trusted_paths import Place

DIRECTORY = "/var/lib/hostprep-runtime-fabric"


def merged(known, found):
    """Add new values to known ones: dictionaries key by key, lists entry by entry; other values stay."""
    if isinstance(known, dict) and isinstance(found, dict):
        both = dict(known)
        for key, value in found.items():
            both[key] = merged(known[key], value) if key in known else value
        return both
    if isinstance(known, list) and isinstance(found, list):
        return known + [entry for entry in found if entry not in known]
    return known


def path_of(directory, name):
    """The file of a record. Raises ValueError where the name could lead out of the directory."""
    if not re.match(r"[A-Za-z0-9_-]+\Z", name):
        raise ValueError(f"name: {name!r} is not a valid name of a record: use only letters, digits, _ and -")
    return os.path.join(directory, name + ".json")


def load(path):
    """Return what a record holds, `{}` where there is none. Raises Unreadable for a file that is not a record."""
    text = read_text_or_none(path)
    if text is None:
        return {}
    try:
        values = json.loads(text)
    except ValueError as problem:
        raise Unreadable(f"{path}: {problem}") from problem
    if not isinstance(values, dict):
        raise Unreadable(f"{path}: not a record of changes")
    return values


def text_of(values):
    """The text of a record: sorted, so that equal records are equal texts."""
    return json.dumps(values, indent=2, sort_keys=True) + "\n" if values else ""


def diff(path, known, wanted):
    """Return the change of a record as the diff of a module shows it."""
    return {"before": text_of(known), "after": text_of(wanted), "before_header": path, "after_header": path}


def store(path, values):
    """Write a record in one step, readable by its owner only. Raises Untrusted or OSError."""
    with Place(path, follow=False) as place:
        place.clear()
        place.make_directories(0o700)
        place.replace(text_of(values).encode("utf-8"), 0o600)


def added(path, values, check_mode):
    """Add values to a record unless in check mode; return (the record before, the record after).

    Raises Unreadable, Untrusted or OSError.
    """
    known = load(path)
    wanted = merged(known, values)
    if wanted != known and not check_mode:
        store(path, wanted)
    return known, wanted


def leftovers(path):
    """Whether there is anything to remove: a record, or what a killed run left of one."""
    with Place(path, follow=False) as place:
        return place.exists() or bool(place.leftovers())


def forget(path):
    """Remove a record, and the directory of records when this was the last one. Raises Untrusted or OSError."""
    with Place(path, follow=False) as place:
        place.clear()
        if place.exists():
            place.remove(directories=1)
