# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything at once: the sample package is upgraded by dpkg, migrated, undone, retried and looked at, while processes are killed.

Usage: concurrency.py DIRECTORY SECONDS SEED; DIRECTORY is on a tmpfs.

In a round, each actor runs one command after the other, and a killer ends processes of theirs. Then, when all is silent: each migration
is there whole or not at all, as the history says; what runs next completes; an undo gives what was before the upgrade; and no
process, lock, mount or temporary file is left. The seed decides what is done; when it happens differs from run to run.
"""

import collections
import dataclasses
import fcntl
import glob
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import disks
import sample
import trials

LAST = 7  # version
ROUNDS_PER_TREE = 10
ROUND = 3.0  # s
DEADLOCK = 300  # s
SHOWN = 20
PACKAGE = "usr/lib/deploy-migrate/sample"
UNTRUE = re.compile(r"\(null\)|: Success|is damaged|Bad message|Assertion|Stale file handle|runtime error|Sanitizer")
ENDS = {0, 1, 2, 3, 4, 5}
READ = ("etc/sample/sample.conf", "srv/second/format", "var/lib/sample/settings")


@dataclasses.dataclass(frozen=True)
class Ended:
    arguments: tuple
    status: int  # of subprocess: negative for a signal
    out: str
    err: str
    disturbed: bool  # one of its processes was killed


# ---- Processes -------------------------------------------------------------------------------


class Processes:
    """Those that run now, each with whatever it has started."""

    def __init__(self):
        self.mutex = threading.Lock()
        self.running = {}  # pid: disturbed
        self.counts = collections.Counter()

    def run(self, command, environment):
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        with self.mutex:
            self.running[process.pid] = False
            self.counts["processes"] += 1
        try:
            out, err = process.communicate(timeout=DEADLOCK)
        except subprocess.TimeoutExpired as error:
            state = "; ".join(f"{pid}: {describe(pid)}" for pid in [process.pid, *descendants(process.pid)])
            process.kill()
            process.communicate()
            raise AssertionError(f"{command} doesn't end: {state}") from error
        finally:
            with self.mutex:
                disturbed = self.running.pop(process.pid)
        return Ended(tuple(command), process.returncode, out, err, disturbed)

    def kill_one(self, chance):
        """A program of ours, or something that it has started: a keeper, a migration, what dpkg calls."""
        with self.mutex:
            if not self.running:
                return
            main = chance.choice(sorted(self.running))
            below = descendants(main)
            victim = chance.choice(below) if below and chance.random() < 0.4 else main
            number = chance.choice((signal.SIGKILL, signal.SIGTERM))
            if send(victim, main, number):
                self.running[main] = True
                self.counts["kills"] += 1


def parents():
    result = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    result[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                pass
    return result


def descendants(top):
    above = parents()
    found = [top]
    for pid in found:
        found += [child for child, parent in above.items() if parent == pid]
    return found[1:]


def send(pid, main, number):
    """Returns: whether it was still ours, and there."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if pid != main and pid not in descendants(main):
            return False
        signal.pidfd_send_signal(fd, number)
        return True
    except OSError:
        return False
    finally:
        os.close(fd)


def describe(pid):
    parts = []
    for name in "cmdline", "wchan", "stack", "status":
        try:
            with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
                parts.append(" ".join(file.read().replace("\0", " ").split())[:200])
        except OSError:
            pass
    return " | ".join(parts)


# ---- Packages --------------------------------------------------------------------------------


def build_packages(directory):
    """The versions of sample, each with the migrations up to its own, and a configuration file: else to remove it is to purge it."""
    for number in range(LAST + 1):
        top = f"{directory}/{number}"
        for path, text in {
            "DEBIAN/control": f"Package: sample\nVersion: {sample.version(number)}\nArchitecture: all\n"
            "Maintainer: Nobody <nobody@example.org>\nDescription: a sample\n",
            "DEBIAN/conffiles": "/usr/share/sample/settings\n",
            "usr/share/sample/settings": "nothing\n",
        }.items():
            os.makedirs(os.path.dirname(f"{top}/{path}"), exist_ok=True)
            with open(f"{top}/{path}", "w", encoding="ascii") as file:
                file.write(text)
        for migration in sample.migrations()[:number]:
            target = f"{top}/{PACKAGE}/{migration}"
            os.makedirs(os.path.dirname(target))
            source = os.path.join(os.path.dirname(os.path.abspath(sample.__file__)), "sample", migration)
            shutil.copy(source, target)
            manifest = source.removesuffix(".sh") + ".json"
            if os.path.exists(manifest):
                shutil.copy(manifest, os.path.dirname(target))
        command = ["dpkg-deb", "--root-owner-group", "-Znone", "-b", top, f"{directory}/{number}.deb"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


# ---- A tree with all that happens in it ------------------------------------------------------


class World:
    def __init__(self, tree, states, debs, processes):
        self.tree = tree
        self.states = states
        self.debs = debs
        self.processes = processes
        self.violations = []
        self.reasons = collections.Counter()
        self.wanted = {path: {state[path].rpartition(" ")[2] for state in states} for path in READ}

    def complain(self, text):
        self.violations.append(" ".join(text.replace(self.tree.directory, "").split()))

    # ---- Commands ----

    def do(self, *arguments):
        return self.processes.run(self.tree.command(*arguments), sample.program()[1] | {"TMPDIR": os.environ["TMPDIR"]})

    def dpkg(self, *arguments):
        root = self.tree.directory
        command = ["dpkg", f"--root={root}", f"--log={root}/var/log/dpkg.log", "--force-script-chrootless", *arguments]
        return self.processes.run(command, sample.program()[1] | {"TMPDIR": os.environ["TMPDIR"]})

    def install(self, number):
        return self.dpkg("-i", f"{self.debs}/{number}.deb")

    def judge(self, ended):
        """What a command said and how it ended, in whatever company it was."""
        words = " ".join(ended.arguments[3:])
        if ended.status not in ENDS and not (ended.status < 0 and ended.disturbed):
            self.complain(f"{words}: exit status {ended.status}: {ended.err}")
        if UNTRUE.search(ended.out + ended.err):
            self.complain(f"{words}: says {ended.out + ended.err}")
        if ended.status == 3 or (ended.status == 1 and not ended.disturbed):
            said = ended.err or " ".join(re.findall(r'"(?:reason|error|result|state)":"[^"]*"', ended.out)) or ended.out
            self.reasons[" ".join(f"{ended.arguments[3]}: {said}".replace(self.tree.directory, "").split())[:240]] += 1

    def judge_json(self, ended):
        self.judge(ended)
        if ended.status < 0 or ended.status == 5:
            return
        try:
            found = json.loads(ended.out)
            if ended.status == 0 and not isinstance(found["packages"], list):
                raise ValueError("no packages")
        except (ValueError, LookupError, TypeError) as error:
            self.complain(f"{ended.arguments[3:]}: exit status {ended.status}: {error}: {ended.out!r} {ended.err}")

    # ---- Actors: what each does next ----

    def act_run(self, chance):
        self.judge(self.do("run", "--lock-timeout", chance.choice(("0", "1", "60")), *chance.choice(((), ("sample",)))))

    def act_run_json(self, _):
        self.judge_json(self.do("run", "--json"))

    def act_service(self, _):
        """A restart: what its unit requires, then the service reads its files. Another actor may be at work again, but no file is half."""
        self.judge(self.do("run", "--unit", "sample", "--lock-timeout", "86400"))
        for _ in range(20):
            for path in READ:
                with open(self.tree.path(path), "rb") as file:
                    data = file.read()
                if hashlib.sha1(data).hexdigest() not in self.wanted[path]:
                    self.complain(f"{path} has {data!r}")

    def act_status(self, chance):
        self.judge_json(self.do("status", "--json", *chance.choice(((), ("sample",)))))

    def act_plan(self, chance):
        self.judge_json(self.do(chance.choice(("plan", "history")), "--json", "sample"))

    def act_preview(self, _):
        self.judge_json(self.do("preview", "--json", "--lock-timeout", "5", "sample"))

    def act_undo(self, chance):
        self.judge(self.do("undo", "--lock-timeout", chance.choice(("0", "60")), "sample"))

    def act_retry(self, _):
        self.judge(self.do("retry", "sample"))

    def act_dpkg(self, chance):
        time.sleep(chance.uniform(0, ROUND / 3))
        if chance.random() < 0.1:
            self.dpkg("-r", "sample")
        self.install(chance.randint(0, LAST))

    ACTORS = (act_run, act_run, act_run_json, act_service, act_status, act_status, act_plan, act_preview, act_undo, act_retry)

    def act(self, chance, end, only=None):
        while time.monotonic() < end:
            try:
                (only or chance.choice(self.ACTORS))(self, chance)
            except (AssertionError, OSError) as error:
                self.complain(str(error))

    def kill(self, chance, end):
        while time.monotonic() < end:
            time.sleep(chance.expovariate(1 / 0.15))
            self.processes.kill_one(chance)

    def play(self, chance):
        end = time.monotonic() + ROUND
        actors = [threading.Thread(target=self.act, args=(random.Random(chance.random()), end)) for _ in range(3)]
        actors.append(threading.Thread(target=self.act, args=(random.Random(chance.random()), end, World.act_dpkg)))
        actors.append(threading.Thread(target=self.kill, args=(random.Random(chance.random()), end)))
        for actor in actors:
            actor.start()
        for actor in actors:
            actor.join()

    # ---- Laws, when all is silent ----

    @staticmethod
    def ids():
        return [name.removeprefix("v") for name in sample.migrations()]

    def present(self):
        """The number of the migrations that are there, by the history."""
        there = []
        for event in self.tree.history():
            if event["event"] == "applied":
                there.append(event["id"])
            elif event["event"] == "undone":
                there.remove(event["id"])
            elif event["event"] == "satisfied" and event["id"] not in there:
                raise AssertionError(f"{event['id']} was there, and the history has nothing of it")
        wanted = self.ids()[: len(there)]
        if sorted(there) != wanted:
            raise AssertionError(f"there is {there}")
        return len(there)

    def expect(self, wanted, *arguments):
        ended = self.do(*arguments)
        if ended.status not in wanted:
            raise AssertionError(f"{arguments}: exit status {ended.status} instead of {wanted}: {ended.out} {ended.err}")
        return ended

    def assert_whole(self):
        number = self.present()
        self.tree.assert_state(self.states[number])
        return number

    def repair_packages(self, *arguments):
        """What dpkg itself may need after it was killed."""
        self.dpkg("--configure", "-a")
        ended = self.dpkg(*arguments)
        if ended.status != 0:
            raise AssertionError(f"dpkg {arguments}: {ended.err}")

    def assert_laws(self, chance):
        self.assert_nothing_left()
        self.repair_packages("-i", f"{self.debs}/{LAST}.deb")
        if chance.random() < 0.5:
            self.repair_packages("-r", "sample")  # so that nothing comes after the recovery
            self.expect({0}, "run")
            self.assert_whole()
        number = chance.randint(self.least(), LAST)
        self.repair_packages("-i", f"{self.debs}/{number}.deb")
        start = self.present()
        if self.do("run").status != 0:
            self.expect({0}, "retry", "sample")  # it was given up after three kills
        self.expect({0}, "run")
        if self.assert_whole() != number:
            raise AssertionError(f"{self.present()} migrations are there instead of {number}")
        self.tree.assert_no_stage()
        self.assert_undo(start)
        self.assert_nothing_left()

    def least(self):
        """The last migration that the history knows to be there, or decided."""
        ids = [event["id"] for event in self.tree.history() if event["event"] in ("committing", "applied")]
        return max([0, *(self.ids().index(name) + 1 for name in ids)])

    def assert_undo(self, start):
        """Each undo goes back over one upgrade, as long as its files are kept: the first one over that which began at @start, or before."""
        before = self.present()
        self.expect({0}, "undo", "sample")
        if self.assert_whole() > start:
            raise AssertionError(f"undone, and {self.present()} migrations are there, instead of {start}")
        while self.present() < before:
            before = self.present()
            self.judge(self.do("undo", "sample"))
            self.assert_whole()

    def assert_nothing_left(self):
        self.assert_silence()
        for path in glob.glob(self.tree.path("run/deploy-migrate/*")):
            with open(path, "rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise AssertionError(f"{path} is locked") from error
        temporary = os.listdir(os.environ["TMPDIR"])
        if temporary:
            raise AssertionError(f"temporary files are left: {temporary}")

    def assert_silence(self):
        """What was killed may take a moment to end."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.01)
        raise AssertionError("processes are left: " + "; ".join(map(describe, descendants(os.getpid()))))


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        return sorted(" ".join(line.split()[3:6]) for line in lines)


# ---- All rounds ------------------------------------------------------------------------------


def prepare(directory):
    """Disks with sample 1.0 as dpkg has installed it."""
    images = trials.make_disks(directory)
    debs = f"{directory}/debs"
    build_packages(debs)
    with trials.mounted_tree(images, directory) as tree:
        shutil.rmtree(tree.path(PACKAGE))
        for name in "status", "available":
            with open(tree.path(f"var/lib/dpkg/{name}"), "wb"):
                pass
        os.makedirs(tree.path("var/lib/dpkg/info"), exist_ok=True)
        first = World(tree, sample.states(f"{directory}/plain"), debs, Processes())
        first.repair_packages("-i", f"{debs}/0.deb")
        first.expect({0}, "run")
        return images, first.states, debs


class Session:
    """Trees, one after the other, with some rounds on each, until the time is up."""

    def __init__(self, directory, seconds, seed):
        self.directory = directory
        self.seed = seed
        self.end = time.monotonic() + seconds
        self.processes = Processes()
        self.reasons = collections.Counter()
        self.violations = []
        self.rounds = 0

    def chances(self):
        for _ in range(ROUNDS_PER_TREE):
            if time.monotonic() < self.end:
                self.rounds += 1
                yield random.Random(f"{self.seed} {self.rounds}")

    def play(self, images, states, debs):
        copies = [f"{image}-round" for image in images]
        while time.monotonic() < self.end:
            for image, copy in zip(images, copies):
                disks.copy_sparse(image, copy)
            first = self.rounds + 1
            with trials.mounted_tree(copies, self.directory) as tree:
                world = World(tree, states, debs, self.processes)
                play_on_one_tree(world, self.chances())
            self.reasons += world.reasons
            self.violations += [f"rounds {first} to {self.rounds}: {text}" for text in world.violations]
            if world.violations:
                trials.keep(copies, f"concurrency-{self.rounds}")
            if self.rounds % (20 * ROUNDS_PER_TREE) == 0 and time.monotonic() < self.end:
                print(f"# so far {self.sum_up()}", flush=True)

    def sum_up(self):
        counts = self.processes.counts
        return f"{self.rounds} rounds, {counts['processes']} processes, {counts['kills']} kills, {len(self.violations)} violations"


def play_on_one_tree(world, chances):
    """Until a law is broken: what comes after it tells nothing."""
    for chance in chances:
        before = mounts()
        world.play(chance)
        try:
            world.assert_laws(chance)
            if mounts() != before:
                raise AssertionError(f"mounts are left: {set(mounts()) ^ set(before)}")
        except (AssertionError, LookupError, OSError, ValueError) as error:
            world.complain(str(error) or repr(error))
        if world.violations:
            return


def main(directory, seconds, seed):
    disks.adopt_orphans()
    prepared = prepare(directory)
    session = Session(directory, float(seconds), seed)
    session.play(*prepared)
    for reason, count in session.reasons.most_common(SHOWN):
        print(f"# {count} times, with none of its processes killed: {reason}")
    for violation in session.violations[:SHOWN]:
        print(f"#   {violation[:1500]}")
    failed = session.violations or not session.rounds
    print(f"# seed {seed}: {session.sum_up()}")
    print(f"{'not ok' if failed else 'ok'} 1 - all at once, with kills\n1..1")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
