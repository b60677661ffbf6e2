# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts: disks as they could have been left by one, from the log of what was written to them."""

import dataclasses
import hashlib
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


class Progress:
    """What was flushed up to a point that only moves forwards, and what wasn't: pairs of an offset and data, of each disk."""

    def __init__(self, steps, number):
        self.steps = steps
        self.position = 0
        self.pending = [[] for _ in range(number)]

    def advance(self, point):
        """Yields what is flushed until then, with the disk's number."""
        for kind, disk, offset, data in self.steps[self.position : point.position]:
            if kind == disks.WRITE:
                self.pending[disk].append((offset, data))
            elif kind == disks.FLUSH:
                yield disk, self.pending[disk]
                self.pending[disk] = []
        self.position = point.position

    def kept(self, point):
        """What is there of each disk, though it wasn't flushed."""
        chance = random.Random(point.seed)
        return [[write for write in pending if chance.random() < point.kept] for pending in self.pending]


# ---- Which of them are the same --------------------------------------------------------------


class Census:
    """Knows the disks of all points that it was asked about, by a sum over their sectors."""

    def __init__(self, steps, images):
        self.progress = Progress(steps, len(images))
        self.images = images
        self.flushed = {}  # by disk and offset, the sector's part of the sum where it isn't that of the image any more
        self.sum = 0
        self.known = set()

    def is_new(self, point, trial):
        """Whether the disks, with what is tried on them, weren't there at any point before."""
        for disk, writes in self.progress.advance(point):
            for sector, part in self._parts(disk, writes).items():
                self.sum ^= self._flushed(sector) ^ part
                self.flushed[sector] = part
        total = self.sum
        for disk, writes in enumerate(self.progress.kept(point)):
            for sector, part in self._parts(disk, writes).items():
                total ^= self._flushed(sector) ^ part
        new = (total, trial) not in self.known
        self.known.add((total, trial))
        return new

    def _parts(self, disk, writes):
        return {(disk, offset): _part(disk, offset, data) for offset, data in writes}

    def _flushed(self, sector):
        if sector not in self.flushed:
            disk, offset = sector
            with open(self.images[disk], "rb") as image:
                image.seek(offset)
                self.flushed[sector] = _part(disk, offset, image.read(disks.SECTOR))
        return self.flushed[sector]


def _part(disk, offset, data):
    return int.from_bytes(hashlib.blake2b(b"%d %d " % (disk, offset) + data, digest_size=16).digest(), "little")


# ---- Disks as they were ----------------------------------------------------------------------


class Replay:
    """Makes them, of points that only move forwards."""

    def __init__(self, steps, images, directory):
        self.progress = Progress(steps, len(images))
        self.flushed = [os.path.join(directory, f"flushed-{disk}") for disk in range(len(images))]
        for image, copy in zip(images, self.flushed):
            disks.copy_sparse(image, copy)
        self.files = [open(copy, "r+b", buffering=0) for copy in self.flushed]

    def cut(self, point, images):
        """Makes the disks of that point."""
        for disk, writes in self.progress.advance(point):
            self._write(self.files[disk], writes)
        for flushed, writes, image in zip(self.flushed, self.progress.kept(point), images):
            disks.copy_sparse(flushed, image)
            with open(image, "r+b", buffering=0) as file:
                self._write(file, writes)

    @staticmethod
    def _write(file, writes):
        for offset, data in writes:
            os.pwrite(file.fileno(), data, offset)
