# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ast
import pathlib
import subprocess
import sys
import zipfile

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import late_imports

ROOT = "ansible_collections/hostprep/runtime_fabric/plugins"
PLUGINS = pathlib.Path(late_imports.__file__).resolve().parents[2]
# Which are imported by the thread that has nothing running beside it yet, or never.
ALONE = {"main", "sent_to_hosts"}
THREADS = """
import sys, threading
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import connection_paths, proxy_url

sys.setswitchinterval(1e-5)
jobs = [lambda name=name: protocol_registry.PROTOCOLS[name] for name in protocol_registry.LINES]
for path in (proxy_url.HTTP, proxy_url.SOCKS5):
    proxy = type("Proxy", (), {"path": path})
    jobs += [lambda proxy=proxy: connection_paths._client_of(proxy)] * 6
together, failed = threading.Barrier(len(jobs)), []

def work(job):
    together.wait()
    try:
        job()
    except Exception as problem:
        failed.append(repr(problem))

threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(failed)
"""


@pytest.fixture(scope="module")
def payload(tmp_path_factory):
    """What Ansible sends, as far as probes need it: a zip file, in which each folder is a package."""
    path = str(tmp_path_factory.mktemp("payload") / "payload.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for depth in range(ROOT.count("/") + 1):
            archive.writestr(ROOT.rsplit("/", depth)[0] + "/__init__.py", "")
        folders = [PLUGINS / "module_utils", *(path for path in (PLUGINS / "module_utils").rglob("*") if path.is_dir())]
        for folder in folders:
            inside = f"{ROOT}/{folder.relative_to(PLUGINS).as_posix()}"
            if not (folder / "__init__.py").exists():
                archive.writestr(inside + "/__init__.py", "")
            for source in folder.glob("*.py"):
                archive.write(str(source), f"{inside}/{source.name}")
    return path


def test_threads_that_probe_at_once_import_whole_modules(payload):
    """On Python 3.6 to 3.9 probes ended with "module 'http_connect' has no attribute 'Client'"."""
    for _dummy_time in range(4):
        done = subprocess.run(
            [sys.executable, "-c", THREADS], env={"PYTHONPATH": payload}, check=True, stdout=subprocess.PIPE
        )
        assert done.stdout.decode().strip() == "[]"


def imports_without_lock(tree):
    """Yield the lines of imports of the collection inside of functions that another thread may run beside."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in ALONE:
            continue
        held = {
            inner
            for block in ast.walk(function)
            if isinstance(block, ast.With)
            and "late_imports.LOCK" in (_dotted(item.context_expr) for item in block.items)
            for inner in ast.walk(block)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("ansible_collections.") and node not in held:
                yield node.lineno


def _dotted(expression):
    if isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
        return expression.value.id + "." + expression.attr
    return ""


def test_every_import_inside_of_a_function_is_made_by_one_thread_at_a_time():
    sources = [path for part in ("modules", "module_utils") for path in (PLUGINS / part).rglob("*.py")]
    assert sources
    found = [
        f"{path.relative_to(PLUGINS)}:{line}"
        for path in sources
        for line in imports_without_lock(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
