#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetch CIFAR-10 (binary version, 162 MB), check its size and MD5, and unpack it to
# DIR/cifar-10-batches-bin. Either all of it is there afterwards or nothing is changed.
#
# usage: get-cifar10.sh [DIR]      (default: data)
#
# Without a network: put cifar-10-binary.tar.gz into DIR, or say where it is with
# CIFAR10_ARCHIVE=FILE. CIFAR10_URL, CIFAR10_BYTES and CIFAR10_MD5 replace the official
# address, size and checksum. Exit status: 0 done, 2 bad usage, 3 not the official
# archive, 4 it cannot be fetched or written.
#
# Tested in tests/scripts/test_get_cifar10.c.
set -eu

name=cifar-10-binary.tar.gz
unpacked=cifar-10-batches-bin
files="data_batch_1.bin data_batch_2.bin data_batch_3.bin data_batch_4.bin
    data_batch_5.bin test_batch.bin"
url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/$name}
want_bytes=${CIFAR10_BYTES:-170052171}
want_md5=${CIFAR10_MD5:-c32a1d4ab5d03f1284b67883e8d87530}

die() {
    status=$1
    shift
    echo "get-cifar10: $*" >&2
    exit "$status"
}
has() { command -v "$1" >/dev/null 2>&1; }

# The first of the six files that is not in folder $1; empty if all are.
first_missing() {
    for file in $files; do
        [ -f "$1/$file" ] || {
            echo "$file"
            return
        }
    done
}

# fetch FILE: download $url to it, with a progress bar on a terminal only
fetch() {
    if has curl; then
        quiet=-sS
        [ ! -t 2 ] || quiet=-#
        curl -fL "$quiet" --retry 3 -o "$1" "$url"
    elif has wget; then
        quiet=-nv
        [ ! -t 2 ] || quiet=--progress=bar
        wget "$quiet" -O "$1" "$url"
    else
        die 4 "neither curl nor wget is installed; with either, run this again, or" \
            "fetch $url by other means and put it into '$dir'"
    fi || die 4 "cannot fetch $url"
}

md5_of() {
    if has md5sum; then
        md5sum <"$1" | cut -d ' ' -f 1
    elif has md5; then
        md5 -q "$1"
    else
        openssl md5 <"$1" | sed 's/.* //'
    fi
}

# check FILE: see that it is the archive, by size first as that says more
check() {
    bytes=$(wc -c <"$1" | tr -d ' ')
    [ "$bytes" = "$want_bytes" ] ||
        die 3 "'$1' is $bytes bytes, want $want_bytes: not the archive, or cut short"
    md5=$(md5_of "$1") || die 4 "cannot compute an MD5: install md5sum or openssl"
    [ "$md5" = "$want_md5" ] ||
        die 3 "'$1' has the MD5 $md5, want $want_md5: refused"
}

case ${1:-} in
-h | --help)
    sed -n 's/^# \{0,1\}//; 4,12p' "$0"
    exit 0
    ;;
-*) die 2 "no option '$1' (usage: get-cifar10.sh [DIR])" ;;
esac
[ $# -le 1 ] || die 2 "one folder at most, not $#"
dir=${1:-data}

if [ -e "$dir/$unpacked" ]; then
    missing=$(first_missing "$dir/$unpacked")
    [ -z "$missing" ] ||
        die 4 "'$dir/$unpacked' is there, but has no $missing: move it out of the way"
    echo "CIFAR-10 is in '$dir/$unpacked' already"
    exit 0
fi

# Everything happens in a folder beside the target, which at last is renamed.
made=
[ -d "$dir" ] || made=$dir
mkdir -p "$dir" || die 4 "cannot make the folder '$dir'"
work=$dir/.cifar10.$$
trap 'rm -rf "$work"; [ -z "$made" ] || rmdir "$made" 2>/dev/null || :' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work" || die 4 "cannot write to '$dir'"

archive=${CIFAR10_ARCHIVE:-}
[ -n "$archive" ] || [ ! -f "$dir/$name" ] || archive=$dir/$name
if [ -z "$archive" ]; then
    archive=$work/$name
    echo "fetching $url"
    fetch "$archive"
fi
[ -f "$archive" ] || die 4 "cannot find the archive '$archive'"
check "$archive"

gzip -dc "$archive" | tar -xf - -C "$work" || die 4 "cannot unpack '$archive' to '$dir'"
missing=$(first_missing "$work/$unpacked")
[ -z "$missing" ] || die 3 "'$archive' holds no $unpacked/$missing"
mv "$work/$unpacked" "$dir/$unpacked" || die 4 "cannot write to '$dir'"
echo "CIFAR-10 is in '$dir/$unpacked': train with --data cifar10 --data-dir '$dir'"
