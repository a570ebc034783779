# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let the systemd of this host read files of EnvironmentFile=: standard input is a list of texts, the output a list of
environments, as JSON.

The library that systemd itself is made of reads them, so that no service has to be started for each. It needs Python and no
rights.
"""

import ctypes
import glob
import json
import re
import sys
import tempfile

LIBRARIES = ("/usr/lib/*/systemd/libsystemd-shared-*.so", "/usr/lib/systemd/libsystemd-shared-*.so")


def environment(systemd, text):
    """Return {variable: value}; a service does not get those whose name is none, which only its start leaves out."""
    listed, found, place = ctypes.POINTER(ctypes.c_char_p)(), {}, 0
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(text.encode("utf-8"))
        stream.flush()
        if systemd.load_env_file(None, stream.name.encode(), ctypes.byref(listed)) < 0:
            raise OSError("systemd refuses the file")
    while listed and listed[place] is not None:
        name, _equals, value = listed[place].decode("utf-8").partition("=")
        if re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", name):
            found[name] = value
        place += 1
    return found


SYSTEMD = ctypes.CDLL(next(path for pattern in LIBRARIES for path in glob.glob(pattern)))
print(json.dumps([environment(SYSTEMD, text) for text in json.load(sys.stdin)]))
