# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SELinux as its files tell."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import selinux_evidence


@pytest.mark.parametrize(
    "enforce, mode", [(None, "disabled"), ("1", "enforcing"), ("0", "permissive"), ("1\n", "enforcing")]
)
def test_the_mode_of_the_kernel(enforce, mode):
    assert selinux_evidence.mode_of(enforce) == mode


@pytest.mark.parametrize(
    "text, mode",
    [
        ("# SELINUX= can take one of these\nSELINUX=enforcing\nSELINUXTYPE=targeted\n", "enforcing"),
        ("SELINUX = Permissive # for now\n", "permissive"),
        ("SELINUX=enforcing\nSELINUX=disabled\n", "disabled"),
        ("#SELINUX=enforcing\nSELINUXTYPE=targeted\n", None),
        ("SELINUX=\n", None),
        ("", None),
    ],
)
def test_the_mode_that_is_configured(text, mode):
    assert selinux_evidence.configured_mode(text) == mode
