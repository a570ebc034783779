# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for the get-pip script that ansible-test would download from its own site.

Lies as get_pip_24_2.py beside pip-24.2-py3-none-any.whl, which comes from PyPI, and installs with that pip.
"""

import os
import runpy
import sys

directory, name = os.path.split(os.path.abspath(__file__))
version = os.path.splitext(name)[0][len("get_pip_") :].replace("_", ".")

sys.path.insert(0, os.path.join(directory, f"pip-{version}-py3-none-any.whl"))
sys.argv = ["pip", "install"] + [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
