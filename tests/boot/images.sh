#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Machines whose system is an image: no package database, a read-only root, a /var that is lost at each boot; and two images that take turns, with
# the data on a disk of its own. A service starts if nothing has to be migrated, and never on old data.

. "${0%/*}/lib.sh"
. "${0%/*}/packages.sh"

one_file_system=1

# install VERSION: sample with its gated service, and a migration of each major version since 2.
install() {
        ship_sample "$1"
        apt install sample
        assert_unit sample.service active
}

ship_sample() {
        package sample "$1"
        service restart
        for major in $(seq 2 "${1%%.*}"); do
                format_migration "$major.0.0/001_format"
        done
        ship
}

# boot_with OPTIONS: the same machine, which systemd-nspawn runs with these.
boot_with() {
        power_off
        machine_options=$1
        boot
}

# said TEXT: the machine's own journal has it, which may be lost with its /var.
said() {
        machine journalctl -b -o cat -u 'deploy-migrate*' >"$OUT"
        assert_out "$1"
}

# Where the state is moved to is a directory like any other.
test_the_state_behind_a_link() {
        install 1.0
        mkdir "$ROOT/data"
        mkdir "$ROOT/data/state"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        expect 0 systemctl restart sample.service
        ship_sample 2.0
        apt upgrade
        assert_unit sample.service active
        assert_ran_once sample 2.0.0/001_format
        [ -s "$ROOT/data/state/sample/history.jsonl" ] || fail "the history isn't behind the link"
        boot_with ''
        assert_unit sample.service active
        assert_unit deploy-migrate.service inactive
}

# Known from before, and from the first boot on.
test_no_package_database() {
        install 2.0
        power_off
        rm -r "$ROOT/var/lib/dpkg"
        cp -a "$ROOT/var/lib/deploy-migrate" "$ROOT/srv/state"
        rm -r "$ROOT/var/lib/deploy-migrate" "$ROOT/var/log/dpkg.log"
        boot
        assert_unit sample.service active
        assert_history sample '.[-1] | .event + " " + .version' 'baseline 2'
        make_newer
        expect 1 systemctl restart sample.service
        said '3.0.0/001_format is newer than the data of sample'

        rm -r "$ROOT/var/lib/deploy-migrate" "$ROOT/usr/lib/deploy-migrate/sample/v3.0.0"
        mv "$ROOT/srv/state" "$ROOT/var/lib/deploy-migrate"
        sed -i 's/= 3 /= 2 /' "$ROOT/usr/libexec/sample"
        boot_with ''
        assert_unit sample.service active
        assert_history sample '.[-1] | .event + " " + (.version // .to)' 'baseline 2.0'
        make_newer
        expect 1 systemctl restart sample.service
        said '3.0.0/001_format is newer than the data of sample'
        said 'neither /var/lib/dpkg/status nor /usr/lib/deploy-migrate/sample/version is there'
        assert_content /var/lib/sample/format 2
        echo 3.0 >"$ROOT/usr/lib/deploy-migrate/sample/version"
        expect 0 systemctl restart sample.service
        assert_ran_once sample 3.0.0/001_format
}

# What an image of sample 3.0 would bring.
make_newer() {
        NAME=sample VERSION=3.0 TREE=$ROOT
        format_migration 3.0.0/001_format
        sed -i 's/= 2 /= 3 /' "$ROOT/usr/libexec/sample"
}

test_a_read_only_root() {
        install 2.0
        boot_with --read-only
        assert_unit sample.service active
        rm -r "$ROOT/var/lib/deploy-migrate"
        expect 0 systemctl restart sample.service
        said '/var/lib/deploy-migrate is read-only, so nothing is recorded'
        assert_unit sample.service active
        expect 0 systemctl start deploy-migrate.service

        power_off
        ship_sample 3.0
        apt upgrade
        boot
        assert_unit sample.service inactive
        assert_unit deploy-migrate@sample.service failed
        said 'sample has data to migrate, so make /var/lib/deploy-migrate a link'
        assert_content /var/lib/sample/format 2
        boot_with ''
        assert_unit sample.service active
        assert_content /var/lib/sample/format 3
}

# The sample needs data of its own, as a package for images would make it.
test_a_volatile_var() {
        install 2.0
        printf 'd /var/lib/sample\nf /var/lib/sample/format - - - - 2\n' >"$ROOT/usr/lib/tmpfiles.d/sample.conf"
        for volatile in state yes overlay; do
                boot_with --volatile=$volatile
                assert_unit sample.service active
                machine systemctl list-units --failed --no-legend 'deploy-migrate*' >"$OUT"
                [ ! -s "$OUT" ] || fail "with a /var of the kind $volatile"
        done
}

# ---- A/B ----

# image NUMBER: the machine's own packages, and software of that version that the image was built with. The image is read-only; the state is a link to
# the disk of the data.
image() {
        rm -rf "$ROOT/usr/lib/deploy-migrate/sample"
        package sample "$1.0"
        service restart
        [ "$1" -lt 2 ] || format_migration 2.0.0/001_format 'test -e /data/sample/format'
        write /usr/lib/deploy-migrate/sample/package.json <<'END'
{"version": {"os-release": "IMAGE_VERSION"}, "writes": ["/data/sample"]}
END
        rm -r "$TREE/DEBIAN"
        cp -a "$TREE/lib" "$TREE/usr" && rm -r "${TREE:?}/lib" # merged with /usr
        find "$TREE" -type f -exec sed -i 's|/var/lib/sample|/data/sample|g' {} +
        cp -a "$TREE/." "$ROOT"
        sed -i '/^IMAGE_VERSION=/d' "$ROOT/usr/lib/os-release"
        echo "IMAGE_VERSION=\"$1.0\"" >>"$ROOT/usr/lib/os-release"
        machine_options="--read-only --bind=$WORK/data:/data"
        boot
}

prepare_images() {
        power_off
        rm -rf "$WORK/data" "$ROOT/var/lib/dpkg"
        mkdir -p "$WORK/data/sample" "$WORK/data/state" "$ROOT/data" "$ROOT/etc/systemd/system/multi-user.target.wants"
        echo 1 >"$WORK/data/sample/format"
        rm -rf "$ROOT/var/lib/deploy-migrate"
        ln -s /data/state "$ROOT/var/lib/deploy-migrate"
        ln -s /lib/systemd/system/sample.service "$ROOT/etc/systemd/system/multi-user.target.wants/sample.service"
}

# assert_data FORMAT
assert_data() {
        [ "$(cat "$WORK/data/sample/format")" = "$1" ] || fail "the data has format $(cat "$WORK/data/sample/format"), not $1"
}

test_two_images_that_take_turns() {
        prepare_images
        image 1
        assert_unit sample.service active
        power_off
        image 2
        assert_unit sample.service active
        assert_data 2

        power_off
        image 1
        assert_data 2
        said "sample is at version 1.0, lower than its data's 2.0"
        expect 0 deploy-migrate undo sample
        assert_data 1
        expect 0 systemctl restart sample.service

        power_off
        image 2
        assert_unit sample.service active
        assert_data 2
        expect 0 deploy-migrate status --exit-code sample
        jq -rs '[.[] | select(.event == "applied" or .event == "undone") | .event] | join(" ")' \
                "$WORK/data/state/sample/history.jsonl" >"$OUT"
        assert_out 'applied undone applied'
}

run_tests
