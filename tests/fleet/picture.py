# SPDX-License-Identifier: LGPL-2.1-or-later
"""picture.py EVENTS SLOTS: draws what simulation.sh has recorded as SVG: who waits and who migrates, how many at once, and when etcd lost its leader."""

import sys

import overlap

WIDTH, LEFT, TOP, STRIP = 900, 60, 40, 60
GREY, GREEN, RED, BLACK = "#ccc", "#2a7", "#c33", "#222"


def spans(events, begin, end):
    """What is between the events of these two kinds, for each host."""
    since = {}
    for time, word, host in events:
        if word == begin:
            since.setdefault(host, time)
        elif word == end and host in since:
            yield host, since.pop(host), time


class Picture:
    def __init__(self, events, slots):
        self.events = events
        self.slots = slots
        self.first = events[0][0]
        self.seconds = events[-1][0] - self.first
        asked = [host for _, word, host in events if word == "ask"]
        entered = list(dict.fromkeys(host for _, word, host in events if word == "enter"))
        self.rows = {host: row for row, host in enumerate(entered)}
        self.unit = max(2, 600 // max(1, len(asked)))
        self.bottom = TOP + STRIP + 20 + self.unit * len(self.rows)
        self.lines = []

    def x(self, time):
        return round(LEFT + (time - self.first) * (WIDTH - LEFT - 20) / self.seconds, 1)

    def text(self, x, y, words, anchor="start"):
        self.lines.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{BLACK}">{words}</text>')

    def bar(self, host, begin, end, colour):
        y = TOP + STRIP + 20 + self.rows[host] * self.unit
        width = max(0.5, round(self.x(end) - self.x(begin), 1))
        self.lines.append(f'<rect x="{self.x(begin)}" y="{y}" width="{width}" height="{self.unit - 1}" fill="{colour}"/>')

    def draw_hosts(self):
        for host, begin, end in spans(self.events, "ask", "enter"):
            self.bar(host, begin, end, GREY)
        for host, begin, end in spans(self.events, "enter", "leave"):
            self.bar(host, begin, end, GREEN)
        self.text(LEFT - 6, TOP + STRIP + 32, "hosts", "end")

    def draw_slots(self):
        height, inside, points = STRIP / self.slots, set(), []
        for time, word, host in self.events:
            points.append((time, len(inside)))
            if word == "enter":
                inside.add(host)
            elif word == "leave":
                inside.discard(host)
            points.append((time, len(inside)))
        path = " ".join(f"{self.x(time)},{round(TOP + STRIP - used * height, 1)}" for time, used in points)
        self.lines.append(f'<polyline points="{path}" fill="none" stroke="{GREEN}"/>')
        self.lines.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{TOP}" y2="{TOP}" stroke="{GREY}" stroke-dasharray="4"/>')
        self.text(LEFT - 6, TOP + 5, f"{self.slots} slots", "end")
        self.text(LEFT - 6, TOP + STRIP + 4, "0", "end")

    def draw_leaders(self):
        for time, word, _ in self.events:
            if word in ("kill", "start"):
                dash = ' stroke-dasharray="2 3"' if word == "start" else ""
                self.lines.append(f'<line x1="{self.x(time)}" x2="{self.x(time)}" y1="{TOP}" y2="{self.bottom}" stroke="{RED}"{dash}/>')

    def draw_time(self):
        step = max(1, round(self.seconds / 10 / 5) * 5)
        for second in range(0, int(self.seconds) + 1, step):
            self.text(self.x(self.first + second), self.bottom + 18, f"{second} s", "middle")

    def svg(self):
        self.draw_leaders()
        self.draw_hosts()
        self.draw_slots()
        self.draw_time()
        title = "grey: waits; green: migrates; above: how many migrate; red: the leader of etcd is killed, dotted: started again"
        self.text(LEFT, 20, title)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.bottom + 30}" font-family="sans-serif" font-size="12">'
        return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *self.lines, "</svg>"])


if __name__ == "__main__":
    print(Picture(overlap.read(sys.argv[1]), int(sys.argv[2])).svg())
