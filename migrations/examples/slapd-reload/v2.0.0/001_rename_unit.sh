#!/bin/sh
# Renames ou=people to ou=members in a directory of OpenLDAP, by dump and reload: slapcat and slapadd need no server. They open the database for
# writing, which "check_scratch" lets check do.

# shellcheck disable=SC1090,SC2154 # it sets $root
. "${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"

data=$root/var/lib/ldap

# The configuration names the directory of the data without $root.
read_config() {
        rm -rf /tmp/slapd.d
        cp -r "$root/etc/ldap/slapd.d" /tmp/slapd.d
        sed -i "s|^olcDbDirectory: |&$root|" /tmp/slapd.d/cn=config/olcDatabase=*mdb.ldif
}

dump() {
        slapcat -o ldif-wrap=no -F /tmp/slapd.d -n 1 2>/tmp/log || fail "slapcat: $(cat /tmp/log)"
}

check() {
        exists "$data/data.mdb" || there
        read_config
        entries=$(dump)
        ! echo "$entries" | grep -qi '^dn: \(.*,\)\?ou=people,' || not_there
        there
}

migrate() {
        read_config
        dump >/tmp/old.ldif
        # In names of entries, and in what refers to them.
        sed -e 's/\<ou=people,/ou=members,/g' -e 's/^ou: people$/ou: members/' /tmp/old.ldif >/tmp/new.ldif
        owner=$(stat -c %u:%g "$data/data.mdb")
        rm "$data"/*.mdb
        slapadd -q -F /tmp/slapd.d -n 1 -l /tmp/new.ldif 2>/tmp/log || fail "slapadd: $(cat /tmp/log)"
        chown "$owner" "$data"/*.mdb
}

migration "$@"
