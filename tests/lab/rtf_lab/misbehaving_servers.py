# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that get in the way of the site, as data: name servers that lie, and a login page of the network."""

# The name for which dns-wrong has an address of its own, and below which it knows every name there could be.
WRONG_NAME = "worker-cloud-helm-prod.s3.amazonaws.com"
WILDCARD_DOMAIN = "corp.example"
# The name for which the login page has a certificate of the authority that inspects.
LOGIN_NAME = "runtime-fabric.s3.amazonaws.com"
PLAIN_PORT, TLS_PORT = 80, 443


def wrong_dns_conf(address, honest, wrong):
    """dnsmasq that asks an honest one, but for one name, and for every name of one domain."""
    return (
        f"{_head(address)}no-hosts\nserver={honest}\n"
        f"address=/{WRONG_NAME}/{wrong}\naddress=/{WILDCARD_DOMAIN}/{wrong}\n"
    )


def wildcard_dns_conf(address, names, wrong):
    """dnsmasq that knows {name: address}, and sends who asks for anything else to one address."""
    records = "".join(f"host-record={name},{known}\n" for name, known in sorted(names.items()))
    return f"{_head(address)}no-hosts\n{records}address=/#/{wrong}\n"


def _head(address):
    return f"listen-address={address}\nbind-interfaces\nno-resolv\nno-poll\n"


def captive_servers(address, tls_directory):
    """nginx servers of a login page, in clear and over TLS."""
    page = (
        "    location / {\n        default_type text/html;\n"
        "        return 200 '<html><title>Sign in to the guest network</title></html>';\n    }\n"
    )
    stem = f"{tls_directory}/captive"
    return (
        f"server {{\n    listen {address}:{PLAIN_PORT};\n{page}}}\n"
        f"server {{\n    listen {address}:{TLS_PORT} ssl;\n"
        f"    ssl_certificate {stem}.crt;\n    ssl_certificate_key {stem}.key;\n{page}}}\n"
    )
