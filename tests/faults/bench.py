# SPDX-License-Identifier: LGPL-2.1-or-later
"""A place with two disks, where points are tried; and nothing may be left outside of it."""

import os
import pathlib
import shutil
import time

import disks
import trials

PRIVATE = ("/tmp", "/var/tmp", "/dev/shm", "/run")
GRACE = 10  # seconds, in which what was started may end


def await_children():
    """All that the command has started ends with it, or a moment later."""
    end = time.monotonic() + GRACE
    try:
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) or time.monotonic() < end:
            time.sleep(0.001)
    except ChildProcessError:
        return
    raise AssertionError("a process is still there")


def outside():
    """What is there besides the tree."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    return mounts.splitlines(), [sorted(os.listdir(path)) for path in PRIVATE]


class Bench:
    """A place with two disks, where points are tried."""

    def __init__(self, directory):
        disks.leave_mounts()
        os.mkdir(directory)
        self.directory = directory
        self.images = trials.disk_names(directory)
        self.outside = outside()
        disks.die_with_parent()
        disks.adopt_orphans()

    def close(self):
        shutil.rmtree(self.directory)

    def attempt(self, situation, check):
        """Calls @check with the situation's tree. Returns: None, or what is wrong."""
        situation.copy(self.images)
        violation = trials.attempt(self.images, self.directory, check)
        if outside() != self.outside and not violation:
            return f"left over: {outside()}, before: {self.outside}"
        return violation

    def try_points(self, chosen):
        """Yields the situation, the point, whether the command came to it, and None or what is wrong."""
        taken = next(chosen, None)
        while taken:
            situation = taken[0]
            tried = []
            left = []

            def following():
                nonlocal taken
                while taken and taken[0] is situation:
                    tried.append(taken[1])
                    taken = next(chosen, None)
                    yield tried[-1]

            violation = self.attempt(situation, lambda tree: situation.check(tree, following(), left))
            for number, point in enumerate(tried):
                yield situation, point, left[number] if number < len(left) else True, violation if point is tried[-1] else None
