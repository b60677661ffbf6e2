# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts at flushes and at writes of an upgrade, of its undo, and of the recovery of both.

Usage: power_cut.py DIRECTORY, a tmpfs.

On each machine, a choice of file systems for its root, for a second area and for the state, the sample package is upgraded once, on disks
that write down what is written to them. Then for each point the disks are made as a power cut could have left them there (see replay.py).
deploy-migrate runs on that, unless it did on the same disks, in the same way, at a point before; or on others with the same files, once
their journals were replayed. Each migration must then be there entirely or not at all, as the history says; what was acknowledged is there;
the next run must finish; and undo gives the start.

DEPLOY_MIGRATE_CRASH_POINTS is how many points are tried on all machines; without it, few of them on those that differ most.
DEPLOY_MIGRATE_CRASH_ONLY is one machine, by its file systems, and what is tried on it: "ext4,ext4 upgrade undo", "btrfs,xfs,ext4
dirsync recovery".
The disks on which something didn't hold are kept in DEPLOY_MIGRATE_CRASH_KEEP; not at all if that is empty. DEPLOY_MIGRATE_CRASH_AGAIN, one
of the directories in it, is tried again, and nothing else.
"""

import os
import random
import shutil
import sys
import zlib

import disks
import keep
import machines
import replay
import sample
import trials

SEED = 1
FEW = 300  # points, where nobody asks for a number
DRAWN = 1.6  # as many, since some of them turn out to be the same


# ---- Scenarios -------------------------------------------------------------------------------


class Upgrade(trials.Upgrade):
    def assert_undone(self, tree):
        """Undo gives the start."""
        undo = trials.Undo(self.states, self.first, self.last)
        undo.prepare(tree)
        undo.do(tree)


class Undo(trials.Undo):
    def assert_undone(self, tree):
        self.assert_done(tree)


class Recovery(Upgrade):
    """A run after a power cut in the middle of an upgrade."""

    name = "recovery"

    def prepare(self, _):
        pass


class UndoRecovery(Undo):
    """The same in the middle of an undo, which is then asked for again."""

    name = "recovery of an undo"

    def prepare(self, _):
        pass

    def do(self, tree):
        tree.expect(0, "run")
        super().do(tree)


# ---- What they wrote -------------------------------------------------------------------------


class Record:
    """A scenario, and what it wrote to the disks of a machine."""

    def __init__(self, scenario, machine):
        self.scenario = scenario
        self.machine = machine
        self.before = [f"{image}-before-{scenario.name}" for image in machine.images]
        with machine.mounted(machine.images) as tree:
            scenario.prepare(tree)
        for image, before in zip(machine.images, self.before):
            disks.copy_sparse(image, before)
        log = os.path.join(machine.directory, "log")
        with disks.Disks(machine.images, os.path.join(machine.directory, "disks"), log) as recorder:
            with machine.mounted(recorder.files(), machine.flags) as tree:
                scenario.do(tree)
                recorder.mark()
        self.steps = list(replay.split(disks.read_log(log)))
        self.acknowledged = [step.kind for step in self.steps].index(disks.MARK)
        self.known = os.path.join(machine.directory, f"known-{scenario.name}")
        self.torn = os.path.join(machine.directory, f"torn-{scenario.name}")
        os.mkdir(self.known)
        os.mkdir(self.torn)

    def distinct(self, count):
        """As many points, as far as there are, at which not the same is tried on the same disks."""
        census = replay.Census(self.steps, self.before)
        points = replay.choose_points(self.steps, int(count * DRAWN), SEED)
        new = [point for point in points if census.is_new(point, self.way_on(point))]
        return sorted(random.Random(SEED).sample(new, min(count, len(new))), key=lambda point: point.seed)

    def way_on(self, point):
        return "done" if self.is_done(point) else trials.way_on(point.seed)

    def is_done(self, point):
        return point.position > self.acknowledged

    def is_new(self, tree, way, describe):
        """Whether nobody, in any of the processes, has gone on in this way from a tree with this description."""
        try:
            with open(os.path.join(self.known, f"{describe(tree.directory)} {way}"), "x"):
                return True
        except FileExistsError:
            return False

    def check(self, point, tree):
        if self.is_new(tree, self.way_on(point), sample.digest):
            seed = None if self.is_done(point) else point.seed
            check(self.scenario, tree, seed, lambda: self.is_new(tree, "recovered", sample.standing))

    def excuse(self, point, error):
        """A file system relies on its own blocks: if it can't be mounted since one of them is torn, nothing can be said."""
        if not point.torn:
            return str(error)
        with open(os.path.join(self.torn, str(point.seed)), "x"):
            return None

    def cut(self, points, directory):
        cuts = replay.Replay(self.steps, self.before, directory)
        images = trials.disk_names(directory, len(self.before))
        for point in points:
            cuts.cut(point, images)
            violation = trials.attempt(
                images, directory, lambda tree: self.check(point, tree), self.machine.places, lambda error: self.excuse(point, error)
            )
            if violation:
                cuts.cut(point, images)
                kept = keep.Kept(self.scenario.name, self.machine.places, None if self.is_done(point) else point.seed)
                violation += keep.keep(images, kept)
            yield point, violation

    def leave_halfway(self):
        """The machine is left as a power cut in the middle of the work leaves it, its journals replayed."""
        chance = random.Random(zlib.crc32(str(self.machine).encode()))
        position = chance.randrange(self.acknowledged // 4, self.acknowledged * 9 // 10)
        replay.Replay(self.steps, self.before, self.machine.directory).cut(replay.Point(position, 1, SEED), self.machine.images)
        with self.machine.mounted(self.machine.images):
            pass


def check(scenario, tree, seed, is_new=lambda: True):
    """
    What must hold after a power cut; a seed of None is one after all was acknowledged. After a recovery it goes on only from
    what is new.
    """
    way = None if seed is None else trials.way_on(seed)
    if way is None:
        scenario.assert_done(tree)
    elif way == "finish":
        scenario.finish(tree)
    elif scenario.recover(tree, way != "recover") and is_new():
        scenario.finish(tree)
    else:
        return
    scenario.assert_undone(tree)


# ---- All of it -------------------------------------------------------------------------------


def scenarios(states):
    last = len(states) - 1
    return {kind.name: kind(states, 0, last) for kind in (Upgrade, Undo, Recovery, UndoRecovery)}


class Trial:
    """All scenarios on one machine, since each begins with what another has left."""

    def __init__(self, machine, states, wanted, points):
        self.machine = machine
        self.scenarios = scenarios(states)
        self.wanted = wanted
        self.points = points
        self.tried = 0

    def do(self):
        self.machine.make()
        upgrade = Record(self.scenarios[Upgrade.name], self.machine)
        passed = self.try_record(upgrade)
        undo = Record(self.scenarios[Undo.name], self.machine)
        passed &= self.try_record(undo)
        for before, kind in (upgrade, Recovery), (undo, UndoRecovery):
            if kind.name in self.wanted:
                before.leave_halfway()
                passed &= self.try_record(Record(self.scenarios[kind.name], self.machine))
        shutil.rmtree(self.machine.directory)
        return passed

    def try_record(self, record):
        if record.scenario.name not in self.wanted:
            return True
        points = record.distinct(self.points)
        self.tried += len(points)
        title = f"{record.scenario.name} on {self.machine.name}"
        passed = trials.try_points(points, record.cut, self.machine.directory, title)
        known, torn = len(os.listdir(record.known)), len(os.listdir(record.torn))
        print(f"#   different trees, or ways on from them: {known}; not mounted, since a block of the file system was torn: {torn}")
        return passed


def choose(directory, states):
    """The machines, each with the scenarios and the number of points that are tried on it."""
    points = int(os.environ.get("DEPLOY_MIGRATE_CRASH_POINTS", "0"))
    all_machines = machines.make(directory, os.environ.get("DEPLOY_MIGRATE_CRASH_ONLY"))
    lacking = {machine: machine.missing() for machine in all_machines if machine.missing()}
    for machine, reason in lacking.items():
        print(f"# NOT TRIED: {machine.name}: {reason}")
    there = [machine for machine in all_machines if machine not in lacking and (points or machine.sample)]
    wanted = {machine: machine.only or (list(scenarios(states)) if points else machine.sample) for machine in there}
    each = -(-(points or FEW) // sum(map(len, wanted.values())))
    lacking = {machine: reason for machine, reason in lacking.items() if points or machine.sample}
    return [Trial(machine, states, names, each) for machine, names in wanted.items()], lacking


def try_all(directory):
    sample.always_look()
    trial_list, lacking = choose(directory, sample.states(os.path.join(directory, "plain")))
    tests = [(f"power cuts on {trial.machine.name}", trial.do) for trial in trial_list]
    status = trials.report(tests, {f"power cuts on {machine.name}": reason for machine, reason in lacking.items()})
    print(f"# {sum(trial.tried for trial in trial_list)} points on {len(trial_list)} machines")
    return status


def try_again(directory, kept):
    """A violation, as it was kept."""
    what = keep.read(kept)
    scenario = scenarios(sample.states(os.path.join(directory, "plain")))[what.scenario]
    images = keep.copy_images(kept, what, directory)
    violation = trials.attempt(images, directory, lambda tree: check(scenario, tree, what.seed), what.places)
    print(violation or "everything holds")
    return 1 if violation else 0


if __name__ == "__main__":
    again = os.environ.get("DEPLOY_MIGRATE_CRASH_AGAIN")
    sys.exit(try_again(sys.argv[1], again) if again else try_all(sys.argv[1]))
