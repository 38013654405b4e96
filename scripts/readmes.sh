#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Check the READMEs: every relative link leads to a file; the drawing and the table of
# src/README.md show every room on its floor (scripts/layers.sh says which that is), and
# the table names the rooms that its files include, no more and no fewer.
#
# usage: readmes.sh [ROOT]     (default: the current folder)
# Tested with planted errors in tests/scripts/test_readmes.c.
set -eu
cd "${1:-.}"
tour=src/README.md
bad=0

object() {
    echo "readmes: $*" >&2
    bad=1
}

# The targets of a Markdown file's links, without places inside a page.
links() {
    grep -o '](\([^)]*\))' "$1" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^https\{0,1\}:\|^$'
}

# "room floor" of each room, from the table that layers.sh goes by
floors() {
    sed -n 's/^ *\(floor\["[^=]*\(= *floor.*\)*\) = \([0-9]*\)$/\3 \1/p' scripts/layers.sh |
        while read -r floor rooms; do
            echo "$rooms" | grep -o '"[a-z]*"' | sed "s/\"\(.*\)\"/\1 $floor/"
        done
}

# "room floor" as the drawing has it: lines like "  3  |  config  |  data  |"
drawn() {
    sed -n 's/^ *\([0-9]\) *|\(.*\)|.*/\1 \2/p' $tour |
        while read -r floor rooms; do
            echo "$rooms" | tr -d ' ' | tr '|' '\n' | sed "s/$/ $floor/"
        done
}

# The cells of a room's row in the table: | `room/` | floor | includes | what |
row() {
    sed -n "s/^| *\`$1\/\` *| *\([^|]*[^| ]\) *| *\([^|]*[^| ]\) *|.*/\1|\2/p" $tour
}

# The other rooms whose headers a room's files include, in alphabetical order
included() {
    cat "src/$1"/*.[ch] |
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([a-z]*\)\/.*/\1/p' |
        LC_ALL=C sort -u | grep -vx "$1" | paste -sd , - | sed 's/,/, /g'
}

for page in README.md */README.md */*/README.md; do
    [ -f "$page" ] || continue
    for link in $(links "$page"); do
        [ -e "$(dirname "$page")/$link" ] || object "$page: no '$link' to link to"
    done
done

n=0
for folder in src/*/; do
    room=$(basename "$folder") n=$((n + 1))
    floor=$(floors | sed -n "s/^$room //p")
    drawn | grep -qx "$room $floor" || object "$tour: the drawing lacks $room on floor $floor"
    want="$floor|$(included "$room" | grep . || echo nothing)"
    [ "$(row "$room")" = "$want" ] ||
        object "$tour: the table's row of $room/ says '$(row "$room")', want '$want'"
done
[ "$(drawn | wc -l)" = "$n" ] || object "$tour: the drawing has rooms that src/ has not"
[ $bad = 0 ] && echo "readmes: $n rooms, every link leads somewhere"
exit $bad
