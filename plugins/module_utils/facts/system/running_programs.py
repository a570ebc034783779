# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running programs of this host, and the names by which they are known."""

import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

MOST = 5000  # processes that are examined
_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,64}\Z")
_CODE = re.compile(r"-[A-Za-z]*[ce]\Z")  # the next argument is not a script, but code for the interpreter
_INTERPRETERS = ("python", "ruby", "perl", "java", "sh", "bash", "node")


def process_evidence(root="/proc"):
    """Return `[{pid, names}]` of the processes of programs, by pid; names without folders, never the arguments.

    names: the kernel's name of the process (15 characters at most), its program, and the script of an interpreter.
    """
    found = []
    for pid in sorted(int(name) for name in os.listdir(root) if name.isdigit())[:MOST]:
        folder = os.path.join(root, str(pid))
        try:
            comm = (read_text_or_none(os.path.join(folder, "comm"), 4096) or "").strip()
            words = (read_text_or_none(os.path.join(folder, "cmdline"), 65536) or "").split("\0")
        except Unreadable:
            continue  # it ended meanwhile
        if words[0]:  # the kernel's own threads have no command line
            found.append({"pid": pid, "names": program_names(comm, words)})
    return found


def program_names(comm, words):
    """Return the names under which a process may be known, each once."""
    names = [comm, _base(words[0])]
    if len(words) > 1 and names[1].rstrip("0123456789.").startswith(_INTERPRETERS):
        script = next((word for word in words[1:] if _CODE.match(word) or word[:1] not in ("", "-")), "")
        names.append(_base(script) if "/" in script else "")
    return [name for name in dict.fromkeys(names) if _NAME.match(name)]


def _base(word):
    return os.path.basename(word.split(" ")[0].rstrip(":"))


FACTS = (
    Fact(
        "system",
        "processes",
        lambda reading: process_evidence(),
        """
        description: The running programs, with their process ids and the names by which they are known.
          Their arguments are never returned.
        type: list
        elements: dict
        sample:
          - names: [systemd]
            pid: 1
        """,
    ),
)
