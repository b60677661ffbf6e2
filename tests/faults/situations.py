# SPDX-License-Identifier: LGPL-2.1-or-later
"""A command in which something is to fail, with the disks on which it begins, and what holds when it has failed.

It ends in a regular way, and gives a reason that is true; and not with 0 if it can't know that all is on the disk. Then the migrations are
there whole or not at all, as the history says; and the next command that nothing fails in completes.
"""

import collections
import errno
import os
import pathlib
import re

import bench
import disks
import points
import sample
import trials

ENDS = (0, 1, 3)  # exit status: done, failed, can't be used
UNTRUE = re.compile(r": Success|^ *Success|\(null\)|Stale file handle|is damaged|Bad message|Assertion", re.MULTILINE)
WAYS = 8  # see trials.way_on


def is_reason(said, error):
    """What was said names the error that was made, and no other."""
    wanted = os.strerror(error)
    words = " ".join(said.split())
    named = {text for text in map(os.strerror, errno.errorcode) if text in words}
    return named == {wanted} or (not named and "can't write to standard output" in words)


def names(tree):
    """What there is of each file's name but its numbers, of those that aren't the package's data."""
    found = set()
    for top in sample.STATE, "run", "tmp", "var/tmp":
        for path in pathlib.Path(tree.path(top)).rglob("*"):
            found.add(re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", str(path.relative_to(tree.directory))))
    return found


class Situation:
    """A command, and the disks on which it begins."""

    def __init__(self, name, images, scenario, arguments=None, assert_done=None):
        self.name = name
        self.scenario = scenario
        self.arguments = arguments
        self.assert_done = assert_done or scenario.assert_done
        self.tools = None
        self.numbers = {}  # of what can fail, by kind and name
        self.first = []  # allocations that aren't made on the way of another one
        self.passed = set()
        self.said = None
        self.standing = None
        self.names = set()  # what there may be when all is done
        self.before = [f"{image}-{name}" for image in images]
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)

    def copy(self, images):
        for before, image in zip(self.before, images):
            disks.copy_sparse(before, image)

    def learn(self, place, tools):
        """What can fail, and what there is if nothing does."""
        self.tools = tools

        def must(check):
            violation = place.attempt(self, check)
            if violation:
                raise AssertionError(f"{self.name}: {violation}")

        for kind in points.KINDS:
            must(lambda tree, kind=kind: self.count(tree, kind))
        for way in range(WAYS):
            must(lambda tree, way=way: self.note_end(tree, way))

    def count(self, tree, kind):
        status, said, words = self.execute(tree, lambda file: self.tools.counting(kind, file))
        if status != 0:
            raise AssertionError(f"exit status {status}: {said}")
        self.standing = None
        self.said = self._words(said)
        self.assert_done(tree)
        self.numbers |= self.tools.counts(kind, words)
        if kind == points.ALLOCATIONS:
            self.first = self.tools.first(self._file(tree))

    def sums(self):
        sums = collections.Counter()
        for (kind, _), count in self.numbers.items():
            sums[kind] += count
        return sums

    def note_end(self, tree, way):
        self.standing = self.standing or sample.standing(tree.directory)
        trials.check_interrupted(self.scenario, tree, way)
        self.names |= names(tree)

    def execute(self, tree, prefix):
        """Returns: the exit status, what was said, and what the tool has told in its file."""
        file = self._file(tree)
        command = tree.command(*self.arguments) if self.arguments else self.scenario.command(tree)
        pathlib.Path(file).write_text("0", encoding="ascii")
        status, said = tree.run(prefix(file) + command)
        bench.await_children()
        return status, said, pathlib.Path(file).read_text(encoding="ascii").split()

    @staticmethod
    def _file(tree):
        return f"{tree.directory}-count"

    def fail(self, tree, point):
        """Returns: whether the command came to the point."""
        error = point.how if point.kind == points.SYSCALLS else errno.ENOMEM
        status, said, words = self.execute(tree, lambda file: self.tools.failing(point, file))
        if status not in ENDS or UNTRUE.search(said) or (status != 0 and not is_reason(said, error)):
            raise AssertionError(f"exit status {status}: {said or 'not a word'}")
        if status == 0:
            if point.name in points.SYNCS and self.tools.met(point, words):
                raise AssertionError(f"an error of {point.name}() is passed over: {said}")
            self.assert_done(tree)
            self.assert_said(said.replace(f"error from getrandom(): {os.strerror(error)}", ""))  # of json-c, which goes on
        return self.tools.met(point, words)

    @staticmethod
    def _words(said):
        return collections.Counter(re.sub(r"/work/part[^/ ]*|\d+ ms|\d+(\.\d+)? s\b", "", said).split())

    def assert_said(self, said):
        """If it only reads, it says the same as if nothing fails."""
        missing = self.said - self._words(said)
        if missing and getattr(self.scenario, "only_reads", False):
            raise AssertionError(f"it doesn't say {missing} in {said}")

    def check(self, tree, following, met):
        """As many points as leave the tree as it was. What follows depends on what is left, so nothing is tried twice after the same."""
        stamp = sample.stamp(tree.directory)
        for point in following:
            met.append(self.fail(tree, point))
            before, stamp = stamp, sample.stamp(tree.directory)
            standing = self.standing if stamp == before else sample.standing(tree.directory)
            way = point.number % WAYS
            if (trials.way_on(way), standing) not in self.passed:
                trials.check_interrupted(self.scenario, tree, way)
                self.assert_nothing_left(tree)
                self.passed.add((trials.way_on(way), standing))
                return
            if standing != self.standing:
                return

    def assert_nothing_left(self, tree):
        more = names(tree) - self.names
        if more:
            raise AssertionError(f"left over: {sorted(more)}")
