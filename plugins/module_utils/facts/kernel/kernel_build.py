# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release of the running kernel, and its build options."""

import os
import re
import zlib

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_bytes,
    read_noting,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

COMPRESSED = "/proc/config.gz"
LIMIT = 1024 * 1024


def kernel_options(names, boot="/boot"):
    """Return `{"source": path, "options": {name: "y" | "m" | None}}`, names without `CONFIG_`.

    Raises Unreadable where the configuration of the kernel is not available.
    """
    release, problems = os.uname().release, []
    for path in (f"{boot}/config-{release}", f"/lib/modules/{release}/config"):
        text = read_noting(path, problems, LIMIT)
        if text is not None:
            return {"source": path, "options": parse_options(text, names)}
    if os.path.exists(COMPRESSED):
        text = unzipped(read_bytes(COMPRESSED, LIMIT)).decode("utf-8", "replace")
        return {"source": COMPRESSED, "options": parse_options(text, names)}
    raise problems[0] if problems else Unreadable(f"{boot}/config-{release}: No such file or directory")


def unzipped(data):
    """Return at most LIMIT bytes of gzipped data."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, LIMIT)
    except zlib.error as problem:
        raise Unreadable(f"{COMPRESSED}: {problem}") from problem


def parse_options(text, names):
    """Return `{name: "y" | "m" | None}` of the text of a kernel configuration."""
    found = dict(re.findall(r"^CONFIG_([A-Za-z0-9_]+)=([ym])$", text, re.MULTILINE))
    return {name: found.get(name) for name in names}


FACTS = (
    Fact(
        "system",
        "release",
        lambda reading: os.uname().release,
        """
        description: The release of the running kernel, as C(uname -r) prints it.
        type: str
        sample: 3.10.0-1160.el7.x86_64
        """,
    ),
    Fact(
        "system",
        "kernel_options",
        lambda reading: kernel_options(reading.options["kernel_options"]),
        """
        description:
          - The value of each of O(kernel_options) in the configuration of the running kernel, V(y) or
            V(m). V(null) if the option is not set.
          - RV(ignore:source) is the file that contains the configuration.
        type: dict
        sample:
          options:
            VETH: m
          source: /boot/config-3.10.0-1160.el7.x86_64
        """,
    ),
)
