#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each kind of change in a declared directory: what lands is what the same script makes directly, a failure at its very end
# leaves the tree untouched, and an undo brings back all of it.

. "${0%/*}/lib.sh"
need_root
need_mounts
need_overlays
use_own_file_system
need_attributes

# ---- Made ----

test_create_a_file() {
        round_trip 'echo new >data/new; : >data/dir/nothing; install -m 4711 -o 5 -g 6 data/file data/dir/sub/set'
}

test_create_directories() {
        round_trip 'mkdir -p -m 3751 data/new/deep/deeper data/dir/sub/nothing; echo new >data/new/deep/file; chown 7:8 data/new/deep'
}

test_create_symbolic_links() {
        round_trip 'ln -s file data/new; ln -s /nowhere data/dir/new; ln -sf other data/symbolic; chown -h 3:4 data/new'
}

test_create_special_files() {
        round_trip '
                mkfifo -m 620 data/new; mkfifo data/dir/fifo
                /usr/bin/python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"data/socket\")"'
}

test_create_hard_links() {
        round_trip 'echo new >data/new; ln data/new data/dir/new; ln data/new data/other/new'
}

test_create_further_names_of_a_file() {
        round_trip 'ln data/file data/dir/name; ln data/dir/file data/third; ln data/dir/file data/empty/fourth'
}

test_create_further_names_of_a_file_that_has_several() {
        round_trip 'ln data/first data/third; ln data/shared data/dir/shared'
}

test_create_further_names_of_what_is_no_file() {
        round_trip 'ln data/fifo data/dir/fifo; ln data/null data/dir/null; ln -P data/symbolic data/dir/symbolic'
}

test_create_sparse_files() {
        round_trip '
                truncate -s 64M data/hole
                printf x | dd of=data/middle bs=1M seek=20 conv=notrunc status=none; truncate -s 40M data/middle
                fallocate -l 1M data/allocated; cp data/sparse data/copy'
}

test_create_long_names() {
        round_trip '
                name=$(head -c 255 /dev/zero | tr "\0" n)
                echo new >"data/$name"; mkdir "data/dir/$name"; echo new >"data/dir/$name/$name"; ln -s "$name" "data/other/$name"
                cd data/empty
                for level in $(seq 40); do mkdir "$level$(head -c 60 /dev/zero | tr "\0" d)"; cd "$level"*; done
                echo deep >file'
}

test_create_odd_names() {
        round_trip '
                cd data
                for name in "a
b" " " "-rf" "\\" "\"" "*" "$(printf "\001\033[31m")" "$(printf "\377\376")" "$(printf "\303\244")" ".wh.file" "..." "%s" "\\040"; do
                        echo new >"./$name"; mkdir -p "dir/$name"; mv "./$name" "dir/$name/$name"; ln -s "$name" "other/$name"
                done'
}

test_create_many() {
        round_trip 'mkdir data/new; cd data/new; for n in $(seq 1500); do echo "$n" >"$n"; done'
}

test_create_with_attributes() {
        round_trip '
                echo new >data/new; setfattr -n user.x -v y data/new; setfacl -m u:99:rw data/new
                cp /bin/true data/dir/able; setcap cap_net_admin+ep data/dir/able
                mkdir data/private/inherits; echo new >data/private/inherits/file'
}

test_copy_a_tree() {
        round_trip 'cp -a data/dir data/copy; cp -a data/other data/private data/attributes data/sparse data/copy'
}

# ---- Replaced ----

test_replace_content() {
        round_trip 'echo longer >data/file; echo more >>data/dir/file; : >data/dir/sub/file; truncate -s 3 data/other/own'
}

test_replace_one_byte() {
        round_trip 'printf X | dd of=data/dir/file bs=1 seek=2 conv=notrunc status=none; printf X | dd of=data/sparse bs=1M seek=16 conv=notrunc status=none'
}

test_replace_by_renaming() {
        round_trip 'echo new >data/file.tmp; mv data/file.tmp data/file; cp -p data/dir/file data/t; echo >>data/t; mv data/t data/dir/file'
}

test_replace_by_another_type() {
        round_trip '
                rm data/file; mkdir data/file; echo new >data/file/file
                rm -r data/dir; echo new >data/dir
                rm data/symbolic; mkdir data/symbolic
                rm data/dangling; echo new >data/dangling
                rm data/fifo; ln -s file data/fifo
                rm -r data/empty; mkfifo data/empty
                rm -r data/other; ln -s dir data/other'
}

test_replace_special_files() {
        round_trip 'mv data/null data/dir/null; rm data/fifo; mkfifo -m 600 data/fifo; ln -sfn nothing data/dangling'
}

test_replace_by_a_link() {
        round_trip 'ln -f data/file data/dir/file; ln -f data/first data/dir/sub/file; echo new >data/new; ln -f data/new data/attributes'
}

test_replace_a_name_of_several() {
        round_trip 'echo new >data/t; mv data/t data/first; echo new >data/t; mv data/t data/shared'
}

test_replace_a_directory() {
        round_trip 'rm -r data/dir; mkdir data/dir; echo new >data/dir/file; mkdir data/dir/other; rm -r data/other; mkdir data/other'
}

test_replace_directories_in_each_other() {
        round_trip '
                rm -r data/dir/sub; mkdir data/dir/sub; mkdir data/dir/sub/deep; echo new >data/dir/sub/deep/new
                rm -r data/dir; mkdir -p data/dir/sub; echo newer >data/dir/sub/file'
}

test_replace_a_directory_by_the_same() {
        round_trip 'cp -a data/dir data/copy; rm -r data/dir; mv data/copy data/dir'
}

# ---- Removed ----

test_remove_files() {
        round_trip 'rm data/file data/dir/sub/file data/symbolic data/fifo data/null data/sparse data/attributes data/odd*'
}

test_remove_directories() {
        round_trip 'rm -r data/dir data/private; rmdir data/empty'
}

test_remove_everything() {
        round_trip 'find data -mindepth 1 -delete'
}

test_remove_names_of_a_file_that_has_several() {
        round_trip 'rm data/first data/shared'
}

test_remove_all_names_of_a_file() {
        round_trip 'rm data/first data/other/second'
}

test_remove_and_make_again() {
        round_trip 'rm data/file; echo text >data/file; rm -r data/dir/sub; mkdir -p data/dir/sub/deep; echo deep >data/dir/sub/deep/file; echo more >data/dir/sub/file'
}

# ---- Moved ----

test_move_files() {
        round_trip 'mv data/file data/renamed; mv data/dir/file data/dir/sub/deep/moved; mv data/attributes data/sparse data/program data/empty'
}

test_move_files_of_other_types() {
        round_trip 'mv data/symbolic data/dir; mv data/fifo data/dir/f; mv data/null data/other; mv data/odd* data/dangling data/dir/sub'
}

test_move_over_a_file() {
        round_trip 'mv data/file data/dir/file; mv data/dir/sub/file data/list; mv data/fifo data/null'
}

test_move_a_directory() {
        round_trip 'mv data/dir data/renamed; mv data/other data/empty/other'
}

test_move_a_directory_over_an_empty_one() {
        round_trip 'mv -T data/dir data/empty'
}

test_move_directories_into_each_other() {
        round_trip 'mv data/dir/sub/deep data/other; mv data/other data/dir/sub/; mv data/dir data/private/'
}

test_move_a_parent_below_its_child() {
        round_trip 'mv data/dir/sub data/up; mv data/dir data/up/down; mv data/up data/dir'
}

test_move_a_directory_twice() {
        round_trip 'mv data/dir data/a; mv data/a/sub data/a/b; mv data/a data/c; mv data/c/b/deep data/c/d'
}

test_move_a_directory_and_back() {
        round_trip 'mv data/dir data/away; echo new >data/away/new; mv data/away data/dir'
}

test_move_and_change() {
        round_trip '
                mv data/dir data/moved; echo more >>data/moved/file; rm data/moved/sub/file; echo new >data/moved/sub/new
                mkdir data/moved/sub/deep/new; chmod 700 data/moved; mv data/moved/sub/deep/file data/moved/up
                mv data/list data/moved/list; chmod 600 data/moved/list; mv data/attributes data/a; echo more >>data/a'
}

test_move_and_take_the_old_name() {
        round_trip '
                mv data/dir data/moved; mkdir -p data/dir/sub; echo new >data/dir/file; echo new >data/dir/sub/file
                mv data/file data/old; echo new >data/file'
}

test_exchange_by_three_renames() {
        round_trip '
                mv data/dir data/t; mv data/other data/dir; mv data/t data/other
                mv data/file data/t; mv data/list data/file; mv data/t data/list
                mv data/empty data/t; mv data/sparse data/empty; mv data/t data/sparse'
}

test_exchange_at_once() {
        round_trip '/usr/bin/python3 -c "
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for a, b in (b\"data/dir\", b\"data/other\"), (b\"data/file\", b\"data/list\"), (b\"data/other/sub\", b\"data/null\"):
    assert libc.renameat2(-100, a, -100, b, 2) == 0, ctypes.get_errno()
"'
}

# The path of a directory is then that of a file.
test_exchange_directories_with_the_same_names_in_them() {
        BEFORE='echo more >data/other/sub; ln data/other/sub data/other/name'
        round_trip '
                cd data
                echo new >>dir/sub/file
                echo new >>other/name
                mv dir temporary; mv other dir; mv temporary other'
}

test_rotate_files() {
        BEFORE='for n in 1 2 3 4; do echo "$n" >data/log.$n; done'
        round_trip 'cd data; rm log.4; mv log.3 log.4; mv log.2 log.3; mv log.1 log.2; echo 0 >log.1'
}

test_rotate_directories() {
        BEFORE='for n in 1 2 3 4; do mkdir data/log.$n; echo "$n" >data/log.$n/file; done'
        round_trip 'cd data; rm -r log.4; mv log.3 log.4; mv log.2 log.3; mv log.1 log.2; mkdir log.1'
}

test_move_what_is_removed_then() {
        round_trip 'mv data/dir data/moved; rm -r data/moved/sub; mv data/moved/file data/kept; rm -r data/moved'
}

test_move_many() {
        BEFORE='mkdir data/many; cd data/many; for n in $(seq 300); do echo same >$n; done; mkdir d; for n in $(seq 50); do mkdir d/$n; echo $n >d/$n/f; done'
        round_trip 'cd data/many; for n in $(seq 300); do mv $n new$n; done; for n in $(seq 50); do mv d/$n e$n; done'
}

# ---- Its metadata ----

test_change_modes() {
        round_trip 'chmod 600 data/file data/fifo data/null; chmod 000 data/dir/file; chmod 1777 data/dir; chmod u+s data/program; chmod 700 data'
}

test_change_owners() {
        round_trip 'chown 5:6 data/file data/null data/program; chown -h 5:6 data/symbolic; chown -hR 77:88 data/dir data/other; chown :9 data'
}

test_change_times() {
        round_trip '
                touch -d "1999-12-31 23:59:59.123456789" data/file data/dir data/fifo; touch -h -d "2039-01-01" data/symbolic data/dir/sub
                echo more >>data/list; touch -d "1980-01-01" data/list; touch -d "@1.5" data; touch -d "1960-01-01" data/other'
}

test_touch_what_is_there() {
        round_trip 'touch data/file data/dir data/other/nothing; echo new >data/new'
}

test_change_attributes() {
        round_trip '
                setfattr -n user.one -v 2 data/attributes; setfattr -x user.two data/attributes; setfattr -n user.three -v 3 data/dir/sub
                setfattr -x user.one data/dir; setfattr -n user.top -v t data'
}

test_change_lists() {
        round_trip 'setfacl -m u:4321:r data/file; setfacl -b data/list; setfacl -k data/private; setfacl -d -m g:5:rx data/dir; setfacl -x u:1234 data/private'
}

test_change_capabilities() {
        round_trip 'setcap cap_sys_admin+ep data/program; cp /bin/true data/other/own; setcap cap_net_raw+i data/other/own'
}

test_remove_capabilities() {
        round_trip 'setcap -r data/program'
}

test_writing_takes_capabilities_away() {
        BEFORE='chmod u+s data/file'
        round_trip 'echo >>data/program; echo >>data/file'
}

test_change_content_and_metadata() {
        round_trip 'echo more >>data/list; chmod 711 data/list; chown 1 data/list; setfattr -n user.z -v z data/list; mv data/list data/dir/list'
}

# ---- Holes ----

test_dig_and_fill_holes() {
        BEFORE='yes | head -c 8M >data/full'
        round_trip 'fallocate -p -o 1M -l 5M data/full; fallocate -l 5M data/sparse; truncate -s 32M data/file; fallocate -d data/list'
}

# ---- Files with several names ----

test_write_to_a_file_with_several_names() {
        round_trip 'echo more >>data/first'
}

test_move_one_of_several_names() {
        round_trip 'mv data/first data/dir/first'
}

run_tests
