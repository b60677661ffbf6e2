# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random trees and random sequences of operations on them, for operate.c.

A number and a seed give the same sequence each time. A model of the tree is kept along, so that most operations find what they
need. Left out is what an overlay can't do as a file system does: files that have had a name outside of what is declared since
before the migration are removed and replaced, never changed or moved; directories have no long names.
"""

import dataclasses
import random
import stat

NAMES = [b"a", b"b", b"c", b"d", b"e", b"f", b"new\nline", b"\xff\xfe", b"-rf", b"\\040", b" ", b"\xc3\xa4", b".wh.a"]
LONG = b"l" * 255  # not of directories: overlayfs remembers 256 bytes of where one was, and can't rename it then
TIMES = [(1, 5), (-1000000, 999999999), (981173106, 789012345), (2208988800, 1), (4102444800, 0)]  # none of today
SIZES = [0, 1, 100, 4096, 5000, 70000]
MIB = 1 << 20
MODES = [0o644, 0o600, 0o755, 0o4711, 0o000, 0o2770, 0o1777]
ACL = "0200000001000600ffffffff0200060039300000" + "04000400ffffffff10000600ffffffff20000400ffffffff"
CAPABILITY = "0100000200040000000000000000000000000000"
DEVICES = [(stat.S_IFIFO, 0, 0), (stat.S_IFSOCK, 0, 0), (stat.S_IFCHR, 1, 3), (stat.S_IFCHR, 1, 5), (stat.S_IFBLK, 240, 7)]


def escape(word):
    """A word of an operation, as text without blanks."""
    if not isinstance(word, bytes):
        return str(word)
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 or byte in b"._/-" else f"\\x{byte:02x}" for byte in word)


def format_operations(operations):
    return "".join(" ".join(escape(word) for word in operation) + "\n" for operation in operations)


@dataclasses.dataclass(eq=False)
class Node:
    kind: str  # "file", "directory", or another
    several: bool = False  # a file that had a name outside before the migration
    children: dict = dataclasses.field(default_factory=dict)

    def is_movable(self):
        return not self.several


class Model:
    """The names there are. What an operation can't do is not done here either."""

    def __init__(self):
        self.top = Node("directory")

    def walk(self, node=None, path=b""):
        """Generates the path and the node of each file."""
        for name, child in (node or self.top).children.items():
            below = path + b"/" + name if path else name
            yield below, child
            if child.kind == "directory":
                yield from self.walk(child, below)

    def find(self, path):
        node = self.top
        for name in path.split(b"/") if path else ():
            node = node.children.get(name) if node and node.kind == "directory" else None
        return node

    def split(self, path):
        parent, _, name = path.rpartition(b"/")
        return self.find(parent), name

    def add(self, path, node):
        parent, name = self.split(path)
        if parent and parent.kind == "directory" and name not in parent.children:
            parent.children[name] = node

    def remove(self, path, recursive=True):
        parent, name = self.split(path)
        if parent and name in parent.children and (recursive or not parent.children[name].children):
            del parent.children[name]

    def rename(self, old, new):
        node, target, (parent, name) = self.find(old), self.find(new), self.split(new)
        if not node or not parent or parent.kind != "directory" or node is target or new.startswith(old + b"/"):
            return
        if target and ((node.kind == "directory") != (target.kind == "directory") or target.children):
            return
        self.remove(old)
        parent.children[name] = node

    def exchange(self, a, b):
        node_a, node_b = self.find(a), self.find(b)
        if not node_a or not node_b or a == b or a.startswith(b + b"/") or b.startswith(a + b"/"):
            return
        (parent_a, name_a), (parent_b, name_b) = self.split(a), self.split(b)
        parent_a.children[name_a], parent_b.children[name_b] = node_b, node_a


class Sequence:
    """What is there before, in @before; and what the migration does with it, in @operations."""

    def __init__(self, seed, number, features, one_file_system):
        self.number = number
        self.random = random.Random(f"{seed}/{number}")
        self.features = features
        self.one_file_system = one_file_system
        self.model = Model()
        self.declared = [b"tree"]
        self.before = []
        self.times = []  # the last of what is before
        self.operations = []
        self.list = self.before
        self.make_tree()
        self.list = self.operations
        for _ in range(self.random.randint(1, 25)):
            self.operate()

    # ---- Choosing ----

    def some(self, choice):
        """One of the paths whose node is as wanted, or one that isn't there."""
        paths = [path for path, node in self.model.walk() if choice(node)]
        if not paths or self.random.random() < 0.03:
            path = self.new()
            node = self.model.find(path)
            return b"tree/missing" if node and node.several else path
        return self.random.choice(paths)

    def some_file(self):
        return self.some(lambda node: node.kind == "file" and not node.several)

    def some_directory(self):
        return self.some(lambda node: node.kind == "directory")

    def some_thing(self):
        return self.some(Node.is_movable)

    def some_pair(self):
        """Two that can take each other's name."""
        a, b = self.some_thing(), self.some_thing()
        return (a, b) if LONG not in a + b else (a, a)

    def new(self, directory=False):
        """A path that is mostly not there yet, for a directory or for another file."""
        directories = [path for path, node in self.model.walk() if node.kind == "directory"]
        if not directories or self.random.random() < 0.02:
            return self.random.choice(self.declared)
        name = self.random.choice(NAMES if directory else [*NAMES, LONG])
        return self.random.choice(directories) + b"/" + name

    def xattrs(self):
        """Those that can be set; a sandboxed migration can't set trusted ones."""
        return [xattr for xattr in self.features["xattrs"] if self.list is not self.operations or not xattr[0].startswith("trusted.")]

    def content(self):
        return self.random.choice(SIZES), self.random.randrange(1 << 30)

    def add(self, *operation):
        self.list.append(operation)

    # ---- The operations ----

    def do_replace(self, path=None):
        path = path or (self.new() if self.random.random() < 0.6 else self.some_file())
        node = self.model.find(path)
        if node and node.several:
            return
        self.add("replace", path, *self.content())
        self.model.add(path, Node("file"))

    def do_write(self):
        self.add("write", self.some_file(), self.random.choice([0, 50, 5000, 2 * MIB]), *self.content())

    def do_append(self):
        self.add("append", self.some_file(), *self.content())

    def do_same(self):
        self.add("same", self.some_file())

    def do_truncate(self):
        self.add("truncate", self.some_file(), self.random.choice([0, 10, 4096, 6 * MIB]))

    def do_punch(self):
        self.add("punch", self.some_file(), self.random.choice([0, 4096, MIB]), self.random.choice([4096, 4 * MIB]))

    def do_allocate(self):
        self.add("allocate", self.some_file(), self.random.choice([0, 8192]), self.random.choice([100, 65536]))

    def do_mkdir(self):
        path = self.new(directory=True)
        self.add("mkdir", path, self.random.choice(MODES) | 0o700)
        self.model.add(path, Node("directory"))

    def do_mknod(self):
        path = self.new()
        kind, major, minor = self.random.choice(self.features["devices"])
        self.add("mknod", path, kind | self.random.choice(MODES), major, minor)
        self.model.add(path, Node("special"))

    def do_symlink(self):
        path = self.new()
        if self.list is self.before and path in self.declared:
            return  # what is declared would be elsewhere
        self.add("symlink", self.random.choice([b"a", b"../nowhere", b"/a\xff", b"t" * 1000]), path)
        self.model.add(path, Node("link"))

    def do_link(self):
        old, new = self.some(lambda node: node.kind != "directory" and not node.several), self.new()
        node = self.model.find(old)
        self.add("link", old, new)
        if node and node.kind != "directory":
            self.model.add(new, node)

    def do_rename(self):
        old = self.some_thing()
        node = self.model.find(old)
        directory = node is not None and node.kind == "directory"
        if self.random.random() < 0.6:
            new = self.new(directory)
        else:
            new = self.some(lambda target: (target.kind == "directory") == directory)
        if node and node.several:
            return
        self.add("rename", old, new)
        self.model.rename(old, new)

    def do_exchange(self):
        a, b = self.some_pair()
        self.add("exchange", a, b)
        self.model.exchange(a, b)

    def do_exchange_by_renames(self):
        a, b = self.some_pair()
        for old, new in ((a, b"tree/temporary"), (b, a), (b"tree/temporary", b)):
            self.add("rename", old, new)
            self.model.rename(old, new)

    def do_unlink(self):
        path = self.some(lambda node: node.kind != "directory")
        self.add("unlink", path)
        self.model.remove(path, recursive=False)

    def do_rmdir(self):
        path = self.some(lambda node: node.kind == "directory" and not node.children)
        self.add("rmdir", path)
        self.model.remove(path, recursive=False)

    def do_remove(self):
        path = self.some(lambda node: True)
        self.add("remove", path)
        self.model.remove(path)

    def do_chmod(self):
        self.add("chmod", self.some_thing(), self.random.choice(MODES))

    def do_chown(self):
        self.add("chown", self.some_thing(), self.random.choice([0, 5, 70000]), self.random.choice([0, 6]))

    def do_times(self):
        self.add("times", self.some_thing(), *self.random.choice(TIMES))

    def do_touch(self):
        self.add("touch", self.some_thing())

    def do_setxattr(self):
        name, value, kinds = self.random.choice(self.xattrs())
        self.add("setxattr", self.some(lambda node: node.kind in kinds and not node.several), name,
                 value or f"{self.random.randrange(1 << 32):08x}")

    def do_removexattr(self):
        # Without a list, a file system says that it was removed, and an overlay that there is none.
        names = [name for name, _, _ in self.xattrs() if not name.startswith("system.")]
        self.add("removexattr", self.some_thing(), self.random.choice(names))

    WEIGHTS = {do_replace: 14, do_write: 8, do_append: 5, do_same: 4, do_truncate: 5, do_punch: 3, do_allocate: 2, do_mkdir: 8,
               do_mknod: 5, do_symlink: 5, do_link: 6, do_rename: 24, do_exchange: 4, do_exchange_by_renames: 4, do_unlink: 8,
               do_rmdir: 3, do_remove: 5, do_chmod: 6, do_chown: 5, do_times: 5, do_touch: 2, do_setxattr: 6, do_removexattr: 2}

    def operate(self):
        self.random.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0](self)

    # ---- The tree ----

    def make_tree(self):
        self.add("mkdir", b"other", 0o755)
        self.add("replace", b"other/file", 10, 1)
        if self.random.random() < 0.5:
            self.declared.append(b"second")
        for path in self.declared:
            if self.random.random() < 0.9:
                self.add("mkdir", path, 0o755)
                self.model.add(path, Node("directory"))
        for _ in range(self.random.randint(5, 40)):
            self.make_entry()
        if self.one_file_system:  # on another one names of a file that were removed come back as files of their own
            self.make_several()
        for _ in range(self.random.randint(0, 10)):
            self.random.choice([self.do_chmod, self.do_chown, self.do_setxattr])()
        self.list = self.times
        for path in [b"other", b"other/file", *(path for path, _ in self.model.walk())]:
            self.add("times", path, 946684800 + self.random.randrange(10 ** 8), self.random.randrange(10 ** 9))

    def make_entry(self):
        self.random.choices([self.do_replace, self.do_mkdir, self.do_mknod, self.do_symlink, self.do_truncate],
                            [50, 30, 6, 8, 6])[0]()

    def make_several(self):
        """Files of which one name is outside, or in another directory."""
        for index in range(self.random.randint(0, 3)):
            old = self.some_file()
            new = b"other/%d" % index if self.random.random() < 0.3 else self.new()
            node = self.model.find(old)
            if not node or node.kind != "file" or self.model.find(new):
                continue
            self.add("link", old, new)
            node.several = node.several or new.startswith(b"other")
            if not new.startswith(b"other"):
                self.model.add(new, node)

    def __str__(self):
        return (f"before:\n{format_operations(self.before)}"
                f"declared: {', '.join(escape(path) for path in self.declared)}\noperations:\n"
                f"{format_operations(self.operations)}")
