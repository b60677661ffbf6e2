#!/bin/sh
# The daemon's option --listen-on is called --bind now: in the administrator's overrides of its unit, too. Nothing has to be reloaded: systemd reads
# units that have changed before the service starts.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

unit=$root/etc/systemd/system/unit-override.service

# Prints the files that have the option: a whole unit, or drop-ins.
find_files() {
        for file in "$unit" "$unit.d"/*.conf; do
                [ ! -f "$file" ] || ! grep -qE '^ExecStart=.*[ =]--listen-on[ =]' "$file" || echo "$file"
        done
}

check() {
        files=$(find_files)
        [ -z "$files" ] || not_there
        there
}

migrate() {
        find_files >/tmp/files
        while read -r file; do
                edit "$file" sed -E '/^ExecStart=/s/([ =])--listen-on([ =])/\1--bind\2/'
        done </tmp/files
}

migration "$@"
