# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which repositories this host gets packages, and by which proxy. Files are read; no package manager updates anything."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.files_below_root import FilesBelowRoot
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    Unreadable,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import Display
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages import repository_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.apt_options import apt_options
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.dnf_options import (
    dnf_proxy,
    main_section,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.proxy_evidence import (
    apt_configuration,
)

MOST = 200  # repositories


def repository_evidence(hashes, root="/", ask_apt=apt_configuration):
    """Return `{"manager", "repositories", "local", "unreadable"}`.

    manager: `apt`, `dnf` or None. A repository is `{"name", "source", "places", "unknown"}`; one of its places is enough:
    `{"scheme", "host", "port", "proxy", "password", "verified"}`. proxy: the package manager's own, as it may be shown,
    `direct` where it is to use none, or "" where it has no setting; password: as in `proxy_evidence`; verified: whether the
    server is verified with the host's trust store. unknown: why nothing is known of the rest, or None.
    local: how many are on the host itself. root: the directory whose files are read.
    """
    reader = _Reader(hashes, root)
    manager = None
    if os.path.isdir(reader.at("/etc/apt")):
        manager = "apt"
        reader.apt(ask_apt)
    elif any(os.path.exists(reader.at(path)) for path in repository_files.DNF_MAIN + ("/etc/yum.repos.d",)):
        manager = "dnf"
        reader.dnf()
    if len(reader.found) > MOST:
        reader.unreadable.append(f"only {MOST} of {len(reader.found)} repositories are listed")
    return {
        "manager": manager,
        "repositories": reader.found[:MOST],
        "local": reader.local,
        "unreadable": reader.unreadable,
        "dangling": reader.dangling,
    }


class _Reader(FilesBelowRoot):
    """Collects repositories from the files below a root directory."""

    def __init__(self, hashes, root):
        super().__init__(root)
        self.display, self.found, self.local = Display(hashes), [], 0

    def apt(self, ask_apt):
        options = list(apt_options(ask_apt()))
        for pattern, uris in repository_files.APT:
            for source, text in self.files(pattern):
                for uri in dict.fromkeys(uris(text)):
                    self.add(None, source, [uri], lambda place: repository_files.apt_proxy(options, place), True)

    def dnf(self):
        main = {}
        for path in repository_files.DNF_MAIN:
            try:
                text = read_text_or_none(self.at(path))
            except DanglingLink as problem:
                self.dangling.append(str(problem))
                continue
            except Unreadable as problem:
                self.unreadable.append(str(problem))
                continue
            try:
                main = main or main_section(text or "")
            except ValueError as problem:
                self.unreadable.append(f"{path}: {problem}")
        variables = {os.path.basename(path): text.strip() for path, text in self.files(*repository_files.DNF_VARIABLES)}
        seen = set()
        for source, text in self.files(*repository_files.DNF):
            real = os.path.realpath(self.at(source))
            if real in seen:  # yum.conf is a link to dnf.conf where both are there
                continue
            seen.add(real)
            try:
                sections = repository_files.repo_sections(text)
            except ValueError as problem:
                self.unreadable.append(f"{source}: {problem}")
                continue
            for name, own in sections.items():
                options = dict(main, **own)
                proxy = dnf_proxy(options) or ("DIRECT" if options.get("proxy") else "")
                urls = repository_files.repo_urls(own, variables)
                self.add(
                    name, source, urls, lambda dummy, proxy=proxy: proxy, repository_files.verified_by_all(options)
                )

    def shown(self, proxy):
        """Return (the proxy with its secrets masked, whether it has credentials)."""
        return ("direct", "none") if proxy.upper() == "DIRECT" else self.display.setting("proxy", proxy)

    def add(self, name, source, urls, proxy_to, verified):
        """A repository that has all of some URLs."""
        places, unknown, local = [], None, False
        for url in urls:
            try:
                place = repository_files.place_of(url)
                if place is None:
                    local = True
                    continue
                proxy, password = self.shown(proxy_to(place))
            except ValueError as problem:
                unknown = str(problem)
                continue
            places.append(dict(place, proxy=proxy, password=password, verified=verified))
        if local:
            self.local += 1
        elif places or unknown:
            shown = name or (places[0]["host"] if places else "a source")
            self.found.append({"name": shown, "source": source, "places": places, "unknown": unknown})
