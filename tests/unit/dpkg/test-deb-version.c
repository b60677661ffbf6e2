/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/data.h"
#include "../support/random-version.h"
#include "../support/suite.h"
#include "dpkg/deb-version.h"

#define N_RANDOM_PAIRS 20000U
#define N_RANDOM_TEXTS 500U
#define N_DATA_MAX     2000U

static const char *const relations[] = { "lt", "eq", "gt" };

static int compare(const char *a, const char *b)
{
        int order = 2;

        ck_assert_msg(dmig_deb_version_cmp(a, b, &order) == 0, "'%s' or '%s' isn't accepted", a, b);
        return order;
}

static void assert_order(const char *a, int expected, const char *b)
{
        ck_assert_msg(compare(a, b) == expected, "'%s' is not %s '%s'", a, relations[expected + 1], b);
        ck_assert_msg(compare(b, a) == -expected, "'%s' is not %s '%s'", b, relations[1 - expected], a);
        ck_assert_int_eq(deb_text_cmp(a, b), expected);
        ck_assert_int_eq(compare(a, a), 0);
        ck_assert_int_eq(compare(b, b), 0);
}

static void expect_confirmed(const struct version_question *questions, size_t n)
{
        _cleanup_free_ bool *answers = calloc(n, sizeof(*answers));

        ck_assert_ptr_nonnull(answers);
        dpkg_confirm_all(questions, n, answers);
        for (size_t i = 0; i < n; i++)
                ck_assert_msg(answers[i], "dpkg says otherwise: '%s' %s '%s'", questions[i].pair.a,
                              questions[i].relation, questions[i].pair.b);
}

START_TEST(test_data)
{
        static struct version_question questions[N_DATA_MAX];
        FILE *file = data_open("deb-versions");
        char line[512];
        size_t n = 0;

        for (; data_next(file, line, sizeof(line)); n++) {
                struct version_pair *pair = &questions[n].pair;
                char symbol;
                int expected;

                ck_assert_uint_lt(n, N_DATA_MAX);
                ck_assert_msg(sscanf(line, "%159s %c %159s", pair->a, &symbol, pair->b) == 3, "bad line: %s", line);
                ck_assert_msg(strchr("<=>", symbol) != NULL, "bad line: %s", line);
                expected = symbol - '=';

                assert_order(pair->a, expected, pair->b);
                questions[n].relation = relations[expected + 1];
        }
        fclose(file);
        ck_assert_uint_ge(n, 500);
        expect_confirmed(questions, n);
}
END_TEST

/* The database asks many questions at once; --compare-versions must give the same answers. */
static void check_database(const struct version_pair *pairs, const int *orders, size_t n_pairs)
{
        static struct version_question questions[N_RANDOM_PAIRS / 100];

        for (size_t i = 0; i < n_pairs / 100; i++)
                questions[i] = (struct version_question){ pairs[100 * i], relations[orders[100 * i] + 1] };
        expect_confirmed(questions, n_pairs / 100);
}

START_TEST(test_random_order)
{
        static struct version_pair pairs[N_RANDOM_PAIRS];
        static int expected[N_RANDOM_PAIRS];
        size_t seen[ELEMENTSOF(relations)] = { 0 };
        const size_t n = suite_repeats(N_RANDOM_PAIRS);
        struct random random;

        random_init(&random);
        for (size_t i = 0; i < n; i++)
                random_version_pair(&random, &pairs[i]);
        dpkg_compare_all(pairs, n, expected);
        check_database(pairs, expected, n);

        for (size_t i = 0; i < n; i++) {
                const char *a = pairs[i].a, *b = pairs[i].b;
                const char *relation = relations[expected[i] + 1];

                ck_assert_msg(compare(a, b) == expected[i], "TEST_SEED=%lu: not '%s' %s '%s'", random.seed, a, relation,
                              b);
                ck_assert_msg(compare(b, a) == -expected[i], "TEST_SEED=%lu: '%s' and '%s'", random.seed, b, a);
                seen[expected[i] + 1]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(seen); i++)
                ck_assert_msg(seen[i] > n / 20, "TEST_SEED=%lu: only %zu %s", random.seed, seen[i], relations[i]);
}
END_TEST

/* ---- What is a version -------------------------------------------------------------------- */

enum { ACCEPTED, WARNED_OF, REFUSED };

static int grade(const char *text)
{
        struct deb_version version;

        if (dmig_deb_version_check(text) == 0)
                return ACCEPTED;
        return deb_version_parse(text, false, &version, NULL) == 0 ? WARNED_OF : REFUSED;
}

static const struct {
        const char *text;
        int grade;
} grades[] = {
        { "1", ACCEPTED },
        { "0", ACCEPTED },
        { "1.0-1", ACCEPTED },
        { "1:1.0-1", ACCEPTED },
        { " 1.0 ", ACCEPTED },
        { "\t1.0\t", ACCEPTED },
        { " \t 1:1.0-1 \t ", ACCEPTED },
        { "1.0--1", ACCEPTED },
        { "1.0-a-b", ACCEPTED },
        { "1..1", ACCEPTED },
        { "1.0-~", ACCEPTED },
        { "1~", ACCEPTED },
        { "1a+b~c.d", ACCEPTED },
        { "1:1:1", ACCEPTED },
        { "1:1:1-1", ACCEPTED },
        { "0:1", ACCEPTED },
        { "007:1", ACCEPTED },
        { "+1:1", ACCEPTED },
        { "-0:1", ACCEPTED },
        { "2147483647:1", ACCEPTED },
        { "0000000000000000000002147483647:1", ACCEPTED },
        { "99999999999999999999999999999999", ACCEPTED },
        { "a", WARNED_OF },
        { "v1.0", WARNED_OF },
        { "~1", WARNED_OF },
        { ".1", WARNED_OF },
        { "1:a", WARNED_OF },
        { "1::1", WARNED_OF },
        { "1.0_1", WARNED_OF },
        { "1.0/1", WARNED_OF },
        { "1,0", WARNED_OF },
        { "1.0\n", WARNED_OF },
        { "1\r", WARNED_OF },
        { "\v1", WARNED_OF },
        { "1\xc3\xa9", WARNED_OF },
        { "1.0-1_1", WARNED_OF },
        { "1:1-1:1", WARNED_OF },
        { "1.0-\xff", WARNED_OF },
        { "", REFUSED },
        { " ", REFUSED },
        { "\t", REFUSED },
        { "1 0", REFUSED },
        { "1.0 -1", REFUSED },
        { "1:\t1", REFUSED },
        { "1 :1", REFUSED },
        { "1:", REFUSED },
        { ":1", REFUSED },
        { ":", REFUSED },
        { "a:1", REFUSED },
        { "0x1:1", REFUSED },
        { "1a:1", REFUSED },
        { "1.0:1", REFUSED },
        { "1-1:1", REFUSED },
        { "-1:1", REFUSED },
        { "2147483648:1", REFUSED },
        { "4294967296:1", REFUSED },
        { "18446744073709551616:1", REFUSED },
        { "99999999999999999999999999:1", REFUSED },
        { "1.0-", REFUSED },
        { "1:1.0-", REFUSED },
        { "1.0--", REFUSED },
        { "-", REFUSED },
        { "-1", REFUSED },
        { "1:-1", REFUSED },
};

START_TEST(test_grade)
{
        const char *text = grades[_i].text;
        int theirs;

        ck_assert_msg(grade(text) == grades[_i].grade, "'%s' is %d", text, grade(text));
        dpkg_validate_all(&text, 1, &theirs);
        ck_assert_msg(theirs == grades[_i].grade, "dpkg says otherwise: '%s'", text);
}
END_TEST

static void random_text(struct random *random, char text[static 16])
{
        static const char characters[] = "0019aZ.-+~::- \t_\n\xc3";
        size_t n = random_pick(random, 7);

        memset(text, 0, 16);
        text[0] = '1';
        for (size_t i = 0; i < n; i++)
                text[i] = characters[random_pick(random, sizeof(characters) - 1)];
}

START_TEST(test_random_grade)
{
        static char texts[N_RANDOM_TEXTS][16];
        const char *list[N_RANDOM_TEXTS];
        size_t seen[REFUSED + 1] = { 0 };
        int expected[N_RANDOM_TEXTS];
        struct random random;

        random_init(&random);
        for (size_t i = 0; i < N_RANDOM_TEXTS; i++) {
                random_text(&random, texts[i]);
                list[i] = texts[i];
        }
        dpkg_validate_all(list, N_RANDOM_TEXTS, expected);
        for (size_t i = 0; i < N_RANDOM_TEXTS; i++) {
                ck_assert_msg(grade(list[i]) == expected[i], "TEST_SEED=%lu: '%s' is %d, dpkg says %d", random.seed,
                              list[i], grade(list[i]), expected[i]);
                seen[expected[i]]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(seen); i++)
                ck_assert_msg(seen[i] > 5, "TEST_SEED=%lu: only %zu of grade %zu", random.seed, seen[i], i);
}
END_TEST

static const struct {
        const char *text;
        unsigned epoch;
        const char *upstream, *revision;
} splits[] = {
        { "1.0", 0, "1.0", "" },
        { "1.0-1", 0, "1.0", "1" },
        { "3:1.0-1", 3, "1.0", "1" },
        { " \t3:1.0-1\t ", 3, "1.0", "1" },
        { " 1.0 ", 0, "1.0", "" },
        { "2147483647:1:2-rc-3", 2147483647, "1:2-rc", "3" },
        { "1.0~rc1+b-0~bpo.1", 0, "1.0~rc1+b", "0~bpo.1" },
};

START_TEST(test_split)
{
        struct deb_version version;

        ck_assert_int_eq(deb_version_parse(splits[_i].text, true, &version, NULL), 0);
        ck_assert_uint_eq(version.epoch, splits[_i].epoch);
        ck_assert_uint_eq(version.upstream_size, strlen(splits[_i].upstream));
        ck_assert_mem_eq(version.upstream, splits[_i].upstream, version.upstream_size);
        ck_assert_uint_eq(version.revision_size, strlen(splits[_i].revision));
        ck_assert_mem_eq(version.revision, splits[_i].revision, version.revision_size);
}
END_TEST

static const struct {
        const char *text, *message;
} messages[] = {
        { "", "'' is not a package version: it has no upstream version" },
        { "1:-1", "'1:-1' is not a package version: it has no upstream version" },
        { "1 0", "'1 0' is not a package version: it must not contain blanks" },
        { "a:1", "'a:1' is not a package version: its epoch, before the ':', must be a number" },
        { "2147483648:1",
          "'2147483648:1' is not a package version: its epoch, before the ':', must be from 0 to 2147483647" },
        { "1.0-", "'1.0-' is not a package version: a revision must follow the last '-'" },
        { "v1", "'v1' is not a package version: it must start with a digit" },
        { "1_0", "'1_0' is not a package version: it may contain only letters, digits and . + - : ~" },
        { "1-1_0", "'1-1_0' is not a package version: its revision may contain only letters, digits and . + ~" },
};

START_TEST(test_message)
{
        const struct deb_version untouched = { .epoch = 42 };
        struct deb_version version = untouched;
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(deb_version_parse(messages[_i].text, true, &version, &error), -EINVAL);
        ck_assert_int_eq(error.code, -EINVAL);
        ck_assert_str_eq(error_text(&error), messages[_i].message);
        ck_assert_mem_eq(&version, &untouched, sizeof(version));
}
END_TEST

START_TEST(test_refused_has_no_order)
{
        int order = 42;

        ck_assert_int_eq(dmig_deb_version_cmp("1.0-", "1.0", &order), -EINVAL);
        ck_assert_int_eq(dmig_deb_version_cmp("1.0", "a:1", &order), -EINVAL);
        ck_assert_int_eq(order, 42);
}
END_TEST

/* deb_text_cmp() accepts any text. */
START_TEST(test_any_text)
{
        static const char *const sorted[] = { "", "1.0", "1.0-", "1.1", "2.0-", "2.0:1", "a:1", "1:0" };

        for (size_t i = 0; i < ELEMENTSOF(sorted); i++)
                for (size_t j = 0; j < ELEMENTSOF(sorted); j++)
                        ck_assert_int_eq(deb_text_cmp(sorted[i], sorted[j]), (i > j) - (i < j));
}
END_TEST

/* The part ends where its size says, whatever follows. */
START_TEST(test_part)
{
        ck_assert_int_eq(deb_part_cmp("12", 1, "13", 1), 0);
        ck_assert_int_eq(deb_part_cmp("1~", 1, "1", 1), 0);
        ck_assert_int_eq(deb_part_cmp("1~", 2, "1", 1), -1);
        ck_assert_int_eq(deb_part_cmp("1a", 2, "1", 1), 1);
        ck_assert_int_eq(deb_part_cmp("", 0, "0", 1), 0);
        ck_assert_int_eq(deb_part_cmp("", 0, "", 0), 0);
        ck_assert_int_eq(deb_part_cmp("~", 1, "", 0), -1);
}
END_TEST

static Suite *suite(void)
{
        TCase *order = tcase_create("order"), *syntax = tcase_create("syntax");
        Suite *s = suite_create("deb-version");

        tcase_set_timeout(order, 120);
        tcase_add_test(order, test_data);
        tcase_add_test(order, test_random_order);
        tcase_add_test(order, test_refused_has_no_order);
        tcase_add_test(order, test_any_text);
        tcase_add_test(order, test_part);
        suite_add_tcase(s, order);

        tcase_set_timeout(syntax, 60);
        tcase_add_loop_test(syntax, test_grade, 0, ELEMENTSOF(grades));
        tcase_add_test(syntax, test_random_grade);
        tcase_add_loop_test(syntax, test_split, 0, ELEMENTSOF(splits));
        tcase_add_loop_test(syntax, test_message, 0, ELEMENTSOF(messages));
        suite_add_tcase(s, syntax);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
