# SPDX-License-Identifier: LGPL-2.1-or-later
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;

# After dh_installsystemd, since only then are all units of a package in their place. The drop-ins that gate them are files of
# the package, so they are installed long before a maintainer script restarts a service.
insert_after('dh_installsystemd', 'dh_deploymigrate');
insert_after('dh_auto_test', 'dh_deploymigrate_test');

1;
