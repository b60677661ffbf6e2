#!/bin/sh
# Belongs to a version that the machine has left behind: never runs in the demo.
echo "this must not run" >&2
exit 2
