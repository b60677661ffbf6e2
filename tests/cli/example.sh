#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doc/example.c, a program that uses the library: built against the public header and the shared library alone, on a tree.

. "${0%/*}/lib.sh"
need_root

EXAMPLE=$BUILD/doc/example
[ -x "$EXAMPLE" ] || skip_all "doc/example isn't built beside the program"

assert_printed() {
        cat >"$WORK/expected"
        # How often there is progress depends on the machine.
        grep -v '^event: progress ' "$OUT" | diff "$WORK/expected" - || fail "something else on standard output"
        assert_no_err
}

test_plan_and_run() {
        upgraded foo 1.0 2.0
        migration foo 1.1.0/001_first "" "echo hello; echo done >\"\$marker\""
        execute 0 "$EXAMPLE" foo "$ROOT"
        assert_printed <<'END'
plan: pending
- 1.1.0/001_first pending
event: upgrade
event: started 1.1.0/001_first
event: phase 1.1.0/001_first
event: phase 1.1.0/001_first
1.1.0/001_first: hello
event: phase 1.1.0/001_first
event: committing 1.1.0/001_first
event: applied 1.1.0/001_first
event: completed
run: completed
- 1.1.0/001_first applied
END
        assert_exists /var/lib/foo/1.1.0-001_first
}

test_a_migration_that_fails() {
        upgraded foo 1.0 2.0
        migration foo 1.1.0/001_first "" "echo no such key; exit 3"
        execute 1 "$EXAMPLE" foo "$ROOT"
        assert_printed <<'END'
plan: pending
- 1.1.0/001_first pending
event: upgrade
event: started 1.1.0/001_first
event: phase 1.1.0/001_first
event: phase 1.1.0/001_first
1.1.0/001_first: no such key
event: failed 1.1.0/001_first
run: failed: 1.1.0/001_first failed: migrate exited with status 3: no such key
- 1.1.0/001_first failed
END
}

test_nothing_to_do() {
        upgraded foo 2.0 2.0
        execute 0 "$EXAMPLE" foo "$ROOT"
        assert_out "run: nothing-to-do"
}

test_invalid_arguments() {
        execute 1 "$EXAMPLE" ../foo "$ROOT"
        assert_err "example: '../foo' is"
        execute 1 "$EXAMPLE" foo "$ROOT/none"
        assert_err "example: "
        assert_err "$ROOT/none"
        execute 1 "$EXAMPLE"
        assert_err "example: "
}

run_tests
