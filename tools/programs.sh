#!/usr/bin/env bash
# Makes squid (with TLS), nginx, danted, dnsmasq, nft, firewalld's parser, chronyd with chronyc, ifquery, netplan's generator,
# promtool, xmllint, containerd with ctr, kubectl, docker-registry and PostgreSQL available to the tests of a virtual environment,
# from Debian's packages. The packages are unpacked below the cache, not installed: no daemon comes to run, nothing of the system
# changes. Does nothing, at once, when all are there.
# Usage: tools/programs.sh VENV
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hostprep-runtime-fabric/programs
root=$cache/root
library=$root/usr/lib/python3/dist-packages
packages=(squid-openssl nginx libnginx-mod-stream dante-server dnsmasq-base nftables python3-firewall chrony ifupdown
    netplan.io prometheus libxml2-utils containerd kubernetes-client docker-registry postgresql-15)
complete=$cache/complete.$(printf '%s' "${packages[*]}" | cksum | cut -d ' ' -f 1)

fetch() {
    local list=() package
    if ! apt-get install --simulate --quiet "${packages[@]}" >/dev/null 2>&1; then
        if [ "$(id -u)" -eq 0 ]; then apt-get update --quiet --quiet; else sudo apt-get update --quiet --quiet; fi
    fi
    # Of what the packages need, only libraries: the programs are run, not set up. PostgreSQL compiles nothing.
    while read -r package; do
        list+=("$package")
    done < <(apt-get install --simulate --no-install-recommends "${packages[@]}" |
        awk '$1 == "Inst" && $2 ~ /^lib/ && $2 !~ /perl|dbi|llvm|^libz3|^libjs-|-dev$/ {print $2}')
    echo "==> unpacking ${packages[*]} below $cache"
    mkdir -p "$cache/packages" "$root"
    (
        cd "$cache/packages"
        # As root, apt says that its own user may not write here; it then downloads as root, which is all right.
        apt-get download --quiet --quiet -o APT::Sandbox::User=root "${packages[@]}" "${list[@]}"
        for package in *.deb; do
            dpkg-deb --extract "$package" "$root"
        done
    )
    touch "$complete"
}

wrapper() {
    local program=$1 path=$2
    cat >"$venv/bin/$program" <<SCRIPT
#!/bin/sh
for folder in "$root"/usr/lib/*-linux-gnu "$root"/lib/*-linux-gnu; do
    LD_LIBRARY_PATH=\$folder\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$path" "\$@"
SCRIPT
    chmod +x "$venv/bin/$program"
}

[ -e "$complete" ] || fetch
for program in squid nginx danted dnsmasq nft chronyd; do
    [ -x "$venv/bin/$program" ] || wrapper "$program" "$root/usr/sbin/$program"
done
for program in chronyc promtool xmllint containerd ctr kubectl docker-registry; do
    [ -x "$venv/bin/$program" ] || wrapper "$program" "$root/usr/bin/$program"
done
for program in initdb postgres; do
    [ -x "$venv/bin/$program" ] || wrapper "$program" "$root/usr/lib/postgresql/15/bin/$program"
done
[ -x "$venv/bin/ifquery" ] || wrapper ifquery "$root/sbin/ifquery"
[ -x "$venv/bin/netplan-generate" ] || wrapper netplan-generate "$root/usr/libexec/netplan/generate"
for packages in "$venv"/lib/python3.*/site-packages; do
    echo "$library" >"$packages/firewalld.pth"
done
