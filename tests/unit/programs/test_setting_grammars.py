# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs make of files of settings, held against what the collection makes of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    dnf_options,
    pam_environment,
    shell_environment,
    systemd_environment_file,
    systemd_unit_directives,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs import setting_cases

HERE = Path(__file__).parent


def taken(found):
    """{variable: value} of Assignments that a program takes."""
    return {each.name: each.value for each in found if not each.ignored}


def differences(texts, own, real):
    """[(text, what the collection says, what the program does)] where they differ."""
    return [(text, one, other) for text, one, other in zip(texts, own, real, strict=True) if one != other]


def ask(script, texts):
    """What a script of this directory prints for texts."""
    done = subprocess.run(
        [sys.executable, str(HERE / script)], input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def test_pam_env():
    version = pam_environment.version_numbers(pam_environment.pam_version())
    texts = [*setting_cases.LINES, *setting_cases.generated(17, 300)]
    own = [taken(pam_environment.environment(text, version)) for text in texts]
    assert differences(texts, own, ask("pam_session.py", texts)) == []


def test_environment_files_of_systemd():
    version = systemd_units.systemd_version()
    texts = [*setting_cases.LINES, *setting_cases.generated(18, 300)]
    own = [taken(systemd_environment_file.environment(text, version)) for text in texts]
    assert differences(texts, own, ask("environment_files.py", texts)) == []


@pytest.mark.parametrize("lines", setting_cases.UNITS)
def test_environment_of_units(lines):
    assert unit_variables(lines) == setting_cases.UNITS[lines]


@pytest.mark.parametrize(
    "version, of_all, expected", [(219, False, "%40x"), (236, False, None), (247, True, "%40x"), (252, True, None)]
)
def test_a_percent_sign_means_something_else_to_each_systemd(version, of_all, expected):
    """https://github.com/distribution/distribution/issues/3171 names the release that began to drop variables."""
    (found,) = systemd_unit_directives.environment("A=%40x", version, of_all)
    assert (None if found.ignored else found.value) == expected


def unit_variables(lines):
    """{variable: value} that a service gets by the lines of its section [Service]."""
    found = {}
    for value in systemd_unit_directives.directives(f"[Service]\n{lines}\n", "Service", "Environment"):
        found = {**found, **taken(systemd_unit_directives.environment(value))} if value else {}
    return found


# Each of them in bash; what only a shell can know is `unknown`, and never wrong.
SCRIPTS = (
    # Of many guides, such as https://wiki.archlinux.org/title/Proxy_server.
    'export http_proxy=http://p:1\nexport https_proxy="$http_proxy" HTTP_PROXY=$http_proxy\n',
    # https://oneuptime.com/blog/post/2026-03-20-no-proxy-bypass-specific-ipv4/view
    'export no_proxy="\\\nlocalhost,\\\n127.0.0.0/8,\\\n.svc"\nexport NO_PROXY="$no_proxy"\n',
    "http_proxy=http://p:1\nexport http_proxy\n",
    "http_proxy=http://p:1\n",
    'PROXY_HOST=q\nPROXY_PORT=1\nexport http_proxy="http://${PROXY_HOST}:$PROXY_PORT/"\nunset PROXY_HOST\n',
    'export http_proxy="http://${PROXY_HOST:-p}:3128"\n',
    "export http_proxy=a#b # c\n",
    "http_proxy='x y'; export http_proxy; http_proxy=c\n",
    "export no_proxy=a,b\nno_proxy+=,c\nexport no_proxy=$no_proxy,d\n",
    "export no_proxy=a,b http_proxy=$no_proxy\n",
    "set -a\nhttp_proxy=b\n",
    "http_proxy=b true\n",
    "export http_proxy=b; unset http_proxy\n",
    "export -n http_proxy=b\n",
    "declare -x http_proxy=b\n",
    "export http_proxy=b \\\n  no_proxy=c\n",
    'export http_proxy="b\\$c\\"d\\e"\n',
    "export http_proxy=b\\ c\n",
    'export http_proxy="b\nc"\n',
    "export http_proxy=http://u:p@ss@h:1/\n",
    "cat >/dev/null <<X\nexport http_proxy=b\nX\nexport no_proxy=c\n",
    "export http_proxy=a;return\nexport no_proxy=b\n",
    'export http_proxy=b # it\'s\nexport no_proxy="c"\n',
    "export http_proxy='b\nexport no_proxy=c\n",
    "if true; then export http_proxy=b; fi\n",
    "[ -z x ] && export http_proxy=b\n",
    "true || export http_proxy=b\nexport no_proxy=c\n",
    "[ -n x ] || return\nexport no_proxy=c\n",
    "case x in y) export http_proxy=b;; (z) export no_proxy=b;; esac\nexport all_proxy=c\n",
    "f() { export http_proxy=b; }\nexport no_proxy=c\n",
    "( export http_proxy=b )\nexport no_proxy=c\n",
    "export http_proxy=b &\n",
    "export http_proxy=b | true\nexport no_proxy=c\n",
    "for i in 1 2; do export http_proxy=$i; done\nexport no_proxy=1\n",
    "{ export http_proxy=b; }\n",
    "export http_proxy=$(echo b)`echo c`$((1+1))\n",
    "export http_proxy=$'a\\tb'\n",
    "export http_proxy=a*b no_proxy=a?c,[d]\n",
    "export http_proxy=~ no_proxy=a{b,c}d\n",
    'export http_proxy="$NOWHERE_SET"\n',
    'eval "export http_proxy=b"\n',
    # NO_PROXY for every address of a network.
    'printf -v no_proxy "%s," 10.0.0.{1..3}; export no_proxy\n',
    "export no_proxy=$(echo 10.0.0.{1..3} | tr ' ' ,)\n",
)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_scripts_of_shells(tmp_path, shell):
    pieces = (
        "a",
        "b",
        ",",
        "#",
        "'x y'",
        '"x#y"',
        "\\$",
        "%40",
        "=",
        "@",
        ":",
        "//",
        " # c",
        ";:",
        "$http_proxy",
        "\\\n",
    )
    texts = [*SCRIPTS, *setting_cases.generated(19, 60, "export ", pieces)]
    wrong = []
    for text in texts:
        if shell == "dash" and any(
            word in text for word in ("+=", "declare", "export -n", "$'", "{", "printf -v", "*")
        ):
            continue
        (tmp_path / "script").write_text(text)
        done = subprocess.run(
            ["env", "-i", f"PATH={os.environ['PATH']}", shell, "-c", ". ./script; env -0"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        real = dict(pair.partition("=")[::2] for pair in done.stdout.split("\0") if pair)
        for name, each in own_variables(text).items():
            if not each.unknown and (None if each.ignored else each.value) != real.get(name):
                wrong.append((text, each, real.get(name)))
        names = set(own_variables(text))
        wrong += [(text, name) for name in real if name.endswith("_proxy") and name not in names]
    assert wrong == []


def own_variables(text):
    """{variable: Assignment} of a script."""
    return {each.name: each for _source, each in shell_environment.environment([("script", text)])}


def test_what_is_certain_of_a_script_is_known():
    certain = [text for text in SCRIPTS if all(not each.unknown for each in own_variables(text).values())]
    assert SCRIPTS[:24] == tuple(certain[:24])
    assert own_variables(SCRIPTS[0])["https_proxy"].value == "http://p:1"
    assert own_variables(SCRIPTS[3])["http_proxy"].ignored == shell_environment.NOT_EXPORTED


def test_a_script_that_is_sourced_counts():
    read = {"/etc/p": "export http_proxy=http://p:1\n"}.get
    found = shell_environment.environment([("s", ". /etc/p\nsource /etc/none\n. $HOME/p\nexport no_proxy=a\n")], read)
    assert [(source, each.name, each.value) for source, each in found] == [
        ("/etc/p", "http_proxy", "http://p:1"),
        ("s", "no_proxy", "a"),
    ]


DNF = """
import json, sys
import dnf
found = []
for text in json.load(sys.stdin):
    with open(sys.argv[1], "w") as stream:
        stream.write(text)
    configuration = dnf.conf.Conf()
    try:
        configuration.read(sys.argv[1])
        found.append([getattr(configuration, name) or "" for name in ("proxy", "proxy_username", "proxy_password")])
    except dnf.exceptions.ConfigError:
        found.append(None)
print(json.dumps(found))
"""
DNF_FILES = (
    "[main]\nproxy=http://p:1\n",
    "[main]\nproxy = http://p:1 \n",
    "[main]\nproxy=http://p:1 # c\n",
    "[main]\nproxy=http://p:1 ; c\n",
    "[main]\n#proxy=x\n;proxy=y\nproxy=http://p:1\n",
    "[main]\nproxy=\n",
    '[main]\nproxy="http://p:1"\n',
    "[main] # c\nproxy=http://p:1\n",
    "[ main ]\nproxy=http://p:1\n",
    "[main]\nproxy=http://a:1\nproxy=http://b:1\n",
    "[main]\nproxy: http://p:1\n",
    "[main]\nproxy=http://p:1\n  continued\n",
    "[main]\n proxy=http://p:1\n",
    "[main]\nproxy=http://p:1\n[x]\nproxy=http://x:1\n[main]\nproxy_username=u\n",
    "[main]\nPROXY=http://p:1\n",
    "[main]\nproxy=http://p:1\nproxy_username=u\nproxy_password=s3 x#y\n",
    "proxy=http://p:1\n",
    "[main]\nproxy=http://p:1\nbad line\n",
    "",
)


def test_options_of_dnf(tmp_path):
    (tmp_path / "ask.py").write_text(DNF)
    done = subprocess.run(
        ["/usr/bin/python3", str(tmp_path / "ask.py"), str(tmp_path / "dnf.conf")],
        input=json.dumps(DNF_FILES),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    def own(text):
        try:
            options = dnf_options.main_section(text)
        except ValueError:
            return None
        return [options.get(name, "") for name in ("proxy", "proxy_username", "proxy_password")]

    assert differences(DNF_FILES, [own(text) for text in DNF_FILES], json.loads(done.stdout)) == []
