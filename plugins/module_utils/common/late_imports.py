# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports inside of functions, which spare a host what it does not need, are made by one thread at a time.

Ansible sends modules as a zip file. Before Python 3.10 a thread that imports from one can get a module that another thread
imports just then, and of which only the first lines have run.
"""

import threading

LOCK = threading.RLock()  # around each such import; a module that is imported may import others in this way
