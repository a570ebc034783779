# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values in a tree like /proc/sys, and in the kernel that runs the tests."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import sysctl_write


def test_values_are_written_where_they_differ_and_refusals_are_named(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "a").write_text("0\n")
    (tmp_path / "net" / "ports").write_text("32768\t60999\n")
    (tmp_path / "net" / "held").mkdir()
    top = str(tmp_path)
    assert sysctl_write.read(["net.a", "net.ports", "net.none"], top) == {
        "net.a": "0",
        "net.ports": "32768 60999",
        "net.none": None,
    }
    refused = sysctl_write.write({"net.a": "1", "net.none": "1", "net.held": "1"}, top)
    assert refused == {"net.none": "this kernel has no such parameter", "net.held": "Is a directory"}
    assert (tmp_path / "net" / "a").read_text() == "1\n"


def test_what_the_kernel_makes_of_a_value_is_read_back(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("0\n")
    monkeypatch.setattr(sysctl_write, "read", lambda names, top: dict.fromkeys(names, "0"))
    assert sysctl_write.write({"key": "5"}, str(tmp_path)) == {"key": "the value is 0 after the write"}


def test_a_name_that_leads_elsewhere_is_none_of_the_kernel(tmp_path):
    top, other = tmp_path / "sys", tmp_path / "other"
    top.mkdir()
    other.write_text("0\n")
    for name in ("../other", str(other), "net/../../other"):
        assert sysctl_write.write({name: "1"}, str(top)) == {name: "this kernel has no such parameter"}
    assert other.read_text() == "0\n"


def test_a_parameter_that_nobody_may_write_is_refused_by_the_running_kernel():
    refused = sysctl_write.write({"kernel.ostype": "Minix"})
    assert set(refused) == {"kernel.ostype"}
    assert sysctl_write.read(["kernel.ostype"]) == {"kernel.ostype": "Linux"}


def test_values_are_compared_as_the_kernel_writes_them():
    assert sysctl_write.normal({"a": " 1\t 2 ", "b": 1}) == {"a": "1 2", "b": "1"}
    assert sysctl_write.text({"b": None, "a": "1"}) == "a = 1\nb = (missing)\n"
