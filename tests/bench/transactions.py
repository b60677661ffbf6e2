# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it costs that a migration happens whole or not at all.

Each transaction makes and removes a few dozen directories. An ext4 without a journal is slow at that for five minutes
after many files were removed from it, whoever did: then measure on another one ($TMPDIR).
"""

import itertools
import os
import shutil
import subprocess

from measure import FLOOR, Row, alternate, die, forget, measure, measure_floor, row, write

PACKAGE = "bench"

SETTINGS = """\
# settings of a service
listen = 127.0.0.1
port = 8080
user = service
workers = 4
log level = info
"""

# A setting in one file of many.
CHANGE_ONE = """\
#!/bin/sh
set -eu

settings=${DPKG_ROOT-}/var/lib/bench/settings.ini

check() {
        grep -q '^workers = 8$' "$settings"
}

migrate() {
        sed -i 's/^workers = .*/workers = 8/' "$settings"
}

"$1"
"""

# The settings are "key=value" now, in all files.
REWRITE_ALL = """\
#!/bin/sh
set -eu

settings=${DPKG_ROOT-}/var/lib/bench

check() {
        grep -q '^port=' "$settings/0000.ini"
}

migrate() {
        find "$settings" -name '*.ini' -exec sed -i 's/[[:blank:]]*=[[:blank:]]*/=/' {} +
}

"$1"
"""

# The owner of all files.
CHANGE_OWNERS = """\
#!/bin/sh
case $1 in
check) [ "$(stat -c %u "${DPKG_ROOT-}/var/lib/bench/00000")" = 1 ] ;;
migrate) chown -R 1:1 "${DPKG_ROOT-}/var/lib/bench" ;;
esac
"""

# The least that a transaction asks of the kernel for it: an overlay copies each file up, the file itself gets its owner, the copy is removed.
OWNERS_IN_OVERLAY = """\
cd "$1"
mkdir upper work merged
mount -t overlay -o lowerdir=var/lib/bench,upperdir=upper,workdir=work,redirect_dir=on,index=on,metacopy=off,volatile overlay merged
chown -R 1:1 merged
umount merged
chown -R 1:1 var/lib/bench
rm -r upper work merged
"""

# Directories, each in the one before.
NEST = """\
#!/usr/bin/python3 -IS
import os
import sys

os.chdir(os.environ["DPKG_ROOT"] + "/var/lib/bench")
if sys.argv[1] == "check":
    sys.exit(not os.path.exists("d"))
for _ in range(8000):
    os.mkdir("d")
    os.chdir("d")
"""

# A time that is set by the migration alone counts as no change.
CHANGE_NOTHING = """\
#!/bin/sh
case $1 in
check) [ "$DPKG_ROOT/etc/bench/stamp" -nt "$DPKG_ROOT/etc/bench/reference" ] ;;
migrate) : >"$DPKG_ROOT/etc/bench/stamp" ;;
esac
"""


def add_migration(tree, script):
    path = tree / "usr/lib/deploy-migrate" / PACKAGE / "v1.0.0/001_change"
    write(path, script, 0o755)
    return path


def prepare(program, tree):
    """The package as it is before its upgrade. Returns: the command for what comes then."""
    forget(tree, PACKAGE)
    program.run(tree, "baseline", PACKAGE, "0.9.0")
    return program.command(tree, "run", PACKAGE, "--to", "1.0.0")


def bench_large_directory(program, tree):
    """500 MB of data in 500 files, beside which one small file is changed."""
    data, backup = tree / "var/lib/bench", tree / "var/lib/bench.backup"
    settings = data / "settings.ini"
    script = add_migration(tree, CHANGE_ONE)
    write(settings, SETTINGS)
    for number in range(500):
        (data / f"{number:03}").write_bytes(os.urandom(1000000))
    for where in ("etc", "var/cache", "var/log"):
        (tree / where).mkdir()

    # A backup that isn't on the disk is none.
    theirs = ["sh", "-euc", 'cp -a --reflink=auto "$1" "$2"; sync -f "$2"; "$3" migrate', "sh", str(data), str(backup),
              str(script)]
    their_env = {**program.env, "DPKG_ROOT": str(tree)}

    def side(command, env):
        shutil.rmtree(backup, ignore_errors=True)
        write(settings, SETTINGS)
        os.sync()
        cost = measure(command, env)
        if "workers = 8" not in settings.read_text():
            die(f"'{' '.join(command)}' didn't do its work")
        return cost

    costs = alternate(7, lambda: side(prepare(program, tree), program.env), lambda: side(theirs, their_env))
    yield row("one change beside 500 MB : cp -a and the script", costs, "at most 1/20x",
              costs[0].wall * 20 <= costs[1].wall)


def bench_many_files(program, base):
    """10,000 files of some hundred bytes, each of which is rewritten, and has to be on the disk at the end."""
    numbers = itertools.count()

    def ours(tree, _script, _directory):
        return prepare(program, tree), program.env

    def theirs(tree, script, directory):
        command = ["sh", "-euc", '"$1" migrate; find "$2" -type f -exec sync {} +', "sh", str(script), str(directory)]
        return command, {**program.env, "DPKG_ROOT": str(tree)}

    def side(make_command):
        # Each time on a new tree: some file systems are slow where many files were just removed.
        tree = base / str(next(numbers))
        directory = tree / "var/lib/bench"
        files = [directory / f"{number:04}.ini" for number in range(10000)]
        for file in files:
            write(file, SETTINGS)
        command, env = make_command(tree, add_migration(tree, REWRITE_ALL), directory)
        os.sync()
        cost = measure(command, env)
        if any("port=8080" not in file.read_text() for file in files):
            die(f"'{' '.join(command)}' didn't do its work")
        return cost

    costs = alternate(5, lambda: side(ours), lambda: side(theirs))
    yield row("10,000 files rewritten : the script and fsync", costs, "at most 2x", costs[0].wall <= costs[1].wall * 2)


def bench_change_owners(program, base):
    """20,000 files that get another owner."""
    numbers = itertools.count()

    def side(make_command):
        # Each time on a new tree, as above.
        tree = base / str(next(numbers))
        directory = tree / "var/lib/bench"
        for number in range(20000):
            write(directory / f"{number:05}", SETTINGS)
        script = add_migration(tree, CHANGE_OWNERS)
        command, env = make_command(tree, script)
        os.sync()
        cost = measure(command, env)
        if any(file.stat().st_uid != 1 for file in directory.iterdir()):
            die(f"'{' '.join(command)}' didn't do its work")
        return cost

    def kernel(tree, _script):
        return ["unshare", "-m", "sh", "-euc", OWNERS_IN_OVERLAY, "sh", str(tree)], program.env

    ours, theirs, least = alternate(3, lambda: side(lambda tree, _: (prepare(program, tree), program.env)),
                                    lambda: side(lambda tree, script: ([str(script), "migrate"],
                                                                       {**program.env, "DPKG_ROOT": str(tree)})),
                                    lambda: side(kernel))
    yield row("chown of 20,000 files : chown -R", (ours, theirs), "at most 10x", ours.wall <= theirs.wall * 10)
    yield row("  what of that the kernel takes : chown -R", (least, theirs), "", True)


def bench_deep_path(program, base):
    """8,000 directories, each in the one before."""
    numbers = itertools.count()
    sizes = []

    def side(make_command):
        tree = base / str(next(numbers))
        (tree / "var/lib/bench").mkdir(parents=True)
        script = add_migration(tree, NEST)
        command, env = make_command(tree, script)
        os.sync()
        cost = measure(command, env)
        sizes.extend(log.stat().st_size for log in tree.glob("var/lib/deploy-migrate/bench/transactions/*/redo.jsonl"))
        # Too deep for rmtree().
        subprocess.run(["rm", "-r", str(tree / "var/lib")], check=True)
        return cost

    costs = alternate(3, lambda: side(lambda tree, _: (prepare(program, tree), program.env)),
                      lambda: side(lambda tree, script: ([str(script), "migrate"],
                                                         {**program.env, "DPKG_ROOT": str(tree)})))
    yield row("a path of 8,000 directories : mkdir", costs, "under 2 s", costs[0].wall < 2)
    yield Row("  its log", f"{max(sizes) / 1e6:.1f} MB", "", "", "", "under 5 MB", max(sizes) < 5e6)


def bench_empty_transaction(program, tree):
    """A migration that leaves all as it is: in its sandbox with the default directories as overlays, and just spawned."""
    for where, count in (("etc", 150), ("var/lib", 60), ("var/log", 20), ("var/cache", 20)):
        for number in range(count):
            name = tree / where / f"other{number:03}"
            if number % 2:
                name.mkdir(parents=True)
            else:
                write(name, SETTINGS)
        (tree / where / PACKAGE).mkdir()
    for name, time in ("stamp", 1), ("reference", 2):
        write(tree / "etc" / PACKAGE / name, "")
        os.utime(tree / "etc" / PACKAGE / name, (time, time))

    script = add_migration(tree, CHANGE_NOTHING)

    def side(*options):
        command = [*prepare(program, tree), *options]
        os.utime(tree / "etc" / PACKAGE / "stamp", (1, 1))
        os.sync()
        return measure(command, program.env)

    def kernel(how):
        os.utime(tree / "etc" / PACKAGE / "stamp", (1, 1))
        return measure_floor(program, tree, how, script)

    costs = alternate(41, side, lambda: side("--sandbox=off"))
    yield row("an empty transaction : plain spawns (--sandbox=off)", costs, "at most 2.5 ms more",
              costs[0].wall - costs[1].wall <= 0.0025)
    if FLOOR:
        costs = alternate(41, lambda: kernel("empty"), lambda: kernel("plain"))
        yield row("  what of that the kernel takes : plain spawns", costs, "", True)


BENCHES = (bench_large_directory, bench_many_files, bench_change_owners, bench_deep_path, bench_empty_transaction)
