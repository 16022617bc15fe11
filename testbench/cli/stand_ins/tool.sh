#!/bin/sh
# Stands for the tool by whose name it is called: answers for its version, with what is in <name>.version
# beside it if that is there, else notes the run in $STAND_INS/<name>.runs and does what
# $STAND_INS/<name>.sh says.
name=$(basename "$0")
case $1 in
    -V) cat "$0.version" 2>/dev/null || echo "Yosys 0.70"; exit ;;
    --version | -h) echo "$name (Version nextpnr-0.11.1)"; exit ;;
esac
echo "$*" >>"$STAND_INS/$name.runs"
. "$STAND_INS/$name.sh"
