#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kits: what a migration made with them answers, and what their edits leave of a file.

. "${0%/*}/lib.sh"
need_root

: "${DEPLOY_MIGRATE_DATADIR:?must be the directory that has kits/}"
CONFIG=/etc/sample/config

# shell CHECK [MIGRATE], python CHECK [MIGRATE]: make the migration with these bodies of its functions.
shell() {
        write "/usr/lib/deploy-migrate/sample/v1.1.0/001_x" <<END
#!/bin/sh
. "\${DEPLOY_MIGRATE_KITS:?}/migration-kit.sh"
config=\$root/etc/\$package/config
check() {
        $1
}
migrate() {
        ${2:-:}
}
migration "\$@"
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
}

python() {
        [ -x /usr/bin/python3 ] || skip "python3 isn't installed"
        write "/usr/lib/deploy-migrate/sample/v1.1.0/001_x" <<END
#!/usr/bin/python3 -IB
import os, sys
sys.path.append(os.environ["DEPLOY_MIGRATE_KITS"])
from migration_kit import *
from migration_kit import NotNow
CONFIG = system_path("/etc", PACKAGE, "config")
def check():
        $1
def migrate():
        ${2:-return True}
if __name__ == "__main__":
        run(check, migrate)
END
        chmod 755 "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x"
}

# phase STATUS NAME: runs a phase of the migration, without the runner around it.
phase() {
        execute "$1" env DPKG_ROOT="$ROOT" DEPLOY_MIGRATE_PACKAGE=sample DEPLOY_MIGRATE_KITS="$DEPLOY_MIGRATE_DATADIR/kits" \
                "$ROOT/usr/lib/deploy-migrate/sample/v1.1.0/001_x" "$2"
}

# edits BODY: the file is as standard input has it after the edit, and its mode and owner are as before.
edits() {
        cat >"$WORK/expected"
        chmod 4640 "$ROOT$CONFIG"
        [ "$(id -u)" -ne 0 ] || { chown 12345:54321 "$ROOT$CONFIG" && chmod 4640 "$ROOT$CONFIG"; }
        stat -c '%a %u %g %h' "$ROOT$CONFIG" >"$WORK/stat"
        "$MAKE" "$ANSWER" "$1"
        phase 0 migrate
        diff -u "$WORK/expected" "$ROOT$CONFIG" || fail "it is edited otherwise"
        stat -c '%a %u %g %h' "$ROOT$CONFIG" | diff - "$WORK/stat" || fail "it has another mode or owner"
        [ "$(ls "$ROOT/etc/sample")" = config ] || fail "something is left beside it"
}

test_links_stay_links() {
        write $CONFIG 'a=1'
        ln "$ROOT$CONFIG" "$ROOT/etc/sample/hard"
        ln -s config "$ROOT/etc/sample/soft"
        shell there 'key_set "$config" a 2; key_set "$root/etc/sample/soft" a 3'
        phase 0 migrate
        assert_content /etc/sample/hard 'a=3'
        python 'return True' 'for name in "config", "soft":
                with edit(system_path("/etc/sample", name), INI) as c: c.set("a", name)
        return True'
        phase 0 migrate
        assert_content /etc/sample/hard 'a=soft'
        [ -L "$ROOT/etc/sample/soft" ] || fail "the link is a file now"
}

# ---- sh ----

test_answers_in_sh() {
        ln -s loop "$ROOT/loop"
        shell there && phase 0 check
        shell not_there && phase 1 check
        for body in 'false' 'true' 'return 1' 'cat "$config"; not_there' 'echo "$nothing"; not_there' \
                'grep -q x "$config" && there; not_there' 'key_is_set "$config" x && there; not_there' \
                '[ "$(key_get "$config" x)" = 1 ] && there; not_there' '(fail no); not_there' 'getent nothing x; not_there' \
                'exists "$root/loop" || there; not_there'; do
                shell "$body"
                phase 2 check
                [ -s "$ERR" ] || fail "no reason is given: $body"
        done
        write $CONFIG 'a=1'
        for body in 'grep -q x "$config" && there; not_there' 'key_is_set "$config" b && there; not_there' \
                'getent passwd no-such-user && there; not_there' '[ "$(key_get "$config" a)" = 2 ] && there; not_there'; do
                shell "$body"
                phase 1 check
        done
        shell 'exists "$config.x" || not_there'
        phase 1 check
        shell 'exists "$config" && key_is_set "$config" a && getent passwd root >/dev/null && there'
        phase 0 check
        phase 2 nothing
}

test_migrate_in_sh() {
        shell there false
        phase 1 migrate
        shell there 'fail "no way"'
        phase 2 migrate
        assert_err 'no way'
        shell there 'later "not yet"'
        phase 75 migrate
        shell there 'progress 1/2 half'
        phase 0 migrate
}

test_keys_in_sh() {
        MAKE=shell ANSWER=there
        write $CONFIG <<'END'
# old=comment
  old = a \n b=c
other=1
END
        edits 'key_rename "$config" old new; key_set "$config" more "x\ny"; key_set "$config" other "1 2"; key_remove "$config" absent' <<'END'
# old=comment
  new = a \n b=c
other=1 2
more=x\ny
END
        shell there '[ "$(key_get "$config" new)" = "a \n b=c" ]; key_remove "$config" more; key_rename "$config" new other'
        phase 2 migrate
        assert_err "$ROOT$CONFIG: has other already"
        ! grep -q more "$ROOT$CONFIG" || fail "a key isn't removed"
}

test_an_edit_that_fails_leaves_the_file() {
        write $CONFIG 'a=1'
        shell there 'edit "$config" sed "s/"'
        phase 2 migrate
        assert_err "$ROOT$CONFIG: can't be edited: sed ended with status"
        assert_content $CONFIG 'a=1'
}

test_json_in_sh() {
        command -v jq >/dev/null || skip "jq isn't installed"
        MAKE=shell ANSWER=there
        printf '{\n    "old": "ä",\n    "b": {}\n}\n' >"$WORK/json"
        write $CONFIG <"$WORK/json"
        printf '{\n    "b": {},\n    "new": "ä"\n}\n' >"$WORK/json"
        edits 'json_edit "$config" ".new = .old | del(.old)"' <"$WORK/json"
}

# ---- Python ----

test_answers_in_python() {
        ln -s loop "$ROOT/loop"
        python 'return not exists(CONFIG) and exists("/")' && phase 0 check
        python 'return False' && phase 1 check
        for body in 'pass' 'return 1' 'sys.exit(0)' 'return nothing' 'return CONFIG.read_text() == ""' \
                'return exists(system_path("/loop"))' 'raise KeyboardInterrupt'; do
                python "$body"
                phase 2 check
                [ -s "$ERR" ] || fail "no reason is given: $body"
        done
        python 'return True' 'raise NotNow("not yet")'
        phase 75 migrate
        assert_err 'not yet'
        python 'return True' 'progress(1, 2, "half"); progress("50% half"); return True'
        phase 0 migrate
}

test_ini_in_python() {
        MAKE=python ANSWER='return True'
        write $CONFIG <<'END'
# comment
top = 1

[first] ; the first
old = a = b ; c
# old = comment

; of the second
[second]
old=1
END
        edits 'with edit(CONFIG, INI) as c:
                c.rename("old", "new", "first"); c.set("more", "x", "first"); c.set("top", 2); c.remove("old", "second")
                c.set("key", "value", "third"); c.rename_section("second", "2nd")
                assert c.get("new", "first") == "a = b ; c" and c.sections() == ["first", "2nd", "third"] and not c.has("new")
        return True' <<'END'
# comment
top = 2

[first] ; the first
new = a = b ; c
more = x
# old = comment

; of the second
[2nd]
[third]
key = value
END
        python 'return True' 'with edit(CONFIG, INI) as c: c.rename("absent", "new")'
        phase 2 migrate
        assert_err KeyError
}

test_json_in_python() {
        MAKE=python ANSWER='return True'
        printf '{\r\n\t"b": [],\r\n\t"a": "\303\244"\r\n}' >"$WORK/json"
        mkdir -p "$ROOT/etc/sample"
        cp "$WORK/json" "$ROOT$CONFIG"
        printf '{\r\n\t"b": [],\r\n\t"c": "\303\244"\r\n}' >"$WORK/json"
        edits 'with edit(CONFIG, JSON) as c: c["c"] = c.pop("a")
        return True' <"$WORK/json"
        write $CONFIG '{"a": 1, "a": 2}'
        python 'return read(CONFIG, JSON)["a"] == 2'
        phase 2 check
        assert_err "the key 'a' is there twice"
}

test_yaml_in_python() {
        /usr/bin/python3 -c 'import ruamel.yaml' 2>/dev/null || skip "ruamel.yaml isn't installed"
        MAKE=python ANSWER='return True'
        write $CONFIG <<'END'
# comment
old: "a"  # behind
list:
    - 1
    - x: yes
END
        edits 'with edit(CONFIG, YAML) as c: c.insert(0, "new", c.pop("old"))
        return True' <<'END'
# comment
new: "a"
list:
    - 1
    - x: yes
END
        for text in '# nothing' '%YAML 1.1
---
a: yes' 'a: 1
---
b: 1'; do
                write $CONFIG "$text"
                python 'return True' 'with edit(CONFIG, YAML) as c: c["b"] = 1
        return True'
                phase 2 migrate
                assert_content $CONFIG "$text"
        done
}

test_toml_in_python() {
        /usr/bin/python3 -c 'import tomlkit, tomllib' 2>/dev/null || skip "tomlkit or tomllib isn't installed"
        MAKE=python ANSWER='return read(CONFIG, TOML)["t"]["b"] == 2'
        write $CONFIG <<'END'
# comment
a = "1" # behind

[t]
b = 1
END
        edits 'with edit(CONFIG, TOML) as c: c["t"]["b"] = 2
        return True' <<'END'
# comment
a = "1" # behind

[t]
b = 2
END
        phase 0 check
}

# ---- Where migrations run ----

test_a_migration_finds_the_kits() {
        write $CONFIG 'old=1'
        shell 'key_is_set "$config" new && there; not_there' 'progress 50%; key_rename "$config" old new'
        upgraded sample 1.0 1.1
        expect 0 run sample
        assert_content $CONFIG 'new=1'
        write $CONFIG 'old=1'
        python 'return "new" in read(CONFIG, INI)' 'with edit(CONFIG, INI) as c: c.rename("old", "new")
        return True'
        expect 0 baseline sample 1.0
        expect 0 run sample
        assert_content $CONFIG 'new=1'
}

test_a_module_finds_the_kit() {
        [ -x /usr/bin/python3 ] || skip "python3 isn't installed"
        write /usr/lib/deploy-migrate/sample/v1.1.0/001_x.py <<'END'
from migration_kit import *
from migration_kit import NotNow
def check(): return system_path("/nothing").exists()
def migrate(): raise NotNow("not yet")
END
        upgraded sample 1.0 1.1
        expect 1 run --json sample
        assert_json '.packages[0].result' postponed
        [ -z "$(find "$DEPLOY_MIGRATE_DATADIR/kits" -name '__pycache__')" ] || fail "it has left bytecode"
}

run_tests
