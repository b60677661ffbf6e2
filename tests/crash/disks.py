# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks that write down in which order they were written to, and that can break.

Disks is a FUSE file system with one file a disk. A loop device over such a file is a disk whose cache is volatile: what
was written since its last flush may be there or not after a power cut. All disks share one log, so that its order holds
across them, while a flush is that of one disk alone.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import time

import formats

SECTOR = formats.SECTOR

_LOOP_SET_FD, _LOOP_CLR_FD, _LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C82  # <linux/loop.h>

_libc = ctypes.CDLL(None, use_errno=True)


# ---- Processes, and files that are disks -------------------------------------------------------------------


def leave_mounts():
    """What others mount from now on isn't seen here, and the other way round."""
    if _libc.unshare(0x20000) < 0 or _libc.mount(b"none", b"/", b"none", 0x44000, None) < 0:  # CLONE_NEWNS; MS_REC | MS_PRIVATE
        raise OSError(ctypes.get_errno(), "can't unshare mounts")


def die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def adopt_orphans():
    _libc.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def reap_all():
    """Waits for what a process that was killed has left running."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def copy_sparse(source, target):
    """On a tmpfs this costs much less than cp."""
    with open(source, "rb") as old, open(target, "wb") as new:
        end = os.fstat(old.fileno()).st_size
        new.truncate(end)
        offset = 0
        while offset < end:
            try:
                offset = os.lseek(old.fileno(), offset, os.SEEK_DATA)
            except OSError:  # nothing but a hole
                return
            stop = os.lseek(old.fileno(), offset, os.SEEK_HOLE)
            os.lseek(new.fileno(), offset, os.SEEK_SET)
            while offset < stop:
                offset += os.sendfile(new.fileno(), old.fileno(), offset, stop - offset)


@contextlib.contextmanager
def mounted(files, directories, flags=0):
    """The file systems in these files, each below the one before it; with flags of mount(2)."""
    with contextlib.ExitStack() as stack:
        for file, directory in zip(files, directories):
            loop = _mount_loop(file, directory, flags)
            stack.callback(_await_release, loop, os.path.realpath(file))
            stack.callback(formats.detach, directory)
        yield
        for directory in reversed(directories[: len(files)]):
            formats.unmount(directory)


def _mount_loop(file, directory, flags):
    """Returns: the loop device, which ends when it is unmounted."""
    with _attach_loop(file) as device:
        try:
            formats.mount_kind(device.name, directory, formats.kind_of(file), flags)
        finally:
            fcntl.ioctl(device, _LOOP_CLR_FD)
        return device.name


def _attach_loop(file):
    """As losetup --find does, without a process for each."""
    with open("/dev/loop-control", "rb") as control, open(file, "r+b") as backing:
        while True:
            device = open(f"/dev/loop{fcntl.ioctl(control, _LOOP_CTL_GET_FREE)}", "r+b", buffering=0)
            try:
                fcntl.ioctl(device, _LOOP_SET_FD, backing.fileno())
                return device
            except OSError as error:
                device.close()
                if error.errno != errno.EBUSY:  # others can be faster
                    raise


def _await_release(loop, file):
    """The kernel unmounts a little later what was mounted in the name space of a process that ended."""
    backing = f"/sys/block/{os.path.basename(loop)}/loop/backing_file"
    end = time.monotonic() + 60
    while _read(backing) == file:
        if time.monotonic() > end:
            raise OSError(errno.EBUSY, f"{loop} is still in use")
        time.sleep(0.001)


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:  # there is none any more
        return None


# ---- The log ---------------------------------------------------------------------------------

WRITE, FLUSH, MARK = range(3)
_RECORD = struct.Struct("<BBQI")


def read_log(path):
    """Tuples of what was done, the disk's number, the offset, the data."""
    with open(path, "rb") as file:
        while head := file.read(_RECORD.size):
            kind, disk, offset, length = _RECORD.unpack(head)
            yield kind, disk, offset, file.read(length)


# ---- The FUSE protocol, as far as a loop device speaks it ------------------------------------

_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _WRITE = 1, 2, 3, 14, 15, 16
_RELEASE, _FSYNC, _FLUSH, _INIT, _INTERRUPT, _BATCH_FORGET = 18, 20, 25, 26, 36, 42
_BIG_WRITES = 1 << 5
_DIRECT_IO = 1
_MAX_WRITE = 128 * 1024

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_INIT_OUT = struct.Struct("<IIIIHHIIHHI28x")
_ATTR = struct.Struct("<QQQ24x12xIIIIIII")
_IO = struct.Struct("<QQI")
_IO_SIZE = 40


class _Server:
    def __init__(self, fuse, control, images, log):
        self.fuse = fuse
        self.control = control
        self.images = [os.open(image, os.O_RDWR) for image in images]
        self.log = open(log, "wb")
        self.writes_left = None  # until disks break
        self.breaking = None  # the one that does; none: all

    def serve(self):
        while True:
            ready, _, _ = select.select([self.fuse, self.control], [], [])
            if self.fuse in ready:
                try:
                    request = os.read(self.fuse, _MAX_WRITE + 4096)
                except OSError as error:
                    if error.errno == errno.ENODEV:  # unmounted
                        return
                    continue
                self.answer(request)
            elif not self.obey():
                return

    def obey(self):
        command, _, argument = self.control.recv(64).decode().partition(" ")
        if not command:
            return False
        if command == "mark":
            self.record(MARK, 0, 0, b"")
        elif command == "break":
            writes, _, disk = argument.partition(" ")
            self.writes_left, self.breaking = int(writes), int(disk) if disk else None
        self.log.flush()
        self.control.send(b"broken" if self.writes_left == 0 else b"done")
        return True

    def record(self, kind, disk, offset, data):
        self.log.write(_RECORD.pack(kind, disk, offset, len(data)) + data)

    def answer(self, request):
        _, opcode, unique, node = _IN.unpack_from(request)[:4]
        if opcode in (_FORGET, _BATCH_FORGET, _INTERRUPT):
            return
        try:
            error, data = 0, self.handle(opcode, node, memoryview(request)[_IN.size :])
        except OSError as failure:
            error, data = -failure.errno, b""
        os.write(self.fuse, _OUT.pack(_OUT.size + len(data), error, unique) + data)

    def handle(self, opcode, node, body):
        disk = node - 2
        if opcode == _INIT:
            return _INIT_OUT.pack(7, 31, _MAX_WRITE, _BIG_WRITES, 64, 48, _MAX_WRITE, 1, 0, 0, 0)
        if opcode == _LOOKUP:
            return self.look_up(bytes(body[:-1]))
        if opcode == _GETATTR:
            return struct.pack("<QII", 3600, 0, 0) + self.attributes(node)
        if opcode == _OPEN:
            return struct.pack("<QII", 0, _DIRECT_IO, 0)
        if opcode == _READ:
            return self.read(disk, body)
        if opcode == _WRITE:
            return self.write(disk, body)
        if opcode == _FSYNC:
            return self.flush(disk)
        if opcode in (_FLUSH, _RELEASE):
            return b""
        raise OSError(errno.ENOSYS, "")

    def look_up(self, name):
        if not name.isdigit() or int(name) >= len(self.images):
            raise OSError(errno.ENOENT, "")
        node = int(name) + 2
        return struct.pack("<QQQQII", node, 0, 3600, 3600, 0, 0) + self.attributes(node)

    def attributes(self, node):
        size, mode, links = 0, 0o40755, 2
        if node > 1:
            size, mode, links = os.fstat(self.images[node - 2]).st_size, 0o100600, 1
        return _ATTR.pack(node, size, size // 512, mode, links, 0, 0, 0, SECTOR, 0)

    def read(self, disk, body):
        _, offset, size = _IO.unpack_from(body)
        return os.pread(self.images[disk], size, offset)

    def write(self, disk, body):
        _, offset, size = _IO.unpack_from(body)
        self.wear_out(disk)
        data = body[_IO_SIZE : _IO_SIZE + size]
        self.record(WRITE, disk, offset, data)
        return struct.pack("<II", os.pwrite(self.images[disk], data, offset), 0)

    def flush(self, disk):
        self.wear_out(disk)
        self.record(FLUSH, disk, 0, b"")
        return b""

    def wear_out(self, disk):
        if self.writes_left is None or self.breaking not in (None, disk):
            return
        if self.writes_left == 0:
            raise OSError(errno.EIO, "")
        self.writes_left -= 1


class Disks:
    """A context: the images as disks, with what happens to them in the log."""

    def __init__(self, images, directory, log):
        self.images = images
        self.directory = directory
        self.log = log

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        formats.mount("disks", self.directory, "fuse", options=f"fd={fuse},rootmode=40000,user_id=0,group_id=0")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.server = os.fork()
        if self.server == 0:
            _serve(fuse, theirs, self)
        os.close(fuse)
        theirs.close()
        return self

    def __exit__(self, *_):
        formats.detach(self.directory)
        self.control.close()
        os.waitpid(self.server, 0)

    def files(self):
        return [os.path.join(self.directory, str(disk)) for disk in range(len(self.images))]

    def mark(self):
        """Everything that came before was acknowledged."""
        self._command("mark")

    def break_after(self, writes, disk=None):
        """From then on, writing fails, for good: to all disks, or to that one, of which the writes count."""
        self._command(f"break {writes}" if disk is None else f"break {writes} {disk}")

    def is_broken(self):
        """What is written from then on isn't in the log."""
        return self._command("look") == b"broken"

    def _command(self, text):
        self.control.send(text.encode())
        return self.control.recv(64)


def _serve(fuse, control, disks):
    try:
        die_with_parent()
        disks.control.close()
        server = _Server(fuse, control, disks.images, disks.log)
        server.serve()
        server.log.close()
    finally:
        os._exit(0)
