# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How the parts of tests/all build, run tests and count them. Who sources this sets passed, failed and skipped to 0; log, a path for
# files of its own; part and began, its name and when it began, in seconds.

say() {
        printf '\n== %s\n' "$*"
}

# One command is one test: single NAME COMMAND...
single() {
        name=$1
        shift
        say "$name"
        if "$@" >"$log" 2>&1 </dev/null; then
                passed=$((passed + 1))
                echo "ok: $name"
        else
                failed=$((failed + 1))
                echo "FAILED: $name"
                grep -v '^PASS: ' "$log" | tail -n 60
        fi
}

# The value of "# PASS:  12" in the summary of make check.
count() {
        awk -v key="# $1:" 'index($0, key) == 1 { n += $3 } END { print n + 0 }' "$log"
}

# A whole suite: suite NAME DIRECTORY MAKE-ARGUMENT... One at a time in a directory.
suite() {
        name=$1 dir=$2
        shift 2
        say "$name"
        flock -o "$dir" make -C "$dir" check "$@" >"$log" 2>&1 </dev/null
        status=$?
        passed=$((passed + $(count PASS) + $(count XFAIL)))
        skipped=$((skipped + $(count SKIP)))
        suite_failed=$(($(count FAIL) + $(count XPASS) + $(count ERROR)))
        [ $status -eq 0 ] || [ $suite_failed -gt 0 ] || suite_failed=1
        failed=$((failed + suite_failed))
        grep -E '^(SKIP|FAIL|ERROR|XPASS):' "$log"
        if [ $suite_failed -gt 0 ]; then
                cat "$dir/test-suite.log" 2>/dev/null || tail -n 60 "$log"
        fi
        grep -E '^# (TOTAL|PASS|SKIP|FAIL|ERROR):' "$log" | tr -s '\n ' ' '
        echo
}

# What speaks TAP: script COMMAND...
script() {
        say "$*"
        "$@" >"$log" 2>&1 </dev/null
        status=$?
        cat "$log"
        script_failed=$(grep -c '^not ok' "$log")
        [ "$status" -eq 0 ] || [ "$script_failed" -gt 0 ] || script_failed=1
        failed=$((failed + script_failed))
        skipped=$((skipped + $(grep -c -E '^(ok .*# SKIP|1\.\.0 # SKIP)' "$log")))
        passed=$((passed + $(grep '^ok' "$log" | grep -vc '# SKIP')))
}

# configure NAME ARGUMENT...: a build in build/NAME: as deep as those of the packages and of make distcheck.
configure() (
        mkdir -p "build/$1" && cd "build/$1" && shift && ../../configure -q --disable-dependency-tracking "$@"
)

# build NAME CONFIGURE-ARGUMENT...: of all programs, those that test, too.
build() {
        configure "$@" && make -C "build/$1" && make -C "build/$1" check TESTS=
}

# build_quietly NAME CONFIGURE-ARGUMENT...: no compiler may have a warning. Not by -Werror, since ccache knows what it has compiled by all
# options; it repeats the warnings of what it knows.
build_quietly() {
        build "$@" >"$log.build" 2>&1 || { tail -n 50 "$log.build" && return 1; }
        ! grep -A 5 ' warning: ' "$log.build"
}

# How long it took, and how much of that the processors worked for it.
print_times() {
        times >"$log.times"
        awk -v began="$began" -v now="$(date +%s)" -v part="$part" '
                { for (i = 1; i <= 2; i++) { split($i, time, "m"); cpu += time[1] * 60 + time[2] } }
                END { printf "%s: %d s, CPU %d s\n", part, now - began, cpu }' "$log.times"
}
