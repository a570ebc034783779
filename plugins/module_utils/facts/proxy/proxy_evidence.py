# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of proxies in a host's files, without the credentials in them."""

import glob
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    Unreadable,
    read_text,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import Display
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.proxy_services import (
    service_evidence,
    systemd_version,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.proxy_texts import (
    VARIABLES,
    apt_options,
    directives,
    dnf_proxy,
    main_section,
    settings,
    unit_settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.systemd_unread import unread_evidence

INSTALLER_FILE = "/opt/anypoint/runtimefabric/env"
INSTALLER_VARIABLES = ("RTF_HTTP_PROXY", "RTF_NO_PROXY", "RTF_MONITORING_PROXY")


def apt_configuration():
    """The effective configuration of apt, as `apt-config dump` prints it."""
    return run_text(["apt-config", "dump"], quoting=False)


def proxy_evidence(hashes, root="/", ask_apt=apt_configuration):
    """Return `{"settings", "installer_file", "curl", "systemd", "services", "unread", "unreadable", "dangling"}`.

    A setting is `{"reader", "source", "variable", "value", "password"}`: the program that reads it, the file, the name in it,
    the value with its secrets masked, and whether it has credentials: `none`, `expected` (the digest of the URL is one of `hashes`) or
    `other`.
    installer_file: whether there is one. curl, systemd: versions, None without. services: as `service_evidence` has them,
    unread: as `unread_evidence` does.
    root: the directory whose files are read.
    """
    reader = _Reader(hashes, root)
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
        except DanglingLink as problem:
            reader.dangling.append(str(problem))
        except Unreadable as problem:
            reader.unreadable.append(f"{name}: {problem}")
    return {
        "settings": reader.settings,
        "installer_file": os.path.exists(reader.at(INSTALLER_FILE)),
        "curl": _curl_version(),
        "systemd": systemd_version(),
        "services": service_evidence(reader.display),
        "unread": unread_evidence(reader.settings, reader.display),
        "unreadable": reader.unreadable,
        "dangling": reader.dangling,
    }


class _Reader:
    """Collects settings from the files below a root directory."""

    def __init__(self, hashes, root):
        self.display, self.root = Display(hashes), root
        self.settings, self.unreadable, self.dangling = [], [], []

    def at(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def files(self, *patterns):
        """Yield (path as on the host, text) of every readable file of the patterns."""
        for pattern in patterns:
            for path in sorted(glob.glob(self.at(pattern))):
                own = "/" + os.path.relpath(path, self.root)
                try:
                    yield own, read_text(path)
                except DanglingLink as problem:
                    self.dangling.append(str(problem))
                except Unreadable as problem:
                    self.unreadable.append(str(problem))

    def add(self, reader, source, variable, value, cut=False):
        shown, password = self.display.setting(variable, value, cut)
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
        for name, value, cut in settings(text):
            if name in names or name.lower() in names:
                found[name] = (value, cut)
        for name, (value, cut) in found.items():
            self.add(reader, path, name, value, cut)

    def systemd(self):
        for path, text in self.files("/etc/systemd/system.conf", "/etc/systemd/system.conf.d/*.conf"):
            for value in directives(text, "DefaultEnvironment"):
                self.unit_variables("systemd", path, value)
        self.drop_ins("systemd", "/etc/systemd/system/service.d/*.conf")

    def unit(self, name):
        self.drop_ins(name, f"/etc/systemd/system/{name}.service.d/*.conf")

    def drop_ins(self, reader, pattern):
        for path, text in self.files(pattern):
            for value in directives(text, "Environment"):
                self.unit_variables(reader, path, value)
            for value in directives(text, "EnvironmentFile"):
                for source, content in self.files(value.lstrip("-")):
                    self.shell_variables(reader, source, content, VARIABLES)

    def unit_variables(self, reader, path, value):
        for name, text, cut in unit_settings(value):
            if name.lower() in VARIABLES:
                self.add(reader, path, name, text.replace("%%", "%"), cut)

    def package_manager(self, name, path):
        if os.path.islink(self.at(path)):  # yum.conf is a link to dnf.conf where both are there
            return
        text = read_text_or_none(self.at(path))
        value = dnf_proxy(main_section(text or ""))
        if value:
            self.add(name, path, "proxy", value)

    def apt(self, ask_apt):
        if not os.path.isdir(self.at("/etc/apt")):
            return
        direct = []
        for key, value in apt_options(ask_apt()):
            parts = key.split("::")
            if [word.lower() for word in parts[:1]] != ["acquire"] or len(parts) < 3 or parts[2].lower() != "proxy":
                continue
            if len(parts) == 3 and value and value.upper() != "DIRECT":
                self.add("apt", "apt-config", "::".join(parts), value)
            elif len(parts) > 3 and value.upper() == "DIRECT":
                direct.append("::".join(parts[3:]))
        if direct:
            self.add("apt", "apt-config", "direct", ",".join(sorted(set(direct))))


def _curl_version():
    try:
        words = run_text(["curl", "--version"]).split()
    except Unreadable:
        return None
    return words[1] if len(words) > 1 else None
