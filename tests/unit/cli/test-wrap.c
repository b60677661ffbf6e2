/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/wrap.h"

#define WIDTH 20

/* Returns: what the texts, up to NULL, become, to be freed. */
static char *wrap_texts(const char *const *texts, bool color)
{
        char *shown = NULL;
        size_t size;
        FILE *stream = open_memstream(&shown, &size);
        const struct terminal terminal = { .stream = stream, .width = WIDTH, .color = color };
        struct wrap wrap = { .terminal = &terminal, .indent = 4, .blanks = 2 };

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; texts[i]; i++)
                wrap_put(&wrap, STYLE_BAD, texts[i]);
        fclose(stream);
        return shown;
}

static const struct {
        const char *texts[4], *shown;
} cases[] = {
        { { "" }, "" },
        { { "short" }, "  short" },
        { { "exactly as wide as" }, "  exactly as wide as" },
        { { "exactly as wide as it" }, "  exactly as wide as\n    it" },
        { { "one two", ": ", "three four five six" }, "  one two: three\n    four five six" },
        { { "glued", "together, never broken" }, "  gluedtogether,\n    never broken" },
        { { "/a/path/that/is/much/too/long is kept" }, "  /a/path/that/is/much/too/long\n    is kept" },
        { { "and then /a/path/that/is/too/long" }, "  and then\n    /a/path/that/is/too/long" },
        { { "two  blanks   stay" }, "  two  blanks   stay" },
        { { "but none at an   end   " }, "  but none at an\n    end" },
        { { "\033[2J is four columns" }, "  \\x1b[2J is four\n    columns" },
};

START_TEST(test_wrap)
{
        _cleanup_free_ char *shown = wrap_texts(cases[_i].texts, false);

        ck_assert_str_eq(shown, cases[_i].shown);
}
END_TEST

/* A style ends with each line. */
START_TEST(test_style)
{
        _cleanup_free_ char *shown = wrap_texts((const char *const[]){ "one two three four five", NULL }, true);

        ck_assert_str_eq(shown, "  \033[31mone two three four\033[0m\n    \033[31mfive\033[0m");
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("wrap");
        TCase *tcase = tcase_create("wrap");

        tcase_add_loop_test(tcase, test_wrap, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_style);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
