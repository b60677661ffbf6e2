#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What another overlay has made below a declared path, as in a container store: whiteouts and attributes, which can't be seen through an
# overlay. What keeps them is committed, and what would lose them is refused by name.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
need_attributes

# stock: a package with a store in /srv/data.
stock() {
        mkdir -p "$ROOT/srv/data/store/opaque" "$ROOT/srv/data/store/plain/sub" "$ROOT/var/lib/sample"
        mknod "$ROOT/srv/data/store/plain/gone" c 0 0
        mknod "$ROOT/srv/data/store/plain/sub/gone" c 0 0
        setfattr -n trusted.overlay.opaque -v y "$ROOT/srv/data/store/opaque"
        setfattr -n trusted.overlay.redirect -v /away "$ROOT/srv/data/store/plain"
        for directory in . store/opaque store/plain; do
                echo text >"$ROOT/srv/data/$directory/file"
        done
        mkdir "$ROOT/usr"
        upgraded sample 1.0 1.1
        save before
}

# ship MIGRATE
ship() {
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/data/file"' \
                "cd \"\$DPKG_ROOT/srv/data\" || exit; set -e; echo new >file; $1"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
}

# assert_refused MIGRATE PATH WHY: by a preview, too.
assert_refused() {
        ship "$1"
        for verb in preview run; do
                expect 1 $verb --json sample
                jq -r '.packages[0].migrations[0].error' "$OUT" | grep -qF "$ROOT/srv/data/$2 $3" || fail "$verb: $(cat "$OUT")"
                assert_as before --untouched
        done
}

test_kept() {
        stock
        ship 'mv store moved; chmod 700 moved/opaque; rm moved/plain/file; echo made >moved/plain/made; touch -d @1 moved/plain/sub'
        expect 0 run sample
        [ "$(stat -c %t%T "$ROOT/srv/data/moved/plain/gone" "$ROOT/srv/data/moved/plain/sub/gone" | tr '\n' ' ')" = '00 00 ' ] ||
                fail 'the whiteouts are gone'
        for attribute in opaque:opaque redirect:plain; do
                getfattr -n "trusted.overlay.${attribute%:*}" "$ROOT/srv/data/moved/${attribute#*:}" || fail "no $attribute"
        done
        expect 0 undo sample
        assert_as before
}

test_refused() {
        stock
        a='is a whiteout of another overlay' b='has attributes of another overlay'
        # Of a directory that isn't changed, overlayfs lists them; rm fails there, since it can't find them.
        assert_refused 'touch store/plain/sub/new; rm -r store/plain/sub' store/plain/sub/gone "$a"
        assert_refused 'echo new >store/plain/gone' store/plain/gone "$a"
        assert_refused 'rm -r store/opaque; mkdir store/opaque' store/opaque "$b"
        assert_refused 'touch store/plain/new store/plain/sub/new; cp -a store copy; rm -r store/plain' store/plain "$b"
}

# Their new names are in another order than their old ones.
test_all_is_moved_out_of_a_directory() {
        stock
        for name in a b c d e; do
                mkdir -p "$ROOT/srv/data/store/many/$name"
                mknod "$ROOT/srv/data/store/many/$name/gone" c 0 0
        done
        save before
        ship 'mv store/many/a v; mv store/many/b u; mv store/many/c t; mv store/many/d s; mv store/many/e r; rmdir store/many'
        expect 0 preview sample
        expect 0 run sample
        [ "$(stat -c %t%T "$ROOT"/srv/data/[r-v]/gone | tr '\n' ' ')" = '00 00 00 00 00 ' ] || fail 'the whiteouts are gone'
        expect 0 undo sample
        assert_as before
}

# What an earlier migration of the same preview has moved is found where it is on the system.
test_moved_before() {
        stock
        migration sample 1.0.1/001_move '[ -d "$DPKG_ROOT/srv/data/moved" ]' 'cd "$DPKG_ROOT/srv/data" && mv store moved'
        write /usr/lib/deploy-migrate/sample/v1.0.1/001_move.json '{"writes": ["/srv/data"]}'
        a='is a whiteout of another overlay' b='has attributes of another overlay'
        for case in 'echo new >moved/plain/gone|moved/plain/gone|'"$a" \
                'rm -r moved/opaque; mkdir moved/opaque|moved/opaque|'"$b" 'mkdir store; echo new >store/gone|'; do
                ship "${case%%|*}"
                case=${case#*|}
                [ -n "$case" ] && status=1 || status=0
                expect $status preview --json sample
                jq -r '.packages[0].migrations[1].error' "$OUT" >"$WORK/said"
                [ $status -eq 0 ] || grep -qF "$ROOT/srv/data/${case%|*} ${case#*|}" "$WORK/said" || fail "preview: $(cat "$OUT")"
                assert_as before --untouched
        done
        ship 'rm -r moved/opaque; mkdir moved/opaque'
        expect 1 run --json sample
        jq -r '.packages[0].migrations[1].error' "$OUT" | grep -qF "$ROOT/srv/data/moved/opaque $b" || fail "run: $(cat "$OUT")"
}

run_tests
