# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a directory of files, each replaced in one step: a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

OWNER_ONLY = 0o600


def usual_mode() -> int:
    """Return the mode of a file that is made without further thought, by this process's umask."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def usual_directory_mode() -> int:
    """Return the mode of a directory that is made without further thought."""
    mode = usual_mode()
    return mode | (mode & 0o444) >> 2


def write(directory: Path, files: Mapping[str, str | bytes], mode: int) -> None:
    """Write `{name: content}`, and create the directory where it does not exist. Raises OSError, for example on a full disk."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _replace(directory / name, content, mode)


def _replace(path: Path, content: str | bytes, mode: int) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(descriptor)  # some file systems notice only now that they are full
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
