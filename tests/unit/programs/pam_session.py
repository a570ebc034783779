# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let the pam_env of this host read files: standard input is a list of texts, the output a list of environments, as JSON.

It needs Python and Linux-PAM 1.4 or later, no rights, and no package, so that it runs on any node as it is.
"""

import ctypes
import json
import os
import shutil
import sys
import tempfile


class Conversation(ctypes.Structure):
    _fields_ = [("function", ctypes.c_void_p), ("data", ctypes.c_void_p)]


def environment(folder, text):
    """Return {variable: value} of a session that reads a text as /etc/environment."""
    with open(os.path.join(folder, "environment"), "wb") as stream:
        stream.write(text.encode("utf-8"))
    handle, conversation = ctypes.c_void_p(), Conversation(None, None)
    code = PAM.pam_start_confdir(b"probe", b"root", ctypes.byref(conversation), folder.encode(), ctypes.byref(handle))
    if code or PAM.pam_open_session(handle, 0):
        raise OSError("no session")
    listed, found = PAM.pam_getenvlist(handle), {}
    for pair in listed:
        if pair is None:
            break
        name, _equals, value = pair.decode("utf-8").partition("=")
        found[name] = value
    PAM.pam_end(handle, 0)
    return found


PAM = ctypes.CDLL("libpam.so.0")
PAM.pam_getenvlist.restype = ctypes.POINTER(ctypes.c_char_p)
PLACE = tempfile.mkdtemp()
with open(os.path.join(PLACE, "none"), "w", encoding="utf-8"):
    pass
with open(os.path.join(PLACE, "probe"), "w", encoding="utf-8") as service:
    for kind in ("auth", "account", "password"):
        service.write(f"{kind} required pam_permit.so\n")
    service.write(f"session required pam_env.so conffile={PLACE}/none envfile={PLACE}/environment readenv=1\n")
print(json.dumps([environment(PLACE, one) for one in json.load(sys.stdin)]))
shutil.rmtree(PLACE)
