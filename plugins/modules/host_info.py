#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: host_info
short_description: Collect evidence of the system, disks, kernel, clock, network, proxies, packages and firewalls of a host
version_added: 1.0.0
description:
  - Looks at the host and changes nothing. What it finds is evidence, not a judgement; nothing of it makes the task fail.
  - Each section is collected on its own, and so is each part of the sections C(system), C(storage) and C(network). What
    cannot be read holds only RV(ignore:error), and the others are still there.
  - Disks are not opened, nothing is looked at that is mounted over the network, and no file is read beyond a megabyte.
  - Needs Python 3.6 or newer and its standard library on the host, systemd, C(ip) for the network section, and
    C(lsblk) and udev for the disks.
    An ordinary user may read all that is collected, but for files of proxy settings that hold passwords, and for the
    rules of firewalls.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  sections:
    description: Which sections to collect.
    type: list
    elements: str
    choices:
      [kernel, time, network, proxy, packages, system, storage, firewall, swap, selinux, cloud_setup, tunnel_offload]
    default:
      [kernel, time, network, proxy, packages, system, storage, firewall, swap, selinux, cloud_setup, tunnel_offload]
  sysctls:
    description: Kernel parameters to look up, now and as they will be after the next boot.
    type: list
    elements: str
    default: []
  kernel_modules:
    description: Kernel modules to look up. A feature that is built into the kernel counts as available.
    type: list
    elements: str
    default: []
  files:
    description:
      - Files to return the text, the mode and the owner of.
      - Not for files with secrets.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd to look up.
    type: list
    elements: str
    default: []
  kernel_options:
    description: Options of the kernel's configuration to look up, without C(CONFIG_).
    type: list
    elements: str
    default: []
  accounts:
    description: Numbers of users and groups to look up.
    type: list
    elements: int
    default: []
  directories:
    description:
      - Directories to look up the free space of, and whether root may write there. Nothing is written. Of one that does not exist the
        nearest above it counts.
    type: list
    elements: str
    default: []
  settings_file:
    description: A file of shell variables of which O(device_settings) are read. It is not run.
    type: str
    default: ""
  device_settings:
    description: Variables of O(settings_file) that name devices. Nothing else of the file is returned.
    type: list
    elements: str
    default: []
  dns_address:
    description: A local address on which a DNS server is to listen; processes that hold its port are returned.
    type: str
    default: 127.0.0.1
  arp_sweep:
    description:
      - Whether to send an ARP request for every address of the subnet of the default route, for about a second.
      - Not for subnets larger than /22. Needs root.
    type: bool
    default: false
  clock_wait:
    description:
      - For how many seconds to wait until chrony is synchronised before evidence of the clock is taken.
      - The wait ends as soon as it is. V(0) looks once.
    type: int
    default: 0
  clock_settled:
    description:
      - Whether to wait for at most 10 seconds more while chrony has been started so recently that it takes its first samples, or
        is synchronised and does not know yet, to a tenth of a second, how far off the clock is. Clocks cannot be compared before.
    type: bool
    default: false
  proxy_hashes:
    description:
      - URLs of proxies that are expected in the host's files, each as the digest that the filter
        P(hostprep.runtime_fabric.proxy_parts#filter) returns. A digest, because Ansible hides a secret option wherever
        its text turns up in a result, and a password may be a word that is in one anyway.
      - Neither a user nor a password is returned. RV(ignore:host.proxy.settings[].password) is whether the URL was
        one of these.
    type: list
    elements: str
    default: []
  blocks:
    description:
      - Marked blocks of M(hostprep.runtime_fabric.managed_blocks) to read. A block of the same name is also read in
        the file that chronyd reads first and in each file of keys that this one names, when the section C(time) is collected.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name in the markers.
        type: str
        required: true
      path:
        description: The file.
        type: path
        required: true
      section:
        description: The section of an INI file at whose end the block belongs.
        type: str
  known:
    description:
      - Evidence that was collected earlier in the run, RV(host), and the options of that call. Where it has all that is asked
        for, it is returned, and the host is not connected to.
    type: dict
    suboptions:
      options:
        description: The options that O(known.host) was collected with.
        type: dict
        default: {}
      host:
        description: What the call returned, RV(host).
        type: dict
        default: {}
      made:
        description:
          - When the call returned, in nanoseconds of the monotonic clock of the control node, as RV(ignore:made) of
            M(hostprep.runtime_fabric.plan_changes) says. Evidence that is older than five minutes is collected again.
          - Left out, the play vouches for the evidence.
        type: int
  block_lines:
    description:
      - Lines that are expected in O(blocks), each with the digest of what stands in the file for it. A line of that digest
        is returned as its key here, so that no secret has to leave the controller or the host.
    type: dict
    default: {}
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
seealso:
  - module: hostprep.runtime_fabric.egress_info
"""

EXAMPLES = r"""
- name: Will this host still forward packets after a reboot?
  hostprep.runtime_fabric.host_info:
    sections: [kernel]
    sysctls: [net.ipv4.ip_forward]
    kernel_modules: [br_netfilter]
  register: found

- name: Report the file that decides it
  ansible.builtin.debug:
    var: found.host.kernel.sysctls['net.ipv4.ip_forward'].at_boot_source

- name: Give chrony half a minute to find its source
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
        - For each of O(files) its RV(ignore:text), V(null) where it cannot be read, its RV(ignore:mode), and the numbers of
          its RV(ignore:owner) and RV(ignore:group); those of a link where it is one.
        - V(null) for a file that does not exist.
      type: dict
      returned: with O(files)
      sample:
        /etc/modules-load.d/runtime-fabric.conf:
          group: 0
          mode: "0644"
          owner: 0
          text: "br_netfilter\n"
    units:
      description: For each of O(units) that is installed whether it is RV(ignore:active) and RV(ignore:enabled).
      type: dict
      returned: with O(units)
      sample:
        docker.service:
          active: true
          enabled: true
    blocks:
      description:
        - For each of O(blocks) where the links of its RV(ignore:path) lead (RV(ignore:target)), the RV(ignore:mode) of the file,
          how many RV(ignore:missing_directories) are above it, and RV(ignore:leftovers) of an interrupted write.
        - The RV(ignore:lines) of the block, V(null) without one, as in O(block_lines) where they are RV(ignore:expected) and
          without anything that may be secret where they are not; the mode that the file had without the block
          (RV(ignore:mode_before)), and whether the block is at the end of the file or section (RV(ignore:in_place)).
        - Only RV(ignore:error) for a file that cannot be read.
      type: list
      elements: dict
      returned: when O(blocks) is not empty
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
          description: As C(uname -r) prints it.
          type: str
          returned: when readable
          sample: 6.1.0-40-amd64
        newest:
          description:
            - The newest installed release of the same flavour, which the next boot will most likely start.
            - V(null) where no kernel is installed, as in a container.
          type: str
          returned: when readable
        modular:
          description: Whether the running kernel can load modules at all.
          type: bool
          returned: when readable
        modules_present:
          description: False where C(/lib/modules) has other kernels' modules and none of the running one.
          type: bool
          returned: when readable
        platform:
          description: RV(ignore:id), RV(ignore:version) and RV(ignore:like) from C(/etc/os-release).
          type: dict
          returned: when readable
          sample: {"id": rocky, "version": "9.4", "like": [rhel, centos, fedora]}
        sysctls:
          description:
            - For each name of O(sysctls) a dictionary of RV(ignore:live), the value now, RV(ignore:at_boot), the value
              after the next boot, and RV(ignore:at_boot_source), the file and line that decide it.
              RV(ignore:set_by) lists all lines that set it, with their values, the one that counts last. The boot is
              replayed, systemd-sysctl first and then what else writes parameters, such as ufw, tuned and
              systemd-networkd; values are what the kernel makes of a text.
            - V(null) where the key does not exist, or where nothing sets it.
            - RV(ignore:beside) is the value that C(sysctl --system) gives it, and the line that decides that, where it
              is another one than at boot.
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
            - What else the replay of the next boot finds. RV(ignore:forwarding) has the interfaces that forward other
              than C(net.ipv4.ip_forward) says, now or after a boot, and C(default) for interfaces to come.
            - RV(ignore:otherwise) lists values that another order at boot would leave, RV(ignore:refused) texts that the
              kernel does not take, RV(ignore:scripts) what lines of scripts would set if they ran.
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
            - For each name of O(kernel_modules) whether it is RV(ignore:available) now and RV(ignore:how), V(loaded),
              V(built_in), V(feature) or V(absent). RV(ignore:file) is what modprobe would load, RV(ignore:obstacle) the
              line of modprobe.d, or the parameter of the kernel's command line, that prevents loading it.
            - RV(ignore:at_boot) is whether it will be there after the next boot, also if that starts another kernel,
              RV(ignore:at_boot_source) by which file of modules-load.d.
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
            - Files that set RV(ignore:sysctls) at boot, or load or forbid RV(ignore:modules), and could not be read, each
              with the reason.
          type: dict
          returned: when readable
          sample: {"sysctls": ["/etc/sysctl.d/x.conf: larger than 1048576 bytes"], "modules": []}
        masked:
          description: Those of C(systemd-sysctl.service) and C(systemd-modules-load.service) that are masked, and do not run.
          type: list
          elements: str
          returned: when readable
        dangling:
          description: Dangling links among them, which have no content for any program.
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
          description: For each installed time service whether it is RV(ignore:active) and RV(ignore:enabled).
          type: dict
          returned: when readable
          sample:
            chrony.service:
              active: true
              enabled: true
        guest:
          description: Hypervisors that set this machine's clock, V(VMware), V(Hyper-V) or V(VirtualBox).
          type: list
          elements: str
          returned: when readable
        chrony:
          description:
            - The fields of C(chronyc tracking) and C(chronyc sources) by name; offsets in seconds.
            - RV(ignore:version) and RV(ignore:features) of chronyd, RV(ignore:unresolved), the number of sources without
              an address, and RV(ignore:log), the last lines about NTS where a source has got no keys.
            - Where chrony does not use a source, RV(ignore:too_distant) is whether it rejects it for its root distance, and
              RV(ignore:answer) is what the last valid answer of the server says.
            - A source has RV(ignore:address) V(null) where its RV(ignore:name) does not resolve. What only root may read,
              or what only a newer chrony reports, is V(null).
            - No RV(ignore:tracking) but RV(ignore:error) where chronyc did not answer.
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
            - RV(ignore:path) of chrony's own configuration file, which RV(ignore:option) C(-f) may name, and in
              RV(ignore:files) the lines of all files that name the file of keys or other files to read, each with the file
              that it stands RV(ignore:in) and its marked block. V(null) without such a file. With RV(ignore:directives)
              chronyd is started with directives instead of a file.
            - RV(ignore:sources) are the time sources that these files name, RV(ignore:keys) the ids of the symmetric keys,
              RV(ignore:control) is the socket or the port by which chronyc finds chronyd where it is not the usual one.
            - RV(ignore:newer) are the files and directories of the configuration that have changed since chronyd read
              them, V(null) where it does not run.
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
          description: The operating system, as C(os-release) names it.
          type: dict
          returned: when readable
          sample: {"id": debian, "version": "12", "like": []}
        synchronised:
          description:
            - Whether the clock follows a time source, whichever service keeps it; V(null) where that is not known.
          type: bool
          returned: when readable
          sample: true
        timezone:
          description: Name of the local time zone, V(null) where it is not known.
          type: str
          returned: when readable
          sample: Europe/Berlin
        waited:
          description: Seconds waited because of O(clock_wait) and O(clock_settled).
          type: float
          returned: when readable
        clock:
          description: The host's clock as seconds since the epoch.
          type: float
          returned: when readable
        # facts: time
        # end
        error:
          description: Why the section could not be read.
          type: str
          returned: when it could not be read
    network:
      description: Addresses, routes and resolvers. Any part of it holds only RV(ignore:error) where it could not be read.
      type: dict
      returned: when requested
      contains:
        # facts: network
        addresses:
          description: Every address but loopback and link-local ones; RV(ignore:dynamic) is true for one with a lifetime.
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
          description: Interface, gateway and origin of the IPv4 default route, V(null) without one.
          type: dict
          sample:
            gateway: 192.168.230.1
            interface: eth0
            protocol: static
          returned: always
        routes:
          description:
            - IPv4 routes of the main table, one with several next hops as one route for each; the default route has the
              destination C(0.0.0.0/0).
            - RV(ignore:type) is C(unicast), or what the kernel does with packets instead of sending them, as C(blackhole).
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
          description: The longest packet that each interface sends, in bytes.
          type: dict
          sample:
            eth0: 1500
          returned: always
        persistence:
          description:
            - RV(ignore:configurations) are what each of NetworkManager, netplan, systemd-networkd, the network scripts, wicked
              and ifupdown makes of each interface at the next boot. RV(ignore:path) is the file that decides,
              RV(ignore:passed_over) are files that do not count. RV(ignore:method) is V(static), V(dhcp), V(not at boot),
              V(ignored) or the manager's own term, RV(ignore:uncertain) why the outcome is not known, or empty.
            - RV(ignore:service) reads the file, RV(ignore:state) is whether that V(runs), or why the file does not count,
              and RV(ignore:managed) whether the manager manages the interface now, V(null) where it does not say.
            - RV(ignore:leases) are addresses that a DHCP client has in a file, RV(ignore:unreadable) files that could not be
              read, RV(ignore:dangling) those that are links to no file.
          type: dict
          sample:
            configurations: []
            leases: []
            unreadable: []
            dangling: []
          returned: always
        neighbours:
          description: The RV(ignore:network) of the ARP requests, and the RV(ignore:addresses) that answered.
          type: dict
          sample:
            network: 192.168.230.0/24
            addresses: [192.168.230.1]
          returned: with O(arp_sweep=true)
        resolvers:
          description:
            - RV(ignore:nameservers) and RV(ignore:search) of resolv.conf, and the RV(ignore:file) it leads to.
            - RV(ignore:dangling) names the link where it leads to no file, else V(null).
          type: dict
          sample:
            nameservers: [192.0.2.53]
            search: [example.com]
            file: /etc/resolv.conf
            dangling: null
          returned: always
        dns_listeners:
          description: Processes that hold port 53 of O(dns_address), with name and pid.
          type: list
          elements: dict
          sample: []
          returned: always
        # end
    system:
      description: The operating system, its kernel and what runs on it. Any part may hold only RV(ignore:error).
      type: dict
      returned: when requested
      contains:
        # facts: system
        cgroups:
          description: The controllers of cgroup version 1 that are mounted, and whether version 2 is (RV(ignore:unified)).
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
            - Each of O(kernel_options) that the running kernel was built with is V(y) or V(m), any other V(null).
            - RV(ignore:source) is the file that says so.
          type: dict
          sample:
            options:
              VETH: m
            source: /boot/config-3.10.0-1160.el7.x86_64
          returned: always
        cloud_init:
          description: Whether cloud-init is there, is disabled, and writes the configuration of the RV(ignore:network).
          type: dict
          sample:
            disabled: false
            installed: false
            network: false
          returned: always
        accounts:
          description: For each of O(accounts) the user and the group of that number, V(null) where there is none.
          type: dict
          sample:
            "1000":
              group: null
              user: null
          returned: always
        allowlisting:
          description: Whether fapolicyd is RV(ignore:permissive), V(null) where it is not installed.
          type: dict
          sample:
            permissive: null
          returned: always
        hardware:
          description: The architecture, processors, memory in bytes, and RV(ignore:product) by the firmware, V(null) without.
          type: dict
          sample:
            cpus: 4
            machine: x86_64
            memory: 16656302080
            product: VMware Virtual Platform
          returned: always
        hostname:
          description: The RV(ignore:name) in use, and RV(ignore:static), which C(/etc/hostname) sets at boot, V(null) without.
          type: dict
          sample:
            name: worker-1
            static: worker-1
            unreadable: []
            dangling: []
          returned: always
        kubernetes:
          description: The version of Kubernetes as one of its programs prints it, V(null) where none is installed.
          type: dict
          sample:
            program: kubelet
            version: 1.30.2
          returned: always
        os:
          description: Fields of C(/etc/os-release); of CentOS the version is the one in C(/etc/centos-release).
          type: dict
          sample:
            id: rhel
            id_like: [fedora]
            name: Red Hat Enterprise Linux Server 7.7 (Maipo)
            version: "7.7"
          returned: always
        processes:
          description: The running programs by pid, with the names by which they are known, and never their arguments.
          type: list
          elements: dict
          sample:
            - names: [systemd]
              pid: 1
          returned: always
        # end
    storage:
      description:
        - Mounts, room, disks and /etc/fstab. Any part may hold only RV(ignore:error). Values of options, comments and
          sources of unusual shape are masked, because they may hold a secret.
      type: dict
      returned: when requested
      contains:
        # facts: storage
        devices:
          description: The whole disks, with their size in bytes, what uses them, and the RV(ignore:signatures) that udev found.
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
          description: Name, type and size of the devices that nothing is on top of, as C(lsblk) prints them.
          type: list
          elements: str
          sample: [sdb disk 250G]
          returned: always
        mounts:
          description: What is mounted where; RV(ignore:root) is the part of the filesystem that is.
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
            - For each of O(directories) the space in bytes and the free files of its filesystem, how that is mounted, and
              whether root may write there.
            - RV(ignore:obstacle) is what keeps a directory from being made, V(null) where nothing does.
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
          description: The lines of C(/etc/fstab). A comment has only RV(ignore:text).
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
          description: Where C(/etc/fstab) leads if that is to no file, V(null) otherwise.
          type: str
          sample: null
          returned: always
        xfs:
          description: For each XFS whether it keeps the type of directory entries, V(null) where that is not known.
          type: dict
          sample:
            /: true
          returned: always
        environment:
          description:
            - The RV(ignore:values) of O(device_settings) in O(settings_file), and to which of the RV(ignore:devices) they lead.
          type: dict
          sample:
            devices:
              /dev/sdb: sdb
            values:
              RTF_DOCKER_DEVICE: /dev/sdb
          returned: always
        # end
    proxy:
      description: The settings of proxies in the host's files.
      type: dict
      returned: when requested
      contains:
        settings:
          description:
            - For each setting its RV(ignore:reader), RV(ignore:source), RV(ignore:variable) and RV(ignore:value). Of a URL
              that is the scheme, the host and the port, or C((hidden)) where these cannot be read without doubt.
            - RV(ignore:password) is whether it has credentials. V(none), V(expected) where the URL is one of
              O(proxy_hashes), or V(other).
            - RV(ignore:ignored) is why the program does not take a setting, RV(ignore:unknown) why its value is not known,
              such as that a script computes it, RV(ignore:shortened) why the program does not take all of it. They are empty
              otherwise.
            - The settings of one reader are in its order, and of one variable the last one counts.
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
          description: The files of apt that mention a proxy. Their settings are listed as C(apt-config) returns them.
          type: list
          elements: str
          returned: when readable
          sample: [/etc/apt/apt.conf.d/95runtime-fabric-proxy]
        installer_file:
          description: Whether the Runtime Fabric installer's file of environment variables is there.
          type: bool
          returned: when readable
        curl:
          description: The version of curl, V(null) where there is none. It decides how a NO_PROXY is read.
          type: str
          returned: when readable
        systemd:
          description: The version of systemd as a number, V(null) where there is none.
          type: int
          returned: when readable
        pam:
          description: The version of Linux-PAM, V(null) where no package manager knows it. It decides how long lines may be.
          type: str
          returned: when readable
          sample: 1.5.2
        services:
          description:
            - For docker, containerd, CRI-O, kubelet, k3s and rke2, where installed, whether it is RV(ignore:running), and the
              variables of proxies in its environment RV(ignore:now) and RV(ignore:at_next_start), each with RV(ignore:value) and
              RV(ignore:password) as above. RV(ignore:outdated) is whether a restart would change that.
            - RV(ignore:now) is V(null) where nothing runs, or the module may not look. Only RV(ignore:error) without systemd.
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
            - What systemd would find if it read its files again. RV(ignore:units) are the services whose files have changed
              since it did, RV(ignore:environment) the variables of proxies that it gives to every service with another
              value than its configuration has, or that only one of the two has. Only RV(ignore:error) without systemd.
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
          description: Dangling links among the files, which have no content for any program.
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
      description: The package repositories in the files of apt, or dnf and yum. Neither of them is run to update anything.
      type: dict
      returned: when requested
      contains:
        manager:
          description: V(apt) or V(dnf), which stands for yum as well, V(null) where there is none of them.
          type: str
          returned: when readable
        repositories:
          description:
            - Each repository that is not switched off and not on the host itself. One of its RV(ignore:places) is enough.
            - RV(ignore:places[].proxy) is what the package manager's own settings have, as in the section C(proxy),
              V(direct) where they forbid one, or an empty text; RV(ignore:places[].password) is as for the section C(proxy).
            - RV(ignore:places[].verified) is whether the server is verified with the host's own trust store.
            - RV(ignore:unknown) is why another place of it is not known, V(null) otherwise.
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
          description: How many repositories are on the host itself.
          type: int
          returned: when readable
        unreadable:
          description: Files that could not be read, each with the reason.
          type: list
          elements: str
          returned: when readable
        dangling:
          description: Dangling links among the files, which have no content for any program.
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
      description: Which firewalls there are, and what M(hostprep.runtime_fabric.firewall_rules) keeps in them.
      type: dict
      returned: when requested
      contains:
        backends:
          description: Which firewalls are installed, by name.
          type: dict
          returned: when readable
        active:
          description: The firewalls that filter for the site, and how that was seen.
          type: dict
          returned: when readable
          sample:
            nftables: the chain inet filter input filters
        ours:
          description:
            - What is RV(ignore:missing) from what was applied, and what is there in RV(ignore:extra), now
              (RV(ignore:runtime)) and after a reboot (RV(ignore:permanent)).
            - V(null) where nothing was applied.
          type: dict
          returned: when readable
        applied:
          description:
            - The RV(ignore:backend) of what was applied, when rules that expire end, and the options of
              M(hostprep.runtime_fabric.firewall_rules) with which it was; V(null) without.
          type: dict
          returned: when readable
        holds:
          description: Whether to apply that again would change nothing.
          type: bool
          returned: when readable
        leftover:
          description:
            - Where no firewall is active and RV(ignore:applied) is V(null), those that may hold rules of this collection
              all the same.
          type: list
          elements: str
          returned: when readable
        pending:
          description: Whether a change waits to be confirmed.
          type: bool
          returned: when readable
        packets:
          description:
            - What all rules of the kernel do with the packets that RV(ignore:applied) lets in, whoever wrote the rules; with all
              packets where nothing was applied, RV(ignore:asked) being V(everything).
            - RV(ignore:answers) are those that are not certainly accepted, with the chain and the rule that decide it (an
              empty one is the policy of the chain), and the program that wrote it, empty for the site.
            - RV(ignore:forward) are likewise those from the trusted networks to another node, and RV(ignore:hidden) says which
              rules could not be read.
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
          description: Which tables the program iptables writes to, and which of both kinds hold rules.
          type: dict
          returned: when readable
          sample:
            in_use: nf_tables
            rules:
              legacy: false
              nf_tables: true
        forward:
          description: The chains that drop forwarded packets which no rule accepts.
          type: dict
          returned: when readable
        forward_owners:
          description: The programs that keep rules of their own in these chains, and so may have set the policy.
          type: dict
          returned: when readable
          sample:
            ip filter FORWARD: Docker
        installer:
          description: The version of an installation script of Runtime Fabric on the host, and whether its own unit is there.
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
        - What swaps. RV(ignore:active) now, RV(ignore:fstab) by which lines, RV(ignore:units) by which swap units and zram
          services, which run or start at boot; RV(ignore:units[].source) is the file a generator made the unit of.
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
      description: RV(ignore:mode) now, V(enforcing), V(permissive) or V(disabled), and what is RV(ignore:configured).
      type: dict
      returned: when requested
      sample:
        mode: enforcing
        configured: enforcing
        unreadable: []
        dangling: []
        platform: {"id": rocky, "version": "8.10", "like": [rhel, centos, fedora]}
    cloud_setup:
      description: The units of nm-cloud-setup, and the priorities of the rules that it has made.
      type: dict
      returned: when requested
      sample:
        units:
          nm-cloud-setup.timer:
            active: true
            enabled: true
        rules: [30200, 30400]
    tunnel_offload:
      description: Each interface with its driver and whether it segments UDP tunnels, and where ethtool is, if anywhere.
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
