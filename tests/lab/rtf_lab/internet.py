# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Internet as data: which names it has, at which addresses, and the configuration that serves them."""

import fnmatch
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from . import mail_server, misbehaving_servers, proxies, time_servers, web_servers
from .files import text_file
from .machine import LabError

NETWORK = "198.51.100"
DOMAIN = "lab.example"
DNS_ADDRESS = f"{NETWORK}.53"
# Host numbers of the lab's own services; endpoints of the catalogue are numbered from FIRST_ENDPOINT on.
SERVICES = {
    "smtp": 25,
    **proxies.HTTP,
    **proxies.SOCKS,
    "captive": 40,
    "dns": 53,
    "dns-wrong": 54,
    "dns-wildcard": 55,
    "packages": 80,
    "ntp": 123,
    "ntp2": 124,
    "ntp-auth": 125,
    "ntp-late": 126,
    "ntp3": 127,
}
NTS_SERVER = f"ntp-auth.{DOMAIN}"
# Beside the site's own name server: these lie.
LYING_RESOLVERS = ("dns-wrong", "dns-wildcard")
# The mail server's name, at which it has a certificate.
SMTP_HOST = f"smtp.{DOMAIN}"
# What must run for the simulated Internet to be there.
UNITS = (
    "dnsmasq",
    "nginx",
    "lab-smtp",
    "lab-broker",
    "lab-sink.socket",
    *(f"lab-ntp@{name}" for name in time_servers.NAMES),
    *(f"lab-dns@{name}" for name in LYING_RESOLVERS),
    *(f"lab-squid@{name}" for name in proxies.HTTP),
    *(f"lab-dante@{name}" for name in proxies.SOCKS),
)
FIRST_ENDPOINT = 128
LAST_ENDPOINT = 254

TLS_DIRECTORY = "/etc/lab/tls"


@dataclass(frozen=True)
class Server:
    """One listening endpoint of the simulated Internet."""

    host: str
    address: str
    port: int
    protocol: str
    mutual_tls: bool


def load_servers(path):
    """The Servers that a catalogue file asks for. Raises LabError for a file that is no catalogue of endpoints."""
    try:
        return servers(stages(yaml.safe_load(Path(path).read_text(encoding="utf-8"))["endpoints"]))
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise LabError(f"{path} is not a catalogue of endpoints: {error!r}") from error


def signers(path, hosts):
    """{host: organisation that signs for it} by the operators in a catalogue file. Raises LabError for a host without an operator."""
    try:
        operators = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["operators"]
        found = {
            host: operator["issuers"][0]
            for host in hosts
            for operator in operators
            if any(fnmatch.fnmatchcase(host, pattern) for pattern in operator["hosts"])
        }
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise LabError(f"{path} is not a catalogue of endpoint operators: {error!r}") from error
    missing = sorted(set(hosts) - set(found))
    if missing:
        raise LabError(f"{path} has no operator for {', '.join(missing)}")
    return found


def stages(rows):
    """Catalogue rows -> the rows of all releases: each as it began, and as each of its changes left it."""
    found = []
    for row in rows:
        found.append(row)
        for change in row.get("changes", []):
            found.append({**found[-1], **change})
    return found


def servers(rows):
    """Endpoint rows -> Servers, ordered by host and port; rows of one host and port make one Server.

    Raises LabError when two such rows differ, or a row asks for what the lab does not serve. A broker may share its
    host and port with an HTTPS service: it answers both.
    """
    addresses = endpoint_addresses(row["host"] for row in rows)
    found = {}
    for row in rows:
        if row["protocol"] not in web_servers.HTTP_PROTOCOLS + web_servers.STREAM_PROTOCOLS:
            raise LabError(f"endpoint {row['id']}: the lab does not serve the protocol {row['protocol']!r}")
        server = Server(row["host"], addresses[row["host"]], row["port"], row["protocol"], row["mutual_tls"])
        known = found.setdefault((server.host, server.port), server)
        if known.protocol in web_servers.BROKER_PROTOCOLS and server.protocol == "https":
            server = replace(server, protocol=known.protocol)
        elif known.protocol == "https" and server.protocol in web_servers.BROKER_PROTOCOLS:
            known = found[server.host, server.port] = replace(known, protocol=server.protocol)
        if known != server:
            raise LabError(f"endpoint {row['id']}: another row describes {server.host}:{server.port} differently")
    return [found[key] for key in sorted(found)]


def endpoint_addresses(hosts):
    """Host names -> {name: address}, counted up in the order of the names: the same names get the same addresses."""
    names = sorted(set(hosts))
    if len(names) > LAST_ENDPOINT - FIRST_ENDPOINT + 1:
        raise LabError(f"{len(names)} host names do not fit into {NETWORK}.{FIRST_ENDPOINT}-{LAST_ENDPOINT}")
    return {name: f"{NETWORK}.{FIRST_ENDPOINT + number}" for number, name in enumerate(names)}


def service_addresses():
    """{name in the lab's domain: address} of the lab's own services."""
    return {f"{name}.{DOMAIN}": address_of(name) for name in SERVICES}


def address_of(service):
    """The address of one of SERVICES."""
    return f"{NETWORK}.{SERVICES[service]}"


def configuration(endpoint_servers, node_addresses):
    """The Files of the internet container, without certificates.

    `node_addresses` is {node name: address}: nodes have names in the lab's domain too.
    """
    names = {server.host: server.address for server in endpoint_servers}
    names.update(service_addresses())
    everywhere = sorted(set(names.values()))
    names.update({f"{name}.{DOMAIN}": address for name, address in node_addresses.items()})
    return [
        text_file("/etc/lab/addresses", "".join(f"address replace {one}/32 dev lo\n" for one in everywhere)),
        text_file("/etc/dnsmasq.d/lab.conf", dnsmasq_conf(names)),
        text_file(
            "/etc/nginx/nginx.conf",
            web_servers.nginx_conf(
                endpoint_servers, address_of("captive"), address_of("packages"), DOMAIN, TLS_DIRECTORY
            ),
        ),
        *(
            text_file(
                f"/etc/lab/ntp/{name}.conf",
                time_servers.chronyd_conf(name, address_of(name), address_of("ntp"), f"{TLS_DIRECTORY}/{NTS_SERVER}"),
            )
            for name in time_servers.NAMES
        ),
        text_file(time_servers.KEYS, " ".join(str(part) for part in time_servers.KEY) + "\n"),
        *(
            text_file(f"/etc/lab/squid/{name}.conf", proxies.squid_conf(name, address_of(name), DNS_ADDRESS))
            for name in proxies.HTTP
        ),
        text_file(
            "/etc/lab/dns/dns-wrong.conf",
            misbehaving_servers.wrong_dns_conf(address_of("dns-wrong"), DNS_ADDRESS, address_of("captive")),
        ),
        text_file(
            "/etc/lab/dns/dns-wildcard.conf",
            misbehaving_servers.wildcard_dns_conf(address_of("dns-wildcard"), names, address_of("captive")),
        ),
        text_file("/etc/exim4/exim4.conf", mail_server.exim_conf(SMTP_HOST, address_of("smtp"), TLS_DIRECTORY)),
        *(
            text_file(f"/etc/lab/dante/{name}.conf", proxies.dante_conf(name, address_of(name)))
            for name in proxies.SOCKS
        ),
    ]


def dnsmasq_conf(names):
    """dnsmasq answers for exactly these {name: address}; having nobody to ask, it refuses every other name."""
    lines = [f"listen-address={DNS_ADDRESS}", "bind-interfaces", "no-resolv", "no-hosts", "no-poll"]
    for name, address in sorted(names.items()):
        # `local`: other record types of the name, and names below it, do not exist, rather than being refused.
        lines += [f"local=/{name}/", f"host-record={name},{address}"]
    return "\n".join(lines) + "\n"
