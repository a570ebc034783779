# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel makes of a text; tests/unit/programs/sysctl_cases.py has more, recorded."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_value_parsing import taken

FORWARD, WATCHES = "net/ipv4/ip_forward", "fs/inotify/max_user_watches"
RANGE, RESERVED = "net/ipv4/ip_local_port_range", "net/ipv4/ip_local_reserved_ports"


@pytest.mark.parametrize(
    "key, text, live, value",
    [
        (FORWARD, "1 # x", "0", "1"),
        (FORWARD, "1\tx", "0", "1"),
        (FORWARD, "1 2", "0", "1"),
        (FORWARD, "01", "0", "1"),
        (FORWARD, "-1", "0", "-1"),
        *((FORWARD, text, "0", None) for text in ("", "+1", "1x", "1,", "08", "yes", '"1"', "0x")),
        (WATCHES, "524288 # x", "8192", "524288"),
        (WATCHES, "524288 # x", None, "524288"),
        (WATCHES, "-1", "8192", None),
        (RANGE, "32800\t60000", "32768 60999", "32800 60000"),
        (RANGE, "32800-60000", "32768 60999", None),
        (RESERVED, "", "9000", ""),
        (RESERVED, "9000-9002,9001-9004,9006", "", "9000-9004,9006"),
        (RESERVED, "0x2328\t", "", "9000"),
        *((RESERVED, text, "", None) for text in ("70000", "9000 9001", "9000-", "x")),
        ("vm/x", "1 # x", "0", "1"),
        ("vm/x", "5 x", "1 2", None),
        ("vm/x", "5", "1 2", "5 2"),
        ("kernel/core_pattern", "|/bin/x  a=b", "core", "|/bin/x a=b"),
        ("kernel/unknown", "1 # x", None, "1 # x"),
    ],
)
def test_a_text_is_taken_or_refused(key, text, live, value):
    assert taken(key, text, live) == value
