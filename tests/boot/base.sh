# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Debian as a directory, from which tests copy their roots. A script sets machine_packages to what is in it, separated by commas, and
# defines furnish DIRECTORY, which prepares a new one; the cache keeps it.
#
# Environment: DEPLOY_MIGRATE_SUITE, which Debian, unless it is the one of this machine; DEPLOY_MIGRATE_CACHE, where it is kept.

: "${DEPLOY_MIGRATE_CACHE:=/var/cache/deploy-migrate-tests}"

# Sets BASE, and makes it unless the cache has it.
make_base() {
        codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
        suite=${DEPLOY_MIGRATE_SUITE:-$codename}
        BASE=$DEPLOY_MIGRATE_CACHE/$suite-$(echo "${machine_packages:?must name what is in it}" | sha256sum | cut -c -12)
        [ ! -d "$BASE" ] || return 0
        mkdir -p "$DEPLOY_MIGRATE_CACHE" || return
        (
                flock 7
                [ -d "$BASE" ] || bootstrap
        ) 7>"$DEPLOY_MIGRATE_CACHE/lock"
}

# From where this machine's apt gets its Debian, and with its settings for the network. mmdebstrap has the shell write to a descriptor that
# it opens, and dash knows those below ten only: make's and the lock would leave too few.
bootstrap() {
        mirror=$(find_mirror)
        [ -n "$mirror" ] || { apt-get update -q && mirror=$(find_mirror); }
        [ -n "$mirror" ] || { echo "apt has no source of Debian $codename here" && return 1; }

        rm -rf "$BASE.new"
        apt-config dump | grep '^Acquire::' >"$WORK/acquire.conf"
        # shellcheck disable=SC2016 # for the shell of the hook
        mmdebstrap --variant=minbase --include="$machine_packages" --aptopt="$WORK/acquire.conf" \
                --customize-hook='rm "$1/etc/apt/apt.conf.d/99mmdebstrap"' "$suite" "$BASE.new" "$mirror" \
                3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &&
                furnish "$BASE.new" && mv "$BASE.new" "$BASE"
}

find_mirror() {
        # shellcheck disable=SC2016 # apt's own variables
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $codename" | head -n 1
}

# ---- Copies of it ----

# copy_without_usr FROM TREE: most of it is /usr, which mount_usr shows.
copy_without_usr() {
        mkdir -p "$2/usr" &&
                (cd "$1" && find . -mindepth 1 -maxdepth 1 ! -name usr -exec cp -a --reflink=auto -t "$2" {} +) &&
                chmod --reference="$1" "$2" && touch --reference="$1" "$2"
}

# mount_usr TREE DIRECTORY LAYERS: what is written is in the new DIRECTORY/changes; LAYERS, with colons, are what is below, the uppermost first.
mount_usr() {
        mkdir -p "$2" && mkdir "$2/changes" "$2/work" &&
                mount -t overlay -o "lowerdir=$3,upperdir=$2/changes,workdir=$2/work" overlay "$1/usr"
}
