#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An rpm-based system, in a chroot: rpm installs our packages and upgrades one with migrations, without a package database of dpkg.
#
# Environment: DEPLOY_MIGRATE_RPMS, the directory that packaging/build-rpm has filled, if it was; else the packages are built here.

. "${0%/*}/lib.sh"

command -v rpmbuild >/dev/null || bail_out 'packages are missing: apt-get install rpm'
tree=$(cd "${0%/*}/../.." && pwd)

# Where the chroot's libraries are.
build_packages() {
        [ -n "${DEPLOY_MIGRATE_RPMS:-}" ] || {
                DEPLOY_MIGRATE_RPMS=$WORK/rpms
                "$tree/packaging/build-rpm" "$DEPLOY_MIGRATE_RPMS" --define '_libdir /usr/lib' >"$WORK/log" 2>&1
        }
}

# Before the first test, when there is a $WORK.
prepare_image() {
        make_base >"$WORK/log" 2>&1 || bail_out "the root file system can't be made"
        build_packages || bail_out "the RPM packages can't be built"
}

in_new_machine() {
        mkdir "$ROOT" "$WORK/upper" "$WORK/upper/changes" "$WORK/upper/work"
        mount -t overlay -o "lowerdir=$BASE,upperdir=$WORK/upper/changes,workdir=$WORK/upper/work" overlay "$ROOT"
        rm -r "$ROOT/var/lib/dpkg"
        "$@"
}

# rpm_in ARGUMENT...: on the chroot; what its packages need is Debian's.
rpm_in() {
        rpm --root "$ROOT" --dbpath /var/lib/rpm --force-debian --nodeps --nosignature "$@" >"$OUT" 2>"$ERR" || fail "rpm $*"
        [ ! -s "$ERR" ] || fail "rpm $* isn't silent"
}

install_it() {
        rpm_in -i "$DEPLOY_MIGRATE_RPMS"/*/deploy-migrate-[0-9]*.rpm
}

# sample VERSION [LINE-OF-ITS-INSTALL [SCRIPTLET]]: builds a package with migrations of its major version.
sample() {
        mkdir -p "$WORK/sources"
        cat >"$WORK/sources/001_format" <<END
#!/bin/sh
case \$1 in
check) grep -qx $1 /etc/sample/format ;;
migrate) echo $1 >/etc/sample/format ;;
esac
END
        cat >"$WORK/sources/sample.spec" <<END
Name: sample
Version: $1
Release: 1
Summary: a sample
License: none
BuildArch: noarch
%description
A sample.
%install
${2-%deploy_migrate_version}
install -D %{_sourcedir}/001_format %{buildroot}/usr/lib/deploy-migrate/sample/v$1.0/001_format
%files
/usr/lib/deploy-migrate/sample
${3:-}
END
        rpmbuild -bb --load "$tree/packaging/rpm/macros.deploy-migrate" --define "_topdir $WORK/rpmbuild" \
                --define "_sourcedir $WORK/sources" --define "_rpmdir $WORK/debs" "$WORK/sources/sample.spec" >"$WORK/build" 2>&1 ||
                fail "$(cat "$WORK/build")"
}

assert_migrated_to() {
        assert_history sample '.[-1] | .event + " " + (.version // .to)' "$1"
}

# A systemctl that does what it is asked for. The program would talk to systemd, so that is hidden from it.
pretend_systemd() {
        mkdir -p "$ROOT/run/systemd/system"
        cat >"$ROOT/usr/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>/systemctl
[ "$*" = 'start deploy-migrate.service' ] || exit 0
rmdir /run/systemd/system
deploy-migrate run -q --sandbox=off 2>/dev/null
mkdir /run/systemd/system
END
        chmod 755 "$ROOT/usr/bin/systemctl"
}

set_up_data() {
        mkdir -p "$ROOT/etc/sample"
        echo 1.0 >"$ROOT/etc/sample/format"
}

test_the_trigger_migrates() {
        pretend_systemd
        set_up_data
        install_it
        sample 1.0
        rpm_in -i "$WORK/debs/noarch/sample-1.0-1.noarch.rpm"
        assert_migrated_to 'baseline 1.0-1'
        sample 2.0
        : >"$ROOT/systemctl"
        rpm_in -U "$WORK/debs/noarch/sample-2.0-1.noarch.rpm"
        assert_migrated_to 'completed 2.0-1'
        assert_content /etc/sample/format 2.0
        [ "$(grep -cx 'start deploy-migrate.service' "$ROOT/systemctl")" -eq 1 ] || fail "it isn't started once"
        rpm_in -e sample deploy-migrate
        assert_missing /usr/lib/deploy-migrate
        assert_missing /usr/bin/deploy-migrate
}

test_without_systemd_the_next_boot_migrates() {
        set_up_data
        install_it
        sample 1.0
        rpm_in -i "$WORK/debs/noarch/sample-1.0-1.noarch.rpm"
        sample 2.0
        rpm_in -U "$WORK/debs/noarch/sample-2.0-1.noarch.rpm"
        assert_migrated_to 'baseline 1.0-1'
        assert_content /etc/sample/format 1.0
        expect 0 deploy-migrate run --sandbox=off
        assert_migrated_to 'completed 2.0-1'
        assert_content /etc/sample/format 2.0
}

# The chroot has no rpm, which is asked for the version that is replaced.
test_the_first_version_with_migrations() {
        printf '#!/bin/sh\n[ "$1" = -q ] && [ "$4" = sample ] && echo 1.0-1\n' >"$ROOT/usr/bin/rpm"
        chmod 755 "$ROOT/usr/bin/rpm"
        set_up_data
        install_it
        sample 1.0 'mkdir -p %{buildroot}/usr/lib/deploy-migrate/sample; #'
        rpm_in -i "$WORK/debs/noarch/sample-1.0-1.noarch.rpm"
        sample 2.0 %deploy_migrate_version '%pre
%deploy_migrate_pre'
        rpm_in -U "$WORK/debs/noarch/sample-2.0-1.noarch.rpm"
        assert_migrated_to 'baseline 1.0-1'
        expect 0 deploy-migrate run --sandbox=off
        assert_content /etc/sample/format 2.0
}

run_tests
