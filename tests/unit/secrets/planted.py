# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in every shape, in every file of a site that is read, and how to find any part of them again.

tests/unit/secrets/test_contract.py fails where the collection reads a path that neither `FILES` nor `HARMLESS` has.
"""

import base64
import functools
import hashlib
import json
from urllib.parse import quote

# Each half of a secret is a word that nothing else has: a part of one is found, too.
SECRETS = {
    "plain": "Kq1xKq1vKq1",
    "blank": "Kq2x Kq2v",
    "hash": "Kq3x#Kq3v",
    "at": "Kq4x@Kq4v",
    "slash": "Kq5x/Kq5v",
    "quotes": "Kq6x'\"Kq6v",
    "percent": "Kq7x%Kq7v",
    "colon": "Kq8x:Kq8v",
    "question": "Kq9x?Kq9v",
    "dollar": "Kq0x$Kq0v",
}
MARK = "Kq"  # every part of every secret begins so
USER = "svcuser"


def encoded(secret):
    return quote(secret, safe="")


@functools.cache
def forms(secret, user=USER):
    """Every text by which a secret can be had: parts of it, encoded, in base64 as a proxy is sent it, as a digest."""
    texts = {secret, encoded(secret)}
    for text in list(texts):
        for credentials in (text, user + ":" + text):
            whole = base64.b64encode(credentials.encode()).decode().rstrip("=")
            texts |= {whole, hashlib.sha256(credentials.encode()).hexdigest()}
    return frozenset(texts)


def found_in(text, secrets=None):
    """Return what of the secrets is in a text or in bytes: whole ones in any form, and words of planted ones."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    secrets = SECRETS.values() if secrets is None else secrets
    return sorted(
        {form for secret in secrets for form in forms(secret) if form in text} | ({MARK} if MARK in text else set())
    )


def urls(scheme="http"):
    """URLs of a proxy with each secret: as password, as the user, raw and encoded, and what is no URL at all."""
    for secret in SECRETS.values():
        for text in (secret, encoded(secret)):
            yield f"{scheme}://{USER}:{text}@planted.example.com:3128"
            yield f"{scheme}://{text}@planted.example.com"
        yield secret
        yield f"{scheme}://planted.example.com:{secret}"


WITH_A_SECRET = [url for scheme in ("https", "socks5") for url in urls(scheme) if "@" in url or "planted" in url]


def _named(pattern, names, values):
    """Lines with each value under the next name; of a name that comes again, readers may take the last."""
    return "".join(pattern.format(names[number % len(names)], value) + "\n" for number, value in enumerate(values))


_VARIABLES = (
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
)
_INSTALLER = (
    "RTF_HTTP_PROXY",
    "RTF_MONITORING_PROXY",
    "RTF_NO_PROXY",
    "RTF_TOKEN",
    "RTF_ACTIVATION_DATA",
    "RTF_DOCKER_DEVICE",
)
_SECRET_LINES = "".join(f"{secret}\n" for secret in SECRETS.values())


def _each(path, pattern, names, values):
    """{path: text}: a file for each few values, so that every value is the last one of some name somewhere."""
    values = list(values)
    size = len(names)
    return {
        path.format(start // size): _named(pattern, names, values[start : start + size])
        for start in range(0, len(values), size)
    }


def _repositories():
    lines = [
        "deb {} stable main".format(url.replace("planted.example.com", "planted.example.com/debian"))
        for url in urls("https")
    ]
    stanzas = "\n\n".join(f"Types: deb\nURIs: {url}\nSuites: stable" for url in urls("https"))
    sections = "\n".join(
        "[planted{0}]\nbaseurl={1}\nproxy={2}\nproxy_username={3}\nproxy_password={4}\npassword={4}".format(
            number, url, "http://planted.example.com:1", USER, list(SECRETS.values())[number % len(SECRETS)]
        )
        for number, url in enumerate(urls("https"))
    )
    return lines, stanzas, sections


_LINES, _STANZAS, _SECTIONS = _repositories()

# {path: text} of files that hold secrets, among them everything of a site's that the collection reads.
# What hooks and rules of a site hold beside a kernel parameter.
_COMMANDS = [
    f"curl --proxy http://{USER}:{encoded(secret)}@planted.example.com -u '{USER}:{secret}'; sysctl -w net.ipv4.ip_forward=1"
    for secret in SECRETS.values()
]
_SCRIPT = "#!/bin/sh\n" + "".join(line + "\n" for line in _COMMANDS)
_PROFILE = "[main]\nsummary=Kq1xKq1vKq1\n[sysctl]\nnet.ipv4.ip_forward=1\n[script]\nscript=/x Kq2x Kq2v\n"

FILES = {
    **dict.fromkeys(
        (
            "/etc/rc.local",
            "/etc/rc.d/rc.local",
            "/etc/network/if-pre-up.d/planted",
            "/etc/network/if-up.d/planted",
            "/etc/NetworkManager/dispatcher.d/planted",
            "/etc/NetworkManager/dispatcher.d/pre-up.d/planted",
            "/etc/networkd-dispatcher/configured.d/planted",
            "/etc/networkd-dispatcher/routable.d/planted",
        ),
        _SCRIPT,
    ),
    "/etc/udev/rules.d/99-planted.rules": "".join(
        f'ACTION=="add", RUN+="/bin/sh -c \\"{line}\\""\n' for line in _COMMANDS
    ),
    "/etc/tuned/planted/tuned.conf": _PROFILE,
    "/etc/tuned/profiles/planted/tuned.conf": _PROFILE,
    "/etc/frr/frr.conf": "password Kq1xKq1vKq1\nenable password Kq2x Kq2v\nno ip forwarding\n",
    "/etc/shorewall/shorewall.conf": "IP_FORWARDING=Keep\nTC='Kq1xKq1vKq1'\n",
    "/etc/environment": _named("{0}={1}", _VARIABLES, urls()),
    "/etc/profile": _named("export {0}={1}", _VARIABLES, urls()),
    **_each("/etc/profile.d/planted{0}.sh", 'export {0}="{1}"', _VARIABLES, urls()),
    **_each("/etc/profile.d/planted-raw{0}.sh", "export {0}={1}", _VARIABLES, urls()),
    "/etc/systemd/system.conf": "[Manager]\n" + _named("DefaultEnvironment={0}={1}", _VARIABLES, urls()),
    "/etc/systemd/system.conf.d/planted.conf": "[Manager]\n"
    + _named('DefaultEnvironment="{0}={1}"', _VARIABLES, urls()),
    "/etc/systemd/system/service.d/planted.conf": "[Service]\n" + _named('Environment="{0}={1}"', _VARIABLES, urls()),
    "/etc/systemd/system/docker.service.d/planted.conf": (
        "[Service]\nEnvironmentFile=-/etc/planted.env\n" + _named("Environment={0}={1}", _VARIABLES, urls())
    ),
    "/etc/systemd/system/containerd.service.d/planted.conf": "[Service]\n"
    + _named("Environment={0}={1}", _VARIABLES, urls()),
    "/etc/planted.env": _named("{0}={1}", _VARIABLES, urls()),
    "/etc/apt/apt.conf.d/99planted": "".join(
        'Acquire::{}::Proxy "{}";\n'.format(scheme, url.replace('"', ""))
        for scheme in ("http", "https")
        for url in urls()
    ),
    "/etc/apt/auth.conf.d/planted.conf": "machine planted.example.com login u password Kq1xKq1vKq1\n",
    "/etc/apt/sources.list": "".join(line + "\n" for line in _LINES),
    "/etc/apt/sources.list.d/planted.list": "".join(line + "\n" for line in _LINES),
    "/etc/apt/sources.list.d/planted.sources": _STANZAS + "\n",
    "/etc/dnf/dnf.conf": f"[main]\nproxy=http://planted.example.com:1\nproxy_username={USER}\nproxy_password=Kq2x Kq2v\n",
    "/etc/yum.conf": f"[main]\nproxy=http://{USER}:Kq5x/Kq5v@planted.example.com:1\n",
    "/etc/yum.repos.d/planted.repo": _SECTIONS + "\n",
    "/etc/yum/repos.d/planted.repo": "[a]\nKq1xKq1vKq1 no option\n",
    "/etc/distro.repos.d/planted.repo": "Kq1xKq1vKq1=no section\n",
    "/etc/yum/vars/planted": "Kq1xKq1vKq1\n",
    "/etc/dnf/vars/planted": "u:Kq1xKq1vKq1@planted.example.com\n",
    **_each("/opt/anypoint/runtimefabric/env", "{0}={1}", _INSTALLER, list(urls())[-6:]),
    "/etc/docker/daemon.json": json.dumps(
        {
            "proxies": {
                f"{name}-proxy": f"http://{USER}:Kq3x#Kq3v@planted.example.com" for name in ("http", "https", "no")
            }
        }
    ),
    "/etc/chrony/chrony.keys": "".join(
        f"{number} SHA1 {secret}\n" for number, secret in enumerate(SECRETS.values(), 100)
    ),
    "/etc/NetworkManager/system-connections/planted.nmconnection": (
        "[connection]\nid=planted\ninterface-name=planted0\n[wifi-security]\npsk=Kq1xKq1vKq1\n"
        "[802-1x]\npassword=Kq3x#Kq3v\n[ipv4]\nmethod=auto\n"
    ),
    "/run/NetworkManager/system-connections/netplan-planted.nmconnection": "[wifi-security]\npsk=Kq1xKq1vKq1\n",
    "/usr/lib/NetworkManager/system-connections/planted.nmconnection": "[vpn-secrets]\npassword=Kq1xKq1vKq1\n",
    "/etc/netplan/99-planted.yaml": "network: {wifis: {planted0: {access-points: {a: {password: Kq1xKq1vKq1}}}}}\n",
    "/etc/network/interfaces": "iface planted1 inet dhcp\n  wpa-psk Kq2x Kq2v\n",
    "/etc/network/interfaces.d/planted": "iface planted0 inet dhcp\n  wpa-psk Kq1xKq1vKq1\n",
    "/etc/sysconfig/network-scripts/ifcfg-planted": "DEVICE=planted0\nBOOTPROTO=dhcp\nKEY1=Kq1xKq1vKq1\n",
    "/etc/sysconfig/network/ifcfg-planted": "BOOTPROTO=dhcp\nWIRELESS_WPA_PSK='Kq2x Kq2v'\n",
    "/etc/systemd/network/99-planted.network": "[Match]\nName=planted0\n[WireGuard]\nPrivateKey=Kq1xKq1vKq1\n",
    "/run/systemd/network/10-netplan-planted.network": "[Match]\nName=planted0\n[WireGuard]\nPrivateKey=Kq1xKq1vKq1\n",
    "/run/systemd/network/10-netplan-planted.network.d/planted.conf": "[WireGuardPeer]\nPresharedKey=Kq1xKq1vKq1\n",
    "/run/netplan/planted.yaml": "network: {wifis: {planted0: {access-points: {a: {password: Kq1xKq1vKq1}}}}}\n",
    "/usr/lib/netplan/planted.yaml": "network: {modems: {planted0: {password: Kq1xKq1vKq1}}}\n",
    "/etc/default/networking": "PLANTED=Kq1xKq1vKq1\n",
    "/etc/fstab": (
        f"//{USER}:Kq4x@Kq4v@planted.example.com/x /planted1 cifs noauto,username=u,password=Kq1xKq1vKq1,credentials=Kq1xKq1vKq1 0 0\n"
        "u#Kq3x@planted:/x /planted2 fuse.sshfs noauto,pw=Kq3x#Kq3v 0 0\n# RTF Kq1xKq1vKq1\n"
    ),
    "/etc/modprobe.d/planted.conf": "install planted /bin/sh -c 'login --password Kq1xKq1vKq1'\ninstall br_netfilter /bin/sh Kq2x Kq2v\n",
    "/etc/sysctl.d/99-planted.conf": "kernel.planted = Kq1xKq1vKq1\n",
    "/etc/modules-load.d/planted.conf": "# Kq1xKq1vKq1\n",
    "/etc/cloud/cloud.cfg.d/99-planted.cfg": "chpasswd: {list: ['root:Kq1xKq1vKq1']}\n",
}

# Other paths that are read or written, each with why nothing of a site's secrets can be in what is returned. A directory that ends
# with a slash stands for all that is in it.
HARMLESS = {
    "/etc/tuned/active_profile": "the name of a profile",
    "/etc/tuned/tuned-main.conf": "how tuned works",
    "/usr/lib/tuned": "the distribution's",
    "/usr/lib/tuned/profiles": "the distribution's",
    "/usr/local/lib": "a directory that others are looked for in",
    "/run/systemd/netif/links/": "two words of it are returned",
    "/run/credentials/@system/sysctl.extra": "kernel parameters",
    "/run/udev/control": "it is there or not",
    "/proc": "the kernel's own; of processes only names are returned, of their environments only proxies",
    "/proc/": "the same",
    "/sys/": "the kernel's own",
    "/run/netns": "network namespaces, of which the names are returned",
    "/var/log/pods": "directories of logs, of which the names are returned",
    "/var/lib/dpkg/lock": "it is locked or not",
    "/var/lib/dpkg/lock-frontend": "it is locked or not",
    "/var/lib/rpm/.rpm.lock": "it is locked or not",
    "/usr/lib/sysimage/rpm/.rpm.lock": "it is locked or not",
    "/boot": "kernels",
    "/boot/": "kernels",
    "/lib/modules": "kernels",
    "/lib/modules/": "kernels",
    "/etc/modules": "names of modules",
    "/etc/os-release": "the distribution's",
    "/usr/lib/os-release": "the distribution's",
    "/etc/centos-release": "the distribution's",
    "/etc/hostname": "the name of the host",
    "/etc/localtime": "a link to a time zone",
    "/etc/resolv.conf": "addresses of name servers",
    "/run/systemd/resolve/resolv.conf": "addresses of name servers",
    "/run/NetworkManager/no-stub-resolv.conf": "addresses of name servers",
    "/run/systemd/netif/leases/": "leases, of which addresses alone are returned",
    "/var/lib/dhclient/": "leases, of which addresses alone are returned",
    "/var/lib/dhcp/": "leases, of which addresses alone are returned",
    "/var/lib/NetworkManager/": "leases, of which addresses alone are returned",
    "/run/systemd/netif/links/{}": "two words of it are returned",
    "/run/NetworkManager/devices/{}": "one word of it is returned",
    "/run/network/ifstate": "names of interfaces",
    "/usr/share/ifupdown2": "it is there or not",
    "/usr/libexec/ifupdown-ng": "it is there or not",
    "/lib/ifupdown-ng": "it is there or not",
    "/usr/libexec/netplan/generate": "a program",
    "/usr/lib/netplan/generate": "a program",
    "/lib/netplan/generate": "a program",
    "/lib/netplan": "read as /usr/lib/netplan",
    "/usr/lib64/NetworkManager/": "plugins",
    "/usr/lib/*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so": "plugins",
    "/etc/selinux/config": "one word of it is returned",
    "/etc/fapolicyd/fapolicyd.conf": "one word of it is returned",
    "/etc/apt/apt.conf": "it mentions a proxy or not; its settings are those of apt-config",
    "/var/lib/apt/lists": "only when it was changed is read",
    "/var/lib/apt/periodic/update-success-stamp": "the same",
    "/etc/cloud/cloud.cfg": "it is there or not",
    "/etc/cloud/cloud.cfg.d/*.cfg": "one word of it is returned",
    "/etc/cloud/cloud-init.disabled": "it is there or not",
    "/run/cloud-init/disabled": "it is there or not",
    "/etc/chrony.conf": "paths of files that it names",
    "/etc/chrony/chrony.conf": "paths of files that it names",
    "/etc/ssl/certs/ca-certificates.crt": "certificates of authorities",
    "/etc/docker/certs.d": "certificates of authorities; keys that lie there have other names",
    "/etc/containerd/certs.d": "the same, and of hosts.toml the paths of such certificates",
    "/etc/containerd/config.toml": "containerd reads it; of what it prints, paths of certificates are used",
    "/var/lib/rancher/k3s/agent/etc/containerd/certs.d": "as /etc/containerd/certs.d",
    "/var/lib/rancher/rke2/agent/etc/containerd/certs.d": "as /etc/containerd/certs.d",
    "/etc/containers/certs.d": "certificates of authorities; keys that lie there have other names",
    "/opt/anypoint/runtimefabric/init.sh": "the vendor's; its version is returned",
    "/opt/anypoint/runtimefabric/scripts/init.sh": "the vendor's; its version is returned",
    "/etc/firewalld": "rules of a firewall",
    "/usr/lib/firewalld": "rules of a firewall",
    "/etc/ufw/": "rules of a firewall",
    "/etc/default/ufw": "settings of a firewall",
    "/etc/iptables/": "rules of a firewall",
    "/etc/nftables.d/": "rules of a firewall",
    "/etc/systemd/system": "units of our own",
    "/etc/systemd/system/multi-user.target.wants/": "links to units",
    "/etc/systemd/system/sysinit.target.wants/": "links to units",
    "/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service": "a link to a unit",
    "/etc/systemd/system/iptables.service": "it is there or not",
    "/run/systemd/system": "it is there or not",
    "/run/chrony/chronyd.sock": "when it was made",
    "/run/hostprep-runtime-fabric-firewall.lock": "a lock of our own, with the run that holds it",
    "/etc/nftables.conf": "rules of a firewall",
    "/etc/sysconfig/nftables.conf": "rules of a firewall",
    "/var/lib/hostprep-runtime-fabric": "records of our own",
    "/var/lib/hostprep-runtime-fabric/": "records of our own",
    "/run/{0}-firewalld.json": "a record of our own",
    "/run/{0}-firewalld.undo": "a record of our own",
    "/run/{0}-ufw.undo": "a record of our own",
    "/usr/bin/vmware-toolbox-cmd": "a program",
    "/usr/local/sbin/": "programs",
    "/usr/sbin:/usr/bin:/sbin:/bin": "programs",
    "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin": "programs",
    "/var/lib/systemd/timers/": "time stamps",
    **dict.fromkeys(
        (
            f"{folder}/{name}"
            for name in ("modprobe.d", "modules-load.d", "sysctl.d", "systemd/network", "systemd/system")
            for folder in ("/run", "/usr/local/lib", "/usr/lib", "/lib")
        ),
        "read as the directory of this name in /etc",
    ),
    "/etc/sysctl.conf": "read as /etc/sysctl.d",
    **dict.fromkeys(
        (f"{top}/systemd/networkd.conf" for top in ("/etc", "/run", "/usr/local/lib", "/usr/lib")),
        "one word of it is returned",
    ),
}
