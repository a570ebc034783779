# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: built from Debian's packages, kept as tarballs named by what they were made from.

A definition (images/NAME) makes one image for each suite that it lists. A suite is a release of Debian, or the name of
what a release of Debian is made to look like.
"""

import concurrent.futures
import contextlib
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import interpreters
from .files import digest, write_whole
from .instance import locked
from .machine import LabError, as_root, cache_directory, podman, run, say

DEFINITIONS = Path(__file__).resolve().parent.parent / "images"
# The definitions that nodes are made of; no two of them have a suite of the same name.
OF_NODES = ("node", "rocky")
NAMES = (*OF_NODES, "internet")
# As Debian's installer makes it; later suites are so by themselves.
MERGED_USR_BY_HOOK = ("bullseye",)
MERGED_USR = 'for one in bin sbin lib lib64; do mkdir -p "$1/usr/$one" && ln -s "usr/$one" "$1/$one"; done'
KEPT_BUILDS = 3
# Nothing in the lab reads manuals and translations, and they are half of the files.
LEAVE_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*")


@dataclass(frozen=True)
class Image:
    """One image of a definition (images/DEFINITION) and a suite; `key` changes when the definition does.

    layers: the directories of images/ that it is made of; debian: the release that its packages are of; release: the one
    that it presents itself as; wanted_python: a
    version of Python that it has beside Debian's, or None, and python: the Interpreter of that version, or None.
    """

    definition: str
    suite: str
    layers: tuple
    debian: str
    release: str
    wanted_python: str | None
    python: interpreters.Interpreter | None
    packages: tuple
    repository: tuple
    key: str

    @property
    def name(self):
        """What people and the cache call it."""
        return image_name(self.definition, self.suite)

    @property
    def reference(self):
        """What podman calls it."""
        return reference(self.name, self.key)

    @property
    def tarball(self):
        """The root file system. That it exists means that it is whole."""
        return cache_directory() / f"{self.name}-{self.key}.tar"

    @property
    def packages_directory(self):
        """The package repository built together with the image."""
        return cache_directory() / f"{self.name}-{self.key}.packages"


def reference(name, key):
    """What podman calls an image."""
    return f"localhost/hostprep-runtime-fabric-lab-{name}:{key}"


def image_name(definition, suite):
    """The name of the image of a definition and a suite: "node-trixie"."""
    return f"{definition}-{suite}"


def of_node(images, suite):
    """The Image of nodes of a suite among {image name: Image}; None where there is none."""
    found = (images.get(image_name(definition, suite)) for definition in OF_NODES)
    return next((image for image in found if image), None)


def load_images(name):
    """The Images defined in images/NAME, one for each suite: {image name: Image}."""
    definition = load_definition(name)
    below = load_definition(definition["based_on"]) if "based_on" in definition else {}
    layers = (*((definition["based_on"],) if below else ()), name)
    packages = (*below.get("packages", ()), *definition["packages"])
    suites = definition["suites"]
    releases = suites if isinstance(suites, dict) else dict(zip(suites, suites))
    contents = [
        (str(path.relative_to(DEFINITIONS)), path.stat().st_mode & 0o100, path.read_bytes()) for path in sources(layers)
    ]
    found = {}
    for suite, debian in releases.items():
        wanted = definition.get("python", {}).get(suite)
        python = interpreters.interpreter(wanted) if wanted else None
        repository = (*definition.get("repository", ()), *definition.get("repository_of", {}).get(suite, ()))
        key = digest(LEAVE_OUT, suite, *([python] if python else []), *contents)
        release = definition.get("releases", {}).get(suite, debian)
        found[image_name(name, suite)] = Image(
            name, suite, layers, debian, release, wanted, python, packages, repository, key
        )
    return found


def load_definition(name):
    """The content of images/NAME/image.yml."""
    return yaml.safe_load((DEFINITIONS / name / "image.yml").read_text(encoding="utf-8"))


def sources(layers):
    """The files that images of these layers are made from, in a lasting order."""
    shared = [path for path in DEFINITIONS.iterdir() if path.is_file()]
    own = [path for layer in ("common", *layers) for path in (DEFINITIONS / layer).rglob("*")]
    return [path for path in sorted([*shared, *own]) if path.is_file() and path.suffix != ".pyc"]


def ensure_images(suites=None):
    """Have the images in podman, building in parallel what is missing: those of nodes only for the suites given.

    Returns {image name: Image}. Raises LabError for a suite that nodes cannot have.
    """
    known = {name: image for definition in NAMES for name, image in load_images(definition).items()}
    unknown = [suite for suite in suites or () if not of_node(known, suite)]
    if unknown:
        raise LabError(f"there is no image of nodes for the suite {unknown[0]!r}, but: {', '.join(sorted(known))}")
    images = {
        name: image
        for name, image in known.items()
        if image.definition not in OF_NODES or suites is None or image.suite in suites
    }
    for image in images.values():
        if image.wanted_python and not image.python:
            say(
                f"this machine has no Python {image.wanted_python}: nodes of the suite {image.suite} run Ansible's "
                f"modules with that of Debian {image.debian}, and show nothing about Python {image.wanted_python}"
            )
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(ensure_image, images.values()))
    return images


def ensure_image(image):
    """Have one image in podman: from the store, else from the kept tarball, else built."""

    def waiting():
        say(f"waiting for another run that makes the {image.name} image")

    with locked(cache_directory() / f"{image.name}.lock", waiting):
        if not image.tarball.exists():
            build(image)
        if run([*podman(), "image", "exists", image.reference], check=False).returncode:
            say(f"importing the {image.name} image")
            run([*podman(), "import", "--change", 'CMD=["/sbin/init"]', str(image.tarball), image.reference])


def build(image):
    """Build the tarball and the package repository of an image. Raises LabError with the end of the log."""
    say(f"building the {image.name} image from Debian's packages (half a minute)")
    started = time.monotonic()
    cache = cache_directory()
    remove_leftovers(cache)
    with tempfile.TemporaryDirectory(prefix="building-", dir=cache) as directory:
        work = Path(directory)
        packages, tarball, log = work / "packages", work / "root.tar", cache / f"{image.name}-{image.key}.log"
        packages.mkdir()
        (work / "apt.conf").write_text(apt_settings(), encoding="utf-8")
        with open(tarball, "wb") as output, open(log, "wb") as errors:
            code = subprocess.run(
                build_command(image, work / "apt.conf", packages),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                check=False,
            ).returncode
        if code:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise LabError(f"mmdebstrap failed (exit {code}), log {log}:\n{last}")
        if any(packages.glob("*.deb")):
            write_whole(packages / "Packages", package_index(packages))
        packages.chmod(0o755)
        shutil.rmtree(image.packages_directory, ignore_errors=True)
        packages.rename(image.packages_directory)
        tarball.rename(image.tarball)
    say(f"built the {image.name} image in {time.monotonic() - started:.0f} s")
    forget_old_images(image.name)


def build_command(image, apt_conf, packages):
    """The mmdebstrap command that writes the root file system to its standard output."""

    def hook(script, *arguments):
        words = " ".join(shlex.quote(str(word)) for word in arguments)
        return f'--customize-hook=sh {shlex.quote(str(script))} "$1" {words}'

    hooks = [hook(DEFINITIONS / "repository.sh", packages, *image.repository)] if image.repository else []
    roots = [DEFINITIONS / layer / "root" for layer in ("common", *image.layers)]
    hooks.append(hook(DEFINITIONS / "overlay.sh", *roots))
    if image.python:
        hooks.append(hook(DEFINITIONS / image.definition / "python.sh", *image.python[1:]))
    for layer in image.layers:
        hooks.append(hook(DEFINITIONS / layer / "customize.sh", image.release, packages, *image.repository))
    hooks.append(hook(DEFINITIONS / "finish.sh"))
    own_finish = [DEFINITIONS / layer / "finish.sh" for layer in image.layers]
    hooks += [hook(script) for script in own_finish if script.exists()]
    setup = [f"--setup-hook={MERGED_USR}"] if image.debian in MERGED_USR_BY_HOOK else []
    return [
        # A build whose parent was killed must not go on beside its successor.
        *as_root(),
        "setpriv",
        "--pdeathsig",
        "TERM",
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=tar",
        "--skip=cleanup/apt",
        f"--aptopt={apt_conf}",
        f"--include={','.join(image.packages)}",
        *(f"--dpkgopt=path-exclude={path}" for path in LEAVE_OUT),
        *setup,
        *hooks,
        image.debian,
        "-",
        *mirrors(image.debian),
    ]


def mirrors(suite):
    """This machine's own apt sources for a suite, as one-line entries; none (mmdebstrap's default) if it has none."""
    listed = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        check=False,
    ).stdout.decode()
    return mirror_lines(listed, suite)


def mirror_lines(listed, suite):
    """`URI RELEASE COMPONENT` lines -> apt one-line entries of the suite, its updates and its security fixes."""
    wanted = (suite, f"{suite}-updates", f"{suite}-security")
    rows = [line.split() for line in listed.splitlines()]
    entries = [
        f"deb {uri} {release} main" for uri, release, component in rows if release in wanted and component == "main"
    ]
    return entries if any(entry.split()[2] == suite for entry in entries) else []


def apt_settings():
    """Settings of this machine's apt without which it may not reach its mirror: proxies, and what it makes of dates."""
    dumped = run(["apt-config", "dump"], check=False).stdout.decode().splitlines()
    wanted = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until", "Acquire::Check-Date")
    return "".join(f"{line}\n" for line in dumped if line.split(" ")[0] in wanted)


def package_index(directory):
    """The text of a flat repository's `Packages` file for the .deb files in a directory."""
    paragraphs = []
    for deb in sorted(Path(directory).glob("*.deb")):
        control = run(["dpkg-deb", "--field", str(deb)]).stdout.decode().rstrip("\n")
        checksum = run(["sha256sum", str(deb)]).stdout.decode().split()[0]
        paragraphs.append(f"{control}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {checksum}\n")
    return "\n".join(paragraphs)


def remove_leftovers(cache):
    """Remove what builds killed more than an hour ago left behind."""
    for path in cache.glob("building-*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > 3600:
                run([*as_root(), "rm", "-rf", str(path)])


def forget_old_images(name):
    """Remove all but the newest builds of an image; other checkouts and branches may use those, and labs any."""
    tarballs = sorted(cache_directory().glob(f"{name}-*.tar"), key=lambda path: path.stat().st_mtime)
    for tarball in tarballs[:-KEPT_BUILDS]:
        old = reference(name, tarball.stem.rsplit("-", 1)[1])
        in_store = run([*podman(), "image", "exists", old], check=False).returncode == 0
        # Without --force podman refuses as long as a container uses it.
        if in_store and run([*podman(), "rmi", old], check=False).returncode:
            continue
        tarball.unlink(missing_ok=True)
        shutil.rmtree(tarball.with_suffix(".packages"), ignore_errors=True)
        tarball.with_suffix(".log").unlink(missing_ok=True)
