/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * package-files: small files that people write: the version of a package, os-release, and consents, with a form feed between them. What they say is a
 * version, and ids.
 *
 * Covers: catalog/consents.c catalog/os-release.c catalog/package-facts.c
 */

#include "basic/path.h"
#include "catalog/consents.h"
#include "catalog/os-release.h"
#include "catalog/package-facts.h"
#include "dpkg/deb-version.h"
#include "fuzz.h"

#define PACKAGE_DIR VENDOR_DIR "/sample"
#define OS_RELEASE  "/etc/os-release"
#define VARIABLE    "VERSION"

enum { FILE_VERSION, FILE_OS_RELEASE, FILE_CONSENT, N_FILES };

static const struct root *root;

static void check_facts(void)
{
        _cleanup_(package_facts_done) struct package_facts facts = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r = package_facts_read(root, "sample", &facts, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        if (r == 0)
                law(facts.version && dmig_deb_version_check(facts.version) == 0);
}

static void check_os_release(const char *text)
{
        _cleanup_free_ char *value = NULL;
        _cleanup_error_ struct error error = { 0 };
        int r = os_release_read(root, VARIABLE, &value, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        if (r == 0)
                law(strstr(text, VARIABLE "=") && !strchr(value, '\n') && strlen(value) < strlen(text));
        if (r == 0 && !strpbrk(text, "\"'\\"))
                law(strstr(text, value));
}

static void check_consents(const char *text)
{
        _cleanup_(consents_done) struct consents consents = { 0 }, others = { 0 };
        _cleanup_error_ struct error error = { 0 };
        int r = consents_read(root, "sample", &consents, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        /* A file with an error consents to nothing, for whichever package. */
        law(consents_read(root, "other", &others, NULL) == r);
        for (size_t i = 0; i < consents.ids.n; i++)
                law(strchr(consents.ids.list[i], '/') && strstr(text, consents.ids.list[i]) &&
                    consents_have(&consents, consents.ids.list[i]));
        law(consents_have(&consents, "1.0.0/001_never") == consents.all || strstr(text, "1.0.0/001_never"));
}

static void check_damaged(const uint8_t *data, size_t size)
{
        _cleanup_(consents_done) struct consents consents = { 0 };
        int r;

        fuzz_put(ADMIN_DIR "/consent", data, size);
        r = consents_read(root, "sample", &consents, NULL);
        law(r == 0 || r == -EBADMSG);
        law(r < 0 || !memchr(data, '\0', size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char by_os_release[] = "{\"version\":{\"os-release\":\"" VARIABLE "\"}}";
        char *texts[N_FILES];

        root = fuzz_root((const char *const[]){ PACKAGE_DIR, ADMIN_DIR, NULL });
        fuzz_put(PACKAGE_DIR "/package.json", by_os_release, sizeof(by_os_release) - 1);
        fuzz_split(data, size, '\f', N_FILES, texts);
        fuzz_put(OS_RELEASE, *texts[FILE_OS_RELEASE] ? texts[FILE_OS_RELEASE] : NULL, strlen(texts[FILE_OS_RELEASE]));
        fuzz_put(ADMIN_DIR "/consent", texts[FILE_CONSENT], strlen(texts[FILE_CONSENT]));
        fuzz_put(PACKAGE_DIR "/version", texts[FILE_VERSION], strlen(texts[FILE_VERSION]));
        check_facts();
        fuzz_put(PACKAGE_DIR "/version", NULL, 0);
        check_facts();
        check_os_release(texts[FILE_OS_RELEASE]);
        check_consents(texts[FILE_CONSENT]);
        check_damaged(data, size);
        fuzz_free(texts, N_FILES);
        return 0;
}
