# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands in which something is to fail, with the disks on which each begins, and what holds when it has failed.

Each ends in a regular way, and gives a reason that is true. Then the migrations are there whole or not at all, as the history says; and the
next command that nothing fails in completes.
"""

import collections
import errno
import os
import re
import shutil

import disks
import kill
import sample
import trials

BOTH = 4  # migrations come before the one that works on both disks
ENDS = (0, 1, 3)  # exit status: done, failed, can't be used
UNTRUE = re.compile(r": Success|^ *Success|\(null\)|Stale file handle|is damaged|Bad message|Assertion", re.MULTILINE)
NO_UNDO = re.compile(r"no upgrade to undo|nothing to undo|there is nothing")


def is_reason(said, point):
    """What was said names the error that was made, and no other."""
    wanted = os.strerror(point.how if point.kind == "system calls" else errno.ENOMEM)
    words = " ".join(said.split())
    named = {text for text in map(os.strerror, errno.errorcode) if text in words}
    return named == {wanted} or (not named and "can't write to standard output" in words)


class Situation:
    """A command, and the disks on which it begins."""

    def __init__(self, name, images, scenario, arguments=None, assert_done=None):
        self.name = name
        self.scenario = scenario
        self.arguments = arguments
        self.assert_done = assert_done or scenario.assert_done
        self.passed = set()
        self.said = None
        self.standing = None
        self.before = [f"{image}-{name.replace(' ', '-')}" for image in images]
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)

    def copy(self, images):
        for before, image in zip(self.before, images):
            disks.copy_sparse(before, image)

    def run(self, tree, tools, point):
        """Returns: what the tool counted."""
        count = f"{tree.directory}-count"
        command = tree.command(*self.arguments) if self.arguments else self.scenario.command(tree)
        status, said = tree.run(tools.prefix(point, count) + command)
        with open(count, encoding="ascii") as file:
            counts = [int(word) for word in file.read().split()]
        if status not in ENDS or UNTRUE.search(said) or (status != 0 and not is_reason(said, point)):
            raise AssertionError(f"exit status {status}: {said or 'not a word'}")
        if status == 0:
            self.assert_done(tree)
            self.assert_said(said.replace(tree.directory, ""), point)
        return counts

    def assert_said(self, said, point):
        """If it only reads, it says the same as if nothing fails."""
        if not isinstance(self.scenario, Preview):
            return
        said = said.replace(f"error from getrandom(): {os.strerror(point.how)}", "")  # of json-c, which goes on
        words = collections.Counter(re.sub(r"\d+ ms|\d+(\.\d+)? s\b", "TIME", said).split())
        if point.number == 0:
            self.said = words
        missing = self.said - words
        if missing:
            raise AssertionError(f"it doesn't say {missing} in {said}")

    def check(self, tree, tools, points):
        """As many points as leave the tree as it was. What follows depends on what is left, so nothing is tried twice after the same."""
        self.standing = self.standing or sample.standing(tree.directory)
        stamp = sample.stamp(tree.directory)
        for point in points:
            self.run(tree, tools, point)
            before, stamp = stamp, sample.stamp(tree.directory)
            standing = self.standing if stamp == before else sample.standing(tree.directory)
            if (trials.way_on(point.seed), standing) not in self.passed:
                trials.check_interrupted(self.scenario, tree, point.seed)
                self.passed.add((trials.way_on(point.seed), standing))
                return
            if standing != self.standing:
                return


# ---- Scenarios, beside those of trials.py ----------------------------------------------------


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


class FirstRun(trials.Upgrade):
    """Nothing but dpkg.log tells from which version the package was upgraded: none of its data may be taken for new."""

    def prepare(self, tree):
        super().prepare(tree)
        shutil.rmtree(tree.path(f"{sample.STATE}/sample"))
        with open(tree.path("var/log/dpkg.log"), "w", encoding="ascii") as log:
            log.write(f"2026-01-01 00:00:00 upgrade sample:all {sample.version(0)} {sample.version(self.last)}\n")

    def recover(self, tree, _):
        return True


class Retry(trials.Upgrade):
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
    """A file was changed after the upgrade."""

    def prepare(self, tree):
        super().prepare(tree)
        with open(tree.path(f"{sample.SECOND}/format"), "a", encoding="ascii") as file:
            file.write("changed\n")
        self.states = self.states[: self.last] + [sample.fingerprint(tree.directory)]
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

    def __init__(self, kill_at, directory):
        self.kill_at = kill_at
        self.directory = directory
        self.images = trials.make_disks(directory)
        disks.adopt_orphans()

    def do(self, act):
        with trials.mounted_tree(self.images, self.directory) as tree:
            return act(tree)

    def restore(self, copies):
        for copy, image in zip(copies, self.images):
            disks.copy_sparse(copy, image)

    def kill(self, case, children, call):
        """Kills it there. Returns: whether it had decided to commit."""
        self.restore(case.before)

        def kill_there(tree):
            if not case.kill(tree, case.scenario.command(tree), children, call):
                raise AssertionError("it ended before it was killed")
            disks.reap_all()
            return tree.count("committing")

        return self.do(kill_there)


def recoveries_of_upgrade(world, upgrade):
    """Runs after one that was killed while it migrated, before and after it decided to commit, and in the commit."""
    case = kill.Case(upgrade, world.images, world.kill_at, world.directory)
    decided = world.do(lambda tree: tree.count("committing"))  # with the one that is killed
    end = kill.SETUP
    first, last = 1, case.counts[end]
    while first < last:
        middle = (first + last) // 2
        if world.kill(case, end, middle) < decided:
            first = middle + 1
        else:
            last = middle
    before = {"migrate": (1, max(1, case.counts[1] - 1)), "its preparation": (end, first // 2), "its decision": (end, first - 1)}
    after = {"its commit, at the start": first, "its commit, half way": (first + case.counts[end]) // 2, "its end": case.counts[end] - 8}
    for place, at in before.items():
        world.kill(case, *at)
        world.do(sample.Tree.remove)  # so that nothing comes after the recovery
        yield Situation(f"recovery of a run killed in {place}", world.images, upgrade, ("run",), upgrade.assert_whole)
    for place, call in after.items():
        world.kill(case, end, call)
        yield Situation(f"recovery of a run killed in {place}", world.images, upgrade, ("run",))


def recoveries_of_undo(world, undo):
    case = kill.Case(undo, world.images, world.kill_at, world.directory)
    for percent in 25, 50, 75, 90:
        world.kill(case, len(case.counts) - 1, case.counts[-1] * percent // 100)
        yield Situation(f"recovery of an undo killed at {percent} percent", world.images, undo, ("run",), undo.assert_whole)


def make(kill_at, directory):
    """The situations that are worth most come first."""
    world = Disks(kill_at, directory)
    states = sample.states(os.path.join(directory, "plain"))
    new = kill.copy_images(world.images, "new")
    first = trials.Upgrade(states, 0, BOTH)
    world.do(first.prepare)
    world.do(first.do)
    upgrade = trials.Upgrade(states, BOTH, BOTH + 1, may_fail=True)
    old = kill.copy_images(world.images, "old")
    world.do(upgrade.prepare)
    ready = kill.copy_images(world.images, "ready")
    world.do(upgrade.do)
    done = kill.copy_images(world.images, "done")

    def situation(name, images, scenario):
        world.restore(images)
        if hasattr(scenario, "prepare"):
            world.do(scenario.prepare)
        return Situation(name, world.images, scenario)

    undo = trials.Undo(states, BOTH, BOTH + 1)
    yield situation("undo", done, undo)
    world.restore(done)
    yield from recoveries_of_undo(world, undo)
    world.restore(old)
    yield from recoveries_of_upgrade(world, upgrade)
    yield situation("run", old, upgrade)
    yield situation("forced undo", done, ForcedUndo(states, BOTH, BOTH + 1))
    yield situation("forget", done, Forget(undo))
    yield situation("first run", new, FirstRun(states, 0, 1, may_fail=True))
    yield situation("retry", old, Retry(states, BOTH, BOTH + 1, may_fail=True))
    yield situation("baseline", old, Baseline(trials.Upgrade(states, BOTH, BOTH), sample.version(2)))
    unknown = Baseline(trials.Upgrade(states, 0, 1), sample.version(0), "--if-unknown")
    yield situation("baseline if unknown", new, unknown)
    yield situation("plan", ready, Preview(upgrade, "plan", "sample"))
    yield situation("status", ready, Preview(upgrade, "status", "--json", "sample"))
    yield situation("preview", ready, Preview(upgrade, "preview", "sample"))
