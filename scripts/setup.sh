#!/bin/sh
# SPDX-License-Identifier: MIT
#
# See that the packages are there, and install what is missing on a Debian-like system:
# with apt-get when root or when sudo needs no password; otherwise say the one command
# that does it and exit 1. Where nothing is missing, nothing is touched.
#
# usage: setup.sh [-n] build|test|mpi|check|format|fuzz|tsan|arm64
#        (-n: never install, only say)
#
# CC is the compiler that is meant. Tested in tests/scripts/test_setup.c.
set -eu

install=yes
[ "${1:-}" != -n ] || {
    install=no
    shift
}

missing= before=
# want PACKAGE COMMAND...: the package is missing when the command fails
want() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has() { command -v "$1"; }
library() { pkg-config --exists "$1"; }
# compiles COMPILER FLAG: does a program compile and link with it?
compiles() {
    echo 'int main(void) { return 0; }' | "$1" "$2" -x c -o /dev/null -
}
# What comes with a version of clang, as Debian names it: libomp-14-dev.
of_clang() {
    major=$("$2" -dumpversion 2>/dev/null | cut -d. -f1)
    echo "$1-${major:-14}-dev"
}
# clang has its OpenMP and its sanitizers in packages of their own.
clang_openmp() { want "$(of_clang libomp "$1")" compiles "$1" -fopenmp; }
clang_sanitizers() {
    want "$(of_clang libclang-rt "$1")" compiles "$1" -fsanitize=address,undefined
}
installed() { dpkg-query -W -f '${Status}' "$1" | grep -q 'ok installed'; }

build() {
    case ${CC:-cc} in
    *clang*)
        want clang has "$CC"
        clang_openmp "$CC"
        ;;
    *) want gcc has "${CC:-cc}" ;;
    esac
    want make has make
    want pkg-config has pkg-config
    want libpng-dev library libpng
    want libjpeg62-turbo-dev library libjpeg
    want zlib1g-dev library zlib
    want libopenblas-dev library openblas
    want libjansson-dev library jansson
}

# The libraries of another architecture, and what compiles and runs for it.
cross_build() {
    triplet=$1 debian=$2
    export PKG_CONFIG_LIBDIR=/usr/lib/$triplet/pkgconfig
    want "crossbuild-essential-$debian" has "$triplet-gcc"
    want qemu-user has "qemu-${triplet%%-*}"
    want "libpng-dev:$debian" library libpng
    want "libjpeg62-turbo-dev:$debian" library libjpeg
    want "zlib1g-dev:$debian" library zlib
    want "libopenblas-dev:$debian" library openblas
    want "libjansson-dev:$debian" library jansson
    want "libcmocka-dev:$debian" library cmocka
    want "libgomp1:$debian" test -e "/usr/lib/$triplet/libgomp.so.1"
}

case ${1:-} in
build)
    build
    ;;
test)
    build
    want libcmocka-dev library cmocka
    # PngSuite, for the tests that decode it
    ! has dpkg-query >/dev/null || want libsixel-examples installed libsixel-examples
    ;;
mpi)
    build
    want libopenmpi-dev library mpi-c
    want openmpi-bin has mpirun
    ;;
check)
    build
    want libcmocka-dev library cmocka
    want clang has clang
    want clang-format has clang-format
    clang_openmp clang
    clang_sanitizers clang
    ;;
format)
    want clang-format has clang-format
    ;;
fuzz)
    CC=clang
    build
    clang_sanitizers clang
    want libcmocka-dev library cmocka
    ;;
tsan)
    CC=clang
    build
    want libcmocka-dev library cmocka
    clang_sanitizers clang
    ;;
arm64)
    want make has make
    want pkg-config has pkg-config
    cross_build aarch64-linux-gnu arm64
    [ -z "$missing" ] || before="dpkg --add-architecture arm64"
    ;;
*)
    echo "usage: setup.sh [-n] build|test|mpi|check|format|fuzz|tsan|arm64" >&2
    exit 2
    ;;
esac
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
say_how() {
    echo "install them with: ${before:+sudo $before && sudo apt-get update && }sudo $command" >&2
}
if [ $install = no ] || ! has apt-get >/dev/null; then
    echo "missing packages (Debian names):$missing" >&2
    say_how
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif has sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "missing packages:$missing" >&2
    say_how
    exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # lists of words
{ [ -z "$before" ] || $as_root $before; } && \
    $as_root apt-get update -q >/dev/null && $as_root $command >/dev/null
