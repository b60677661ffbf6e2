# SPDX-License-Identifier: LGPL-2.1-or-later
"""All situations: each command on the disks on which it begins."""

import bisect
import os

import disks
import kill
import points
import sample
import scenarios
import trials
from situations import Situation

DISKS = "ext4 without a journal"  # takes half of the time


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


def recovery_of_undo_in_place(world, undo):
    """Killed before the history has anything of it, so that its last event is that of an upgrade that is completed."""
    case = kill.Case(undo, world.images, world.kill_at, world.directory)
    children = len(case.counts) - 1
    calls = range(1, case.counts[-1] + 1)
    undone = bisect.bisect_left(calls, True, key=lambda call: "undone" in world.kill(case, children, call))
    world.kill(case, children, calls[undone - 1])
    return Situation("recovery-undo-in-place", world.images, undo, ("run",), undo.assert_whole)


def make(directory):
    world = Disks(directory)
    states = sample.states(os.path.join(directory, "plain"))
    last = len(states) - 1
    new = world.copy("new")
    upgrade = scenarios.Upgrade(states, 0, last, may_fail=True)
    world.do(upgrade.prepare)
    ready = world.copy("ready")
    world.do(upgrade.do)
    done = world.copy("done")
    undo = trials.Undo(states, 0, last)
    yield world.situation("run", new, upgrade)
    yield world.situation("undo", done, undo)
    yield from recoveries_of_undo(world, undo)
    world.restore(done)
    yield recovery_of_undo_in_place(world, scenarios.UndoInPlace(states, 0, last))
    first = scenarios.Upgrade(states, 0, 1, may_fail=True)
    world.restore(new)
    world.do(first.prepare)
    yield from recoveries_of_upgrade(world, first)
    yield world.situation("forced-undo", done, scenarios.ForcedUndo(states, 0, last))
    yield world.situation("forget", done, scenarios.Forget(undo))
    yield world.situation("first-run", new, scenarios.FirstRun(states, 0, 1, may_fail=True))
    yield world.situation("turn", new, scenarios.TakesTurn(states, 0, 1, may_fail=True))
    yield world.situation("retry", new, scenarios.Retry(states, 0, 1, may_fail=True))
    world.restore(new)
    world.do(first.prepare)
    world.do(first.do)
    yield world.situation("baseline", world.copy("first"), scenarios.Baseline(trials.Upgrade(states, 1, 1), sample.version(0)))
    yield world.situation("baseline-if-unknown", new, scenarios.Baseline(first, sample.version(0), "--if-unknown"))
    yield world.situation("plan", ready, scenarios.Preview(upgrade, "plan", "sample"))
    yield world.situation("status", ready, scenarios.Preview(upgrade, "status", "--json", "sample"))
    yield world.situation("preview", ready, scenarios.Preview(upgrade, "preview", "sample"))
