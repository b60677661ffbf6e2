# SPDX-License-Identifier: LGPL-2.1-or-later
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;

# Behind it, since only then all units of a package are where they belong. What gates them are files of the package, so that
# they are there long before any maintainer script restarts a service.
insert_after('dh_installsystemd', 'dh_deploymigrate');

1;
