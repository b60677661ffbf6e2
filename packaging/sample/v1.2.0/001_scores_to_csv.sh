#!/bin/sh
# Turns the list of scores into CSV.
set -eu

old=${DPKG_ROOT-}/var/lib/sample/scores
new=$old.csv

case $1 in
check)
        [ ! -e "$old" ]
        ;;
migrate)
        { echo "name,score" && tr ' ' ',' <"$old"; } >"$new.tmp"
        mv "$new.tmp" "$new"
        rm "$old"
        echo "converted $(($(wc -l <"$new") - 1)) scores"
        ;;
esac
