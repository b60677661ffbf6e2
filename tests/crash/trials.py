# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is interrupted, and what must hold afterwards; and how it is tried many times, each time on disks of its own."""

import contextlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import time

import disks
import sample

SIZES = {"ext4": (32 << 20, 16 << 20), "ext4 without a journal": (16 << 20, 8 << 20), "btrfs": (128 << 20, 128 << 20)}
SHOWN = 10  # violations


# ---- Scenarios -------------------------------------------------------------------------------


class Upgrade:
    """deploy-migrate run, with the migrations from number @first on."""

    name = "upgrade"
    given_up = 0  # migrations, before

    def __init__(self, states, first, last, may_fail=False):
        self.states = states
        self.first = first
        self.last = last
        self.may_fail = may_fail

    def prepare(self, tree):
        tree.install(self.last)

    def command(self, tree):
        return tree.command("run")

    def do(self, tree):
        tree.expect(0, "run")
        self.assert_done(tree)

    def assert_done(self, tree):
        counts = tree.count("applied"), tree.count("satisfied"), tree.count("gave-up")
        if counts != (self.last, 0, self.given_up):
            raise AssertionError("the history has %d applied, %d satisfied, %d gave-up" % counts)
        if tree.count("failed") and not self.may_fail:
            raise AssertionError("the history has a failure")
        end = [event for event in tree.history() if event["event"] != "retry"][-1]
        if (end["event"], end.get("to")) != ("completed", sample.version(self.last)):
            raise AssertionError(f"the history ends with {end}")
        tree.assert_no_stage()
        tree.assert_state(self.states[self.last])

    def assert_whole(self, tree):
        tree.assert_state(self.states[tree.count("applied")])

    def recover(self, tree, purged):
        """The package is removed, or purged, before the next run. Returns: whether the upgrade can be finished."""
        if purged:
            tree.purge()
        else:
            tree.remove()
        tree.expect(0, "run")
        self.assert_whole(tree)
        return not purged

    def finish(self, tree):
        tree.install(self.last)
        self.do(tree)


class Undo:
    """deploy-migrate undo of such an upgrade, after a downgrade."""

    name = "undo"

    def __init__(self, states, first, last):
        self.states = states
        self.first = first
        self.last = last

    def prepare(self, tree):
        tree.downgrade(self.first)

    def command(self, tree):
        return tree.command("undo", "sample")

    def do(self, tree):
        tree.expect(0, "undo", "sample")
        self.assert_done(tree)

    def assert_done(self, tree):
        if tree.count("undone") != self.last - self.first:
            raise AssertionError(f"the history has {tree.count('undone')} undone")
        tree.assert_state(self.states[self.first])

    def assert_whole(self, tree):
        tree.assert_state(self.states[self.last - tree.count("undone")])

    def recover(self, tree, _):
        tree.expect(0, "run")
        self.assert_whole(tree)
        return tree.count("undone") < self.last - self.first

    def finish(self, tree):
        self.do(tree)


def way_on(seed):
    """How it goes on after an interruption. Every fourth time the next run recovers and finishes in one."""
    if seed % 4 == 3:
        return "finish"
    return "purge and recover" if seed % 8 == 1 else "recover"


def check_interrupted(scenario, tree, seed):
    """The scenario was interrupted on this tree."""
    way = way_on(seed)
    if way == "finish" or scenario.recover(tree, way != "recover"):
        scenario.finish(tree)


# ---- Disks -----------------------------------------------------------------------------------


def make_disks(directory, kind="ext4"):
    """The two disks, with that file system, and sample 1.0 on them."""
    images = disk_names(directory)
    for image, size in zip(images, SIZES[kind]):
        disks.make_file_system(kind, image, size)
    root = os.path.join(directory, "root")
    os.makedirs(root, exist_ok=True)
    with disks.mounted(images[:1], [root]):
        os.makedirs(os.path.join(root, sample.SECOND))
    with mounted_tree(images, directory) as tree:
        tree.make()
    return images


def disk_names(directory):
    return [os.path.join(directory, f"disk-{disk}") for disk in range(2)]


@contextlib.contextmanager
def mounted_tree(files, directory):
    root = os.path.join(directory, "root")
    os.makedirs(root, exist_ok=True)
    with disks.mounted(files, [root, os.path.join(root, sample.SECOND)]):
        yield sample.Tree(root)


# ---- Many trials -----------------------------------------------------------------------------


def attempt(images, directory, check):
    """Calls @check with the tree on these disks. Returns: None, or what is wrong."""
    try:
        with mounted_tree(images, directory) as tree:
            check(tree)
    except (AssertionError, LookupError, OSError, ValueError, subprocess.SubprocessError) as error:
        return str(error) or repr(error)
    return None


def keep(images, name):
    directory = os.environ.get("DEPLOY_MIGRATE_CRASH_KEEP")
    if directory:
        os.makedirs(directory, exist_ok=True)
        for disk, image in enumerate(images):
            disks.copy_sparse(image, os.path.join(directory, f"{name}-disk-{disk}"))


def try_points(points, trial, directory, title):
    """
    Each processor calls @trial with its share of the points, and a directory; it yields (point, what is wrong or None).
    Prints the result as a line of diagnostics. Returns: whether nothing was wrong.
    """
    began = time.monotonic()
    violations = []
    for process, results in [_start(points, trial, directory, part) for part in range(_processors())]:
        process.join()
        if process.exitcode != 0:
            raise RuntimeError(f"{title}: a worker ended with {process.exitcode}")
        with open(results, encoding="utf-8") as lines:
            violations += lines
    took = time.monotonic() - began
    print(f"# {title}: {len(points)} points, {len(violations)} violations, {took:.0f} s")
    for violation in violations[:SHOWN]:
        print(f"#   {violation}", end="")
    sys.stdout.flush()
    return not violations


def _processors():
    """As taskset(1) allows them."""
    return len(os.sched_getaffinity(0))


def _start(points, trial, directory, part):
    mine = os.path.join(directory, f"part-{part}")
    results = os.path.join(directory, f"results-{part}")
    process = multiprocessing.get_context("fork").Process(
        target=_work, args=(points[part :: _processors()], trial, mine, results)
    )
    process.start()
    return process, results


def _work(points, trial, directory, results):
    disks.die_with_parent()
    os.mkdir(directory)
    with open(results, "w", encoding="utf-8") as lines:
        for point, violation in trial(points, directory):
            if violation:
                print(point, " ".join(violation.split()), sep=": ", file=lines)
    shutil.rmtree(directory)


def report(tests):
    """Calls these (title, function), for a line of TAP each. Returns: the exit status."""
    failures = 0
    for number, (title, function) in enumerate(tests, 1):
        try:
            passed = function()
        except AssertionError as error:
            print("#  ", *str(error).split())
            passed = False
        failures += not passed
        print(f"{'ok' if passed else 'not ok'} {number} - {title}", flush=True)
    print(f"1..{len(tests)}")
    return 1 if failures else 0
