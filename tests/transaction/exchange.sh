#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# File systems that can neither exchange two files nor rename one without replacing another, as those of the network and of FUSE. strace
# lets renameat2(2) fail as it does there.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
need_tools strace strace

PROGRAM=$DEPLOY_MIGRATE
WITHOUT='-e trace=renameat2,renameat,linkat -e inject=renameat2:error=EINVAL'

# On another file system than the state, as one that can't exchange files can't have a stage.
populate() {
        mkdir data
        mount -t tmpfs tmpfs data
        mkdir data/dir data/other data/private
        for file in file list attributes gone dir/file other/file private/file; do
                echo text >"data/$file"
        done
}

SCRIPT='cd data
        echo new >file
        rm -r other; echo now a file >other
        rm list; mkdir list; echo in it >list/file
        mv dir moved; mkdir dir; echo new >dir/file
        rm -r private; mkdir private; echo new >private/file
        chmod 600 attributes
        echo made >made
        rm gone'

without_exchange() {
        cat >"$WORK/program" <<END
#!/bin/sh
exec env ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null $WITHOUT $* "$PROGRAM" "\$@"
END
        chmod 755 "$WORK/program"
        DEPLOY_MIGRATE=$WORK/program
}

test_round_trip() {
        without_exchange
        round_trip "$SCRIPT"
}

contents() {
        (cd "$ROOT/srv/data" && find . -type f -exec grep -H . {} + | sort)
}

# cut_off VERB: kills it before each of its renames. Each time it is then finished, and the other verb puts things back.
cut_off() {
        expect 0 "$1" sample
        landed=$(contents)
        other=undo
        [ "$1" = run ] || other=run
        expect 0 $other sample
        ended=137 when=0
        while [ "$ended" -eq 137 ]; do
                when=$((when + 1))
                without_exchange -e "inject=linkat,renameat:signal=KILL:when=$when"
                ended=0
                "$DEPLOY_MIGRATE" --root "$ROOT" "$1" sample >"$OUT" 2>"$ERR" </dev/null || ended=$?
                without_exchange
                [ "$ended" -eq 0 ] || expect 0 "$1" sample
                [ "$(contents)" = "$landed" ] || fail "after kill $when of $1: $(contents)"
                expect 0 $other sample
        done
        [ "$when" -gt 6 ] || fail "only $when kills of $1"
}

test_kills() {
        (mkdir "$ROOT/srv" && cd "$ROOT/srv" && populate)
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/data/file"' \
                'cd "$DPKG_ROOT/srv/data" && echo new >file && rm -r private && mkdir private && echo new >private/new && rm gone'
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
        upgraded sample 1.0 1.1
        without_exchange
        cut_off run
        expect 0 run sample
        cut_off undo
}

run_tests
