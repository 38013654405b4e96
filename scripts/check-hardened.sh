#!/bin/sh
# SPDX-License-Identifier: MIT
#
# See that programs and libraries are hardened: at a place that the system picks (PIE),
# with tables of pointers that cannot be written (full RELRO) and no executable stack; a
# stack protector and _FORTIFY_SOURCE compiled in. In a static library, which no linker
# has seen, the last two. Called by check-install.sh, tested in
# tests/scripts/test_hardened.c.
#
# usage: check-hardened.sh FILE...
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "check-hardened: $*" >&2
    exit 1
}

for file; do
    dynamic=
    if [ "${file%.a}" = "$file" ]; then
        dynamic=-D
        readelf -hdlW "$file" >"$scratch/elf"
        grep -q '^ *Type: *DYN' "$scratch/elf" || fail "$file: no PIE"
        grep -q GNU_RELRO "$scratch/elf" || fail "$file: no RELRO"
        grep -q BIND_NOW "$scratch/elf" || fail "$file: RELRO in part"
        grep -q 'GNU_STACK.* RW  ' "$scratch/elf" || fail "$file: an executable stack"
    fi
    nm $dynamic "$file" >"$scratch/names"
    grep -q ' U __stack_chk_fail' "$scratch/names" || fail "$file: no stack protector"
    grep -q ' U __[a-z]*_chk\(@\|$\)' "$scratch/names" || fail "$file: no _FORTIFY_SOURCE"
done
