#!/bin/sh
# Gives the daemon a system user of its own, and its data to that. The unit of the new version has User=system-user.

# shellcheck disable=SC1090,SC2154 # it sets $root and $package
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

data=$root/var/lib/$package

# Prints UID:GID of the user, or nothing: of the system in $root, which getent doesn't look at.
find_user() {
        awk -F: -v name="$package" '$1 == name { print $3 ":" $4 }' "$root/etc/passwd" || fail "$root/etc/passwd: can't be read"
}

check() {
        user=$(find_user)
        [ -n "$user" ] || not_there
        exists "$data" || there
        others=$(find "$data" ! \( -uid "${user%:*}" -gid "${user#*:}" \) -print -quit) || fail "$data: can't be read"
        [ -z "$others" ] || not_there
        there
}

migrate() {
        user=$(find_user)
        if [ -z "$user" ]; then
                useradd ${root:+--prefix "$root"} --system --user-group --no-create-home --home-dir "/var/lib/$package" \
                        --shell /usr/sbin/nologin "$package"
                user=$(find_user)
        fi
        ! exists "$data" || chown -R -h "$user" "$data"
}

migration "$@"
