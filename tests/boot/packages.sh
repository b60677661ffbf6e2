# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sample packages for the tests in a booted machine, and the apt repository that has them. A package is begun with package,
# gets what it has from migration, service and maintainer_script, and is built and published by ship.

# package NAME VERSION
package() {
        NAME=$1 VERSION=$2 TREE=$WORK/tree
        rm -rf "$TREE"
        mkdir -p "$TREE/DEBIAN"
        cat >"$TREE/DEBIAN/control" <<END
Package: $NAME
Version: $VERSION
Architecture: all
Maintainer: Sample <sample@example.org>
Depends: deploy-migrate
Description: a sample
END
        maintainer_script postinst <<END
if [ "\$1" = configure ] && [ -z "\$2" ]; then
        mkdir -p /var/lib/$NAME
        echo ${VERSION%%.*} >/var/lib/$NAME/format
fi
END
        maintainer_script postrm <<END
[ "\$1" != purge ] || rm -rf /var/lib/$NAME /var/lib/deploy-migrate/$NAME
END
}

# maintainer_script NAME: adds standard input to it.
maintainer_script() {
        script=$TREE/DEBIAN/$1
        [ -e "$script" ] || printf '#!/bin/sh\nset -e\n' >"$script"
        cat >>"$script"
        chmod 755 "$script"
}

# write PATH: a file of the package, with its directories, from standard input.
write() {
        mkdir -p "$(dirname "$TREE$1")"
        cat >"$TREE$1"
}

# migration ID [MIGRATE]: check tests for a line in the marker, which is written after the given commands.
migration() {
        file=/usr/lib/deploy-migrate/$NAME/v$1
        write "$file" <<END
#!/bin/sh
set -e
marker=\$DPKG_ROOT/var/lib/$NAME/$(echo "$1" | tr / -)
case \$1 in
check)
        test -e "\$marker"
        ;;
migrate)
        echo "migrating to $1"
        ${2:-:}
        echo done >>"\$marker"
        ;;
esac
END
        chmod 755 "$TREE$file"
}

# format_migration ID [COMMANDS]: what the service of this version waits for.
format_migration() {
        migration "$1" "${2:-:}
        echo ${VERSION%%.*} >\$DPKG_ROOT/var/lib/$NAME/format"
}

# service restart|no-restart [NAME...]: a daemon that refuses data of another format than the major version of its package, gated,
# with the maintainer scripts of dh_installsystemd, which restart it or don't when the package is upgraded. It has the package's
# name, or there is one for each of the given names.
service() {
        mode=$1
        shift
        [ $# -gt 0 ] || set -- "$NAME"
        write "/usr/libexec/$NAME" <<END
#!/bin/sh
read -r format </var/lib/$NAME/format
[ "\$format" = ${VERSION%%.*} ] || { echo "the data has format \$format, not ${VERSION%%.*}" && exit 1; }
exec sleep infinity
END
        chmod 755 "$TREE/usr/libexec/$NAME"
        for unit; do
                service_unit "$unit.service"
        done
        service_scripts "$mode" "$(printf '%s.service ' "$@")"
}

service_unit() {
        write "/lib/systemd/system/$1" <<END
[Unit]
Description=Sample service

[Service]
ExecStart=/usr/libexec/$NAME

[Install]
WantedBy=multi-user.target
END
        write "/lib/systemd/system/$1.d/deploy-migrate.conf" <<END
[Unit]
Requires=deploy-migrate@$NAME.service
After=deploy-migrate@$NAME.service
END
}

# service_scripts restart|no-restart UNITS
service_scripts() {
        maintainer_script postinst <<END
if [ "\$1" = configure ]; then
        for unit in $2; do
                deb-systemd-helper enable \$unit >/dev/null || true
        done
        if [ -d /run/systemd/system ]; then
                systemctl --system daemon-reload >/dev/null || true
                if [ -z "\$2" ]; then
                        deb-systemd-invoke start $2 >/dev/null || true
                elif [ $1 = restart ]; then
                        deb-systemd-invoke restart $2 >/dev/null || true
                fi
        fi
fi
END
        maintainer_script prerm <<END
if [ -d /run/systemd/system ] && [ "\$1" = remove ]; then
        deb-systemd-invoke stop $2 >/dev/null || true
fi
END
        maintainer_script postrm <<END
if [ "\$1" = purge ]; then
        for unit in $2; do
                deb-systemd-helper purge \$unit >/dev/null || true
        done
fi
[ ! -d /run/systemd/system ] || systemctl --system daemon-reload >/dev/null || true
END
}

# ship: builds it, and puts it into the repository.
ship() {
        dpkg-deb --root-owner-group -Znone -b "$TREE" "$WORK/debs/${NAME}_$VERSION.deb" >/dev/null
        publish "$WORK/debs/${NAME}_$VERSION.deb"
}

# publish DEB...: into the repository of the machine, on or off. dpkg-scanpackages would take ten times as long, mostly to start.
publish() {
        for deb; do
                published=${deb##*/}
                cp "$deb" "$ROOT/srv/repository"
                {
                        dpkg-deb --field "$deb"
                        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$published" "$(stat -c %s "$deb")" \
                                "$(sha256sum <"$deb" | cut -d ' ' -f 1)"
                } >"$ROOT/srv/repository/$published.stanza"
        done
        cat "$ROOT/srv/repository"/*.stanza >"$ROOT/srv/repository/Packages"
}

# apt COMMAND ARGUMENT...: in the machine, on or off, with the packages published until now.
apt() {
        expect 0 apt-get -q update
        expect 0 apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

# settled: dpkg has nothing that is half done.
assert_settled() {
        audit=$(chroot "$ROOT" dpkg --audit) || fail "dpkg --audit failed"
        [ -z "$audit" ] || fail "dpkg has something half done: $audit"
}

# assert_installed PACKAGE VERSION
assert_installed() {
        # shellcheck disable=SC2016 # dpkg's own variables
        installed=$(chroot "$ROOT" dpkg-query -W -f '${db:Status-Status} ${Version}' "$1")
        [ "$installed" = "installed $2" ] || fail "$1 is $installed, not installed $2"
}

# assert_ran_once PACKAGE ID...: its migrations wrote their markers, each once.
assert_ran_once() {
        package=$1
        shift
        for id; do
                assert_content "/var/lib/$package/$(echo "$id" | tr / -)" 'done'
        done
}
