# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a container image with one program, busybox, that does nothing: image.py BUSYBOX FILE NAME. Runs on a node."""

import hashlib
import io
import json
import sys
import tarfile


def add(archive, name, data=b"", kind=tarfile.REGTYPE, mode=0o755, link=""):
    entry = tarfile.TarInfo(name)
    entry.size, entry.type, entry.mode, entry.linkname = len(data), kind, mode, link
    archive.addfile(entry, io.BytesIO(data))


def layer_of(busybox):
    """The one layer, a tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in ("bin", "etc", "proc", "sys", "dev", "tmp"):
            add(archive, folder, kind=tarfile.DIRTYPE)
        add(archive, "bin/busybox", busybox)
        for name in ("sh", "sleep"):
            add(archive, f"bin/{name}", kind=tarfile.SYMTYPE, link="busybox")
    return out.getvalue()


def main(program, path, name):
    with open(program, "rb") as stream:
        layer = layer_of(stream.read())
    digest = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/bin/sleep", "1000000"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        add(archive, "config.json", json.dumps(config).encode(), mode=0o644)
        add(archive, "layer.tar", layer, mode=0o644)
        add(archive, "manifest.json", json.dumps(manifest).encode(), mode=0o644)


main(*sys.argv[1:])
