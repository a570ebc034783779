# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

AUTHORITY = loopback.Authority()
NAME = egress_info.__name__
ROOT = os.path.abspath(egress_info.__file__)
for _dummy_level in NAME.split("."):
    ROOT = os.path.dirname(ROOT)

# Runs the module with a resolver that never comes back, stuck in a system call like the real one.
HUNG_RESOLVER = f"""
import os, runpy, socket
pipe = os.pipe()
lookup = socket.getaddrinfo

def hung(host, *rest):
    return os.read(pipe[0], 1) if str(host).endswith(".example.com") else lookup(host, *rest)

socket.getaddrinfo = hung
runpy.run_module({NAME!r}, run_name="__main__", alter_sys=True)
"""


def start(arguments, code=None, check_mode=False):
    """Run the whole module in a process of its own, as it is run on a host; returns (its result, seconds)."""
    arguments = dict(arguments, _ansible_check_mode=check_mode)
    command = [sys.executable] + (["-c", code] if code else ["-m", NAME])
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([ROOT] + sys.path))
    begun = time.monotonic()
    pipes = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE)
    process = subprocess.Popen(command, env=environment, **pipes)
    out, err = process.communicate(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode("utf-8"), 60)
    assert b"Traceback" not in err, err
    return json.loads(out.decode("utf-8")), time.monotonic() - begun


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_whole_module(check_mode):
    with AUTHORITY.server() as port, AUTHORITY.pem_file() as path:
        rows = [
            {"id": "web", "host": "127.0.0.1", "port": port, "server_name": loopback.NAME, "protocol": "tls"},
            {"host": "127.0.0.1", "port": loopback.closed_port(), "protocol": "tcp"},
        ]
        result, dummy_seconds = start({"endpoints": rows, "ca_path": path}, check_mode=check_mode)
    assert result["changed"] is False
    assert [row["verdict"] for row in result["endpoints"]] == ["reachable", "refused"]
    assert result["endpoints"][0]["id"] == "web"


def test_a_proxy_and_its_password():
    proxy = loopback_proxies.HttpProxy(credentials="jo:hunter2")
    with AUTHORITY.server() as port, AUTHORITY.pem_file() as path, loopback.tcp_server(proxy) as proxy_port:
        row = {
            "host": "127.0.0.1",
            "port": port,
            "server_name": loopback.NAME,
            "protocol": "tls",
            "paths": ["http_proxy", "direct"],
        }
        result, dummy_seconds = start(
            {"endpoints": [row], "ca_path": path, "http_proxy": f"http://jo:hunter2@127.0.0.1:{proxy_port}"}
        )
    assert result["endpoints"][0]["verdict"] == "reachable"
    assert result["endpoints"][0]["other_paths"][0]["verdict"] == "reachable"
    assert "hunter2" not in json.dumps(result)


def test_endpoints_behind_proxies_of_their_own_are_probed_in_the_same_call():
    usual, other = loopback_proxies.HttpProxy(), loopback_proxies.HttpProxy(credentials="jo:hunter2")
    with contextlib.ExitStack() as stack:
        port, path = stack.enter_context(AUTHORITY.server()), stack.enter_context(AUTHORITY.pem_file())
        usual_port, other_port = (stack.enter_context(loopback.tcp_server(proxy)) for proxy in (usual, other))
        row = {"host": "127.0.0.1", "port": port, "server_name": loopback.NAME, "protocol": "tls"}
        rows = [
            {**row, "id": "other", "paths": ["http_proxy"], "http_proxy": f"http://jo:hunter2@127.0.0.1:{other_port}"},
            {**row, "id": "usual", "paths": ["http_proxy"]},
            {**row, "id": "none"},
            {**row, "id": "wrong", "paths": ["http_proxy"], "http_proxy": f"http://127.0.0.1:{other_port}"},
        ]
        arguments = {"endpoints": rows, "ca_path": path, "http_proxy": f"http://127.0.0.1:{usual_port}"}
        result, dummy_seconds = start({**arguments, "name_servers": True})
    assert [(row["id"], row["verdict"]) for row in result["endpoints"]] == [
        ("other", "reachable"),
        ("usual", "reachable"),
        ("none", "reachable"),
        ("wrong", "proxy_auth"),
    ]
    assert "servers" in result["name_servers"] and "hunter2" not in json.dumps(result)


def test_no_endpoints():
    assert start({"endpoints": []})[0]["endpoints"] == []


def test_a_hung_resolver_does_not_hold_the_process():
    rows = [{"host": "a.example.com", "port": 443}, {"host": "b.example.com", "port": 443}]
    result, seconds = start({"endpoints": rows, "timeout": 50, "deadline": 3}, code=HUNG_RESOLVER)
    assert [(row["verdict"], row["layer"]) for row in result["endpoints"]] == [("untested", "dns")] * 2
    assert seconds < loopback.PATIENCE


def test_a_hung_resolver_costs_one_timeout():
    rows = [{"host": "a.example.com", "port": 443}] * 40
    result, seconds = start({"endpoints": rows, "timeout": 1, "deadline": 50}, code=HUNG_RESOLVER)
    assert [row["verdict"] for row in result["endpoints"]] == ["unresolved"] * 40
    assert seconds < loopback.PATIENCE


@pytest.mark.parametrize(
    "change, words",
    [
        (
            {"endpoints": [{"host": "https://example.com", "port": 443}]},
            "endpoints[0].host: 'https://example.com' is not",
        ),
        ({"endpoints": [{"host": "a", "port": 0}]}, "endpoints[0].port: 0 is not between 1 and 65535"),
        ({"endpoints": [{"host": "a", "port": 1}, {"host": "a", "port": 65536}]}, "endpoints[1].port: 65536"),
        ({"endpoints": [{"host": "a", "port": 1, "server_name": "x y"}]}, "endpoints[0].server_name"),
        ({"endpoints": [{"host": "a", "port": "http"}]}, "port"),
        ({"endpoints": [{"port": 1}]}, "host"),
        ({"endpoints": [{"host": "a", "port": 1, "protocol": "gopher"}]}, "gopher"),
        (
            {"endpoints": [{"host": "a", "port": 1, "paths": ["http_proxy"]}]},
            "endpoints[0].paths: http_proxy needs the option",
        ),
        ({"endpoints": [{"host": "a", "port": 1, "paths": []}]}, "endpoints[0].paths: must list at least one path"),
        ({"endpoints": [{"host": "a", "port": 1, "paths": ["direct", "direct"]}]}, "and no path twice"),
        ({"endpoints": [{"host": "a", "port": 1, "paths": ["socks5"], "protocol": "ntp"}]}, "ntp uses UDP"),
        (
            {"endpoints": [{"host": "a", "port": 1, "url_path": "a b"}]},
            "endpoints[0].url_path: a string (not shown, it may hold a secret) is not a path",
        ),
        ({"endpoints": [{"host": "a", "port": 1, "client_key": "/k"}]}, "endpoints[0].client_key: needs client_cert"),
        (
            {"endpoints": [{"host": "a", "port": 1, "client_cert": "/nonexistent/c.pem"}]},
            "client_cert: /nonexistent/c.pem",
        ),
        ({"http_proxy": "proxy:3128"}, "http_proxy: must start with http://"),
        (
            {"endpoints": [{"host": "a", "port": 1, "paths": ["http_proxy"], "http_proxy": "proxy:3128"}]},
            "endpoints[0].http_proxy: must start with http://",
        ),
        ({"socks5_proxy": "socks5://proxy"}, "socks5_proxy: has no host and port"),
        ({"timeout": 0}, "timeout: must be greater than 0"),
        ({"timeout": "nan"}, "timeout: must be greater than 0"),
        ({"deadline": -1}, "deadline: must be greater than 0"),
        ({"deadline": "inf"}, "deadline: must be greater than 0"),
        ({"concurrency": 0}, "concurrency: must be greater than 0"),
        ({"ca_path": "/nonexistent/ca.pem"}, "ca_path: /nonexistent/ca.pem"),
    ],
)
def test_bad_arguments_are_named(change, words):
    result, dummy_seconds = start(dict({"endpoints": []}, **change))
    assert result["failed"] is True
    assert words in result["msg"]
