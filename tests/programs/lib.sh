# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests with real programs share, on top of that of the transactions: two equal roots of a Debian that has those programs, $ROOT
# and $DIRECT. A migration is previewed, killed in the middle and run on the one, run directly on the other, and undone. Each command runs in its root
# as "/", with name spaces of its own, so nothing that it starts is left after it.
#
# Variables that a test sets:
#   WRITES   what is declared, a JSON array
#   CHECK    the commands of check
#   MIGRATE  those of migrate; at the word "halfway", a command, it can be stopped
#   KEYS     more keys of the manifest, with a comma at the end
#   OPAQUE   directories that two runs of the same program make differently, relative: what is in them is compared by the test
#   BEFORE   what is done in both roots beforehand
# A script may set PREPARE: what is done in the root that all its tests get a copy of.

. "${0%/*}/../transaction/lib.sh"
. "${0%/*}/../boot/base.sh"

COMPARE=${COMPARE%/*}/../transaction/compare
machine_packages=adduser,apache2,iproute2,ldap-utils,libjson-c5,mariadb-server,nginx-light,postfix,postgresql-15
machine_packages=$machine_packages,procps,python3-minimal,redis-server,slapd,sqlite3
own="$own --exclude=tmp --exclude=var/tmp" # private in a transaction
LIBEXECDIR=${DEPLOY_MIGRATE_LIBEXECDIR:?must be the directory of run-python-migration}

# ---- The runner ----

run_tests() {
        need_root
        need_mounts
        need_overlays
        use_own_file_system
        need_tools mmdebstrap mmdebstrap
        need_tools iproute2 ip
        need_tools jq jq
        WORK=$(mktemp -d) || exit 1
        IMAGE=$(mktemp -d) || exit 1
        ROOT=$WORK/root OUT=$WORK/out ERR=$WORK/err
        trap 'clean_up; rmdir "$WORK"; umount --lazy --quiet "$IMAGE/usr"; rm -rf "$IMAGE"' EXIT
        trap 'exit 1' HUP INT TERM
        make_image >"$WORK/log" 2>&1 || {
                sed 's/^/# /' "$WORK/log"
                echo "Bail out! the Debian with these programs can't be made"
                exit 1
        }
        run_all
}

make_image() {
        make_base && copy_without_usr "$BASE" "$IMAGE" && mount_usr "$IMAGE" "$WORK/image.usr" "$BASE/usr" &&
                enter "$IMAGE" sh -e -c "${PREPARE:-:}" && umount "$IMAGE/usr" && rm -rf "$WORK/image.usr"
}

# A database that may take its time is faster without syncs, and a log of 8 MiB is copied faster than one of 96.
furnish() {
        printf '[mysqld]\ninnodb_log_file_size = 8M\ninnodb_buffer_pool_size = 16M\n' >"$1/etc/mysql/conf.d/small.cnf" &&
                rm -rf "$1/var/lib/apt/lists" "$1/var/cache/apt" "$1/var/cache/debconf"
}

# ---- The roots ----

# make_tree TREE FROM: a copy, with the program in it.
make_tree() {
        copy_without_usr "$2" "$1"
        mount_usr "$1" "$1.usr" "$BASE/usr"
        mkdir -p "$1/usr/libexec/deploy-migrate" "$1/usr/lib/deploy-migrate"
        cp "$BUILD/.libs/deploy-migrate" "$1/usr/bin/"
        cp -P "$BUILD"/.libs/libdeploymigrate.so.* "$1/usr/lib/"
        cp "$LIBEXECDIR/run-python-migration" "$1/usr/libexec/deploy-migrate/"
}

# enter TREE COMMAND...: runs it with the tree as its root file system, loopback, and what belongs into /proc, /sys, /dev, /run.
enter() {
        tree=$1
        shift
        # shellcheck disable=SC2016 # for the shell in there
        unshare --mount --propagation private --pid --fork --kill-child --net --ipc --uts sh -e -c '
                mount --rbind "$0" "$0"
                cd "$0"
                mount -t proc proc proc
                mount --rbind /sys sys
                mount --rbind /dev dev
                mount -t tmpfs -o mode=755 tmpfs run
                mkdir -m 1777 run/lock
                mkdir -p run/postgresql run/mysqld run/slapd run/redis
                chown "$(stat -c %u:%g var/lib/postgresql)" run/postgresql
                chown "$(stat -c %u:%g var/lib/mysql)" run/mysqld
                chown "$(stat -c %u:%g var/lib/ldap)" run/slapd
                chown "$(stat -c %u:%g var/lib/redis)" run/redis
                ip link set lo up
                pivot_root . .
                umount --lazy .
                exec timeout 120 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 PAGER=cat \
                        DEPLOY_MIGRATE_TEST="$0" "$@"' "$tree" "$@" </dev/null
}

# in_root SCRIPT, in_direct SCRIPT
in_root() {
        enter "$ROOT" sh -e -c "$1"
}

in_direct() {
        enter "$DIRECT" sh -e -c "$1"
}

# expect STATUS ARGUMENT...: runs deploy-migrate in $ROOT.
expect() {
        wanted=$1
        shift
        execute "$wanted" enter "$ROOT" deploy-migrate "$@"
}

# ship: makes both roots, with the migration.
ship() {
        DIRECT=$WORK/direct
        exclude=$own
        for path in ${OPAQUE:-}; do
                exclude="$exclude --exclude=$path"
        done
        make_tree "$ROOT" "$IMAGE"
        in_root "${BEFORE:-:}"
        add_package
        ship_migration
        expect 0 baseline sample 1.0
        make_tree "$DIRECT" "$ROOT"
        cp -a "$ROOT/usr/lib/deploy-migrate" "$DIRECT/usr/lib/"
        # shellcheck disable=SC2086 # a list of options
        "$COMPARE" $own "$ROOT" "$DIRECT" || fail 'the roots are not equal before anything is done'
        save before
}

# In the database of dpkg.
add_package() {
        printf 'Package: sample\nStatus: install ok installed\nArchitecture: all\nVersion: 1.1\nMaintainer: a\nDescription: a sample\n\n' \
                >>"$ROOT/var/lib/dpkg/status"
}

ship_migration() {
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x <<END
#!/bin/sh
halfway() {
        [ ! -e /usr/hold ] || sleep 987
}
case \$1 in
check)
        $CHECK
        exit
        ;;
esac
set -e
$MIGRATE
[ ! -e /usr/fail ]
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.json "{${KEYS:-}\"writes\": $WRITES}"
}

# ---- What has to happen ----

# kill -9 of the program while the migration is halfway: the system is untouched, and none of its processes is left.
assert_killed_whole() {
        touch "$ROOT/usr/hold"
        # shellcheck disable=SC2016 # for the shell in there
        in_root '
                deploy-migrate run sample >/usr/killed.out 2>&1 &
                tries=600
                until pgrep -xf "sleep 987" >/dev/null; do
                        kill -0 $! || { cat /usr/killed.out; exit 1; }
                        tries=$((tries - 1)); [ $tries -gt 0 ]; sleep 0.1
                done
                kill -9 $!
                wait || :
                tries=100
                while ps -eo stat=,comm= | grep -v ^Z | grep -qvwE "timeout|sh|ps|grep"; do
                        tries=$((tries - 1)); [ $tries -gt 0 ] || { ps ax; exit 1; }; sleep 0.1
                done' || fail 'it was not killed halfway'
        rm "$ROOT/usr/hold"
        assert_as before --untouched
}

# The preview does all of it, and leaves nothing.
assert_previewed() {
        expect 0 preview sample
        assert_as before --untouched
        assert_no_stage
}

# As transactions do, but that what is in OPAQUE is left to the test.
assert_lands() {
        begin_run
        expect 0 run sample
        assert_history sample '[.[-3:][].event] | join(" ")' 'committing applied completed'
        assert_history sample '[.[].event | select(. == "interrupted")] | length' 1
        assert_no_stage
        execute 0 enter "$DIRECT" deploy-migrate run --sandbox=off sample
        # shellcheck disable=SC2086 # a list of options
        "$COMPARE" $exclude --since="$since" --before="$WORK/before" --kept="$ROOT/var/lib/deploy-migrate" --grain=$COPIED_UP \
                "$DIRECT" "$ROOT" || fail 'that is how the root differs from one that was changed directly'
}

# assert_same SCRIPT: prints the same in both roots, which may not be nothing. The script may write: each time it gets a copy.
assert_same() {
        for tree in "$ROOT" "$DIRECT"; do
                mkdir "$WORK/peek" "$WORK/peek/changes" "$WORK/peek/work" "$WORK/peek/tree"
                mount -t overlay -o "lowerdir=$tree,upperdir=$WORK/peek/changes,workdir=$WORK/peek/work" overlay "$WORK/peek/tree"
                mount --bind "$tree/usr" "$WORK/peek/tree/usr"
                enter "$WORK/peek/tree" sh -e -c "$1" >"$tree.said" || fail "it fails in ${tree##*/}: $1"
                umount "$WORK/peek/tree/usr" "$WORK/peek/tree"
                rm -rf "$WORK/peek"
        done
        [ -s "$ROOT.said" ] || fail "it says nothing: $1"
        diff "$DIRECT.said" "$ROOT.said" || fail "it differs from what it is when done directly: $1"
}

# assert_says TEXT: in what assert_same saw last.
assert_says() {
        grep -qF -e "$1" "$ROOT.said" || fail "$1 isn't in: $(head -c 2000 "$ROOT.said")"
}

# Previewed, killed, run, run directly.
migrate() {
        ship
        assert_previewed
        assert_killed_whole
        assert_lands
}
