#!/bin/sh
# The package's site for Apache was called 000-enabled-sites, and is called enabled-sites now. It is enabled if the old one was: who has disabled
# that doesn't want the new one. apache2 must be in the package's Depends.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

old=000-enabled-sites new=enabled-sites

export APACHE_CONFDIR="$root/etc/apache2" APACHE_STATE_DIRECTORY="$root/var/lib/apache2"
sites=$APACHE_CONFDIR/sites-enabled

# The link may lead nowhere.
check() {
        [ ! -L "$sites/$old.conf" ] || not_there
        there
}

# -m: on behalf of the package, so that what the administrator decides later counts.
migrate() {
        a2ensite -m -q "$new"
        exists "$sites/$new.conf" || fail "$sites/$new.conf: leads nowhere"
        a2dissite -m -q -f "$old"
}

migration "$@"
