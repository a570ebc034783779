#!/usr/bin/env bash
# Builds the site of the documentation below build/docs-site/html, from docs/ and the documentation of plugins and roles.
# Fetches nothing. A link to a page that does not exist fails it.
# Usage: tools/docs-site.sh     with the programs of .venv-docs on PATH
set -euo pipefail
cd "$(dirname "$0")/.."
site=$PWD/build/docs-site
unset PYTHONPATH

copy=$(python tools/export_collection.py build/docs-site)
cp tools/docs_site/conf.py "$copy"
mkdir -p "$site/home" "$copy/docs/collections"
export HOME=$site/home

echo "==> pages of plugins and roles"
ANSIBLE_COLLECTIONS_PATH=$site antsibull-docs collection --use-current --squash-hierarchy --fail-on-error \
    --dest-dir "$copy/docs/collections" hostprep.runtime_fabric

echo "==> site"
rm -rf "$site/html"
sphinx-build -b html -q -W --keep-going "$copy" "$site/html"
echo '<meta http-equiv="refresh" content="0; url=docs/index.html">' >"$site/html/index.html"
echo "==> $site/html/index.html"
