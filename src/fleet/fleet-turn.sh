#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A turn, for programs that have called fleet_begin: it is asked for with turn_ask, kept with turn_keep, and given back with turn_end. In come
# package, to and once. The keys of etcd are listed in fleet.sh.
#
# shellcheck disable=SC2034,SC2154 # variables that the script that sources this uses, and sets

# ---- The look at all that decides ----

# look: one transaction that reads it.
look() {
        subject=$package@$to
        # A canary makes itself known, once.
        announce=''
        [ "$ROLE" != canary ] || [ -n "$announced" ] || announce="
put $prefix/role/canary/$HOST $(date +%s)"
        transaction '' "get $prefix/stop
get $prefix/limit
get $prefix/canary
get $prefix/slot/ --prefix
get $prefix/trial/$subject/ --prefix
get $prefix/serial/$subject
get $prefix/passed/$subject/ --prefix --limit=1 --keys-only
get $prefix/role/canary/ --prefix --limit=1 --keys-only
get $prefix/once/$package/${once:--}$announce" || return
        announced=1
}

# decide: prints what answer makes of it: "go SLOT MOD LIMIT_MOD CANARY_MOD ONCE_MOD SERIAL_MOD PHASE": that slot if it and the other keys still
# have these revisions, "-" for a serial that doesn't matter; "stop REASON"; "wait REASON".
decide() {
        printf '%s\n' "$answer" | awk -v prefix="$prefix/" -v lease="${lease:+$((0x$lease))}" -v host="$HOST" -v role="$ROLE" -v subject="$subject" \
                -v once="$once" -v chance="$(od -An -N2 -tu2 /dev/urandom)" "$DECIDE"
}

# shellcheck disable=SC2016 # awk's own
DECIDE='
function unquoted(line) {
        sub(/^"[A-Za-z]*" : "/, "", line)
        return substr(line, 1, length(line) - 1)
}
function rest(text, n) {
        while (n-- > 0)
                sub(/^[^ ]* */, "", text)
        return text
}
function first(text) {
        sub(/ .*/, "", text)
        return text
}
/^"Key" : / { key = substr(unquoted($0), length(prefix) + 1) }
/^"ModRevision" : / { mod[key] = $3 }
/^"Value" : / { value[key] = unquoted($0) }
/^"Lease" : / {
        # As strings: awk numbers are too short to tell two leases that follow each other apart.
        mine[key] = lease != "" && ($3 "") == (lease "")
        if (key ~ /^slot\//) {
                used++
                holders = holders (used > 1 ? ", " : "") first(value[key])
                if (mine[key])
                        own = substr(key, 6)
        } else if (key ~ "^trial/") {
                trials++
                trial_hosts = trial_hosts (trials > 1 ? ", " : "") first(value[key])
                own_trial = own_trial || mine[key]
        } else if (key ~ /^once\//)
                once_key = key
}
/^"Count" : / { count[++answers] = $3 }
END {
        limit = "limit" in value ? value["limit"] + 0 : 1
        if (limit > 99999)
                limit = 99999
        canary = value["canary"] + 0
        passed = count[7]
        if (own == "" && "stop" in value) {
                print "stop", first(rest(value["stop"], 1)) ": " rest(value["stop"], 2)
                exit
        }
        phase = passed < canary ? "canary" : "fleet"
        if (once_key != "" && !mine[once_key]) {
                print "wait", first(value[once_key]), "is at", once
                exit
        }
        if (phase == "canary" && !own_trial) {
                if (count[8] > 0 && role != "canary") {
                        print "wait", passed + 0 " of " canary " canaries have passed " subject ", and this host is none"
                        exit
                }
                if (passed + trials >= canary) {
                        print "wait", passed + 0 " of " canary " canaries have passed " subject "; at it: " trial_hosts
                        exit
                }
        }
        if (own == "") {
                for (key in mod)
                        if (key ~ /^slot\// && substr(key, 6) + 0 > limit)
                                above++
                # After the limit was lowered, so many that they and who holds one above them are no more than it.
                for (last = limit; last > 0 && last + above > limit; last--)
                        above += ("slot/" last) in mod
                for (i = 1; i <= last; i++)
                        if (!(("slot/" i) in mod))
                                free[++n] = i
                if (n == 0) {
                        print "wait", used + 0 " of " limit " slots are in use" (used ? ": " holders : "")
                        exit
                }
                own = free[chance % n + 1]
        }
        serial = phase == "canary" && !own_trial ? mod["serial/" subject] + 0 : "-"
        print "go", own, mod["slot/" own] + 0, mod["limit"] + 0, mod["canary"] + 0, mod[once_key] + 0, serial, phase
}'

# ---- A turn ----

# turn_ask: asks once, for package, to and once. Sets reason unless it is granted, else token, phase, lease and until. The slot is the
# host's: whoever on this host takes part in it has a shared lock on descriptor 9; descriptor 8 is for one at a time to ask or to give back.
turn_ask() {
        mkdir -p "${state%/*}"
        exec 8>>"$state.lock"
        flock --timeout 60 8 || {
                reason="another turn of this host is being asked for" && return "$NOT_NOW"
        }
        turn_try
        asked=$?
        [ $asked -ne 0 ] || {
                echo "$lease" >"$state.lease"
                exec 9>>"$state.turn"
                flock --shared 9
        }
        exec 8>&-
        return $asked
}

turn_try() {
        lease=''
        [ ! -s "$state.lease" ] || read -r lease <"$state.lease"
        granted_now=''
        for _ in 1 2 3 4 5; do
                look || {
                        asked=$?
                        reason="etcd: $trouble"
                        break
                }
                decision=$(decide)
                case $decision in
                'go '*)
                        # shellcheck disable=SC2086 # words
                        turn_take ${decision#go }
                        asked=$?
                        ;;
                'stop '*)
                        asked=$STOPPED
                        reason="the fleet is stopped by ${decision#stop }; 'deploy-migrate-fleet resume' lets it go on"
                        break
                        ;;
                *)
                        asked=$NOT_NOW
                        reason="not now: ${decision#wait }"
                        break
                        ;;
                esac
                [ $asked -ne 0 ] || return 0
        done
        # What a transaction without an answer may have taken goes, too.
        [ -z "$granted_now" ] || etcd 5 lease revoke "$lease" </dev/null || :
        return $asked
}

# turn_take SLOT MOD LIMIT_MOD CANARY_MOD ONCE_MOD SERIAL_MOD PHASE: NOT_NOW if another host was faster.
turn_take() {
        slot=$1 phase=$7
        turn_lease || {
                asked=$?
                reason="etcd: $trouble"
                return $asked
        }
        comparisons="mod(\"$prefix/slot/$slot\") = \"$2\"
mod(\"$prefix/limit\") = \"$3\"
mod(\"$prefix/canary\") = \"$4\""
        # One's own slot may be entered again although the fleet has been stopped since: the host is in the middle of it.
        [ "$2" -ne 0 ] || comparisons="$comparisons
mod(\"$prefix/stop\") = \"0\""
        requests="put $prefix/slot/$slot \"$HOST $(date +%s) $(text "$what")\" --lease=$lease"
        [ "$phase" != canary ] || requests="$requests
put $prefix/trial/$subject/$HOST \"$HOST\" --lease=$lease"
        [ "$6" = - ] || {
                comparisons="$comparisons
mod(\"$prefix/serial/$subject\") = \"$6\""
                requests="$requests
put $prefix/serial/$subject $HOST"
        }
        [ -z "$once" ] || {
                comparisons="$comparisons
mod(\"$prefix/once/$package/$once\") = \"$5\""
                requests="$requests
put $prefix/once/$package/$once \"$HOST\" --lease=$lease"
        }
        transaction "$comparisons" "$requests"
        asked=$?
        case $asked in
        0)
                token=$(printf '%s\n' "$answer" | sed -n '/^"Revision" : /{s///p;q}')
                set_now
                [ "$now" -lt "$until" ] || {
                        reason='not now: etcd took too long to answer'
                        return "$UNREACHABLE_NOW"
                }
                ;;
        1)
                reason='not now: another host was faster'
                asked=$NOT_NOW
                ;;
        *) reason="etcd: $trouble" ;;
        esac
        return $asked
}

# turn_lease: the one that this host has, if it still exists, or else a new one.
turn_lease() {
        set_now
        if [ -n "$lease" ]; then
                turn_keep 5 && return
                [ $? -eq "$REFUSED" ] || return "$UNREACHABLE_NOW"
        fi
        set_now
        etcd 5 lease grant "$TTL" </dev/null || return
        lease=$(printf '%s\n' "$answer" | sed -nE 's/^lease ([0-9a-f]+) granted.*/\1/p')
        granted_now=1
        turn_extend "$now"
}

# turn_extend NOW: what was sent at NOW was answered. The lease can't end before a whole TTL after that.
turn_extend() {
        sent=$1
        until=$((sent + TTL * 200 / 3))
}

# turn_keep SECONDS: asks for the lease to go on, and waits so long for an answer.
turn_keep() {
        set_now
        etcd "$1" lease keep-alive --once "$lease" </dev/null || return
        case $answer in
        *' keepalived '*) turn_extend "$now" ;;
        *)
                trouble="the lease has ended"
                return "$REFUSED"
                ;;
        esac
}

# turn_await: asks until it is granted, for WAIT seconds, or without limit if patient isn't empty; ends the script otherwise. It defines say
# TEXT, which tells what is waited for; pause HUNDREDTHS, which fails if there is no need to wait any more; and go_without REASON, which is
# called instead if etcd doesn't answer and the settings want that.
turn_await() {
        said=''
        set_now
        deadline=$((now + WAIT * 100))
        until turn_ask; do
                case $asked in
                "$NOT_NOW" | "$UNREACHABLE_NOW") ;;
                *) give_up "$asked" ;;
                esac
                set_now
                left=$((deadline - now))
                if [ $left -le 0 ] && [ "$asked" = "$UNREACHABLE_NOW" ] && [ "$UNREACHABLE" = go ] && [ -z "$once" ]; then
                        go_without "goes without a turn: $reason"
                        return
                fi
                [ $left -gt 0 ] || [ -n "$patient" ] || give_up "$NOT_NOW"
                [ "$reason" = "$said" ] || say "$reason"
                said=$reason
                span=$(jitter)
                [ -n "$patient" ] || [ "$span" -lt "$left" ] || span=$left
                pause "$span" || give_up "$NOT_NOW"
        done
}

# turn_end: gives it back. Nobody else of this host goes on with the slot: it goes with the lease.
turn_end() {
        exec 8>>"$state.lock"
        flock --timeout 60 8 || :
        turn_leave
        left=$?
        exec 8>&- 9>&-
        return $left
}

turn_leave() {
        drop=''
        [ -z "$once" ] || drop="$prefix/once/$package/$once"
        trial=''
        [ "$phase" != canary ] || trial=$prefix/trial/$subject/$HOST
        # shellcheck disable=SC2086 # words
        if ! flock --exclusive --nonblock 9; then
                turn_drop $drop $trial
        elif [ -n "$trial" ] && [ -n "${keep_trial-}" ] && turn_drop $drop "$prefix/slot/$slot"; then
                : # The next turn of this host is still that of a canary, if it comes before the lease ends.
        else
                : >"$state.lease"
                turn_revoke
        fi
}

# Tries more than once, since a leader may just have gone; each new one lets all leases begin anew, so that the slot would stay taken for longer.
turn_revoke() {
        for _ in 1 2; do
                etcd 2 lease revoke "$lease" </dev/null
                case $? in
                0 | "$REFUSED") return ;;
                esac
                sleep 0.5
        done
        return "$UNREACHABLE_NOW"
}

# turn_drop [KEY...]: removes them, if this turn has put them, and nobody since.
turn_drop() {
        comparisons='' requests=''
        for key; do
                comparisons="$comparisons${comparisons:+
}mod(\"$key\") = \"$token\""
                requests="$requests${requests:+
}del $key"
        done
        [ -z "$requests" ] || transaction "$comparisons" "$requests"
}
