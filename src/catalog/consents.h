/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Consents that were given beforehand. In: the file /etc/deploy-migrate/consent, and a package. Out: to which of its migrations. */

#include "basic/root.h"
#include "basic/strv.h"

struct consents {
        bool all;        /* to whatever the package asks for */
        struct strv ids; /* of migrations */
};

/* Returns: 0, also if there is no such file; or a negative errno with @error set, which names the file and the line. */
_must_check_ int consents_read(const struct root *root, const char *package, struct consents *ret, struct error *error);
bool consents_have(const struct consents *consents, const char *id);
void consents_done(struct consents *consents);
