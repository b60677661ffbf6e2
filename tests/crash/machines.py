# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machines on which the power is cut: which file systems they have, and what is on which."""

import os

import formats
import sample
import trials


class Machine:
    """Disks, each with its place and file system."""

    def __init__(self, formats_of_places, sample_of_scenarios, directory):
        self.formats = formats_of_places
        self.places = list(formats_of_places)
        self.name = ", ".join(f"{formats_of_places[place]} {_TITLES[place]}" for place in self.places)
        self.sample = sample_of_scenarios
        self.directory = os.path.join(directory, self.name.replace(" ", "-").replace(",", ""))
        self.images = []

    def missing(self):
        """What it needs and isn't here, or None."""
        return next(filter(None, map(formats.missing, self.formats.values())), None)

    def make(self):
        os.mkdir(self.directory)
        self.images = trials.make_disks(self.directory, self.formats.values(), self.places)

    def mounted(self, files):
        return trials.mounted_tree(files, self.directory, self.places)


_TITLES = {"": "root", sample.SECOND: "area", sample.STATE: "state"}

# The file systems of the root, of another area, and of the state; those that have none of their own are on the root. What is tried on
# them when few points are.
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
]


def make(directory):
    places = list(_TITLES)
    return [
        Machine({place: name for place, name in zip(places, names) if name}, wanted, directory)
        for *names, wanted in _MACHINES
    ]
