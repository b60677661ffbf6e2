#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In a user name space, as in an unprivileged container: its root may not set trusted.* attributes, so that overlayfs has its own in
# user.overlay.*, and doesn't rename directories.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
need_attributes
unshare --user true 2>/dev/null || skip_all "can't make a user name space (the kernel allows none in a chroot)"
use_own_file_system

PROGRAM=$DEPLOY_MIGRATE
FIRST=100000 # the id of its root outside

# Makes a program that runs ours in a name space like that. All files of the test are its.
enter_container() {
        chmod 711 "$WORK"
        mkfifo -m 666 "$WORK/up" "$WORK/down"
        cat >"$WORK/program" <<END
#!/bin/sh
find "$WORK/root" "$WORK/direct" "$CHANNEL" "$WORK/up" "$WORK/down" -uid -$FIRST -exec chown -h $FIRST:$FIRST {} + 2>/dev/null
unshare --user --mount --keep-caps sh -c '
        echo up >"$WORK/up" && read -r line <"$WORK/down"
        exec setpriv --reuid 0 --regid 0 --clear-groups "\$@"' sh "$PROGRAM" "\$@" &
read -r line <"$WORK/up"
echo \$! >"$WORK/pid"
echo "0 $FIRST 65536" >/proc/\$!/uid_map
echo "0 $FIRST 65536" >/proc/\$!/gid_map
echo down >"$WORK/down"
wait \$!
END
        chmod 755 "$WORK/program"
        DEPLOY_MIGRATE=$WORK/program
}

# What such a root can have.
populate() {
        mkdir -p data/dir/sub/deep data/other data/private
        for file in file list attributes gone dir/file dir/sub/file dir/sub/deep/file other/file private/file; do
                echo text >"data/$file"
        done
        ln -s dir/sub data/symbolic
        mkfifo data/fifo
        setfattr -n user.one -v 1 data/attributes
        setfattr -n user.one -v 1 data/dir
        setfacl -m u:100123:rw data/list
}

AFTER="chown -hR $FIRST:$FIRST .. && chown -h 100012:100034 data/other data/other/file"

test_round_trip() {
        enter_container
        round_trip 'cd data
                echo new >file
                rm -r other; echo now a file >other
                rm list; mkdir list; echo in it >list/file
                mv dir moved; mkdir dir; echo new >dir/file
                rm -r private; mkdir -m 700 private; echo new >private/file
                chmod 600 attributes; setfattr -n user.two -v 2 attributes; chown 5:6 symbolic -h
                echo made >made; ln made twice
                mkfifo pipe
                rm gone fifo'
}

test_preview_and_kill() {
        enter_container
        mkdir -p "$ROOT/srv" "$ROOT/var/lib/sample" && (cd "$ROOT/srv" && populate)
        migration sample 1.1.0/001_x 'grep -q new "$DPKG_ROOT/srv/data/file"' \
                'cd "$DPKG_ROOT/srv/data" && mv dir moved && echo new >file && gate'
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/srv/data"]}'
        upgraded sample 1.0 1.1
        save before
        open_gate
        expect 0 preview sample
        assert_out 'D  /srv/data/dir/ '
        assert_out 'A  /srv/data/moved/ '
        assert_as before --untouched

        start run sample
        for phase in check migrate check check migrate; do # the first three are those of the preview
                await_call 1.1.0/001_x:$phase
        done
        kill -KILL "$(cat "$WORK/pid")"
        finish 137
        assert_as before --untouched
        open_gate
        expect 0 run sample
        assert_history sample '[.[-5:][].event] | join(" ")' 'interrupted started committing applied completed'
        assert_content /srv/data/moved/sub/deep/file text
        expect 0 undo sample
        assert_as before
}

run_tests
