# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands in which something is to fail, with the disks on which each begins, and what holds when it has failed.

Each ends in a regular way, and gives a reason that is true. Then the migrations are there whole or not at all, as the history says; and the
next command that nothing fails in completes.
"""

import bisect
import collections
import errno
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crash"))

import disks
import kill
import points
import sample
import trials

DISKS = "ext4 without a journal"  # takes half of the time
ENDS = (0, 1, 3)  # exit status: done, failed, can't be used
UNTRUE = re.compile(r": Success|^ *Success|\(null\)|Stale file handle|is damaged|Bad message|Assertion", re.MULTILINE)
NO_UNDO = re.compile(r"no upgrade to undo|nothing to undo|there is nothing|was forgotten")
WAYS = 8  # see trials.way_on
PRIVATE = ("/tmp", "/var/tmp", "/dev/shm", "/run")
GRACE = 10  # seconds, in which what was started may end


def is_reason(said, error):
    """What was said names the error that was made, and no other."""
    wanted = os.strerror(error)
    words = " ".join(said.split())
    named = {text for text in map(os.strerror, errno.errorcode) if text in words}
    return named == {wanted} or (not named and "can't write to standard output" in words)


# ---- What is left over -----------------------------------------------------------------------


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


def names(tree):
    """What there is of each file's name but its numbers, of those that aren't the package's data."""
    found = set()
    for top in sample.STATE, "run", "tmp", "var/tmp":
        for path in pathlib.Path(tree.path(top)).rglob("*"):
            found.add(re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", str(path.relative_to(tree.directory))))
    return found


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


class Situation:
    """A command, and the disks on which it begins."""

    def __init__(self, name, images, scenario, arguments=None, assert_done=None):
        self.name = name
        self.scenario = scenario
        self.arguments = arguments
        self.assert_done = assert_done or scenario.assert_done
        self.tools = None
        self.numbers = {}  # of what can fail, by kind and name
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

    def learn(self, bench, tools):
        """What can fail, and what there is if nothing does."""
        self.tools = tools

        def must(check):
            violation = bench.attempt(self, check)
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

    def sums(self):
        sums = collections.Counter()
        for (kind, _), count in self.numbers.items():
            sums[kind] += count
        return sums

    def note_end(self, tree, way):
        self.standing = self.standing or sample.standing(tree.directory)
        self.go_on(tree, way)
        self.names |= names(tree)

    def execute(self, tree, prefix):
        """Returns: the exit status, what was said, and what the tool has told in its file."""
        file = f"{tree.directory}-count"
        command = tree.command(*self.arguments) if self.arguments else self.scenario.command(tree)
        pathlib.Path(file).write_text("0", encoding="ascii")
        status, said = tree.run(prefix(file) + command)
        await_children()
        return status, said, pathlib.Path(file).read_text(encoding="ascii").split()

    def fail(self, tree, point):
        """Returns: whether the command came to the point."""
        error = point.how if point.kind == points.SYSCALLS else errno.ENOMEM
        status, said, words = self.execute(tree, lambda file: self.tools.failing(point, file))
        if status not in ENDS or UNTRUE.search(said) or (status != 0 and not is_reason(said, error)):
            raise AssertionError(f"exit status {status}: {said or 'not a word'}")
        if status == 0:
            self.assert_done(tree)
            self.assert_said(said.replace(f"error from getrandom(): {os.strerror(error)}", ""))  # of json-c, which goes on
        return self.tools.met(point, words)

    @staticmethod
    def _words(said):
        return collections.Counter(re.sub(r"/work/part[^/ ]*|\d+ ms|\d+(\.\d+)? s\b", "", said).split())

    def assert_said(self, said):
        """If it only reads, it says the same as if nothing fails."""
        missing = self.said - self._words(said)
        if missing and isinstance(self.scenario, Preview):
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
                self.go_on(tree, way)
                self.passed.add((trials.way_on(way), standing))
                return
            if standing != self.standing:
                return

    def go_on(self, tree, way):
        trials.check_interrupted(self.scenario, tree, way)
        more = names(tree) - self.names
        if more and self.numbers and self.names and self.passed:
            raise AssertionError(f"left over: {sorted(more)}")


# ---- Scenarios, beside those of trials.py ----------------------------------------------------


class Upgrade(trials.Upgrade):
    """What is completed in the end can be undone."""

    def finish(self, tree):
        super().finish(tree)
        undo = trials.Undo(self.states, self.first, self.last)
        undo.prepare(tree)
        undo.do(tree)


class OneWay:
    """A scenario that goes on in one way alone."""

    def assert_whole(self, tree):
        raise NotImplementedError

    def recover(self, tree, _):
        self.assert_whole(tree)
        return True


class Preview(OneWay):
    """Nothing changes."""

    def __init__(self, upgrade, *arguments):
        self.upgrade = upgrade
        self.arguments = arguments

    def command(self, tree):
        return tree.command(*self.arguments)

    def assert_whole(self, tree):
        tree.assert_state(self.upgrade.states[self.upgrade.first])
        tree.assert_no_stage()

    def assert_done(self, tree):
        self.assert_whole(tree)

    def finish(self, tree):
        tree.expect(0, *self.arguments)
        self.assert_whole(tree)
        self.upgrade.do(tree)


class FirstRun(Upgrade):
    """Nothing but dpkg.log tells from which version the package was upgraded: none of its data may be taken for new."""

    def prepare(self, tree):
        super().prepare(tree)
        shutil.rmtree(tree.path(f"{sample.STATE}/sample"))
        with open(tree.path("var/log/dpkg.log"), "w", encoding="ascii") as log:
            log.write(f"2026-01-01 00:00:00 upgrade sample:all {sample.version(0)} {sample.version(self.last)}\n")

    def recover(self, tree, _):
        return True


class Retry(Upgrade):
    """A migration that was given up, and could succeed now."""

    given_up = 1

    def prepare(self, tree):
        super().prepare(tree)
        hindrance = tree.path(f"{sample.SECOND}/store")
        with open(hindrance, "wb"):
            for _ in range(3):
                tree.expect(1, "run")
        os.unlink(hindrance)
        if tree.count("gave-up") != 1:
            raise AssertionError("it isn't given up")

    def command(self, tree):
        return tree.command("retry", "sample")

    def do(self, tree):
        tree.expect(0, "retry", "sample")
        self.assert_done(tree)

    def recover(self, tree, _):
        return super().recover(tree, False)


class ForcedUndo(trials.Undo):
    """A file was changed after the upgrade. What is overwritten is kept: a file with a name that the upgrade has added has it still."""

    def prepare(self, tree):
        super().prepare(tree)
        changed = f"{sample.SECOND}/format"
        with open(tree.path(changed), "a", encoding="ascii") as file:
            file.write("changed\n")
        now = sample.fingerprint(tree.directory)
        start = {path: line.replace(" 1 var/lib/sample/scores", " 2 var/lib/sample/scores") for path, line in self.states[0].items()}
        self.states = [start] + [state | {changed: now[changed]} for state in self.states[1:]]
        tree.expect(1, "undo", "sample")
        tree.assert_state(self.states[self.last])

    def command(self, tree):
        return tree.command("undo", "--force", "sample")

    def do(self, tree):
        tree.expect(0, "undo", "--force", "sample")
        self.assert_done(tree)


class Forget(OneWay):
    """The upgrade can be undone as long as nothing says that it was forgotten."""

    def __init__(self, undo):
        self.undo = undo

    def command(self, tree):
        return tree.command("forget", "sample")

    def assert_whole(self, tree):
        self.undo.assert_whole(tree)

    def assert_done(self, tree):
        self.assert_whole(tree)
        if tree.before_images():
            raise AssertionError(f"not forgotten: {tree.before_images()}")

    def recover(self, tree, _):
        """It is undone after all, if it can be."""
        self.assert_whole(tree)
        status, said = tree.run(self.undo.command(tree))
        if status == 0 and tree.count("undone"):
            self.undo.assert_done(tree)
        elif not NO_UNDO.search(said):
            raise AssertionError(f"exit status {status}: {said}")
        return True

    def finish(self, tree):
        tree.expect(0, "forget", "sample")
        self.assert_done(tree)


class Baseline(OneWay):
    """It is recorded, or isn't; and what is pending then is told by it."""

    def __init__(self, upgrade, wanted, *options):
        self.upgrade = upgrade
        self.wanted = wanted
        self.options = options
        self.arguments = ("baseline", *options, "sample", wanted)

    def prepare(self, tree):
        self.upgrade.prepare(tree)
        if self.options:
            shutil.rmtree(tree.path(f"{sample.STATE}/sample"))

    def command(self, tree):
        return tree.command(*self.arguments)

    def assert_whole(self, tree):
        tree.assert_state(self.upgrade.states[self.upgrade.first])

    def assert_done(self, tree):
        self.assert_whole(tree)
        last = tree.history()[-1]
        if (last["event"], last.get("version")) != ("baseline", self.wanted):
            raise AssertionError(f"the history ends with {last}")

    def finish(self, tree):
        tree.expect(0, *self.arguments)
        self.assert_done(tree)
        tree.expect(0, "run")
        tree.assert_state(self.upgrade.states[self.upgrade.last])


# ---- All of them -----------------------------------------------------------------------------


class Disks:
    """Copies of the disks, for one situation after the other."""

    def __init__(self, directory):
        self.kill_at = points.Tools(directory).kill_at
        self.directory = directory
        self.images = trials.make_disks(directory, (DISKS, DISKS))
        disks.adopt_orphans()

    def do(self, act):
        with trials.mounted_tree(self.images, self.directory) as tree:
            return act(tree)

    def copy(self, name):
        return kill.copy_images(self.images, name)

    def restore(self, copies):
        for copy, image in zip(copies, self.images):
            disks.copy_sparse(copy, image)

    def situation(self, name, copies, scenario):
        self.restore(copies)
        if hasattr(scenario, "prepare"):
            self.do(scenario.prepare)
        return Situation(name, self.images, scenario)

    def kill(self, case, children, call):
        """Kills it there. Returns: the kinds of the events in the history."""
        self.restore(case.before)

        def kill_there(tree):
            if not case.kill(tree, case.scenario.command(tree), children, call):
                raise AssertionError("it ended before it was killed")
            disks.reap_all()
            return {event["event"] for event in tree.history()}

        return self.do(kill_there)


def recoveries_of_upgrade(world, upgrade):
    """Runs after one that was killed while it migrated, before and after it decided to commit, and in the commit."""
    case = kill.Case(upgrade, world.images, world.kill_at, world.directory)
    calls = [(children, call) for children, count in enumerate(case.counts) for call in range(1, count + 1)]
    decided, applied = (bisect.bisect_left(calls, True, key=lambda at: event in world.kill(case, *at)) for event in ("committing", "applied"))
    before = {"start": decided // 4, "migrate": decided // 2, "preparation": decided * 9 // 10, "decision": decided - 1}
    after = {"commit": decided, "half-commit": (decided + applied) // 2, "end": len(calls) - 8}
    for place, at in before.items():
        world.kill(case, *calls[at])
        world.do(sample.Tree.remove)  # so that nothing comes after the recovery
        yield Situation(f"recovery-{place}", world.images, upgrade, ("run",), upgrade.assert_whole)
    for place, at in after.items():
        if "committing" not in world.kill(case, *calls[at]):
            raise AssertionError(f"{place}: it isn't committed")
        yield Situation(f"recovery-{place}", world.images, upgrade, ("run",))


def recoveries_of_undo(world, undo):
    case = kill.Case(undo, world.images, world.kill_at, world.directory)
    for percent in 25, 50, 75, 90:
        world.kill(case, len(case.counts) - 1, case.counts[-1] * percent // 100)
        yield Situation(f"recovery-undo-{percent}", world.images, undo, ("run",), undo.assert_whole)


def make(directory):
    world = Disks(directory)
    states = sample.states(os.path.join(directory, "plain"))
    last = len(states) - 1
    new = world.copy("new")
    upgrade = Upgrade(states, 0, last, may_fail=True)
    world.do(upgrade.prepare)
    ready = world.copy("ready")
    world.do(upgrade.do)
    done = world.copy("done")
    undo = trials.Undo(states, 0, last)
    yield world.situation("run", new, upgrade)
    yield world.situation("undo", done, undo)
    yield from recoveries_of_undo(world, undo)
    first = Upgrade(states, 0, 1, may_fail=True)
    world.restore(new)
    world.do(first.prepare)
    yield from recoveries_of_upgrade(world, first)
    yield world.situation("forced-undo", done, ForcedUndo(states, 0, last))
    yield world.situation("forget", done, Forget(undo))
    yield world.situation("first-run", new, FirstRun(states, 0, 1, may_fail=True))
    yield world.situation("retry", new, Retry(states, 0, 1, may_fail=True))
    world.restore(new)
    world.do(first.prepare)
    world.do(first.do)
    yield world.situation("baseline", world.copy("first"), Baseline(trials.Upgrade(states, 1, 1), sample.version(0)))
    yield world.situation("baseline-if-unknown", new, Baseline(first, sample.version(0), "--if-unknown"))
    yield world.situation("plan", ready, Preview(upgrade, "plan", "sample"))
    yield world.situation("status", ready, Preview(upgrade, "status", "--json", "sample"))
    yield world.situation("preview", ready, Preview(upgrade, "preview", "sample"))
