#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The data of sample 1.0, in the directory $1: what the migrations beside this file find.

set -eu
cd "$1"
umask 022

mkdir -p etc/sample var/cache var/lib/sample var/lib/neighbour var/log srv/second
echo 'colour = red' >etc/sample/sample.conf
echo 'not ours' | tee var/lib/neighbour/file >srv/neighbour

cd var/lib/sample
echo 'version 1' >settings
seq 1 40000 >records
echo 'of no use' >obsolete
echo 'alice 3' >scores
echo 'to be kept' >kept
ln kept kept-too
ln -s settings link
mkdir inbox current next cache names names/de names/fr odd odd/deep
for name in 1 2 3 4 5 6 7 8; do
        echo "letter $name" >"inbox/$name"
        echo "current $name" >"current/$name"
        echo "cached $name" >"cache/$name"
        echo "odd $name" >"odd/deep/$name"
done
echo next >next/1
echo anna >names/de/anna
echo marie >names/fr/marie
chmod 640 settings
chmod 1770 inbox
chown 1000:1001 scores inbox inbox/3
setfattr -n user.origin -v import records

cd ../../../srv/second
mkdir logs spool
for name in 1 2 3 4 5 6; do
        seq 1 $((name * 500)) >"logs/$name"
        echo "spooled $name" >"spool/$name"
done
echo 'format 1' >format
chown 1000:1001 spool

cd ../..
find . -exec touch --no-dereference --date=@1000000000 {} +
