# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break a lab in one way after another, and read what an audit says: python tests/blind_labs/blind_labs.py --help"""

import sys

from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind.cli import main

sys.exit(main(sys.argv[1:]))
