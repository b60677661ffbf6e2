#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs each command of the README and of the man pages, as it is there, on trees of its own. A command is what a block of code begins a line with; one
# that this script doesn't know how to run fails. The first example of deploy-migrate-migration(7) is run by tests/package/author.sh.

. "${0%/*}/lib.sh"
need_root
need_mounts

TOP=$(cd "${0%/*}/../.." && pwd)

# ---- What is in the documents ----

# page_lines PAGE [SECTION...]: the literal lines of a man page, or of some of its sections, as a reader types them.
page_lines() {
        page=$TOP/doc/$1
        shift
        awk -v sections="|$(echo "$*" | tr ' ' '_')|" '
                /^\.Sh / { name = substr($0, 5); gsub(" ", "_", name); inside = sections == "||" || index(sections, "|" name "|") }
                /^\.Ed/ { block = 0 }
                /^\.Dl / && inside { gsub(/\\-/, "-"); print substr($0, 5) }
                block && inside { gsub(/\\e/, "\\"); print }
                /^\.Bd -literal/ { block = 1 }' "$page" | join_lines
}

# Lines that go on in the next one.
join_lines() {
        sed -e ':a' -e '/\\$/N; s/\\\n */ /; ta'
}

# What is shown after a prompt, too, but not what a command prints, nor what is said of it beside it.
readme_lines() {
        sed -n 's/^    //p' "$TOP/README.md" | join_lines | grep -v '^sample\|^ \|^\.\.\.' | sed -e 's/^# //' -e 's/  .*//'
}

# ---- How they are run ----

# The program as it is installed, on the tree, which no command of the pages names.
set_up_sample() {
        mkdir "$WORK/bin"
        ln -s "$DEPLOY_MIGRATE" "$WORK/bin/deploy-migrate"
        PATH=$WORK/bin:$PATH
        PREFIX=$ROOT
        upgraded sample 1.0-1 1.2-1
        migration sample 1.1.0/001_rename_key
}

# run_line LINE
run_line() {
        echo "$1" >>"$WORK/ran"
        execute 0 env ${PREFIX:+DPKG_ROOT="$PREFIX"} sh -euc "cd '${SOURCE:-/}'; $1"
}

# has FILE TEXT: another test runs it.
has() {
        grep -qF -e "$2" "$TOP/$1" || fail "$1 doesn't run it any more: $line"
}

# ran_at_least N: so many commands were found.
ran_at_least() {
        [ "$(wc -l <"$WORK/ran")" -ge "$1" ] || fail "hardly a command was found: $(cat "$WORK/ran")"
}

# For each, something is pending if it needs that.
test_page_of_administrators() {
        set_up_sample
        page_lines deploy-migrate.8 | grep -v '^{\|^ \|^path Ns : ' >"$WORK/lines" # JSON, and the form of a message
        while read -r line; do
                case $line in
                'mount '*)
                        mkdir -p "$ROOT/dir/srv"
                        SOURCE=$ROOT run_line "$line"
                        umount "$ROOT/dir/srv"
                        continue
                        ;;
                'deploy-migrate preview '* | 'deploy-migrate mark '*) expect 0 baseline sample 1.0-1 ;;
                esac
                run_line "$line"
        done <"$WORK/lines"
        ran_at_least 9
        assert_history sample '.[-1].event' marked
}

test_readme() {
        set_up_sample
        readme_lines >"$WORK/lines"
        while read -r line; do
                case $line in
                ./packaging/demo) has tests/parts/run packaging/demo ;;
                ./tests/all) has .ci/run ./tests/all ;;
                './packaging/build-deb '*) has tests/parts/run packaging/build-deb ;;
                'apt-get install /tmp/debs/'*) has tests/package/install.sh 'apt install $all' ;;
                'apt-get install build-essential '*)
                        for package in ${line#apt-get install}; do
                                grep -qw -e "$package" "$TOP/tests/parts/run" || fail "$package isn't what the tests build with"
                        done
                        ;;
                'autoreconf -i '*) has packaging/rpm/deploy-migrate.spec 'build/rpm install' ;;
                'journalctl -u deploy-migrate') has tests/boot/journal.sh 'journalctl' ;;
                'deploy-migrate run -v') has packaging/demo 'run -v' ;;
                'deploy-migrate accept PACKAGE')
                        expect 0 baseline sample 1.0-1
                        write /usr/lib/deploy-migrate/sample/v1.1.0/001_rename_key.json '{"consent": "the old key is lost"}'
                        run_line 'deploy-migrate accept sample'
                        expect 0 run
                        ;;
                'deploy-migrate '*) run_line "$(echo "$line" | sed 's/PACKAGE/sample/')" ;;
                *) fail "it is unknown how to run: $line" ;;
                esac
        done <"$WORK/lines"
        ran_at_least 9
}

# In a source tree, with a fixture in the case "plain"; and with /etc/sample beside the files of this machine's /etc.
test_testing_page() {
        set_up_sample
        PREFIX=
        export DEPLOY_MIGRATE_DATADIR="$TOP/migrations"
        mkdir -p "$ROOT/source/debian" "$WORK/etc" "$WORK/etc.work" "$WORK/etc/sample"
        SOURCE=$ROOT/source migrations=$ROOT/source/migrations
        echo "sample (1.1.0-1) unstable; urgency=medium" >"$SOURCE/debian/changelog"
        run_line 'deploy-migrate new rename_key'
        mv "$migrations"/tests/1.1.0/001_rename_key.sh/example "$migrations"/tests/1.1.0/001_rename_key.sh/plain
        sed -i -e "s/^ *fail \"check .*/key_is_set \"\$config\" new_key \&\& there; not_there/" \
                -e "s/^ *fail \"migrate .*/key_rename \"\$config\" old_key new_key/" "$migrations"/v1.1.0/001_rename_key.sh
        cp "$migrations"/tests/1.1.0/001_rename_key.sh/plain/before/etc/sample/config "$WORK/etc/sample/"
        mount -t overlay -o "lowerdir=/etc,upperdir=$WORK/etc,workdir=$WORK/etc.work" overlay /etc
        page_lines deploy-migrate-testing.7 | sed '/^#!/,/^rm /d' >"$WORK/lines"
        while read -r line; do
                run_line "$(echo "$line" | sed "s|/tmp/copy|$WORK/copy|g")"
                case $line in
                *' run -v '*) grep -qx new_key=value "$WORK/copy/etc/sample/config" || fail "it doesn't land in the copy" ;;
                *' undo '*) grep -qx old_key=value "$WORK/copy/etc/sample/config" || fail "the copy isn't as it was" ;;
                esac
        done <"$WORK/lines"
        umount /etc
        ran_at_least 9
}

# A file that the page shows.
test_program_of_the_testing_page() {
        mkdir -p "$ROOT/var/lib/sample"
        sqlite3 "$ROOT/var/lib/sample/sample.db" 'CREATE TABLE item (name)'
        page_lines deploy-migrate-testing.7 | sed -n '/^#!/,/^rm /p' >"$WORK/normalize"
        chmod 755 "$WORK/normalize"
        execute 0 env DPKG_ROOT="$ROOT" "$WORK/normalize"
        grep -q 'CREATE TABLE item' "$ROOT/var/lib/sample/dump" || fail "it leaves no dump"
        assert_missing /var/lib/sample/sample.db
}

# Compiled as this build is.
test_program_of_the_page_of_the_library() {
        [ -e "$BUILD/.libs/libdeploymigrate.so" ] || skip "the library isn't built beside the program"
        page_lines libdeploymigrate.3 EXAMPLES >"$WORK/example.c"
        # shellcheck disable=SC2046 # options
        ${CC:-cc} $(sed -n 's/^\(SANITIZER_CFLAGS\|CFLAGS\|CPPFLAGS\) = //p' "$BUILD/Makefile") -Wall -Werror -I"$TOP/src" -o "$WORK/example" \
                "$WORK/example.c" -L"$BUILD/.libs" -ldeploymigrate
        upgraded sample 1.0-1 1.2-1
        migration sample 1.1.0/001_rename_key
        execute 0 "$WORK/example" sample "$ROOT"
        assert_out completed
        execute 1 "$WORK/example" ../sample "$ROOT"
        assert_err "'../sample' is"
}

run_tests
