# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and remove files as root only where no other user controls the path.

A path is walked component by component, each one opened below the one before. A component that a user other than root
owns or can replace is refused, since that user could lead root to any file of the host: a link to /etc/passwd, a
directory that becomes a link to /etc/cron.d between two checks. Links that root made are followed.

A file is created and removed together with the directories that are made for it, by renaming one of them. Until then they
have temporary names, by which the next run finds what a killed one left.
"""

import errno
import grp
import os
import pwd
import shlex
import shutil
import stat
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    TEXT_LIMIT,
    Unreadable,
    content,
)

MOST_LINKS = 40  # as the kernel
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
_ACL = "system.posix_acl_access"
_ACL_USER, _ACL_GROUP, _ACL_MASK, _ACL_WRITE = 0x02, 0x08, 0x10, 0x02


class Untrusted(Exception):
    """A path that a user other than root controls; the text names the component, its owner and what to do."""


class Place:
    """A name in a directory that is open. A context manager; raises Untrusted or OSError when it is entered.

    path: where all links lead. missing: the directories above it that are not there, the uppermost first. follow: whether
    a link in the place of the file itself is followed.
    """

    def __init__(self, path, follow=True):
        self.asked, self.follow = path, follow
        self.path, self.name, self.missing = None, None, []
        self._names, self._descriptors = [], []
        self._staged = None  # (number of the directory that directories are made in, their name now, their name to be)

    def __enter__(self):
        try:
            self._walk([part for part in self.asked.split("/") if part])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *dummy):
        while self._descriptors:
            os.close(self._descriptors.pop())

    # The walk

    def _walk(self, parts):
        if not self.asked.startswith("/") or not parts:
            raise OSError(errno.EINVAL, "not an absolute path of a file")
        self._enter("/")
        links = 0
        while parts:
            name = parts.pop(0)
            if name == "..":
                self._leave()
                continue
            if name == ".":
                continue
            found = status(name, self._descriptors[-1])
            if found is None:
                self._not_there([name] + parts)
                return
            component = self._at(name)
            last = not any(part != "." for part in parts)
            self._refuse(component, found, last)
            if stat.S_ISLNK(found.st_mode) and (self.follow or not last):
                links += 1
                if links > MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                target = os.readlink(name, dir_fd=self._descriptors[-1])
                if target.startswith("/"):
                    while self._names:
                        self._leave()
                parts = [part for part in target.split("/") if part] + parts
            elif last:
                self.path, self.name = component, name
                return
            else:
                self._enter(name)
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))

    def _not_there(self, names):
        if any(name in (".", "..") for name in names):
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        self.name = names[-1]
        self.path = self._at("/".join(names))
        self.missing = [self._at("/".join(names[:count])) for count in range(1, len(names))]

    def _at(self, name):
        return "/" + "/".join(self._names + [name])

    def _enter(self, name):
        below = self._descriptors[-1] if self._descriptors else None
        descriptor = os.open(name, _DIRECTORY, dir_fd=below)
        self._descriptors.append(descriptor)
        if below is not None:
            self._names.append(name)
        component = "/" + "/".join(self._names)
        self._refuse(component, os.fstat(descriptor), False)
        writers = _acl_writers(descriptor)
        if writers:
            advice = f"setfacl --remove-all {shlex.quote(component)}"
            raise Untrusted(
                self._sentence(component, "has an ACL that lets {} write to it".format(", ".join(writers)), advice)
            )

    def _leave(self):
        if self._names:
            self._names.pop()
            os.close(self._descriptors.pop())

    def _refuse(self, component, found, last):
        why, advice = objection(component, found)
        if not why and last and stat.S_ISREG(found.st_mode) and found.st_nlink > 1 and self._in_sticky():
            why, advice = (
                "has another hard link, in a directory where every user can create links",
                f"rm {shlex.quote(component)}",
            )
        if why:
            raise Untrusted(self._sentence(component, why, advice))

    def _in_sticky(self):
        return bool(os.fstat(self._descriptors[-1]).st_mode & stat.S_ISVTX)

    def _sentence(self, component, why, advice):
        what = "it" if component == self.asked else component
        return (
            f"{self.asked}: {what} {why}, so a user other than root controls which file root writes. Nothing was "
            f"written. Check whether that is needed, then run on the host: {advice}"
        )

    # The file

    def exists(self):
        """Whether there is anything under the name."""
        return not self.missing and status(self.name, self._descriptors[-1]) is not None

    def read(self, limit=TEXT_LIMIT):
        """Return (bytes, status) of a regular file, (None, None) where there is none. Raises Unreadable or OSError."""
        if self.missing:
            return None, None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self.name, flags, dir_fd=self._descriptors[-1])
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                return None, None
            raise Unreadable(f"{self.path}: {os.strerror(problem.errno)}") from problem
        try:
            return content(descriptor, self.path, limit), os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def leftovers(self):
        """What a killed run left of the file and of the directories above it."""
        here = self.missing[0] if self.missing else self.path
        found = []
        for number, name in enumerate(self._names + [os.path.basename(here)]):
            if status(_part(name), self._descriptors[number]) is not None:
                found.append("/" + "/".join(self._names[:number] + [_part(name)]))
        return found

    def clear(self):
        """Remove what a killed run left."""
        for path in self.leftovers():
            _discard(path)

    def make_directories(self, mode=0o755):
        """Make the directories above the file that are not there, whatever the umask; replace() gives them their name."""
        for directory in self.missing:
            name = os.path.basename(directory)
            if self._staged is None:
                self._staged = (len(self._names), _part(name), name)
                name = _part(name)
            os.mkdir(name, 0o700, dir_fd=self._descriptors[-1])
            os.fsync(self._descriptors[-1])
            self._enter(name)
            os.fchmod(self._descriptors[-1], mode)
        self.missing = []

    def replace(self, data, mode):
        """Write bytes in one step, never readable by more than `mode` says, and on the disk when this returns.

        A file that is there already keeps its owner and group.
        """
        directory = self._descriptors[-1]
        before = status(self.name, directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
        temporary = _part(self.name)
        descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                if before is not None:
                    os.fchown(descriptor, before.st_uid, before.st_gid)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            os.rename(temporary, self.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            os.unlink(temporary, dir_fd=directory)
            raise
        os.fsync(directory)
        if self._staged is not None:
            number, part, name = self._staged
            os.rename(part, name, src_dir_fd=self._descriptors[number], dst_dir_fd=self._descriptors[number])
            os.fsync(self._descriptors[number])
            self._names[number], self._staged = name, None

    def chmod(self, mode):
        """Change the mode of the file."""
        descriptor = os.open(self.name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=self._descriptors[-1])
        try:
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)

    def remove(self, directories=0):
        """Remove the file, and up to that many directories above it while nothing else is in them."""
        goes, number = self.name, len(self._names)
        while directories > 0 and number > 0 and os.listdir(self._descriptors[number]) == [goes]:
            number, directories = number - 1, directories - 1
            goes = self._names[number]
        below = self._descriptors[number]
        os.rename(goes, _part(goes), src_dir_fd=below, dst_dir_fd=below)
        _discard("/" + "/".join(self._names[:number] + [_part(goes)]))


def _part(name):
    """The name under which a file or directory comes into being and goes: hidden, and without the suffix of its own."""
    return f".{name[:200]}.part"


def _discard(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def status(name, directory):
    """Return the status of a name in an open directory, links not followed; None where there is nothing."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as problem:
        if problem.errno == errno.ENOENT:
            return None
        raise


def objection(component, found):
    """Return why a user other than root controls a component, and the command that ends it; two empty texts otherwise."""
    quoted = shlex.quote(component)
    is_link = stat.S_ISLNK(found.st_mode)
    if found.st_uid not in _trusted():
        owner = _user(found.st_uid)
        if is_link:
            return f"is a link that belongs to {owner}", f"rm {quoted}"
        return f"belongs to {owner}", f"chown root {quoted}"
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if is_link or sticky:  # the mode of a link says nothing; in a sticky directory, only an owner replaces an entry
        return "", ""
    if found.st_mode & stat.S_IWOTH:
        return "belongs to root and is writable by every user", f"chmod o-w {quoted}"
    if found.st_mode & stat.S_IWGRP:
        members = _members(found.st_gid)
        if members:
            return f"belongs to root and is writable by {members}", f"chmod g-w {quoted}"
    return "", ""


def _trusted():
    return (0, os.geteuid())


def _user(uid):
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user with uid {uid}"


def _members(gid):
    """A group with a member other than root, as text; "" for a group without one."""
    if gid == 0:
        return ""
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return f"the group with gid {gid}"
    names = set(group.gr_mem) | {entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == gid}
    trusted = {entry.pw_name for entry in pwd.getpwall() if entry.pw_uid in _trusted()}
    others = sorted(names - trusted)
    return "the group {} ({})".format(group.gr_name, ", ".join(others[:3])) if others else ""


def _acl_writers(descriptor):
    """Users other than root, and groups, that an access list lets write to an open directory."""
    try:
        packed = os.getxattr(descriptor, _ACL)
    except (OSError, AttributeError):  # none, or a filesystem or Python without them
        return []
    entries = list(struct.iter_unpack("<HHI", packed[4 : len(packed) - (len(packed) - 4) % 8]))
    mask = next((rights for tag, rights, dummy in entries if tag == _ACL_MASK), 0o7)
    found = []
    for tag, rights, number in entries:
        if rights & mask & _ACL_WRITE:
            if tag == _ACL_USER and number not in _trusted():
                found.append(_user(number))
            elif tag == _ACL_GROUP and _members(number):
                found.append(_members(number))
    return found
