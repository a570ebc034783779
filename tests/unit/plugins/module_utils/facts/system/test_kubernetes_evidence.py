# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of Kubernetes, as kubelet, RKE2 and K3s print it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import kubernetes_evidence

KUBELET = "Kubernetes v1.30.2\n"
RKE2 = "rke2 version v1.29.6+rke2r1 (2b5ff7c4cd2d10b4ed9c7f2d4ca5a2a9b1b6a9cd)\ngo version go1.21.11 X:boringcrypto\n"
K3S = "k3s version v1.28.5+k3s1 (5b2d1271)\ngo version go1.20.12\n"


@pytest.mark.parametrize(
    "text, version",
    [
        (KUBELET, "1.30.2"),
        (RKE2, "1.29.6"),
        (K3S, "1.28.5"),
        ("Kubernetes v1.31.0-eks-a737599\n", "1.31.0"),
        ("go version go1.20.12\n", None),
        ("", None),
    ],
)
def test_the_version_is_that_of_kubernetes(text, version):
    assert kubernetes_evidence.version_in(text) == version


def install(folder, name, text):
    program = folder / name
    program.write_text(f"#!/bin/sh\n[ \"$*\" = --version ] && printf %s '{text}'\n")
    program.chmod(0o755)


def test_the_program_that_is_installed_is_asked(tmp_path):
    assert kubernetes_evidence.kubernetes_evidence(str(tmp_path)) == {"program": None, "version": None}
    install(tmp_path, "k3s", K3S)
    assert kubernetes_evidence.kubernetes_evidence(str(tmp_path)) == {"program": "k3s", "version": "1.28.5"}
    install(tmp_path, "kubelet", KUBELET)
    assert kubernetes_evidence.kubernetes_evidence(str(tmp_path)) == {"program": "kubelet", "version": "1.30.2"}


def test_another_answer_is_no_version(tmp_path):
    install(tmp_path, "kubelet", "usage: kubelet")
    with pytest.raises(Unreadable, match="does not print a version of Kubernetes"):
        kubernetes_evidence.kubernetes_evidence(str(tmp_path))
