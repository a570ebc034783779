#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: host_info
short_description: Collect evidence about a host, such as its kernel, clock, network, proxies and firewalls
version_added: 1.0.0
description:
  - Inspects the host and changes nothing. The module only collects evidence. It does not judge it, and does not fail
    because of what it finds.
  - Each section is collected independently, and so is each part of the sections C(system), C(storage) and C(network). A
    section or part that cannot be read contains only RV(ignore:error). The others are not affected.
  - Disks are not opened, network filesystems are not examined, and files larger than one megabyte are not read.
  - The managed host needs Python 3.6 or newer, systemd, C(ip) for the section C(network), and C(lsblk) and udev for the
    disks. Most of the evidence can be collected without root. Root is required for firewall rules, and for proxy
    settings in files that contain passwords.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  sections:
    description: The sections to collect. By default, all of them.
    type: list
    elements: str
    choices:
      [kernel, time, network, proxy, packages, system, storage, firewall, swap, selinux, cloud_setup, tunnel_offload]
    default:
      [kernel, time, network, proxy, packages, system, storage, firewall, swap, selinux, cloud_setup, tunnel_offload]
  sysctls:
    description: The kernel parameters to look up, with their current values and their values after the next boot.
    type: list
    elements: str
    default: []
  kernel_modules:
    description: The kernel modules to look up. A feature that is built into the kernel counts as available.
    type: list
    elements: str
    default: []
  files:
    description:
      - The files whose text, mode and owner are returned.
      - Do not use this option for files with secrets.
    type: list
    elements: str
    default: []
  units:
    description: The systemd units to look up.
    type: list
    elements: str
    default: []
  kernel_options:
    description: The options of the kernel configuration to look up, without the prefix C(CONFIG_).
    type: list
    elements: str
    default: []
  accounts:
    description: The user and group ids to look up.
    type: list
    elements: int
    default: []
  directories:
    description:
      - The directories whose free space to look up, and whether root may write to them. Nothing is written. If a
        directory does not exist, its nearest existing parent directory is used.
    type: list
    elements: str
    default: []
  settings_file:
    description: A file with shell variables, from which O(device_settings) are read. The file is not executed. If it is
      empty, no file is read.
    type: str
    default: ""
  device_settings:
    description: The variables in O(settings_file) that name devices. Nothing else in the file is returned.
    type: list
    elements: str
    default: []
  dns_address:
    description: The local address on which a DNS server will have to listen. The processes that use port 53 of this
      address are returned.
    type: str
    default: 127.0.0.1
  arp_sweep:
    description:
      - Whether to send an ARP request for every address in the subnet of the default route. This takes about one
        second.
      - Subnets larger than /22 are not supported. Requires root.
    type: bool
    default: false
  clock_wait:
    description:
      - How many seconds to wait for chrony to be synchronised before evidence about the clock is collected.
      - The wait ends as soon as chrony is synchronised. V(0) does not wait.
    type: int
    default: 0
  clock_settled:
    description:
      - Whether to wait for at most 10 more seconds if chrony has just been started and is taking its first samples, or
        if it is synchronised but does not yet know the offset of the clock to a tenth of a second. Before that, the
        clocks of hosts cannot be compared.
    type: bool
    default: false
  proxy_hashes:
    description:
      - The URLs of proxies that are expected in the host's files, each as the digest that the filter
        P(hostprep.runtime_fabric.proxy_parts#filter) returns. Digests are used because Ansible hides the text of a
        secret option everywhere in a result, and a password may be a word that occurs in the result anyway.
      - User names and passwords are never returned. RV(ignore:host.proxy.settings[].password) says whether the URL was
        one of these.
    type: list
    elements: str
    default: []
  blocks:
    description:
      - The marked blocks of M(hostprep.runtime_fabric.managed_blocks) to read. If the section C(time) is collected,
        blocks with the same name are also read from chronyd's main configuration file, and from each key file that it
        names.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name in the marker lines.
        type: str
        required: true
      path:
        description: The path of the file.
        type: path
        required: true
      section:
        description: The section of an INI file at whose end the block belongs. Without it, the block belongs at the end
          of the file.
        type: str
  known:
    description:
      - Evidence that was collected earlier in the run, RV(host), and the options of that call. If it contains
        everything that is requested, it is returned, and Ansible does not connect to the host.
    type: dict
    suboptions:
      options:
        description: The options with which O(known.host) was collected.
        type: dict
        default: {}
      host:
        description: The evidence that the call returned, RV(host).
        type: dict
        default: {}
      made:
        description:
          - When the call returned, in nanoseconds of the control node's monotonic clock, from RV(ignore:made) of
            M(hostprep.runtime_fabric.plan_changes). Evidence that is older than five minutes is collected again.
          - If it is not set, the age of the evidence is not checked.
        type: int
  block_lines:
    description:
      - The lines that are expected in O(blocks). Each key is a line with placeholders for secrets, and its value is the
        digest of the line as it is in the file. A line with that digest is returned as the key, so that no secret
        leaves the control node or the host.
    type: dict
    default: {}
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
seealso:
  - module: hostprep.runtime_fabric.egress_info
"""

EXAMPLES = r"""
- name: Look up whether the host forwards packets now and after a reboot
  hostprep.runtime_fabric.host_info:
    sections: [kernel]
    sysctls: [net.ipv4.ip_forward]
    kernel_modules: [br_netfilter]
  register: found

- name: Show the file and line that set it at boot
  ansible.builtin.debug:
    var: found.host.kernel.sysctls['net.ipv4.ip_forward'].at_boot_source

- name: Wait for at most 30 seconds until chrony is synchronised
  hostprep.runtime_fabric.host_info:
    sections: [time]
    clock_wait: 30
"""

RETURN = r"""
host:
  description: One dictionary for each requested section.
  returned: success
  type: dict
  contains:
    privileged:
      description: Whether the module ran as root.
      type: bool
      returned: always
    files:
      description:
        - For each of O(files), its RV(ignore:text), which is V(null) if the file cannot be read, its RV(ignore:mode),
          and the ids of its RV(ignore:owner) and RV(ignore:group). For a symbolic link, these are the mode and the ids
          of the link itself.
        - The value is V(null) for a file that does not exist.
      type: dict
      returned: with O(files)
      sample:
        /etc/modules-load.d/runtime-fabric.conf:
          group: 0
          mode: "0644"
          owner: 0
          text: "br_netfilter\n"
    units:
      description: Whether each installed unit in O(units) is RV(ignore:active) and RV(ignore:enabled).
      type: dict
      returned: with O(units)
      sample:
        docker.service:
          active: true
          enabled: true
    blocks:
      description:
        - For each of O(blocks), the RV(ignore:target) to which the links in its RV(ignore:path) lead, the
          RV(ignore:mode) of the file, the number of parent directories that do not exist
          (RV(ignore:missing_directories)), and temporary files that an interrupted write left behind
          (RV(ignore:leftovers)).
        - RV(ignore:lines) are the lines of the block, or V(null) if there is no block. Lines that are
          RV(ignore:expected) are returned as in O(block_lines), and other lines without anything that may be a secret.
          RV(ignore:mode_before) is the mode that the file had without the block. RV(ignore:in_place) is whether the
          block is at the end of the file or section.
        - If a file cannot be read, its entry has only RV(ignore:error).
      type: list
      elements: dict
      returned: if O(blocks) is not empty
      sample:
        - name: site proxy
          path: /etc/pip.conf
          target: /etc/pip.conf
          mode: 416
          mode_before: 420
          missing_directories: 0
          leftovers: []
          in_place: true
          lines:
            - text: proxy = http://build:@{proxy_password}@proxy.example.com:3128
              expected: true
    kernel:
      description: Kernel release, sysctls and modules.
      type: dict
      returned: when requested
      contains:
        release:
          description: The release of the running kernel, as C(uname -r) prints it.
          type: str
          returned: when readable
          sample: 6.1.0-40-amd64
        newest:
          description:
            - The newest installed kernel release of the same flavour, which will most likely be running after the next
              boot.
            - V(null) if no kernel is installed, as in a container.
          type: str
          returned: when readable
        modular:
          description: Whether the running kernel can load modules at all.
          type: bool
          returned: when readable
        modules_present:
          description: V(false) if C(/lib/modules) has modules of other kernels, but none of the running kernel.
          type: bool
          returned: when readable
        platform:
          description: RV(ignore:id), RV(ignore:version) and RV(ignore:like) from C(/etc/os-release).
          type: dict
          returned: when readable
          sample: {"id": rocky, "version": "9.4", "like": [rhel, centos, fedora]}
        sysctls:
          description:
            - For each name in O(sysctls), RV(ignore:live) is the current value, RV(ignore:at_boot) is the value after
              the next boot, and RV(ignore:at_boot_source) is the file and line that determine it. RV(ignore:set_by)
              lists all lines that set the parameter, with their values. The line that takes effect is the last one. The
              module replays the boot, first systemd-sysctl and then everything else that writes parameters, such as
              ufw, tuned and systemd-networkd. Values are as the kernel interprets them.
            - A value is V(null) if the parameter does not exist, or if nothing sets it.
            - RV(ignore:beside) is the value that C(sysctl --system) would set, with the line that determines it. It is
              V(null) if that is the same value as at boot.
          type: dict
          returned: when readable
          sample:
            net.ipv4.ip_forward:
              live: "1"
              at_boot: "0"
              at_boot_source: /etc/sysctl.d/90-hardening.conf:12
              set_by:
                - source: /etc/sysctl.d/90-hardening.conf:12
                  value: "0"
              beside: null
        boot:
          description:
            - What else the replay of the next boot finds. RV(ignore:forwarding) lists the interfaces whose forwarding
              setting differs from C(net.ipv4.ip_forward), now or after a boot. C(default) stands for interfaces that do
              not exist yet.
            - RV(ignore:otherwise) lists values that would result if services ran in a different order at boot.
              RV(ignore:refused) lists values that the kernel does not accept. RV(ignore:scripts) lists what lines of
              scripts would set if they ran.
          type: dict
          returned: when readable
          sample:
            forwarding:
              eth0:
                live: "0"
                at_boot: "1"
                at_boot_source: /etc/sysctl.d/zz-runtime-fabric.conf:3
                set_by: []
            otherwise: []
            refused: []
            scripts: []
        modules:
          description:
            - For each name in O(kernel_modules), RV(ignore:available) is whether the module is available now, and
              RV(ignore:how) is V(loaded), V(built_in), V(feature) or V(absent). RV(ignore:file) is the file that
              modprobe would load. RV(ignore:obstacle) is the line in modprobe.d, or the kernel command-line parameter,
              that prevents loading the module.
            - RV(ignore:at_boot) is whether the module will be available after the next boot, even if that starts
              another kernel. RV(ignore:at_boot_source) is the file in modules-load.d that loads it.
          type: dict
          returned: when readable
          sample:
            br_netfilter:
              available: true
              how: loaded
              file: /lib/modules/6.1.0-40-amd64/kernel/net/bridge/br_netfilter.ko
              obstacle: null
              at_boot: true
              at_boot_source: /etc/modules-load.d/runtime-fabric.conf
        unreadable:
          description:
            - Files that could not be read, each with the reason. Those in RV(ignore:sysctls) may set kernel parameters
              at boot. Those in RV(ignore:modules) may load kernel modules or prevent loading them.
          type: dict
          returned: when readable
          sample: {"sysctls": ["/etc/sysctl.d/x.conf: larger than 1048576 bytes"], "modules": []}
        masked:
          description: Which of C(systemd-sysctl.service) and C(systemd-modules-load.service) are masked and so do not
            run.
          type: list
          elements: str
          returned: when readable
        dangling:
          description: Those of the same files that are dangling symbolic links. Programs ignore them.
          type: dict
          returned: when readable
          sample: {"sysctls": ["/etc/sysctl.conf: dangling link to /srv/sysctl.conf"], "modules": []}
        # facts: kernel
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    time:
      description: Time services and the state of chrony.
      type: dict
      returned: when requested
      contains:
        units:
          description: Whether each installed time service is RV(ignore:active) and RV(ignore:enabled).
          type: dict
          returned: when readable
          sample:
            chrony.service:
              active: true
              enabled: true
        guest:
          description: The hypervisors that set the clock of this machine, V(VMware), V(Hyper-V) or V(VirtualBox).
          type: list
          elements: str
          returned: when readable
        chrony:
          description:
            - The fields of C(chronyc tracking) and C(chronyc sources), by name. Offsets are in seconds.
            - RV(ignore:version) and RV(ignore:features) are those of chronyd. RV(ignore:unresolved) is the number of
              sources without an address. RV(ignore:log) has the last log lines about NTS if a source has not received
              any keys.
            - If chrony does not use a source, RV(ignore:too_distant) is whether it rejects the source because of its
              root distance, and RV(ignore:answer) is the content of the server's last valid answer.
            - RV(ignore:address) of a source is V(null) if its RV(ignore:name) does not resolve. Fields that only root
              may read, or that only a newer chrony reports, are V(null).
            - If chronyc did not answer, there is RV(ignore:error) instead of RV(ignore:tracking).
          type: dict
          returned: when readable
          sample:
            features: [CMDMON, NTP, NTS]
            log: []
            tracking:
              leap: Normal
              offset: 0.000012
              reference: 192.0.2.123
              root_delay: 0.0004
              root_dispersion: 0.0001
              skew: 0.4
              stratum: 3
            sources:
              - address: 192.0.2.123
                answer: null
                authentication:
                  attempts: 0
                  cookies: 8
                  key: null
                  mode: nts
                  naks: 0
                last_sample: 12
                mode: server
                name: ntp.example.com
                offset: 0.000004
                poll: 64
                reach: 255
                state: selected
                stratum: 2
                too_distant: null
            unresolved: 0
            version: "4.3"
        configuration:
          description:
            - RV(ignore:path) is chronyd's main configuration file, and RV(ignore:option) is whether the option C(-f)
              names it. RV(ignore:files) lists all directives that name the key file or other files to read. For each of
              them, RV(ignore:in) is the file that contains it, and RV(ignore:block) is its marked block, or V(null).
              The whole value is V(null) if there is no configuration file. RV(ignore:directives) is whether chronyd is
              started with directives instead of a file.
            - RV(ignore:sources) are the time sources that these files name, and RV(ignore:keys) are the ids of the
              symmetric keys. RV(ignore:control) is the socket or port through which chronyc reaches chronyd, if it is
              not the default.
            - RV(ignore:newer) lists the files and directories of the configuration that have changed since chronyd read
              them. It is V(null) if chronyd does not run.
          type: dict
          returned: when readable
          sample:
            path: /etc/chrony/chrony.conf
            option: false
            directives: false
            control:
              socket: null
              port: null
            files:
              - block: null
                directive: sourcedir
                in: /etc/chrony/chrony.conf
                path: /etc/chrony/sources.d
            sources:
              - block: null
                directive: server
                host: ntp.example.com
                key: 7
                path: /etc/chrony/sources.d/site.sources
            keys:
              - block: null
                id: 7
                path: /etc/chrony/chrony.keys
            newer: []
        platform:
          description: The operating system, from C(/etc/os-release).
          type: dict
          returned: when readable
          sample: {"id": debian, "version": "12", "like": []}
        synchronised:
          description:
            - Whether the clock is synchronised with a time source, regardless of the service that synchronises it.
              V(null) if that is not known.
          type: bool
          returned: when readable
          sample: true
        timezone:
          description: The name of the local time zone. V(null) if it is not known.
          type: str
          returned: when readable
          sample: Europe/Berlin
        waited:
          description: How many seconds the module waited because of O(clock_wait) and O(clock_settled).
          type: float
          returned: when readable
        clock:
          description: The time of the host's clock, in seconds since the epoch.
          type: float
          returned: when readable
        # facts: time
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    network:
      description: Addresses, routes and resolvers. A part that could not be read contains only RV(ignore:error).
      type: dict
      returned: when requested
      contains:
        # facts: network
        addresses:
          description: All addresses except loopback and link-local addresses. RV(ignore:dynamic) is
            V(true) if the address has a lifetime.
          type: list
          elements: dict
          sample:
            - address: 192.168.230.11
              dynamic: false
              family: ipv4
              interface: eth0
              prefix: 24
          returned: always
        default_route:
          description: The interface, gateway and origin of the IPv4 default route. V(null) if there is no
            default route.
          type: dict
          sample:
            gateway: 192.168.230.1
            interface: eth0
            protocol: static
          returned: always
        routes:
          description:
            - The IPv4 routes of the main table. A route with several next hops is returned as one route
              for each next hop. The default route has the destination C(0.0.0.0/0).
            - RV(ignore:type) is C(unicast), or what the kernel does with packets instead of sending them,
              such as C(blackhole).
          type: list
          elements: dict
          sample:
            - destination: 192.168.230.0/24
              gateway: null
              interface: eth0
              protocol: kernel
              type: unicast
          returned: always
        mtus:
          description: The MTU of each interface, in bytes.
          type: dict
          sample:
            eth0: 1500
          returned: always
        persistence:
          description:
            - RV(ignore:configurations) lists how each of NetworkManager, netplan, systemd-networkd, the
              network scripts, wicked and ifupdown will configure each interface at the next boot.
              RV(ignore:path) is the file that takes effect. RV(ignore:passed_over) lists files that do
              not. RV(ignore:method) is V(static), V(dhcp), V(not at boot), V(ignored) or the manager's
              own term. RV(ignore:uncertain) is why the outcome is not known, or empty.
            - RV(ignore:service) is the service that reads the file. RV(ignore:state) is V(runs) if that
              service runs, or why the file does not take effect. RV(ignore:managed) is whether the
              manager manages the interface now, or V(null) if it does not report that.
            - RV(ignore:leases) lists addresses in the lease files of DHCP clients. RV(ignore:unreadable)
              lists files that could not be read, and RV(ignore:dangling) lists dangling symbolic links.
          type: dict
          sample:
            configurations: []
            leases: []
            unreadable: []
            dangling: []
          returned: always
        neighbours:
          description: The RV(ignore:network) that was swept with ARP requests, and the
            RV(ignore:addresses) that answered.
          type: dict
          sample:
            network: 192.168.230.0/24
            addresses: [192.168.230.1]
          returned: with O(arp_sweep=true)
        resolvers:
          description:
            - The RV(ignore:nameservers) and RV(ignore:search) domains in C(/etc/resolv.conf), and the
              RV(ignore:file) to which it leads.
            - RV(ignore:dangling) is the link if it is dangling, otherwise V(null).
          type: dict
          sample:
            nameservers: [192.0.2.53]
            search: [example.com]
            file: /etc/resolv.conf
            dangling: null
          returned: always
        dns_listeners:
          description: The processes that use port 53 of O(dns_address), with their names and process ids.
          type: list
          elements: dict
          sample: []
          returned: always
        # end
    system:
      description: The operating system, its kernel and the programs that run on it. A part that could not be read
        contains only RV(ignore:error).
      type: dict
      returned: when requested
      contains:
        # facts: system
        cgroups:
          description: The mounted cgroup v1 controllers, and whether cgroup v2 is mounted
            (RV(ignore:unified)).
          type: dict
          sample:
            controllers: [cpu, cpuacct, cpuset, memory]
            unified: false
          returned: always
        release:
          description: The release of the running kernel, as C(uname -r) prints it.
          type: str
          sample: 3.10.0-1160.el7.x86_64
          returned: always
        kernel_options:
          description:
            - The value of each of O(kernel_options) in the configuration of the running kernel, V(y) or
              V(m). V(null) if the option is not set.
            - RV(ignore:source) is the file that contains the configuration.
          type: dict
          sample:
            options:
              VETH: m
            source: /boot/config-3.10.0-1160.el7.x86_64
          returned: always
        cloud_init:
          description: Whether cloud-init is installed, whether it is disabled, and whether it writes the
            RV(ignore:network) configuration.
          type: dict
          sample:
            disabled: false
            installed: false
            network: false
          returned: always
        accounts:
          description: For each id in O(accounts), the name of the user and the name of the group with
            that id, or V(null) if there is none.
          type: dict
          sample:
            "1000":
              group: null
              user: null
          returned: always
        allowlisting:
          description: Whether fapolicyd is RV(ignore:permissive). V(null) if it is not installed.
          type: dict
          sample:
            permissive: null
          returned: always
        hardware:
          description: The architecture, the number of processors, the memory in bytes, and the
            RV(ignore:product) name in the firmware, or V(null) if it has none.
          type: dict
          sample:
            cpus: 4
            machine: x86_64
            memory: 16656302080
            product: VMware Virtual Platform
          returned: always
        hostname:
          description: The current host RV(ignore:name), and the RV(ignore:static) host name that
            C(/etc/hostname) sets at boot, or V(null) if there is none.
          type: dict
          sample:
            name: worker-1
            static: worker-1
            unreadable: []
            dangling: []
          returned: always
        kubernetes:
          description: The version of Kubernetes, as one of its programs prints it. V(null) if none of its
            programs is installed.
          type: dict
          sample:
            program: kubelet
            version: 1.30.2
          returned: always
        os:
          description: The fields of C(/etc/os-release). On CentOS, the version is taken from
            C(/etc/centos-release).
          type: dict
          sample:
            id: rhel
            id_like: [fedora]
            name: Red Hat Enterprise Linux Server 7.7 (Maipo)
            version: "7.7"
          returned: always
        processes:
          description: The running programs, with their process ids and the names by which they are known.
            Their arguments are never returned.
          type: list
          elements: dict
          sample:
            - names: [systemd]
              pid: 1
          returned: always
        # end
    storage:
      description:
        - Mounts, free space, disks and C(/etc/fstab). A part that could not be read contains only RV(ignore:error).
          Values of mount options, comments, and sources in an unusual format are masked, because they may contain a
          secret.
      type: dict
      returned: when requested
      contains:
        # facts: storage
        devices:
          description: The disks, with their sizes in bytes, what uses them, and the RV(ignore:signatures)
            that udev found.
          type: list
          elements: dict
          sample:
            - device: "8:16"
              holders: []
              mounted: []
              name: sdb
              parts: []
              probed: true
              read_only: false
              removable: false
              signatures: []
              size: 268435456000
          returned: always
        leaves:
          description: The name, type and size of the block devices without child devices, as C(lsblk)
            prints them.
          type: list
          elements: str
          sample: [sdb disk 250G]
          returned: always
        mounts:
          description: The mounted filesystems. RV(ignore:root) is the directory within the filesystem
            that is mounted.
          type: list
          elements: dict
          sample:
            - device: "8:2"
              options: [relatime, rw]
              path: /
              root: /
              source: /dev/sda2
              type: xfs
          returned: always
        room:
          description:
            - For each of O(directories), the total and free space of its filesystem in bytes, the number
              of free inodes, how the filesystem is mounted, and whether root may write to the directory.
            - RV(ignore:obstacle) is what prevents the directory from being created, or V(null).
          type: dict
          sample:
            /tmp:
              files_free: 41923040
              free: 61203283968
              mode: 1023
              mount: /
              obstacle: null
              options: [relatime, rw]
              path: /tmp
              total: 85899345920
              type: xfs
              writable: true
          returned: always
        fstab:
          description: The lines of C(/etc/fstab). An entry for a comment has only RV(ignore:text).
          type: list
          elements: dict
          sample:
            - line: 1
              options: [defaults]
              path: /
              source: UUID=5b8e
              text: UUID=5b8e / xfs defaults 0 0
              type: xfs
          returned: always
        fstab_link:
          description: The target of C(/etc/fstab) if it is a dangling symbolic link, otherwise V(null).
          type: str
          sample: null
          returned: always
        xfs:
          description: Whether each XFS filesystem stores file types in directory entries (C(ftype)).
            V(null) if that is not known.
          type: dict
          sample:
            /: true
          returned: always
        environment:
          description:
            - The RV(ignore:values) of O(device_settings) in O(settings_file), and the RV(ignore:devices)
              to which they lead.
          type: dict
          sample:
            devices:
              /dev/sdb: sdb
            values:
              RTF_DOCKER_DEVICE: /dev/sdb
          returned: always
        # end
    proxy:
      description: The proxy settings in the host's files.
      type: dict
      returned: when requested
      contains:
        settings:
          description:
            - For each setting, RV(ignore:reader) is the program that reads it, RV(ignore:source) is the file, and
              RV(ignore:variable) and RV(ignore:value) are its name and value. If the value is a URL, only its scheme,
              host and port are returned, or C((hidden)) if these cannot be parsed with certainty.
            - RV(ignore:password) says which credentials the value has. It is V(none), V(expected) if the URL is one of
              O(proxy_hashes), or V(other).
            - RV(ignore:ignored) is why the program ignores the setting. RV(ignore:unknown) is why its value is not
              known, for example because a script computes it. RV(ignore:shortened) is why the program uses only a part
              of the value. Each of them is empty if it does not apply.
            - The settings of a program are in the order in which it reads them. If a variable is set more than once,
              the last setting takes effect.
          type: list
          elements: dict
          returned: when readable
          sample:
            - ignored: ""
              password: expected
              reader: sessions
              shortened: ""
              source: /etc/environment
              value: http://********@proxy.example.com:3128
              unknown: ""
              variable: http_proxy
        apt_files:
          description: The apt configuration files that mention a proxy. Their settings are listed as C(apt-config)
            returns them.
          type: list
          elements: str
          returned: when readable
          sample: [/etc/apt/apt.conf.d/95runtime-fabric-proxy]
        installer_file:
          description: Whether the Runtime Fabric installer's file with environment variables exists.
          type: bool
          returned: when readable
        curl:
          description: The version of curl, which determines how C(NO_PROXY) is interpreted. V(null) if curl is not
            installed.
          type: str
          returned: when readable
        systemd:
          description: The version of systemd as a number. V(null) if systemd is not installed.
          type: int
          returned: when readable
        pam:
          description: The version of Linux-PAM, which determines how long a line may be. V(null) if no package manager
            knows the version.
          type: str
          returned: when readable
          sample: 1.5.2
        services:
          description:
            - For each of docker, containerd, CRI-O, kubelet, k3s and rke2 that is installed, RV(ignore:running) is
              whether the service runs. RV(ignore:now) and RV(ignore:at_next_start) have the proxy variables in its
              environment, each with RV(ignore:value) and RV(ignore:password) as above. RV(ignore:outdated) is whether a
              restart would change these variables.
            - RV(ignore:now) is V(null) if the service does not run, or if the module may not read its environment.
              Without systemd, there is only RV(ignore:error).
          type: dict
          returned: when readable
          sample:
            docker:
              running: true
              outdated: true
              now: {}
              at_next_start:
                http_proxy:
                  value: http://********@proxy.example.com:3128
                  password: expected
        unread:
          description:
            - What C(systemctl daemon-reload) would change. RV(ignore:units) are the services whose files have changed
              since systemd read them. RV(ignore:environment) lists the proxy variables for which the environment that
              systemd passes to every service differs from its configuration. Without systemd, there is only
              RV(ignore:error).
          type: dict
          returned: when readable
          sample:
            units: [docker.service]
            environment: []
        unreadable:
          description: Files that could not be read, each with the reason.
          type: list
          elements: str
          returned: when readable
        dangling:
          description: Those of the files that are dangling symbolic links. Programs ignore them.
          type: list
          elements: str
          returned: when readable
        # facts: proxy
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    packages:
      description: The package repositories that are configured for apt, or for dnf and yum. Package lists are not
        updated.
      type: dict
      returned: when requested
      contains:
        manager:
          description: V(apt), or V(dnf) for dnf and yum. V(null) if none of them is installed.
          type: str
          returned: when readable
        repositories:
          description:
            - Each enabled repository that is not on the host itself. The package manager needs to reach only one of its
              RV(ignore:places).
            - RV(ignore:places[].proxy) is the proxy in the package manager's own settings, in the same form as in the
              section C(proxy). It is V(direct) if the settings disable the proxy, or empty if they have none.
              RV(ignore:places[].password) is the same as in the section C(proxy).
            - RV(ignore:places[].verified) is whether the certificate of the server is verified with the host's own
              trust store.
            - RV(ignore:unknown) is why another place of the repository is not known, or V(null).
          type: list
          elements: dict
          returned: when readable
          sample:
            - name: archive.example.com
              source: /etc/apt/sources.list.d/site.sources
              unknown: null
              places:
                - scheme: http
                  host: archive.example.com
                  port: 80
                  proxy: http://********@proxy.example.com:3128
                  password: expected
                  verified: true
        local:
          description: The number of repositories on the host itself.
          type: int
          returned: when readable
        unreadable:
          description: Files that could not be read, each with the reason.
          type: list
          elements: str
          returned: when readable
        dangling:
          description: Those of the files that are dangling symbolic links. Programs ignore them.
          type: list
          elements: str
          returned: when readable
        # facts: packages
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    firewall:
      description: The firewalls on the host, and what M(hostprep.runtime_fabric.firewall_rules) manages in them.
      type: dict
      returned: when requested
      contains:
        backends:
          description: Whether each supported firewall is installed, by name.
          type: dict
          returned: when readable
        active:
          description: The active firewalls of the site, each with the reason why it counts as active.
          type: dict
          returned: when readable
          sample:
            nftables: the chain inet filter input filters
        ours:
          description:
            - Which rules are RV(ignore:missing) compared with what was applied, and which are RV(ignore:extra), both
              now (RV(ignore:runtime)) and after a reboot (RV(ignore:permanent)).
            - V(null) if nothing was applied.
          type: dict
          returned: when readable
        applied:
          description:
            - The rules that were applied last - their RV(ignore:backend), when rules that expire are removed, and the
              options with which M(hostprep.runtime_fabric.firewall_rules) applied them. V(null) if nothing was applied.
          type: dict
          returned: when readable
        holds:
          description: Whether applying the same rules again would change nothing.
          type: bool
          returned: when readable
        leftover:
          description:
            - The firewalls that may still contain rules of this collection, although no firewall is active and
              RV(ignore:applied) is V(null).
          type: list
          elements: str
          returned: when readable
        pending:
          description: Whether a change waits to be confirmed.
          type: bool
          returned: when readable
        packets:
          description:
            - What all firewall rules in the kernel do with the packets that RV(ignore:applied) allows, regardless of
              which program wrote the rules. If nothing was applied, RV(ignore:asked) is V(everything), and all packets
              are considered.
            - RV(ignore:answers) lists the packets that are not certainly accepted. Each entry has the chain and the
              rule that decide, and the owner, which is the program that wrote the rule. An empty rule is the policy of
              the chain. An empty owner is the site.
            - RV(ignore:forward) lists packets from the trusted networks to another node in the same way.
              RV(ignore:hidden) says which rules could not be read.
          type: dict
          returned: when readable
          sample:
            asked: applied
            hidden: []
            forward: []
            answers:
              - verdict: drop
                transport: tcp
                ports: ["443", "2379-2380"]
                sources: [192.0.2.21]
                where: inet firewalld filter_IN_policy_shut
                rule: drop
                owner: firewalld
        iptables:
          description: Which variant of iptables is in use, and whether each of the two variants has rules.
          type: dict
          returned: when readable
          sample:
            in_use: nf_tables
            rules:
              legacy: false
              nf_tables: true
        forward:
          description: The chains that drop forwarded packets that no rule accepts.
          type: dict
          returned: when readable
        forward_owners:
          description: The programs that manage their own rules in these chains, and so may have set the policy.
          type: dict
          returned: when readable
          sample:
            ip filter FORWARD: Docker
        installer:
          description: The version of a Runtime Fabric installation script on the host, and whether its systemd unit
            exists.
          type: dict
          returned: when readable
          sample:
            unit: false
            version: 20220310-0094759
        # facts: firewall
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    swap:
      description:
        - The swap space of the host. RV(ignore:active) is the swap space in use now. RV(ignore:fstab) lists the lines
          of C(/etc/fstab) that configure swap. RV(ignore:units) lists the swap units and zram services that run or
          start at boot. RV(ignore:units[].source) is the file from which a generator made the unit.
      type: dict
      returned: when requested
      sample:
        active:
          - name: /dev/dm-1
            kilobytes: 2097148
        fstab:
          - line: 12
            device: /dev/mapper/rhel-swap
        units: []
        unreadable: []
        dangling: ["/etc/fstab: dangling link to /srv/fstab"]
    selinux:
      description: The current RV(ignore:mode), V(enforcing), V(permissive) or V(disabled), and the
        RV(ignore:configured) mode.
      type: dict
      returned: when requested
      sample:
        mode: enforcing
        configured: enforcing
        unreadable: []
        dangling: []
        platform: {"id": rocky, "version": "8.10", "like": [rhel, centos, fedora]}
    cloud_setup:
      description: The systemd units of nm-cloud-setup, and the priorities of the routing rules that it has added.
      type: dict
      returned: when requested
      sample:
        units:
          nm-cloud-setup.timer:
            active: true
            enabled: true
        rules: [30200, 30400]
    tunnel_offload:
      description: Each interface with its driver and whether it offloads the segmentation of UDP tunnels, and the path
        of C(ethtool), if it is installed.
      type: dict
      returned: when requested
      sample:
        interfaces:
          - name: ens192
            driver: vmxnet3
            features:
              tx-udp_tnl-segmentation: true
              tx-udp_tnl-csum-segmentation: true
        ethtool: /usr/sbin/ethtool
"""

import functools
import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.managed_block_evidence import (
    managed_block_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers as readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Reading
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact_registry import FACTS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.host_sections import SECTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.kernel_evidence import (
    kernel_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.selinux_evidence import (
    selinux_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.swap_evidence import swap_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.firewall_evidence import (
    firewall_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_features import (
    tunnel_offload_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.nm_cloud_setup_evidence import (
    cloud_setup_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.packages.repository_evidence import (
    repository_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.proxy_evidence import (
    apt_configuration,
    proxy_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system.file_evidence import file_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.clock_evidence import clock_evidence

BLOCK = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "section": {"type": "str"},
}
# For the action of the same name, which does not hand it on.
KNOWN = {
    "type": "dict",
    "options": {
        "options": {"type": "dict", "default": {}},
        "host": {"type": "dict", "default": {}},
        "made": {"type": "int"},
    },
}


def collect(parameters):
    """Return `{"privileged": bool, section: evidence}`; a reader that breaks leaves its reason in its own section only.

    A section is what its reader below returns, and the facts that are declared for it.
    """
    ask_apt = functools.lru_cache(maxsize=None)(apt_configuration)  # two sections want to know
    sections = {
        "kernel": lambda: kernel_evidence(parameters["sysctls"], parameters["kernel_modules"]),
        "time": lambda: clock_evidence(parameters["clock_wait"], parameters["clock_settled"]),
        "proxy": lambda: proxy_evidence(parameters["proxy_hashes"], ask_apt=ask_apt),
        "packages": lambda: repository_evidence(parameters["proxy_hashes"], ask_apt=ask_apt),
        "firewall": firewall_evidence,
        "swap": swap_evidence,
        "selinux": selinux_evidence,
        "cloud_setup": cloud_setup_evidence,
        "tunnel_offload": tunnel_offload_evidence,
    }
    named = {
        "files": lambda: file_evidence(parameters["files"]),
        "units": lambda: systemd_units.read_units(parameters["units"]),
    }
    wanted = [name for name in named if parameters.get(name)] + parameters["sections"]
    wanted.sort(key=lambda name: name == "time")  # the clock is synchronised while everything else is read
    host, declared = {"privileged": os.geteuid() == 0}, Reading(parameters, FACTS)
    for name in wanted:
        host.update(readers.collect({name: dict(sections, **named).get(name, dict)}))
        if set(host[name]) != {"error"}:
            host[name].update(declared.section(name))
    if parameters.get("blocks"):
        places = parameters["blocks"] + blocks_of_chrony(parameters["blocks"], host.get("time", {}))
        host["blocks"] = managed_block_evidence(places, parameters["block_lines"])
    return host


def blocks_of_chrony(places, clock):
    """Return the places of the same blocks in the file that chronyd reads first and in files of keys; clock: the section `time`."""
    configuration = clock.get("configuration") or {}
    paths = [configuration["path"]] if configuration.get("path") else []
    paths += [line["path"] for line in configuration.get("files", []) if line["directive"] == "keyfile"]
    known = [(place["name"], place["path"]) for place in places]
    names = sorted({name for name, dummy_path in known})
    return [{"name": name, "path": path} for name in names for path in paths if (name, path) not in known]


def main():
    module = AnsibleModule(
        argument_spec={
            "sections": {"type": "list", "elements": "str", "choices": SECTIONS, "default": SECTIONS},
            "sysctls": {"type": "list", "elements": "str", "default": []},
            "kernel_modules": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "kernel_options": {"type": "list", "elements": "str", "default": []},
            "accounts": {"type": "list", "elements": "int", "default": []},
            "directories": {"type": "list", "elements": "str", "default": []},
            "settings_file": {"type": "str", "default": ""},
            "device_settings": {"type": "list", "elements": "str", "default": []},
            "dns_address": {"type": "str", "default": "127.0.0.1"},
            "arp_sweep": {"type": "bool", "default": False},
            "clock_wait": {"type": "int", "default": 0},
            "clock_settled": {"type": "bool", "default": False},
            "proxy_hashes": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "blocks": {"type": "list", "elements": "dict", "default": [], "options": BLOCK},
            "block_lines": {"type": "dict", "default": {}, "no_log": True},
            "known": KNOWN,
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, host=collect(module.params))


if __name__ == "__main__":
    main()
