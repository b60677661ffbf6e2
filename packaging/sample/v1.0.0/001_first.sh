#!/bin/sh
# Belongs to the version that the machine starts with, so it never runs in the demo.
echo "this must not run" >&2
exit 2
