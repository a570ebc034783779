# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kernels are installed on this host, and which of them the next boot will most likely start."""

import os
import re

# The prefixes of image names in the distributions.
IMAGE = re.compile(r"(?:vmlinuz|vmlinux|kernel)-(?P<release>\d.*)\Z")
NUMBERS = re.compile(r"\d+")


def releases_in_boot(names):
    """Return the releases of the kernel images among the names of files in /boot; rescue images and other files are left out."""
    found = {match.group("release") for match in map(IMAGE.match, names) if match}
    return {release for release in found if not release.endswith((".old", ".bak", ".dpkg-tmp", ".dpkg-new", "~"))}


def flavour(release):
    """The name without its numbers: kernels of one flavour replace one another, those of other flavours do not.

    `6.1.0-40-cloud-amd64` -> `cloud-amd`, `4.18.0-553.16.1.el8_10.x86_64+debug` -> `el.x+debug`.
    """
    words = re.split(r"[-.]", re.sub(r"\d+", "", release))
    return "-".join(word.strip("_") for word in words if word.strip("_"))


def newest(releases, running):
    """Return the newest of `releases` that has the flavour of the running kernel, None where there is none."""
    alike = [release for release in releases if flavour(release) == flavour(running)]
    return max(alike, key=lambda release: [int(number) for number in NUMBERS.findall(release)]) if alike else None


def installed_kernels(running, boot="/boot", modules="/lib/modules"):
    """Return `{"newest": release or None, "modules_present": bool}`; newest is None where no kernel is installed here.

    modules_present: the running kernel has its modules still, or never had a directory beside others (a kernel without
    modules, a container).
    """
    releases = releases_in_boot(_listed(boot))
    trees = set(_listed(modules))
    releases.update(tree for tree in trees if os.path.exists(os.path.join(modules, tree, "vmlinuz")))
    return {"newest": newest(releases, running), "modules_present": running in trees or not trees}


def _listed(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return []
