#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each fuzz target with the inputs of its corpus, as a plain test. Runs in the build directory, as make check does: the targets are built there.

. "${0%/*}/../tap.sh"

CORPUS=${0%/*}/corpus

test_targets_have_a_corpus() {
        # shellcheck disable=SC2012 # names of ours
        ls "${0%/*}" | sed -n 's/^fuzz-\(.*\)\.c$/\1/p' | sort >"$WORK/targets"
        # shellcheck disable=SC2012 # likewise
        ls "$CORPUS" | sort >"$WORK/corpora"
        diff "$WORK/targets" "$WORK/corpora"
}

run_targets() {
        for directory in "$CORPUS"/*/; do
                number=$((number + 1))
                name=$(basename "$directory")
                TMPDIR=$WORK "tests/fuzz/fuzz-$name" "$directory" >"$WORK/log" 2>&1 </dev/null
                report $? "$name"
        done
}

run_all() {
        number=1 failures=0
        run_test targets_have_a_corpus
        run_targets
        echo "1..$number"
        [ "$failures" -eq 0 ]
}

run_tests
