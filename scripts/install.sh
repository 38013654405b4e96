#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Put the program, the library, its header, pkg-config file, manual and completions
# under DESTDIR/PREFIX, or remove them. `make install` and `make uninstall` call this.
#
# usage: install.sh PROGRAM LIBRARY DESTDIR PREFIX
#        install.sh --remove DESTDIR PREFIX
set -eu

program=bin/vqvae
header=include/vqvae.h
library=lib/libvqvae.a
pkgconfig=lib/pkgconfig/vqvae.pc
manual=share/man/man1/vqvae.1
bash=share/bash-completion/completions/vqvae
zsh=share/zsh/site-functions/_vqvae
fish=share/fish/vendor_completions.d/vqvae.fish

if [ "$1" = --remove ]; then
    for file in $program $header $library $pkgconfig $manual $bash $zsh $fish; do
        rm -f "$2$3/$file"
    done
    exit 0
fi

built=$1 built_library=$2 prefix=$4 root=$3$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
version=$(sed -n 's/^#define VQ_VERSION "\(.*\)"$/\1/p' include/vqvae.h)
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" scripts/vqvae.pc.in >"$scratch/pc"
"$built" man >"$scratch/man"
"$built" completions bash >"$scratch/bash"
"$built" completions zsh >"$scratch/zsh"
"$built" completions fish >"$scratch/fish"

# put MODE FROM TO WHAT
put() {
    install -D -m "$1" "$2" "$root/$3"
    printf '  %-40s %s\n' "$root/$3" "$4"
}
cp "$built" "$scratch/program"
cp "$built_library" "$scratch/library"
${STRIP:-strip} "$scratch/program"
${STRIP:-strip} --strip-debug "$scratch/library"
put 755 "$scratch/program" $program "the program, with both models and the prior in it"
put 644 "$scratch/library" $library "the library, static"
put 644 include/vqvae.h $header "its header"
put 644 "$scratch/pc" $pkgconfig "pkg-config vqvae"
put 644 "$scratch/man" $manual "man vqvae"
put 644 "$scratch/bash" $bash "completions for bash"
put 644 "$scratch/zsh" $zsh "completions for zsh"
put 644 "$scratch/fish" $fish "completions for fish"
