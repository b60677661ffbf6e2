# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a migration of two functions, check() and migrate():

    #!/usr/bin/python3 -IB
    import os
    import sys

    sys.path.append(os.environ["DEPLOY_MIGRATE_KITS"])
    from migration_kit import INI, PACKAGE, edit, exists, read, run, system_path

    CONFIG = system_path("/etc", PACKAGE, "config")


    def check() -> bool:
        return not exists(CONFIG) or "new_key" in read(CONFIG, INI)


    def migrate() -> bool:
        with edit(CONFIG, INI) as config:
            config.rename("old_key", "new_key")
        return True


    if __name__ == "__main__":
        run(check, migrate)

A file that isn't executable is a module: it needs neither the lines about sys nor the last two.

Each function returns True or False. Anything else, such as an exception, is an error, and never "not there". migrate() raises NotNow(reason) if it
can't be done now.

read() returns, and edit() lets one change, what is in a file:

    JSON  dict, list and so on; the order of keys and the indentation stay
    INI   Settings: key=value lines, in sections or not; all other lines stay as they are
    YAML  as JSON, with all comments; needs python3-ruamel.yaml; python3-yaml is enough to read it
    TOML  as JSON, with all comments; needs python3-tomlkit; Python is enough to read it
    TEXT  Text: its attribute "text" is all of it

edit() writes at the end of the "with", unless an exception ends that. The file keeps its owner, mode, attributes and names. It is replaced
whole, so that a crash can't leave a part of it even with "writes": "*", unless it has more than one name.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import traceback

PACKAGE = os.environ.get("DEPLOY_MIGRATE_PACKAGE", "")
ROOT = os.environ.get("DPKG_ROOT", "")  # empty on a running system


class NotNow(Exception):
    """Ends migrate(): it is tried again at a later run."""

    exit_status = 75


def run(check, migrate):
    """Run the phase that the arguments name, and exit."""
    sys.exit(_find_status({"check": check, "migrate": migrate}))


def _find_status(functions):
    """Return the exit status. No exception gets out: Python would exit with 1, which means "not there"."""
    try:
        (phase,) = sys.argv[1:]
        answer = functions[phase]()
        if not isinstance(answer, bool):
            raise TypeError(f"{phase}() must return True or False, but returned {answer!r}")
        return 0 if answer else 1
    except NotNow as reason:
        print(reason, file=sys.stderr)
        return NotNow.exit_status
    except BaseException:  # also that of sys.exit()
        traceback.print_exc()
        return 2


def progress(done, total=None, text=""):
    """Tell how far migrate() is: progress(30, 100, "tables"), or progress("30% tables")."""
    line = str(done) if total is None else f"{done}/{total} {text}"
    with contextlib.suppress(OSError):  # by hand there is nobody to read it
        os.write(int(os.environ.get("DEPLOY_MIGRATE_PROGRESS_FD", "3")), (line + "\n").encode())


def system_path(*parts):
    """Return the path of a file of the system that is migrated: system_path("/etc", PACKAGE, "config")."""
    return pathlib.Path(ROOT or "/", *(str(part).lstrip("/") for part in parts))


# ---- Files ----


def exists(path):
    """Tell whether the file is there. That it can't be told is an error, which pathlib hides in some versions of Python."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read(path, form):
    """Return what is in the file."""
    return form.load(_read_text(path))


@contextlib.contextmanager
def edit(path, form):
    """Yield what is in the file, and write it back."""
    old = _read_text(path)
    value = form.load_to_edit(old)
    yield value
    new = form.dump(value, old)
    if new != old:
        _write_text(path, new)


# Bytes that aren't UTF-8, and line ends of any kind, are written as they were read.
_AS_IS = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}


def _read_text(path):
    with open(path, **_AS_IS) as file:
        return file.read()


def _write_text(path, text):
    stat = os.lstat(path)
    in_place = os.path.islink(path) or stat.st_nlink > 1
    new = path if in_place else f"{path}.kit-new"
    if not in_place:
        shutil.copyfile(path, new)
        os.chown(new, stat.st_uid, stat.st_gid)
        shutil.copystat(path, new)  # after a change of the owner, which takes setuid away
    with open(new, "r+", **_AS_IS) as file:
        file.write(text)
        file.truncate()
    if not in_place:
        os.replace(new, path)


def _with_line_ends(new, old):
    return re.sub("\r?\n", "\r\n", new) if "\r\n" in old else new


class _Json:
    def load(self, text):
        return json.loads(text, object_pairs_hook=self._make_object)

    load_to_edit = load

    def dump(self, value, old):
        indentation = re.search(r"^[ \t]+(?=\S)", old, re.MULTILINE)
        new = json.dumps(value, indent=indentation and indentation[0], ensure_ascii=old.isascii(), allow_nan=False)
        return _with_line_ends(new, old) + old[len(old.rstrip()) :]

    @staticmethod
    def _make_object(pairs):
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} is there twice")
        return value


class _Ini:
    def load(self, text):
        return Settings(text)

    load_to_edit = load

    def dump(self, value, _old):
        return str(value)


class _Yaml:
    def load(self, text):
        try:
            import yaml
        except ImportError:
            return self._need_ruamel().YAML(typ="safe").load(text)
        return yaml.safe_load(text)

    def load_to_edit(self, text):
        value = self._make_editor(text).load(text)
        if text.startswith("%") or not isinstance(value, (dict, list)):
            raise ValueError("YAML with a directive, or that is neither a mapping nor a list, can't be edited; use TEXT")
        return value

    def dump(self, value, old):
        import io

        stream = io.StringIO()
        self._make_editor(old).dump(value, stream)
        return _with_line_ends(stream.getvalue(), old)

    def _make_editor(self, text):
        """Return one that writes in the style of the text: that of its first mapping, and of its first list, in a mapping."""
        mapping = re.search(r":[ \t]*(?:#.*)?\r?\n( +)[^\s#-]", text)
        sequence = re.search(r"^( *)[^\s#-].*:[ \t]*(?:#.*)?\r?\n( *)- ", text, re.MULTILINE)
        offset = len(sequence[2]) - len(sequence[1]) if sequence else 0

        editor = self._need_ruamel().YAML()
        editor.preserve_quotes = True
        editor.width = sys.maxsize
        editor.explicit_start = text.startswith("---") or None
        editor.indent(mapping=len(mapping[1]) if mapping else 2, sequence=offset + 2, offset=offset)
        return editor

    @staticmethod
    def _need_ruamel():
        try:
            import ruamel.yaml
        except ImportError as error:
            raise RuntimeError("YAML with its comments needs ruamel.yaml; add python3-ruamel.yaml to Depends") from error
        return ruamel.yaml


class _Toml:
    def load(self, text):
        import tomllib

        return tomllib.loads(text)

    def load_to_edit(self, text):
        return self._need_tomlkit().parse(text)

    def dump(self, value, _old):
        return self._need_tomlkit().dumps(value)

    @staticmethod
    def _need_tomlkit():
        try:
            import tomlkit
        except ImportError as error:
            raise RuntimeError("TOML with its comments needs tomlkit; add python3-tomlkit to Depends") from error
        return tomlkit


class Text:
    """The whole of a file."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


class _Text(_Ini):
    def load(self, text):
        return Text(text)

    load_to_edit = load


JSON, INI, YAML, TOML, TEXT = _Json(), _Ini(), _Yaml(), _Toml(), _Text()


# ---- Settings ----

_SECTION = re.compile(r"\s*\[(?P<name>[^\]]*)\]\s*(?:[#;].*)?$")
_SETTING = re.compile(r"(?P<blanks>\s*)(?P<key>[^\s#;\[=][^=]*?)(?P<equals>[ \t]*=[ \t]*)(?P<value>.*?)(?P<end>\s*)$", re.DOTALL)
_CONTINUATION = re.compile(r"[ \t]+[^\s#;]")


class Settings:
    """Lines of key=value. The section None is what comes before the first [section]. A comment after a value, on the same line, is part of it."""

    def __init__(self, text):
        self._lines = re.findall(r"[^\n]*\n|[^\n]+", text)

    def __str__(self):
        return "".join(self._lines)

    def __contains__(self, key):
        return self.has(key)

    def has(self, key, section=None):
        return bool(self._find(key, section))

    def get(self, key, section=None, default=None):
        """Return the value; the last one, if there are several."""
        found = self._find(key, section)
        return found[-1][1]["value"] if found else default

    def set(self, key, value, section=None):
        """Replace the value, or add a line at the end of the section, and the section if it isn't there."""
        found = self._find(key, section)
        if len(found) > 1:
            raise ValueError(f"{key!r} is there {len(found)} times; which one is to be set?")
        if found:
            at, match = found[0]
            self._refuse_continuation(key, at)
            self._lines[at] = f"{match['blanks']}{match['key']}{match['equals']}{value}{match['end']}"
        else:
            self._insert(self._find_end(section), f"{key}{self._find_style()}{value}")

    def rename(self, old, new, section=None):
        """Rename the key, also if it is there several times."""
        found = self._find(old, section)
        if not found:
            raise KeyError(old)
        if self.has(new, section):
            raise ValueError(f"{new!r} is there already")
        for at, match in found:
            self._lines[at] = f"{match['blanks']}{new}{match['equals']}{match['value']}{match['end']}"

    def remove(self, key, section=None):
        """Remove the key, if it is there."""
        for at, _ in reversed(self._find(key, section)):
            self._refuse_continuation(key, at)
            del self._lines[at]

    def keys(self, section=None):
        return [match["key"] for _, match in self._walk(section)]

    def sections(self):
        return [match["name"] for match in map(_SECTION.match, self._lines) if match]

    def rename_section(self, old, new):
        if old not in self.sections():
            raise KeyError(old)
        if new in self.sections():
            raise ValueError(f"the section {new!r} is there already")
        for at, line in enumerate(self._lines):
            match = _SECTION.match(line)
            if match and match["name"] == old:
                self._lines[at] = line[: match.start("name")] + new + line[match.end("name") :]

    def _walk(self, section):
        """Yield the place and the match of each line of the section that has a setting."""
        current = None
        for at, line in enumerate(self._lines):
            heading = _SECTION.match(line)
            if heading:
                current = heading["name"]
            elif current == section:
                match = _SETTING.match(line)
                if match:
                    yield at, match

    def _find(self, key, section):
        return [(at, match) for at, match in self._walk(section) if match["key"] == key]

    def _refuse_continuation(self, key, at):
        after = self._lines[at + 1] if at + 1 < len(self._lines) else ""
        if _CONTINUATION.match(after) and "=" not in after:
            raise ValueError(f"the value of {key!r} goes on in the next line; edit it as TEXT")

    def _find_style(self):
        """Return the "=" of the file, with its blanks."""
        for line in self._lines:
            match = _SETTING.match(line)
            if match:
                return match["equals"]
        return "="

    def _find_end(self, section):
        """Return where a line is added: after the last setting or heading of the section, since what follows may be about the next one."""
        last, current = None, None
        for at, line in enumerate(self._lines):
            heading = _SECTION.match(line)
            if heading:
                current = heading["name"]
            if current == section and (heading or _SETTING.match(line) or _CONTINUATION.match(line)):
                last = at
        if last is None and section is not None:
            self._insert(len(self._lines), f"[{section}]")
            return len(self._lines)
        return 0 if last is None else last + 1

    def _insert(self, at, line):
        end = "\r\n" if self._lines and self._lines[0].endswith("\r\n") else "\n"
        if at > 0 and not self._lines[at - 1].endswith("\n"):
            self._lines[at - 1] += end
        self._lines.insert(at, line + end)
