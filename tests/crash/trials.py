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
import formats
import sample

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

PLACES = ("", sample.SECOND)


def make_disks(directory, formats_of_places=("ext4", "ext4"), places=PLACES):
    """A disk for each place, the root first, with these file systems, and sample 1.0 on them."""
    images = disk_names(directory, len(places))
    for image, place, name in zip(images, places, formats_of_places):
        formats.make(name, image, place == "")
    root = os.path.join(directory, "root")
    os.makedirs(root, exist_ok=True)
    with disks.mounted(images[:1], [root]):
        for place in places[1:]:
            os.makedirs(os.path.join(root, place))
    with mounted_tree(images, directory, places) as tree:
        tree.make()
    return images


def disk_names(directory, number=len(PLACES)):
    return [os.path.join(directory, f"disk-{disk}") for disk in range(number)]


@contextlib.contextmanager
def mounted_tree(files, directory, places=PLACES, flags=0):
    root = os.path.join(directory, "root")
    os.makedirs(root, exist_ok=True)
    with disks.mounted(files, [os.path.join(root, place) for place in places], flags):
        yield sample.Tree(root)


# ---- Many trials -----------------------------------------------------------------------------


def attempt(images, directory, check, places=PLACES, excuse=str):
    """Calls @check with the tree on these disks. Returns: None, or what is wrong; what @excuse says of disks that can't be mounted."""
    try:
        with mounted_tree(images, directory, places) as tree:
            check(tree)
    except formats.CannotMount as error:
        return excuse(error)
    except (AssertionError, LookupError, OSError, ValueError, subprocess.SubprocessError) as error:
        return str(error) or repr(error)
    return None


def choose(points):
    """One in five of the points; all of them for make kill, which sets DEPLOY_MIGRATE_CRASH_ALL."""
    return points if os.environ.get("DEPLOY_MIGRATE_CRASH_ALL") else points[1::5]


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
    """As taskset(1) allows them; two at most."""
    return min(2, len(os.sched_getaffinity(0)))


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


def report(tests, skipped=None):
    """Calls these (title, function), for a line of TAP each; with others and why they are skipped. Returns: the exit status."""
    failures = 0
    for number, (title, function) in enumerate(tests, 1):
        try:
            passed = function()
        except AssertionError as error:
            print("#  ", *str(error).split())
            passed = False
        failures += not passed
        print(f"{'ok' if passed else 'not ok'} {number} - {title}", flush=True)
    skipped = skipped or {}
    for number, (title, reason) in enumerate(skipped.items(), len(tests) + 1):
        print(f"ok {number} - {title} # SKIP {reason}")
    print(f"1..{len(tests) + len(skipped)}")
    return 1 if failures else 0
