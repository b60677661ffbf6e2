#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The versions of packages that had another name before, and of software that dpkg doesn't install.

. "${0%/*}/lib.sh"
need_root

VENDOR=/usr/lib/deploy-migrate

# renamed VERSION: "new", which was "old" before, is installed for the first time.
renamed() {
        migration new 1.1.0/001_x
        migration new 1.2.0/001_y
        write "$VENDOR/new/package.json" '{"formerly": ["oldest", "old"]}'
        package new "$1"
}

# log LINE...: dpkg's.
log() {
        mkdir -p "$ROOT/var/log"
        printf '2026-11-01 10:00:00 %s\n' "$@" >>"$ROOT/var/log/dpkg.log"
}

assert_from() {
        expect 0 plan --json new
        assert_json '.packages[0] | .from + " " + .from_source' "$1"
}

test_the_log_of_a_former_name() {
        renamed 1.2-1
        log 'install old:all <none> 1.1-1' 'install new:all <none> 1.2-1' 'remove old:all 1.1-1 <none>'
        assert_from '1.1-1 formerly'
        expect 0 run new
        assert_ran 1.2.0/001_y
        assert_history new '.[0] | .version + " " + .source' '1.1-1 formerly'
}

test_the_oldest_of_several_names() {
        renamed 1.2-1
        log 'upgrade old:all 1.1-1 1.1-2' 'install oldest:all <none> 1.0-1'
        assert_from '1.0-1 formerly'
}

test_a_former_name_in_the_database() {
        renamed 1.2-1
        package old 1.1-1 'deinstall ok config-files' 1.1-1
        log 'install old:all <none> 1.0-1'
        assert_from '1.1-1 formerly'
}

test_the_history_of_a_former_name() {
        renamed 1.2-1
        package old 1.2-1 'deinstall ok config-files' 1.2-1
        expect 0 baseline old 1.1-1
        assert_from '1.1-1 formerly'
}

test_what_is_known_of_the_new_name_comes_first() {
        renamed 1.2-1
        log 'install old:all <none> 1.0-1' 'upgrade new:all 1.1-1 1.2-1'
        assert_from '1.1-1 dpkg-log'
        package new 1.2-1 'install ok unpacked' 1.1-2
        assert_from '1.1-2 config-version'
        expect 0 baseline new 1.1-3
        assert_from '1.1-3 history'
}

test_a_former_name_whose_data_is_gone() {
        renamed 1.2-1
        log 'install old:all <none> 1.0-1' 'purge old:all 1.0-1 <none>' 'install new:all <none> 1.2-1'
        assert_from '1.2-1 dpkg-log'
}

# ntp 4.2 became ntpsec 1.2.
test_a_former_name_that_counts_otherwise() {
        renamed 1.2-1
        log 'install old:all <none> 1:4.2-1' 'install new:all <none> 1.2-1'
        expect 0 run new
        assert_err "can't be compared"
        assert_ran 1.1.0/001_x 1.2.0/001_y
        expect 0 run new
        assert_calls
}

test_a_log_of_a_former_name_that_can_not_be_read() {
        renamed 1.2-1
        mkdir -p "$ROOT/var/log/dpkg.log"
        expect 3 run new
        assert_err dpkg.log
        assert_missing "$(history_of new | sed "s|^$ROOT||")"
}

# ---- Software that dpkg doesn't install ----

test_a_version_file() {
        migration tool 1.1.0/001_x
        write "$VENDOR/tool/version" 1.0
        expect 0 run
        assert_calls
        write "$VENDOR/tool/version" v1.1.0
        expect 0 run --json
        assert_json '.packages[0] | .from + " " + .to + " " + .result' '1.0 1.1.0 completed'
        assert_ran 1.1.0/001_x
        write /var/lib/dpkg/status ''
        rm "$ROOT$VENDOR/tool/version"
        expect 0 status
        assert_history tool '[.[].event] | index("purged")' null
}

# Nothing else could tell it later.
test_a_version_file_before_the_first_migration() {
        write "$VENDOR/tool/version" 1.0
        expect 0 run
        assert_history tool '.[-1] | .event + " " + .version' 'baseline 1.0'
        write "$VENDOR/tool/version" 1.1
        migration tool 1.1.0/001_x
        expect 0 run
        assert_ran 1.1.0/001_x
}

test_a_version_file_comes_before_the_database() {
        migration sample 1.1.0/001_x
        upgraded sample 1.0 1.0
        write "$VENDOR/sample/version" 1.1
        expect 0 run sample
        assert_ran 1.1.0/001_x
}

test_a_version_file_that_says_nothing() {
        migration tool 1.1.0/001_x
        for text in '' 'one two' v1.a.3 '1.0
1.1'; do
                write "$VENDOR/tool/version" "$text"
                expect 3 run tool
                assert_err "$VENDOR/tool/version"
                expect 1 lint "$ROOT$VENDOR/tool"
        done
        rm "$ROOT$VENDOR/tool/version"
        mkdir "$ROOT$VENDOR/tool/version"
        expect 3 run tool
        assert_missing /var/lib/deploy-migrate/tool
}

test_the_version_of_an_image() {
        migration image 2.0.0/001_x
        write "$VENDOR/image/package.json" '{"version": {"os-release": "IMAGE_VERSION"}}'
        expect 3 run image
        assert_err os-release
        write /usr/lib/os-release 'NAME=x'
        expect 3 run image
        assert_err 'has no IMAGE_VERSION'
        write /usr/lib/os-release 'IMAGE_VERSION="1.9"'
        expect 0 run image
        write /etc/os-release "IMAGE_VERSION='2.0'"
        expect 0 run image
        assert_ran 2.0.0/001_x
}

test_keys_of_the_package() {
        migration tool 1.1.0/001_x
        while read -r text; do
                write "$VENDOR/tool/package.json" "$text"
                expect 3 run --from 1.0 --to 1.1 tool
                assert_err package.json
                expect 1 lint "$ROOT$VENDOR/tool"
        done <<'END'
{"formerly": "old"}
{"formerly": ["a b"]}
{"formerly": [1]}
{"version": "1.0"}
{"version": {"os-release": "A B"}}
{"version": {"file": "x"}}
{"version": {"os-release": "A", "file": "x"}}
END
        write "$VENDOR/tool/package.json" '{"formerly": [], "timeout_sec": 5}'
        write "$VENDOR/tool/v1.1.0/001_x.json" '{"formerly": ["old"]}'
        expect 3 run --from 1.0 --to 1.1 tool
        assert_err 'move it to package.json'
}

run_tests
