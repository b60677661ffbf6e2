#!/bin/sh
# Changes a setting of the package's configuration for nginx, and lets nginx say whether it understands the whole. It opens its logs for that, which
# "check_scratch" lets check do.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

config=$root/etc/nginx/conf.d/app.conf

check() {
        exists "$config" || there
        ! grep -q '^ *server_tokens on;' "$config" || not_there
        [ -n "$root" ] || nginx -t 2>/tmp/log || fail "$(cat /tmp/log)" # it knows no other root
        there
}

migrate() {
        edit "$config" sed 's/^\( *server_tokens\) on;/\1 off;/'
}

migration "$@"
