#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root runs no file that others could have written, or that is elsewhere than its path says.

. "${0%/*}/lib.sh"
need_root

PACKAGE=/usr/lib/deploy-migrate/sample
VERSION=$PACKAGE/v1.1.0

ship() {
        migration sample 1.1.0/001_x
        write $VERSION/001_x.json '{}'
        write $PACKAGE/package.json '{}'
        upgraded sample 1.0 1.1
        OUTSIDE=$WORK/outside
        mkdir "$OUTSIDE"
}

# assert_refused TEXT...: nothing runs, nothing is written, and the error has these texts.
assert_refused() {
        for command in run plan; do
                expect 3 $command sample
                for text; do
                        assert_err "$text"
                done
                [ "$(wc -l <"$ERR")" -eq 1 ] || fail 'not one line'
        done
        assert_calls
        assert_missing /var/lib/sample
}

test_owned_by_another() {
        ship
        for path in $VERSION/001_x $VERSION/001_x.json $VERSION $PACKAGE $PACKAGE/package.json /usr/lib/deploy-migrate; do
                chown 65534 "$ROOT$path"
                assert_refused "$ROOT$path" root
                chown 0 "$ROOT$path"
        done
        expect 0 run sample
}

test_writable_by_everybody() {
        ship
        for path in $VERSION/001_x $VERSION/001_x.json $VERSION $PACKAGE $PACKAGE/package.json /usr/lib/deploy-migrate; do
                mode=$(stat -c %a "$ROOT$path")
                chmod o+w "$ROOT$path"
                assert_refused "$ROOT$path" everyone
                chmod +t "$ROOT$path"
                assert_refused "$ROOT$path" everyone
                chmod "$mode" "$ROOT$path"
                chmod -t "$ROOT$path"
        done
        expect 0 run sample
}

test_writable_by_a_group() {
        ship
        for path in $VERSION/001_x $VERSION $PACKAGE; do
                chgrp 100 "$ROOT$path"
                chmod g+w "$ROOT$path"
                assert_refused "$ROOT$path" group
                chgrp 0 "$ROOT$path"
        done
        expect 0 run sample
}

test_a_replacement_by_the_administrator() {
        ship
        write /etc/deploy-migrate/sample/v1.1.0/001_x '#!/bin/sh'
        chmod 755 "$ROOT/etc/deploy-migrate/sample/v1.1.0/001_x"
        for path in /v1.1.0/001_x /v1.1.0 ''; do
                chown 65534 "$ROOT/etc/deploy-migrate/sample$path"
                assert_refused "$ROOT/etc/deploy-migrate/sample$path" root
                chown 0 "$ROOT/etc/deploy-migrate/sample$path"
        done
}

test_other_packages_are_run() {
        ship
        migration other 1.1.0/001_y
        upgraded other 1.0 1.1
        chmod 777 "$ROOT$VERSION"
        expect 3 run
        assert_ran 1.1.0/001_y
}

# move_away PATH: replaces it by a link that leads out of the tree, by an absolute or a relative path.
move_away() {
        mv "$ROOT$1" "$OUTSIDE/x"
        case $2 in
        absolute) ln -s "$OUTSIDE/x" "$ROOT$1" ;;
        relative) ln -s "$(realpath --relative-to="$(dirname "$ROOT$1")" "$OUTSIDE/x")" "$ROOT$1" ;;
        esac
}

move_back() {
        rm "$ROOT$1"
        mv "$OUTSIDE/x" "$ROOT$1"
}

test_links_out_of_the_tree() {
        ship
        for path in $VERSION/001_x $VERSION/001_x.json $VERSION $PACKAGE /usr/lib/deploy-migrate /usr/lib /usr /var/lib/dpkg \
                /var/lib/dpkg/status /var/lib/deploy-migrate /var/lib/deploy-migrate/sample \
                /var/lib/deploy-migrate/sample/history.jsonl; do
                for kind in absolute relative; do
                        move_away $path $kind
                        find "$OUTSIDE" -type f -exec sha256sum {} + >"$WORK/before"
                        assert_refused "$ROOT"
                        find "$OUTSIDE" -type f -exec sha256sum {} + >"$WORK/after"
                        cmp "$WORK/before" "$WORK/after" || fail "$path: something was changed outside"
                        move_back $path
                done
        done
        expect 0 run sample
}

test_a_link_in_the_place_of_a_migration() {
        ship
        mv "$ROOT$VERSION/001_x" "$ROOT/usr/lib/x"
        ln -s ../../../x "$ROOT$VERSION/001_x"
        assert_refused "$ROOT$VERSION/001_x"
}

test_a_link_for_the_lock() {
        ship
        rm -r "$ROOT/run/deploy-migrate"
        ln -s "$OUTSIDE" "$ROOT/run/deploy-migrate"
        expect 3 run sample
        [ -z "$(ls -A "$OUTSIDE")" ] || fail 'something was created outside'
        rm "$ROOT/run/deploy-migrate"
        mkdir "$ROOT/run/deploy-migrate"
        ln -s "$OUTSIDE/lock" "$ROOT/run/deploy-migrate/sample.lock"
        expect 3 run sample
        [ -z "$(ls -A "$OUTSIDE")" ] || fail 'something was created outside'
        assert_calls
}

test_a_link_for_a_declared_path() {
        for target in "$WORK/outside" ../../../outside; do
                rm -rf "$WORK/outside" "${ROOT:?}/var"
                ship
                ln -s "$target" "$ROOT/var/lib/sample"
                expect 1 run sample
                cat "$OUT" >>"$ERR"
                assert_err "$ROOT/var/lib/sample"
                [ -z "$(ls -A "$OUTSIDE")" ] || fail 'something was created outside'
        done
}

test_a_link_that_stays_in_the_tree() {
        ship
        mkdir -p "$ROOT/srv"
        mv "$ROOT/var/lib/deploy-migrate" "$ROOT/srv/state"
        ln -s ../../srv/state "$ROOT/var/lib/deploy-migrate"
        mkdir "$ROOT/srv/data"
        ln -s ../../srv/data "$ROOT/var/lib/sample"
        expect 0 run sample
        assert_content /srv/data/1.1.0-001_x 'done'
        assert_history sample '.[-1].event' completed
}

# As it was when the root was "/".
test_a_state_directory_moved_by_an_absolute_link() {
        ship
        mkdir "$ROOT/data"
        mv "$ROOT/var/lib/deploy-migrate" "$ROOT/data/state"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        expect 0 preview sample
        expect 0 run sample
        [ -s "$ROOT/data/state/sample/history.jsonl" ] || fail 'the history is elsewhere'
        expect 0 status sample
        assert_out 1.1
        expect 0 undo sample
        assert_missing /var/lib/sample/1.1.0-001_x
        [ ! -e /data/state ] || fail 'it was made outside'
}

test_a_state_directory_moved_to_where_nothing_is() {
        ship
        mv "$ROOT/var/lib/deploy-migrate" "$OUTSIDE/x"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        assert_refused "$ROOT/var/lib/deploy-migrate"
        assert_missing /data
}

test_a_root_that_is_no_directory() {
        expect 3 --root "$ROOT/none" run
        assert_err "$ROOT/none"
        write /file
        expect 3 --root "$ROOT/file" run </dev/null
        assert_err "$ROOT/file"
}

run_tests
