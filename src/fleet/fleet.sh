#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the programs of deploy-migrate-fleet share: the settings of fleet.conf, time, and calls of etcd. A script sources this file, and calls
# fleet_begin. Locks and leases are etcd's: each decision is one transaction of it.
#
# Below /deploy-migrate/GROUP/ in etcd, the keys with a lease marked by *:
#   limit, canary, max-failures   numbers; without them 1, 0 and 1
#   stop                          TIME HOST REASON
#   slot/I *                      HOST TIME WHAT
#   trial/PACKAGE@TO/HOST *       a host that is among the first ones
#   serial/PACKAGE@TO             changes whenever one of these begins
#   once/PACKAGE/ID *             HOST
#   passed/PACKAGE@TO/HOST        TIME
#   failed/PACKAGE@TO/HOST        TIME PHASE REASON; PHASE is canary or fleet
#   role/canary/HOST              TIME; hosts whose ROLE is canary
#
# Environment: DPKG_ROOT.
#
# shellcheck disable=SC2034,SC2154 # variables that the script that sources this uses, and sets

# What turn_ask and the programs exit with, if it isn't 0.
STOPPED=1 REFUSED=2 UNREACHABLE_NOW=69 NOT_NOW=75

# ---- Settings ----

# fleet_begin [GROUP]: reads them, and tells etcdctl.
fleet_begin() {
        root=${DPKG_ROOT:-}
        conf=$root/etc/deploy-migrate/fleet.conf
        state=$root/run/deploy-migrate/.fleet # no package is called so
        ENDPOINTS='' CACERT='' CERT='' KEY='' USER='' PASSWORD_FILE=''
        GROUP=default HOST='' ROLE='' TTL=60 WAIT=300 POLL=10 UNREACHABLE=wait
        [ ! -e "$conf" ] || { check_trust "$conf" 022 && read_settings <"$conf"; }
        GROUP=${1:-$GROUP}
        [ -n "$HOST" ] || HOST=$(uname -n)
        check_settings
        prefix=/deploy-migrate/$GROUP
        lease='' token='' until=0 announced='' answer_within=6
        export_settings
}

read_settings() {
        while read -r line || [ -n "$line" ]; do
                key=${line%%=*} value=${line#*=}
                case $line in
                '' | '#'*) ;;
                ENDPOINTS=* | CACERT=* | CERT=* | KEY=* | USER=* | PASSWORD_FILE=* | GROUP=* | HOST=* | ROLE=* | TTL=* | WAIT=* | POLL=* | UNREACHABLE=*)
                        eval "$key=\$value"
                        ;;
                *) die "$conf: '$key' is no setting; see deploy-migrate-fleet(8)" ;;
                esac
        done
}

# check_trust FILE MODES: it is root's, and has none of these modes.
check_trust() {
        [ -n "$(find -L "$1" -maxdepth 0 -user 0 ! -perm "/$2")" ] ||
                die "$1: it isn't root's alone; 'chown root $1 && chmod go-rwx $1' makes it so"
}

check_settings() {
        check_word GROUP "$GROUP"
        check_word HOST "$HOST"
        check_number TTL "$TTL" 3
        check_number WAIT "$WAIT" 0
        check_number POLL "$POLL" 1
        case $ROLE in
        '' | canary) ;;
        *) die "$conf: ROLE is canary or nothing, not '$ROLE'" ;;
        esac
        case $UNREACHABLE in
        wait | go) ;;
        *) die "$conf: UNREACHABLE is wait or go, not '$UNREACHABLE'" ;;
        esac
}

check_word() {
        case $2 in
        '' | *[!A-Za-z0-9._-]*) die "$conf: $1 consists of letters, digits, '.', '_' and '-', unlike '$2'" ;;
        esac
}

# check_number NAME VALUE LEAST
check_number() {
        case $2 in
        '' | *[!0-9]* | ???????*) die "$conf: $1 is a number of seconds, unlike '$2'" ;;
        esac
        [ "$2" -ge "$3" ] || die "$conf: $1 is at least $3, unlike $2"
}

# Nothing of this is in an argument, which other users could see.
export_settings() {
        export ETCDCTL_API=3 ETCDCTL_ENDPOINTS="$ENDPOINTS" ETCDCTL_DIAL_TIMEOUT=2s ETCDCTL_COMMAND_TIMEOUT=4s
        [ -z "$CACERT" ] || export ETCDCTL_CACERT="$root$CACERT"
        [ -z "$CERT" ] || export ETCDCTL_CERT="$root$CERT"
        [ -z "$KEY" ] || export ETCDCTL_KEY="$root$KEY"
        [ -n "$USER" ] || return 0
        password=''
        [ ! -e "$root$PASSWORD_FILE" ] || [ -z "$PASSWORD_FILE" ] || check_trust "$root$PASSWORD_FILE" 077
        [ -z "$PASSWORD_FILE" ] || read -r password <"$root$PASSWORD_FILE" || [ -n "$password" ] || die "$root$PASSWORD_FILE: can't be read"
        export ETCDCTL_USER="$USER:$password"
}

die() {
        echo "$*" >&2
        exit "$REFUSED"
}

# ---- Time, in hundredths of a second of CLOCK_BOOTTIME ----

# Sets now to when cat was started. /proc/uptime is the same clock, but not in containers whose /proc is lxcfs's.
set_now() {
        # shellcheck disable=SC2046 # words
        set -- $(cat /proc/self/stat)
        now=${22}
}

# seconds HUNDREDTHS: "1.05"
seconds() {
        printf '%d.%02d' $(($1 / 100)) $(($1 % 100))
}

# jitter: between half of POLL and one and a half of it, in hundredths of a second.
jitter() {
        echo $((POLL * 50 + $(od -An -N2 -tu2 /dev/urandom) % (POLL * 100)))
}

# ---- etcd ----

# etcd SECONDS ARGUMENT...: calls etcdctl, with what it prints in answer. 69: it doesn't answer; 2: it refuses; the reason is in trouble then.
etcd() {
        limit_of_call=$1
        shift
        if answer=$(timeout --kill-after=1 "$limit_of_call" etcdctl "$@" 2>&1 8>&- 9>&-); then
                return 0
        fi
        trouble=$(printf '%s\n' "$answer" | sed -nE 's/^Error: *//p' | tail -n 1)
        case $trouble in
        *'context deadline exceeded'* | '')
                trouble="none of $ENDPOINTS answers"
                return "$UNREACHABLE_NOW"
                ;;
        *'permission denied'* | *'authentication'* | *'user name'* | *'lease not found'* | *'not enabled'*) return "$REFUSED" ;;
        *) return "$UNREACHABLE_NOW" ;;
        esac
}

# transaction COMPARISONS REQUESTS: 1 if a comparison is false. It waits for an answer for as many seconds as answer_within says.
transaction() {
        etcd "$answer_within" txn --write-out=fields <<END || return
${1:+$1
}
$2


END
        case $answer in
        *'"Succeeded" : true'*) return 0 ;;
        *'"Succeeded" : false'*) return 1 ;;
        esac
        trouble="etcdctl says '$answer'"
        return "$UNREACHABLE_NOW"
}

# text WORD...: as a value of etcd: printable, in one line, and without what would have to be quoted.
text() {
        printf '%s' "$*" | tr -d '[:cntrl:]"\\' | cut -c -300 | iconv -c -f UTF-8 -t UTF-8
}
