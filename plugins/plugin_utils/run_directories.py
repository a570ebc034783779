# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of reports: each run in a directory of its own below `runs`, and links to the newest whole one.

A run has its place below `runs` once all its files are written. The link `latest` leads to the newest whole run, and the
links to its files lead through that one, so that all of them change at once. A run of some nodes only never takes
the place of a whole one. Only the owner may read the files, except those that are shared. Runs that were judged
again lie below `rejudged`, and nothing leads to them.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import atomic_files

RUNS, REJUDGED, LATEST = "runs", "rejudged", "latest"
PARTIAL = "-partial"
_UNFINISHED, _DAY = ".unfinished-", 86400
_STAMP = "%Y%m%dT%H%M%SZ"


def save(
    directory: Path,
    files: Mapping[str, str],
    now: datetime.datetime,
    partial: bool,
    keep: int,
    shared: Collection[str] = (),
) -> Path:
    """Write the files of a run, and make the links in `directory` lead to them unless the run is partial.

    now: of UTC. keep: how many runs stay, this one included. shared: the names of files that other users may read. Return
    the directory of the run. Raises OSError; whatever interrupts it, the run is there as a whole or not at all, and the
    links lead to a whole one.
    """
    place = _written(directory / RUNS, files, now, PARTIAL if partial else "", shared)
    if not partial:
        _lead_to(directory, place, files)
    _forget(directory, place, keep)
    return place


def save_rejudged(directory: Path, files: Mapping[str, str], now: datetime.datetime, keep: int) -> Path:
    """Write the files of a run that was judged again, and return their directory. Arguments and errors as for save."""
    place = _written(directory / REJUDGED, files, now, "", ())
    _forget(directory, place, keep)
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
    return [path for path in _places(directory / RUNS) if not path.name.endswith(PARTIAL)]


def _places(runs: Path) -> list[Path]:
    """The directories of all runs below a directory, the oldest first."""
    return sorted(path for path in runs.iterdir() if not path.name.startswith(".")) if runs.is_dir() else []


def of_name(directory: Path, name: str = "") -> Path:
    """Return the directory of the run of this name; without one, of the last whole run, or of the last where none is whole.

    Raises ValueError where there is none.
    """
    places = _places(directory / RUNS)
    if name:
        places = [place for place in places if place.name == name]
    if not places:
        raise ValueError(f"{directory / RUNS} contains no run" + (f" {name!r}" if name else ""))
    return ([place for place in places if not place.name.endswith(PARTIAL)] or places)[-1]


def _written(runs: Path, files: Mapping[str, str], now: datetime.datetime, kind: str, shared: Collection[str]) -> Path:
    """Write the files of a run below `runs`, as a whole or not at all, and return its directory."""
    runs.mkdir(parents=True, exist_ok=True)
    _clear(runs, now)
    unfinished = Path(tempfile.mkdtemp(dir=runs, prefix=_UNFINISHED))
    try:
        for name, content in files.items():
            mode = atomic_files.usual_mode() if name in shared else atomic_files.OWNER_ONLY
            atomic_files.write(unfinished, {name: content}, mode)
        unfinished.chmod(atomic_files.usual_directory_mode())
        return _placed(unfinished, runs, now.strftime(_STAMP), kind)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _placed(unfinished: Path, runs: Path, stamp: str, kind: str) -> Path:
    """Rename the directory of a run to a name that no other run has; two may end within a second."""
    for number in range(1000):
        place = runs / (stamp + (f".{number:03}" if number else "") + kind)
        if place.exists():
            continue
        try:
            unfinished.rename(place)
        except OSError:
            if not place.exists():  # otherwise another run was faster
                raise
            continue
        return place
    raise OSError(f"{runs} has a thousand runs that began in the same second")


def _clear(runs: Path, now: datetime.datetime) -> None:
    """Remove what killed runs left; no run writes its files for a day."""
    for path in runs.glob(f"{_UNFINISHED}*"):
        if now.timestamp() - path.stat().st_mtime > _DAY:
            shutil.rmtree(path, ignore_errors=True)


def _lead_to(directory: Path, place: Path, files: Mapping[str, str]) -> None:
    """Make the links lead to a run, and remove those of files that it has not."""
    _link(directory / LATEST, Path(RUNS) / place.name)
    for name in files:
        target = Path(LATEST) / name
        if not (directory / name).is_symlink() or (directory / name).readlink() != target:
            _link(directory / name, target)
    for path in directory.iterdir():
        if path.is_symlink() and path.name not in (LATEST, *files) and path.readlink().parts[0] in (LATEST, RUNS):
            path.unlink(missing_ok=True)


def _link(path: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as temporary:
        link = Path(temporary, path.name)
        link.symlink_to(target)
        os.replace(link, path)


def _forget(directory: Path, place: Path, keep: int) -> None:
    """Remove the oldest runs beyond `keep` that lie beside `place`, but neither this one nor what the links lead to."""
    linked = {path.resolve().parent for path in directory.iterdir() if path.is_symlink()}
    every = _places(place.parent)
    for path in every[: max(0, len(every) - keep)]:
        if path != place and path.resolve() not in linked:
            shutil.rmtree(path)
