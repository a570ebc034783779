# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How all tests run. Property tests: without a limit in time, since machines are busy, and with the same examples each time.

RANDOM_EXAMPLES=1 takes others, to look for what these do not show. (ansible-test hands on no CI=true, so it cannot decide.)

What collecting makes stays. To look for garbage there again and again would take a quarter of the time of collecting, and some
of the tests' time.
"""

import gc
import os

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=not os.environ.get("RANDOM_EXAMPLES"))
settings.load_profile("default")

gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    if hasattr(gc, "freeze"):  # Python 3.7
        gc.freeze()
    gc.enable()
