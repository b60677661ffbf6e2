#!/bin/sh
# @NAME@: say in a sentence what changes, and why.

# What it offers is said in its head; deploy-migrate must be in the package's Depends.
# shellcheck disable=SC1090,SC2154 # it sets $root and $package
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

config=$root/etc/$package/config

# Only looks, and answers: there, or not_there. All else is an error.
check() {
        exists "$config" || there # there is nothing to migrate
        # FILL IN (1): is the effect there? For a key that gets a new name:
        #     key_is_set "$config" new_key && there
        #     not_there
        fail "check isn't written yet"
}

# Brings the effect about in the simplest way: all that it changes lands at once, or nothing does.
migrate() {
        # FILL IN (2): bring it about, for example
        #     key_rename "$config" old_key new_key
        fail "migrate isn't written yet"
}

migration "$@"
