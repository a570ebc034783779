# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a check, a cell of the port matrix or a measurement, and the severity of a check. Unknown is never pass."""

PASS, FAIL, UNKNOWN, SKIPPED = "pass", "fail", "unknown", "skipped"
# Of a check in a report: a failure, or what the site left out itself, that the site accepts.
WAIVED = "waived"

REQUIRED, RECOMMENDED, INFO = "required", "recommended", "info"
SEVERITIES = (REQUIRED, RECOMMENDED, INFO)
