#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Build for arm64 and run that under qemu-user, beside this machine's program.
#
#   files   what one writes the others read: pictures' codes, plain and range-coded by the
#           prior, made under every instruction set here and on arm64, decode under each of
#           the others (a coded file carries a checksum of its codes); says how many files
#           and pictures are not those of plain 128-bit vectors here, and how far apart
#   errors  the 128-bit kernels against double precision, there and here
#   suite   the test suite, or the cases that match a glob: slow
#
# usage: arm64.sh files | errors | suite [GLOB]     (needs what setup.sh arm64 installs)
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
triplet=aarch64-linux-gnu mode=build/arm64
arm=$mode/run

scripts/setup.sh arm64
mkdir -p $mode
printf '#!/bin/sh\nexec qemu-aarch64 -L / "%s/%s/vqvae" "$@"\n' "$PWD" $mode >$arm
chmod +x $arm
make_arm() {
    PKG_CONFIG_LIBDIR=/usr/lib/$triplet/pkgconfig make -s -j"$(nproc)" MODE=arm64 \
        CC=$triplet-gcc AR=$triplet-gcc-ar TEST_BIN=$arm TEST_RUN="qemu-aarch64 -L /" "$@"
}

fail() {
    echo "arm64: $*" >&2
    exit 1
}

# Every machine that there is, as "NAME COMMAND...".
machines=()
for level in avx512f avx2; do
    ! grep -qw $level /proc/cpuinfo ||
        machines+=("${level%f} env VQVAE_SIMD=${level%f} build/vqvae")
done
machines+=("generic env VQVAE_SIMD=generic build/vqvae" "arm64 $arm")

# as NAME COMMAND... -- ARGUMENTS...: its stderr is shown when it fails
as() {
    "${@:2}" 2>"$work/err" || fail "$1: ${*:3}: $(cat "$work/err")"
}

# encode NAME PICTURE OPTION...: under every machine, into NAME-MACHINE.vqt
encode() {
    local name=$1 in=$2 m
    shift 2
    for m in "${machines[@]}"; do
        # shellcheck disable=SC2086 # a list of words
        as $m encode -q --refine 0 "$@" "$in" -o "$work/$name-${m%% *}.vqt"
    done
}

# decode NAME: every machine's file under every machine; counts, and remembers the most
# that a sample of a picture lies from what `generic` makes of the same file
decode() {
    local m n vqt png=$work/picture.png plain=$work/plain.png far
    for m in "${machines[@]%% *}"; do
        vqt=$work/$1-$m.vqt
        cmp -s "$work/$1-generic.vqt" "$vqt" || other=$((other + 1))
        env VQVAE_SIMD=generic build/vqvae decode -q "$vqt" "$plain"
        for n in "${machines[@]}"; do
            # shellcheck disable=SC2086
            as $n decode -q "$vqt" "$png"
            made=$((made + 1))
            far=$(build/vqvae compare --json "$plain" "$png" |
                sed -n 's/.*"largest": \([0-9]*\).*/\1/p')
            [ "$far" = 0 ] || differ=$((differ + 1))
            [ "$far" -le "$largest" ] || largest=$far
        done
    done
}

files() {
    local made=0 other=0 differ=0 largest=0
    make_arm all
    make -s -j"$(nproc)" all
    encode prior data/demo.png --prior builtin
    encode plain data/demo.png --model cifar10
    encode photo data/coffee.jpg --model photo
    decode prior
    decode plain
    decode photo
    # a file that was touched must not decode
    printf '\377' | dd of="$work/prior-arm64.vqt" bs=1 seek=100 conv=notrunc status=none
    ! build/vqvae decode -q "$work/prior-arm64.vqt" "$work/x.png" 2>/dev/null ||
        fail "a damaged file decodes"
    echo "arm64: all of $made decode; $other of $((3 * ${#machines[@]})) files differ from" \
        "generic's, $differ pictures, by $largest of 255 at most"
}

errors() {
    make_arm build/arm64/bench-errors
    make -s -j"$(nproc)" build/release/bench-errors
    build/release/bench-errors | grep -i generic >"$work/here"
    qemu-aarch64 -L / build/arm64/bench-errors | grep -i generic >"$work/there"
    cat "$work/there"
    if cmp -s "$work/here" "$work/there"; then
        echo "arm64: the same errors as here"
    else
        diff "$work/here" "$work/there" || true
    fi
}

case ${1:-} in
files) files ;;
errors) errors ;;
suite)
    make_arm all tests
    qemu-aarch64 -L / $mode/vqvae-tests ${2:+"$2"}
    ;;
*)
    sed -n 's/^# usage: /usage: /p' "$0" >&2
    exit 2
    ;;
esac
