"""Makes config.toml of config.ini. Each line stays where it is, comments and blank lines, too.

In this INI, comments have lines of their own, and a value ends with its line.
"""

import json
import re

from migration_kit import PACKAGE, TEXT, TOML, edit, read, system_path

OLD = system_path("/etc", PACKAGE, "config.ini")
NEW = system_path("/etc", PACKAGE, "config.toml")


def check():
    if not OLD.exists():
        if NEW.exists():
            read(NEW, TOML)  # an error if it isn't TOML
        return True
    if NEW.exists():
        raise FileExistsError(f"{NEW} is there, and so is {OLD}: remove the one that is wrong")
    return False


def migrate():
    with edit(OLD, TEXT) as file:
        file.text = "".join(convert_line(line) for line in file.text.splitlines(keepends=True))
    OLD.rename(NEW)  # so it keeps its owner, mode and attributes
    return True


def convert_line(line):
    text = line.strip()
    end = line[len(line.rstrip()) :]
    if not text or text.startswith("#"):
        return line
    if text.startswith(";"):
        return "#" + text[1:] + end
    section = re.fullmatch(r"\[(.+)\]", text)
    if section:
        return f"[{convert_key(section[1])}]{end}"
    key, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{OLD}: can't tell what this line means: {text}")
    return f"{convert_key(key.strip())} = {convert_value(value.strip())}{end}"


def convert_key(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def convert_value(value):
    if value.lower() in ("yes", "on", "true"):
        return "true"
    if value.lower() in ("no", "off", "false"):
        return "false"
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", value):
        return value
    return json.dumps(value, ensure_ascii=False)  # a string in JSON is one in TOML
