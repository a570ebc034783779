# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host's files say about proxies, without the passwords in them."""

import glob
import os
import re
import shlex
from urllib.parse import unquote

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.bounded_reading import (
    Unreadable,
    read_text,
    read_text_or_none,
    run_text,
)

INSTALLER_FILE = "/opt/anypoint/runtimefabric/env"
MASK = "********"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
INSTALLER_VARIABLES = ("RTF_HTTP_PROXY", "RTF_NO_PROXY", "RTF_MONITORING_PROXY")
CREDENTIALS = re.compile(r"(?P<user>[^:@/]*):(?P<password>.*)@(?P<rest>[^@]*)\Z")


def apt_configuration():
    """What apt itself makes of its files, as `apt-config dump` prints it."""
    return run_text(["apt-config", "dump"])


def proxy_evidence(passwords, root="/", ask_apt=apt_configuration):
    """Return `{"settings": [...], "installer_file": bool, "curl": version or None, "unreadable": [...]}`.

    A setting is `{"reader", "source", "variable", "value", "password"}`: who reads it, the file, the name in it, the value
    with its password masked, and whether that is one of `passwords`: `none`, `expected` or `other`. root: the directory whose files are read.
    """
    reader = _Reader(passwords, root)
    for name, look in (
        ("login shells", reader.login_shells),
        ("sessions", reader.sessions),
        ("systemd", reader.systemd),
        ("docker", lambda: reader.unit("docker")),
        ("containerd", lambda: reader.unit("containerd")),
        ("dnf", lambda: reader.package_manager("dnf", "/etc/dnf/dnf.conf")),
        ("yum", lambda: reader.package_manager("yum", "/etc/yum.conf")),
        ("installer", reader.installer),
        ("apt", lambda: reader.apt(ask_apt)),
    ):
        try:
            look()
        except Unreadable as problem:
            reader.unreadable.append("{0}: {1}".format(name, problem))
    return {
        "settings": reader.settings,
        "installer_file": os.path.exists(reader.at(INSTALLER_FILE)),
        "curl": _curl_version(),
        "unreadable": reader.unreadable,
    }


class _Reader:
    """Collects settings from the files below a root directory."""

    def __init__(self, passwords, root):
        self.passwords, self.root = passwords, root
        self.settings, self.unreadable = [], []

    def at(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def files(self, *patterns):
        """Yield (path as on the host, text) of every readable file of the patterns."""
        for pattern in patterns:
            for path in sorted(glob.glob(self.at(pattern))):
                own = "/" + os.path.relpath(path, self.root)
                try:
                    yield own, read_text(path)
                except Unreadable as problem:
                    self.unreadable.append(str(problem))

    def add(self, reader, source, variable, value):
        shown, password = masked(value, self.passwords)
        self.settings.append(
            {"reader": reader, "source": source, "variable": variable, "value": shown, "password": password}
        )

    def login_shells(self):
        for path, text in self.files("/etc/profile", "/etc/profile.d/*.sh"):
            self.shell_variables("login shells", path, text, VARIABLES)

    def installer(self):
        for path, text in self.files(INSTALLER_FILE):
            self.shell_variables("installer", path, text, INSTALLER_VARIABLES)

    def sessions(self):
        for path, text in self.files("/etc/environment"):
            self.shell_variables("sessions", path, text, VARIABLES)

    def shell_variables(self, reader, path, text, names):
        """The last assignment of each variable, in either case, as far as it can be read without running it."""
        found = {}
        for name, value in assignments(text):
            if name in names or name.lower() in names:
                found[name] = value
        for name, value in found.items():
            self.add(reader, path, name, value)

    def systemd(self):
        for path, text in self.files("/etc/systemd/system.conf", "/etc/systemd/system.conf.d/*.conf"):
            for value in directives(text, "DefaultEnvironment"):
                self.unit_variables("systemd", path, value)
        self.drop_ins("systemd", "/etc/systemd/system/service.d/*.conf")

    def unit(self, name):
        self.drop_ins(name, "/etc/systemd/system/{0}.service.d/*.conf".format(name))

    def drop_ins(self, reader, pattern):
        for path, text in self.files(pattern):
            for value in directives(text, "Environment"):
                self.unit_variables(reader, path, value)
            for value in directives(text, "EnvironmentFile"):
                for source, content in self.files(value.lstrip("-")):
                    self.shell_variables(reader, source, content, VARIABLES)

    def unit_variables(self, reader, path, value):
        for word in _words(value):
            name, equals, text = word.partition("=")
            if equals and name.lower() in VARIABLES:
                self.add(reader, path, name, text.replace("%%", "%"))

    def package_manager(self, name, path):
        if os.path.islink(self.at(path)):  # yum.conf is a link to dnf.conf where both are there
            return
        text = read_text_or_none(self.at(path))
        options = main_section(text or "")
        if options.get("proxy", "").lower() not in ("", "_none_", "none"):
            value = options["proxy"]
            if options.get("proxy_username"):
                scheme, slashes, rest = value.rpartition("://")
                value = "{0}{1}{2}:{3}@{4}".format(
                    scheme, slashes, options["proxy_username"], options.get("proxy_password", ""), rest
                )
            self.add(name, path, "proxy", value)

    def apt(self, ask_apt):
        if not os.path.isdir(self.at("/etc/apt")):
            return
        direct = []
        for key, value in apt_options(ask_apt()):
            words = key.split("::")
            if [word.lower() for word in words[:1]] != ["acquire"] or len(words) < 3 or words[2].lower() != "proxy":
                continue
            if len(words) == 3 and value and value.upper() != "DIRECT":
                self.add("apt", "apt-config", "::".join(words), value)
            elif len(words) > 3 and value.upper() == "DIRECT":
                direct.append("::".join(words[3:]))
        if direct:
            self.add("apt", "apt-config", "direct", ",".join(sorted(set(direct))))


def _curl_version():
    try:
        words = run_text(["curl", "--version"]).split()
    except Unreadable:
        return None
    return words[1] if len(words) > 1 else None


def _words(text):
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return []


def assignments(text):
    """Yield (name, value) of every `NAME=value` and `export NAME=value` of a file of shell variables."""
    for line in text.splitlines():
        for word in _words(line):
            match = re.match(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", word, re.DOTALL)
            if match:
                yield match.group(1), match.group(2)
            elif word not in ("export", "set"):
                break


def directives(text, name):
    """Return the values of a directive of a unit file, lines that a backslash continues joined."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == name]


def main_section(text):
    """Return the options of the section [main] of an INI file; the last of several counts."""
    options, inside = {}, False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[main]"
        elif inside and "=" in line and not line.lstrip().startswith(("#", ";")):
            name, dummy_equals, value = line.partition("=")
            options[name.strip()] = value.strip()
    return options


def apt_options(text):
    """Yield (key, value) of what `apt-config dump` prints."""
    for match in re.finditer(r'^([^\s"]+) "(.*)";$', text, re.MULTILINE):
        yield match.group(1), match.group(2)


def masked(value, passwords):
    """Return (the value with the password of its URL masked, `none` | `expected` | `other`)."""
    scheme, slashes, rest = value.partition("://") if "://" in value else ("", "", value)
    match = CREDENTIALS.match(rest)
    if match:
        shown = "{0}{1}{2}:{3}@{4}".format(scheme, slashes, match.group("user"), MASK, match.group("rest"))
        return shown, "expected" if unquote(match.group("password")) in passwords else "other"
    before, dummy_at, host = rest.rpartition("@")
    if ":" in before:  # an odd one: whatever stands before the host may be a secret
        return "{0}@{1}".format(MASK, host), "other"
    return value, "none"
