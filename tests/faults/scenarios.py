# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a command does when it is done, and how it goes on when it failed, beside what ../crash/trials.py has."""

import os
import re
import shutil

import sample
import trials

NO_UNDO = re.compile(r"no upgrade to undo|nothing to undo|there is nothing|was forgotten")


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

    only_reads = True

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


class TakesTurn(Upgrade):
    """A run that needs a turn: without one, nothing of it lands."""

    def prepare(self, tree):
        super().prepare(tree)
        turn = tree.path("etc/deploy-migrate/turn")
        os.makedirs(os.path.dirname(turn), exist_ok=True)
        with open(turn, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho granted 1\nexec cat >/dev/null\n")
        os.chmod(turn, 0o755)
        now = sample.fingerprint(tree.directory)
        ours = {path: line for path, line in now.items() if path.startswith("etc/deploy-migrate")}
        self.states = [state | ours for state in self.states]


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


class UndoInPlace(trials.Undo):
    """
    The package stays as it is. So a run that has nothing else to do finishes the undo; then it upgrades again. If it can't remove what it keeps
    of the upgrade before, that stays until the next one, or until it is forgotten.
    """

    def prepare(self, tree):
        tree.install(self.last)

    def assert_whole(self, tree):
        tree.assert_state(self.states[tree.count("applied") - tree.count("undone")])

    def recover(self, tree, _):
        tree.expect(0, "run")
        tree.assert_state(self.states[self.last])
        return True

    def finish(self, tree):
        self.recover(tree, False)
        tree.expect(0, "forget", "sample")


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
