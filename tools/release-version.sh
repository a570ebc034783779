#!/usr/bin/env bash
# Fails unless VERSION, the name of a tag, is the version of galaxy.yml in the current directory, and in its changelog.
# Usage: tools/release-version.sh VERSION
set -euo pipefail

version=$1
if ! grep -qx "version: $version" galaxy.yml; then
    echo "error: the tag is $version, and galaxy.yml has $(grep '^version:' galaxy.yml)" >&2
    exit 1
fi
if ! grep -qx "  $version:" changelogs/changelog.yaml; then
    echo "error: changelogs/changelog.yaml has no $version: run antsibull-changelog release" >&2
    exit 1
fi
