#!/bin/sh
# The package was called old-name: takes over its configuration and its data. "formerly" in package.json says from which version on, for the new
# name has no history. In debian/control, Replaces and Breaks have removed the old package.

# shellcheck disable=SC1090,SC2154 # it sets $root and $package
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

config=$root/etc/$package/config
old_config=$root/etc/old-name/config
data=$root/var/lib/$package
old_data=$root/var/lib/old-name

check() {
        if exists "$old_config" || exists "$old_data"; then
                not_there
        fi
        there
}

migrate() {
        if exists "$old_config"; then
                # dpkg has just unpacked the new default. What the administrator had counts, and the default stays to compare with.
                mkdir -p "${config%/*}"
                ! exists "$config" || mv "$config" "$config.dpkg-dist"
                mv "$old_config" "$config"
                rmdir "${old_config%/*}" 2>/dev/null || : # there may be other files in it
                ! directory=$(key_get "$config" directory) || [ "$directory" != /var/lib/old-name ] ||
                        key_set "$config" directory "/var/lib/$package"
        fi
        if exists "$old_data"; then
                # The new package may ship the directory, empty; nothing is mixed.
                ! exists "$data" || rmdir "$data" || fail "$data has something in it, and so has $old_data: move what belongs there"
                mv "$old_data" "$data" # to another declared directory: mv copies it
        fi
}

migration "$@"
