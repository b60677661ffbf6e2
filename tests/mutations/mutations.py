# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults that are put into src/ on purpose, one at a time, and the tests that have to notice each.

Usage: mutations.py --look TREE            whether each still fits the source, and names tests that exist
       mutations.py TREE BUILD [NAME...]   applies each (or those named) to TREE, a copy of the source that is configured in BUILD, makes that, and
                                           runs the tests that it names

A mutation is a file NAME.mutation beside this one:

    breaks: what is wrong with the program then, in a line
    caught by: a command in TREE, of which the program is a test; any number of these
    in: a file of src/
     a line of it as it is
    -a line that is removed
    +a line that is added

The lines that are there or are removed must be at one place in the file, and no other; where that is doesn't matter. "--" separates the
places of one file. Each test has to pass without the mutation, and to fail with it. A fault that lets a migration out of its world needs a test
that changes nothing of the system then: one below a root.
"""

import contextlib
import dataclasses
import os
import re
import shlex
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SUFFIX = ".mutation"
PATIENCE = 1200  # seconds, for a test; what takes longer doesn't end
TOLD = re.compile(r"^not ok|\d+: |violations?: |:[FE]:|^#   ")  # lines that may say what is wrong
QUIET = re.compile(r" 0 violations|^# violation.*FAULTS|: 100%|^ok ")


class Broken(Exception):
    """Of a mutation, not of the program."""


# ---- Mutations -------------------------------------------------------------------------------


@dataclasses.dataclass
class Hunk:
    file: str
    old: list[str] = dataclasses.field(default_factory=list)
    new: list[str] = dataclasses.field(default_factory=list)

    def add(self, line):
        if line[:1] in ("-", " "):
            self.old.append(line[1:])
        if line[:1] in ("+", " "):
            self.new.append(line[1:])

    def apply(self, text):
        lines = text.split("\n")
        places = [at for at in range(len(lines)) if lines[at : at + len(self.old)] == self.old]
        if not self.old or self.old == self.new:
            raise Broken(f"it doesn't change {self.file}")
        if len(places) != 1:
            raise Broken(f"{self.file} has these lines at {len(places) or 'no'} places: {' / '.join(map(str.strip, self.old))}")
        lines[places[0] : places[0] + len(self.old)] = self.new
        return "\n".join(lines)


class Mutation:
    def __init__(self, name):
        self.name = name
        self.breaks = None
        self.tests = []
        self.hunks = []
        with open(os.path.join(HERE, name + SUFFIX), encoding="utf-8") as file:
            for line in file.read().splitlines():
                self._take(line)
        if not (self.breaks and self.tests and self.hunks):
            raise Broken('it needs "breaks:", "caught by:" and "in:"')

    def _take(self, line):
        key, _, value = line.partition(": ")
        if line[:1] in ("-", "+", " ") and line != "--":
            if not self.hunks:
                raise Broken(f"which file is it in: {line}")
            self.hunks[-1].add(line)
        elif line == "--":
            self.hunks.append(Hunk(self.hunks[-1].file))
        elif key == "in":
            self.hunks.append(Hunk(value))
        elif key == "breaks":
            self.breaks = value
        elif key == "caught by":
            self.tests.append(value)
        elif line and not line.startswith("#"):
            raise Broken(f"it isn't known what this means: {line}")

    def sources(self, tree):
        """The files that it changes: as they are, and as they are with it."""
        texts = {}
        for hunk in self.hunks:
            path = os.path.join(tree, hunk.file)
            if path not in texts:
                with open(path, encoding="utf-8") as file:
                    texts[path] = [file.read()] * 2
            texts[path][1] = hunk.apply(texts[path][1])
        return texts

    @contextlib.contextmanager
    def applied(self, tree):
        """Either time the file is written anew, so that it is compiled."""
        texts = self.sources(tree)
        for path, (_, new) in texts.items():
            _write(path, new)
        yield
        for path, (old, _) in texts.items():
            _write(path, old)


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def names():
    return sorted(name.removesuffix(SUFFIX) for name in os.listdir(HERE) if name.endswith(SUFFIX))


# ---- Tests -----------------------------------------------------------------------------------


class Test:
    """A command, as a developer would give it."""

    def __init__(self, command):
        self.command = command
        words = shlex.split(command)
        self.settings = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        self.words = words[len(self.settings) :]
        self.program = self.words[0]

    def is_built(self, tree):
        return os.path.exists(os.path.join(tree, f"{self.program}.c"))

    def look(self, tree):
        """That it is there; a function of a script, too."""
        path = os.path.join(tree, self.program)
        if self.is_built(tree):
            return
        if not os.access(path, os.X_OK):
            raise Broken(f"there is no {self.program}")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name in self.settings.get("ONLY", "").split():
            if f"test_{name}()" not in text:
                raise Broken(f"{self.program} has no test_{name}")

    def run(self, world):
        """Returns: None if it passes, else the line that says why not."""
        program = os.path.join(world.build if self.is_built(world.tree) else world.tree, self.program)
        runner = [] if self.is_built(world.tree) else [os.path.join(world.tree, "tests/in-memory")]
        try:
            done = subprocess.run(
                [*runner, program, *self.words[1:]],
                cwd=world.tree,
                env=world.environment() | self.settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                errors="replace",
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it doesn't end in {PATIENCE} s"
        said = done.stdout.strip().split("\n")
        if skipped := [line for line in said if "# SKIP" in line]:
            raise Broken(f"{self.command}: {skipped[0]}")
        if done.returncode == 0:
            return None
        lines = [line for line in said if TOLD.search(line) and not QUIET.search(line)] or said[-1:]
        return lines[0].lstrip("# ")[:200]


# ---- All of them -----------------------------------------------------------------------------


class World:
    """The copy of the source, and its build."""

    def __init__(self, tree, build):
        self.tree = os.path.abspath(tree)
        self.build = os.path.abspath(build)
        self.tests = {}  # by command; what passes without a mutation

    def environment(self):
        return os.environ | {
            "DEPLOY_MIGRATE": os.path.join(self.build, "deploy-migrate"),
            "DEPLOY_MIGRATE_LIBEXECDIR": os.path.join(self.tree, "src"),
            "DEPLOY_MIGRATE_DATADIR": os.path.join(self.tree, "migrations"),
            "DEPLOY_MIGRATE_OPERATE": os.path.join(self.build, "tests/transaction/operate"),
            "DEPLOY_MIGRATE_CRASH_KEEP": "",
        }

    def make(self, tests):
        programs = [test.program for test in tests if test.is_built(self.tree)]
        command = ["make", "-s", "-C", self.build, f"-j{len(os.sched_getaffinity(0))}", "deploy-migrate"]
        command += ["tests/transaction/operate", *programs]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"it can't be built: {' '.join(done.stdout.split()[-60:])}")

    def prove(self, command):
        """That a test passes; once."""
        if command not in self.tests:
            test = Test(command)
            test.look(self.tree)
            self.make([test])
            if wrong := test.run(self):
                raise Broken(f"{command} fails without it, too: {wrong}")
            self.tests[command] = test
        return self.tests[command]

    def try_mutation(self, mutation):
        """Returns: by test, what it says."""
        tests = [self.prove(command) for command in mutation.tests]
        with mutation.applied(self.tree):
            self.make(tests)
            return {test.command: test.run(self) for test in tests}


def load(wanted):
    """Yields each mutation, or what is wrong with it."""
    for name in wanted:
        try:
            yield name, Mutation(name), None
        except (Broken, OSError) as error:
            yield name, None, str(error)


def look(tree):
    failures = 0
    wanted = names()
    for number, (name, mutation, wrong) in enumerate(load(wanted), 1):
        try:
            if mutation:
                mutation.sources(tree)
                for command in mutation.tests:
                    Test(command).look(tree)
        except (Broken, OSError) as error:
            wrong = str(error)
        failures += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        if wrong:
            print(f"# tests/mutations/{name}{SUFFIX}: {wrong}")
    print(f"1..{len(wanted)}")
    return 1 if failures else 0


def try_all(tree, build, wanted):
    world = World(tree, build)
    table = []
    for number, (name, mutation, wrong) in enumerate(load(wanted), 1):
        began, answers = time.monotonic(), {}
        try:
            if mutation:
                answers = world.try_mutation(mutation)
                wrong = "; ".join(f"not caught by {test}" for test, said in answers.items() if not said)
        except (Broken, OSError) as error:
            wrong = str(error)
        for test, said in answers.items():
            print(f"# {test}: {said or 'passes'}")
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}, {time.monotonic() - began:.0f} s{wrong and f': {wrong}'}", flush=True)
        table.append((name, mutation.breaks if mutation else "", [test for test, said in answers.items() if said], wrong))
    print(f"1..{len(table)}\n#")
    for name, breaks, caught, wrong in table:
        print(f"# {name}: {breaks}")
        for line in [f"caught by {test}" for test in caught] + [wrong] * bool(wrong):
            print(f"#     {line}")
    failures = sum(bool(wrong) for *_, wrong in table)
    print(f"# {len(table)} mutations, {len(table) - failures} caught, {failures} not")
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1] == "--look":
        sys.exit(look(sys.argv[2]))
    sys.exit(try_all(sys.argv[1], sys.argv[2], sys.argv[3:] or names()))
