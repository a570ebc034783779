# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel parameters and modules, now and after the next boot."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import (
    FAIL,
    PASS,
    Finding,
    NoEvidence,
    part,
)

PREPARE = "run the role hostprep.runtime_fabric.rtf_kernel"


def ip_forward(subject, evidence):
    return _live(subject, evidence, ["kernel-ip-forward"])


def bridge_netfilter(subject, evidence):
    return _live(subject, evidence, ["kernel-bridge-netfilter"])


def _live(subject, evidence, setting_ids):
    """Every sysctl of the settings has its value now, and every module is there."""
    sysctls, modules = wanted(subject.settings, setting_ids)
    found_sysctls = part(evidence, "host", "kernel", "sysctls")
    found_modules = part(evidence, "host", "kernel", "modules")
    expected = ", ".join([f"{name} = {value}" for name, value in sysctls.items()] + [f"{m} present" for m in modules])
    absent = [name for name in modules if not _of(found_modules, name)["available"]]
    if absent:
        release = part(evidence, "host", "kernel", "release")
        return Finding(
            FAIL,
            expected,
            f"the kernel {release} has no {', '.join(absent)}",
            f"Load it with `modprobe {absent[0]}`. Where that finds no module, install the package with the "
            f"kernel's extra modules for {release}, or reboot into the kernel whose modules are installed.",
            {name: _of(found_modules, name) for name in modules},
        )
    wrong = {name: _of(found_sysctls, name)["live"] for name, value in sysctls.items()
             if _of(found_sysctls, name)["live"] != value}
    observed = ", ".join(f"{_short(name)} = {_of(found_sysctls, name)['live'] or 'missing'}" for name in sysctls)
    if not wrong:
        return Finding(PASS, expected, observed)
    settings = " ".join(f"{name}={sysctls[name]}" for name in wrong)
    return Finding(
        FAIL,
        expected,
        observed,
        f"Set it with `sysctl -w {settings}` and find out what unset it, or {PREPARE}.",
        {name: _of(found_sysctls, name) for name in sysctls},
    )


def sysctls_at_boot(subject, evidence):
    """The values that systemd-sysctl will set at the next boot are the wanted ones, whoever's file decides."""
    sysctls, _modules = wanted(subject.settings)
    found = part(evidence, "host", "kernel", "sysctls")
    expected = "the files of sysctl.d set the wanted values"
    lost = {name: _of(found, name) for name, value in sysctls.items() if _of(found, name)["at_boot"] != value}
    if not lost:
        sources = sorted({_file(_of(found, name)["at_boot_source"]) for name in sysctls})
        return Finding(PASS, expected, f"set by {', '.join(sources)}")
    contrary = {name: entry for name, entry in lost.items() if entry["at_boot"] is not None}
    if contrary:
        observed = "; ".join(
            f"{_short(name)} becomes {entry['at_boot']}, set by {entry['at_boot_source']}"
            for name, entry in contrary.items()
        )
        files = ", ".join(sorted({_file(entry["at_boot_source"]) for entry in contrary.values()}))
        remedy = f"Take the setting out of {files}, or let a file that sorts behind it set the value."
    else:
        observed = f"no file sets {', '.join(lost)}"
        remedy = f"Write the values to a file of /etc/sysctl.d that sorts last, or {PREPARE}."
    return Finding(FAIL, expected, observed, remedy, lost)


def modules_at_boot(subject, evidence):
    """Modules come back at boot before systemd-sysctl runs; without them the bridge keys do not exist then."""
    _sysctls, modules = wanted(subject.settings)
    found = part(evidence, "host", "kernel", "modules")
    expected = f"{', '.join(modules)} built in or in modules-load.d"
    missing = [name for name in modules if not _of(found, name)["at_boot"]]
    if missing:
        return Finding(
            FAIL,
            expected,
            f"nothing loads {', '.join(missing)} at boot",
            f"Write {', '.join(missing)} to a file of /etc/modules-load.d, or {PREPARE}.",
            {name: _of(found, name) for name in modules},
        )
    observed = ", ".join(f"{name}: {_of(found, name)['at_boot_source'] or 'built in'}" for name in modules)
    return Finding(PASS, expected, observed)


def wanted(settings, setting_ids=None):
    """Return `({sysctl: value}, [module, ...])` of the catalogue's settings (all, or those named)."""
    sysctls, modules = {}, []
    for setting_id, row in settings.items():
        if setting_ids is None or setting_id in setting_ids:
            sysctls.update(row["expected"].get("sysctls", {}))
            modules.extend(row["expected"].get("modules", []))
    return sysctls, modules


def _of(found, name):
    if name not in found:
        raise NoEvidence(f"{name} was not looked up")
    return found[name]


def _short(name):
    return name.rpartition(".")[2]


def _file(source):
    return (source or "").rpartition(":")[0]


CHECKS = {
    "kernel.ip_forward": ip_forward,
    "kernel.bridge_netfilter": bridge_netfilter,
    "kernel.sysctls_at_boot": sysctls_at_boot,
    "kernel.modules_at_boot": modules_at_boot,
}
