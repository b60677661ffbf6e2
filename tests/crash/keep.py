# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks on which something didn't hold, kept to try it again."""

import dataclasses
import json
import os
import tempfile

import disks
import trials

_COMMAND = "DEPLOY_MIGRATE_CRASH_AGAIN={} tests/crash/power-cut.sh"


@dataclasses.dataclass(frozen=True)
class Kept:
    scenario: str
    places: list[str]  # where the disks are mounted
    seed: int | None  # of how it goes on; none after all was acknowledged


def keep(images, what):
    """Returns: what tells of the command that tries it again."""
    top = os.environ.get("DEPLOY_MIGRATE_CRASH_KEEP", "/var/tmp/deploy-migrate-crash")
    if not top:
        return ""
    os.makedirs(top, exist_ok=True)
    directory = tempfile.mkdtemp(prefix=f"{what.scenario.replace(' ', '-')}-", dir=top)
    for image in images:
        disks.copy_sparse(image, os.path.join(directory, os.path.basename(image)))
    with open(os.path.join(directory, "what.json"), "w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(what), file)
    return f"; again: {_COMMAND.format(directory)}"


def read(directory):
    with open(os.path.join(directory, "what.json"), encoding="utf-8") as file:
        return Kept(**json.load(file))


def copy_images(directory, what, target):
    images = trials.disk_names(target, len(what.places))
    for image in images:
        disks.copy_sparse(os.path.join(directory, os.path.basename(image)), image)
    return images
