# SPDX-License-Identifier: LGPL-2.1-or-later
"""A booted Debian, killed while it upgrades a package with migrations, and booted again.

Usage: crash_vm.py DIRECTORY, with the disk "ready", "kernel" and "initrd", and what the data is before and after.

What a power cut does is modelled in two steps. The process of the virtual machine is killed, with all that it has in memory; its
disk is one that writes down what is written to it (../crash/disks.py). Of what the machine hadn't flushed to it by then, a part chosen
by chance is lost.

When it is killed follows what the machine tells of the upgrade: the lines of dpkg's log and of the history, as they are written. An upgrade that
nobody kills gives them, with the time between one and the next, and how often the disk is written to until the third. The kills are spread
over the lines evenly, from the first on to the time after the end. Every other one comes at an instant chosen by chance before the next
line; the others when the disk has been written to so often, chosen by chance, since a commit is short and writes a lot.

KILLS, SEED, DEPLOY_MIGRATE_ACCEL: see run.
"""

import collections
import contextlib
import dataclasses
import json
import os
import queue
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crash"))

import disks
import replay

PATIENCE = 900  # seconds, for a machine without KVM beside other work
IDLE = 5  # seconds without anything to do: the upgrade has ended
PREFIX = "crash-vm: "
MARK = "mark: "
BOOTED = ("booted: running", "booted: waits for dpkg")
AFTER = 1  # seconds after the end of the upgrade
LONG = 60  # seconds, for some writes
LINES = 3  # between which the writes of a kill come
BEFORE_ALL, WITHIN, AFTER_ALL = "before", "in", "after"  # the migrations
HISTORY = "var/lib/deploy-migrate/sample/history.jsonl"
MIGRATIONS = 6


# ---- A machine -------------------------------------------------------------------------------


class Machine:
    """A context: it is on, until it is killed."""

    def __init__(self, directory, disk, work, accel):
        command = ["qemu-system-x86_64", "-accel", accel, "-m", "512", "-no-reboot", "-nic", "none", "-monitor", "none"]
        command += ["-display", "none", "-serial", "stdio"]
        command += ["-kernel", f"{directory}/kernel", "-initrd", f"{directory}/initrd"]
        command += ["-append", f"root=/dev/vda rw console=ttyS0 quiet crash-vm={work}"]
        command += ["-drive", f"file={disk},if=virtio,format=raw,cache=writeback,discard=ignore"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=disks.die_with_parent,
        )
        self.console = []
        self.lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            text = line.decode(errors="replace").strip()
            self.console.append(text)
            if PREFIX in text:
                self.lines.put(text.partition(PREFIX)[2])
        self.lines.put(None)

    def clock(self):
        """The processor time that it has taken, in seconds: its own time, however busy the processors are with other things."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def run_until(self, clock, stop=lambda: False):
        """As long as it has something to do."""
        last, idle = self.clock(), 0
        while last < clock and idle < IDLE and not stop():
            time.sleep(0.01)
            now = self.clock()
            idle = idle + 0.01 if now == last else 0
            last = now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def hear(self, wanted, patience=PATIENCE):
        """Yields what it says before that, as soon as it does."""
        end = time.monotonic() + patience
        with contextlib.suppress(queue.Empty):
            while (line := self.lines.get(timeout=max(0, end - time.monotonic()))) is not None:
                if line == wanted:
                    return
                yield line
        raise AssertionError(f"it never says {wanted!r}; its console ends with {self.console[-8:]}")

    def listen_until(self, wanted, patience=PATIENCE):
        """Returns: what it says before that."""
        return list(self.hear(wanted, patience))


def choose_accelerator(directory):
    """KVM, if a kernel comes up with it: that it is there isn't enough inside of another virtual machine."""
    chosen = os.environ.get("DEPLOY_MIGRATE_ACCEL")
    if chosen or not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return chosen or "tcg"
    disk = os.path.join(directory, "probe")
    disks.copy_sparse(os.path.join(directory, "ready"), disk)
    with Machine(directory, disk, "upgrade", "kvm") as machine:
        try:
            machine.listen_until("upgrading", 60)
            return "kvm"
        except AssertionError:
            print("# there is a /dev/kvm, but no machine boots with it: it is emulated", flush=True)
            return "tcg"
        finally:
            os.unlink(disk)


# ---- A disk ----------------------------------------------------------------------------------


@contextlib.contextmanager
def mounted_copy(image):
    """Its journal is replayed, but not that of the image itself."""
    copy, directory = f"{image}-copy", f"{image}-mounted"
    disks.copy_sparse(image, copy)
    os.makedirs(directory, exist_ok=True)
    with disks.mounted([copy], [directory]):
        yield directory
    os.unlink(copy)


def read_events(root):
    """None are there before the machine has come up for the first time."""
    if not os.path.exists(os.path.join(root, HISTORY)):
        return []
    with open(os.path.join(root, HISTORY), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def describe(image):
    """What a power cut has left, in a few words; and where it came."""
    with mounted_copy(image) as root:
        events = [event["event"] for event in read_events(root)]
        with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as status:
            stanza = next(part for part in status.read().split("\n\n") if part.startswith("Package: sample\n"))
    fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
    package = f"sample {fields['Version']} {fields['Status'].split()[2]}"
    told = f"{package}, {events.count('applied')} of {MIGRATIONS} applied, the last event is {events[-1] if events else 'none'}"
    return told, AFTER_ALL if "completed" in events else WITHIN if "started" in events else BEFORE_ALL


# ---- How far an upgrade is -------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Mark:
    """A line of a log, without what differs from one upgrade to the next, and how many such lines there were before."""

    text: str
    before: int
    time: float = 0  # of the machine, until the next one
    writes: int = 0


class Marks:
    """Makes them of what a machine says."""

    def __init__(self):
        self.seen = collections.Counter()

    def take(self, line):
        """Returns: the mark, or None."""
        if not line.startswith(MARK):
            return None
        text = self._tell(line.removeprefix(MARK))
        self.seen[text] += 1
        return Mark(text, self.seen[text] - 1)

    @staticmethod
    def _tell(line):
        if not line.startswith("{"):
            return line[len("2026-01-01 00:00:00 ") :]
        try:
            event = json.loads(line)
        except ValueError:  # others write to the console, too
            return line
        return " ".join(filter(None, (event["event"], event.get("id"))))


# ---- The kills -------------------------------------------------------------------------------


class Kills:
    def __init__(self, directory, accel, chance):
        self.directory = directory
        self.accel = accel
        self.chance = chance
        self.ready = os.path.join(directory, "ready")
        self.wanted = self._wanted()
        self.marks = []
        self.tally = collections.Counter()

    def _wanted(self):
        data = {}
        for when in "before", "after":
            with open(os.path.join(self.directory, f"data-{when}"), encoding="ascii") as file:
                data[when] = file.read().strip()
        return [
            "half done: 0",
            "package: installed 2.0",
            "service: active",
            "pending: 0",
            f"applied: {MIGRATIONS}",
            f"data: {data['after']}",
            f"undone: {MIGRATIONS}",
            f"data undone: {data['before']}",
        ]

    def start(self, disk, work):
        return Machine(self.directory, disk, work, self.accel)

    @contextlib.contextmanager
    def upgrading(self):
        """A machine that begins to upgrade, and its disk, which writes the log."""
        disk = os.path.join(self.directory, "disk")
        disks.copy_sparse(self.ready, disk)
        with disks.Disks([disk], os.path.join(self.directory, "disks"), os.path.join(self.directory, "log")) as recorder:
            with self.start(recorder.files()[0], "upgrade") as machine:
                machine.listen_until("upgrading")
                yield machine, recorder

    def measure(self):
        """An upgrade that nobody kills: what it comes by, and when."""
        marks, found, times, wrong = Marks(), [], [], []
        with self.upgrading() as (machine, recorder):
            began = machine.clock()
            for line in machine.hear("upgraded"):
                if mark := marks.take(line):
                    found.append(mark)
                    times.append(machine.clock())
                    recorder.mark()
                else:
                    wrong.append(line)
            times.append(machine.clock())
        if wrong or "completed" not in marks.seen:
            raise AssertionError(f"the upgrade fails: {wrong}, {[mark.text for mark in found]}")
        gaps = [max(0, following - at) for at, following in zip(times, times[1:])]
        writes = self.count_writes()
        self.marks = [
            dataclasses.replace(mark, time=gap, writes=sum(writes[at : at + LINES]))
            for at, (mark, gap) in enumerate(zip(found, gaps))
        ]
        self.marks.append(Mark("", 0, AFTER))
        return f"an upgrade takes {times[-1] - began:.1f} s, and writes {len(found)} lines, the disk {sum(writes)} times"

    def count_writes(self):
        """After each mark, until the next."""
        counts = []
        for kind, *_ in disks.read_log(os.path.join(self.directory, "log")):
            if kind == disks.MARK:
                counts.append(0)
            elif counts:
                counts[-1] += 1
        return counts

    def choose(self, number, kills):
        """Returns: the mark after which this kill comes; after how long, or after how many writes."""
        mark = self.marks[int((number - 1 + self.chance.random()) * len(self.marks) / kills)]
        if number % 2 and mark.writes:
            return mark, 0, self.chance.randrange(mark.writes)
        return mark, self.chance.random() * mark.time, None

    def kill(self, number, kills):
        """Returns: what is said of it, and what doesn't hold."""
        wanted, after, writes = self.choose(number, kills)
        marks, last = Marks(), None
        with self.upgrading() as (machine, recorder):
            for line in machine.hear("upgraded"):
                last = marks.take(line) or last
                if last and (last.text, last.before) == (wanted.text, wanted.before):
                    break
            if writes is None:
                machine.run_until(machine.clock() + after)
            else:
                recorder.break_after(writes)
                machine.run_until(machine.clock() + LONG, recorder.is_broken)
        cut = os.path.join(self.directory, "cut")
        lost = self.cut(os.path.join(self.directory, "log"), cut)
        found, where = describe(cut)
        self.tally[where] += 1
        with self.start(cut, "go-on") as machine:
            said = machine.listen_until("end")
        booted, *said = said
        wrong = [booted] * (booted not in BOOTED) + [line for line in said if line not in self.wanted]
        wrong += [f"not said: {line}" for line in self.wanted if line not in said]
        place = f'"{wanted.text}"' if wanted.text else "the end"
        when = f"{after:.2f} s" if writes is None else f"{writes} writes"
        return f"killed {when} after {place}, {where} the migrations, {lost}: {found}, {booted}", wrong

    def cut(self, log, image):
        """Makes the disk that the power cut leaves. Returns: how much was lost."""
        steps = list(replay.split(disks.read_log(log)))
        cuts = replay.Replay(steps, [self.ready], self.directory)
        kept, seed = self.chance.choice((0, 0.5, 0.9, 1)), self.chance.randrange(1 << 30)
        point = replay.Point(len(steps), kept, seed, torn=self.chance.random() < replay.TORN)
        cuts.cut(point, [image])
        pending, kept = len(cuts.progress.pending), len(cuts.progress.kept(point))
        return f"{max(0, pending - kept)} of {pending} unflushed blocks lost"


def main(directory):
    kills, seed = int(os.environ.get("KILLS", "20")), int(os.environ.get("SEED", "1"))
    accel = choose_accelerator(directory)
    world = Kills(directory, accel, random.Random(seed))
    print(f"# SEED={seed}, {accel}: {world.measure()}", flush=True)
    violations = 0
    for number in range(1, kills + 1):
        try:
            what, wrong = world.kill(number, kills)
        except (AssertionError, OSError, ValueError, LookupError, StopIteration) as error:
            what, wrong = "killed", [str(error)]
        violations += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {what}; {'; '.join(wrong) or 'the laws hold'}", flush=True)
    places = ", ".join(f"{world.tally[where]} {where}" for where in (BEFORE_ALL, WITHIN, AFTER_ALL))
    print(f"1..{kills}\n# {kills} kills, {places} the migrations; {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
