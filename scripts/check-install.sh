#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install into a folder, see that what lies there is hardened, build clients of the
# library against it, run them, uninstall, and see that nothing is left. Called by .ci/run.
#
# usage: check-install.sh FOLDER     (must not exist; PYTHON: one that has NumPy)
set -eu
root=$1 prefix=/opt/vq picture=data/demo.png
lib=$root$prefix/lib scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
make -s install DESTDIR="$root" PREFIX=$prefix

fail() {
    echo "check-install: $*" >&2
    exit 1
}

for file in bin/vqvae include/vqvae.h lib/libvqvae.a lib/libvqvae.so \
    lib/pkgconfig/vqvae.pc share/man/man1/vqvae.1 share/man/man3/vqvae.3 \
    share/bash-completion/completions/vqvae share/zsh/site-functions/_vqvae \
    share/fish/vendor_completions.d/vqvae.fish; do
    [ -s "$root$prefix/$file" ] || fail "$file was not installed"
done
"$root$prefix/bin/vqvae" --version
! readelf -S "$root$prefix/bin/vqvae" "$lib/libvqvae.a" "$lib/libvqvae.so" |
    grep -q '\.debug_info\|\.symtab.*bin/' || fail "debug information was installed"
scripts/check-hardened.sh "$root$prefix/bin/vqvae" "$lib/libvqvae.so" "$lib/libvqvae.a"
head -1 "$root$prefix/share/man/man1/vqvae.1" | grep -q '^\.TH VQVAE 1'
head -1 "$root$prefix/share/man/man3/vqvae.3" | grep -q '^\.TH VQVAE 3'

# The shared library: under its names, and showing what the header declares, no more.
version=$(sed -n 's/^#define VQ_VERSION "\(.*\)"$/\1/p' include/vqvae.h)
soname=$(readelf -d "$lib/libvqvae.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = "libvqvae.so.${version%%.*}" ] || fail "the soname is '$soname'"
[ "$(realpath "$lib/$soname")" = "$(realpath "$lib/libvqvae.so.$version")" ] ||
    fail "$soname is not version $version"
grep -v '^ \*' include/vqvae.h | grep -o '\bvq_[a-z0-9_]*(' | tr -d '(' | sort -u \
    >"$scratch/declared"
nm -D --defined-only "$lib/libvqvae.so" | sed 's/.* //' | sort >"$scratch/shown"
diff "$scratch/declared" "$scratch/shown" >&2 ||
    fail "it does not show what the header declares (<), but this (>)"

# Clients: in C, linked both ways, and in Python, which does without a compiler.
export PKG_CONFIG_PATH="$lib/pkgconfig" LD_LIBRARY_PATH="$lib"
# client NAME [--static]
client() {
    # shellcheck disable=SC2046 # words
    ${CC:-cc} -Wall -Werror ${2:+-static} -o "$scratch/$1" tests/examples/tokens.c \
        $(pkg-config --define-variable=prefix="$root$prefix" ${2:+--static} --cflags \
            --libs vqvae)
}
client shared
client static --static
readelf -d "$scratch/shared" | grep -q "NEEDED.*\[$soname\]" ||
    fail "a client does not ask for $soname"
"$root$prefix/bin/vqvae" reconstruct --quiet $picture "$scratch/want.png" >/dev/null
for run in "$scratch/shared" "$scratch/static" "${PYTHON:-python3} tests/examples/tokens.py"; do
    # shellcheck disable=SC2086 # words
    $run $picture "$scratch/got.png" >"$scratch/codes" || fail "$run: exit code $?"
    cmp "$scratch/want.png" "$scratch/got.png" || fail "$run: another picture"
    echo "a client: $(wc -l <"$scratch/codes") rows of codes, and back"
done

make -s uninstall DESTDIR="$root" PREFIX=$prefix
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "left behind: $left"
