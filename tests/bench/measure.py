# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks share: the program under test on a tree of its own, costs, and rows of a table."""

import collections
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import time

FLOOR = os.environ.get("DEPLOY_MIGRATE_FLOOR")
Cost = collections.namedtuple("Cost", "wall cpu")  # seconds
Row = collections.namedtuple("Row", "what ours theirs ratio cpu aim ok")


def die(reason):
    sys.exit(f"tests/bench/run: {reason}")


class Program:
    """The program under test: behind libtool's wrapper, which would cost milliseconds, and out of a build tree."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        self.env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        real = self.path.parent / ".libs" / self.path.name
        if real.exists():
            self.path = real
            self.env["LD_LIBRARY_PATH"] = str(real.parent)

    def command(self, tree, verb, *arguments):
        return [str(self.path), verb, "--root", str(tree), *arguments]

    def run(self, tree, verb, *arguments):
        """Run it untimed, for what a benchmark starts from."""
        command = self.command(tree, verb, *arguments)
        result = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            die(f"'{' '.join(command)}' ended with status {result.returncode}: {result.stderr.strip()}")


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def forget(tree, package):
    shutil.rmtree(tree / "var/lib/deploy-migrate" / package, ignore_errors=True)


def measure(command, env):
    """What @command and all that it starts take, its output thrown away."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
    begin = time.monotonic()
    pid = os.posix_spawnp(command[0], command, env, file_actions=quiet, setpgroup=0)
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:  # interrupted: nothing may go on in a tree that is about to be removed
        os.killpg(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise
    wall = time.monotonic() - begin
    if status != 0:
        die(f"'{' '.join(command)}' ended with status {os.waitstatus_to_exitcode(status)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def measure_floor(program, tree, how, scripts):
    """What the kernel alone takes for it."""
    shutil.rmtree(tree / "state", ignore_errors=True)
    os.sync()
    return measure([FLOOR, how, str(tree), str(tree / scripts)], program.env)


def median(costs):
    return Cost(*(statistics.median(values) for values in zip(*costs)))


def alternate(times, *sides):
    """Call each of @sides @times times, in turns. Returns the median of each."""
    turns = [[side() for side in sides] for _ in range(times)]
    return [median(costs) for costs in zip(*turns)]


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}x" if ours >= theirs else f"1/{theirs / ours:.1f}x"


def row(what, costs, aim, ok):
    ours, theirs = costs
    return Row(what, milliseconds(ours.wall), milliseconds(theirs.wall), ratio(ours.wall, theirs.wall),
               ratio(ours.cpu, theirs.cpu), aim, ok)


def print_table(rows):
    header = Row("what : beside what", "ours", "theirs", "ratio", "CPU ratio", "aim", None)
    line = "{:<52} {:>12} {:>12} {:>9} {:>10}   {:<17} {}"
    print(line.format(*header[:-1], "").rstrip())
    for row in rows:
        print(line.format(*row[:-1], "ok" if row.ok else "MISSED"), flush=True)
