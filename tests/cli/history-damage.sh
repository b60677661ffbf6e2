#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A history that was damaged by a crash, a disk or a person. An incomplete last line was never acknowledged and is set aside; any
# other unreadable line stops the package: the message has its number, and nothing is changed.

. "${0%/*}/lib.sh"
need_root

# Of the bytes of a line that are cut off or changed. The unit tests of the history have each; here each takes a program or two.
STEP=${DEPLOY_MIGRATE_TEST_FEW:+10}
STEP=${STEP:-1}

# Ships two migrations and applies the first.
ship() {
        migration sample 1.1.0/001_x
        migration sample 1.1.0/002_y 'test -e "$marker"' 'exit 1'
        upgraded sample 1.0 1.1
        expect 1 run sample
        calls >/dev/null
        HISTORY=$(history_of sample)
        cp "$HISTORY" "$WORK/history"
        migration sample 1.1.0/002_y
}

# assert_refused HISTORY LINE: a run with this history must refuse the line and change nothing.
assert_refused() {
        cp "$1" "$HISTORY"
        expect 3 run sample
        assert_err "$HISTORY:$2:"
        cmp "$1" "$HISTORY" || fail 'the history was changed'
        assert_calls
}

# recover LINE BYTES: a run succeeds with the history cut to that many bytes after this line.
recover() {
        kept=$(head -n "$1" "$WORK/history" | wc -c)
        rm -rf "$ROOT/var/lib/sample"/* "$ROOT/var/lib/deploy-migrate/sample"/*
        head -c $((kept + $2)) "$WORK/history" >"$HISTORY"
        expect 0 run sample
        aside=$(cat "$HISTORY".torn.* 2>/dev/null || :)
        [ "$aside" = "$(tail -c +$((kept + 1)) "$WORK/history" | head -c "$2")" ] || fail "$2 bytes: set aside was: $aside"
        if [ -n "$aside" ]; then
                assert_err torn
        else
                assert_no_err
        fi
}

# Prints the length of a line, with its newline.
size_of_line() {
        sed -n "$1p" "$WORK/history" | wc -c
}

test_the_last_line_is_cut_at_every_byte() {
        ship
        expect 0 run sample
        calls >/dev/null
        cp "$HISTORY" "$WORK/history"
        last=$(wc -l <"$HISTORY")
        for bytes in $(seq 0 "$STEP" $(($(size_of_line "$last") - 1))); do
                recover $((last - 1)) "$bytes"
                assert_calls
        done
        assert_history sample '.[-1].event' completed
}

test_it_is_cut_while_a_migration_starts() {
        ship
        for bytes in 0 1 50 $(($(size_of_line 2) - 1)); do
                recover 1 "$bytes"
                assert_ran 1.1.0/001_x 1.1.0/002_y
        done
}

test_it_is_cut_while_a_migration_is_applied() {
        ship
        for bytes in 0 1 50 $(($(size_of_line 3) - 1)); do
                recover 2 "$bytes"
                assert_ran 1.1.0/001_x 1.1.0/002_y
                assert_history sample '.[2].event' interrupted
        done
}

test_it_is_cut_while_a_migration_fails() {
        ship
        for bytes in 0 1 50 $(($(size_of_line 6) - 1)); do
                recover 5 "$bytes"
                assert_ran 1.1.0/002_y
                assert_history sample '.[5].event' interrupted
        done
}

# flip FILE LINE DIRECTORY STEP: makes all files that differ from FILE in one bit of that line or its newline, in each byte or in one of so many.
flip() {
        /usr/bin/python3 -IS - "$@" <<'END'
import sys
data = open(sys.argv[1], "rb").read()
begin = sum(len(line) + 1 for line in data.split(b"\n")[:int(sys.argv[2]) - 1])
end = data.index(b"\n", begin)
for at in range(begin, end + 1, int(sys.argv[4])):
    with open(f"{sys.argv[3]}/{at:05d}", "wb") as file:
        file.write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
END
}

test_a_bit_of_an_earlier_line_is_flipped() {
        ship
        mkdir "$WORK/flipped"
        flip "$WORK/history" 3 "$WORK/flipped" "$STEP"
        accepted=
        for file in "$WORK/flipped"/*; do
                (assert_refused "$file" 3) >"$WORK/reason" 2>&1 || accepted="$accepted ${file##*/}"
        done
        [ -z "$accepted" ] || fail "with one of these bytes changed it is not refused:$accepted"
}

test_the_first_line_is_not_json() {
        ship
        { echo nonsense; cat "$WORK/history"; } >"$WORK/bad"
        assert_refused "$WORK/bad" 1
}

test_an_empty_line() {
        ship
        { head -n 2 "$WORK/history"; echo; tail -n +3 "$WORK/history"; } >"$WORK/bad"
        assert_refused "$WORK/bad" 3
}

test_zeroes_at_the_end() {
        ship
        { cat "$WORK/history"; head -c 100 /dev/zero; } >"$HISTORY"
        expect 0 run sample
        assert_ran 1.1.0/002_y
}

test_an_event_that_can_not_follow() {
        ship
        tail -n 1 "$WORK/history" | sed 's/"failed"/"interrupted"/; s/,"crc":"[0-9a-f]*"//' | cat "$WORK/history" - >"$WORK/bad"
        assert_refused "$WORK/bad" 7
}

test_other_packages_go_on() {
        ship
        migration other 1.1.0/001_z
        upgraded other 1.0 1.1
        { echo nonsense; cat "$WORK/history"; } >"$HISTORY"
        expect 3 run --json
        assert_json '[.packages[] | .package + " " + .result] | join(", ")' 'other completed, sample error'
        assert_ran 1.1.0/001_z
        for command in status plan history; do
                expect 3 $command
                cat "$OUT" >>"$ERR"
                assert_err "$HISTORY:1:"
        done
}

test_an_empty_file() {
        ship
        : >"$HISTORY"
        rm -r "${HISTORY%/*}/transactions"
        expect 0 run sample --from 1.0
        assert_calls 1.1.0/001_x:check 1.1.0/002_y:check 1.1.0/002_y:migrate 1.1.0/002_y:check
        assert_history sample '.[0].event + " " + .[-1].event' 'baseline completed'
}

# What is beside it says that there was more.
test_it_is_cut_to_nothing() {
        ship
        for size in 0 1 20; do
                head -c $size "$WORK/history" >"$HISTORY"
                for command in run status plan history undo forget; do
                        expect 3 $command sample
                        tr -s ' \n' ' ' <"$OUT" >>"$ERR"
                        assert_err "$HISTORY: no line is left of it"
                done
                head -c $size "$WORK/history" | cmp - "$HISTORY" || fail 'the history was changed'
        done
        assert_calls
        rm "$HISTORY"
        expect 0 baseline sample 1.0
        expect 0 run sample
        assert_calls 1.1.0/001_x:check 1.1.0/002_y:check 1.1.0/002_y:migrate 1.1.0/002_y:check
}

test_a_directory_in_its_place() {
        ship
        rm "$HISTORY"
        mkdir "$HISTORY"
        expect 3 run sample
        assert_err "$HISTORY"
        assert_calls
        for command in status plan history; do
                expect 3 $command sample
                cat "$OUT" >>"$ERR"
                assert_err "$HISTORY"
        done
}

test_a_link_or_a_fifo_in_its_place() {
        ship
        mv "$HISTORY" "$HISTORY.real"
        ln -s history.jsonl.real "$HISTORY"
        expect 3 run sample
        assert_err "$HISTORY"
        rm "$HISTORY"
        mkfifo "$HISTORY"
        expect 3 run sample
        assert_err "$HISTORY"
        assert_calls
}

run_tests
