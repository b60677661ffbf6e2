# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a migration of two functions, in any POSIX shell:
#
#     #!/bin/sh
#     . "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"
#     config=$root/etc/$package/config
#
#     check() {
#             exists "$config" || there # there is nothing to migrate
#             key_is_set "$config" new_key && there
#             not_there
#     }
#
#     migrate() {
#             key_rename "$config" old_key new_key
#     }
#
#     migration "$@"
#
# set -eu holds. $root comes before every path of the system, and is empty on a running one; $package is the package's name.
#
# check answers with "there" or "not_there", outside of ( ) and of pipes. However else it ends, that is an error, never an answer. grep and
# getent return 1 if they found nothing; all else that goes wrong with them ends the migration, as with exists, which follows links. A
# command on the left of a pipe can fail unseen: use a variable, as in text=$(command).
#
#     fail TEXT             the migration can't go on, also from within $( ) and ( )
#     later TEXT            migrate can't be done now: it is tried again at a later run
#     progress 30/100 TEXT  or 30%, shown by run and status
#
# Edits keep a file's comments, owner, mode, attributes and names. They replace it whole, so that a crash can't leave a part of it even with
# "writes": "*", unless it has more than one name.
#
#     edit FILE COMMAND...       writes to FILE what the command makes of it, from standard input to standard output:
#                                edit "$config" sed 's/a/b/'; for INI: edit "$config" crudini --set - section key value
#     json_edit FILE FILTER...   by jq(1): json_edit "$config" '.new = .old | del(.old)'; further options of jq may follow
#     key_get FILE KEY           prints the value of the last KEY=VALUE; 1 if there is none
#     key_is_set FILE KEY
#     key_set FILE KEY VALUE     replaces the value, or adds a line
#     key_rename FILE OLD NEW    an error if NEW is there already
#     key_remove FILE KEY
#
# There may be blanks around the "=". YAML and TOML are edited by the kit for Python.

set -eu

# shellcheck disable=SC2034 # for the migration
root=${DPKG_ROOT-}
# shellcheck disable=SC2034
package=${DEPLOY_MIGRATE_PACKAGE:?}

# ---- The two functions ----

fail() {
        [ $# -eq 0 ] || printf '%s\n' "$*" >&2
        kill -s USR1 $$ # exit alone would end no more than a subshell
        exit 2
}

later() {
        printf '%s\n' "$*" >&2
        exit 75
}

there() {
        trap - EXIT
        exit 0
}

not_there() {
        trap - EXIT
        exit 1
}

# kit_end STATUS: of a check that has ended without an answer.
kit_end() {
        [ "$1" -eq 2 ] || echo "check ended with status $1 and without an answer: there, or not_there" >&2
        exit 2
}

migration() {
        trap 'exit 2' USR1
        case ${1-} in
        check)
                trap 'kit_end $?' EXIT
                check
                ;;
        migrate) migrate ;;
        *) fail "usage: $0 check|migrate" ;;
        esac
}

progress() {
        echo "$*" >&"${DEPLOY_MIGRATE_PROGRESS_FD:-3}" || : # by hand there is nobody to read it
} 2>/dev/null

# ---- Programs whose exit status is an answer ----

grep() {
        kit_status=0
        command grep "$@" || kit_status=$?
        [ "$kit_status" -le 1 ] || fail "grep ended with status $kit_status: grep $*"
        return "$kit_status"
}

getent() {
        kit_status=0
        command getent "$@" || kit_status=$?
        case $kit_status in
        0) return 0 ;;
        2) return 1 ;;
        *) fail "getent ended with status $kit_status: getent $*" ;;
        esac
}

exists() {
        kit_said=$(LC_ALL=C stat -L -c '' -- "$1" 2>&1) && return 0
        case $kit_said in
        *': No such file or directory' | *': Not a directory') return 1 ;;
        *) fail "$kit_said" ;;
        esac
}

# ---- Edits ----

kit_need_file() {
        [ -f "$1" ] && [ -r "$1" ] || fail "$1: isn't a file that can be read"
}

# kit_replace FILE NEW: gives it the new content.
kit_replace() {
        if [ -L "$1" ] || [ "$(stat -c %h "$1")" -gt 1 ]; then
                cat "$2" >"$1"
        else
                cp -a "$1" "$1.kit-new" && cat "$2" >"$1.kit-new" && mv "$1.kit-new" "$1"
        fi
}

edit() {
        kit_need_file "$1"
        kit_file=$1
        kit_new=$(mktemp)
        shift
        kit_status=0
        "$@" <"$kit_file" >"$kit_new" || kit_status=$?
        [ "$kit_status" -ne 0 ] || cmp -s "$kit_new" "$kit_file" || kit_replace "$kit_file" "$kit_new" || kit_status=$?
        rm -f "$kit_new"
        [ "$kit_status" -eq 0 ] || fail "$kit_file: can't be edited: $1 ended with status $kit_status"
}

# Prints jq's option for the indentation that is used.
kit_find_indentation() {
        awk '/^\t/ { print "--tab"; found = 1; exit }
             match($0, /^ +/) { print "--indent=" (RLENGTH < 7 ? RLENGTH : 7); found = 1; exit }
             END { if (!found) print "--compact-output" }' "$1"
}

json_edit() {
        kit_need_file "$1"
        kit_json=$1
        kit_indentation=$(kit_find_indentation "$kit_json")
        shift
        case $kit_indentation in
        --indent=*) edit "$kit_json" jq --indent "${kit_indentation#*=}" "$@" ;;
        *) edit "$kit_json" jq "$kit_indentation" "$@" ;;
        esac
}

# kit_awk KEY OTHER PROGRAM: for each line, name is its key and rest what follows it, from the "=" and the blanks around it on.
kit_awk() {
        KIT_KEY=$1 KIT_OTHER=$2 awk '
                BEGIN { key = ENVIRON["KIT_KEY"]; other = ENVIRON["KIT_OTHER"] }
                {
                        match($0, /^[ \t]*/)
                        blanks = substr($0, 1, RLENGTH)
                        line = substr($0, RLENGTH + 1)
                        name = rest = ""
                        if (match(line, /[ \t]*=[ \t]*/)) {
                                name = substr(line, 1, RSTART - 1)
                                equals = substr(line, RSTART, RLENGTH)
                                rest = substr(line, RSTART + RLENGTH)
                        }
                }'"$3"
}

key_get() {
        kit_need_file "$1"
        kit_status=0
        kit_awk "$2" '' 'name == key { value = rest; found = 1 } END { if (!found) exit 1; print value }' <"$1" || kit_status=$?
        [ "$kit_status" -le 1 ] || fail "$1: can't be read"
        return "$kit_status"
}

key_is_set() {
        key_get "$@" >/dev/null
}

key_set() {
        edit "$1" kit_awk "$2" "$3" '
                name == key { $0 = blanks name equals other; found = 1 }
                { print }
                END { if (!found) print key "=" other }'
}

key_rename() {
        ! key_is_set "$1" "$3" || fail "$1: has $3 already"
        edit "$1" kit_awk "$2" "$3" 'name == key { $0 = blanks other equals rest } { print }'
}

key_remove() {
        edit "$1" kit_awk "$2" '' 'name != key { print }'
}
