# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machines on which the power is cut: which file systems they have, what is on which, and when they write it."""

import os

import formats
import sample
import trials


# A file system may write what it has begun whenever it likes, or because another process syncs a file. With this each new name, rename and
# removal is on the disk at once, though what is in files from before may not be. btrfs doesn't do it.
DIRSYNC = "dirsync"


class Machine:
    """Disks, each with its place and file system."""

    def __init__(self, formats_of_places, sample_of_scenarios, directory):
        self.formats = formats_of_places
        self.places = list(formats_of_places)
        self.flags = formats.DIRSYNC if DIRSYNC in sample_of_scenarios else 0
        self.name = ", ".join(f"{formats_of_places[place]} {_TITLES[place]}" for place in self.places)
        self.name += f", {DIRSYNC}" if self.flags else ""
        self.sample = [name for name in sample_of_scenarios if name != DIRSYNC]
        self.only = []  # all scenarios that are tried on it, if it is asked for alone
        self.directory = os.path.join(directory, self.name.replace(" ", "-").replace(",", ""))
        self.images = []

    def missing(self):
        """What it needs and isn't here, or None."""
        return next(filter(None, map(formats.missing, self.formats.values())), None)

    def make(self):
        os.mkdir(self.directory)
        self.images = trials.make_disks(self.directory, self.formats.values(), self.places)

    def mounted(self, files, flags=0):
        return trials.mounted_tree(files, self.directory, self.places, flags)


_TITLES = {"": "root", sample.SECOND: "area", sample.STATE: "state"}

# The file systems of the root, of another area, and of the state; those that have none of their own are on the root. What is tried on
# them when few points are; and whether that is done with dirsync.
_MACHINES = [
    ("ext4", "ext4", None, ["upgrade", "undo", "recovery"]),
    ("ext4", None, None, []),
    ("ext4-writeback", "ext4-writeback", None, []),
    ("ext4-1k", "ext4-1k", None, []),
    ("ext4-1k-writeback", "ext4-1k-writeback", None, ["upgrade"]),
    ("xfs", "xfs", None, ["upgrade"]),
    ("xfs", None, None, []),
    ("btrfs", "btrfs", None, ["upgrade", "undo"]),
    ("btrfs", None, None, []),
    ("btrfs", "xfs", "ext4", ["recovery"]),
    ("ext4", "ext4-1k-writeback", "btrfs", []),
    ("ext4-writeback", "btrfs", "xfs", []),
    ("xfs", "ext4", "xfs", []),
    ("f2fs", "f2fs", None, []),
    ("f2fs", "ext4", "btrfs", []),
    ("ext4", "ext4", None, [DIRSYNC, "upgrade", "undo"]),
    ("ext4-1k-writeback", "ext4", "ext4", [DIRSYNC]),
    ("xfs", "xfs", None, [DIRSYNC]),
    ("btrfs", "xfs", "ext4", [DIRSYNC]),
]


def make(directory, only=None):
    """All of them; or the one that is asked for: see power_cut.py."""
    places = list(_TITLES)
    if only:
        names, *wanted = only.split()
        machine = Machine(dict(zip(places, names.split(","))), wanted, directory)
        machine.only = machine.sample
        return [machine]
    return [
        Machine({place: name for place, name in zip(places, names) if name}, wanted, directory)
        for *names, wanted in _MACHINES
    ]
