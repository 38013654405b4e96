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

if [ "$1" = --remove ]; then
    for file in $program $header $library $pkgconfig $manual $bash $zsh; do
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

install -D -m 755 "$built" "$root/$program"
install -D -m 644 include/vqvae.h "$root/$header"
install -D -m 644 "$built_library" "$root/$library"
install -D -m 644 "$scratch/pc" "$root/$pkgconfig"
install -D -m 644 "$scratch/man" "$root/$manual"
install -D -m 644 "$scratch/bash" "$root/$bash"
install -D -m 644 "$scratch/zsh" "$root/$zsh"
