# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit simulated nodes under a schedule of faults, and compare each run with the one before: history.py [RUNS]"""

import sys

from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history.cli import main

sys.exit(main(sys.argv[1:]))
