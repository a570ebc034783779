# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A preparation that tags leave without the audit does not end as if it had proved something."""

from __future__ import annotations

import pytest

WITHOUT_AUDIT = ["--skip-tags", "rtf_preflight,rtf_proxy,rtf_kernel,rtf_time_sync,rtf_firewall"]
NOTICE = "The nodes were not audited"


@pytest.mark.parametrize(
    "options, told", [(["--tags", "none_of_ours"], True), (WITHOUT_AUDIT, True), (["--tags", "rtf_preflight"], False)]
)
def test_a_run_without_the_audit_ends_with_that(play, options, told):
    done = play("prepare_rtf", *options)
    assert (NOTICE in done.stdout) is told, done.stdout
    assert told is (done.returncode == 0), done.stdout
