#!/bin/sh
# @NAME@: say in a sentence what changes, and why.
#
# check only looks: it exits with 0 if the effect is there, with 1 if it isn't, and with anything else if it can't tell.
# migrate brings the effect about in the simplest way: all that it changes lands at once, or nothing does.

set -eu

config=${DPKG_ROOT-}/etc/$DEPLOY_MIGRATE_PACKAGE/config

case $1 in
check)
        [ -e "$config" ] || exit 0 # there is nothing to migrate
        # FILL IN (1): is the effect there? For a key that gets a new name, since grep's exit statuses mean the same as ours:
        #     exec grep -q '^new_key=' "$config"
        echo "check isn't written yet" >&2
        exit 2
        ;;
migrate)
        # FILL IN (2): bring it about, for example
        #     sed -i 's/^old_key=/new_key=/' "$config"
        echo "migrate isn't written yet" >&2
        exit 2
        ;;
esac
