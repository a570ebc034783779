# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the proxy settings of a node is found, said and told how to mend."""

import copy

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import proxy_settings
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

URL = "http://********@proxy.example.com:3128"
SOCKS = "socks5://socks.example.com:1080"
NODES = {
    "n1": {"ansible_host": "192.168.230.11"},
    "n2": {"ansible_host": "n2.corp.example", "rtf_node_address": "192.168.230.21"},
}
MEANT = proxy_settings.of_cluster((URL, SOCKS), NODES, "10.244.0.0/16", "10.100.0.0/16", [".intra.example"])
ENV = "/opt/anypoint/runtimefabric/env"


def entry(reader, source, variable, value, password="none"):
    return {"reader": reader, "source": source, "variable": variable, "value": value, "password": password}


def in_order():
    """Evidence of a node whose files all say what is meant."""
    no_proxy = ",".join(MEANT.no_proxy)
    hosts = ",".join(item for item in MEANT.no_proxy if "/" not in item and not item.startswith("."))
    return {
        "installer_file": True,
        "curl": "7.88.1",
        "systemd": 252,
        "services": {},
        "unreadable": [],
        "dangling": [],
        "settings": [
            entry("sessions", "/etc/environment", "http_proxy", URL, "expected"),
            entry("sessions", "/etc/environment", "no_proxy", no_proxy),
            entry("apt", "apt-config", "Acquire::http::Proxy", URL + "/", "expected"),
            entry("apt", "apt-config", "direct", hosts),
            entry("dnf", "/etc/dnf/dnf.conf", "proxy", URL, "expected"),
            entry("installer", ENV, "RTF_HTTP_PROXY", URL, "expected"),
            entry("installer", ENV, "RTF_NO_PROXY", no_proxy),
            entry("installer", ENV, "RTF_MONITORING_PROXY", SOCKS),
        ],
    }


def judged(proxy, meant=MEANT, line="appliance"):
    evidence = {"host": {"privileged": True, "proxy": proxy}}
    results = judge_node(checks.load(), samples.subject(proxy=meant, line=line), evidence, ["proxy.*"])
    return {result["id"]: result for result in results}


def changed(variable, source=None, **fields):
    """Evidence with one setting changed; with no fields it is taken away."""
    proxy = in_order()
    place = next(
        number
        for number, item in enumerate(proxy["settings"])
        if item["variable"] == variable and source in (None, item["source"])
    )
    if fields:
        proxy["settings"][place].update(fields)
    else:
        del proxy["settings"][place]
    return proxy


def failed(results):
    return {check: result["status"] for check, result in results.items() if result["status"] != "pass"}


def test_a_node_whose_files_say_what_is_meant_passes():
    results = judged(in_order())
    assert list(results) == [
        "proxy.settings",
        "proxy.installer",
        "proxy.services",
        "proxy.no_proxy",
        "proxy.no_proxy_networks",
    ]
    assert failed(results) == {}
    table = results["proxy.no_proxy_networks"]["evidence"]["/etc/environment"]
    assert table["10.244.1.1"] == {
        "curl 7.88.1": "direct",
        "Go": "direct",
        "Python urllib": "proxied",
        "Python requests": "direct",
        "Java (Mule runtime)": "direct",
        "dnf": "direct",
    }


@pytest.mark.parametrize(
    "proxy, said",
    [
        (
            changed("http_proxy", value="http://old.example.com:8080", password="none"),
            "/etc/environment (sessions) sets http_proxy to http://old.example.com:8080",
        ),
        (changed("http_proxy", password="other"), f"sets http_proxy to {URL} with other credentials"),
        (
            changed("Acquire::http::Proxy", value="http://apt.example.com:1"),
            "apt-config (apt) sets Acquire::http::Proxy",
        ),
    ],
)
def test_another_proxy_in_a_file_is_named_and_only_recommended(proxy, said):
    results = judged(proxy)
    assert results["proxy.settings"]["status"] == "fail" and results["proxy.settings"]["severity"] == "recommended"
    assert said in results["proxy.settings"]["observed"]


def test_a_proxy_that_nobody_means_any_more_is_named():
    proxy = dict(in_order(), settings=in_order()["settings"][:1])
    results = judged(proxy, proxy_settings.ProxySettings())
    assert failed(results) == {"proxy.settings": "fail"}
    assert "rtf_proxy" in results["proxy.settings"]["remedy"]
    assert results["proxy.settings"]["fault"] == "Configuration files of n1 name a proxy, and none is configured"


def test_a_node_on_which_nothing_is_written_yet():
    results = judged(
        {"settings": [], "installer_file": False, "curl": None, "services": {}, "unreadable": [], "dangling": []}
    )
    assert failed(results) == {"proxy.settings": "fail", "proxy.installer": "skipped"}
    assert results["proxy.no_proxy"]["observed"] == "according to the list that would be written"


def test_what_could_not_be_read_is_unknown():
    assert failed(judged(dict(in_order(), unreadable=["/etc/environment: Permission denied"]))) == {
        "proxy.settings": "unknown"
    }


@pytest.mark.parametrize(
    "proxy, said",
    [
        (changed("RTF_HTTP_PROXY"), "RTF_HTTP_PROXY is not set"),
        (
            changed("RTF_MONITORING_PROXY", value="socks5://other.example.com:1080"),
            "sets RTF_MONITORING_PROXY to socks5://other",
        ),
        (changed("RTF_NO_PROXY", value=",".join(MEANT.no_proxy[:-1])), "RTF_NO_PROXY lacks .intra.example"),
    ],
)
def test_the_installers_file_has_to_say_exactly_what_is_meant(proxy, said):
    result = judged(proxy)["proxy.installer"]
    assert (result["status"], result["severity"]) == ("fail", "required")
    assert said in result["observed"]


def test_a_former_proxy_of_the_installer_is_found_where_none_is_meant():
    assert judged(in_order(), proxy_settings.ProxySettings())["proxy.installer"]["status"] == "fail"


@pytest.mark.parametrize(
    "meant, wrong",
    [
        (MEANT._replace(http=None, monitoring=None), {}),
        (MEANT._replace(http=None), {}),
        (MEANT._replace(http=None, monitoring=""), {"proxy.installer": "fail"}),
        (MEANT._replace(http="", monitoring=None), {"proxy.settings": "fail", "proxy.installer": "fail"}),
    ],
)
def test_a_proxy_that_is_not_set_is_right_whichever_it_is(meant, wrong):
    results = failed(judged(in_order(), meant))
    assert {check: status for check, status in results.items() if status != "skipped"} == wrong
    assert ("proxy.settings" in results and results["proxy.settings"] == "skipped") is (meant.http is None)


def service(running, now, outdated):
    environment = {
        "http_proxy": {"value": URL, "password": "expected"},
        "no_proxy": {"value": "a,b", "password": "none"},
    }
    return {"running": running, "now": now, "at_next_start": environment, "outdated": outdated}


def test_a_service_that_was_started_before_its_files_changed_is_named_with_what_to_do():
    proxy = dict(in_order(), services={"docker": service(True, {}, True), "containerd": service(False, None, False)})
    result = judged(proxy)["proxy.services"]
    assert (result["status"], result["severity"]) == ("fail", "recommended")
    assert result["observed"] == f"docker runs with no proxy and would start with {URL} except 2 entries of NO_PROXY"
    assert "systemctl restart docker.service" in result["remedy"] and "rtf_proxy_restart_services" in result["remedy"]


@pytest.mark.parametrize(
    "name, advice",
    [("containerd", "containerd.service`."), ("docker", "docker.service`: that can stop the containers.")],
)
def test_only_a_restart_of_docker_is_said_to_stop_containers(name, advice):
    proxy = dict(in_order(), services={name: service(True, {}, True)})
    remedy = judged(proxy, line="self_managed")["proxy.services"]["remedy"]
    assert remedy == f"Drain n1 (`kubectl drain`), then `systemctl restart {advice}"


@pytest.mark.parametrize(
    "unread, said",
    [
        ({"units": ["docker.service"], "environment": []}, "docker.service"),
        ({"units": [], "environment": ["http_proxy"]}, "http_proxy of DefaultEnvironment"),
    ],
)
def test_files_that_systemd_has_not_read_since_they_changed_are_named_with_what_to_do(unread, said):
    proxy = dict(in_order(), unread=unread)
    proxy["settings"].append(entry("systemd", "/etc/systemd/system.conf.d/p.conf", "http_proxy", URL, "expected"))
    result = judged(proxy)["proxy.services"]
    assert (result["status"], result["observed"]) == (
        "fail",
        f"systemd has not reloaded its changed files: {said}",
    )
    assert "systemctl daemon-reload" in result["remedy"]


def test_what_systemd_gives_to_services_beyond_its_files_is_nothing_to_read_again():
    proxy = dict(in_order(), unread={"units": [], "environment": ["http_proxy"]})
    assert judged(proxy)["proxy.services"]["status"] == "pass"


@pytest.mark.parametrize(
    "services, status, observed",
    [
        ({}, "pass", "none of them runs"),
        ({"docker": service(False, None, False)}, "pass", "none of them runs"),
        ({"docker": service(True, {}, False)}, "pass", "docker as configured"),
        ({"docker": service(True, None, False)}, "unknown", "the environment of docker cannot be read"),
        ({"error": "no systemd"}, "unknown", "no systemd"),
    ],
)
def test_services_that_are_in_order_or_cannot_be_judged(services, status, observed):
    result = judged(dict(in_order(), services=services))["proxy.services"]
    assert (result["status"], result["observed"]) == (status, observed)


@pytest.mark.parametrize(
    "source, variable, value, said",
    [
        (
            "/etc/environment",
            "no_proxy",
            "localhost,127.0.0.1",
            "NO_PROXY in /etc/environment lacks 169.254.169.254 (the cloud's metadata), 192.168.230.11 (n1)",
        ),
        (
            "/etc/environment",
            "no_proxy",
            "192.168.0.0/16,127.0.0.1,localhost,169.254.169.254,n1,n2,n2.corp.example,10.100.0.1,.svc,.local",
            "NO_PROXY in /etc/environment lacks 192.168.230.11 (n1), 192.168.230.21 (n2), ",
        ),
        (
            "apt-config",
            "direct",
            "localhost",
            "the list of hosts that apt reaches directly in apt-config lacks 127.0.0.1 (this node itself)",
        ),
    ],
)
def test_a_program_that_would_ask_the_proxy_for_a_node_is_named(source, variable, value, said):
    result = judged(changed(variable, source, value=value))["proxy.no_proxy"]
    assert (result["status"], result["severity"]) == ("fail", "required")
    assert said in result["observed"]


@pytest.mark.parametrize("variable, check", [("NO_PROXY", "proxy.no_proxy"), ("RTF_NO_PROXY", "proxy.installer")])
def test_the_one_entry_that_is_missing_is_in_the_title_with_its_node(variable, check):
    missing = "192.168.230.21"
    proxy = in_order()
    for item in proxy["settings"]:
        if item["variable"].upper().endswith("NO_PROXY"):
            item["value"] = ",".join(one for one in item["value"].split(",") if one != missing)
    result = judged(proxy)[check]
    assert result["fault"].startswith(f"{variable} of ") and result["fault"].endswith(f" lacks {missing} (n2)")


def test_a_proxy_without_any_exception_fails():
    assert judged(changed("no_proxy"))["proxy.no_proxy"]["status"] == "fail"


def test_networks_are_asked_only_of_programs_that_know_them():
    value = ",".join(item for item in MEANT.no_proxy if item != "10.244.0.0/16")
    results = judged(changed("no_proxy", value=value))
    assert failed(results) == {"proxy.no_proxy_networks": "fail"}
    observed = results["proxy.no_proxy_networks"]["observed"]
    assert observed.startswith("NO_PROXY in /etc/environment lacks 10.244.0.0/16 (pods), for which curl 7.88.1, Go, ")
    assert "urllib" not in observed


def test_an_old_curl_is_told_nothing_of_networks_and_fails_nobody():
    assert failed(judged(dict(in_order(), curl="7.74.0"))) == {}


def test_the_evidence_is_not_changed():
    proxy = in_order()
    before = copy.deepcopy(proxy)
    judged(proxy)
    assert proxy == before
