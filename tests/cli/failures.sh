#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each way in which a migration can fail: the package stops, the message names the migration and has the end of its output,
# earlier migrations stay applied, and the next run resumes there.

. "${0%/*}/lib.sh"
need_root

# ship CHECK MIGRATE: ships three migrations, the second with these phases.
ship() {
        migration sample 1.1.0/001_before
        migration sample 1.1.0/002_fails "$1" "$2"
        migration sample 1.2.0/001_after
        upgraded sample 1.0 1.2
}

# Runs, and runs again with a second migration that works.
assert_halts_and_resumes() {
        expect 1 run sample
        tr -s ' \n' ' ' <"$OUT" >>"$ERR" # the reason is wrapped
        assert_err 1.1.0/002_fails
        for text; do
                assert_err "$text"
        done
        expect 0 status --json sample
        assert_json '[.packages[0].migrations[] | .id + " " + .state] | join(", ")' \
                '1.1.0/001_before applied, 1.1.0/002_fails failed, 1.2.0/001_after pending'
        case $(calls) in
        *after* | *before*before*before*before*) fail 'the wrong migrations were called' ;;
        esac
        assert_missing /var/lib/sample/1.2.0-001_after

        migration sample 1.1.0/002_fails
        expect 0 run sample
        assert_ran 1.1.0/002_fails 1.2.0/001_after
        assert_content /var/lib/sample/1.1.0-001_before 'done'
        assert_history sample '.[-1] | .event + " " + .from + " " + .to' 'completed 1.0 1.2'
}

# assert_failed FIELD VALUE: the last recorded failure has this field.
assert_failed() {
        assert_history sample "[.[] | select(.event == \"failed\")][-1] | .id + \" \" + .phase + \" \" + (.$1 | tostring)" \
                "1.1.0/002_fails $2"
}

test_migrate_says_false() {
        ship 'exit 1' 'echo first; echo second >&2; exit 1'
        assert_halts_and_resumes first second
        assert_failed exit 'migrate 1'
}

test_migrate_exits_with_3() {
        ship 'exit 1' 'echo the reason; exit 3'
        assert_halts_and_resumes 'the reason' 'status 3'
        assert_failed exit 'migrate 3'
}

test_migrate_is_killed_by_a_signal() {
        ship 'exit 1' 'echo the last words; kill -SEGV $$'
        assert_halts_and_resumes 'the last words' SIGSEGV
        assert_failed signal 'migrate 11'
}

test_migrate_takes_too_long() {
        ship 'exit 1' 'echo slow; sleep 30'
        write /usr/lib/deploy-migrate/sample/v1.1.0/002_fails.json '{"timeout_sec": 1}'
        assert_halts_and_resumes slow '1 s'
        assert_failed timeout 'migrate 1'
}

test_check_still_says_no() {
        ship 'exit 1' 'echo did nothing'
        assert_halts_and_resumes 'did nothing' check
        assert_failed exit 'check 1'
}

# It may have crashed: Python, Perl and sh -e exit with 1 then.
test_what_the_second_check_prints_is_told() {
        ship 'echo the name is missing >&2; exit 1' 'echo did something'
        expect 1 run sample
        assert_failed reason \
                'check migrate succeeded, but check still reports the effect as missing: the name is missing'
        for verb in history status; do
                expect 0 $verb sample
                assert_out 'the name is missing'
        done
        expect 1 preview sample
        assert_out 'the name is missing'
}

test_hints_name_what_to_declare() {
        ship 'exit 1' "echo \"touch: cannot touch '/x': Read-only file system\"; exit 1"
        assert_halts_and_resumes 'Read-only file system; if it has to write there, add the path to "writes"'
}

test_hints_for_check() {
        ship 'touch "$DPKG_ROOT/var/lib/sample/x" || exit 2' 'echo never'
        mkdir -p "$ROOT/var/lib/sample"
        assert_halts_and_resumes 'Read-only file system; check can' '"check_scratch": true'
}

# Directly on the system there are no walls.
test_no_hints_without_the_sandbox() {
        ship 'exit 1' 'echo Read-only file system; exit 1'
        expect 1 run --sandbox=off sample
        assert_failed reason 'migrate migrate exited with status 1: Read-only file system'
}

test_check_fails() {
        ship 'echo broken; exit 2' 'echo never'
        assert_halts_and_resumes broken 'status 2'
        assert_failed exit 'check 2'
}

test_check_takes_too_long() {
        ship 'sleep 30' 'echo never'
        write /usr/lib/deploy-migrate/sample/package.json '{"check_timeout_sec": 1}'
        assert_halts_and_resumes '1 s'
        assert_failed timeout 'check 1'
}

test_check_breaks_after_migrate() {
        ship 'test -e "$marker.tried" && exit 3; exit 1' 'touch "$marker.tried"'
        assert_halts_and_resumes 'status 3'
        assert_failed exit 'check 3'
}

test_check_can_not_be_postponed() {
        ship 'exit 75' 'echo never'
        assert_halts_and_resumes 'status 75'
        assert_failed exit 'check 75'
}

test_its_interpreter_is_missing() {
        ship 'exit 1' 'exit 1'
        printf '#!/no/such/interpreter\n' >"$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/002_fails"
        assert_halts_and_resumes 'No such file'
}

test_it_is_not_a_program() {
        ship 'exit 1' 'exit 1'
        printf '\177ELF nonsense' >"$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/002_fails"
        assert_halts_and_resumes 'format error'
}

test_postponed() {
        migration sample 1.1.0/001_later 'test -e "$marker"' 'test -e "$DPKG_ROOT/etc/now" || { echo busy; exit 75; }; touch "$marker"'
        migration sample 1.1.0/002_next
        upgraded sample 1.0 1.1
        for attempt in 1 2 3 4; do
                expect 1 run --json sample
                assert_json '.packages[0] | .result + " " + .migrations[0].state' 'postponed postponed'
                assert_calls 1.1.0/001_later:check 1.1.0/001_later:migrate
                assert_history sample '.[-1] | .event + ": " + .reason' 'postponed: it asked to be run later: busy'
                assert_history sample 'map(select(.event == "started")) | length' $attempt
        done
        expect 0 status --json sample
        assert_json '.packages[0].error' '1.1.0/001_later is postponed: it asked to be run later: busy'
        write /etc/now yes
        expect 0 run sample
        assert_ran 1.1.0/001_later 1.1.0/002_next
}

test_only_the_end_of_the_output_is_shown() {
        ship 'exit 1' 'seq -f "line %g of many" 5000; exit 1'
        expect 1 run sample
        cat "$ERR" >>"$OUT"
        assert_out 'line 5000 of many'
        ! grep -q 'line 1999 of many' "$ERR" || fail 'the middle of the output is shown as its end'
        lines=$(wc -l <"$OUT")
        [ "$lines" -lt 50 ] || fail "$lines lines are shown"
        assert_history sample '[.[] | select(.event == "failed")][0].reason | contains("line 5000 of many")' true
}

test_binary_output() {
        ship 'exit 1' 'printf "\033[31mred\033[0m \377\000\302 end\n"; exit 1'
        expect 1 run -v sample
        cat "$OUT" >>"$ERR"
        assert_err '\x1b[31mred'
        assert_err '\xff'
        ! LC_ALL=C grep -q "$(printf '\033')" "$ERR" || fail 'an escape sequence reached the terminal'
        assert_history sample '[.[] | select(.event == "failed")] | length' 1
}

test_endless_output() {
        ship 'exit 1' 'yes'
        write /usr/lib/deploy-migrate/sample/v1.1.0/002_fails.json '{"timeout_sec": 1}'
        expect 1 run -v sample
        [ "$(wc -c <"$ERR")" -lt 2000000 ] || fail 'all of the output is shown'
        assert_failed timeout 'migrate 1'
}

test_no_waiting_for_its_children() {
        ship 'exit 1' 'sleep 30 & exit 4'
        begin=$(date +%s)
        expect 1 run sample
        [ $(($(date +%s) - begin)) -lt 10 ] || fail 'it waited for a child that keeps its output open'
        assert_failed exit 'migrate 4'
}

# As by dpkg, which upgrades the package meanwhile: that is no failure of the migration.
test_a_program_that_is_taken_away() {
        migration sample 1.1.0/001_x 'gate; false'
        upgraded sample 1.0 1.1
        start run sample
        await_call 1.1.0/001_x:check
        rm "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
        open_gate
        finish 1
        assert_history sample '.[-1] | .event + " " + .cause' 'failed system'
}

run_tests
