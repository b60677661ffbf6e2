/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First half of a commit: slots are filled, and the redo log is written. */

#include "commit.h"

#include "below.h"
#include "content.h"
#include "paths.h"
#include "seal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define HOLD_PREFIX ".deploy-migrate."

struct preparation {
        const struct commit_place *place;
        const struct stage *stage;
        struct redo *redo;
        int *slots;           /* one an area, -EBADF where nothing changes */
        struct links **links; /* of copies into holds, likewise */
        unsigned n_slots;
};

static void preparation_done(struct preparation *p)
{
        for (size_t i = 0; p->slots && i < p->stage->areas->n; i++)
                closep(&p->slots[i]);
        for (size_t i = 0; p->links && i < p->stage->areas->n; i++)
                links_free(p->links[i]);
        free(p->slots);
        free(p->links);
}

static int explain(const struct preparation *p, const struct change *change, int r, struct error *error)
{
        return error_errnof(error, r, "can't stage %s/%s", p->stage->areas->areas[change->area].path, change->path);
}

static const char *get_old_path(const struct change *change)
{
        return change->from ? change->from : change->path;
}

/* ---- Areas ---- */

/* What an area lies on. */
struct site {
        dev_t dev;
        bool overlay;
};

static int site_look(int fd, struct site *ret)
{
        struct statfs fs;
        struct stat st;

        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        *ret = (struct site){ .dev = st.st_dev, .overlay = fs.f_type == OVERLAYFS_SUPER_MAGIC };
        return 0;
}

/* Whether rename(2) leads from the transaction's directory to the area: the same file system, by way of the same mount. */
static int is_reachable(const struct preparation *p, const struct area *area)
{
        const unsigned mask = STATX_MNT_ID | STATX_INO;
        struct statx stage, root;

        if (statx(p->place->dir, "", AT_EMPTY_PATH, mask, &stage) < 0 ||
            statx(area->fd, "", AT_EMPTY_PATH, mask, &root) < 0)
                return -errno;
        return stage.stx_mnt_id == root.stx_mnt_id && stage.stx_dev_major == root.stx_dev_major &&
               stage.stx_dev_minor == root.stx_dev_minor;
}

static bool is_changed(const struct redo *redo, size_t area)
{
        for (size_t i = 0; i < redo->changes.n; i++)
                if (redo->changes.changes[i].area == area)
                        return true;
        return false;
}

static int add_area(struct preparation *p, size_t i)
{
        const struct area *area = &p->stage->areas->areas[i];
        struct redo_area made = { 0 };
        int r = 1;

        if (is_changed(p->redo, i))
                r = is_reachable(p, area);
        if (r < 0)
                return r;
        made.path = strdup(area->path + strlen(p->place->root->path));
        if (!made.path || (r == 0 && asprintf(&made.hold, HOLD_PREFIX "%s", p->place->package) < 0)) {
                free(made.path);
                return -ENOMEM;
        }
        return redo_add_area(p->redo, &made);
}

static int open_slots(struct preparation *p, struct error *error)
{
        _cleanup_close_ int images = below_make_directories(p->place->dir, SLOTS_DIR);

        if (images < 0)
                return error_errnof(error, images, "can't make %s/" SLOTS_DIR, p->place->path);
        for (size_t i = 0; i < p->redo->n_areas; i++) {
                const struct area *area = &p->stage->areas->areas[i];
                int r;

                if (!is_changed(p->redo, i))
                        continue;
                if (p->redo->areas[i].hold) {
                        r = below_remove(area->fd, p->redo->areas[i].hold);
                        if (r < 0)
                                return error_errnof(error, r, "can't remove %s/%s", area->path, p->redo->areas[i].hold);
                }
                p->slots[i] = commit_make_slots(p->place, p->redo, i);
                r = p->slots[i] < 0 ? p->slots[i] : links_new(&p->links[i]);
                if (r < 0)
                        return error_errnof(error, r, "can't stage changes of %s", area->path);
        }
        return 0;
}

/* Where a hold was made is written down before it is. */
static int make_areas(struct preparation *p, struct error *error)
{
        bool holds = false;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->stage->areas->n; i++) {
                r = add_area(p, i);
                holds = holds || (r >= 0 && p->redo->areas[i].hold);
        }
        if (r >= 0 && holds)
                r = redo_write(&(const struct redo){ .id = p->redo->id,
                                                     .sha256 = p->redo->sha256,
                                                     .run = p->redo->run,
                                                     .areas = p->redo->areas,
                                                     .n_areas = p->redo->n_areas },
                               p->place->dir, HOLDS_FILE);
        if (r < 0)
                return error_errnof(error, r, "can't write %s/" HOLDS_FILE, p->place->path);
        return open_slots(p, error);
}

/* ---- What can't be renamed ---- */

static bool is_moved_directory(const struct change *change)
{
        return !change->inner && S_ISDIR(change->before.st_mode) &&
               (change->kind == CHANGE_MOVE || change->kind == CHANGE_REMOVE || change->kind == CHANGE_REPLACE);
}

/* rename(2) would say EXDEV, when it is too late to say no. */
static int check_change(const struct preparation *p, const struct change *change, const struct site *site,
                        struct error *error)
{
        const char *reason = NULL;

        if (site->overlay && is_moved_directory(change))
                reason = "is a directory on an overlayfs, which can't be moved there as a whole";
        else if (!site->overlay && change->before.st_mode && change->before.st_dev != site->dev)
                reason = "lies in another subvolume than the directory that is staged";
        if (!reason)
                return 0;
        return error_setf(error, -EXDEV, "%s/%s %s: leave it where it is, or run the migration with \"writes\": \"*\"",
                          p->stage->areas->areas[change->area].path, get_old_path(change), reason);
}

static int check_changes(const struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                struct site site = { 0 };

                r = site_look(p->stage->areas->areas[changes->changes[i].area].fd, &site);
                if (r >= 0)
                        r = check_change(p, &changes->changes[i], &site, error);
        }
        return r;
}

/* ---- Attributes ---- */

static int read_attributes(int dir, const char *path, struct attributes *ret)
{
        _cleanup_close_ int fd = below_open(dir, path, O_PATH | O_NOFOLLOW, 0);

        return fd < 0 ? fd : attributes_read(fd, ret);
}

static int add_meta(struct preparation *p, const struct change *change)
{
        const char *from = change->from ? change->from : change->path;
        struct redo_meta meta = { .area = change->area };
        int r;

        r = read_attributes(p->stage->areas->areas[change->area].fd, from, &meta.before);
        if (r >= 0)
                r = read_attributes(p->stage->uppers[change->area], change->path, &meta.after);
        if (r >= 0 && !(meta.path = strdup(change->path)))
                r = -ENOMEM;
        if (r >= 0 && change->from && !(meta.from = strdup(change->from)))
                r = -ENOMEM;
        if (r < 0) {
                redo_meta_done(&meta);
                return r;
        }
        return redo_add_meta(p->redo, &meta);
}

/* What comes as a whole has its attributes with it. */
static bool needs_meta(const struct redo *redo, const struct change *change)
{
        const struct redo_meta *last = redo->n_metas > 0 ? &redo->metas[redo->n_metas - 1] : NULL;

        if (last && last->area == change->area && streq(last->path, change->path))
                return false;
        return change->kind == CHANGE_METADATA || change->kind == CHANGE_ENTRIES || change->kind == CHANGE_MOVE;
}

static int add_metas(struct preparation *p, struct error *error)
{
        const struct changes *changes = &p->redo->changes;

        for (size_t i = 0; i < changes->n; i++) {
                int r = needs_meta(p->redo, &changes->changes[i]) ? add_meta(p, &changes->changes[i]) : 0;

                if (r < 0)
                        return explain(p, &changes->changes[i], r, error);
        }
        return 0;
}

/* ---- Renames ---- */

static int add_rename(struct preparation *p, enum redo_kind kind, const struct change *change, unsigned slot)
{
        struct redo_rename rename = {
                .kind = kind,
                .area = change->area,
                .path = strdup(kind == REDO_DETACH && change->from ? change->from : change->path),
                .slot = slot,
                .ino = kind == REDO_DETACH ? change->before.st_ino : 0,
                .image = kind == REDO_EXCHANGE || change->kind == CHANGE_REMOVE,
        };

        return rename.path ? redo_add_rename(p->redo, &rename) : -ENOMEM;
}

static bool is_detached(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_MOVE);
}

/* What is new at its place, and comes from the stage. */
static bool is_made(const struct change *change)
{
        return !change->inner && (change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE);
}

static int compare_detached(const void *a, const void *b)
{
        const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;

        return x->area != y->area ? (x->area < y->area ? 1 : -1) : -path_compare(get_old_path(x), get_old_path(y));
}

/* Where they were before, each before the directory that it was in. */
static int add_detached(struct preparation *p, unsigned *slots)
{
        struct changes *changes = &p->redo->changes;
        _cleanup_free_ const struct change **detached = calloc(changes->n + 1, sizeof(*detached));
        size_t n = 0;
        int r = 0;

        if (!detached)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (is_detached(&changes->changes[i]))
                        detached[n++] = &changes->changes[i];
        qsort(detached, n, sizeof(*detached), compare_detached);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_rename(p, REDO_DETACH, detached[i], slots[detached[i] - changes->changes]);
        return r;
}

/* Where they are afterwards, each behind the directory that it is in. */
static int add_installed(struct preparation *p, const unsigned *slots)
{
        const struct changes *changes = &p->redo->changes;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                if (change->kind == CHANGE_MOVE || is_made(change))
                        r = add_rename(p, change->kind == CHANGE_REPLACE ? REDO_EXCHANGE : REDO_INSTALL, change,
                                       slots[i]);
                if (r >= 0 && change->kind == CHANGE_MOVE)
                        p->redo->renames[p->redo->n_renames - 1].ino = change->before.st_ino;
        }
        return r;
}

static int add_renames(struct preparation *p, unsigned **ret_slots)
{
        const struct changes *changes = &p->redo->changes;
        _cleanup_free_ unsigned *slots = calloc(changes->n + 1, sizeof(*slots));
        int r;

        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (is_detached(&changes->changes[i]) || is_made(&changes->changes[i]))
                        slots[i] = p->n_slots++;
        r = add_detached(p, slots);
        if (r >= 0)
                r = add_installed(p, slots);
        if (r < 0)
                return r;
        *ret_slots = TAKE_PTR(slots);
        return 0;
}

/* ---- Slots ---- */

static bool is_held(const struct preparation *p, const struct change *change)
{
        return p->redo->areas[change->area].hold;
}

/* Another name of a file that stays. */
static int fill_with_link(struct preparation *p, const struct change *change, const char *slot)
{
        return link_existing(p->stage->areas->areas[change->area].fd, change->link, p->slots[change->area], slot);
}

static int fill_with_upper(struct preparation *p, const struct change *change, const char *slot, struct error *error)
{
        int upper = p->stage->uppers[change->area];
        _cleanup_close_ int parent = -EBADF;
        const char *name;

        if (is_held(p, change))
                return copy_run(&(const struct copy){ .from_dir = upper,
                                                      .from = change->path,
                                                      .to_dir = p->slots[change->area],
                                                      .to = slot,
                                                      .links = p->links[change->area] },
                                error);

        parent = below_open_parent(upper, change->path, &name);
        if (parent < 0)
                return parent;
        if (renameat(parent, name, p->slots[change->area], slot) < 0)
                return -errno;
        return seal(p->slots[change->area], slot);
}

/* Further names of files that stay, in a directory that is new: their copies in the stage are of no use. */
static int link_inner(struct preparation *p, size_t i, const char *slot)
{
        const struct changes *changes = &p->redo->changes;
        const struct change *outer = &changes->changes[i];
        int r = 0;

        for (const struct change *inner = outer + 1; r >= 0 && inner < changes->changes + changes->n; inner++) {
                _cleanup_free_ char *path = NULL;

                if (inner->area != outer->area || !path_is_within(inner->path, outer->path))
                        break;
                if (!inner->inner || !inner->link)
                        continue;
                if (asprintf(&path, "%s%s", slot, inner->path + strlen(outer->path)) < 0)
                        return -ENOMEM;
                r = replace_by_link(p->stage->areas->areas[inner->area].fd, inner->link, p->slots[inner->area], path);
        }
        return r;
}

/* On another file system nothing can be taken aside: what an undo needs is copied. */
static int copy_image(struct preparation *p, const struct change *change, const char *slot, struct error *error)
{
        _cleanup_close_ int images = below_make_directories(p->place->dir, SLOTS_DIR);
        _cleanup_(links_freep) struct links *links = NULL;
        int r;

        r = images < 0 ? images : links_new(&links);
        return r < 0 ? r
                     : copy_run(&(const struct copy){ .from_dir = p->stage->areas->areas[change->area].fd,
                                                      .from = get_old_path(change),
                                                      .to_dir = images,
                                                      .to = slot,
                                                      .links = links },
                                error);
}

static int fill_slot(struct preparation *p, size_t i, unsigned number, struct error *error)
{
        const struct change *change = &p->redo->changes.changes[i];
        char slot[SLOT_NAME_MAX];
        int r = 0;

        slot_name(number, slot);
        if (is_made(change))
                r = change->link ? fill_with_link(p, change, slot) : fill_with_upper(p, change, slot, error);
        if (r >= 0 && is_made(change))
                r = link_inner(p, i, slot);
        /* The stand-in of a moved directory must not go along with the directory above it. */
        if (r >= 0 && change->kind == CHANGE_MOVE)
                r = below_remove(p->stage->uppers[change->area], change->path);
        if (r >= 0 && is_held(p, change) && (change->kind == CHANGE_REPLACE || change->kind == CHANGE_REMOVE))
                r = copy_image(p, change, slot, error);
        return r;
}

/* What is in a directory first: it may be another's slot. */
static int fill_slots(struct preparation *p, const unsigned *slots, struct error *error)
{
        const struct changes *changes = &p->redo->changes;

        for (size_t i = changes->n; i-- > 0;) {
                const struct change *change = &changes->changes[i];
                int r = is_made(change) || is_detached(change) ? fill_slot(p, i, slots[i], error) : 0;

                if (r < 0)
                        return error && error->code ? r : explain(p, change, r, error);
        }
        return 0;
}

/* The files that come are known by their inode numbers. */
static int number_made(struct preparation *p, struct error *error)
{
        for (size_t i = 0; i < p->redo->n_renames; i++) {
                struct redo_rename *rename = &p->redo->renames[i];
                char slot[SLOT_NAME_MAX];
                struct stat st;

                if (rename->ino)
                        continue;
                if (fstatat(p->slots[rename->area], slot_name(rename->slot, slot), &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return error_errnof(error, -errno, "can't stage %s", rename->path);
                rename->ino = st.st_ino;
        }
        return 0;
}

/* ---- Durability ---- */

static int sync_slots(struct preparation *p, struct error *error)
{
        int r = below_sync(p->place->dir);

        for (size_t i = 0; r >= 0 && i < p->redo->n_areas; i++)
                if (p->redo->areas[i].hold)
                        r = below_sync(p->slots[i]);
        return r < 0 ? error_errnof(error, r, "can't make the stage durable") : 0;
}

int commit_prepare(const struct commit_place *place, const struct stage *stage, struct redo *redo, struct error *error)
{
        _cleanup_(preparation_done) struct preparation p = { .place = place, .stage = stage, .redo = redo };
        _cleanup_free_ unsigned *slots = NULL;
        int r;

        p.slots = malloc((stage->areas->n + 1) * sizeof(*p.slots));
        p.links = calloc(stage->areas->n + 1, sizeof(*p.links));
        for (size_t i = 0; p.slots && i < stage->areas->n; i++)
                p.slots[i] = -EBADF;
        if (!p.slots || !p.links)
                return -ENOMEM;

        r = check_changes(&p, error);
        if (r >= 0)
                r = make_areas(&p, error);
        if (r >= 0)
                r = add_metas(&p, error);
        if (r >= 0)
                r = add_renames(&p, &slots);
        if (r >= 0)
                r = fill_slots(&p, slots, error);
        if (r >= 0)
                r = number_made(&p, error);
        if (r >= 0 && redo->changes.n > 0)
                r = sync_slots(&p, error);
        if (r < 0)
                return r;
        r = redo_write(redo, place->dir, REDO_FILE);
        return r < 0 ? error_errnof(error, r, "can't write %s/" REDO_FILE, place->path) : 0;
}
