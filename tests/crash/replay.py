# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts: disks as they could have been left by one, from the log of what was written to them."""

import dataclasses
import os
import random

import disks


@dataclasses.dataclass(frozen=True)
class Point:
    """After this many steps of the log; so many of the sectors that weren't flushed are there, chosen by chance."""

    position: int
    kept: float
    seed: int


def split(log):
    """The log as steps of one sector each."""
    for kind, disk, offset, data in log:
        for start in range(0, max(len(data), 1), disks.SECTOR):
            yield kind, disk, offset + start, data[start : start + disks.SECTOR]


def choose_points(steps, count, seed):
    """With all and with nothing of what wasn't flushed at each flush; the others at random writes."""
    chance = random.Random(seed)
    flushes = [i for i, step in enumerate(steps) if step[0] == disks.FLUSH]
    writes = [i + 1 for i, step in enumerate(steps) if step[0] == disks.WRITE]
    cuts = [(i + after, 1 - after) for i in flushes for after in (0, 1)]
    cuts += [(chance.choice(writes), chance.choice((0.1, 0.5, 0.9))) for _ in range(count)]
    return [Point(position, kept, seed) for seed, (position, kept) in enumerate(sorted(cuts))]


# ---- Disks as they were ----------------------------------------------------------------------


class Replay:
    """What was flushed up to a point that only moves forwards, and what wasn't."""

    def __init__(self, steps, images, directory):
        self.steps = steps
        self.position = 0
        self.flushed = [os.path.join(directory, f"flushed-{disk}") for disk in range(len(images))]
        self.pending = [[] for _ in images]
        for image, copy in zip(images, self.flushed):
            disks.copy_sparse(image, copy)
        self.files = [open(copy, "r+b", buffering=0) for copy in self.flushed]

    def advance(self, position):
        for kind, disk, offset, data in self.steps[self.position : position]:
            if kind == disks.WRITE:
                self.pending[disk].append((offset, data))
            elif kind == disks.FLUSH:
                self._write(self.files[disk], self.pending[disk])
                self.pending[disk].clear()
        self.position = position

    def cut(self, point, images):
        """Makes the disks of that point."""
        self.advance(point.position)
        chance = random.Random(point.seed)
        for flushed, pending, image in zip(self.flushed, self.pending, images):
            disks.copy_sparse(flushed, image)
            with open(image, "r+b", buffering=0) as file:
                self._write(file, [write for write in pending if chance.random() < point.kept])

    @staticmethod
    def _write(file, writes):
        for offset, data in writes:
            os.pwrite(file.fileno(), data, offset)
