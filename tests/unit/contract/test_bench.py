# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A benchmark that compares nothing, or that is too slow, fails."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tools import bench

HEAD = '"""A title."""\nfrom ratios import Ratio\n\n\ndef compare(lab):\n    '


@pytest.mark.parametrize(
    "body, good, words",
    [
        (
            "yield Ratio(('a', 1.0), ('b', 20.0), at_most=0.1)",
            True,
            "20.0 times as fast (wanted: at least 10 times as fast) ok",
        ),
        (
            "yield Ratio(('a', 3.0), ('b', 20.0), at_most=0.1)",
            False,
            "6.7 times as fast (wanted: at least 10 times as fast) FAILED",
        ),
        (
            "yield Ratio(('a', 3.0), ('b', 2.0), at_most=1.5)",
            True,
            "1.50 times as long (wanted: at most 1.5 times as long) ok",
        ),
        ("yield Ratio(('a', 3.0), ('b', 2.0))", True, "a: 3.00 s; b: 2.00 s; 1.50 times as long"),
        ("return iter(())", False, "nothing was compared"),
    ],
)
def test_what_a_benchmark_comes_to(tmp_path, capsys, body, good, words):
    path = tmp_path / "one.py"
    path.write_text(HEAD + body + "\n")
    assert bench.run(path, None) is good
    assert words in capsys.readouterr().out


def test_every_benchmark_can_be_loaded():
    assert "egress" in bench.available()
    for path in bench.available().values():
        assert bench.load(path).__doc__ and callable(bench.load(path).compare)


def test_an_unknown_benchmark_is_refused(capsys):
    assert bench.main(["nonesuch"]) == 2
    assert "there is no benchmark nonesuch, but: " in capsys.readouterr().err
