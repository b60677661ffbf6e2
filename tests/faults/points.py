# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can fail in a command: its points, which of them are chosen, and the tools that make one fail."""

import collections
import dataclasses
import errno
import fnmatch
import os
import sys

SYSCALLS, ALLOCATIONS, REALLOCATIONS = KINDS = ("syscalls", "allocations", "reallocations")
ERRNOS = (errno.EIO, errno.ENOSPC, errno.ENOMEM, errno.EINTR, errno.EMFILE)
FURTHER_ERRNOS = (errno.EACCES, errno.EPERM)  # not as a rule: they often mean that something else is to be tried
ALONE, FOLLOWED = ("alone", "followed")  # by the failure of all that come after it
SAMPLE = {SYSCALLS: 5, ALLOCATIONS: 2, REALLOCATIONS: 1}  # of each scenario
MOST = {"run": 5, "undo": 2}  # times as many
SYNCS = ("fsync", "fdatasync", "syncfs")
PINNED = {  # system calls that have failed wrongly
    "run": ("sendto", "recvfrom", "getrandom"),
    "status": ("openat2", "faccessat2"),
}


@dataclasses.dataclass(frozen=True)
class Point:
    kind: str
    name: str  # of the system call, else that of the kind
    number: int  # of those with this name, from 1
    how: int | str  # an errno; or ALONE, FOLLOWED

    def how_it_fails(self):
        return errno.errorcode[self.how] if self.kind == SYSCALLS else self.how

    def words(self):
        """By which it can be selected."""
        name = f"{self.name} " if self.kind == SYSCALLS else ""
        return f"{self.kind} {name}{self.number} {self.how_it_fails()}"

    def __str__(self):
        return self.words()


class Calls:
    """The names of system calls."""

    def __init__(self, path):
        with open(path, encoding="ascii") as lines:
            self.names = {int(number): name for number, name in map(str.split, lines)}
        self.numbers = {name: number for number, name in self.names.items()}


class Selection:
    """Which points are meant by some words; of each sort that isn't among them, all."""

    def __init__(self, words, calls):
        self.words = words.split()
        self.known = set()
        self.kinds = self._take(lambda word: word in KINDS)
        self.hows = self._take(lambda word: word in (ALONE, FOLLOWED) or getattr(errno, word, 0) in ERRNOS + FURTHER_ERRNOS)
        self.numbers = sorted(int(word) for word in self._take(str.isdigit))
        self.names = self._take(lambda word: word in calls.numbers)
        self.situations = [word for word in self.words if word not in self.known]
        self.met = set()

    def _take(self, fits):
        taken = [word for word in self.words if fits(word)]
        self.known.update(taken)
        return taken

    def has_situation(self, name):
        fitting = [word for word in self.situations if fnmatch.fnmatchcase(name, word)]
        self.met.update(fitting)
        return bool(fitting) or not self.situations

    def refuse_unknown(self):
        unknown = set(self.situations) - self.met
        if unknown:
            sys.exit(f"FAULTS: {', '.join(sorted(unknown))}: neither a scenario nor a kind, an errno, a system call or a number")

    def points(self, counts, first):
        """Of those that were counted, by kind and name; @first are the allocations that aren't made on the way of another one before."""
        for (kind, name), count in counts.items():
            for how in self._hows_of(kind) if self._has(kind, name) else ():
                usual = first if (kind, how) == (ALLOCATIONS, FOLLOWED) else range(1, count + 1)
                for number in self.numbers or usual:
                    if number <= count:
                        yield Point(kind, name, number, how)

    def _has(self, kind, name):
        return (not self.kinds or kind in self.kinds) and (not self.names or name in self.names)

    def _hows_of(self, kind):
        asked = [getattr(errno, word, word) for word in self.hows]
        possible = ERRNOS + FURTHER_ERRNOS if kind == SYSCALLS else (ALONE, FOLLOWED)
        return [how for how in possible if how in asked] if asked else (ERRNOS if kind == SYSCALLS else possible)


def sample(chosen, times, chance):
    """A few of each kind in each scenario, and those that have failed wrongly."""
    groups = collections.defaultdict(list)
    for situation, point in chosen:
        groups[situation, point.kind].append(point)
        if point.name in PINNED.get(situation.name, ()) and point.how == errno.EIO:
            groups[situation, point.name].append(point)
    result = []
    for (situation, kind), points in groups.items():
        few = times * SAMPLE[kind] * MOST.get(situation.name, 1) if kind in SAMPLE else 3
        result += [(situation, point) for point in chance.sample(points, min(few, len(points)))]
    return result


class Tools:
    """What makes a command fail; and counts what could."""

    def __init__(self, directory):
        self.fail_at = os.path.join(directory, "fail-at")
        self.kill_at = os.path.join(directory, "kill-at")
        self.fail_memory = os.path.join(directory, "fail-memory.so")
        self.calls = Calls(os.path.join(directory, "syscalls"))

    def counting(self, kind, file):
        """What comes before a command, so that it is told in the file what there is of a kind."""
        if kind == SYSCALLS:
            return [self.fail_at, file, "-1", "0", "0"]
        stacks = [f"FAIL_STACKS={file}-stacks"] if kind == ALLOCATIONS else []
        return [*self._memory(kind, file, 0, ALONE), *stacks]

    def counts(self, kind, words):
        """Of what was told, by kind and name."""
        if kind == SYSCALLS:
            return collections.Counter((kind, self.calls.names[int(word)]) for word in words)
        return {(kind, kind): int(words[0])}

    @staticmethod
    def first(file):
        """The numbers of the allocations that were made on a way of their own through the program."""
        seen = set()
        with open(f"{file}-stacks", encoding="ascii") as stacks:
            return [number for number, stack in enumerate(stacks, 1) if stack not in seen and not seen.add(stack)]

    def failing(self, point, file):
        """The same, so that it fails; the file tells whether it did."""
        if point.kind == SYSCALLS:
            return [self.fail_at, file, str(self.calls.numbers[point.name]), str(point.number), str(point.how)]
        return self._memory(point.kind, file, point.number, point.how)

    def met(self, point, words):
        return words == ["1"] if point.kind == SYSCALLS else int(words[0]) >= point.number

    def _memory(self, kind, file, number, how):
        settings = {"LD_PRELOAD": self.fail_memory, "FAIL_COUNT": file, "FAIL_NUMBER": number}
        if kind == REALLOCATIONS:
            settings["FAIL_LIBRARY"] = "libjson-c"
        if how == FOLLOWED:
            settings["FAIL_ON"] = 1
        return ["env", *(f"{name}={value}" for name, value in settings.items())]
