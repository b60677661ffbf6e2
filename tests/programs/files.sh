#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tools of Debian that change configuration and accounts, as migrations. examples.sh has others.

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

# Done directly, the check leaves its logs and temporary directories.
test_check_by_nginx_itself() {
        BEFORE='
                printf "server {\n listen 8080;\n root /srv;\n spdy on;\n}\n" >/etc/nginx/sites-available/sample
                ln -s ../sites-available/sample /etc/nginx/sites-enabled/'
        WRITES='["/etc/nginx", "/var/log/nginx", "/var/lib/nginx"]' KEYS='"check_scratch": true, '
        OPAQUE='var/log/nginx var/lib/nginx'
        CHECK='nginx -t -q 2>/dev/null || exit 1'
        MIGRATE='
                sed -i "/spdy/d" /etc/nginx/sites-available/sample
                halfway'
        migrate
        assert_same 'nginx -t 2>&1'
        assert_says successful
        assert_undone
}

run_tests
