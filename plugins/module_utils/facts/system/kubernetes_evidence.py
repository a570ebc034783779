# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of Kubernetes that is installed on this host, as its own programs print it."""

import re
import shutil

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import PATH, run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

# RKE2 and K3s contain their kubelet. They print the version of Kubernetes with a suffix of their own, and Go's on a line below.
PROGRAMS = ("kubelet", "rke2", "k3s")
# Where RKE2 is installed on systems whose /usr/local is read-only, and the kubelet on those whose /usr is.
_PLACES = PATH + ":/opt/rke2/bin:/opt/bin"
_VERSION = re.compile(r"^(?:Kubernetes|\w+ version) v(\d+\.\d+\.\d+)", re.MULTILINE)


def kubernetes_evidence(path=_PLACES, run=run_text):
    """Return `{"program", "version"}` of the first of PROGRAMS that is installed, both None without one. Raises Unreadable."""
    for name in PROGRAMS:
        program = shutil.which(name, path=path)
        if program is not None:
            version = version_in(run([program, "--version"]))
            if version is None:
                raise Unreadable(f"{program} --version does not print a version of Kubernetes")
            return {"program": name, "version": version}
    return {"program": None, "version": None}


def version_in(text):
    """Return the version in what a program prints, such as "1.30.2", or None."""
    found = _VERSION.search(text)
    return found.group(1) if found else None


FACTS = (
    Fact(
        "system",
        "kubernetes",
        lambda reading: kubernetes_evidence(),
        """
        description: The version of Kubernetes, as one of its programs prints it. V(null) if none of its
          programs is installed.
        type: dict
        sample:
          program: kubelet
          version: 1.30.2
        """,
    ),
)
