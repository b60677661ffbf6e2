# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The parts of tests/all, and what each of them needs: make runs as many at a time as it is told, those that are named first in "all"
# first, unless they wait for another: it comes back to them when it has begun all that don't. Some wait for the build only since ccache then
# knows what they compile. All do what tests/parts/run has for them. What follows #: is for tests/all --help.

scripts = $(shell find tests/$(1) -maxdepth 1 -name '*.sh' -perm -100 | sort)
transaction := $(call scripts,transaction)
crash := $(call scripts,crash)
package := $(call scripts,package)
boot := $(call scripts,boot)
programs := $(call scripts,programs)
fleet := $(call scripts,fleet)
parts := tools packages tree build check valgrind sanitizers distcheck source demo debs demo-boot

# What a test needs. The other packages are installed while the build goes on.
ready := build packages

.PHONY: all transaction crash package boot programs fleet $(parts) $(transaction) $(crash) $(package) $(boot) $(programs) $(fleet)

all: sanitizers debs fleet boot valgrind package crash check programs transaction demo demo-boot distcheck source

# If all are run, those in containers are not to be the last: they mostly wait, and others can use the processors meanwhile.
ifeq ($(MAKECMDGOALS),)
valgrind check demo distcheck $(crash) $(transaction) $(programs) $(fleet): | debs
endif

$(parts) $(transaction) $(crash) $(package) $(boot) $(programs) $(fleet):
	+@tests/parts/run $@

# Whatever make check runs. This file isn't made by that rule.
tests/parts/graph.mk: ;
tests/%: $(ready)
	+@tests/parts/run $@

tools: #: the Debian packages that the build needs
packages: tools #: those that the tests need
tree: tools #: autoreconf
build: tree #: a build without a warning, the symbols that it exports, its units
check: $(ready) #: the unit tests
valgrind: $(ready) #: the unit tests under valgrind
sanitizers: tree packages #: a build by clang with sanitizers, make check in it, and how many lines of src/ that runs
distcheck: $(ready) #: make distcheck without root, and whether the tarball has all files
source: packages #: shell scripts, man pages, format, spelling
transaction: $(transaction) #: what is done in a transaction against what is done directly
$(transaction): $(ready)
programs: $(programs) #: databases, directories, servers of Debian, migrated by their own tools
$(programs): $(ready)
fleet: $(fleet) #: turns that an etcd of three nodes gives
$(fleet): $(ready)
crash: $(crash) #: power cuts, kills, broken disks
$(crash): $(ready)
demo: $(ready) #: packaging/demo
debs: $(ready) #: the Debian packages of this tree
package: $(package) #: those packages are installed, upgraded, purged
$(package): debs
boot: $(boot) #: they work in a Debian that is booted
$(boot): debs
demo-boot: debs #: packaging/demo --boot
