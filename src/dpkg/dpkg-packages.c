/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-packages.h"

#include "basic/array.h"
#include "dpkg/deb-version.h"

int dpkg_packages_add(struct dpkg_packages *packages, struct dpkg_record *record, bool update)
{
        struct dpkg_instance *instances;

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

static int compare_instances(const void *a, const void *b)
{
        const struct dpkg_instance *x = a, *y = b;
        int r = strcmp(x->record.package, y->record.package);

        if (r == 0)
                r = (int)x->update - (int)y->update;
        return r != 0 ? r : (x->order > y->order) - (x->order < y->order);
}

/*
 * Which of the @n slots @record belongs into, @n for a new one. One architecture is one slot; but a package that isn't
 * "Multi-Arch: same" is there only once, so that the journal can also say that its architecture is another one now.
 */
static size_t find_slot(const struct dpkg_instance *slots, size_t n, const struct dpkg_instance *instance)
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

/* Lets later records take the place of earlier ones. Returns: how many instances are left at the begin of @instances. */
static size_t fold(struct dpkg_instance *instances, size_t n)
{
        size_t n_slots = 0;

        for (size_t i = 0; i < n; i++) {
                struct dpkg_instance instance = instances[i];
                size_t slot = find_slot(instances, n_slots, &instance);

                instances[i].record = (struct dpkg_record){ 0 };
                dpkg_record_done(&instances[slot].record);
                instances[slot] = instance;
                if (slot == n_slots)
                        n_slots++;
        }
        return n_slots;
}

static const char *lowest(const char *a, const char *b)
{
        if (!a || !b)
                return a ?: b;
        return deb_text_cmp(a, b) <= 0 ? a : b;
}

/* What was removed or never there says nothing about a package that is there for another architecture. */
static int presence(enum dpkg_state state)
{
        return state <= DPKG_CONFIG_FILES ? (int)state : DPKG_HALF_INSTALLED;
}

static struct dpkg_package summarise(const struct dpkg_instance *slots, size_t n)
{
        struct dpkg_package package = { .name = slots[0].record.package };

        for (size_t i = 0; i < n; i++) {
                const struct dpkg_record *record = &slots[i].record;
                int more = presence(record->state) - presence(package.state);

                package.reinstreq |= record->reinstreq;
                if (more < 0)
                        continue;
                package.version = lowest(more > 0 ? NULL : package.version, record->version);
                package.config_version = lowest(more > 0 ? NULL : package.config_version, record->config_version);
                package.state = more > 0 || record->state < package.state ? record->state : package.state;
        }
        return package;
}

int dpkg_packages_merge(struct dpkg_packages *packages)
{
        struct dpkg_instance *instances = packages->instances;
        size_t n = packages->n_instances, next;

        if (n == 0)
                return 0;

        packages->packages = calloc(n, sizeof(*packages->packages));
        if (!packages->packages)
                return -ENOMEM;

        qsort(instances, n, sizeof(*instances), compare_instances);
        for (size_t i = 0; i < n; i = next) {
                for (next = i + 1; next < n; next++)
                        if (!streq(instances[i].record.package, instances[next].record.package))
                                break;
                packages->packages[packages->n_packages++] = summarise(instances + i, fold(instances + i, next - i));
        }
        return 0;
}

static int compare_name(const void *name, const void *package)
{
        return strcmp(name, ((const struct dpkg_package *)package)->name);
}

const struct dpkg_package *dpkg_packages_find(const struct dpkg_packages *packages, const char *name)
{
        if (packages->n_packages == 0)
                return NULL;
        return bsearch(name, packages->packages, packages->n_packages, sizeof(*packages->packages), compare_name);
}

void dpkg_packages_done(struct dpkg_packages *packages)
{
        for (size_t i = 0; i < packages->n_instances; i++)
                dpkg_record_done(&packages->instances[i].record);
        free(packages->instances);
        free(packages->packages);
        *packages = (struct dpkg_packages){ 0 };
}
