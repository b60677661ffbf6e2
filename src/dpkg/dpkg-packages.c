/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-packages.h"

#include "basic/array.h"
#include "dpkg/deb-version.h"

int dpkg_packages_add(struct dpkg_packages *packages, struct dpkg_record *record, bool update)
{
        struct dpkg_instance *instances;

        assert(packages);
        assert(record && record->package);

        instances = array_grow(packages->instances, packages->n_instances, sizeof(*instances));
        if (!instances)
                return -ENOMEM;

        instances[packages->n_instances] = (struct dpkg_instance){
                .record = *record,
                .update = update,
                .order = packages->n_instances,
        };
        packages->instances = instances;
        packages->n_instances++;
        return 0;
}

static int dpkg_instance_cmp(const void *a, const void *b)
{
        const struct dpkg_instance *x = a, *y = b;
        int r = strcmp(x->record.package, y->record.package);

        if (r == 0)
                r = (int)x->update - (int)y->update;
        return r != 0 ? r : (x->order > y->order) - (x->order < y->order);
}

/*
 * Returns: the index of the slot, of @n, that @instance belongs to, or @n for a new one. There is a slot for each architecture; but a package
 * that isn't "Multi-Arch: same" is installed only once, so a record of the journal can change its architecture.
 */
static size_t dpkg_instances_find_slot(const struct dpkg_instance *slots, size_t n,
                                       const struct dpkg_instance *instance)
{
        const struct dpkg_record *record = &instance->record;
        size_t n_present = 0, present = n, match = n;

        for (size_t i = 0; i < n; i++) {
                const struct dpkg_record *slot = &slots[i].record;

                if (streq(slot->architecture ?: "", record->architecture ?: ""))
                        match = i;
                if (slot->state != DPKG_NOT_INSTALLED) {
                        present = i;
                        n_present++;
                }
        }
        if (instance->update && n_present == 1 && !(slots[present].record.multi_arch_same && record->multi_arch_same))
                return present;
        return match;
}

/* Replaces earlier records by later ones. Returns: how many instances are left at the start of @instances. */
static size_t dpkg_instances_fold(struct dpkg_instance *instances, size_t n)
{
        size_t n_slots = 0;

        for (size_t i = 0; i < n; i++) {
                struct dpkg_instance instance = instances[i];
                size_t slot = dpkg_instances_find_slot(instances, n_slots, &instance);

                instances[i].record = (struct dpkg_record){ 0 };
                dpkg_record_done(&instances[slot].record);
                instances[slot] = instance;
                if (slot == n_slots)
                        n_slots++;
        }
        return n_slots;
}

static const char *deb_text_min(const char *a, const char *b)
{
        if (!a || !b)
                return a ?: b;
        return deb_text_cmp(a, b) <= 0 ? a : b;
}

/* An instance that was removed or never installed says nothing about a package that is installed for another architecture. */
static int dpkg_state_presence(enum dpkg_state state)
{
        return state <= DPKG_CONFIG_FILES ? (int)state : DPKG_HALF_INSTALLED;
}

static struct dpkg_package dpkg_instances_summarise(const struct dpkg_instance *slots, size_t n)
{
        struct dpkg_package package = { .name = slots[0].record.package };

        for (size_t i = 0; i < n; i++) {
                const struct dpkg_record *record = &slots[i].record;
                int more = dpkg_state_presence(record->state) - dpkg_state_presence(package.state);

                package.stated |= record->stated;
                package.reinstreq |= record->reinstreq;
                if (more < 0)
                        continue;
                package.version = deb_text_min(more > 0 ? NULL : package.version, record->version);
                package.config_version = deb_text_min(more > 0 ? NULL : package.config_version, record->config_version);
                package.state = more > 0 || record->state < package.state ? record->state : package.state;
        }
        return package;
}

int dpkg_packages_merge(struct dpkg_packages *packages)
{
        struct dpkg_instance *instances;
        size_t n, next;

        assert(packages && !packages->packages);

        instances = packages->instances;
        n = packages->n_instances;
        if (n == 0)
                return 0;

        packages->packages = calloc(n, sizeof(*packages->packages));
        if (!packages->packages)
                return -ENOMEM;

        qsort(instances, n, sizeof(*instances), dpkg_instance_cmp);
        for (size_t i = 0; i < n; i = next) {
                for (next = i + 1; next < n; next++)
                        if (!streq(instances[i].record.package, instances[next].record.package))
                                break;
                packages->packages[packages->n_packages++] =
                        dpkg_instances_summarise(instances + i, dpkg_instances_fold(instances + i, next - i));
        }
        return 0;
}

static int dpkg_package_cmp_name(const void *name, const void *package)
{
        return strcmp(name, ((const struct dpkg_package *)package)->name);
}

const struct dpkg_package *dpkg_packages_find(const struct dpkg_packages *packages, const char *name)
{
        assert(packages);
        assert(name);

        if (packages->n_packages == 0)
                return NULL;
        return bsearch(name, packages->packages, packages->n_packages, sizeof(*packages->packages),
                       dpkg_package_cmp_name);
}

void dpkg_packages_done(struct dpkg_packages *packages)
{
        assert(packages);

        for (size_t i = 0; i < packages->n_instances; i++)
                dpkg_record_done(&packages->instances[i].record);
        free(packages->instances);
        free(packages->packages);
        *packages = (struct dpkg_packages){ 0 };
}
