# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sample package: a tree with its data, what it must look like after each migration, and deploy-migrate run on it.

What it must look like is learnt from the migrations themselves, run one after the other on a plain directory, with no
deploy-migrate at all.
"""

import glob
import hashlib
import json
import math
import os
import re
import shutil
import stat
import subprocess
import time

SECOND = "srv/second"  # another file system
STATE = "var/lib/deploy-migrate"
HISTORY = f"{STATE}/sample/history.jsonl"

_SAMPLE = os.environ.get("DEPLOY_MIGRATE_SAMPLE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample")
_PACKAGE = "usr/lib/deploy-migrate/sample"
_ASIDE = "usr/lib/sample-aside"
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_NOT_DATA = {STATE, "var/lib/dpkg", "var/log/dpkg.log", "run", "usr", "lost+found", f"{SECOND}/lost+found"}
_NOT_STANDING = {"run", "usr", "lost+found", f"{SECOND}/lost+found"}
_TOLD_ASIDE = {"time", "run", "reason", "duration_ms", "crc"}
_RANDOM = re.compile("[0-9a-f]{16,}")
_while = 2_000_000_000  # ns
_seen = {}
_RECENT = 1_500_000_000  # older times were set on purpose


def migrations():
    names = [os.path.join(version, name) for version in os.listdir(_SAMPLE) for name in _scripts(version)]
    return sorted(names)


def _scripts(version):
    directory = os.path.join(_SAMPLE, version)
    return [name for name in os.listdir(directory) if not name.endswith(".json")] if os.path.isdir(directory) else []


def version(number):
    return f"1.{number}.0"


def states(directory):
    """Fingerprints: of the data, and of what each migration makes of it."""
    os.mkdir(directory)
    _make_data(directory)
    result = [fingerprint(directory)]
    for migration in migrations():
        command = [os.path.join(_SAMPLE, migration)]
        environment = _ENVIRONMENT | {"DPKG_ROOT": directory}
        for phase, wanted in ("check", 1), ("migrate", 0), ("check", 0):
            status = subprocess.run(command + [phase], env=environment, umask=0o22, check=False).returncode
            if status != wanted:
                raise AssertionError(f"{migration} {phase}: {status} instead of {wanted}")
        result.append(fingerprint(directory))
    return result


def _make_data(directory):
    subprocess.run([os.path.join(_SAMPLE, "data.sh"), directory], env=_ENVIRONMENT, check=True)


# ---- What a tree looks like ------------------------------------------------------------------


def fingerprint(directory):
    """All that matters of each file, by its path: everything but the times of directories."""
    result = {}
    names = {}
    for path in sorted(_walk(directory, "")):
        file = f"{directory}/{path}"
        result[path] = _describe(file, os.lstat(file), path, names)
    return result


def always_look():
    """A power cut can leave what has the same times and other contents."""
    global _while
    _while = math.inf


def digest(directory):
    """All that anyone can see of a tree, in one word."""
    result = hashlib.sha1()
    for path in ["", *sorted(_walk(directory, "", ()))]:
        file = f"{directory}/{path}"
        info = os.lstat(file)
        times = info.st_mtime_ns, info.st_ctime_ns
        result.update(f"{path} {info.st_ino} {info.st_rdev} {times} {_describe(file, info, path, {})}\n".encode())
    return result.hexdigest()


def stamp(directory):
    """What changes with anything in a tree; in a hundredth of the time that it takes to read it."""
    paths = [f"{directory}/{path}" for path in ["", *_walk(directory, "", _NOT_STANDING)]]
    return [(path, info.st_ino, info.st_mtime_ns, info.st_ctime_ns) for path in paths for info in [os.lstat(path)]]


def standing(directory):
    """All that decides how deploy-migrate goes on with a tree, in one word: the data, the state and the package database."""
    result = hashlib.sha1()
    for path in sorted(_walk(directory, "", _NOT_STANDING)):
        file = f"{directory}/{path}"
        told = _TELLERS.get(os.path.basename(path), _describe_alone)(file, path)
        result.update(_RANDOM.sub("#", f"{path} {told}\n").encode())
    return result.hexdigest()


def _describe_alone(file, path):
    return _describe(file, os.lstat(file), path, {})


def _tell_history(file, _):
    """The lines without what differs from one run to the next, and decides nothing."""
    with open(file, encoding="utf-8") as lines:
        return [sorted((key, value) for key, value in _line(line).items() if key not in _TOLD_ASIDE) for line in lines]


def _tell_without_numbers(file, _):
    """Times, inodes, what is random, and checksums."""
    with open(file, encoding="utf-8", errors="replace") as lines:
        return re.sub("[0-9a-f]{6,}|[0-9]+", "#", lines.read())


_TELLERS = {"history.jsonl": _tell_history, "redo.jsonl": _tell_without_numbers, "census": _tell_without_numbers}


def _line(line):
    return json.loads(line) if line.endswith("\n") else {"torn": line}


def _walk(top, below, omitted=_NOT_DATA):
    with os.scandir(f"{top}/{below}") as entries:
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if path in omitted:
                continue
            yield path
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(top, path, omitted)


def _describe(file, info, path, names):
    xattrs, contents = _look_into(file, info)
    parts = [stat.filemode(info.st_mode), info.st_uid, info.st_gid, xattrs]
    if not stat.S_ISDIR(info.st_mode):
        first = names.setdefault((info.st_dev, info.st_ino), path)
        parts += [info.st_mtime if info.st_mtime < _RECENT else "recent", info.st_nlink, first, info.st_size]
    return " ".join(map(str, parts + contents))


def _look_into(file, info):
    """What hasn't been changed for a while was looked into before, perhaps in another copy of its disk."""
    key = file, info.st_ino, info.st_ctime_ns
    found = _seen.get(key)
    if found:
        return found
    names = sorted(os.listxattr(file, follow_symlinks=False))
    xattrs = [(name, os.getxattr(file, name, follow_symlinks=False)) for name in names]
    contents = []
    if stat.S_ISREG(info.st_mode):
        contents.append(hashlib.sha1(_read(file, info.st_size)).hexdigest())
    if stat.S_ISLNK(info.st_mode):
        contents.append(os.readlink(file))
    if time.time_ns() - info.st_ctime_ns > _while:
        _seen[key] = xattrs, contents
    return xattrs, contents


def _read(file, size):
    """As open() does, in a third of the system calls."""
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME)
    try:
        return os.read(fd, size + 1)
    finally:
        os.close(fd)


def difference(wanted, got):
    """A few words on how two fingerprints differ, or None."""
    paths = sorted(path for path in wanted.keys() | got.keys() if wanted.get(path) != got.get(path))
    if not paths:
        return None
    lines = [f"{path}: {got.get(path, 'is missing')}, wanted: {wanted.get(path, 'nothing')}" for path in paths[:6]]
    return "; ".join(lines) + (f"; {len(paths)} files in all" if len(paths) > 6 else "")


# ---- A root tree -----------------------------------------------------------------------------


def program():
    """The program to test, as ../cli/lib.sh has set it, and its environment."""
    libraries = os.environ.get("LD_LIBRARY_PATH")
    return os.environ["DEPLOY_MIGRATE"], _ENVIRONMENT | ({"LD_LIBRARY_PATH": libraries} if libraries else {})


class Tree:
    def __init__(self, directory):
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def make(self):
        """Sample 1.0 with its data; its migrations are there, but none is due."""
        _make_data(self.directory)
        shutil.copytree(_SAMPLE, self.path(_PACKAGE), ignore=shutil.ignore_patterns("data.sh"))
        os.makedirs(self.path("var/lib/dpkg/updates"))
        self.install(0)
        self.expect(0, "baseline", "sample", version(0))

    def install(self, number):
        """The package's version that has the first @number migrations."""
        if os.path.exists(self.path(_ASIDE)):
            os.rename(self.path(_ASIDE), self.path(_PACKAGE))
        self._write_status(f"Status: install ok installed\nVersion: {version(number)}")

    def downgrade(self, number):
        """To the version that had the first @number migrations; none is there, since undo needs nothing of it."""
        self._set_aside()
        self._write_status(f"Status: install ok installed\nVersion: {version(number)}")

    def remove(self):
        self._set_aside()
        self._write_status(f"Status: deinstall ok config-files\nVersion: {version(0)}\nConfig-Version: {version(0)}")

    def purge(self):
        self._set_aside()
        self._write_status("Status: purge ok not-installed")

    def _set_aside(self):
        if os.path.exists(self.path(_PACKAGE)):
            os.rename(self.path(_PACKAGE), self.path(_ASIDE))

    def _write_status(self, fields):
        with open(self.path("var/lib/dpkg/status"), "w", encoding="ascii") as status:
            status.write(f"Package: sample\nArchitecture: all\n{fields}\nDescription: a sample\n\n")

    def command(self, *arguments):
        return [program()[0], "--root", self.directory, *arguments]

    def run(self, command):
        """Returns: the exit status and what it said."""
        done = subprocess.run(
            command,
            env=program()[1],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    def expect(self, wanted, *arguments):
        status, said = self.run(self.command(*arguments))
        if status != wanted:
            raise AssertionError(f"{' '.join(arguments)}: exit status {status} instead of {wanted}: {said}")
        return said

    def assert_no_stage(self):
        if os.path.exists(self.path(f"{STATE}/sample/stage")):
            raise AssertionError("the stage is still there")

    def assert_state(self, wanted):
        found = difference(wanted, fingerprint(self.directory))
        if found:
            raise AssertionError(found)

    def before_images(self):
        return glob.glob(self.path(f"{STATE}/sample/transactions/*/slots/*"))

    def history(self):
        with open(self.path(HISTORY), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def count(self, name):
        return sum(event["event"] == name for event in self.history())
