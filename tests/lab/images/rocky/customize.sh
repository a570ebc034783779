#!/bin/sh
# Makes the RPMs of the repository and installs the first of them, which makes this Rocky Linux.
# Usage: customize.sh ROOT RELEASE PACKAGES_DIRECTORY PACKAGE...
set -eu
root=$1 release=$2 directory=$3
shift 3
here=$(dirname "$0")
work=$root/var/tmp/rpms
mkdir -p "$work/debs" "$work/rpms"
cp -r "$here/packages" "$here/rpms.py" "$work"
mv "$directory"/*.deb "$work/debs"
chroot "$root" python3 /var/tmp/rpms/rpms.py "$release" \
    /var/tmp/rpms/debs /var/tmp/rpms/packages /var/tmp/rpms/rpms "$@"
chroot "$root" sh -c 'rpm --install --force --force-debian /var/tmp/rpms/rpms/rocky-release-*.rpm'
cp -r "$work/rpms/." "$directory"
chown -R "$(stat --format=%u:%g "$directory")" "$directory"
rm -r "$work"
# Where programs of the RedHat family look for the authorities that the distribution trusts.
mkdir -p "$root/etc/pki/tls/certs"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/etc/pki/tls/certs/ca-bundle.crt"
ln -s certs/ca-bundle.crt "$root/etc/pki/tls/cert.pem"
mkdir -p "$root/etc/sysconfig" "$root/usr/libexec"
ln -sf dnf/dnf.conf "$root/etc/yum.conf"
ln -sf dnf "$root/usr/bin/yum"
[ -e "$root/usr/libexec/platform-python" ] || ln -s ../bin/python3 "$root/usr/libexec/platform-python"
