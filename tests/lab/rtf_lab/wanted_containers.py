# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every container of an instance must be: the wanted state, from the catalogue and the instance's keys."""

from . import images, internet, misbehaving_servers, pki, proxies, ssh
from .containers import Specification, kernel_modules
from .files import File, text_file
from .instance import CHECKOUT, INTERNET

CATALOGUE = CHECKOUT / "catalog" / "endpoints.yml"
ENDPOINT_OPERATORS = CHECKOUT / "catalog" / "endpoint_operators.yml"
# lab-trust.service of the image puts it into the distribution's trust store at the first boot.
TRUSTED_CA = "/usr/local/share/ca-certificates/lab-root.crt"


def specifications(instance, built, keys):
    """The Specifications of all containers. `built` is {name: Image}; makes the certificates that are missing."""
    servers = internet.load_servers(CATALOGUE)
    authority = pki.ensure_authority(instance.state / "pki")
    signers = internet.signers(ENDPOINT_OPERATORS, {server.host for server in servers})
    authorities = pki.ensure_issuers(instance.state / "pki", authority, sorted(set(signers.values())))
    issuers = {host: authorities[signer] for host, signer in sorted(signers.items())}
    issuers[internet.SMTP_HOST] = authority.issuing
    issuers[internet.NTS_SERVER] = authority.issuing
    leaves = pki.ensure_leaves(instance.state / "pki", issuers)
    inspection = pki.ensure_inspection(instance.state / "pki")
    login = pki.ensure_leaves(instance.state / "pki" / "captive", {misbehaving_servers.LOGIN_NAME: inspection})[
        misbehaving_servers.LOGIN_NAME
    ]
    return [
        internet_specification(instance, built, servers, authority, issuers, leaves, inspection, login),
        *(node_specification(instance, built, node, keys, authority) for node in instance.nodes),
    ]


def internet_specification(instance, built, servers, authority, issuers, leaves, inspection, login):
    """The Specification of the simulated Internet.

    `issuers` and `leaves` are {host: Pair}; `inspection` is the Pair of who inspects TLS, `login` that of the login page.
    """
    nodes = {node.name: instance.address(node) for node in instance.nodes}
    root, issuing = (pair.certificate.read_bytes() for pair in (authority.root, authority.issuing))
    files = internet.configuration(servers, nodes)
    files.append(File(f"{internet.TLS_DIRECTORY}/clients.crt", issuing + root))
    files.append(File(f"{internet.TLS_DIRECTORY}/root.crt", root))
    files.append(File(f"{proxies.INSPECTION_AUTHORITY}.crt", inspection.certificate.read_bytes()))
    files.append(File(f"{proxies.INSPECTION_AUTHORITY}.key", inspection.key.read_bytes(), 0o600))
    files.append(File(f"{internet.TLS_DIRECTORY}/captive.crt", login.certificate.read_bytes()))
    files.append(File(f"{internet.TLS_DIRECTORY}/captive.key", login.key.read_bytes(), 0o600))
    for host, pair in leaves.items():
        files.append(
            File(
                f"{internet.TLS_DIRECTORY}/{host}.crt",
                pair.certificate.read_bytes() + issuers[host].certificate.read_bytes(),
            )
        )
        files.append(File(f"{internet.TLS_DIRECTORY}/{host}.key", pair.key.read_bytes(), 0o600))
    options = [
        option
        for image in nodes_images(instance, built)
        for option in ("--volume", f"{image.packages_directory}:/srv/packages/{image.suite}:ro")
    ]
    [image] = [image for image in built.values() if image.definition == INTERNET]
    return Specification(
        INTERNET,
        instance.container(INTERNET),
        image.reference,
        instance.name,
        instance.internet_address,
        tuple(options),
        tuple(files),
    )


def nodes_images(instance, built):
    """The Images that the instance's nodes are made of, in the order of their suites."""
    return [images.of_node(built, suite) for suite in sorted({node.suite for node in instance.nodes})]


def node_specification(instance, built, node, keys, authority):
    """The Specification of one node."""
    files = node_files(instance, node, keys, authority.root.certificate.read_bytes())
    image = images.of_node(built, node.suite)
    return Specification(
        node.name,
        instance.container(node.name),
        image.reference,
        instance.name,
        instance.address(node),
        kernel_modules(),
        tuple(files),
    )


def node_files(instance, node, keys, root_certificate):
    """The Files of a node. `keys` is what ssh.ensure_keys returned, `root_certificate` the CA to trust (bytes)."""
    hosts = (
        "127.0.0.1 localhost\n"
        "::1 localhost ip6-localhost ip6-loopback\n"
        f"{instance.address(node)} {node.name}.{internet.DOMAIN} {node.name}\n"
    )
    host_key = keys.hosts[node.name]
    return [
        text_file("/etc/hosts", hosts),
        text_file("/etc/lab/route", f"GATEWAY={instance.internet_address}\n"),
        File("/etc/ssh/ssh_host_ed25519_key", host_key.read_bytes(), 0o600),
        File("/etc/ssh/ssh_host_ed25519_key.pub", host_key.with_suffix(".pub").read_bytes()),
        File(f"/home/{ssh.USER}/.ssh/authorized_keys", keys.user.with_suffix(".pub").read_bytes()),
        File(TRUSTED_CA, root_certificate),
    ]
