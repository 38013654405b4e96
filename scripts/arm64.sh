#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Build for arm64 and run that under qemu-user, beside this machine's program.
#
#   files   what one writes the others read: a picture's codes, range-coded by the prior
#           under every instruction set here and on arm64, decode under each of the others
#           (a file carries a checksum of its codes); says how far apart the pictures are
#   suite   the test suite, or the cases that match a glob: slow
#
# usage: arm64.sh files | suite [GLOB]        (needs what setup.sh arm64 installs)
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
PKG_CONFIG_LIBDIR=/usr/lib/$triplet/pkgconfig make -s -j"$(nproc)" MODE=arm64 \
    CC=$triplet-gcc AR=$triplet-gcc-ar TEST_BIN=$arm TEST_RUN="qemu-aarch64 -L /" all tests

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

files() {
    local in=data/demo.png made=0 same m n
    make -s -j"$(nproc)" all
    for m in "${machines[@]}"; do
        # shellcheck disable=SC2086 # a list of words
        as $m encode -q --refine 0 --prior builtin $in -o "$work/${m%% *}.vqt"
    done
    for m in "${machines[@]}"; do
        for n in "${machines[@]}"; do
            # shellcheck disable=SC2086
            as $n decode -q "$work/${m%% *}.vqt" "$work/${m%% *}-${n%% *}.png"
            made=$((made + 1))
        done
        cmp -s "$work/generic.vqt" "$work/${m%% *}.vqt" && same="the same as" || same="not"
        echo "${m%% *}: $(wc -c <"$work/${m%% *}.vqt") bytes, $same generic's"
    done
    # a file that was touched must not decode
    printf '\377' | dd of="$work/arm64.vqt" bs=1 seek=100 conv=notrunc status=none
    ! build/vqvae decode -q "$work/arm64.vqt" "$work/x.png" 2>/dev/null ||
        fail "a damaged file decodes"
    echo "arm64: $made of $made files decode on every machine"
}

case ${1:-} in
files) files ;;
suite) qemu-aarch64 -L / $mode/vqvae-tests ${2:+"$2"} ;;
*)
    sed -n 's/^# usage: /usage: /p' "$0" >&2
    exit 2
    ;;
esac
