# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of deploy-migrate in fish.

set -g __deploy_migrate_prefix (realpath (dirname (status filename))/../../..)

function __deploy_migrate_complete
    set -l directory $__deploy_migrate_prefix/libexec/deploy-migrate
    set -q DEPLOY_MIGRATE_LIBEXECDIR; and set directory $DEPLOY_MIGRATE_LIBEXECDIR
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l candidates ($directory/complete (count $words) $words "$current")
    if test (count $candidates) -gt 0
        printf '%s\n' $candidates
    else
        __fish_complete_path "$current"
    end
end

complete -c deploy-migrate -f -a '(__deploy_migrate_complete)'
