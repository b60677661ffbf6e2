#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The data of sample 1.0, in the directory $1: what the migrations beside this file find.

set -eu
cd "$1"
umask 022

mkdir -p etc/sample var/lib/sample var/log srv/second
echo 'colour = red' >etc/sample/sample.conf

cd var/lib/sample
echo 'version 1' >settings
echo 'of no use' >obsolete
echo 'alice 3' >scores
echo 'many' >records
ln -s settings link
mkdir names names/de cache odd
echo anna >names/de/anna
echo cached >cache/1
echo odd >odd/1
chmod 640 settings
chown 1000:1001 scores
setfattr -n user.origin -v import scores

cd ../../../srv/second
mkdir logs
echo log >logs/1
echo 'format 1' >format

cd ../..
find . -exec touch --no-dereference --date=@1000000000 {} +
