# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail server of the site, as data."""


def exim_conf(host, address, tls_directory):
    """Exim that accepts no mail of anybody: STARTTLS on 25 and, with AUTH after it, on 587; TLS at once on 465."""
    stem = f"{tls_directory}/{host}"
    return f"""\
primary_hostname = {host}
local_interfaces = {address}
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
