# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts: disks as they could have been left by one, from the log of what was written to them.

What was flushed is there. Of what wasn't, a power cut leaves any part: the writes up to a moment, some of them in whatever order the disk
took them, and of the last one some of its sectors. A write by FUA comes as one that a flush follows at once: so the kernel gives it to
a loop device.
"""

import dataclasses
import functools
import hashlib
import os
import random

import disks

UNIT = 512  # what a disk writes whole, whatever happens
FEW = 4  # writes of which each subset is tried
TORN = 0.2  # of the cuts at writes


@dataclasses.dataclass(frozen=True)
class Point:
    """After this many steps of the log; so many of the writes that weren't flushed are there, chosen by chance or as a mask."""

    position: int
    kept: float
    seed: int
    mask: int = 0
    torn: bool = False


@dataclasses.dataclass(eq=False)
class Step:
    kind: int
    disk: int
    offset: int
    data: bytes

    @functools.cached_property
    def parts(self):
        """Of the sum that tells disks apart, by disk and offset."""
        return {
            (self.disk, self.offset + at): _part(self.disk, self.offset + at, self.data[at : at + UNIT])
            for at in range(0, len(self.data), UNIT)
        }

    def tear(self, chance):
        """Those of its sectors that are there."""
        units = range(0, len(self.data), UNIT)
        there = sorted(chance.sample(units, chance.randrange(len(units))))
        return [Step(self.kind, self.disk, self.offset + at, self.data[at : at + UNIT]) for at in there]


def _part(disk, offset, data):
    return int.from_bytes(hashlib.blake2b(b"%d %d " % (disk, offset) + data, digest_size=16).digest(), "little")


def split(log):
    """The log as steps of one block each."""
    for kind, disk, offset, data in log:
        for start in range(0, max(len(data), 1), disks.SECTOR):
            yield Step(kind, disk, offset + start, data[start : start + disks.SECTOR])


def choose_points(steps, count, seed):
    """Half of them at flushes, as far as there are so many, the others at writes."""
    chance = random.Random(seed)
    at_flushes = list(_cuts_at_flushes(steps))
    cuts = chance.sample(at_flushes, min(len(at_flushes), count // 2))
    writes = [i + 1 for i, step in enumerate(steps) if step.kind == disks.WRITE]
    while len(cuts) < count:
        cuts.append((chance.choice(writes), chance.choice((0.1, 0.5, 0.9, 1)), 0, chance.random() < TORN))
    return [Point(position, kept, seed, mask, torn) for seed, (position, kept, mask, torn) in enumerate(sorted(cuts))]


def _cuts_at_flushes(steps):
    """With all and with nothing of what wasn't flushed; and with each subset of it, where it is little."""
    pending = {}
    for i, step in enumerate(steps):
        if step.kind == disks.WRITE:
            pending[step.disk] = pending.get(step.disk, 0) + 1
        if step.kind == disks.FLUSH:
            yield i, 1, 0, False
            yield i + 1, 0, 0, False
            number = sum(pending.values())
            if number <= FEW:
                yield from ((i, 0, mask, False) for mask in range(1, (1 << number) - 1))
            pending[step.disk] = 0


class Progress:
    """What was flushed up to a point that only moves forwards, and what wasn't."""

    def __init__(self, steps):
        self.steps = steps
        self.position = 0
        self.pending = []

    def advance(self, point):
        """Yields what is flushed until then, in the order in which it was written."""
        for step in self.steps[self.position : point.position]:
            if step.kind == disks.WRITE:
                self.pending.append(step)
            elif step.kind == disks.FLUSH:
                yield from (write for write in self.pending if write.disk == step.disk)
                self.pending = [write for write in self.pending if write.disk != step.disk]
        self.position = point.position

    def kept(self, point):
        """What is there, though it wasn't flushed."""
        chance = random.Random(point.seed)
        *before, last = self.pending or [None]
        writes = [write for i, write in enumerate(before) if point.mask >> i & 1 or chance.random() < point.kept]
        if last is None:
            return []
        if point.torn:
            return writes + last.tear(chance)
        return writes + [last] * bool(point.mask >> len(before) & 1 or chance.random() < point.kept)


# ---- Which of them are the same --------------------------------------------------------------


class Census:
    """Knows the disks of all points that it was asked about, by a sum over their sectors."""

    def __init__(self, steps, images):
        self.progress = Progress(steps)
        self.images = images
        self.flushed = {}  # by disk and offset, the sector's part of the sum where it isn't that of the image any more
        self.sum = 0
        self.known = set()

    def is_new(self, point, trial):
        """Whether the disks, with what is tried on them, weren't there at any point before."""
        for step in self.progress.advance(point):
            for sector, part in step.parts.items():
                self.sum ^= self._flushed(sector) ^ part
                self.flushed[sector] = part
        kept = {}
        for step in self.progress.kept(point):
            kept.update(step.parts)
        total = self.sum
        for sector, part in kept.items():
            total ^= self._flushed(sector) ^ part
        new = (total, trial) not in self.known
        self.known.add((total, trial))
        return new

    def _flushed(self, sector):
        if sector not in self.flushed:
            disk, offset = sector
            with open(self.images[disk], "rb") as image:
                image.seek(offset)
                self.flushed[sector] = _part(disk, offset, image.read(UNIT))
        return self.flushed[sector]


# ---- Disks as they were ----------------------------------------------------------------------


class Replay:
    """Makes them, of points that only move forwards."""

    def __init__(self, steps, images, directory):
        self.progress = Progress(steps)
        self.flushed = [os.path.join(directory, f"flushed-{disk}") for disk in range(len(images))]
        for image, copy in zip(images, self.flushed):
            disks.copy_sparse(image, copy)

    def cut(self, point, images):
        """Makes the disks of that point."""
        _write(self.flushed, self.progress.advance(point))
        for flushed, image in zip(self.flushed, images):
            disks.copy_sparse(flushed, image)
        _write(images, self.progress.kept(point))


def _write(images, steps):
    files = [os.open(image, os.O_WRONLY | os.O_CLOEXEC) for image in images]
    for step in steps:
        os.pwrite(files[step.disk], step.data, step.offset)
    for file in files:
        os.close(file)
