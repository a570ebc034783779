#!/usr/bin/env bash
# Builds the package of the next release in a copy of this checkout, with the fragments in its changelog, and verifies
# what Galaxy, an execution environment, GitHub and GitLab make of it. Nothing of the checkout changes.
# Usage: tools/release-check.sh     with the programs of .venv on PATH
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
# A checkout on PYTHONPATH would be taken for an installed collection.
unset PYTHONPATH

programs=$checkout/.venv-release/bin
copy=$(python tools/export_collection.py build/release-copy)
version=$(awk '$1 == "version:" {print $2}' galaxy.yml)
release=$checkout/build/release
rm -rf "$release"
mkdir -p "$release/home"

echo "==> changelog of $version"
(
    cd "$copy"
    if ! "$checkout/tools/release-version.sh" "$version" 2>"$release/version"; then
        antsibull-changelog release --version "$version"
    fi
    antsibull-changelog lint
    "$checkout/tools/release-version.sh" "$version"
)

echo "==> package"
ansible-galaxy collection build --output-path "$release" "$copy"
package=$release/hostprep-runtime_fabric-$version.tar.gz

echo "==> galaxy-importer"
cat >"$release/galaxy-importer.cfg" <<'CONFIG'
[galaxy-importer]
RUN_ANSIBLE_DOC=True
RUN_ANSIBLE_LINT=True
CHECK_REQUIRED_TAGS=True
CHECK_CHANGELOG=True
CONFIG
(
    cd "$release"
    PATH=$programs:$PATH HOME=$release/home GALAXY_IMPORTER_CONFIG=$release/galaxy-importer.cfg \
        python -m galaxy_importer.main "$package" >importer.log 2>&1 || { cat importer.log; exit 1; }
    if grep -E '^(WARNING|ERROR)' importer.log; then
        echo "error: galaxy-importer warns" >&2
        exit 1
    fi
    grep 'completed successfully' importer.log
)

echo "==> execution environment"
mkdir "$release/ee"
cp examples/execution-environment/* "$release/ee"
(cd "$release/ee" && PATH=$programs:$PATH ansible-builder create)
PATH=$programs:$PATH ansible-builder introspect "$checkout/build/release-copy"
PATH=$PATH:$programs tools/navigator-check.sh "$package" "$release/navigator"

echo "==> licences, workflows, forms and hooks"
python tools/markdown_blocks.py docs/guide/ci.md "name: Audit" >"$release/workflow.yml"
python tools/markdown_blocks.py docs/guide/ci.md "audit:" >"$release/pipeline.yml"
"$programs/reuse" lint --lines
"$programs/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml "$release/workflow.yml"
"$programs/check-jsonschema" --builtin-schema vendor.gitlab-ci "$release/pipeline.yml"
"$programs/check-jsonschema" --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
"$programs/check-jsonschema" --builtin-schema vendor.github-issue-forms \
    .github/ISSUE_TEMPLATE/{bug,feature,requirement}.yml
# What the hook that is left out runs is part of `make lint`.
SKIP=ansible-lint PRE_COMMIT_HOME=$release/pre-commit "$programs/pre-commit" run --all-files

echo "==> $package"
