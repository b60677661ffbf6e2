/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The packages that dpkg's records add up to. In: the records of `status` and of the journal, both in the order in which dpkg wrote them.
 * Out: one answer a package, sorted. Pure.
 */

#include "dpkg/dpkg-record.h"

/* All instances of one package as one: with "Multi-Arch: same" they can differ in the middle of an upgrade. */
struct dpkg_package {
        const char *name;
        const char *version;        /* the lowest of its instances, NULL if none has one */
        const char *config_version; /* likewise */
        enum dpkg_state state;      /* the least complete of its installed instances */
        bool stated;                /* dpkg wrote the state of any instance */
        bool reinstreq;             /* of any instance */
};

struct dpkg_instance {
        struct dpkg_record record;
        bool update;  /* from the journal */
        size_t order; /* in which it was added */
};

struct dpkg_packages {
        struct dpkg_instance *instances;
        size_t n_instances;
        struct dpkg_package *packages; /* sorted by name; their strings belong to the instances */
        size_t n_packages;
};

/*
 * Takes over the strings of @record unless it fails. Records of the journal (@update) override those of the status file, in whichever order
 * they are added. Returns: 0 or -ENOMEM.
 */
_must_check_ int dpkg_packages_add(struct dpkg_packages *packages, struct dpkg_record *record, bool update);
/* Must be called once, after all records were added. Returns: 0 or -ENOMEM. */
_must_check_ int dpkg_packages_merge(struct dpkg_packages *packages);
/* Returns: the package, or NULL. */
const struct dpkg_package *dpkg_packages_find(const struct dpkg_packages *packages, const char *name);
void dpkg_packages_done(struct dpkg_packages *packages);
