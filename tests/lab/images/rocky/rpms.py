# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes RPMs of Debian's packages, each with the dependencies among them, in the root file system of an image.

Usage: python3 rpms.py MINOR_RELEASE DEBS SPECS RPMS PACKAGE...

MINOR_RELEASE: as "9.6"; DEBS, RPMS: directories of what is read and written; SPECS: NAME.spec of the packages that
differ in Enterprise Linux, NAME/ with their files, and debian.spec for all others. Only the packages named and what
they need are made, and rocky-release, which needs no package.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# What Debian's packages need for their scripts, and a daemon of desktops; what these need goes with them.
NOT_NEEDED = {"adduser", "debconf", "init-system-helpers", "polkitd", "ucf"}
# Of no use without Debian's package tools, or to nobody in the lab.
LEFT_OUT = (
    "etc/default",
    "etc/dpkg",
    "etc/init.d",
    "usr/share/doc",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
)
OF_THE_ROOT = ("bin", "lib", "lib64", "sbin")


def field(deb, name):
    """One field of the control file of a .deb; "" where it has none."""
    return subprocess.run(
        ["dpkg-deb", "--field", str(deb), name], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def names(depends):
    """The package names in a field such as `Depends`, alternatives among them."""
    return set(re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", depends))


def needed(wanted, dependencies):
    """The packages wanted and all that these need. dependencies: {package: packages that it needs}."""
    found, left = set(), set(wanted)
    while left:
        found |= left
        left = set().union(*(dependencies[name] for name in left)) - found
    return sorted(found)


def unpack(deb, directory):
    """Unpack a .deb as on a system whose /bin, /lib and /sbin are in /usr. Returns its lines of a list of files."""
    subprocess.run(["dpkg-deb", "--extract", str(deb), str(directory)], check=True)
    for name in OF_THE_ROOT:
        if (directory / name).is_dir():
            shutil.copytree(directory / name, directory / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(directory / name)
    for name in LEFT_OUT:
        shutil.rmtree(directory / name, ignore_errors=True)
    paths = sorted(path for path in directory.rglob("*") if is_listed(path))
    return [line(f"/{path.relative_to(directory)}", path.is_dir() and not path.is_symlink()) for path in paths]


def is_listed(path):
    """True for files and for empty directories; all others belong to what they hold."""
    return path.is_symlink() or not path.is_dir() or not any(path.iterdir())


def line(path, is_directory):
    """The line of a list of files that stands for one path of a package."""
    mark = "%dir " if is_directory else "%config(noreplace) " if path.startswith("/etc/") else ""
    return f'{mark}"{path}"'


def build(spec, minor, rpms, **macros):
    """Make the RPM of a spec file. macros: {name: value}."""
    major = minor.split(".")[0]
    with tempfile.TemporaryDirectory() as directory:
        values = {
            "_topdir": directory,
            "_rpmdir": rpms,
            "_rpmfilename": "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
            "_build_id_links": "none",
            "_binary_payload": "w1.gzdio",
            "__os_install_post": "%{nil}",
            "minor": minor,
            "rhel": major,
            "dist": f".el{major}",
            **macros,
        }
        defined = [word for name, value in values.items() for word in ("--define", f"{name} {value}")]
        subprocess.run(["rpmbuild", "-bb", "--quiet", *defined, str(spec)], check=True)


def build_deb(deb, requires, specs, minor, rpms):
    """Make the RPM of a .deb. requires: the names of the packages that it needs."""
    name = field(deb, "Package")
    own = specs / f"{name}.spec"
    with tempfile.TemporaryDirectory() as directory:
        listing = Path(directory) / "listing"
        unpacked = Path(directory) / "unpacked"
        listing.write_text("\n".join(unpack(deb, unpacked)) + "\n", encoding="utf-8")
        build(
            own if own.exists() else specs / "debian.spec",
            minor,
            rpms,
            deb=unpacked,
            deb_name=name,
            deb_version=re.sub(r"^\d+:|[-+~].*$", "", field(deb, "Version")),
            deb_requires="Requires: " + " ".join(["/bin/sh", *sorted(requires)]),
            own_files=specs / name,
            listing=listing,
        )


def main(minor, debs, specs, rpms, *wanted):
    found = {field(deb, "Package"): deb for deb in Path(debs).glob("*.deb")}
    dependencies = {
        name: (names(field(deb, "Depends")) | names(field(deb, "Pre-Depends"))) & set(found) - NOT_NEEDED - {name}
        for name, deb in found.items()
    }
    build(Path(specs) / "rocky-release.spec", minor, rpms)
    for name in needed(wanted, dependencies):
        build_deb(found[name], dependencies[name], Path(specs), minor, rpms)
    subprocess.run(["createrepo_c", "--quiet", rpms], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
