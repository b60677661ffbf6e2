/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What dpkg's records add up to. In: those of `status` and those of the journal, each in the order in which dpkg wrote them.
 * Out: one answer a package, sorted. Pure.
 */

#include "dpkg/dpkg-record.h"

/* All instances of one package, seen as one: for "Multi-Arch: same" they can differ in the middle of an upgrade. */
struct dpkg_package {
        const char *name;
        const char *version;        /* the lowest of its instances; NULL where there is none */
        const char *config_version; /* the lowest, NULL where no instance has one */
        enum dpkg_state state;      /* the least complete of its installed instances */
        bool reinstreq;             /* of any instance */
};

struct dpkg_instance {
        struct dpkg_record record;
        bool update;  /* from the journal */
        size_t order; /* in which they came */
};

struct dpkg_packages {
        struct dpkg_instance *instances;
        size_t n_instances;
        struct dpkg_package *packages; /* sorted by name; its strings are those of the instances */
        size_t n_packages;
};

/*
 * Takes over what is in @record. Records of the journal (@update) stand over those of the status file, whichever are
 * added first. Returns: 0 or -ENOMEM.
 */
int dpkg_packages_add(struct dpkg_packages *packages, struct dpkg_record *record, bool update);
/* Once, after all records were added. Returns: 0 or -ENOMEM. */
int dpkg_packages_merge(struct dpkg_packages *packages);
/* Returns: the package, or NULL. */
const struct dpkg_package *dpkg_packages_find(const struct dpkg_packages *packages, const char *name);
void dpkg_packages_done(struct dpkg_packages *packages);
