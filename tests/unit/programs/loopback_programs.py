# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that sites have, as processes on loopback that hold nothing outside a folder of theirs."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

SQUID = """
dns_nameservers 127.0.0.1
# What Debian installs elsewhere, and what a proxy that runs for a second does not need.
mime_table {folder}/empty
err_page_stylesheet {folder}/empty
icon_directory {folder}
error_directory {folder}
unlinkd_program /bin/true
logfile_daemon /bin/true
pinger_enable off
access_log none
cache_log {folder}/cache.log
pid_filename {folder}/pid
coredump_dir {folder}
netdb_filename none
cache_mem 1 MB
shutdown_lifetime 0 seconds
"""
NGINX = """
{modules}
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
}}
{others}
"""
DANTED = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: {method}
{users}
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
{rules}
"""
# Without what needs rights or devices that it does not have in a namespace of users.
CONTAINERD = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.restart",
  "io.containerd.monitor.v1.cgroups", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.overlayfs", "io.containerd.snapshotter.v1.zfs",
]
[grpc]
address = "{folder}/socket"
"""
REGISTRY = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http:
  addr: 127.0.0.1:{port}
  tls: {{certificate: {folder}/certificates.pem, key: {folder}/key.pem}}
{more}
"""
PASS = "socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }"


def program(name):
    """The path of a program that tools/programs.sh unpacks."""
    path = shutil.which(name)
    assert path, f"{name} is missing: tools/programs.sh unpacks it"
    return path


@contextlib.contextmanager
def folder():
    """A folder for a program: one that is started as root and goes on as a user of its own cannot use pytest's."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)


@contextlib.contextmanager
def running(words, port, end=subprocess.Popen.terminate):
    """A program that serves a TCP port of 127.0.0.1, once it does so."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(process, port)
        yield
    finally:
        end(process)
        process.communicate(timeout=loopback.PATIENCE)


def wait_for(process, port):
    deadline = deadlines.Deadline(loopback.PATIENCE)
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, process.stdout.read().decode(errors="replace")
        assert not deadline.expired(), f"{process.args} did not come up"
        time.sleep(0.05)


@contextlib.contextmanager
def squid(*lines, helpers=()):
    """squid with these lines; yields its port. helpers: {name: shell script} that a line may call as @name."""
    with folder() as place:
        port, text = loopback.closed_port(), "\n".join(lines)
        (place / "empty").touch()
        for name, script in dict(helpers).items():
            (place / name).write_text(f"#!/bin/sh\n{script}\n")
            (place / name).chmod(0o755)
            text = text.replace(f"@{name}", str(place / name))
        settings = f"http_port 127.0.0.1:{port}\n{text}\n{SQUID.format(folder=place)}"
        (place / "squid.conf").write_text(settings)
        # Asked to end, squid takes a second or two.
        with running([program("squid"), "-N", "-f", str(place / "squid.conf")], port, subprocess.Popen.kill):
            yield port


@contextlib.contextmanager
def nginx(http, port, stream=""):
    """nginx with these servers, of which one listens on `port`; stream: those of its module of that name."""
    with folder() as place:
        # Where nginx is unpacked, the wrapper says.
        root = re.search(r'exec "(.*)/usr/sbin/nginx"', Path(program("nginx")).read_text()).group(1)
        modules = f"load_module {root}/usr/lib/nginx/modules/ngx_stream_module.so;" if stream else ""
        others = f"stream {{ {stream} }}" if stream else ""
        (place / "nginx.conf").write_text(NGINX.format(folder=place, modules=modules, http=http, others=others))
        with running([program("nginx"), "-p", str(place), "-c", str(place / "nginx.conf")], port):
            yield port


@contextlib.contextmanager
def danted(rules=PASS, method="none"):
    """dante's SOCKS5 server with these rules; yields its port."""
    with folder() as place:
        port = loopback.closed_port()
        users = "user.privileged: root\nuser.unprivileged: nobody" if os.geteuid() == 0 else ""
        text = DANTED.format(port=port, method=method, users=users, rules=rules)
        (place / "danted.conf").write_text(text)
        with running([program("danted"), "-N", "1", "-p", f"{place}/pid", "-f", str(place / "danted.conf")], port):
            yield port


@contextlib.contextmanager
def dnsmasq(*lines):
    """dnsmasq with these lines and without names of its own; yields its port, for UDP and TCP."""
    with folder() as place:
        port = loopback.closed_port()
        own = [
            f"port={port}",
            "listen-address=127.0.0.1",
            "bind-interfaces",
            "no-resolv",
            "no-hosts",
            "keep-in-foreground",
        ]
        own += [f"pid-file={place}/pid", "user=root" if os.geteuid() == 0 else ""]
        (place / "dnsmasq.conf").write_text("\n".join([*own, *lines]) + "\n")
        with running([program("dnsmasq"), f"--conf-file={place}/dnsmasq.conf"], port):
            yield port


@contextlib.contextmanager
def containerd():
    """containerd, which pulls no image by itself; yields the path of its socket."""
    with folder() as place:
        (place / "config.toml").write_text(CONTAINERD.format(folder=place))
        words = ["unshare", "--user", "--map-root-user", "--mount", program("containerd"), "--config", "config.toml"]
        process = subprocess.Popen(words, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = deadlines.Deadline(loopback.PATIENCE)
        try:
            while not (place / "socket").exists():
                assert process.poll() is None, process.stdout.read().decode(errors="replace")
                assert not deadline.expired(), "containerd did not come up"
                time.sleep(0.02)
            yield place / "socket"
        finally:
            process.terminate()
            process.communicate(timeout=loopback.PATIENCE)


@contextlib.contextmanager
def registry(sent, more=""):
    """An empty registry of images that sends these chains.Certificates; yields its port. more: lines of its configuration."""
    with folder() as place:
        port = loopback.closed_port()
        (place / "certificates.pem").write_bytes(b"".join(each.pem for each in sent))
        (place / "key.pem").write_bytes(sent[0].key_pem)
        (place / "config.yml").write_text(REGISTRY.format(folder=place, port=port, more=more))
        with running([program("docker-registry"), "serve", str(place / "config.yml")], port):
            yield port


class Postgresql:
    """A cluster of databases in a folder. It refuses to run as root, and so gets another number for the same user."""

    def __init__(self, place):
        self._place = place
        self._as_user = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
        words = ["initdb", "--no-sync", "--no-locale", "--auth=reject", "--username=site", "-D", str(place / "data")]
        subprocess.run([*self._as_user, *words], stdout=subprocess.DEVNULL, check=True)

    @contextlib.contextmanager
    def serving(self, access, certificate=None, **settings):
        """Its server, with this line of pg_hba.conf; yields the port. certificate: a chains.Certificate, None for no TLS."""
        port = loopback.closed_port()
        (self._place / "access").write_text(f"{access}\n")
        settings.update(port=port, listen_addresses="127.0.0.1", unix_socket_directories="", fsync="off")
        settings.update(hba_file=self._place / "access")
        if certificate is not None:
            for name, content in (("certificate", certificate.pem), ("key", certificate.key_pem)):
                (self._place / name).write_bytes(content)
                (self._place / name).chmod(0o600)
            settings.update(ssl="on", ssl_cert_file=self._place / "certificate", ssl_key_file=self._place / "key")
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        words = [*self._as_user, program("postgres"), "-D", str(self._place / "data"), *options]
        with running(words, port, lambda process: process.send_signal(signal.SIGINT)):
            # It listens before it is ready, as pg_ctl has to know, too.
            deadline = deadlines.Deadline(loopback.PATIENCE)
            while "ready" not in (self._place / "data" / "postmaster.pid").read_text():
                assert not deadline.expired(), "PostgreSQL did not come up"
                time.sleep(0.02)
            yield port
