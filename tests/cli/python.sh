#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migrations that are Python modules.

. "${0%/*}/lib.sh"
need_root
[ -x /usr/bin/python3 ] || skip_all '/usr/bin/python3 is missing'

PACKAGE=/usr/lib/deploy-migrate/sample
VERSION=$PACKAGE/v1.1.0

# module CHECK MIGRATE: makes a module whose functions have these lines.
module() {
        mkdir -p "$ROOT/var/lib/sample"
        write $VERSION/001_x.py <<END
import os
import sys

MARKER = os.environ["DPKG_ROOT"] + "/var/lib/sample/done"


def touch():
    open(MARKER, "x").close()
    return True


def check():
    $1


def migrate():
    $2
END
        [ -e "$ROOT/var/lib/dpkg" ] || upgraded sample 1.0 1.1
}

# assert_fails TEXT...: the run fails with all of these texts in the output.
assert_fails() {
        rm -rf "$ROOT/var/lib/deploy-migrate"
        expect 0 baseline sample 1.0
        expect 1 run -v sample
        cat "$OUT" >>"$ERR"
        for text in 1.1.0/001_x.py "$@"; do
                assert_err "$text"
        done
        assert_missing /var/lib/sample/done
}

check='return os.path.exists(MARKER)'

test_true_and_false() {
        module "$check" 'return touch()'
        expect 0 run --json sample
        assert_json '.packages[0].migrations[] | .id + " " + .state' '1.1.0/001_x.py applied'
        assert_exists /var/lib/sample/done
}

test_true_at_once() {
        module 'return True' 'return touch()'
        expect 0 run --json sample
        assert_json '.packages[0].migrations[0].state' satisfied
        assert_missing /var/lib/sample/done
}

test_migrate_says_false() {
        module "$check" 'print("because"); return False'
        assert_fails because
        assert_history sample '[.[] | select(.event == "failed")][0].exit' 1
}

test_a_result_that_is_no_bool() {
        for value in 0 1 None '"yes"' '[]' 'object()'; do
                module "return $value" 'return touch()'
                assert_fails 'must return True or False'
                module "$check" "return $value"
                assert_fails 'must return True or False'
        done
}

test_exceptions() {
        module 'raise ValueError("it is broken")' 'return touch()'
        assert_fails 'ValueError: it is broken' Traceback 'line 13'
        module "$check" 'raise KeyboardInterrupt("stop")'
        assert_fails 'KeyboardInterrupt: stop'
}

test_exits_are_errors() {
        for status in '' 0 1 75; do
                module "sys.exit($status)" 'return touch()'
                assert_fails SystemExit
                module "$check" "sys.exit($status)"
                assert_fails SystemExit
        done
}

# A crash must not look like False: migrate would run on what nobody has looked at.
test_a_crash_in_check_is_an_error() {
        module 'import no_such_module' 'return touch()'
        assert_fails "No module named 'no_such_module'" Traceback
        assert_history sample '[.[] | select(.event == "failed") | .phase + ":" + (.exit | tostring)] | unique | join(" ")' check:2
        module "$check" 'return touch()'
        sed -i '1i import no_such_module' "$ROOT$VERSION/001_x.py"
        assert_fails "No module named 'no_such_module'"
        assert_history sample '[.[] | select(.event == "failed") | .phase + ":" + (.exit | tostring)] | unique | join(" ")' check:2
}

# Python that can't start exits with 1 itself.
test_python_that_can_not_start() {
        module "$check" 'return touch()'
        mkdir "$WORK/libexec"
        printf 'import sys\nprint("it is broken", file=sys.stderr)\nsys.exit(1)\n' >"$WORK/libexec/run-python-migration"
        (
                export DEPLOY_MIGRATE_LIBEXECDIR="$WORK/libexec"
                assert_fails 'check exited with status 2: it is broken'
        )
        rm -r "$WORK/libexec"
}

test_a_function_that_is_missing() {
        write $VERSION/001_x.py 'def migrate(): return True'
        upgraded sample 1.0 1.1
        assert_fails 'check()'
        write $VERSION/001_x.py 'def check(): return False'
        assert_fails 'migrate()'
        write $VERSION/001_x.py 'check = True'
        assert_fails 'check()'
}

test_a_file_that_is_not_python() {
        write $VERSION/001_x.py 'def check(:'
        upgraded sample 1.0 1.1
        assert_fails SyntaxError 001_x.py
}

test_importing_what_the_package_ships() {
        write $PACKAGE/shared.py 'from helpers.deep import ANSWER'
        write $PACKAGE/helpers/deep.py 'ANSWER = 42'
        module "import shared; $check" 'import shared; return shared.ANSWER == 42 and touch()'
        expect 0 run sample
        assert_exists /var/lib/sample/done
}

test_importing_another_migration() {
        write $VERSION/002_y.py <<'END'
import importlib

first = importlib.import_module("001_x")


def check():
    return first.check()


def migrate():
    return False
END
        module "$check" 'return touch()'
        expect 0 run --json sample
        assert_json '[.packages[0].migrations[].state] | join(" ")' 'applied satisfied'
}

test_a_module_that_looks_itself_up() {
        module "$check" 'return touch() if sys.modules[__name__].MARKER == MARKER else False'
        cat >>"$ROOT$VERSION/001_x.py" <<'END'


from dataclasses import dataclass
from typing import ClassVar


@dataclass
class Data:
    count: "ClassVar[int]" = 0
END
        expect 0 run sample
        assert_exists /var/lib/sample/done
}

test_not_run_as_a_program() {
        module "$check" 'return touch()'
        printf '\n\nif __name__ == "__main__":\n    sys.exit(3)\n' >>"$ROOT$VERSION/001_x.py"
        expect 0 run sample
}

test_run_as_a_program_when_it_is_one() {
        mkdir -p "$ROOT/var/lib/sample"
        write $VERSION/001_x.py <<'END'
#!/usr/bin/python3
import os
import sys

assert __name__ == "__main__"
marker = os.environ["DPKG_ROOT"] + "/var/lib/sample/done"
if sys.argv[1:] == ["check"]:
    sys.exit(not os.path.exists(marker))
open(marker, "x").close()
END
        chmod 755 "$ROOT$VERSION/001_x.py"
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_exists /var/lib/sample/done
}

test_no_bytecode_is_left() {
        write $PACKAGE/shared.py 'ANSWER = 42'
        module "import shared; $check" 'return touch()'
        mkdir -p "$ROOT/var/lib/sample"
        expect 0 run --sandbox=off sample
        [ -z "$(find "$ROOT/usr" -name '*.pyc' -o -name __pycache__)" ] || fail 'bytecode was left in the package'
}

test_output_and_the_environment() {
        module "print('from stdout'); print('from stderr', file=sys.stderr); $check" \
                'return touch() and os.environ["DEPLOY_MIGRATE_PHASE"] == "migrate"'
        expect 0 run -v sample
        assert_err 'from stdout'
        assert_err 'from stderr'
}

test_modules_of_others_are_not_imported() {
        write /elsewhere/shared.py 'raise SystemExit("it was imported")'
        module "import shared; $check" 'return touch()'
        execute 1 env PYTHONPATH="$ROOT/elsewhere" PYTHONSTARTUP="$ROOT/elsewhere/shared.py" \
                "$DEPLOY_MIGRATE" --root "$ROOT" run -v sample
        assert_err ModuleNotFoundError
}

run_tests
