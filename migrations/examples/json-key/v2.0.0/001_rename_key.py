"""Renames the key "colour" to "color". The other keys, their order and the indentation stay."""

from migration_kit import JSON, PACKAGE, edit, read, system_path

CONFIG = system_path("/etc", PACKAGE, "config.json")


def check():
    if not CONFIG.exists():
        return True  # there is nothing to migrate
    config = read(CONFIG, JSON)
    if "colour" in config and "color" in config:
        raise ValueError(f'{CONFIG}: has both "colour" and "color": remove the one that is wrong')
    return "colour" not in config


def migrate():
    with edit(CONFIG, JSON) as config:
        renamed = {"color" if key == "colour" else key: value for key, value in config.items()}
        config.clear()
        config.update(renamed)
    return True
