# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill the preparation at every task in turn: python tests/kills/kills.py --help"""

import sys

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.cli import main

sys.exit(main(sys.argv[1:]))
