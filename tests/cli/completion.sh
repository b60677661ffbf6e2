#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The completions, in the shells that they are for: verbs, options and their values, packages, migrations.

. "${0%/*}/lib.sh"
need_root

COMPLETION=$(cd "${0%/*}/../../packaging/completion" && pwd)
export DEPLOY_MIGRATE_LIBEXECDIR="$COMPLETION"

# With the tree's own program as deploy-migrate.
ship() {
        migration sample 1.1.0/001_x
        migration sample 1.1.0/002_y
        migration g++ 1.1.0/001_x
        upgraded sample 1.0 1.1
        upgraded g++ 1.0 1.1
        mkdir -p "$WORK/bin"
        ln -sf "$DEPLOY_MIGRATE" "$WORK/bin/deploy-migrate"
        PATH=$WORK/bin:$PATH
        mkdir -p "$WORK/home"
}

# Each prints what the shell offers for the last word of the command line, one on a line.
in_bash() {
        cat >"$WORK/bashrc" <<END
PS1=
stty cols 500 -echo
bind '"\C-x": possible-completions'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
. "$COMPLETION/bash/deploy-migrate"
echo READY\$((1 + 1))
END
        : >"$WORK/typed"
        {
                await grep -q READY2 "$WORK/typed"
                printf '%s\030' "$*"
                await list_typed >/dev/null
                printf '\025exit\n'
        } | TERM=dumb script -qfc "bash --noprofile --rcfile '$WORK/bashrc' -i" "$WORK/typed" >/dev/null
        list_typed
}

# What bash has listed on its terminal, which shows nothing of what is typed.
list_typed() {
        tr -d '\r' <"$WORK/typed" | sed '1,/READY2/d; /^exit$/,$d' | tr -s ' ' '\n' | grep .
}

in_zsh() {
        zsh -f "${0%/*}/offered-by.zsh" "$COMPLETION/zsh" "$WORK/zcompdump" "$*"
}

in_fish() {
        # shellcheck disable=SC2016 # for fish
        HOME=$WORK/home fish --no-config -c 'source $argv[1]; complete -C "$argv[2..]"' "$COMPLETION/fish/deploy-migrate.fish" "$@"
}

# offers SHELL WORDS WORD...: for WORDS, of which the last one is completed, exactly these.
offers() {
        in=in_$1 given=$2
        shift 2
        case $given in
        *' ') set -- "$@" -- $given '' ;;
        *) set -- "$@" -- $given ;;
        esac
        wanted=
        while [ "$1" != -- ]; do
                wanted="$wanted$1 "
                shift
        done
        shift
        got=$($in "$@" | cut -f 1 | sort -u | tr '\n' ' ')
        [ "$got" = "$wanted" ] || fail "$in offers for '$given': $got, instead of: $wanted"
}

assert_completes() {
        command -v "$1" >/dev/null || skip "$1 is missing"
        ship
        offers "$1" 'deploy-migrate sta' status
        offers "$1" 'deploy-migrate help un' undo
        offers "$1" 'deploy-migrate status --e' --exit-code
        offers "$1" 'deploy-migrate run --sandbox ' off on
        offers "$1" "deploy-migrate --root $ROOT status " g++ sample
        offers "$1" "deploy-migrate --root $ROOT retry -q s" sample
        offers "$1" "deploy-migrate --root $ROOT mark sample " 1.1.0/001_x 1.1.0/002_y
        offers "$1" "deploy-migrate --root $ROOT mark sample 1.1.0/001_x s" skipped
}

test_bash() {
        command -v script >/dev/null || skip 'script(1) is missing'
        assert_completes bash
        offers bash 'deploy-migrate status --color=a' always auto
        offers bash 'deploy-migrate status --color = ne' never # as bash has it
}

test_zsh() {
        assert_completes zsh
        offers zsh 'deploy-migrate status --color=a' --color=always --color=auto
        : >"$WORK/home/only"
        offers zsh "deploy-migrate lint $WORK/home/o" only
}

test_fish() {
        assert_completes fish
        offers fish 'deploy-migrate status --color=a' --color=always --color=auto
}

# Of each verb what its help has, so that nothing has to be kept in step.
test_all_verbs_and_options() {
        ship
        "$COMPLETION/complete" 1 deploy-migrate '' | sort >"$WORK/verbs"
        for verb in run plan preview status history retry accept mark baseline undo forget lint help; do
                grep -qx "$verb" "$WORK/verbs" || fail "$verb isn't offered"
                "$COMPLETION/complete" 2 deploy-migrate "$verb" - >"$WORK/options"
                [ "$verb" = help ] || grep -qx -e --json "$WORK/options" || fail "no options of $verb are offered"
        done
}

run_tests
