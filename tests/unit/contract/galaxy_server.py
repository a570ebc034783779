# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Galaxy on the loopback interface that offers packages of this collection, as ansible-galaxy asks for them."""

import contextlib
import functools
import hashlib
import http.server
import io
import json
import tarfile
import threading

COLLECTION = "api/v3/collections/hostprep/runtime_fabric"


class Galaxy:
    """Files below a directory, each answer an index.json. It offers what `publish` was called with."""

    def __init__(self, directory, port):
        self.directory, self.url, self.offered = directory, f"http://127.0.0.1:{port}/", []
        self._answer("api", {"available_versions": {"v3": "v3/"}})

    def publish(self, package, version):
        """Offer a copy of a package as a version."""
        archive = self.directory / f"hostprep-runtime_fabric-{version}.tar.gz"
        with_version(package, archive, version)
        self.offered.append(version)
        versions = [{"version": known, "href": f"/{COLLECTION}/versions/{known}/"} for known in self.offered]
        # ansible-galaxy keeps the list of versions until this date is another.
        changed = f"2027-01-{len(versions):02}T00:00:00Z"
        self._answer(COLLECTION, {"created_at": "2027-01-01T00:00:00Z", "updated_at": changed})
        self._answer(
            f"{COLLECTION}/versions",
            {"meta": {"count": len(versions)}, "links": {"next": None}, "data": versions},
        )
        self._answer(
            f"{COLLECTION}/versions/{version}",
            {
                "namespace": {"name": "hostprep"},
                "collection": {"name": "runtime_fabric"},
                "version": version,
                "href": versions[-1]["href"],
                "download_url": self.url + archive.name,
                "artifact": {"sha256": hashlib.sha256(archive.read_bytes()).hexdigest()},
                "metadata": {"dependencies": {}},
                "signatures": [],
            },
        )

    def _answer(self, path, content):
        (self.directory / path).mkdir(parents=True, exist_ok=True)
        (self.directory / path / "index.json").write_text(json.dumps(content))


class _Handler(http.server.SimpleHTTPRequestHandler):
    def send_head(self):
        path, dummy, _query = self.path.partition("?")
        self.path = path.rstrip("/") + "/index.json" if "/api" in path else path
        return super().send_head()

    def log_message(self, *_words):
        """Print nothing."""


@contextlib.contextmanager
def serving(directory):
    """Serve a Galaxy with its files in an empty directory; yields it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Galaxy(directory, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def with_version(package, copy, version):
    """Copy a package with another version in its manifest."""
    with tarfile.open(package) as old, tarfile.open(copy, "w:gz", compresslevel=1) as new:
        for member in old:
            content = old.extractfile(member)
            if member.name == "MANIFEST.json":
                manifest = json.load(content)
                manifest["collection_info"]["version"] = version
                text = json.dumps(manifest).encode()
                member.size, content = len(text), io.BytesIO(text)
            new.addfile(member, content)
