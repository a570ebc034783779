# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that go into a container before it starts, and files that must appear as a whole or not at all."""

import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """One file of a container; `path` is absolute, `content` is bytes."""

    path: str
    content: bytes
    mode: int = 0o644


def text_file(path, text, mode=0o644):
    """A File from text."""
    return File(path, text.encode(), mode)


def archive(files):
    """A tar archive (bytes) of Files, owned by root, relative to `/`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            member = tarfile.TarInfo(file.path.lstrip("/"))
            member.size, member.mode = len(file.content), file.mode
            tar.addfile(member, io.BytesIO(file.content))
        end = tar.offset
    # Two blocks of zeros end an archive. `podman cp` reads no further, and fails where more of the padding has to be read.
    return buffer.getvalue()[: end + 2 * tarfile.BLOCKSIZE]


def digest(*parts):
    """A short hexadecimal digest of strings, bytes and Files."""
    total = hashlib.sha256()
    for part in parts:
        one = part if isinstance(part, bytes) else repr(part).encode()
        total.update(hashlib.sha256(one).digest())
    return total.hexdigest()[:16]


def write_whole(path, content, mode=0o644):
    """Write text or bytes to `path` so that a killed run never leaves half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content.encode() if isinstance(content, str) else content)
    os.chmod(new, mode)
    new.replace(path)
