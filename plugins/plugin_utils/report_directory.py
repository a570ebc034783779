# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of reports: each run in a directory of its own below `runs`, and links to the newest whole one.

A run of some nodes or checks only never takes the place of a whole one. Runs that were judged again lie below `rejudged`, and
nothing leads to them.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import atomic_files

RUNS = "runs"
REJUDGED = "rejudged"
PARTIAL = "-partial"
_STAMP = "%Y%m%dT%H%M%SZ"


def save(directory: Path, files: Mapping[str, str], now: datetime.datetime, partial: bool, keep: int) -> Path:
    """Write the files of a run, and make the links in `directory` lead to them unless the run is partial.

    now: of UTC. keep: how many runs stay, this one included. Return the directory of the run. Raises OSError; whatever
    interrupts it, the links lead to a whole run.
    """
    runs = directory / RUNS
    runs.mkdir(parents=True, exist_ok=True)
    place = _free(runs, now.strftime(_STAMP) + (PARTIAL if partial else ""))
    atomic_files.write(place, files, atomic_files.OWNER_ONLY)
    if not partial:
        for name in files:
            _link(directory / name, Path(RUNS) / place.name / name)
    _forget(directory, runs, place, keep)
    return place


def save_rejudged(directory: Path, files: Mapping[str, str], now: datetime.datetime, keep: int) -> Path:
    """Write the files of a run that was judged again, and return their directory. Arguments as for save."""
    runs = directory / REJUDGED
    runs.mkdir(parents=True, exist_ok=True)
    place = _free(runs, now.strftime(_STAMP))
    atomic_files.write(place, files, atomic_files.OWNER_ONLY)
    _forget(directory, runs, place, keep)
    return place


def newest(directory: Path, name: str) -> dict[str, Any] | None:
    """Return the content of a JSON file of the newest whole run; None without one that can be read."""
    try:
        found = json.loads((directory / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def all_runs(directory: Path) -> list[Path]:
    """Return the directories of the whole runs, the oldest first."""
    runs = directory / RUNS
    return sorted(path for path in runs.iterdir() if not path.name.endswith(PARTIAL)) if runs.is_dir() else []


def _free(runs: Path, name: str) -> Path:
    """Create and return a directory that no other run has; two may end within a second."""
    for number in range(1000):
        base, partial, _rest = name.partition(PARTIAL)
        place = runs / (name if not number else f"{base}.{number:03}{partial}")
        try:
            place.mkdir()
        except FileExistsError:
            continue
        return place
    raise OSError(f"{runs} has a thousand runs of one second")


def _link(path: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as temporary:
        link = Path(temporary, path.name)
        link.symlink_to(target)
        os.replace(link, path)


def _forget(directory: Path, runs: Path, place: Path, keep: int) -> None:
    """Remove the oldest runs beyond `keep`, but neither this one nor what the links lead to."""
    linked = {path.resolve().parent for path in directory.iterdir() if path.is_symlink()}
    every = sorted((path for path in runs.iterdir() if path.is_dir()), key=lambda path: path.name)
    for path in every[: max(0, len(every) - keep)]:
        if path != place and path.resolve() not in linked:
            shutil.rmtree(path)
