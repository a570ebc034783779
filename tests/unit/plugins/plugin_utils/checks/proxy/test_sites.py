# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of proxies as sites have them: files and the answers of systemd in, verdicts out."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    pam_environment,
    proxy_evidence,
    service_environments,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import proxy_settings
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

PLAIN = "http://p.example:3128"
SECRET = "http://svc:s%40cret@p.example:3128"
NODES = {f"n{number}": {"ansible_host": f"192.168.230.{number}"} for number in (11, 21, 22)}
WHOLE = ",".join(proxy_settings.of_cluster(("", ""), NODES, "10.244.0.0/16", "10.100.0.0/16").no_proxy)
DROP_IN = "etc/systemd/system/docker.service.d/"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A function that judges a node with these files: {path: text}.

    shown: what systemd says of docker's environment and files, None where docker is not installed. url: the site's proxy.
    """

    def judge(files, shown=None, url=PLAIN, nodes=None, pam="1.5.2", service="docker"):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        expected = [masked_urls.digest(url)]
        monkeypatch.setattr(pam_environment, "pam_version", lambda: pam)
        proxy = proxy_evidence.proxy_evidence(expected, str(tmp_path) + "/")
        proxy["services"] = {}
        if shown is not None:
            proxy["services"] = service_environments.service_evidence(
                masked_urls.Display(expected), 252, Systemd(service, shown), Host(tmp_path)
            )
        meant = proxy_settings.of_cluster(
            (masked_urls.shown(url), ""), nodes or NODES, "10.244.0.0/16", "10.100.0.0/16"
        )
        evidence = {"host": {"privileged": True, "proxy": proxy}}
        results = judge_node(checks.load(), samples.subject(proxy=meant), evidence, ["proxy.*"])
        for text in (json.dumps(proxy), json.dumps(results)):
            assert not any(part in text for part in ("s%40cret", "s@cret", "Top", "Secret9")), text
        return {result["id"]: result for result in results}

    return judge


class Systemd:
    """What systemctl answers on a host where one service runs."""

    def __init__(self, service, shown):
        self.text = f"Id={service}.service\nLoadState=loaded\nActiveState=active\nMainPID=7\n{shown}\n"

    def __call__(self, words):
        return self.text if words[1] == "show" else ""


class Host(service_environments.Host):
    """Files below a directory; the service was started with what its files say."""

    def __init__(self, root):
        self.root = root

    def read(self, path):
        place = self.root / path.lstrip("/")
        if not place.exists():
            raise host_files.Unreadable(path)
        return place.read_text()

    def matching(self, pattern):
        return [pattern]


def status(results, check):
    return results["proxy." + check]["status"]


def test_a_password_with_a_hash_in_etc_environment_is_shown_in_no_part(site):
    results = site({"etc/environment": "http_proxy=http://svc:Top#Secret9@p.example:3128\n"})
    assert status(results, "settings") == "fail" and "(hidden)" in results["proxy.settings"]["observed"]


@pytest.mark.parametrize(
    "value", ["http://svc:Top@Secret9", "http://svc:Top Secret9@p.example:3128", "http://svc:TopSecret9"]
)
def test_a_password_in_what_is_no_url_is_shown_in_no_part(site, value):
    """A port that is no number may be a secret."""
    for name in ("etc/environment", "etc/profile.d/p.sh", DROP_IN + "p.conf"):
        text = (
            f'[Service]\nEnvironment="http_proxy={value}"\n'
            if name.endswith(".conf")
            else f'export http_proxy="{value}"\n'
        )
        assert status(site({name: text}), "settings") == "fail"


def test_an_environment_file_with_blanks_behind_commas_is_read_whole(site):
    """Go trims the entries."""
    entries = WHOLE.replace(",", ", ")
    results = site(
        {
            DROP_IN + "p.conf": "[Service]\nEnvironmentFile=/etc/docker.env\n",
            "etc/docker.env": f"HTTP_PROXY={PLAIN}\nHTTPS_PROXY={PLAIN}\nNO_PROXY={entries}\n",
        },
        "Environment=\nEnvironmentFiles=/etc/docker.env (ignore_errors=no)",
    )
    assert (status(results, "no_proxy"), status(results, "no_proxy_networks")) == ("pass", "pass")


def test_a_profile_that_names_the_other_variable_is_evaluated(site):
    text = f'export http_proxy={PLAIN}\nexport https_proxy="$http_proxy" no_proxy="{WHOLE}"\n'
    results = site({"etc/profile.d/proxy.sh": text})
    assert {check: each["status"] for check, each in results.items()}["proxy.settings"] == "pass"
    assert status(results, "no_proxy") == "pass"


def test_what_only_a_shell_can_know_is_unknown(site):
    """A list of every address of a network, made by a shell."""
    text = (
        f"export http_proxy={PLAIN}\nprintf -v lan '%s,' 192.168.230.{{1..255}}\nexport no_proxy=\"$lan,localhost\"\n"
    )
    results = site({"etc/profile.d/proxy.sh": text})
    assert (
        status(results, "no_proxy") == "unknown" and "the script computes it" in results["proxy.no_proxy"]["observed"]
    )


def test_a_lone_percent_sign_in_a_drop_in_is_named(site):
    """https://github.com/docker/for-linux/issues/628 and https://github.com/systemd/systemd/issues/9842."""
    drop_in = f'[Service]\nEnvironment="HTTP_PROXY={SECRET}" "HTTPS_PROXY={SECRET}" "NO_PROXY={WHOLE}"\n'
    results = site({DROP_IN + "http-proxy.conf": drop_in}, f"Environment=NO_PROXY={WHOLE}", url=SECRET)
    assert status(results, "settings") == "fail"
    said = results["proxy.settings"]["observed"]
    assert said.startswith(
        "/etc/systemd/system/docker.service.d/http-proxy.conf (docker) sets HTTP_PROXY without effect: "
    )
    assert "write %% for a percent sign" in said


def test_three_drop_ins_are_one_environment(site):
    """As https://docs.docker.com/engine/daemon/proxy and guides have it: http-proxy.conf, https-proxy.conf, no-proxy.conf."""
    files = {
        DROP_IN + f"{name.lower().replace('_', '-')}.conf": f'[Service]\nEnvironment="{name}={value}"\n'
        for name, value in (("HTTP_PROXY", PLAIN), ("HTTPS_PROXY", PLAIN), ("NO_PROXY", WHOLE))
    }
    for shown in (None, f"Environment=HTTP_PROXY={PLAIN} HTTPS_PROXY={PLAIN} NO_PROXY={WHOLE}"):
        results = site(files, shown)
        assert {status(results, check) for check in ("settings", "no_proxy", "no_proxy_networks")} == {"pass"}


def test_a_drop_in_that_a_later_one_overrides_is_not_held_against_the_node(site):
    files = {
        DROP_IN + "10-old.conf": "[Service]\nEnvironment=HTTP_PROXY=http://old.example:1\n",
        DROP_IN + "20-new.conf": f'[Service]\nEnvironment="HTTP_PROXY={PLAIN}" "NO_PROXY={WHOLE}"\n',
    }
    assert status(site(files), "settings") == "pass"
    assert status(site(files, f"Environment=HTTP_PROXY={PLAIN} NO_PROXY={WHOLE}"), "settings") == "pass"


def test_export_in_an_environment_file_is_named(site):
    """A file for shells as EnvironmentFile=: https://github.com/systemd/systemd/issues/5797."""
    files = {
        "etc/systemd/system/k3s.service": "[Service]\nEnvironmentFile=-/etc/systemd/system/k3s.service.env\n",
        "etc/systemd/system/k3s.service.env": f"export HTTP_PROXY={PLAIN}\n",
    }
    results = site(files, "EnvironmentFiles=/etc/systemd/system/k3s.service.env (ignore_errors=yes)", service="k3s")
    assert status(results, "settings") == "fail"
    assert "systemd ignores lines that begin with `export`" in results["proxy.settings"]["observed"]


K3S = "EnvironmentFiles=/etc/default/k3s (ignore_errors=yes)"


@pytest.mark.parametrize("service, nodes, networks", [("k3s", "pass", "pass"), ("k3s-agent", "pass", "fail")])
def test_a_server_of_k3s_adds_the_networks_of_its_cluster(site, service, nodes, networks):
    """https://docs.k3s.io/advanced#configuring-an-http-proxy; addresses of nodes are up to the site."""
    entries = ",".join(entry for entry in WHOLE.split(",") if "/" not in entry and entry != ".local")
    results = site({"etc/default/k3s": f"HTTP_PROXY={PLAIN}\nNO_PROXY={entries}\n"}, K3S, service=service)
    assert (status(results, "no_proxy"), status(results, "no_proxy_networks")) == (nodes, networks)


def test_a_containerd_of_k3s_that_has_variables_of_its_own_is_judged_by_these(site):
    """https://github.com/k3s-io/k3s/issues/5642: CONTAINERD_NO_PROXY."""
    text = f"CONTAINERD_HTTP_PROXY={PLAIN}\nCONTAINERD_NO_PROXY=127.0.0.0/8,10.0.0.0/8\n"
    results = site({"etc/default/k3s": text}, K3S, service="k3s")
    assert status(results, "no_proxy") == "fail"
    assert "for which containerd of k3s would use the proxy" in results["proxy.no_proxy"]["observed"]


def test_networks_are_enough_for_what_is_written_in_go(site):
    """NO_PROXY of networks, as Rancher's documentation has it for nodes behind a proxy."""
    value = "localhost,127.0.0.0/8,169.254.169.254,192.168.230.0/24,n11,n21,n22,10.244.0.0/16,10.100.0.0/16,.svc,.local"
    shown = f"Environment=HTTP_PROXY={PLAIN} NO_PROXY={value}"
    assert status(site({}, shown, service="rke2-agent"), "no_proxy") == "pass"
    results = site({"etc/environment": f"http_proxy={PLAIN}\nno_proxy={value}\n"})
    assert "for which Python urllib would use" in results["proxy.no_proxy"]["observed"]


DAEMON = {"proxies": {"http-proxy": PLAIN, "https-proxy": PLAIN, "no-proxy": "localhost"}}


def test_the_daemon_file_of_docker_overrides_its_environment(site):
    """https://github.com/moby/moby/pull/42835 and 43448: from release 23 on."""
    files = {"etc/docker/daemon.json": json.dumps(DAEMON)}
    for shown in (None, f"Environment=NO_PROXY={WHOLE}"):
        results = site(files, shown)
        assert status(results, "settings") == "pass" and status(results, "no_proxy") == "fail"
        assert results["proxy.no_proxy"]["remedy"].endswith(
            "to NO_PROXY in /etc/docker/daemon.json. Or run the role hostprep.runtime_fabric.rtf_proxy."
        )


def test_a_daemon_file_that_docker_refuses_is_named(site):
    results = site({"etc/docker/daemon.json": '{"proxies": {"http-proxy": "http://svc:Top#Secret9@p"}'})
    assert results["proxy.settings"]["observed"] == (
        "could not be read: docker: /etc/docker/daemon.json: line 1 is not JSON"
    )


def test_every_file_that_lacks_a_node_is_named_once(site):
    """Broken lab 9: a node in no list of five files."""
    lacking = WHOLE.replace("192.168.230.22,", "")
    both = f"http_proxy={PLAIN}\nno_proxy={lacking}\nNO_PROXY={lacking}\n"
    results = site(
        {
            "etc/environment": both,
            "etc/profile.d/proxy.sh": f"export http_proxy={PLAIN} no_proxy={lacking}\n",
            "etc/systemd/system/service.d/p.conf": "[Service]\nEnvironmentFile=/etc/p.env\n",
            "etc/p.env": both,
            DROP_IN + "p.conf": f"[Service]\nEnvironment=HTTP_PROXY={PLAIN} NO_PROXY={lacking}\n",
            "opt/anypoint/runtimefabric/env": f"RTF_HTTP_PROXY={PLAIN}\nRTF_NO_PROXY={lacking}\n",
        }
    )
    result = results["proxy.no_proxy"]
    remedy = result["remedy"]
    assert remedy.startswith("Add 192.168.230.22 to NO_PROXY in ") and remedy.count("192.168.230.22") == 1
    for path in (
        "/etc/environment",
        "/etc/profile.d/proxy.sh",
        "/etc/p.env",
        "/etc/systemd/system/docker.service.d/p.conf",
        "/opt/anypoint/runtimefabric/env",
    ):
        assert remedy.count(path) == 1, path
    assert "more" not in result["observed"]


MANY = {f"node-{number}.rtf.example": {"ansible_host": f"192.168.230.{number}"} for number in range(100, 125)}
LONG = ",".join(proxy_settings.of_cluster(("", ""), MANY, "10.244.0.0/16", "10.100.0.0/16").no_proxy)


@pytest.mark.parametrize("pam, expected", [("1.1.8", "fail"), ("1.3.1", "fail"), ("1.4.0", "pass"), ("1.7.0", "pass")])
def test_a_line_that_is_too_long_for_an_old_pam_is_named(site, pam, expected):
    """At 20 nodes and more: https://github.com/linux-pam/linux-pam/pull/55 has the truncation to 1023 bytes."""
    assert len(LONG) > 1023
    results = site({"etc/environment": f"http_proxy={PLAIN}\nno_proxy={LONG}\n"}, nodes=MANY, pam=pam)
    assert status(results, "no_proxy") == expected
    if expected == "fail":
        said = results["proxy.no_proxy"]["observed"]
        assert said.startswith(
            "/etc/environment: this pam_env cuts lines at 1023 bytes; NO_PROXY in /etc/environment lacks "
        )
        assert "kubernetes.default.svc" in said and "192.168.230.100" not in said


def test_a_line_that_ends_the_file_is_named(site):
    """PAM 1.4 and 1.5 stop at 8191 bytes: https://github.com/linux-pam/linux-pam/issues/263."""
    entries = f"{WHOLE},{','.join(f'host-{number}.example.com' for number in range(500))}"
    results = site({"etc/environment": f"http_proxy={PLAIN}\nno_proxy={entries}\n"}, pam="1.5.2")
    assert results["proxy.no_proxy"]["observed"].startswith(
        f"no_proxy of /etc/environment has no effect: a line of {len(entries) + 9} bytes: this pam_env stops reading at a"
    )


def test_a_last_line_without_an_end_is_lost_on_old_releases(site):
    """https://github.com/linux-pam/linux-pam/pull/289, as on Debian 11."""
    text = f"http_proxy={PLAIN}\nno_proxy={WHOLE}"
    assert status(site({"etc/environment": text}, pam="1.4.0"), "no_proxy") == "fail"
    for other in ("1.3.1", "1.5.2"):
        assert status(site({"etc/environment": text}, pam=other), "no_proxy") == "pass"


def test_one_pair_of_quotes_around_all_variables_is_named(site):
    """https://github.com/angstwad/docker.ubuntu/issues/193: it is one variable, whose value is no URL."""
    drop_in = f'[Service]\nEnvironment="http_proxy={PLAIN} https_proxy={PLAIN} no_proxy={WHOLE}"\n'
    results = site({DROP_IN + "proxy.conf": drop_in})
    assert "sets http_proxy to (hidden), which is not a plain URL" in results["proxy.settings"]["observed"]
    assert status(results, "no_proxy") == "fail"


def test_agents_of_rke2_do_not_add_the_networks_of_the_cluster(site):
    """https://github.com/rancher/rke2/pull/2092: only servers do."""
    entries = ",".join(entry for entry in WHOLE.split(",") if "/" not in entry)
    shown = "EnvironmentFiles=/etc/default/rke2-agent (ignore_errors=yes)"
    results = site({"etc/default/rke2-agent": f"HTTP_PROXY={PLAIN}\nNO_PROXY={entries}\n"}, shown, service="rke2-agent")
    assert status(results, "no_proxy_networks") == "fail"


def test_a_variable_that_is_not_exported_reaches_no_program(site):
    """https://github.com/kubermatic/kubeone/issues/649: a file for EnvironmentFile= that shells source."""
    results = site({"etc/profile.d/proxy.sh": f"http_proxy={PLAIN}\n"})
    assert status(results, "settings") == "fail" and "it is not exported" in results["proxy.settings"]["observed"]
