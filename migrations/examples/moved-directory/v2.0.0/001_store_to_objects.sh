#!/bin/sh
# Moves the data from /var/lib/moved-directory/store to /var/lib/moved-directory/objects, and says so in the configuration. Who keeps the data
# elsewhere has told that in the configuration, and nothing happens to it.

# shellcheck disable=SC1090,SC2154 # it sets $root and $package
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

config=$root/etc/$package/config
old=/var/lib/$package/store
new=/var/lib/$package/objects

# Whether the configuration still names the old directory. It may name none.
names_old() {
        exists "$config" || return 1
        named=$(key_get "$config" directory) || return 1
        [ "${named%/}" = "$old" ]
}

check() {
        if names_old || exists "$root$old"; then
                not_there
        fi
        there
}

migrate() {
        if exists "$root$old"; then
                # The new package may have made the new one, empty; nothing is mixed.
                ! exists "$root$new" || rmdir "$root$new" || fail "$new is there, with something in it, and so is $old: move what belongs there"
                mv "$root$old" "$root$new" # within one declared directory: nothing is copied
        fi
        ! names_old || key_set "$config" directory "$new"
}

migration "$@"
