# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies of the site as data: squid for HTTP, dante for SOCKS5, each once open to all and once with a password.

A third squid decrypts TLS with an authority of its own. To add a proxy: its name and host number in HTTP or SOCKS.
"""

from pathlib import Path

# {name: host number of its address}
HTTP = {"proxy": 31, "proxy-auth": 32, "proxy-inspect": 35}
SOCKS = {"socks": 33, "socks-auth": 34}
HTTP_PORT = 3128
SOCKS_PORT = 1080
# Where the squid that decrypts accepts connections to other servers.
INTERCEPT_PORT = 3129
AUTHENTICATED = ("proxy-auth", "socks-auth")
INSPECTING = ("proxy-inspect",)
INSPECTION_AUTHORITY = "/etc/lab/tls/inspection"
# Rules of tests, read before those of the lab's own: see faults.proxy_rules().
RULES = "/etc/lab/squid/rules"
USER = "proxy-user"
# Every odd character in it is one that some consumer of a proxy URL, a shell or a unit file gets wrong.
PASSWORD_FILE = Path(__file__).resolve().parents[1] / "images" / "internet" / "root" / "etc" / "lab" / "proxy-password"


def password():
    """The password of USER at every proxy that asks for one."""
    return PASSWORD_FILE.read_text(encoding="utf-8").rstrip("\n")


def squid_conf(name, address, resolver):
    """squid.conf of one HTTP proxy: it connects to any port of any name, and caches nothing."""
    lines = [
        f"http_port {address}:{HTTP_PORT}{_BUMP if name in INSPECTING else ''}",
        f"visible_hostname {name}.lab.example",
        f"dns_nameservers {resolver}",
        f"pid_filename /run/lab-squid-{name}/squid.pid",
        f"access_log stdio:/var/log/squid/{name}.log",
        f"cache_log /var/log/squid/{name}.cache.log",
        "cache deny all",
        "pinger_enable off",
        "shutdown_lifetime 0 seconds",
        f"include {RULES}/{name}.conf",
    ]
    if name in INSPECTING:
        lines += [
            f"https_port {address}:{INTERCEPT_PORT} intercept{_BUMP}",
            f"sslcrtd_program /usr/lib/squid/security_file_certgen -s /run/lab-squid-{name}/certificates -M 4MB",
            "sslcrtd_children 2 startup=1",
            "tls_outgoing_options cafile=/etc/lab/tls/root.crt",
            "acl hello at_step SslBump1",
            "ssl_bump peek hello",
            "ssl_bump bump all",
        ]
    if name in AUTHENTICATED:
        lines += [
            "auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/lab/proxy-users",
            "auth_param basic realm lab",
            "acl known proxy_auth REQUIRED",
            "http_access allow known",
            "http_access deny all",
        ]
    else:
        lines.append("http_access allow all")
    return "\n".join(lines) + "\n"


_BUMP = (
    " ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB"
    f" cert={INSPECTION_AUTHORITY}.crt key={INSPECTION_AUTHORITY}.key"
)


def dante_conf(name, address):
    """danted.conf of one SOCKS5 proxy: it connects to any port of any name, which it resolves itself."""
    method = "username" if name in AUTHENTICATED else "none"
    return f"""\
logoutput: stderr
internal: {address} port = {SOCKS_PORT}
external: {address}
clientmethod: none
socksmethod: {method}
user.privileged: root
user.unprivileged: nobody
client pass {{
    from: 0.0.0.0/0 to: 0.0.0.0/0
    log: error
}}
socks pass {{
    from: 0.0.0.0/0 to: 0.0.0.0/0
    command: connect
    log: error
}}
"""
