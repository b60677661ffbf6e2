#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Keeps the documents true: the files that they name exist, and the man page has the verbs and options that the program has. Needs no
# root. Each rule is first tried on a document with one fault.
#
# Environment: DEPLOY_MIGRATE, the program that the man page describes.

. "${0%/*}/tap.sh"

SOURCE=$(cd "${0%/*}/.." && pwd)
: "${DEPLOY_MIGRATE:?must be the program that the man page describes}"
export LC_ALL=C

# ---- The rules: each prints what is wrong in the documents of the tree $tree ----

list_documents() {
        (cd "$tree" && ls README.md doc/*.md migrations/*.md doc/*.[0-9])
}

# A program is there if its source is.
find_missing_files() {
        list_documents | while read -r document; do
                grep -oE '(^|[^A-Za-z0-9_./-])(\./)?(src|tests|units|packaging)/[A-Za-z0-9_./@-]+' "$tree/$document" |
                        sed -E 's/^[^a-z]*//; s/[.]$//' | sort -u | while read -r path; do
                        [ -e "$SOURCE/$path" ] || [ -e "$SOURCE/$path.c" ] || echo "$document names $path, which doesn't exist"
                done
        done
}

# Of the C code, which the documents for contributors name.
find_missing_functions() {
        grep -ohE '[a-z_]+\(\)' "$tree"/doc/*.md | tr -d '()' | sort -u | while read -r function; do
                grep -rqwF "$function" "$SOURCE/src" || echo "doc/ names $function(), which src/ doesn't have"
        done
        grep -ohE '\bdmig_[a-z_]+' "$tree"/doc/*.3 | sort -u | while read -r name; do
                grep -qw "$name" "$SOURCE/src/deploy-migrate.h" || echo "doc/ names $name, which the header doesn't have"
        done
}

find_broken_links() {
        list_documents | while read -r document; do
                grep -oE '\]\([^)#:]+\)' "$tree/$document" | tr -d '])(' | while read -r path; do
                        [ -e "$SOURCE/$(dirname "$document")/$path" ] || echo "$document has a link to $path, which doesn't exist"
                done
        done
}

find_long_readme() {
        lines=$(wc -l <"$tree/README.md")
        [ "$lines" -le 110 ] || echo "README.md has $lines lines, which don't fit two screens"
}

# Prints the section $1 of the man page.
print_section() {
        awk -v title=".Sh $1" '/^\.Sh/ { inside = $0 == title } inside' "$tree/doc/deploy-migrate.8"
}

# Prints "verb option [value]" for each option of the synopsis and of the section on options. Those that have no verb there are options
# of run.
list_described_options() {
        { print_section SYNOPSIS && print_section OPTIONS; } | awk '
                $1 == ".Nm" { verb = "" }
                $1 == ".Cm" && verb == "" { verb = $2 }
                $1 == ".It" { verb = $2 == "Cm" ? $3 : "run" }
                match($0, /Fl [^ ]+/) {
                        option = substr($0, RSTART + 3, RLENGTH - 3)
                        rest = substr($0, RSTART + RLENGTH)
                        value = rest ~ /^ Ar / ? "1" : rest ~ /^ Ns = Ns Cm / ? $(index_of("=") + 3) : ""
                        sub(/\\-/, "-", option)
                        print verb, "-" option, value
                }
                function index_of(word,   i) {
                        for (i = 1; i <= NF && $i != word; i++);
                        return i
                }'
}

# The verbs, and "verb option" for each of the options that a verb takes, as the program helps with them.
list_verbs() {
        "$DEPLOY_MIGRATE" --help | sed -nE '/^Verbs:/,/^$/s/^  ([a-z]+) .*/\1/p'
}

list_options() {
        list_verbs | while read -r verb; do
                "$DEPLOY_MIGRATE" "$verb" --help | sed -nE "s/^  (--?[a-z-]+) .*/$verb \1/p"
        done
}

find_undescribed_verbs() {
        list_verbs | while read -r verb; do
                print_section VERBS | grep -qE "^\.It Cm $verb( |$)" || echo "the man page doesn't describe $verb"
                print_section SYNOPSIS | grep -qx ".Cm $verb" || echo "the synopsis has no $verb"
        done
}

find_unknown_verbs() {
        list_verbs >"$WORK/verbs"
        {
                print_section SYNOPSIS | awk '$1 == ".Cm" && after == ".Nm" { print $2 } { after = $1 }'
                print_section VERBS | sed -nE 's/^\.It Cm ([a-z]+).*/\1/p'
        } | grep -vxF -f "$WORK/verbs" | sed 's/^/the program has no verb /'
}

find_undescribed_options() {
        list_described_options >"$WORK/described"
        list_options | while read -r verb option; do
                grep -qE "^(run|$verb) $option( |$)" "$WORK/described" || echo "the man page doesn't describe $verb $option"
        done
}

find_refused_options() {
        list_options >"$WORK/options"
        list_described_options | while read -r verb option value; do
                grep -qx -e "$verb $option" "$WORK/options" || echo "$verb takes no option $option"
                "$DEPLOY_MIGRATE" "$verb" "$option" ${value:+"$value"} --help >/dev/null 2>&1 ||
                        echo "the program refuses $verb $option $value"
        done
}

# ---- In a test ----

# assert_kept RULE
assert_kept() {
        tree=$SOURCE
        complaints=$("$1")
        [ -z "$complaints" ] || fail "$complaints"
}

# assert_found RULE FILE EXPRESSION TEXT: once sed has changed that document, the rule complains with that text, and it alone.
assert_found() {
        tree=$WORK/tree
        rm -rf "$tree" && mkdir -p "$tree/doc" "$tree/migrations"
        for document in README.md doc/HACKING.md doc/design.md doc/deploy-migrate.8 doc/libdeploymigrate.3 migrations/README.md; do
                cp "$SOURCE/$document" "$tree/$document"
        done
        sed -i -E "$3" "$tree/$2"
        complaints=$("$1")
        [ "$complaints" = "$4" ] || fail "$1 doesn't say '$4', but: $complaints"
}

# ---- Tests ----

test_a_file_that_does_not_exist_is_found() {
        assert_found find_missing_files README.md '$a See `src/nothing.c`.' \
                "README.md names src/nothing.c, which doesn't exist"
}

test_a_function_that_does_not_exist_is_found() {
        assert_found find_missing_functions doc/HACKING.md 's/archive_read\(\)/archive_write()/' \
                "doc/ names archive_write(), which src/ doesn't have"
}

test_a_public_function_that_does_not_exist_is_found() {
        assert_found find_missing_functions doc/libdeploymigrate.3 's/dmig_plan /dmig_scheme /' \
                "doc/ names dmig_scheme, which the header doesn't have"
}

test_a_broken_link_is_found() {
        assert_found find_broken_links doc/design.md '$a See [nothing](nothing.md).' \
                "doc/design.md has a link to nothing.md, which doesn't exist"
}

test_a_readme_that_is_too_long_is_found() {
        assert_found find_long_readme README.md 's/^/\n\n/' \
                "README.md has $(($(wc -l <"$SOURCE/README.md") * 3)) lines, which don't fit two screens"
}

test_a_verb_without_a_description_is_found() {
        assert_found find_undescribed_verbs doc/deploy-migrate.8 '/^\.It Cm forget/d' "the man page doesn't describe forget"
}

test_a_verb_that_the_program_does_not_have_is_found() {
        assert_found find_unknown_verbs doc/deploy-migrate.8 's/^\.It Cm forget/.It Cm remember/' 'the program has no verb remember'
}

test_an_option_without_a_description_is_found() {
        assert_found find_undescribed_options doc/deploy-migrate.8 '/^\.It Cm status Fl .-exit-code/d; /^\.Op Fl .-exit-code/d' \
                "the man page doesn't describe status --exit-code"
}

test_an_option_that_the_program_does_not_have_is_found() {
        assert_found find_refused_options doc/deploy-migrate.8 's/^(\.Op Fl .-)files/\1dry-run/' 'history takes no option --dry-run'
}

test_files_that_documents_name_exist() {
        assert_kept find_missing_files
        n=$(cat "$SOURCE/README.md" "$SOURCE"/doc/*.md | grep -cE '(src|tests|packaging)/')
        [ "$n" -gt 30 ] || fail "hardly a file is named"
}

test_functions_that_documents_name_exist() {
        assert_kept find_missing_functions
}

test_links_lead_to_files() {
        assert_kept find_broken_links
}

test_the_readme_fits_two_screens() {
        assert_kept find_long_readme
}

test_the_man_page_has_each_verb() {
        assert_kept find_undescribed_verbs
        [ "$(list_verbs | wc -l)" -gt 5 ] || fail "hardly a verb is seen in --help"
}

test_the_program_has_each_verb_of_the_man_page() {
        assert_kept find_unknown_verbs
}

test_the_man_page_has_each_option() {
        assert_kept find_undescribed_options
        [ "$(list_options | wc -l)" -gt 50 ] || fail "hardly an option is seen in --help"
}

test_the_program_takes_each_option_of_the_man_page() {
        assert_kept find_refused_options
        [ "$(list_described_options | wc -l)" -gt 25 ] || fail "hardly an option is seen in the man page"
}

run_tests
