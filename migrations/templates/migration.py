#!/usr/bin/python3
"""@NAME@: say in a sentence what changes, and why."""

import os
import pathlib
import sys
import traceback

CONFIG = pathlib.Path(os.environ.get("DPKG_ROOT", "") + "/etc", os.environ["DEPLOY_MIGRATE_PACKAGE"], "config")


def check() -> bool:
    """Only looks: says whether the effect is there."""
    if not CONFIG.exists():
        return True  # there is nothing to migrate
    # FILL IN (1): is the effect there? For a key that gets a new name:
    #     return any(line.startswith("new_key=") for line in CONFIG.read_text().splitlines())
    raise NotImplementedError("check isn't written yet")


def migrate() -> bool:
    """Brings the effect about in the simplest way: all that it changes lands at once, or nothing does."""
    # FILL IN (2): bring it about, for example
    #     CONFIG.write_text(CONFIG.read_text().replace("old_key=", "new_key="))
    #     return True
    raise NotImplementedError("migrate isn't written yet")


if __name__ == "__main__":
    try:
        done = {"check": check, "migrate": migrate}[sys.argv[1]]()
    except Exception:  # Python would exit with 1, which means "not there"
        traceback.print_exc()
        sys.exit(2)
    sys.exit(0 if done else 1)
