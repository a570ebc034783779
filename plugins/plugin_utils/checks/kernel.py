# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel parameters and modules, now and after the next boot."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import kernel_packages
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.advice import reboot
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Finding,
    NoEvidence,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.listing import listed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.kernel import PORT_RANGE, RESERVED_PORTS

PREPARE = "run the role hostprep.runtime_fabric.rtf_kernel"
# Who reads the files of each kind at boot.
READERS = {"sysctls": "systemd-sysctl.service", "modules": "systemd-modules-load.service"}
READ = "Make each of them a file that root can read, then run the audit again."
# Gravity sets and looks at the one for IPv4 only, and an EL 7 sets this one to 0.
LEFT_BY_THE_PLATFORM = ("net.bridge.bridge-nf-call-ip6tables",)
PAGE = ("kernel-ip-forward", "kernel-bridge-netfilter")


def ip_forward(subject, evidence):
    return _now(subject, evidence, ["kernel-ip-forward"])


def bridge_netfilter(subject, evidence):
    return _now(subject, evidence, ["kernel-bridge-netfilter"])


def installer_modules(subject, evidence):
    """The modules are there now, and come back at boot."""
    setting_ids = ["kernel-installer-modules"]
    now = _now(subject, evidence, setting_ids)
    return now if now.status == FAIL else _modules_at_boot(subject, evidence, setting_ids)


def may_detach_mounts(subject, evidence):
    """The value is right now and after a boot, where the kernel has the parameter at all."""
    setting_ids = ["kernel-may-detach-mounts"]
    sysctls, _modules = _asked(subject, setting_ids)
    found = part(evidence, "host", "kernel", "sysctls")
    if all(_of(found, name)["live"] is None for name in sysctls):
        return Finding(PASS, "1 where the kernel has it", "this kernel has no such parameter and needs none")
    now = _now(subject, evidence, setting_ids)
    return now if now.status == FAIL else _sysctls_at_boot(subject, evidence, setting_ids)


def inotify(subject, evidence):
    """Each value is at least the wanted one, now and after a boot."""
    minima = at_least(subject.settings, ["kernel-inotify"])
    found = part(evidence, "host", "kernel", "sysctls")
    expected = ", ".join(f"{_short(name)} >= {minimum}" for name, minimum in minima.items())
    low = [name for name, minimum in minima.items() if _number(_of(found, name)["live"]) < minimum]
    observed = ", ".join(f"{_short(name)} = {_of(found, name)['live'] or 'missing'}" for name in minima)
    looked_at = {name: _of(found, name) for name in minima}
    if low:
        settings = " ".join(f"{name}={minima[name]}" for name in low)
        remedy = f"Set it with `sysctl -w {settings}` and in a file of /etc/sysctl.d, or {PREPARE}."
        return Finding(FAIL, expected, observed, remedy, looked_at)
    later = {name: entry for name, entry in looked_at.items() if _number(entry["at_boot"]) < minima[name]}
    if later:
        return Finding(FAIL, expected, f"{observed}; {_said_at_boot(later)}", _remedy_at_boot(later), looked_at)
    return _passed_at_boot(evidence, "sysctls", expected, observed)


def reserved_ports(subject, evidence):
    """No port of the platform can be given to an outgoing connection, now or after a boot."""
    texts = subject.settings["kernel-reserved-ports"]["expected"]["reserved_ports"]
    ours = set(port_ranges.numbers(texts))
    found = part(evidence, "host", "kernel", "sysctls")
    span, reserved = _of(found, PORT_RANGE), _of(found, RESERVED_PORTS)
    expected = f"no outgoing connection uses {', '.join(texts)}"
    for when, which in (("", "live"), (" after the next boot", "at_boot")):
        # What no file sets is after a boot what the kernel has by itself; what is there now is the best guess.
        first, last = _port_span(span[which] or span["live"])
        kept = reserved[which] if which == "live" else reserved["at_boot"] or ""
        given = {port for port in ours if first <= port <= last} - set(
            port_ranges.numbers(filter(None, kept.split(",")))
        )
        if given:
            return Finding(
                FAIL,
                expected,
                f"outgoing connections may use {', '.join(port_ranges.texts(given))}{when} ({first}-{last})",
                f"Reserve them with `sysctl -w {RESERVED_PORTS}={','.join(texts)}` and in a file of /etc/sysctl.d, or set "
                f"rtf_kernel_reserve_ports: true and {PREPARE}.",
                {PORT_RANGE: span, RESERVED_PORTS: reserved},
            )
    by_files = span["at_boot"] is not None or reserved["at_boot"] is not None
    return _passed_at_boot(evidence, "sysctls", expected, f"they use {span['live'].replace(' ', '-')}", by_files)


def pending_reboot(subject, evidence):
    """The newest installed kernel runs, and its modules are there."""
    kernel = part(evidence, "host", "kernel")
    running, newest = part(evidence, "host", "kernel", "release"), kernel["newest"]
    expected = "the newest installed kernel runs"
    if not kernel["modules_present"]:
        return Finding(
            FAIL,
            expected,
            f"{running} runs, and its modules are gone" + (f"; {newest} is installed" if newest else ""),
            f"{reboot(subject)}: no module can be loaded before that.",
        )
    if newest is None:
        return Finding(SKIPPED, expected, f"{running} runs, and no kernel is installed in /boot (a container?)")
    if newest != running:
        return Finding(
            FAIL,
            expected,
            f"{running} runs, {newest} is installed",
            f"{reboot(subject)} before the installation, and run the audit again: the modules and settings of the other "
            "kernel have not been verified.",
        )
    return Finding(PASS, expected, running)


def _now(subject, evidence, setting_ids):
    """Every sysctl of the settings has its value now, and every module is there."""
    sysctls, modules = _asked(subject, setting_ids)
    kernel = part(evidence, "host", "kernel")
    found_sysctls = part(evidence, "host", "kernel", "sysctls") if sysctls else {}
    found_modules = part(evidence, "host", "kernel", "modules") if modules else {}
    expected = ", ".join([f"{name} = {value}" for name, value in sysctls.items()] + [f"{m} present" for m in modules])
    absent = [name for name in modules if not _of(found_modules, name)["available"]]
    if absent:
        return Finding(
            FAIL,
            expected,
            f"the kernel {part(evidence, 'host', 'kernel', 'release')} has no {', '.join(absent)}",
            " ".join(_remedies_of_modules(subject, kernel, {name: found_modules[name] for name in absent})),
            {name: _of(found_modules, name) for name in modules},
        )
    wrong = {
        name: _of(found_sysctls, name)["live"]
        for name, value in sysctls.items()
        if _of(found_sysctls, name)["live"] != value
    }
    observed = ", ".join(
        [f"{_short(name)} = {_of(found_sysctls, name)['live'] or 'missing'}" for name in sysctls]
        or [f"{name} {found_modules[name]['how'].replace('_', ' ')}" for name in modules]
    )
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


def _remedies_of_modules(subject, kernel, absent):
    """What to do about modules that are not there, each reason in a sentence of its own."""
    forbidden = {
        name: entry["obstacle"]
        for name, entry in absent.items()
        if entry["obstacle"] and entry["obstacle"]["how"] == "install"
    }
    for name, obstacle in forbidden.items():
        yield f"Take `{obstacle['line']}` out of {obstacle['source']}, which keeps {name} from being loaded."
    loadable = [name for name, entry in absent.items() if name not in forbidden and entry["file"]]
    if loadable:
        yield f"Load it with `modprobe --all {' '.join(loadable)}`, or {PREPARE}."
    missing = [name for name, entry in absent.items() if name not in forbidden and not entry["file"]]
    if not missing:
        return
    release, names = kernel["release"], ", ".join(missing)
    if not kernel["modular"]:
        yield f"{release} loads no modules, and was built without {names}: boot a kernel of the distribution."
        return
    if not kernel["modules_present"]:
        yield f"{reboot(subject)}: the modules of the running kernel {release} are gone, and {names} cannot be loaded before."
        return
    package = kernel_packages.of_platform(kernel["platform"], release)
    if package:
        yield f"Install {package['package']} with `{package['install']}` for {names}, then load it with `modprobe`."
    else:
        yield f"Install the package with the extra modules of the kernel {release} for {names}, then load it with `modprobe`."
    if kernel["newest"] not in (None, release):
        yield f"Or: {reboot(subject)}; that starts the kernel {kernel['newest']}, which is installed."


def sysctls_at_boot(subject, evidence):
    """The values that systemd-sysctl will set at the next boot are the wanted ones, whoever's file decides."""
    return _sysctls_at_boot(subject, evidence, PAGE)


def _sysctls_at_boot(subject, evidence, setting_ids):
    sysctls, _modules = _asked(subject, setting_ids)
    found = part(evidence, "host", "kernel", "sysctls")
    expected = "the files of sysctl.d set the wanted values"
    dangling = part(evidence, "host", "kernel")["dangling"]["sysctls"]
    lost = {name: _of(found, name) for name, value in sysctls.items() if _of(found, name)["at_boot"] != value}
    if lost:
        return Finding(FAIL, expected, "; ".join([_said_at_boot(lost), *dangling]), _remedy_at_boot(lost), lost)
    beside = {
        name: entry["beside"]
        for name, entry in found.items()
        if name in sysctls and entry["beside"] and entry["beside"]["value"] != sysctls[name]
    }
    if beside:
        return Finding(
            FAIL,
            expected,
            "; ".join(
                f"{_short(name)} becomes {entry['value']} with `sysctl --system`, set by {entry['source']}"
                for name, entry in beside.items()
            ),
            f"Take the setting out of {_files(entry['source'] for entry in beside.values())}: a boot does not read it, and "
            "the installation of packages and people with `sysctl -p` do.",
            {name: found[name] for name in beside},
        )
    sources = sorted({_file(_of(found, name)["at_boot_source"]) for name in sysctls})
    return _passed_at_boot(evidence, "sysctls", expected, f"set by {', '.join(sources)}")


def _passed_at_boot(evidence, what, expected, observed, by_files=True):
    """Pass what the files of `sysctls` or `modules` say, but for one that was not read, and where no service reads them.

    by_files: whether it is files that make it right, and not the kernel by itself.
    """
    kernel = part(evidence, "host", "kernel")
    if by_files and READERS[what] in kernel["masked"]:
        return Finding(
            FAIL,
            expected,
            f"{observed}, but {READERS[what]}, which reads them at boot, is masked",
            f"`systemctl unmask {READERS[what]}`",
            kernel["masked"],
        )
    unread = kernel["unreadable"][what]
    if unread:
        return Finding(
            UNKNOWN, expected, f"{observed}, but not everything could be read: {listed(unread)}", READ, unread
        )
    return Finding(PASS, expected, "; ".join([observed, *kernel["dangling"][what]]))


def _said_at_boot(entries):
    """What will be after a boot, for evidence of sysctls that will not have their values."""
    contrary = {name: entry for name, entry in entries.items() if entry["at_boot"] is not None}
    if not contrary:
        return f"no file sets {', '.join(entries)}"
    return "; ".join(
        f"{_short(name)} becomes {entry['at_boot']}, set by {entry['at_boot_source']}"
        for name, entry in contrary.items()
    )


def _remedy_at_boot(entries):
    files = _files(entry["at_boot_source"] for entry in entries.values() if entry["at_boot"] is not None)
    if files:
        return f"Take the setting out of {files}, or let a file that sorts behind it set the value."
    return f"Write the values to a file of /etc/sysctl.d that sorts last, or {PREPARE}."


def modules_at_boot(subject, evidence):
    """Modules come back at boot before systemd-sysctl runs; without them the bridge keys do not exist then."""
    return _modules_at_boot(subject, evidence, PAGE)


def _modules_at_boot(subject, evidence, setting_ids):
    _sysctls, modules = wanted(subject.settings, setting_ids)
    found = part(evidence, "host", "kernel", "modules")
    expected = f"{', '.join(modules)} built in or in modules-load.d"
    missing = [name for name in modules if not _of(found, name)["at_boot"]]
    kernel = part(evidence, "host", "kernel")
    if not missing:
        observed = ", ".join(f"{name}: {_of(found, name)['at_boot_source'] or 'built in'}" for name in modules)
        by_files = any(_of(found, name)["how"] != "built_in" for name in modules)
        return _passed_at_boot(evidence, "modules", expected, observed, by_files)
    looked_at = {name: _of(found, name) for name in modules}
    blocked = {name: looked_at[name]["obstacle"] for name in missing if looked_at[name]["obstacle"]}
    if blocked:
        return Finding(
            FAIL,
            expected,
            "; ".join(
                f"{name} is not loaded at boot: `{one['line']}` at {one['source']}" for name, one in blocked.items()
            ),
            f"Take the line out of {', '.join(sorted({one['source'] for one in blocked.values()}))}.",
            looked_at,
        )
    asked = [name for name in missing if looked_at[name]["at_boot_source"]]
    if asked:
        after = kernel["newest"] or kernel["release"]
        package = kernel_packages.of_platform(kernel["platform"], after)
        return Finding(
            FAIL,
            expected,
            f"the kernel {after}, which the next boot starts, has no {', '.join(asked)}",
            f"Install {package['package'] if package else 'the package with the extra modules of ' + after}"
            + (f" with `{package['install']}`." if package else "."),
            looked_at,
        )
    return Finding(
        FAIL,
        expected,
        "; ".join([f"nothing loads {', '.join(missing)} at boot", *kernel["dangling"]["modules"]]),
        f"Write {', '.join(missing)} to a file of /etc/modules-load.d, or {PREPARE}.",
        looked_at,
    )


def _asked(subject, setting_ids):
    """As wanted(), without what a running platform neither sets nor needs."""
    sysctls, modules = wanted(subject.settings, setting_ids)
    if subject.phase == "operate":
        sysctls = {name: value for name, value in sysctls.items() if name not in LEFT_BY_THE_PLATFORM}
    return sysctls, modules


def wanted(settings, setting_ids=None):
    """Return `({sysctl: value}, [module, ...])` of the catalogue's settings (all, or those named)."""
    sysctls, modules = {}, []
    for setting_id, row in settings.items():
        if setting_ids is None or setting_id in setting_ids:
            sysctls.update(row["expected"].get("sysctls", {}))
            modules.extend(row["expected"].get("modules", []))
    return sysctls, modules


def at_least(settings, setting_ids):
    """Return `{sysctl: smallest value}` of the catalogue's settings that are named."""
    return {
        name: value
        for setting_id in setting_ids
        if setting_id in settings
        for name, value in settings[setting_id]["expected"]["sysctls_at_least"].items()
    }


def _of(found, name):
    if name not in found:
        raise NoEvidence(f"{name} was not looked up")
    return found[name]


def _number(text):
    """A value as a number; none at all is less than any."""
    return int(text) if text is not None else -1


def _port_span(text):
    first, last = text.split()
    return int(first), int(last)


def _short(name):
    return name.rpartition(".")[2]


def _file(source):
    return (source or "").rpartition(":")[0]


def _files(sources):
    return ", ".join(sorted({_file(source) for source in sources}))


CHECKS = {
    "host.inotify": inotify,
    "kernel.ip_forward": ip_forward,
    "kernel.bridge_netfilter": bridge_netfilter,
    "kernel.sysctls_at_boot": sysctls_at_boot,
    "kernel.modules_at_boot": modules_at_boot,
    "kernel.installer_modules": installer_modules,
    "kernel.may_detach_mounts": may_detach_mounts,
    "kernel.reserved_ports": reserved_ports,
    "kernel.pending_reboot": pending_reboot,
}
