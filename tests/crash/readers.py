# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads files all the time, while they are replaced.

Usage: readers.py DIRECTORY COUNT CONTENT...

The files are DIRECTORY/0 to COUNT-1; each must be there whenever it is opened, with one of the contents, each a
character that fills the file. Prints each content when it is read for the first time. Ends when standard input does.
"""

import os
import random
import select
import sys


def read(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 20)
    finally:
        os.close(fd)


def main(directory, count, *contents):
    paths = [os.path.join(directory, str(number)) for number in range(int(count))]
    wanted = {content.encode(): content for content in contents}
    seen = set()
    size = os.stat(paths[0]).st_size
    while not select.select([sys.stdin], [], [], 0)[0]:
        path = random.choice(paths)
        try:
            data = read(path)
        except OSError as error:
            sys.exit(str(error))
        content = wanted.get(data[:1])
        if content is None or data != data[:1] * size:
            sys.exit(f"{path} has {len(data)} bytes, of {sorted(set(data))}")
        if content not in seen:
            seen.add(content)
            print(content, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
