#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tools of Debian that change configuration and accounts, as migrations.

. "${0%/*}/lib.sh"

test_adduser_and_chown() {
        BEFORE='mkdir -p /var/lib/sample; for n in 1 2 3; do echo $n >/var/lib/sample/$n; done'
        WRITES='["/etc", "/var/lib/sample"]'
        CHECK='getent passwd sample >/dev/null && [ "$(stat -c %U /var/lib/sample/3)" = sample ] || exit 1'
        MIGRATE='
                adduser --system --group --quiet --home /var/lib/sample --no-create-home sample
                halfway
                chown -R sample:sample /var/lib/sample'
        migrate
        in_root '[ "$(stat -c %U:%G /var/lib/sample/1)" = sample:sample ]'
        assert_undone
}

test_postmap() {
        BEFORE='printf "a@example.org root\n" >/etc/postfix/virtual; postmap hash:/etc/postfix/virtual; postconf -e virtual_alias_maps=hash:/etc/postfix/virtual'
        WRITES='["/etc/postfix"]' OPAQUE=etc/postfix/virtual.db # has a number of its own
        CHECK='[ "$(postmap -q b@example.org hash:/etc/postfix/virtual)" = root ] || exit 1'
        MIGRATE='
                echo "b@example.org root" >>/etc/postfix/virtual
                halfway
                postmap hash:/etc/postfix/virtual
                postconf -e "virtual_alias_domains = example.org"'
        migrate
        assert_same 'postmap -s hash:/etc/postfix/virtual; postconf -h virtual_alias_domains'
        assert_says b@example.org
        assert_undone
}

test_a2ensite() {
        BEFORE='printf "<VirtualHost *:80>\n ServerName sample\n</VirtualHost>\n" >/etc/apache2/sites-available/sample.conf'
        WRITES='["/etc/apache2", "/var/lib/apache2"]'
        CHECK='a2query -q -s sample || exit 1; apachectl -t 2>/dev/null'
        MIGRATE='
                a2ensite -q sample
                halfway
                a2dissite -q 000-default
                a2enmod -q rewrite'
        migrate
        in_root 'a2query -q -m rewrite && ! a2query -q -s 000-default'
        assert_undone
}

run_tests
