# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of dnf and yum, as dnf reads them. Pure functions."""

from urllib.parse import quote

# The values of the option `proxy` for no proxy.
_NONE = ("", "_none_", "none")


def main_section(text):
    """Return the options of the section [main]; the last of several counts.

    Raises ValueError, which repeats nothing of the text, where dnf refuses the file.
    """
    options, section, name = {}, None, None
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or line.startswith(("#", ";")):
            name = name if stripped else None
        elif line.startswith("[") and "]" in line:
            section, name = line[1:].partition("]")[0], None
        elif line[0].isspace() and name is not None:
            options[section, name] += "\n" + stripped
        elif line[0].isspace() or section is None or "=" not in line:
            raise ValueError(f"line {number} is neither an option nor a [section]")
        else:
            name, dummy_equals, value = line.partition("=")
            name = name.strip()
            options[section, name] = value.strip()
    return {name: _unquoted(value) for (section, name), value in options.items() if section == "main"}


def _unquoted(value):
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def dnf_proxy(options):
    """Return the proxy that options of dnf or yum name, with its credentials in the URL; "" where they name none.

    In options of their own, credentials are written as they are.
    """
    value = options.get("proxy") or ""
    if value.lower() in _NONE:
        return ""
    if not options.get("proxy_username"):
        return value
    scheme, slashes, rest = value.rpartition("://")
    user, password = (quote(options.get(name) or "", safe="") for name in ("proxy_username", "proxy_password"))
    return f"{scheme}{slashes}{user}:{password}@{rest}"
