#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Renames the key "name" to "title" in /etc/<package>/config.json: the same as 001_rename_key in C, as a shell script. The
# package needs jq in its Depends.

set -eu

old=name new=title
config=${DPKG_ROOT-}/etc/$DEPLOY_MIGRATE_PACKAGE/config.json

# Prints "done", "todo" or "both". A missing file needs no migration.
state() {
        [ -e "$config" ] || { echo "done"; return; }
        jq -r --arg old "$old" --arg new "$new" \
                'if has($old) then if has($new) then "both" else "todo" end else "done" end' "$config"
}

# A statement of its own, so that a failing jq is noticed.
state=$(state) || { echo "$config: can't be read as JSON" >&2; exit 2; }
case $1/$state in
*/both)
        echo "$config: has both \"$old\" and \"$new\": remove the one that is wrong" >&2
        exit 2
        ;;
check/done | migrate/done)
        exit 0
        ;;
check/todo)
        exit 1
        ;;
migrate/todo)
        # The new file is complete before it gets its name, and has the owner and the mode of the old one.
        cp -p "$config" "$config.new"
        jq --arg old "$old" --arg new "$new" \
                'with_entries(if .key == $old then .key = $new else . end)' "$config" >"$config.new"
        sync "$config.new"
        mv "$config.new" "$config"
        sync "${config%/*}"
        ;;
*)
        echo "usage: $0 check|migrate" >&2
        exit 2
        ;;
esac
