# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file systems that a disk can have: how each is made, and mounted."""

import ctypes
import dataclasses
import os
import shutil
import subprocess

SECTOR = 4096

_NOATIME = 1 << 10  # <sys/mount.h>
DIRSYNC = 1 << 7

_libc = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Format:
    kind: str  # as mount(8) calls it
    make: str
    sizes: tuple[int, int] = (32, 16)  # MiB, of the disk with the root, and of others
    then: str = ""  # another command, for what the first can't do


# What is zero stays a hole, which needn't be copied for each trial. How ext4 orders data is written into it: mounting it by hand is enough.
_EXT4 = "mkfs.ext4 -q -b {} {} -E lazy_itable_init=0,nodiscard,assume_storage_prezeroed=1"
_JOURNAL = "-J size=4"
_WRITEBACK = "tune2fs -o journal_data_writeback"
FORMATS = {
    "ext4": Format("ext4", _EXT4.format(4096, _JOURNAL)),
    "ext4-writeback": Format("ext4", _EXT4.format(4096, _JOURNAL), then=_WRITEBACK),
    "ext4-1k": Format("ext4", _EXT4.format(1024, _JOURNAL)),
    "ext4-1k-writeback": Format("ext4", _EXT4.format(1024, _JOURNAL), then=_WRITEBACK),
    "ext4 without a journal": Format("ext4", _EXT4.format(4096, "-O ^has_journal"), (16, 8)),
    "xfs": Format("xfs", "mkfs.xfs -q -f -K", (300, 300), then="fallocate --dig-holes"),
    "btrfs": Format("btrfs", f"mkfs.btrfs -q -f -K -m single -s {SECTOR}", (128, 128)),
    "f2fs": Format("f2fs", "mkfs.f2fs -q -f -t 0", (64, 64)),
}
# Images of the same file system are mounted at once: xfs has to be told.
_OPTIONS = {"ext4": "nodiscard", "xfs": "nodiscard,nouuid", "btrfs": "nodiscard", "f2fs": "nodiscard"}


def missing(name):
    """What this machine lacks for a format, or None."""
    format = FORMATS[name]
    tool = format.make.split()[0]
    if shutil.which(tool) is None:
        return f"{tool} isn't installed"
    with open("/proc/filesystems", encoding="ascii") as known:
        if format.kind in known.read().split():
            return None
    loaded = subprocess.run(["modprobe", format.kind], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return None if loaded else f"the kernel has no {format.kind}"


def make(name, image, is_root):
    format = FORMATS[name]
    with open(image, "wb") as file:
        file.truncate(format.sizes[0 if is_root else 1] << 20)
    for command in format.make, format.then:
        if command:
            _run(command.split() + [image])


def _run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}")


# By where each says its name.
_MAGIC = {"btrfs": (0x10040, b"_BHRfS_M"), "xfs": (0, b"XFSB"), "f2fs": (1024, b"\x10\x20\xf5\xf2")}


def kind_of(image):
    with open(image, "rb") as file:
        for kind, (offset, magic) in _MAGIC.items():
            file.seek(offset)
            if file.read(len(magic)) == magic:
                return kind
    return "ext4"


# ---- What is mounted where -------------------------------------------------------------------


class CannotMount(OSError):
    pass


def mount_kind(source, path, kind, flags=0):
    try:
        mount(source, path, kind, _NOATIME | flags, _OPTIONS[kind])
    except OSError as error:
        raise CannotMount(error.errno, error.strerror) from error


def mount(source, path, kind, flags=0, options=""):
    if _libc.mount(os.fsencode(source), os.fsencode(path), kind.encode(), flags, options.encode()) < 0:
        raise OSError(ctypes.get_errno(), f"can't mount {source} at {path}")


def unmount(path):
    if _libc.umount2(os.fsencode(path), 0) < 0:
        raise OSError(ctypes.get_errno(), f"can't unmount {path}")


def detach(path):
    _libc.umount2(os.fsencode(path), 2)  # MNT_DETACH
