#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs on "/", which is a root of the test's own: what is asked of systemd and told it, and journald, where fake-systemd answers; and what tells
# the version there. That systemd understands it is for tests/boot.

. "${0%/*}/lib.sh"
need_root
need_mounts
fake=$BUILD/tests/cli/fake-systemd
[ -x "$fake" ] || skip_all "tests/cli/fake-systemd isn't built"

# A system with a package whose migration writes /etc/sample/done, or fails or isn't possible yet when /etc/sample/status says so.
boot() {
        mount -t tmpfs -o mode=755 tmpfs "$ROOT"
        mkdir -p "$WORK/layers"
        mount -t tmpfs tmpfs "$WORK/layers"
        mkdir -m 755 "$WORK/layers/upper" "$WORK/layers/work"
        (cd "$ROOT" && mkdir -p dev etc/sample proc root run/systemd/system run/systemd/journal srv/data sys tmp usr var/lib/sample var/tmp)
        for link in bin lib lib64 sbin; do
                [ ! -L "/$link" ] || cp -a "/$link" "$ROOT"
        done
        cp -a /etc/passwd /etc/group "$ROOT/etc"
        mount -t overlay -o "lowerdir=/usr,upperdir=$WORK/layers/upper,workdir=$WORK/layers/work" overlay "$ROOT/usr"
        mount --rbind /proc "$ROOT/proc"
        mount --bind /dev "$ROOT/dev"
        mkdir -p "$ROOT$BUILD"
        mount --bind "$BUILD" "$ROOT$BUILD"
        package sample 1.1
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x <<'END'
#!/bin/sh
case $1 in
check) [ -e /etc/sample/done ] ;;
migrate)
        echo migrating
        read -r status </etc/sample/status && exit "$status"
        echo >/etc/sample/done
        ;;
esac
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
        : >"$ROOT/etc/sample/status"
        run 0 baseline sample 1.0
}

# systemd LINE...: one that knows these units, until the test ends.
systemd() {
        printf '%s\n' "$@" >"$ROOT/table"
        chroot "$ROOT" "$fake" /table >"$WORK/orders" 2>&1 &
        helper $!
        await test -S "$ROOT/run/systemd/private"
}

# run STATUS ARGUMENT...
run() {
        wanted=$1
        shift
        execute "$wanted" chroot "$ROOT" "$DEPLOY_MIGRATE" "$@"
}

own='unit deploy-migrate@sample.service RequiredBy='

assert_orders() {
        got=$(grep -v '^journal' "$WORK/orders" | tr '\n' ' ')
        [ "$got" = "${*:+$* }" ] || fail "the orders were: $got"
}

assert_err() {
        tr -s ' \n' ' ' <"$ERR" >"$WORK/words"
        cat "$OUT" >>"$WORK/words"
        grep -qF -e "$1" "$WORK/words" || fail "it doesn't say: $1"
}

test_running_service() {
        boot
        systemd "${own}foo.service,foo.socket" 'unit foo.service active=active TriggeredBy=foo.socket' \
                'unit foo.socket active=active Triggers=foo.service,other.service' 'unit other.service active=active NeedDaemonReload=yes'
        run 1 run
        assert_missing /etc/sample/done
        assert_err foo.service
        assert_err other.service
        run 0 run --force
        [ -e "$ROOT/etc/sample/done" ]
        assert_orders Reload Reload
}

# One connection of foo.socket isn't the whole service.
test_connections() {
        boot
        systemd "${own}foo@1-2-3.service" 'unit foo@1-2-3.service active=active' 'unit foo.socket active=active Accept=yes'
        run 1 run
        assert_err foo@1-2-3.service
        assert_missing /etc/sample/done
}

test_others_are_restarted_for_one_that_starts() {
        boot
        systemd "${own}foo.service,bar.service,bar.timer" 'unit foo.service active=inactive job=7' 'unit bar.service active=active' \
                'unit bar.timer active=active Triggers=baz.service' 'unit baz.service active=active start=inactive'
        run 0 run --unit sample
        assert_orders RestartUnit bar.service RestartUnit baz.service
        [ -e "$ROOT/etc/sample/done" ]
}

# What waits stands still, with what starts it, until a run by hand succeeds.
test_standing_still() {
        boot
        systemd "${own}foo.service" 'unit foo.service active=inactive job=7 TriggeredBy=foo.socket,foo.timer RequiredBy=bar.service' \
                'unit foo.socket active=active' 'unit foo.timer active=active' 'unit bar.service job=8 start=failed'
        echo 1 >"$ROOT/etc/sample/status"
        run 1 run --unit sample
        assert_orders StopUnit foo.socket
        : >"$ROOT/etc/sample/status"
        kill -KILL "$(cat "$WORK/helpers")"
        rm -r "$ROOT/run/systemd/private" "$ROOT/run/systemd/journal/socket"
        systemd "${own}foo.service" 'unit foo.service TriggeredBy=foo.socket' 'unit foo.socket' 'unit bar.service start=failed' \
                'unit deploy-migrate@sample.service active=failed'
        run 0 run sample
        assert_err 'foo.service stood still'
        assert_err "can't be started again; see 'systemctl status bar.service'"
        assert_orders StopUnit deploy-migrate@sample.timer ResetFailedUnit deploy-migrate@sample.service \
                ResetFailedUnit foo.socket StartUnit foo.socket ResetFailedUnit bar.service StartUnit bar.service \
                ResetFailedUnit foo.service StartUnit foo.service ResetFailedUnit deploy-migrate@sample.service
}

test_given_up_socket() {
        boot
        systemd "${own}foo.service" 'unit foo.service active=failed TriggeredBy=foo.socket,foo.path' \
                'unit foo.socket active=failed Result=service-start-limit-hit' 'unit foo.path active=failed Result=unit-start-limit-hit'
        echo 75 >"$ROOT/etc/sample/status"
        run 1 run
        : >"$ROOT/etc/sample/status"
        run 0 run
        grep -qx 'StartTransientUnit deploy-migrate@sample.timer' "$WORK/orders"
        grep -qx 'StartUnit foo.socket' "$WORK/orders"
        grep -qx 'StartUnit foo.path' "$WORK/orders"
}

# What systemd is about to mount isn't waited for, if that waits for the migrations.
test_mounts() {
        boot
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/etc/sample", "/srv/data"]}'
        systemd "${own}" 'unit srv-data.mount active=inactive job=5 FragmentPath=/etc/systemd/system/srv-data.mount Where=/srv/data' \
                'unit srv-other.mount active=inactive Where=/srv/other' 'before 5 other.service' 'unit other.service job=6' \
                'before 6 deploy-migrate.service' 'unit deploy-migrate.service job=9' \
                'unit srv-auto.automount active=failed FragmentPath=/x Where=/srv/auto'
        run 1 run
        assert_err /srv/data
        assert_missing /etc/sample/done
}

test_mounts_that_are_awaited() {
        boot
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json '{"writes": ["/etc/sample", "/srv/data"]}'
        systemd "${own}" 'unit srv-data.mount job=5 looks=3 FragmentPath=/etc/systemd/system/srv-data.mount Where=/srv/data'
        run 1 run
        assert_err 'waiting for systemd to mount'
        assert_missing /etc/sample/done
}

test_failed_units_of_ours() {
        boot
        : >"$ROOT/etc/sample/done"
        systemd "${own}" 'unit deploy-migrate.service active=failed' 'unit deploy-migrate@other.service active=failed' \
                'unit deploy-migrate@\x.service active=failed'
        run 0 run
        grep -qx 'ResetFailedUnit deploy-migrate.service' "$WORK/orders"
        grep -qx 'ResetFailedUnit deploy-migrate@other.service' "$WORK/orders"
}

# ship ID WRITES COMMAND: a migration that is done when this has been written.
ship() {
        write "/usr/lib/deploy-migrate/sample/v$1" <<END
#!/bin/sh
case \$1 in
check) [ -e $2 ] ;;
migrate) $3 >$2 ;;
esac
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v$1"
        write "/usr/lib/deploy-migrate/sample/v$1.json" "{\"writes\": [\"${2%/*}\"]}"
}

test_changed_units() {
        boot
        mkdir -p "$ROOT/etc/systemd/system"
        ship 1.1.0/002_unit /etc/systemd/system/foo.service 'echo "[Service]"'
        systemd "${own}"
        run 0 run
        assert_orders Reload
}

# Nothing but the migrations themselves tells what is installed, and nothing of what version the data is.
test_no_package_manager() {
        boot
        rm -r "$ROOT/var/lib/dpkg" "$ROOT/var/lib/deploy-migrate"
        ship 2.0.0/001_y /etc/sample/y echo
        ship 2.1.0/001_z /etc/sample/z echo
        write /usr/lib/deploy-migrate/sample/v2.1.0/001_z.json '{"since": "2.1~rc1"}'
        run 0 run
        assert_history sample '.[-1] | [.event, .version, .source] | join(" ")' 'baseline 2.1~rc1 installed'
}

# Each boot has a new state, on data that is older.
test_no_package_manager_and_no_state() {
        boot
        rm -r "$ROOT/var/lib/dpkg" "$ROOT/var/lib/deploy-migrate"
        mkdir -p "$WORK/data"
        case $(stat -f -c %T "$WORK/data") in tmpfs | ramfs) skip 'no file system for data' ;; esac
        echo old >"$WORK/data/file"
        mount --bind "$WORK/data" "$ROOT/var/lib/sample"
        run 3 run
        assert_err 'nothing tells which version of sample this is of'
        assert_missing /etc/sample/done
}

# journaled STATUS ARGUMENT...: with standard error as systemd connects it with the journal.
journaled() {
        : >"$ERR"
        JOURNAL_STREAM=$(stat -c %d:%i "$ERR") run "$@"
        [ ! -s "$ERR" ] || fail "not only in the journal: $(cat "$ERR")"
}

# assert_journal ID TEXT [FIELD]: a message of that kind has this text, and the field.
assert_journal() {
        await grep -qF -e "MESSAGE_ID=$1" "$WORK/orders"
        grep -F -e "MESSAGE_ID=$1" "$WORK/orders" | grep -F -e "$2" | grep -qF -e "${3-}" || fail "not in the journal: $2 $3"
}

test_journal() {
        boot
        systemd "${own}foo.service" 'unit foo.service job=7'
        echo 1 >"$ROOT/etc/sample/status"
        journaled 1 run --unit sample
        assert_journal b109a66339a84016bbf9bd15942f1c67 'for which foo.service waits' OBJECT_SYSTEMD_UNIT=foo.service
        assert_journal 661a58e1001d47b58daca7d4bfc7aed0 'MESSAGE=sample: 1.1.0/001_x failed: migrate exited with status 1' DEPLOY_MIGRATE_FROM=1.0
        assert_journal 9369d86b799044fc952cea1c023e949c "so foo.service doesn't start" DEPLOY_MIGRATE_RESULT=failed
        grep -qF 'MESSAGE=sample 1.1.0/001_x | migrating' "$WORK/orders"
        journaled 1 run
        assert_journal d7de620cc2b14b1d87ce1bf8822077ba '1 package: 0 migrated, 0 with nothing to do, 1 not migrated'
        : >"$ROOT/etc/sample/status"
        journaled 0 run sample
        assert_journal 75d5770b3f0947ae8bd6b08a0dcbb9c2 '1.1.0/001_x applied in ' DEPLOY_MIGRATE_DURATION_USEC=
        assert_journal 43e1c3f449b04b4c9fb6cba2ecee00c2 'completed; the data is at 1.1'
        journaled 0 undo sample
        assert_journal 8eafc9740de84d7f932da8b3e015a938 '1.1.0/001_x was undone'
}

run_tests
