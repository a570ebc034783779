# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of every program, held against the program itself. All traffic stays on loopback."""

import base64
import http.server
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
from requests import Request, Session
from requests.utils import should_bypass_proxies

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_url import ProxyUrl
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list, no_proxy_program_rules
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import loopback_programs
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs.no_proxy_cases import COMPUTED, HOSTS, LISTS

PASSWORD = "Pa$$ w0rd@:/%#?'\"&$(touch pwned)\\"
USER = "DOMAIN\\user@corp"


class Asked(NamedTuple):
    """A server of this test and the requests that it got, as (what was asked for, Proxy-Authorization)."""

    port: int
    requests: list


@pytest.fixture(scope="module")
def servers():
    """An origin and a proxy on loopback; neither gives what it is asked for."""
    started, running = [], []
    for _server in ("origin", "proxy"):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            got = asked

            def answer(self):
                self.got.append((self.path, self.headers.get("Proxy-Authorization")))
                # The proxy has to be asked for the credentials: some programs give them only then.
                challenge = self.got[-1][1] is None
                self.send_response(407 if challenge else 403)
                self.send_header("Proxy-Authenticate", 'Basic realm="test"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_CONNECT = do_HEAD = answer

            def log_message(self, *_arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running.append((server, thread))
        started.append(Asked(server.server_address[1], asked))
    yield started
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def program(name):
    """The path of a program. Where it is missing the tests fail: nothing else says what its rules are."""
    path = shutil.which(name)
    assert path, f"{name} is missing: `make unit` installs it"
    return path


def run(*words, **environment):
    """Run a program without any proxy of the surroundings; return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        words,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def differences(rule, asked):
    """Return the cases in which a rule says something else than a program did. asked: {(list, host): direct?}."""
    return {case: direct for case, direct in asked.items() if rule(*case) != direct}


def holds(entry, host):
    """Whether an entry is a network that has a host; net.ParseCIDR takes no blanks."""
    try:
        return "/" in entry and ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def cases(lists=LISTS, hosts=HOSTS):
    return [(value, host) for value in lists for host in hosts]


def test_curl(servers):
    origin, proxy = servers
    asked = {}
    for number, value in enumerate(LISTS):
        origin.requests.clear()
        urls = [f"http://{host}/{number}/{place}" for place, host in enumerate(HOSTS)]
        run(
            program("curl"),
            "--silent",
            "--globoff",
            "--connect-to",
            f"::127.0.0.1:{origin.port}",
            *urls,
            http_proxy=f"http://127.0.0.1:{proxy.port}",
            no_proxy=value,
        )
        direct = {path for path, _credentials in origin.requests}
        asked.update({(value, host): f"/{number}/{place}" in direct for place, host in enumerate(HOSTS)})
    assert any(asked.values()) and not all(asked.values())
    assert differences(no_proxy_program_rules.curl, asked) == {}


GO = """
package main

import ("encoding/json"; "net/http"; "os")

// With one URL: get it. With hosts: say which of them are reached directly.
func main() {
    if os.Args[1] == "get" {
        response, err := http.Get(os.Args[2])
        if err == nil { response.Body.Close() }
        return
    }
    direct := map[string]bool{}
    for _, host := range os.Args[2:] {
        request, _ := http.NewRequest("GET", "http://"+host+"/", nil)
        proxy, _ := http.ProxyFromEnvironment(request)
        direct[host] = proxy == nil
    }
    json.NewEncoder(os.Stdout).Encode(direct)
}
"""


@pytest.fixture(scope="module")
def go_program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(GO)
    # The user's cache of Go keeps the library that a first run compiles.
    code, said = run(
        program("go"),
        "build",
        "-o",
        str(folder / "ask"),
        str(folder / "main.go"),
        GO111MODULE="off",
        GOFLAGS="",
        CGO_ENABLED="0",
    )
    assert code == 0, said
    return str(folder / "ask")


def test_go(go_program):
    asked = {}
    for value in LISTS:
        code, said = run(go_program, "direct", *HOSTS, http_proxy="http://127.0.0.1:1", no_proxy=value)
        assert code == 0, said
        asked.update({(value, host): direct for host, direct in json.loads(said).items()})
    assert len(asked) == len(cases())
    assert differences(no_proxy_program_rules.go, asked) == {}
    # Clients of the API server, such as kubectl and kubelet, look at networks themselves before they ask Go
    # (NewProxierWithNoProxyCIDR in kubernetes/apimachinery pkg/util/net/http.go). That changes nothing: each of these addresses is
    # direct for Go, too.
    in_networks = {case for case in asked if any(holds(entry, case[1]) for entry in case[0].split(","))}
    assert len(in_networks) > 10 and {asked[case] for case in in_networks} == {True}


def test_k3s_and_rke2_add_the_networks_of_the_cluster(go_program):
    """As https://docs.k3s.io/advanced#configuring-an-http-proxy says of servers; the rest is Go's."""
    networks = ("10.42.0.0/16", "10.43.0.0/16")
    rule, hosts = (
        no_proxy_program_rules.k3s_server(networks),
        [*HOSTS, "10.42.1.5", "10.43.0.1", "10.44.0.1", "x.svc", "svc"],
    )
    asked = {}
    for value in LISTS:
        own = f"{value},.svc,.cluster.local,{','.join(networks)}"
        _code, said = run(go_program, "direct", *hosts, http_proxy="http://127.0.0.1:1", no_proxy=own)
        asked.update({(value, host): direct for host, direct in json.loads(said).items()})
    assert differences(rule, asked) == {}
    assert rule("", "10.42.1.5") and not no_proxy_program_rules.go("", "10.42.1.5")


@pytest.fixture(scope="module")
def clients_of_nodes():
    """{client: {(list, host): direct?}} of clients that need a network of their own."""
    for name in ("skopeo", "ctr", "kubectl"):
        program(name)
    lists = (COMPUTED, "10.0.0.0/8", ".example.com", "EXAMPLE.com, worker-1")
    hosts = (
        "localhost",
        "192.168.230.11",
        "192.168.230.12",
        "worker-1",
        "10.244.1.5",
        "10.245.1.5",
        "leader.telekube.local",
    )
    with loopback_programs.containerd() as place:
        question = {"lists": lists, "hosts": [*hosts, "www.example.com", "example.com"], "socket": str(place)}
        done = subprocess.run(
            [
                *("unshare", "--user", "--map-root-user", "--net", "--mount"),
                *(sys.executable, str(Path(__file__).with_name("registry_clients.py"))),
            ],
            input=json.dumps(question),
            env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return {
        client: {(value, host): direct for value, host, direct in answers}
        for client, answers in json.loads(done.stdout).items()
    }


@pytest.mark.parametrize(
    "client, service",
    # Each has the library of that service: Debian has no CRI-O and no kubelet, and pulls of containerd are its daemon's.
    [("skopeo", "crio"), ("ctr", "containerd"), ("kubectl", "kubelet")],
)
def test_clients_of_nodes(clients_of_nodes, client, service):
    asked = clients_of_nodes[client]
    assert any(asked.values()) and not all(asked.values())
    assert differences(no_proxy_program_rules.of_service(service, ()), asked) == {}


def test_python_urllib():
    asked = {}
    for value, host in cases():
        asked[value, host] = bool(urllib.request.proxy_bypass_environment(host, {"no": value}))
    assert differences(no_proxy_program_rules.urllib, asked) == {}


def test_python_requests(monkeypatch):
    asked = {}
    for value, host in cases():
        monkeypatch.setenv("no_proxy", value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        asked[value, host] = bool(should_bypass_proxies(f"http://{host}/", no_proxy=None))
    assert differences(no_proxy_program_rules.requests, asked) == {}


JAVA = """
import java.net.*;

public class Ask {
    public static void main(String[] words) throws Exception {
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", "1");
        int lists = Integer.parseInt(words[0]);
        for (int list = 1; list <= lists; list++) {
            System.setProperty("http.nonProxyHosts", words[list]);
            for (int host = lists + 1; host < words.length; host++) {
                Proxy proxy = ProxySelector.getDefault().select(new URI("http://" + words[host] + "/")).get(0);
                System.out.println(proxy.type() == Proxy.Type.DIRECT);
            }
        }
    }
}
"""


def test_java(tmp_path):
    (tmp_path / "Ask.java").write_text(JAVA)
    patterns = [
        no_proxy_list.java_pattern([entry.strip() for entry in value.split(",") if entry.strip()])
        for value in (COMPUTED, "10.0.0.0/8,*", "10.0.0.0/9,corp.example", "192.168.230.8/29")
    ]
    patterns += ["*ample*|10.*", "*.example.com||x", "corp*example", "localhost"]
    code, said = run(
        program("java"),
        "-Xshare:auto",
        "-XX:TieredStopAtLevel=1",
        str(tmp_path / "Ask.java"),
        str(len(patterns)),
        *patterns,
        *HOSTS,
    )
    assert code == 0, said
    answers = [line == "true" for line in said.splitlines()]
    assert len(answers) == len(patterns) * len(HOSTS)
    assert differences(no_proxy_program_rules.java_properties, dict(zip(cases(patterns, HOSTS), answers))) == {}


LOCAL_HOSTS = ("localhost", "127.0.0.5", "127.0.0.15")


@pytest.mark.parametrize("value", ["", "127.0.0.5", "localhost,.0.5", "calhost", "5", "127.0.0.0/8"])
def test_apt_with_an_environment_and_with_lines_of_its_own(servers, tmp_path, value):
    origin, proxy = servers
    lines = ['Acquire::Retries "0";', f'Acquire::http::Proxy "http://127.0.0.1:{proxy.port}";']
    (tmp_path / "apt.conf").write_text("\n".join(lines))
    with_hosts = tmp_path / "hosts.conf"
    exact = [host for host in no_proxy_list.exact_hosts(value.split(",")) if host]
    with_hosts.write_text("\n".join(lines + [f'Acquire::http::Proxy::{host} "DIRECT";' for host in exact]))
    for configuration, rule, environment in (
        (tmp_path / "apt.conf", no_proxy_program_rules.apt_environment, {"no_proxy": value}),
        (with_hosts, no_proxy_program_rules.apt, {}),
    ):
        asked = {}
        for host in LOCAL_HOSTS:
            proxy.requests.clear()
            run(
                "/usr/lib/apt/apt-helper",
                "download-file",
                f"http://{host}:{origin.port}/x",
                str(tmp_path / "x"),
                APT_CONFIG=str(configuration),
                **environment,
            )
            asked[value, host] = not proxy.requests
        assert differences(rule, asked) == {}


def dnf(folder, proxy_url, url, **environment):
    """Let dnf ask for one repository that is not there."""
    (folder / "repos").mkdir(exist_ok=True)
    (folder / "repos" / "one.repo").write_text(f"[one]\nname=one\nbaseurl={url}\nenabled=1\nretries=1\n")
    (folder / "dnf.conf").write_text(
        f"[main]\nreposdir={folder}/repos\ncachedir={folder}/cache\nlogdir={folder}\n"
        f"persistdir={folder}/persist\nretries=1\nproxy={proxy_url}\n"
    )
    return run(
        program("dnf"), "--config", str(folder / "dnf.conf"), "--releasever=1", "--quiet", "makecache", **environment
    )


@pytest.mark.parametrize("value", ["", "127.0.0.5", "127.0.0.0/8", "0.0.5"])
def test_dnf(servers, tmp_path, value):
    origin, proxy = servers
    proxy.requests.clear()
    dnf(tmp_path, f"http://127.0.0.1:{proxy.port}", f"http://127.0.0.5:{origin.port}/", no_proxy=value)
    assert (not proxy.requests) is no_proxy_program_rules.by_name()["dnf"](value, "127.0.0.5")


def ask_curl(url, _folder):
    run(program("curl"), "--silent", "http://192.0.2.1/", http_proxy=url)


def ask_urllib(url, _folder):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": url}))
    with pytest.raises(OSError):
        opener.open("http://192.0.2.1/", timeout=10)


def ask_requests(url, _folder):
    session = Session()
    session.trust_env = False
    session.send(session.prepare_request(Request("GET", "http://192.0.2.1/")), proxies={"http": url}, timeout=10)


def ask_apt(url, folder):
    (folder / "apt.conf").write_text(f'Acquire::Retries "0";\nAcquire::http::Proxy "{url}";\n')
    run(
        "/usr/lib/apt/apt-helper",
        "download-file",
        "http://192.0.2.1/x",
        str(folder / "x"),
        APT_CONFIG=str(folder / "apt.conf"),
    )


def ask_dnf(url, folder):
    dnf(folder, url, "http://192.0.2.1/")


@pytest.fixture
def ask_go(go_program):
    return lambda url, _folder: run(go_program, "get", "http://192.0.2.1/", http_proxy=url)


def password_given(proxy, ask, folder):
    """What the proxy was given by a program, and how."""
    proxy.requests.clear()
    ask(ProxyUrl("http", "127.0.0.1", proxy.port, USER, PASSWORD).text(), folder)
    (given,) = {credentials for _path, credentials in proxy.requests if credentials}
    kind, _blank, text = given.partition(" ")
    return kind, base64.b64decode(text).decode()


@pytest.mark.parametrize("ask", [ask_curl, ask_urllib, ask_requests, ask_apt, ask_dnf])
def test_a_hostile_password_reaches_the_proxy_as_it_is(servers, tmp_path, ask):
    assert password_given(servers[1], ask, tmp_path) == ("Basic", f"{USER}:{PASSWORD}")


def test_a_hostile_password_reaches_the_proxy_from_go(servers, tmp_path, ask_go):
    assert password_given(servers[1], ask_go, tmp_path) == ("Basic", f"{USER}:{PASSWORD}")
