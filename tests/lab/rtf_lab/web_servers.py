# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the catalogue and the package mirror, as data: nginx that answers as each of them does."""

import re

from . import misbehaving_servers

SINK = "127.0.0.1:5044"
BROKER_PROTOCOLS = ("amqp_wss", "wss")
HTTP_PROTOCOLS = ("https", *BROKER_PROTOCOLS)
STREAM_PROTOCOLS = ("lumberjack",)


def nginx_conf(endpoint_servers, captive, mirror, domain, tls_directory):
    """nginx.conf: one server per endpoint, on the endpoint's own address, the login page and the package mirror.

    captive, mirror: addresses of these two.
    """
    http = [http_server(server, tls_directory) for server in endpoint_servers if server.protocol in HTTP_PROTOCOLS]
    stream = [
        stream_server(server, tls_directory) for server in endpoint_servers if server.protocol in STREAM_PROTOCOLS
    ]
    http.append(misbehaving_servers.captive_servers(captive, tls_directory))
    return NGINX.format(http=indent("".join(http)), stream=indent("".join(stream)), mirror=mirror, domain=domain)


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


def http_server(server, tls_directory):
    """A TLS server that answers HTTP like the kind of origin that the host name stands for."""
    return (
        f"server {{\n"
        f"    listen {server.address}:{server.port} ssl;\n"
        f"    server_name {server.host};\n"
        f"{tls_lines(server, tls_directory)}"
        f"    include /etc/nginx/origins/{origin(server)}.conf;\n"
        f"}}\n"
    )


def stream_server(server, tls_directory):
    """A TLS server that accepts whatever comes, like a Lumberjack receiver that never acknowledges."""
    return f"server {{\n    listen {server.address}:{server.port} ssl;\n{tls_lines(server, tls_directory)}    proxy_pass {SINK};\n}}\n"


def tls_lines(server, tls_directory):
    """The certificate lines of one server.

    ssl_verify_client alone lets nginx finish the handshake without a client certificate and answer with HTTP 400.
    Real endpoints end it with a TLS alert; VerifyMode=Require makes OpenSSL do so: `handshake failure` within the
    handshake of TLS 1.2, `certificate required` after the client's Finished, so on its first read, in TLS 1.3.
    """
    stem = f"{tls_directory}/{server.host}"
    lines = f"    ssl_certificate {stem}.crt;\n    ssl_certificate_key {stem}.key;\n"
    if server.mutual_tls:
        lines += (
            f"    ssl_client_certificate {tls_directory}/clients.crt;\n"
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
