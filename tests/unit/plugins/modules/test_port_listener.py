# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener and its probes as they are run on hosts, with the loopback interface as the network."""

import binascii
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import open_file_limit, processes
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    listener_commands,
    listener_lifetime,
    listener_process,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener as port_listening
from ansible_collections.hostprep.runtime_fabric.plugins.modules import port_listener, port_probe_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

# Addresses of the loopback network that nothing else uses, one for each process of a parallel test run.
HOST = f"127.0.{os.getpid() % 199 + 50}.7"
OTHER = f"127.0.{os.getpid() % 199 + 50}.8"


@pytest.fixture
def key():
    """The key of a run; a listener of it is gone after the test."""
    key = binascii.hexlify(os.urandom(16)).decode("ascii")
    yield key
    listener_process.find(key.encode("ascii"), "stop")


@pytest.fixture
def other_key():
    """The key of another run."""
    other = binascii.hexlify(os.urandom(16)).decode("ascii")
    yield other
    listener_process.find(other.encode("ascii"), "stop")


def listen(key, tcp=(), udp=(), lifetime=30, check_mode=False, name="n2", address=HOST, **more):
    arguments = {
        "key": key,
        "name": name,
        "lifetime": lifetime,
        "listen": [{"address": address, "tcp": list(tcp), "udp": list(udp)}],
        **more,
    }
    return module_process.run(port_listener, arguments, check_mode)


def stop(key, check_mode=False):
    return module_process.run(port_listener, {"key": key, "state": "absent"}, check_mode)


def probe(key, timeout=0.6, name="n2", **ports):
    peer = dict(name=name, address=HOST, **ports)
    return module_process.run(port_probe_info, {"key": key, "timeout": timeout, "peers": [peer]})["peers"][0]


def wait_until_gone(pid, seconds):
    end = time.monotonic() + seconds
    while processes.is_running(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not processes.is_running(pid)


@contextlib.contextmanager
def held(port, kind=socket.SOCK_STREAM, address=HOST):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(5)
        yield


def test_a_whole_table_is_proven_and_given_back(key):
    ranges = ["2379", "30000-32767"]
    started = listen(key, ranges, ranges)
    assert started["changed"] is True
    place = started["listening"]["places"][0]
    assert [place[transport] for transport in ("tcp", "udp")] == [
        {"bound": ranges, "occupied": [], "beside": [], "failed": []}
    ] * 2
    found = probe(key, timeout=3.5, tcp=ranges, udp=ranges)
    assert found["tcp"] == found["udp"] == {"asked": 2769, "ports": {"open": ranges}, "reasons": {}}
    stopped = stop(key)
    assert stopped["changed"] is True and stopped["listening"]["proven"]["tcp"] == 2769
    assert not processes.is_running(started["listening"]["pid"])
    with held(30000), held(2379, socket.SOCK_DGRAM):
        assert stop(key) == dict(stop(key), changed=False, listening=None)


def test_a_port_of_the_overlay_is_proven_in_its_shape(key):
    listen(key, udp=["8472", "30000"])
    found = probe(key, udp=["30000"], vxlan=["8472"])
    assert found["udp"] == {"asked": 2, "ports": {"open": ["8472", "30000"]}, "reasons": {}}


def test_a_second_start_finds_the_first(key):
    first = listen(key, ["30000"])
    second = listen(key, ["30000"])
    assert second["changed"] is False
    assert second["listening"]["pid"] == first["listening"]["pid"]


def test_check_mode_starts_and_stops_nothing(key):
    assert listen(key, ["30000"], check_mode=True)["changed"] is True
    assert listener_process.find(key.encode("ascii")) is None
    pid = listen(key, ["30000"])["listening"]["pid"]
    assert stop(key, check_mode=True)["changed"] is True
    assert processes.is_running(pid)


def test_who_holds_a_port_is_named(key):
    # Every address is every test process's: a port that no other test asks for.
    with held(30001), held(30002), held(29002, socket.SOCK_DGRAM, "0.0.0.0"), held(30001, address=OTHER):
        place = listen(key, ["30000-30003"], ["29002"])["listening"]["places"][0]
    assert place["tcp"]["bound"] == ["30000", "30003"]
    (holder,) = place["tcp"]["occupied"]
    assert holder["ports"] == ["30001-30002"] and holder["pid"] == os.getpid()
    assert holder["state"] == "listening" and holder["address"] == HOST and holder["process"]
    assert place["udp"]["occupied"][0]["address"] == "0.0.0.0"


def test_an_address_of_another_host_is_a_result(key):
    place = listen(key, ["30000-30001"], address="192.0.2.1")["listening"]["places"][0]
    assert place["tcp"]["failed"] == [{"ports": ["30000-30001"], "reason": "Cannot assign requested address"}]


def test_every_verdict_has_its_ports(key):
    def say(sock):
        sock.recv(100)
        sock.sendall(b"SSH-2.0-Other")

    listen(key, ["30000"], ["30000"])
    with held(30001), loopback.tcp_server(say, HOST) as talker:
        found = probe(key, tcp=["30000-30002", str(talker)], udp=["30000", "30002"], connect=["30000-30001"])
    assert found["tcp"]["ports"] == {
        "open": ["30000"],
        "unproven": sorted(["30001", str(talker)]),
        "refused": ["30002"],
    }
    assert found["udp"]["ports"] == {"open": ["30000"], "refused": ["30002"]}


def test_a_port_that_is_only_connected_to_is_live(key):
    with held(30001):
        found = probe(key, connect=["30001-30002"])
    assert found["tcp"]["ports"] == {"live": ["30001"], "refused": ["30002"]}


def test_silence_is_dropped_and_costs_one_timeout(key):
    with held(30001, socket.SOCK_DGRAM), silent_ports(30000, 100):
        begun = time.monotonic()
        found = probe(key, tcp=["30000-30099"], udp=["30001"])
        seconds = time.monotonic() - begun
    assert found["tcp"]["ports"] == {"dropped": ["30000-30099"]} and found["udp"]["ports"] == {"dropped": ["30001"]}
    assert found["udp"]["reasons"] == {"dropped": "no answer within 0.6 s"}
    assert seconds < loopback.PATIENCE


@contextlib.contextmanager
def silent_ports(first, count):
    """Ports of HOST whose backlog is full, so that the kernel drops what arrives."""
    with contextlib.ExitStack() as stack:
        for port in range(first, first + count):
            listener = stack.enter_context(socket.socket())
            listener.bind((HOST, port))
            listener.listen(0)
            for _dummy in range(4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex((HOST, port))
        yield


def test_another_key_gets_no_answer(key):
    listen(key, ["30000"], ["30000"])
    found = probe("x" * 32, tcp=["30000"], udp=["30000"])
    assert found["tcp"]["ports"] == {"unproven": ["30000"]}
    assert found["udp"]["ports"] == {"dropped": ["30000"]}


def test_another_host_cannot_pass(key):
    listen(key, ["30000"], ["30000"], name="n3")
    found = probe(key, name="n2", tcp=["30000"], udp=["30000"])
    assert found["tcp"]["ports"] == found["udp"]["ports"] == {"unproven": ["30000"]}
    assert found["tcp"]["reasons"] == {"unproven": "port 30000 of n3 answers instead"}


def test_a_stopped_listener_ends_in_time(key):
    pid = listen(key, ["30000"], lifetime=2)["listening"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    assert wait_until_gone(pid, 5)


def test_a_listener_that_hangs_is_killed(key, monkeypatch):
    monkeypatch.setattr(listener_commands, "REPLY_SECONDS", 0.5)
    pid = listen(key, ["30000"])["listening"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    assert listener_process.find(key.encode("ascii"), "stop") == {"pid": pid, "hung": True}
    assert not processes.is_running(pid)


def test_connections_that_say_nothing_do_not_hold_it_up(key):
    listen(key, ["30000"])
    with contextlib.ExitStack() as stack:
        for _dummy in range(200):
            stack.enter_context(socket.create_connection((HOST, 30000), 5))
        assert probe(key, tcp=["30000"])["tcp"]["ports"] == {"open": ["30000"]}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def test_more_idle_connections_than_there_is_room_for_neither_delay_a_probe_nor_keep_it_busy(key, monkeypatch):
    monkeypatch.setattr(port_listening, "SPARE_FILES", 300)
    place = port_listening.Place(HOST, [30000], [])
    pid = listener_process.start(key.encode("ascii"), "n2", [place], 30)["pid"]
    with contextlib.ExitStack() as stack:
        for _dummy in range(400):
            stack.enter_context(socket.create_connection((HOST, 30000), 5))
        assert probe(key, timeout=3, tcp=["30000"])["tcp"]["ports"] == {"open": ["30000"]}
        before = cpu_seconds(pid)
        time.sleep(1)
        assert cpu_seconds(pid) - before < 0.4


def test_a_listener_without_files_waits_for_them(key, monkeypatch):
    """It may have fewer files than it believes, as where the whole host has none left."""
    monkeypatch.setattr(open_file_limit, "room_beside", lambda used, most: most)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(
        open_file_limit, "raise_file_limit", lambda wanted: resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
    )
    pid = listener_process.start(key.encode("ascii"), "n2", [port_listening.Place(HOST, [30000], [])], 30)["pid"]
    with contextlib.ExitStack() as stack:
        for _dummy in range(100):
            stack.enter_context(socket.create_connection((HOST, 30000), 5))
        before = cpu_seconds(pid)
        time.sleep(1)
        assert cpu_seconds(pid) - before < 0.4
        assert probe(key, timeout=5, tcp=["30000"])["tcp"]["ports"] == {"open": ["30000"]}


def received(sock):
    """All bytes that arrive within a moment."""
    sock.settimeout(0.5)
    data = b""
    with contextlib.suppress(OSError):
        while len(data) < 10**7:
            more = sock.recv(1 << 20)
            if not more:
                break
            data += more
    return data


def test_a_recorded_exchange_brings_one_answer_and_no_stream(key):
    listen(key, ["30000"])
    secret = key.encode("ascii")
    question = keyed_proof.ask(secret, b"n" * keyed_proof.NONCE_SIZE, keyed_proof.POUR)
    with socket.create_connection((HOST, 30000), 5) as genuine:
        genuine.sendall(question)
        order = keyed_proof.order(secret, genuine.recv(keyed_proof.ANSWER_LIMIT), 1000000)
        genuine.sendall(order)
        assert len(received(genuine)) == 1000000
    with socket.create_connection((HOST, 30000), 5) as replayed:
        replayed.sendall(question)
        assert 0 < len(received(replayed)) <= keyed_proof.ANSWER_LIMIT
        replayed.sendall(order)
        assert received(replayed) == b""
    with socket.create_connection((HOST, 30000), 5) as replayed:
        replayed.sendall(question + order)
        assert len(received(replayed)) <= keyed_proof.ANSWER_LIMIT


def run_named(name, started, process=""):
    return {"id": name, "started": started, "controller": "build-1", "user": "jo", "process": process}


def test_silence_ends_a_listener_and_a_probe_keeps_it(key):
    pid = listen(key, ["30000"], quiet=5)["listening"]["pid"]
    for _dummy in range(3):
        time.sleep(2)
        assert probe(key, tcp=["30000"])["tcp"]["ports"] == {"open": ["30000"]}
    assert wait_until_gone(pid, loopback.PATIENCE)


@pytest.mark.parametrize("how", ["pipe", "signal"])
def test_a_module_that_loses_its_controller_ends_and_ends_the_listener(key, how, monkeypatch):
    monkeypatch.setattr(listener_lifetime, "AFTER_HANGUP", 0.5)
    place = port_listening.Place(HOST, [30000], [])
    pid = listener_process.start(key.encode("ascii"), "n2", [place], 30)["pid"]
    with socket.socket() as mute:
        mute.bind((HOST, 30001))
        mute.listen(5)
        peers = [{"name": "n2", "address": HOST, "tcp": ["30001"]}]
        prober = subprocess.Popen(
            [sys.executable, "-m", port_probe_info.__name__],
            env=module_process.environment(port_probe_info),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        prober.stdin.write(
            json.dumps({"ANSIBLE_MODULE_ARGS": {"key": key, "timeout": 60, "peers": peers}}).encode("ascii")
        )
        prober.stdin.close()
        connection = mute.accept()[0]  # it is at work, and would be for a minute
        with connection:
            if how == "pipe":
                prober.stdout.close()
            else:
                prober.send_signal(signal.SIGHUP)
            assert prober.wait(20) == 1
    assert wait_until_gone(pid, loopback.PATIENCE)
    if not prober.stdout.closed:
        prober.stdout.close()


def test_the_listener_of_a_run_that_is_over_is_ended(key, other_key):
    old = listen(other_key, ["30000-30010"], run=run_named("old", 1))["listening"]["pid"]
    status = listen(key, ["30005"], ["30005"], run=run_named("new", 2), over=["old"])["listening"]
    assert status["places"][0]["tcp"]["bound"] == ["30005"] and not processes.is_running(old)


def test_a_stopped_listener_of_another_run_is_in_nobodys_way(key, other_key):
    old = listen(other_key, ["30000"], run=run_named("old", 1))["listening"]["pid"]
    os.kill(old, signal.SIGSTOP)
    status = listen(key, ["30000"], run=run_named("new", 2))["listening"]
    assert status["places"][0]["tcp"]["bound"] == ["30000"] and not processes.is_running(old)


def test_the_run_that_began_first_keeps_its_ports(key, other_key):
    first = listen(other_key, ["30000-30010"], run=run_named("first", 1), quiet=60)["listening"]["pid"]
    found = listen(key, ["30005"], ["30005"], run=run_named("second", 2))
    (holder,) = found["listening"]["held_by"]
    assert found["changed"] is False and holder["run"] == run_named("first", 1) and holder["ends_in"] <= 60
    assert processes.is_running(first) and listener_process.find(key.encode("ascii")) is None


def test_listeners_on_other_ports_are_in_nobodys_way(key, other_key):
    listen(other_key, ["30000"], run=run_named("first", 1))
    assert listen(key, ["30001"], ["30000"], run=run_named("second", 2))["listening"]["places"][0]["tcp"]["bound"] == [
        "30001"
    ]


def test_the_run_that_began_later_gets_time_to_yield(key, other_key):
    """Where two begin at once, each has some nodes: the later one is told on the others, and gives its own back."""
    listen(other_key, ["30000"], run=run_named("later", 2))
    timer = threading.Timer(0.5, stop, [other_key])
    timer.start()
    status = listen(key, ["30000"], run=run_named("earlier", 1))["listening"]
    timer.join()
    assert status["places"][0]["tcp"]["bound"] == ["30000"]


def test_what_merely_looks_like_a_listener_is_not_ended(key):
    """A process with the socket and without the name, and one with the name and without the socket."""
    address = listener_commands.address_of(key.encode("ascii"))
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(address)
        control.listen(1)
        assert listener_process.find(key.encode("ascii"), "stop") is None
    pid = listen(key, ["30000"])["listening"]["pid"]
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with sleeper:
        listener_commands.kill(listener_commands.Found(address, processes.process(sleeper.pid), {}))
        assert sleeper.poll() is None
        sleeper.kill()
    assert processes.is_running(pid)


BAD = [
    (port_listener, {"quiet": 0}, "quiet: must be greater than 0, not 0"),
    (port_listener, {"key": "short"}, "key: has fewer than 16 characters"),
    (port_listener, {"listen": [{"address": "n1", "tcp": ["1"]}]}, "listen[0].address: 'n1' is not an IPv4 address"),
    (port_listener, {"listen": [{"address": "127.0.0.1", "udp": ["9-1"]}]}, "listen[0].udp: '9-1' is neither a port"),
    (port_listener, {"lifetime": 0}, "lifetime: 0 is not between 1 and 3600"),
    (port_listener, {"name": None}, "name: is required"),
    (port_probe_info, {"peers": [{"name": "a", "address": "a"}]}, "peers[0].address: 'a' is not an IPv4 address"),
    (
        port_probe_info,
        {"peers": [{"name": "a", "address": "127.0.0.1", "tcp": ["0"]}]},
        "peers[0].tcp: '0' is neither a port",
    ),
    (port_probe_info, {"timeout": "nan"}, "timeout: must be greater than 0"),
    (port_probe_info, {"concurrency": 0}, "concurrency: must be greater than 0"),
]


@pytest.mark.parametrize("module, change, words", BAD)
def test_bad_arguments_are_named(module, change, words, key):
    good = {"key": key, "name": "n"} if module is port_listener else {"key": key, "peers": []}
    result = module_process.run(module, dict(good, **change))
    assert result["failed"] is True
    assert words in result["msg"]
    assert key not in result["msg"]


def test_a_listener_that_was_too_busy_at_first_gets_another_chance(key):
    """It is stopped for longer than a proof may take; the kernel still lets connections come about."""
    pid = listen(key, ["30000-30100"])["listening"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    timer = threading.Timer(1.2, os.kill, (pid, signal.SIGCONT))
    timer.start()
    try:
        with held(30101):
            assert probe(key, timeout=0.8, tcp=["30000-30101"])["tcp"]["ports"] == {
                "open": ["30000-30100"],
                "unproven": ["30101"],
            }
    finally:
        timer.join()
