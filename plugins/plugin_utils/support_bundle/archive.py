# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A compressed tar archive that depends on nothing but the names and the texts in it."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

# Some programs refuse to unpack what is older than their file systems can say: 1980-01-01, UTC.
_TIME = 315532800
_MODE = 0o600


def packed(directory: str, texts: Mapping[str, str]) -> bytes:
    """Return the archive of `{name: text}`, with every file below one directory, for its owner only."""
    stream = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=_TIME) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(texts):
            content = texts[name].encode("utf-8", "backslashreplace")
            member = tarfile.TarInfo(f"{directory}/{name}")
            member.size, member.mtime, member.mode = len(content), _TIME, _MODE
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
