# SPDX-License-Identifier: LGPL-2.1-or-later
"""Power cuts at every flush and at random writes of an upgrade, and of its undo.

Usage: power_cut.py DIRECTORY, a tmpfs.

The sample package is upgraded once on two disks that write down what is written to them. Then for each point the disks
are made as a power cut could have left them there: all that was flushed, and some of the sectors that weren't.
deploy-migrate runs on that, unless it did on the same disks, in the same way, at a point before; or on others with the
same files, once their journals were replayed. Each migration must then be there entirely or not at all, as the history
says; and the next run must finish.

The same is done on btrfs, which keeps no order between files as a journal does, at a few of the points.

DEPLOY_MIGRATE_CRASH_POINTS is how many points there are besides the flushes, in each of the two;
DEPLOY_MIGRATE_CRASH_BTRFS how many of all points are tried on btrfs;
DEPLOY_MIGRATE_CRASH_KEEP a directory for the disks on which something didn't hold.
"""

import os
import random
import sys

import disks
import replay
import sample
import trials

SEED = 1


class Record:
    """A scenario, and what it wrote to the disks."""

    def __init__(self, scenario, images, directory):
        self.scenario = scenario
        self.before = [f"{image}-before" for image in images]
        for image, before in zip(images, self.before):
            disks.copy_sparse(image, before)
        log = os.path.join(directory, "log")
        with disks.Disks(images, os.path.join(directory, "disks"), log) as recorder:
            with trials.mounted_tree(recorder.files(), directory) as tree:
                scenario.do(tree)
                recorder.mark()
        self.steps = list(replay.split(disks.read_log(log)))
        self.acknowledged = [step[0] for step in self.steps].index(disks.MARK)
        self.known = os.path.join(directory, f"known-{scenario.name}")
        os.mkdir(self.known)

    def distinct(self, points):
        """Without those at which the same is tried on the same disks as at one before."""
        census = replay.Census(self.steps, self.before)
        return [point for point in points if census.is_new(point, self.way_on(point))]

    def way_on(self, point):
        return "done" if point.position > self.acknowledged else trials.way_on(point.seed)

    def is_new(self, point, tree):
        """Whether nobody, in any of the processes, has tried the same on the same files."""
        try:
            with open(os.path.join(self.known, f"{sample.digest(tree.directory)} {self.way_on(point)}"), "x"):
                return True
        except FileExistsError:
            return False

    def check(self, point, tree):
        if not self.is_new(point, tree):
            return
        if point.position > self.acknowledged:
            self.scenario.assert_done(tree)
        else:
            trials.check_interrupted(self.scenario, tree, point.seed)

    def cut(self, points, directory):
        cuts = replay.Replay(self.steps, self.before, directory)
        images = trials.disk_names(directory)
        for point in points:
            cuts.cut(point, images)
            violation = trials.attempt(images, directory, lambda tree: self.check(point, tree))
            if violation:
                cuts.cut(point, images)
                trials.keep(images, f"{self.scenario.name}-{point.seed}")
            yield point, violation


def choose_points(steps, count, limit):
    points = replay.choose_points(steps, count, SEED)
    if limit is None or limit >= len(points):
        return points
    return sorted(random.Random(SEED).sample(points, limit), key=lambda point: point.seed)


class FileSystem:
    """The disks of all scenarios on one."""

    def __init__(self, kind, directory, count, limit=None):
        self.kind = kind
        self.directory = os.path.join(directory, kind)
        os.mkdir(self.directory)
        self.images = trials.make_disks(self.directory, kind)
        self.count = count
        self.limit = limit

    def try_scenario(self, scenario):
        with trials.mounted_tree(self.images, self.directory) as tree:
            scenario.prepare(tree)
        record = Record(scenario, self.images, self.directory)
        points = choose_points(record.steps, self.count, self.limit)
        title = f"{scenario.name} on {self.kind}, cut at flushes and at writes; what differs of {len(points)}"
        passed = trials.try_points(record.distinct(points), record.cut, self.directory, title)
        print(f"# they had {len(os.listdir(record.known))} different trees, or ways on")
        return passed


def main(directory):
    states = sample.states(os.path.join(directory, "plain"))
    last = len(states) - 1
    upgrade, undo = trials.Upgrade(states, 0, last), trials.Undo(states, 0, last)
    count = int(os.environ.get("DEPLOY_MIGRATE_CRASH_POINTS", "2000"))
    limit = int(os.environ.get("DEPLOY_MIGRATE_CRASH_BTRFS", "100"))
    on_ext4, on_btrfs = FileSystem("ext4", directory, count), FileSystem("btrfs", directory, count, limit)
    return trials.report(
        [
            ("power cuts during an upgrade", lambda: on_ext4.try_scenario(upgrade)),
            ("power cuts during an undo", lambda: on_ext4.try_scenario(undo)),
            ("power cuts during an upgrade on btrfs", lambda: on_btrfs.try_scenario(upgrade)),
            ("power cuts during an undo on btrfs", lambda: on_btrfs.try_scenario(undo)),
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
