# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_owners

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
LINE = (
    "   0: %s 00000000:0000 %s 00000000:00000000 00:00000000 00000000     0        0 %s 1 0000000000000000 100 0 0 10 0"
)


def test_the_kernels_table_is_read():
    lines = [HEAD, LINE % ("0100007F:1F90", "0A", "777"), LINE % ("00000000:0035", "07", "0"), "cut short"]
    assert port_owners.read_table(lines) == [("127.0.0.1", 8080, "listening", "777"), ("0.0.0.0", 53, "bound", "0")]


def test_ipv6_addresses_are_read():
    lines = [HEAD, LINE % ("00000000000000000000000001000000:0050", "0A", "1")]
    assert port_owners.read_table(lines)[0][0] == "::1"


def test_a_connection_that_only_waits_for_stragglers_is_left_out():
    assert port_owners.read_table([HEAD, LINE % ("0100007F:1F90", "06", "0")]) == []


def test_a_socket_of_the_kernel_has_no_process(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "udp").write_text("\n".join([HEAD, LINE % ("00000000:2118", "07", "0")]))
    (holder,) = port_owners.holders("udp", [8472], "192.0.2.1", str(tmp_path))
    assert (holder.port, holder.state, holder.process, holder.pid) == (8472, "bound", None, None)


def test_the_listener_is_named_rather_than_its_connection():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), 5), listener.accept()[0]:
            (holder,) = port_owners.holders("tcp", [port], "127.0.0.1")
    assert (holder.pid, holder.state) == (os.getpid(), "listening")
    assert holder.user


def test_a_free_port_is_held_by_nobody():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert port_owners.holders("tcp", [port], "127.0.0.1") == []


def test_the_same_port_of_another_address_is_in_nobodys_way():
    with socket.socket() as sock:
        sock.bind(("127.0.0.9", 0))
        sock.listen(1)
        port = sock.getsockname()[1]
        assert port_owners.holders("tcp", [port], "127.0.0.1") == []
        assert [holder.pid for holder in port_owners.holders("tcp", [port], "127.0.0.9")] == [os.getpid()]
        (beside,) = port_owners.holders_beside("tcp", [port], "127.0.0.1")
        assert (beside.pid, beside.address, beside.state) == (os.getpid(), "127.0.0.9", "listening")
        assert port_owners.holders_beside("tcp", [port], "127.0.0.9") == []


def test_a_port_of_all_addresses_is_in_the_way_and_not_beside():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 0))
        port = sock.getsockname()[1]
        assert port_owners.holders_beside("udp", [port], "192.0.2.1") == []
        assert [holder.pid for holder in port_owners.holders("udp", [port], "192.0.2.1")] == [os.getpid()]
