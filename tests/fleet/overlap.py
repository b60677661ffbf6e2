# SPDX-License-Identifier: LGPL-2.1-or-later
"""overlap.py EVENTS: prints how many hosts were at most between an "enter" and their next "leave" at once. Lines: WORD HOST TIME."""

import sys


def read(path):
    with open(path, encoding="ascii") as file:
        lines = [line.split() for line in file]
    return sorted(((float(time), word, host) for word, host, time in lines), key=lambda event: (event[0], event[1] == "enter"))


def peak(events):
    inside = set()
    most = 0
    for _, word, host in events:
        if word == "enter":
            inside.add(host)
        elif word == "leave":
            inside.discard(host)
        most = max(most, len(inside))
    return most


if __name__ == "__main__":
    print(peak(read(sys.argv[1])))
