#!/usr/bin/python3 -IB
"""@NAME@: say in a sentence what changes, and why."""

import os
import sys

# What it offers is said in its head; deploy-migrate and python3 must be in the package's Depends.
sys.path.append(os.environ["DEPLOY_MIGRATE_KITS"])
from migration_kit import INI, PACKAGE, edit, exists, read, run, system_path

CONFIG = system_path("/etc", PACKAGE, "config")


def check() -> bool:
    """Only looks: says whether the effect is there. All but True and False is an error."""
    if not exists(CONFIG):
        return True  # there is nothing to migrate
    # FILL IN (1): is the effect there? For a key that gets a new name:
    #     return "new_key" in read(CONFIG, INI)
    raise NotImplementedError("check isn't written yet")


def migrate() -> bool:
    """Brings the effect about in the simplest way: all that it changes lands at once, or nothing does."""
    # FILL IN (2): bring it about, for example
    #     with edit(CONFIG, INI) as config:
    #         config.rename("old_key", "new_key")
    #     return True
    raise NotImplementedError("migrate isn't written yet")


if __name__ == "__main__":
    run(check, migrate)
