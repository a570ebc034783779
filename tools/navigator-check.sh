#!/usr/bin/env bash
# Runs the command of the guide for ansible-navigator with a package, as far as that goes without an image: what takes the
# place of the container engine runs, in the same directory, the command that it would run in a container.
# Usage: tools/navigator-check.sh PACKAGE DIRECTORY     with ansible-navigator and the programs of .venv on PATH
set -euo pipefail
cd "$(dirname "$0")/.."
package=$1 directory=$2

command=$(grep '^ansible-navigator ' docs/guide/execution-environments.md)
rm -rf "$directory"
mkdir -p "$directory"/{bin,home,site}
# An image that was built here is in no registry.
cat >"$directory/bin/docker" <<'ENGINE'
#!/bin/sh
case $1 in
    image) exit 0 ;;
    run) while [ "$1" != runtime-fabric-ee:latest ]; do shift; done; shift
        # A container has an environment of its own.
        exec env -i PATH="$PATH" HOME="$HOME" ANSIBLE_COLLECTIONS_PATH="$ANSIBLE_COLLECTIONS_PATH" LC_ALL=C.UTF-8 "$@" ;;
esac
echo "docker $1: not here" >&2
exit 1
ENGINE
chmod +x "$directory/bin/docker"
# One host, this one, of which only the kernel is inspected; whatever is found, the run succeeds.
cat >"$directory/site/inventory" <<INVENTORY
[rtf_controllers]
node-1 ansible_connection=local rtf_node_address=192.0.2.11

[rtf_nodes:children]
rtf_controllers

[rtf_nodes:vars]
ansible_become=false
ansible_python_interpreter=$(command -v python)
rtf_control_plane=us
rtf_checks=kernel.*
rtf_gate="\`false\`"
INVENTORY

export HOME=$directory/home PATH=$directory/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=$directory/collections ANSIBLE_NAVIGATOR_CONTAINER_ENGINE=docker
ansible-galaxy collection install "$package" --offline --collections-path "$ANSIBLE_COLLECTIONS_PATH"
cd "$directory/site"
bash -euc "$command" </dev/null
test -s rtf-report/report.json
