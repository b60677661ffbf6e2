#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All that an author does: from a source package with a daemon, as dh_make leaves it, to an upgrade with two tested migrations.

. "${0%/*}/lib.sh"

# What would be done in a year without migrations, too.
set_up_source() {
        mkdir -p "$ROOT/src/debian/source"
        cd "$ROOT/src"
        cat >debian/changelog <<'END'
scored (1.0-1) unstable; urgency=medium

  * A release.

 -- Sample <sample@example.org>  Mon, 01 Jan 2024 00:00:00 +0000
END
        cat >debian/control <<'END'
Source: scored
Section: net
Priority: optional
Maintainer: Sample <sample@example.org>
Build-Depends:
 debhelper-compat (= 13),
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: scored
Architecture: all
Depends:
 ${misc:Depends},
Description: keeps scores
 A daemon.
END
        printf '#!/usr/bin/make -f\n%%:\n\tdh $@\n' >debian/rules
        echo '3.0 (native)' >debian/source/format
        echo 'scored usr/sbin' >debian/install
        cat >debian/service <<'END'
[Unit]
Description=Keeps scores

[Service]
ExecStart=/usr/sbin/scored

[Install]
WantedBy=multi-user.target
END
        printf '#!/bin/sh\nexec sleep infinity\n' >scored
        chmod 755 debian/rules scored
        cd /
}

in_source() {
        chrooted sh -c 'cd /src && exec "$@"' sh "$@"
}

# What is typed, in an editor or a shell. dch(1) would set the version; -d, since the machine has no build-essential.
typed() {
        cat <<'END'
apt-get -q -y install dh-sequence-deploy-migrate
sed -i '1s/1.0-1/1.1-1/' debian/changelog
deploy-migrate new --init
deploy-migrate new rename_port
sed -i 's/^ *fail "check .*/key_is_set "$config" listen \&\& there/' migrations/v1.1.0/001_rename_port.sh
sed -i '/^key_is_set/a not_there' migrations/v1.1.0/001_rename_port.sh
sed -i 's/^ *fail "migrate .*/key_rename "$config" port listen/' migrations/v1.1.0/001_rename_port.sh
printf '# the port\nport=80\nlog=yes\n' >migrations/tests/1.1.0/001_rename_port.sh/example/before/etc/scored/config
deploy-migrate new log_level
sed -i 's/^ *fail "check .*/key_is_set "$config" level \&\& there/' migrations/v1.1.0/002_log_level.sh
sed -i '/^key_is_set/a not_there' migrations/v1.1.0/002_log_level.sh
sed -i 's/^ *fail "migrate .*/key_set "$config" level info/' migrations/v1.1.0/002_log_level.sh
printf 'log=no\n' >migrations/tests/1.1.0/002_log_level.sh/example/before/etc/scored/config
deploy-migrate test --record example migrations
cat migrations/tests/1.1.0/*/example/after/etc/scored/config
deploy-migrate test migrations
deploy-migrate lint migrations
dpkg-buildpackage -d -us -uc -b
apt-get -q -y install /scored_1.1-1_all.deb
END
}

test_two_tested_migrations_in_a_few_lines() {
        set_up_source
        IN=in_source expect 0 dpkg-buildpackage -d -us -uc -b
        publish "$ROOT"/scored_1.0-1_all.deb
        apt install scored
        mkdir "$ROOT/etc/scored" "$ROOT/var/lib/deploy-migrate"
        mount -t tmpfs -o mode=755 tmpfs "$ROOT/var/lib/deploy-migrate" # the root is an overlay
        printf '# the port of ours\nport=8080\nlog=yes\n' >"$ROOT/etc/scored/config"

        begin=$(date +%s)
        typed >"$WORK/typed"
        n=$(wc -l <"$WORK/typed")
        [ "$n" -lt 25 ] || fail "$n lines have to be typed"
        while read -r line; do
                IN=in_source expect 0 sh -c "$line"
                case $line in
                'deploy-migrate lint'*) [ ! -s "$OUT" ] || fail "lint has found something" ;;
                'deploy-migrate test migrations') assert_out '2 passed, 0 failed' ;;
                esac
        done <"$WORK/typed"
        note "$n lines, $(($(date +%s) - begin)) s"

        [ -e "$ROOT/usr/lib/systemd/system/scored.service.d/50-deploy-migrate.conf" ] || fail "the service isn't gated"
        IN=contained expect 0 deploy-migrate run
        assert_content /etc/scored/config '# the port of ours
listen=8080
log=yes
level=info'
}

run_tests
