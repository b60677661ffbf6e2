# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The world in which things fail: a small system on a tmpfs, in a mount name space of its own. What a command does depends on what is
# mounted and what /run has, so it makes the same calls on each machine in there.

HERE=$(cd "${0%/*}/../faults" && pwd)

# bind DIRECTORY: it is seen in the world, too.
bind() {
        mkdir -p "$WORLD$1" && mount --bind "$1" "$WORLD$1"
}

make_devices() {
        mkdir -p dev/pts dev/shm && mknod dev/loop-control c 10 237 && ln -s /proc/self/fd dev/fd && ln -s pts/ptmx dev/ptmx &&
                mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts || return
        for device in null zero full random urandom tty; do
                cp -a "/dev/$device" dev/ || return
        done
        for number in $(seq 0 63); do
                mknod "dev/loop$number" b 7 "$number" || return
        done
}

# The sample's migrations, and the tools.
compile() {
        cp -r "$HERE/sample" sample || return
        for source in sample/*/*.c; do
                cc -O2 -D_GNU_SOURCE -static -o "${source%.c}" "$source" && rm "$source" || return
        done
        cc -O2 -D_GNU_SOURCE -o fail-at "$HERE/fail-at.c" && cc -O2 -D_GNU_SOURCE -o kill-at "$HERE/../crash/kill-at.c" &&
                cc -O2 -D_GNU_SOURCE -shared -fPIC -o fail-memory.so "$HERE/fail-memory.c" -ldl &&
                echo '#include <sys/syscall.h>' | cc -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' >syscalls
}

make_world() {
        WORLD=/media
        mount -t tmpfs -o mode=755 tmpfs "$WORLD" && cd "$WORLD" &&
                mkdir -m 755 etc home old proc root run srv sys tmp usr var var/lib var/tmp work && cp -a /etc/passwd /etc/group etc/ &&
                for link in bin lib lib64 sbin; do
                        [ ! -L "/$link" ] || cp -a "/$link" . || return
                done && mount --bind /usr usr && mount --bind /proc proc && mount --bind /sys sys && make_devices &&
                (cd work && compile) && bind "$BUILD" && bind "$HERE/.." &&
                pivot_root . old && cd / && umount -l /old && rmdir /old
}
