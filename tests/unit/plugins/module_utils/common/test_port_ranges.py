# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges


@pytest.mark.parametrize(
    "texts, numbers",
    [
        ([], []),
        (["443"], [443]),
        (["3-5", "1", "4-6"], [1, 3, 4, 5, 6]),
        (["65535"], [65535]),
    ],
)
def test_numbers(texts, numbers):
    assert port_ranges.numbers(texts) == numbers


@pytest.mark.parametrize("text", ["0", "65536", "5-3", "-5", "5-", "", "http", "1-2-3", " 1", None])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ValueError, match="is neither a port"):
        port_ranges.numbers([text])


@pytest.mark.parametrize(
    "numbers, texts",
    [
        ([], []),
        ([7], ["7"]),
        ([3, 1, 2, 7, 2], ["1-3", "7"]),
    ],
)
def test_texts(numbers, texts):
    assert port_ranges.texts(numbers) == texts


@pytest.mark.parametrize(
    "text, expected",
    [
        ("192.0.2.1", True),
        ("192.0.2", False),
        ("192.0.2.1.", False),
        ("host", False),
        ("::1", False),
        ("", False),
    ],
)
def test_is_ipv4(text, expected):
    assert port_ranges.is_ipv4(text) is expected
