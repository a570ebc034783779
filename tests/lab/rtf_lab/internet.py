# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Internet as data: which names it has, at which addresses, and the configuration that serves them."""

import fnmatch
import re
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from . import misbehaving_servers, proxies
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
NTP_SERVERS = ("ntp", "ntp2", "ntp3", "ntp-auth", "ntp-late")
NTS_SERVER = f"ntp-auth.{DOMAIN}"
NTP_KEYS = "/etc/lab/ntp/keys"
# What ntp-auth knows; nodes that use it need it as an input. ntp-late is behind by so many seconds.
NTP_KEY = (7, "SHA256", "HEX:9F1C0A5E6B7D48213344556677889900AABBCCDDEEFF00112233445566778899")
NTP_LATE = 0.5
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
    *(f"lab-ntp@{name}" for name in NTP_SERVERS),
    *(f"lab-dns@{name}" for name in LYING_RESOLVERS),
    *(f"lab-squid@{name}" for name in proxies.HTTP),
    *(f"lab-dante@{name}" for name in proxies.SOCKS),
)
FIRST_ENDPOINT = 128
LAST_ENDPOINT = 254

TLS_DIRECTORY = "/etc/lab/tls"
SINK = "127.0.0.1:5044"
BROKER_PROTOCOLS = ("amqp_wss", "wss")
HTTP_PROTOCOLS = ("https", *BROKER_PROTOCOLS)
STREAM_PROTOCOLS = ("lumberjack",)


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
        if row["protocol"] not in HTTP_PROTOCOLS + STREAM_PROTOCOLS:
            raise LabError(f"endpoint {row['id']}: the lab does not serve the protocol {row['protocol']!r}")
        server = Server(row["host"], addresses[row["host"]], row["port"], row["protocol"], row["mutual_tls"])
        known = found.setdefault((server.host, server.port), server)
        if known.protocol in BROKER_PROTOCOLS and server.protocol == "https":
            server = replace(server, protocol=known.protocol)
        elif known.protocol == "https" and server.protocol in BROKER_PROTOCOLS:
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
        text_file("/etc/nginx/nginx.conf", nginx_conf(endpoint_servers)),
        *(text_file(f"/etc/lab/ntp/{name}.conf", ntp_conf(name)) for name in NTP_SERVERS),
        text_file(NTP_KEYS, " ".join(str(part) for part in NTP_KEY) + "\n"),
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
        text_file("/etc/exim4/exim4.conf", exim_conf()),
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


def ntp_conf(name):
    """One chronyd that serves the machine's time as if it were a good clock.

    ntp-auth serves it with NTS and a symmetric key, too; ntp-late serves a time that is NTP_LATE seconds behind.
    """
    clock = "local stratum 2\n"
    if name == "ntp-late":
        # chronyd that sets no clock corrects the time that it serves.
        clock = f"server {address_of('ntp')} iburst minpoll 2 maxpoll 2 offset -{NTP_LATE}\n"
    if name == "ntp-auth":
        clock += (
            f"keyfile {NTP_KEYS}\n"
            f"ntsservercert {TLS_DIRECTORY}/{NTS_SERVER}.crt\n"
            f"ntsserverkey {TLS_DIRECTORY}/{NTS_SERVER}.key\n"
        )
    return (
        f"bindaddress {address_of(name)}\n"
        f"{clock}"
        "allow all\n"
        "cmdport 0\n"
        "bindcmdaddress /\n"
        f"pidfile /run/lab-ntp-{name}/chronyd.pid\n"
    )


def nginx_conf(endpoint_servers):
    """nginx.conf: one server per endpoint, on the endpoint's own address, and the package mirror."""
    http = [http_server(server) for server in endpoint_servers if server.protocol in HTTP_PROTOCOLS]
    stream = [stream_server(server) for server in endpoint_servers if server.protocol in STREAM_PROTOCOLS]
    http.append(misbehaving_servers.captive_servers(address_of("captive"), TLS_DIRECTORY))
    return NGINX.format(
        http=indent("".join(http)), stream=indent("".join(stream)), mirror=address_of("packages"), domain=DOMAIN
    )


def exim_conf():
    """Exim that accepts no mail of anybody: STARTTLS on 25 and, with AUTH after it, on 587; TLS at once on 465."""
    stem = f"{TLS_DIRECTORY}/{SMTP_HOST}"
    return f"""\
primary_hostname = {SMTP_HOST}
local_interfaces = {address_of("smtp")}
daemon_smtp_ports = 25 : 587 : 465 : 2525
tls_on_connect_ports = 465
tls_certificate = {stem}.crt
tls_privatekey = /etc/lab/exim.key
tls_advertise_hosts = ${{if eq{{$received_port}}{{2525}}{{!*}}{{*}}}}
auth_advertise_hosts = ${{if and{{ {{def:tls_in_cipher}} {{!eq{{$received_port}}{{25}}}} }}{{*}}{{!*}}}}
acl_smtp_mail = deny
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = false
"""


NGINX = """\
user www-data;
worker_processes 2;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;
events {{
    worker_connections 4096;
}}
http {{
    server_tokens off;
    access_log off;
    error_log stderr notice;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen {mirror}:80;
        server_name packages.{domain};
        root /srv/packages;
    }}
{http}}}
stream {{
    error_log stderr notice;
    ssl_protocols TLSv1.2 TLSv1.3;
{stream}}}
"""


def http_server(server):
    """A TLS server that answers HTTP like the kind of origin that the host name stands for."""
    return (
        f"server {{\n"
        f"    listen {server.address}:{server.port} ssl;\n"
        f"    server_name {server.host};\n"
        f"{tls_lines(server)}"
        f"    include /etc/nginx/origins/{origin(server)}.conf;\n"
        f"}}\n"
    )


def stream_server(server):
    """A TLS server that accepts whatever comes, like a Lumberjack receiver that never acknowledges."""
    return f"server {{\n    listen {server.address}:{server.port} ssl;\n{tls_lines(server)}    proxy_pass {SINK};\n}}\n"


def tls_lines(server):
    """The certificate lines of one server.

    ssl_verify_client alone lets nginx finish the handshake without a client certificate and answer with HTTP 400.
    Real endpoints end it with a TLS alert; VerifyMode=Require makes OpenSSL do so: `handshake failure` within the
    handshake of TLS 1.2, `certificate required` after the client's Finished, so on its first read, in TLS 1.3.
    """
    stem = f"{TLS_DIRECTORY}/{server.host}"
    lines = f"    ssl_certificate {stem}.crt;\n    ssl_certificate_key {stem}.key;\n"
    if server.mutual_tls:
        lines += (
            f"    ssl_client_certificate {TLS_DIRECTORY}/clients.crt;\n"
            "    ssl_verify_depth 2;\n"
            "    ssl_verify_client on;\n"
            "    ssl_conf_command VerifyMode Require;\n"
        )
    return lines


def origin(server):
    """Which file of /etc/nginx/origins answers for a Server, judged by its protocol and host name."""
    if server.protocol in BROKER_PROTOCOLS:
        return "broker"
    if re.search(r"(^|\.)dkr\.ecr\.", server.host):
        return "registry"
    if re.search(r"(^|\.)ecr\.", server.host):
        return "registry_api"
    if re.search(r"(^|\.)storage\.googleapis\.", server.host):
        return "google_storage"
    if re.search(r"\.s3\.", server.host):
        return "object_store"
    return "platform"


def indent(text):
    """Text moved in by one level."""
    return "".join(f"    {line}\n" for line in text.splitlines())
