#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All that an author does: from a source package with a daemon, as dh_make leaves it, to an upgrade with two tested migrations, by the commands of
# deploy-migrate-migration(7) alone.

. "${0%/*}/lib.sh"

# What would be done in a year without migrations, too.
set_up_source() {
        mkdir -p "$ROOT/src/debian/source"
        cd "$ROOT/src" || return
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

PAGE=$(cd "${0%/*}/../.." && pwd)/doc/deploy-migrate-migration.7

# Prints the lines of the page's first example, one after the other: "typed LINE", and "fill FILE PHASE LINE" for what is written into a function.
list_lines() {
        awk '
                /^\.Sh / { inside = $0 == ".Sh A FIRST MIGRATION" }
                !inside { next }
                /^\.\\" / { what = $2 == "fill" ? "fill " $4 " " $5 : $2; next }
                /^\.Ed/ { block = what = "" }
                block != "" { gsub(/\\e/, "\\"); print what, $0 }
                /^\.Bd/ { block = what == "" ? "unmarked" : what }' "$PAGE"
}

# fill FILE PHASE LINE: writes it into the function, where new has left a place; the line that is there last is the editor's to remove.
fill() {
        place="fail \"$2 isn't written yet\""
        awk -v place="$place" -v text="$3" 'index($0, place) { print text } { print }' \
                "$ROOT/src/migrations/v1.1.0/$1" >"$WORK/filled" && cat "$WORK/filled" >"$ROOT/src/migrations/v1.1.0/$1"
}

remove_places() {
        sed -i "/fail \".* isn't written yet\"/d" "$ROOT"/src/migrations/v1.1.0/*.sh
}

# Packages of Debian say that build-essential is needed, which is large, and of no use for this one.
pretend_build_essential() {
        mkdir -p "$ROOT/srv/be/DEBIAN"
        printf 'Package: build-essential\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: none\n' \
                >"$ROOT/srv/be/DEBIAN/control"
        chrooted sh -c 'dpkg-deb -b /srv/be /srv/be.deb && dpkg -i /srv/be.deb' >/dev/null
        echo 'APT::Get::Assume-Yes "true";' >"$ROOT/etc/apt/apt.conf.d/90yes"
}

# expect_typed DIRECTORY LINE
expect_typed() {
        # shellcheck disable=SC2016 # for the shell in there
        IN=chrooted expect 0 sh -c 'cd "$1" && eval "$2"' sh "$1" "$2"
        case $2 in
        'deploy-migrate lint '*) [ ! -s "$OUT" ] || fail "lint has found something" ;;
        'deploy-migrate test migrations') assert_out '2 passed, 0 failed' ;;
        'deploy-migrate history '*) assert_out 'M  /etc/scored/config' ;;
        esac
}

test_two_tested_migrations_in_a_few_lines() {
        set_up_source
        pretend_build_essential
        IN=in_source expect 0 dpkg-buildpackage -d -us -uc -b
        publish "$ROOT"/scored_1.0-1_all.deb
        apt install scored
        mkdir "$ROOT/etc/scored" "$ROOT/var/lib/deploy-migrate"
        mount -t tmpfs -o mode=755 tmpfs "$ROOT/var/lib/deploy-migrate" # the root is an overlay
        printf '# the port of ours\nport=8080\nlog=yes\n' >"$ROOT/etc/scored/config"

        sed -i '1s/1.0-1/1.1-1/' "$ROOT/src/debian/changelog"

        begin=$(date +%s)
        list_lines >"$WORK/lines"
        n=$(wc -l <"$WORK/lines")
        [ "$n" -gt 10 ] && [ "$n" -lt 25 ] || fail "$n lines have to be typed"
        directory=/src
        while read -r how line; do
                case "$how $line" in
                fill*)
                        # shellcheck disable=SC2086 # FILE PHASE LINE
                        fill "${line%% *}" "$(echo "$line" | cut -d ' ' -f 2)" "$(echo "$line" | cut -d ' ' -f 3-)"
                        continue
                        ;;
                'typed cd '*)
                        directory=$directory/${line#cd }
                        continue
                        ;;
                'typed deploy-migrate test '*) remove_places ;;
                'typed deploy-migrate history '*) IN=contained expect 0 deploy-migrate run ;; # what systemd has done meanwhile
                typed*) ;;
                *) fail "the page has a block that nothing is said of: $line" ;;
                esac
                expect_typed "$directory" "$line"
        done <"$WORK/lines"
        note "$n lines, $(($(date +%s) - begin)) s"

        [ -e "$ROOT/usr/lib/systemd/system/scored.service.d/50-deploy-migrate.conf" ] || fail "the service isn't gated"
        assert_content /etc/scored/config '# the port of ours
listen=8080
log=yes
level=info'
}

run_tests
