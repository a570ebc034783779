# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes whose only way out are proxies: what programs do there, who sees the password, and that it can be reverted."""

import contextlib
import itertools
import json
import os
import re
import shlex
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import WITHOUT_PORT_MATRIX, Site
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    pam_environment,
    systemd_environment_file,
    systemd_unit_directives,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_program_rules
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, faults, lifecycle, proxies
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import no_proxy_cases, setting_cases
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs.no_proxy_cases import HOSTS, LISTS
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

NODES = ("controller-1", "worker-1", "worker-2")
# Scripts that let the programs of a host read files.
PROGRAMS = Path(no_proxy_cases.__file__).parent
FRESH = "worker-2"
# Without the packets of the port matrix only chrony compares clocks, which on a busy machine takes it minutes.
CLOCKS = {"checks": ["time.between_nodes*"], "reason": "chrony has just started"}
ENCODED = quote(proxies.password(), safe="")
# A key of NTP before it is rotated and after.
KEYS = ("f0rmer#Key@'7", "an0ther#Key@'7")
# In every form: as it is, percent-encoded, in base64, alone and with the user as a proxy gets it.
SECRETS = sorted({form for secret in (proxies.password(), *KEYS) for form in planted.forms(secret, proxies.USER)})
WITH_PASSWORD = {
    "rtf_http_proxy": "http://proxy-auth.lab.example:3128",
    "rtf_http_proxy_user": proxies.USER,
    "rtf_http_proxy_password": proxies.password(),
    # Inside the URL, and half encoded as people do.
    "rtf_monitoring_proxy": f"socks5://{proxies.USER}:{ENCODED.replace('%40', '@')}@socks-auth.lab.example:1080",
}
WITHOUT = ("-e", json.dumps({"rtf_http_proxy": "", "rtf_monitoring_proxy": ""}))
ENV = "/opt/anypoint/runtimefabric/env"
OUTSIDE = "https://anypoint.mulesoft.com/"
SOCKS = '--proxy $(echo "$RTF_MONITORING_PROXY" | sed s/^socks5:/socks5h:/)'
# Everything of /etc but what a running system writes by itself.
SNAPSHOT = (
    "cd / && find etc opt -xdev ! -path etc/resolv.conf ! -path etc/mtab -printf '%y %m %u %g %p %l\\n' | sort;"
    " find etc opt -xdev -type f -print0 | sort -z | xargs -0 sha256sum"
)
PLAYBOOK = """---
- name: Configure or restore the proxies
  hosts: rtf_nodes
  become: true
  gather_facts: false
  tasks:
    - name: Configure or restore the proxies
      ansible.builtin.include_role:
        name: hostprep.runtime_fabric.rtf_proxy
        tasks_from: "{{ entry_point | default('main') }}"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("proxied"))
    unsafe = {name: {"__ansible_unsafe": value} for name, value in WITH_PASSWORD.items()}
    (site.directory / "proxies.json").write_text(json.dumps(unsafe))
    (site.directory / "proxies.yml").write_text(PLAYBOOK)
    return site


@pytest.fixture(scope="module")
def vaulted(tmp_path_factory):
    """A site as users keep it: one password in an encrypted file of the group, the other encrypted among its variables."""
    site = Site(tmp_path_factory.mktemp("vaulted"))
    group = site.directory / "group_vars" / "rtf_nodes"
    group.mkdir()
    (site.directory / "key").write_text("the key of the vault\n")

    def vault(*words, text):
        done = subprocess.run(
            ["ansible-vault", *words, "--vault-password-file", str(site.directory / "key")],
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    encrypted = vault("encrypt", "--output", "-", text="rtf_http_proxy_password: " + json.dumps(proxies.password()))
    assert encrypted.startswith("$ANSIBLE_VAULT;")
    (group / "vault.yml").write_text(encrypted)
    (site.directory / "group_vars" / "rtf_nodes.yml").rename(group / "main.yml")
    with open(group / "main.yml", "a", encoding="utf-8") as variables:
        variables.write(
            f"rtf_http_proxy: {WITH_PASSWORD['rtf_http_proxy']}\n"
            f"rtf_http_proxy_user: {proxies.USER}\n"
            f"rtf_monitoring_proxy: socks5://socks-auth.lab.example:1080\n"
            f"rtf_monitoring_proxy_user: {proxies.USER}\n"
            f"rtf_ntp_keys: {json.dumps([{'id': 77, 'type': 'SHA256', 'secret': KEYS[0]}])}\n"
            + vault("encrypt_string", "--stdin-name", "rtf_monitoring_proxy_password", text=proxies.password())
        )
    return site


def shell(lab, node, command, check=True):
    """What a login shell of root prints on a node."""
    return lab.exec(node, "bash", "-lc", command, check=check).stdout.decode()


def snapshot(lab, node):
    return shell(lab, node, SNAPSHOT).splitlines()


class Sampler(threading.Thread):
    """Reads the command lines of every process of this machine, the nodes' among them, for as long as it runs.

    Of processes on the controller it reads the environment, too; sessions on a node have the proxy on purpose. A process
    is read again and again while it is young, because it may become another program then, and seldom afterwards.
    """

    pause, young, rounds = 0.02, 1, 25

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.ended = set(), threading.Event()

    def run(self):
        here, since = os.readlink("/proc/self/ns/mnt"), {}
        for number in itertools.count():
            if self.ended.wait(self.pause):
                return
            now = time.monotonic()
            since = {name: since.get(name, now) for name in os.listdir("/proc") if name.isdigit()}
            for name, first in since.items():
                if number % self.rounds == 0 or now - first < self.young:
                    self.read(Path("/proc", name), here)

    def read(self, folder, here):
        with contextlib.suppress(OSError):
            self.seen.add((folder / "cmdline").read_bytes())
            if os.readlink(folder / "ns" / "mnt") == here:
                self.seen.add((folder / "environ").read_bytes())

    @classmethod
    @contextlib.contextmanager
    def running(cls):
        sampler = cls()
        sampler.start()
        try:
            yield sampler
        finally:
            sampler.ended.set()
            sampler.join()


@pytest.mark.parametrize("node", NODES)
def test_the_pam_and_the_systemd_of_each_release_read_files_as_the_collection_does(lab, node):
    """Cases that people met, and generated ones; tests/unit/programs has the same for the programs of this machine."""

    def ask(script, asked):
        command = "sudo python3 -c " + shlex.quote((PROGRAMS / script).read_text(encoding="utf-8"))
        return json.loads(lab.ssh(node, command, stdin=json.dumps(asked).encode()).stdout)

    def taken(found):
        return {each.name: each.value for each in found if not each.ignored}

    pam = pam_environment.version_numbers(
        pam_environment.pam_version(lambda words: lab.exec(node, *words).stdout.decode())
    )
    systemd = systemd_units.systemd_version(lambda words: lab.exec(node, *words).stdout.decode())
    texts = [*setting_cases.LINES, *setting_cases.generated(NODES.index(node), 300)]
    for text, given in zip(texts, ask("pam_session.py", texts), strict=True):
        assert taken(pam_environment.environment(text, pam)) == given, text
    for text, given in zip(texts, ask("environment_files.py", texts), strict=True):
        assert taken(systemd_environment_file.environment(text, systemd)) == given, text
    # What the role has configured for all services is not what is compared.
    [(of_all, _shown)] = ask("service_environments.py", ["Environment=OF_ALL=1"])
    services = ask("service_environments.py", list(setting_cases.UNITS))
    for (lines, expected), (given, shown) in zip(setting_cases.UNITS.items(), services, strict=True):
        own = {name: value for name, value in given.items() if of_all.get(name) != value}
        assert own == dict(systemd_unit_directives.shown_by_systemctl(shown)) == expected, lines


@pytest.mark.parametrize("node", NODES)
def test_without_a_password_every_consumer_is_configured_openly(lab, node):
    said = "http_proxy=http://proxy.lab.example:3128"
    assert shell(lab, node, "stat -c %a /etc/environment") == "644\n"
    assert said in shell(lab, node, "env -i bash -lc env").splitlines()
    assert said in shell(lab, node, "systemctl show-environment").splitlines()
    assert said in shell(lab, node, "systemd-run --wait --pipe --quiet env").splitlines()
    assert said in lab.ssh(node, "env").stdout.decode().splitlines()


# What a user who owns the installer's directory would have root write to: each one is followed by its own restoration.
LEADS_ASTRAY = {
    "the file is a link": (
        "cd /opt/anypoint/runtimefabric && mv env kept && ln -s /etc/passwd env && chown -h ops env",
        "cd /opt/anypoint/runtimefabric && mv -f kept env",
        f"{ENV}: it is a link that belongs to the user ops",
    ),
    "the directory is a link": (
        "cd /opt/anypoint && mv runtimefabric kept && ln -s /etc/sudoers.d runtimefabric && chown -h ops runtimefabric",
        "cd /opt/anypoint && rm runtimefabric && mv kept runtimefabric",
        "/opt/anypoint/runtimefabric is a link that belongs to the user ops",
    ),
}


@pytest.mark.parametrize("how", LEADS_ASTRAY)
def test_root_writes_to_no_path_that_a_user_controls(lab, how):
    astray, restored, said = LEADS_ASTRAY[how]
    options = {"name": "test", "files": [{"path": ENV, "content": "x=1"}]}
    words = ["ansible", FRESH, "-i", os.environ["LAB_INVENTORY"], "-b", "-m", "hostprep.runtime_fabric.managed_blocks"]
    shell(lab, FRESH, astray)
    before = shell(lab, FRESH, "sha256sum /etc/passwd; ls /etc/sudoers.d")
    try:
        done = subprocess.run(
            [*words, "-a", json.dumps(options)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode != 0 and said in done.stdout
        assert shell(lab, FRESH, "sha256sum /etc/passwd; ls /etc/sudoers.d") == before
    finally:
        shell(lab, FRESH, restored)


def test_the_lists_of_curl_are_read_as_the_rules_say(host):
    """Each node has another curl; the oldest knows no networks. Everything is refused on the node's loopback."""
    version = host.check_output("curl --version").split()[1]
    rule = next(rule for name, rule in no_proxy_program_rules.by_name(version).items() if name.startswith("curl"))
    urls = " ".join(f"http://{one}/" for one in HOSTS)
    asked = {}
    for value in LISTS:
        said = host.run(
            f"http_proxy=http://127.0.0.1:9 no_proxy='{value}' curl --verbose --globoff"
            f" --connect-to ::127.0.0.2:9 {urls}"
        ).stderr
        tried = re.findall(r"Trying 127\.0\.0\.([12]):9", said)
        assert len(tried) == len(HOSTS), said
        asked.update({(value, one): last == "2" for one, last in zip(HOSTS, tried)})
    assert {case: direct for case, direct in asked.items() if rule(*case) != direct} == {}


def test_nodes_reach_each_other_without_the_proxy(lab):
    """A server on controller-1 answers with the address of its client."""
    serve = (
        "import http.server as h\nclass H(h.BaseHTTPRequestHandler):\n def do_GET(s):\n  s.send_response(200)\n"
        "  s.end_headers()\n  s.wfile.write(s.client_address[0].encode())\n"
        "h.HTTPServer(('', 8099), H).serve_forever()"
    )
    lab.exec("controller-1", "systemd-run", "--unit=lab-who", "python3", "-c", serve)
    try:
        url = f"http://{lab.nodes['controller-1']}:8099/"
        for node in ("worker-1", "worker-2"):
            asked = shell(lab, node, f"curl --silent --show-error --retry 5 --retry-connrefused {url}")
            assert asked == lab.nodes[node]
    finally:
        lab.exec("controller-1", "systemctl", "stop", "lab-who")


def test_a_socks_proxy_without_a_password_is_used_as_the_installers_file_says(lab):
    with faults.only_proxies(lab):
        assert get(lab, "worker-1", f". {ENV}; ", SOCKS) == "200"


def get(lab, node, before="", options=""):
    """The status of a page of the outside, as curl on a node gets it."""
    command = f"curl --silent --output /dev/null --write-out '%{{http_code}}' {options} {OUTSIDE}"
    return shell(lab, node, before + command, check=False)


@pytest.fixture(scope="module")
def proxied(lab, vaulted):
    """The whole preparation of a cluster that only the proxies let out, twice, with one node fresh."""
    containers.remove([lab.container(FRESH)])
    lifecycle.up(lab.instance.name)
    gaps = json.dumps({"rtf_accepted_gaps": [*WITHOUT_PORT_MATRIX["rtf_accepted_gaps"], CLOCKS]})
    arguments = ("prepare-rtf.yml", "--vault-password-file", "key", "-vvv", "--diff", "-e", gaps)
    with faults.only_proxies(lab), Sampler.running() as sampler:
        started = time.time()
        first = vaulted.play(*arguments)
        second = vaulted.play(*arguments)
    return {"first": first, "second": second, "argv": sampler.seen, "since": started}


def test_the_whole_preparation_works_through_the_proxies(proxied, lab):
    first = proxied["first"]
    assert first.code == 0, first.output[-6000:]
    assert first.readiness() == dict.fromkeys(NODES, "ready")
    log = lab.exec("internet", "cat", "/var/log/squid/proxy-auth.log").stdout.decode()
    fetched = [line for line in log.splitlines() if "packages.lab.example" in line and lab.nodes[FRESH] in line]
    assert any("chrony" in line and " TCP_MISS/200 " in line and proxies.USER in line for line in fetched)


def test_a_second_run_changes_nothing(proxied):
    second = proxied["second"]
    assert second.code == 0, second.output[-6000:]
    assert {node: second.changed[node] for node in NODES} == dict.fromkeys(NODES, 0)


def test_no_output_report_or_command_line_holds_the_password(proxied, vaulted):
    texts = {
        "first run": proxied["first"].output.encode(),
        "second run": proxied["second"].output.encode(),
        "command lines": b"\n".join(proxied["argv"]),
        **{path.name: path.read_bytes() for path in (vaulted.directory / "rtf-report").glob("*.*")},
    }
    assert {"report.json", "evidence.json"} <= set(texts) and len(proxied["argv"]) > 50
    assert b"http://********@proxy-auth.lab.example:3128" in texts["first run"]
    assert [name for name, text in texts.items() for secret in SECRETS if holds(text, secret)] == []


def holds(text, secret):
    """Whether bytes hold a secret, as it is or as JSON and Python write it."""
    forms = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return any(form.encode() in text for form in forms)


def test_no_log_of_a_node_holds_the_password_and_no_file_shows_it_to_everybody(proxied, host):
    journal = host.run("journalctl --no-pager --output=export --all").stdout_bytes
    assert b"managed_blocks" in journal
    assert not any(holds(journal, secret) for secret in SECRETS)
    patterns = " ".join("-e " + shlex.quote(secret) for secret in SECRETS)
    found = host.run(
        "find / -xdev -type f -perm /o+r ! -path '/proc/*' ! -path '/sys/*' -print0 2>/dev/null"
        " | xargs -0 grep -lF " + patterns
    )
    assert found.stdout == ""
    assert not any(secret in host.check_output("systemctl show-environment") for secret in SECRETS)
    assert KEYS[0] in host.check_output("cat /etc/chrony/chrony.keys")
    files = host.check_output("grep -rlF -- %s /etc /opt", ENCODED).split()
    assert set(files) >= {"/etc/environment", ENV}
    assert {host.file(path).mode & 0o007 for path in files} == {0}


SMALL = ("-vvv", "--diff", "--limit", FRESH)
PLANT = """
import json, os, sys
files, made = json.load(sys.stdin), []
for path, text in files.items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        os.system("cp -p '%s' '%s.planted-before'" % (path, path))
    else:
        made.append(path)
    with open(path, "a") as stream:
        stream.write(text)
print(json.dumps(made))
"""
UPROOT = """
find /etc /opt /usr/lib /run -xdev -name '*.planted-before' | while read f; do mv $f ${f%.planted-before}; done
for f in "$@"; do rm -f $f; rmdir -p --ignore-fail-on-non-empty ${f%/*}; done
"""


@pytest.fixture
def logged(tmp_path, monkeypatch):
    """The path of Ansible's own log; where nothing else is said, modules are copied to the nodes as files."""
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(tmp_path / "ansible.log"))
    monkeypatch.setenv("ANSIBLE_PIPELINING", "false")
    return tmp_path / "ansible.log"


def shown_by(outcome, log, site):
    """{where: text} of all that a run shows."""
    reports = [path for name in ("rtf-report", "rtf-change-request") for path in (site.directory / name).glob("**/*")]
    return {
        "terminal": outcome.output.encode(),
        "log": log.read_bytes(),
        **{path.name: path.read_bytes() for path in reports if path.is_file()},
    }


def test_no_diff_of_rotated_secrets_shows_old_or_new_ones_and_no_file_hands_them_over(proxied, vaulted, logged):
    keys = [{"id": 77, "type": "SHA256", "secret": KEYS[1]}]
    rotated = {"rtf_ntp_keys": keys, "rtf_http_proxy_password": "an0ther#Key@'7"}
    (vaulted.directory / "rotated.json").write_text(json.dumps(rotated))
    outcome = vaulted.play(
        "prepare-rtf.yml",
        "--vault-password-file",
        "key",
        "-e",
        "@rotated.json",
        "--check",
        *SMALL,
        "--tags",
        "rtf_proxy,rtf_time_sync",
    )
    assert outcome.code == 0 and outcome.changed[FRESH] >= 2, outcome.output[-6000:]
    assert "77 SHA256 ********" in outcome.output and "a secret differs" in outcome.output
    files = set(re.findall(r"PUT \S+ TO \S+/AnsiballZ_(\w+)\.py", outcome.output))
    assert "systemd_service" in files
    assert files.isdisjoint({"managed_blocks", "host_info"})
    for where, text in shown_by(outcome, logged, vaulted).items():
        assert [secret for secret in SECRETS if holds(text, secret)] == [], where


def test_a_dry_run_of_reverting_shows_no_secret_that_is_not_known_any_more(proxied, site, logged):
    outcome = site.play("hostprep.runtime_fabric.revert_rtf", "--check", *SMALL, "--tags", "rtf_proxy,rtf_time_sync")
    assert outcome.code == 0 and outcome.changed[FRESH] >= 2, outcome.output[-6000:]
    assert "-77 SHA256 ********" in outcome.output and "http://********@proxy-auth.lab.example:3128" in outcome.output
    for where, text in shown_by(outcome, logged, site).items():
        assert [secret for secret in SECRETS if holds(text, secret)] == [], where


def test_nothing_of_the_secrets_in_a_sites_own_files_is_shown(proxied, lab, vaulted, logged):
    """Every file that is read holds some; the run fails, and says why without them."""
    command = "sudo python3 -c " + shlex.quote(PLANT)
    made = json.loads(lab.ssh(FRESH, command, stdin=json.dumps(planted.FILES).encode()).stdout)
    try:
        with Sampler.running() as sampler:
            asked = vaulted.play(
                "hostprep.runtime_fabric.change_request", "--vault-password-file", "key", "-vvv", "--diff"
            )
            outcome = vaulted.play("audit-rtf.yml", "--vault-password-file", "key", *SMALL)
    finally:
        lab.exec(FRESH, "sh", "-c", UPROOT, "sh", *made)
    assert outcome.code != 0 and asked.code == 0, outcome.output[-6000:] + asked.output[-6000:]
    assert (FRESH, "proxy.settings") in outcome.failed()
    # Without what systemd itself writes: it repeats lines of units of the site that it cannot read.
    journal = lab.exec(FRESH, "journalctl", "--no-pager", "--output=export", "--all", "_TRANSPORT=syslog").stdout
    assert b"host_info" in journal
    texts = {
        **shown_by(outcome, logged, vaulted),
        "change request": asked.output.encode(),
        "processes": b"\n".join(sampler.seen),
        "journal": journal,
    }
    assert {"report.json", "evidence.json", "terminal", "log"} <= set(texts) and len(texts) > 8
    assert {where: planted.found_in(text) for where, text in texts.items() if planted.found_in(text)} == {}
    for where, text in texts.items():
        assert [secret for secret in SECRETS if holds(text, secret)] == [], where


def test_the_installers_file_is_sourced_without_harm(proxied, lab):
    show = 'ls -A && echo "$RTF_HTTP_PROXY" && echo "$RTF_MONITORING_PROXY"'
    said = shell(lab, FRESH, f"cd $(mktemp -d) && . {ENV} && {show}")
    assert said.splitlines() == [
        f"http://{proxies.USER}:{ENCODED}@proxy-auth.lab.example:3128",
        f"socks5://{proxies.USER}:{ENCODED}@socks-auth.lab.example:1080",
    ]


def test_everything_works_after_a_restart(proxied, lab):
    lab.restart(FRESH)
    with faults.only_proxies(lab):
        assert get(lab, FRESH) == "200"
        assert get(lab, FRESH, "unset https_proxy HTTPS_PROXY; ") == "000"
        assert get(lab, FRESH, f"unset https_proxy HTTPS_PROXY; . {ENV}; ", SOCKS) == "200"
        assert get(lab, FRESH, "", "--proxy socks5h://proxy-user:wrong@socks-auth.lab.example:1080") == "000"
        # A session of another user, a service, and the package manager.
        command = f"curl -s -o /dev/null -w '%{{http_code}}' {OUTSIDE}"
        assert lab.ssh(FRESH, command).stdout == b"200"
        assert lab.exec(FRESH, "systemd-run", "--wait", "--pipe", "--quiet", "sh", "-c", command).stdout == b"200"
        lab.exec(FRESH, "apt-get", "update", "--error-on=any")


def test_a_file_that_says_something_else_is_named(proxied, lab, site):
    lab.exec(
        FRESH,
        "sh",
        "-c",
        "echo 'export http_proxy=http://old.example.com:8080' > /etc/profile.d/site.sh;"
        f" sed -i s/{lab.nodes['controller-1']},// {ENV}",
    )
    # The restart before left chrony no time to settle, which is not what this is about.
    outcome = site.play("audit-rtf.yml", "-e", "@proxies.json", "-e", json.dumps({"rtf_checks": ["proxy.*"]}))
    lab.exec(FRESH, "rm", "/etc/profile.d/site.sh")
    assert outcome.failed() == {
        (FRESH, "proxy.settings"),
        (FRESH, "proxy.installer"),
        (FRESH, "proxy.no_proxy"),
    }
    assert "/etc/profile.d/site.sh" in outcome.result(FRESH, "proxy.settings")["observed"]
    assert f"RTF_NO_PROXY lacks {lab.nodes['controller-1']}" in outcome.result(FRESH, "proxy.installer")["observed"]


@pytest.mark.parametrize("arguments", [("-e", "entry_point=revert", "-e", "@proxies.json"), WITHOUT])
def test_taken_back_files_are_as_they_were(proxied, lab, site, arguments):
    """Each file of /etc and /opt of a node, with its mode and owner, compared before and after."""
    site.play("proxies.yml", "-e", "entry_point=revert", "--limit", FRESH)
    lab.exec(FRESH, "sh", "-c", "printf 'LANG=C' > /etc/environment; chmod 0664 /etc/environment")
    before = snapshot(lab, FRESH)
    written = site.play("proxies.yml", "-e", "@proxies.json", "--limit", FRESH)
    assert written.code == 0, written.output
    assert snapshot(lab, FRESH) != before
    assert site.play("proxies.yml", "--limit", FRESH).changed[FRESH] == 0  # not set is not taken back
    gone = site.play("proxies.yml", *arguments, "--limit", FRESH)
    assert gone.code == 0 and gone.changed[FRESH] > 0, gone.output
    assert snapshot(lab, FRESH) == before


@pytest.mark.parametrize("password", ["line\nbreak", "line\rbreak", "\0"])
def test_a_password_that_no_file_can_hold_is_refused_before_a_host_is_touched(site, password):
    value = {**WITH_PASSWORD, "rtf_http_proxy_password": password}
    outcome = site.play("proxies.yml", "-e", json.dumps(value))
    assert outcome.code != 0
    assert "rtf_proxy_http_proxy_password: contains a line break or another control character" in outcome.output
    assert set(outcome.changed.values()) == {0}


# How docker starts in a container, where it can neither mount overlays nor make a bridge.
DOCKER = '{"bridge": "none", "iptables": false, "storage-driver": "vfs"}'
REGISTRY = "494141260463.dkr.ecr.us-east-1.amazonaws.com"
RESTART = ("-e", '{"rtf_proxy_restart_services": ["docker", "containerd"]}')


class Docker:
    """docker on controller-1, asked over its own socket."""

    node = "controller-1"

    def __init__(self, lab, site):
        self.lab, self.site = lab, site

    def ask(self, path, *options):
        """What its API answers, read as JSON."""
        said = self.lab.exec(
            self.node,
            "curl",
            "--silent",
            "--show-error",
            "--max-time",
            "30",
            "--unix-socket",
            "/run/docker.sock",
            *options,
            "http://docker" + path,
        ).stdout
        return json.loads(said)

    def pull(self, image):
        """Why an image that nobody has could not be pulled."""
        return self.ask(f"/images/create?fromImage={image}&tag=1", "--request", "POST")["message"]

    def process(self, service="docker"):
        """The process of a service."""
        return shell(self.lab, self.node, f"systemctl show --property=MainPID --value {service}").strip()

    def environment(self, service="docker"):
        """{variable: value} of the proxies in the environment of a running service."""
        text = self.lab.exec(self.node, "cat", f"/proc/{self.process(service)}/environ").stdout.decode()
        pairs = (entry.partition("=") for entry in text.split("\0"))
        return {name: value for name, _equals, value in pairs if name.lower().endswith("_proxy")}

    def play(self, *arguments):
        outcome = self.site.play("proxies.yml", "--limit", self.node, *arguments)
        assert outcome.code == 0, outcome.output
        return outcome


@pytest.fixture(scope="module")
def docker(lab, site):
    """docker, installed on a node whose proxies were configured before."""
    docker = Docker(lab, site)
    docker.play("-e", "@proxies.json")
    lab.exec(docker.node, "sh", "-c", f"mkdir -p /etc/docker && echo '{DOCKER}' > /etc/docker/daemon.json")
    lab.exec(docker.node, "sh", "-c", "apt-get update && apt-get install --yes --no-install-recommends docker.io")
    return docker


def test_a_docker_that_is_installed_later_pulls_through_the_proxy_and_from_nodes_directly(docker, lab):
    assert docker.ask("/info")["HttpsProxy"].endswith("@proxy-auth.lab.example:3128")
    assert docker.environment("containerd") == docker.environment()
    with faults.only_proxies(lab):
        assert "no basic auth credentials" in docker.pull(f"{REGISTRY}/x")
    log = lab.exec("internet", "cat", "/var/log/squid/proxy-auth.log").stdout.decode().splitlines()
    assert any(f"CONNECT {REGISTRY}:443 {proxies.USER}" in line and lab.nodes[docker.node] in line for line in log)
    # Nothing listens there, which is what docker hears when it asks the node itself.
    assert f"dial tcp {lab.nodes['worker-1']}:5000: connect: connection refused" in docker.pull("worker-1:5000/x")


def test_a_docker_that_runs_is_not_restarted_unasked_and_is_named(docker):
    before, environment = docker.process(), docker.environment()
    outcome = docker.play("-e", "rtf_http_proxy=http://proxy.lab.example:3128")
    assert docker.process() == before and docker.environment() == environment
    said = " ".join(outcome.output.split())
    assert "proxy.services" in said and "would start with http://proxy.lab.example:3128 except" in said


def test_a_docker_that_may_be_restarted_is_once(docker):
    arguments = ("-e", "rtf_http_proxy=http://proxy.lab.example:3128", *RESTART)
    announced = docker.play("--check", *arguments)
    before = docker.process()
    outcome = docker.play(*arguments)
    assert announced.changed[docker.node] == outcome.changed[docker.node] == 1
    assert docker.process() != before
    for service in ("docker", "containerd"):
        assert docker.environment(service)["https_proxy"] == "http://proxy.lab.example:3128"
    restarted = docker.process()
    assert docker.play(*arguments).changed[docker.node] == 0
    assert docker.process() == restarted


def test_without_a_proxy_docker_forgets_it(docker, lab):
    docker.play(*WITHOUT, *RESTART)
    assert docker.environment() == docker.environment("containerd") == {}
    with faults.only_proxies(lab):
        assert "no basic auth credentials" not in docker.pull(f"{REGISTRY}/x")
    assert docker.play("-e", "entry_point=revert", *RESTART).changed[docker.node] == 0
