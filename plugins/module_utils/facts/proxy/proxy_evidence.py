# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of proxies in a host's files, without the credentials in them."""

import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.files_below_root import FilesBelowRoot
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import Display
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.systemd_units import systemd_version
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    docker_configuration,
    pam_environment,
    shell_environment,
    systemd_environment_file,
    systemd_unit_directives,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.apt_options import (
    apt_options,
    apt_proxies,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    VARIABLES,
    assignment,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.dnf_options import (
    dnf_proxy,
    main_section,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.service_environments import (
    SERVICES,
    concerns,
    service_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.systemd_unit_files import (
    MANAGER_FILES,
    systemd_unit_files,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.systemd_unread import unread_evidence

INSTALLER_FILE = "/opt/anypoint/runtimefabric/env"
INSTALLER_VARIABLES = ("RTF_HTTP_PROXY", "RTF_NO_PROXY", "RTF_MONITORING_PROXY")


def apt_configuration():
    """The effective configuration of apt, as `apt-config dump` prints it."""
    return run_text(["apt-config", "dump"], quoting=False)


def proxy_evidence(hashes, root="/", ask_apt=apt_configuration):
    """Return `{"settings", "apt_files", "installer_file", "curl", "systemd", "pam", "services", "unread", "unreadable", "dangling"}`.

    A setting is `{"reader", "source", "variable", "value", "password", "ignored", "unknown", "shortened"}`: the program that reads it, the
    file, the name in it, the value with its secrets masked, and whether it has credentials: `none`, `expected` (the digest of
    the URL is one of `hashes`) or `other`. ignored: why the program does not take it. unknown: why its value is not known.
    shortened: why it does not take the whole value. They are "" otherwise. The settings of one reader are in its order: of one
    name the last one counts.
    apt_files: the files of apt that mention a proxy; apt itself, which `apt-config` stands for, does not say where a setting is
    from.
    installer_file: whether there is one. curl, systemd, pam: versions, None without. services: as `service_evidence` has them,
    unread: as `unread_evidence` does.
    root: the directory whose files are read.
    """
    versions = {"systemd": systemd_version(), "pam": pam_environment.pam_version()}
    reader = _Reader(hashes, root, versions)
    for name, look in (
        ("sessions", reader.sessions),
        ("login shells", reader.login_shells),
        ("systemd", reader.systemd),
        *((name, lambda name=name: reader.unit(name, name + ".service")) for name in SERVICES),
        ("docker", reader.docker),
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
        "apt_files": reader.apt_files,
        "installer_file": os.path.exists(reader.at(INSTALLER_FILE)),
        "curl": _curl_version(),
        "systemd": versions["systemd"],
        "pam": versions["pam"],
        "services": service_evidence(reader.display, versions["systemd"]),
        "unread": unread_evidence(reader.settings, reader.display),
        "unreadable": reader.unreadable,
        "dangling": reader.dangling,
    }


class _Reader(FilesBelowRoot):
    """Collects settings from the files below a root directory. versions: of programs that read them."""

    def __init__(self, hashes, root, versions):
        super().__init__(root)
        self.display = Display(hashes)
        self.systemd_version = (
            systemd_environment_file.ENDS_COMMENTS if versions["systemd"] is None else versions["systemd"]
        )
        self.pam_version = pam_environment.version_numbers(versions["pam"]) or pam_environment.RECENT
        self.settings, self.apt_files, self.session = [], [], []

    def add(self, reader, source, found):
        """Take over an Assignment that a program read."""
        shown, password = self.display.setting(found.name, found.value, found.cut)
        self.settings.append(
            {
                "reader": reader,
                "source": source,
                "variable": found.name,
                "value": shown,
                "password": password,
                "ignored": found.ignored,
                "unknown": found.unknown,
                "shortened": found.shortened,
            }
        )

    def sessions(self):
        for path, text in self.files(pam_environment.FILE):
            self.session = pam_environment.environment(text, self.pam_version)
            for each in self.session:
                if each.name.lower() in VARIABLES:
                    self.add("sessions", path, each)

    def login_shells(self):
        """Scripts of a shell that starts with the variables of its session."""
        inherited = [(each.name, each.value) for each in self.session if not each.ignored]
        files = list(self.files(*shell_environment.LOGIN_SCRIPTS))
        for source, each in shell_environment.environment(files, self.sourced, inherited):
            if each.name.lower() in VARIABLES:
                self.add("login shells", source, each)

    def sourced(self, path):
        """Return the text of a file that a script sources, None where there is none."""
        try:
            return read_text_or_none(self.at(path))
        except Unreadable:
            return None

    def installer(self):
        for path, text in self.files(INSTALLER_FILE):
            for source, each in shell_environment.environment([(path, text)], self.sourced, (), False):
                if each.name in INSTALLER_VARIABLES:
                    self.add("installer", source, each)

    def systemd(self):
        found = []
        for path, text in self.files(*MANAGER_FILES):
            for value in systemd_unit_directives.directives(text, "Manager", "DefaultEnvironment"):
                found = found + self.unit_variables(path, value, True) if value else []
        for path, each in found:
            self.add("systemd", path, each)
        self.unit("systemd", "service")

    def unit(self, reader, unit):
        """The variables of one unit, those of files behind its own."""
        own, files = [], []
        for path, text in self.texts(systemd_unit_files(unit, self.root)):
            for value in systemd_unit_directives.directives(text, "Service", "Environment"):
                own = own + self.unit_variables(path, value) if value else []
            for value in systemd_unit_directives.directives(text, "Service", "EnvironmentFile"):
                files = files + [value] if value else []
        for pattern in files:
            for source, text in self.files(self.without_specifiers(pattern.lstrip("-"), unit)):
                found = systemd_environment_file.environment(text, self.systemd_version)
                own += [(source, each) for each in found if concerns(each.name)]
        for source, each in own:
            self.add(reader, source, each)

    @staticmethod
    def without_specifiers(pattern, unit):
        """A path of EnvironmentFile= with the specifiers for the name of its unit replaced."""
        name = unit.rpartition(".")[0] or unit
        return pattern.replace("%N", name).replace("%p", name).replace("%n", unit)

    def unit_variables(self, path, value, of_all=False):
        found = systemd_unit_directives.environment(value, self.systemd_version, of_all)
        return [(path, each) for each in found if concerns(each.name)]

    def docker(self):
        for path, text in self.files(docker_configuration.DAEMON_FILE):
            try:
                found = docker_configuration.environment(text, docker_configuration.daemon_release())
            except ValueError as problem:
                raise Unreadable(f"{path}: {problem}") from None
            for each in found:
                self.add("docker", path, each)

    def package_manager(self, name, path):
        if os.path.islink(self.at(path)):  # yum.conf is a link to dnf.conf where both are there
            return
        try:
            value = dnf_proxy(main_section(read_text_or_none(self.at(path)) or ""))
        except ValueError as problem:
            raise Unreadable(f"{path}: {problem}") from None
        if value:
            self.add(name, path, assignment("proxy", value))

    def apt(self, ask_apt):
        if not os.path.isdir(self.at("/etc/apt")):
            return
        proxies, direct = apt_proxies(apt_options(ask_apt()))
        for key, value in proxies:
            self.add("apt", "apt-config", assignment(key, value))
        if direct:
            self.add("apt", "apt-config", assignment("direct", ",".join(direct)))
        every = self.files("/etc/apt/apt.conf.d/*", "/etc/apt/apt.conf") if proxies else ()
        self.apt_files = [path for path, text in every if re.search(r"(?im)^\s*[a-z].*proxy", text)]


def _curl_version():
    try:
        words = run_text(["curl", "--version"]).split()
    except Unreadable:
        return None
    return words[1] if len(words) > 1 else None
