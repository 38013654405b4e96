#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Put the program, the library, static and shared, its header, pkg-config file, manuals
# and completions under DESTDIR/PREFIX, or remove them. `make install` and `make
# uninstall` call this.
#
# usage: install.sh PROGRAM LIBRARY SHARED DESTDIR PREFIX
#        install.sh --remove DESTDIR PREFIX
set -eu

program=bin/vqvae
header=include/vqvae.h
library=lib/libvqvae.a
shared=lib/libvqvae.so
pkgconfig=lib/pkgconfig/vqvae.pc
manual=share/man/man1/vqvae.1
manual_of_library=share/man/man3/vqvae.3
bash=share/bash-completion/completions/vqvae
zsh=share/zsh/site-functions/_vqvae
fish=share/fish/vendor_completions.d/vqvae.fish

# The loader finds libraries by a table of them; in DESTDIR none is this system's.
tell_loader() {
    [ -n "$1" ] || [ "$(id -u)" != 0 ] || ! command -v ldconfig >/dev/null || ldconfig
}

if [ "$1" = --remove ]; then
    for file in $program $header $library $shared $pkgconfig $manual \
        $manual_of_library $bash $zsh $fish; do
        rm -f "$2$3/$file"
    done
    rm -f "$2$3/$shared".*
    tell_loader "$2"
    exit 0
fi

built=$1 built_library=$2 built_shared=$3 prefix=$5 root=$4$5
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
version=$(sed -n 's/^#define VQ_VERSION "\(.*\)"$/\1/p' include/vqvae.h)
major=${version%%.*}
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" \
    -e "s|@OPENBLAS@|$(pkg-config --libs openblas)|" scripts/vqvae.pc.in >"$scratch/pc"
"$built" man >"$scratch/man"
scripts/manual.sh >"$scratch/man3"
"$built" completions bash >"$scratch/bash"
"$built" completions zsh >"$scratch/zsh"
"$built" completions fish >"$scratch/fish"

say() {
    printf '  %-40s %s\n' "$root/$1" "$2"
}
# put MODE FROM TO WHAT
put() {
    install -D -m "$1" "$2" "$root/$3"
    say "$3" "$4"
}
# link NAME TO WHAT: TO lies beside it
link() {
    ln -sf "$2" "$root/$1"
    say "$1" "$3"
}
cp "$built" "$scratch/program"
cp "$built_library" "$scratch/library"
cp "$built_shared" "$scratch/shared"
${STRIP:-strip} "$scratch/program"
${STRIP:-strip} --strip-debug "$scratch/library"
${STRIP:-strip} --strip-unneeded "$scratch/shared"
put 755 "$scratch/program" $program "the program, with both models and the prior in it"
put 644 "$scratch/library" $library "the library, static"
put 644 "$scratch/shared" "$shared.$version" "the library, shared"
link "$shared.$major" "libvqvae.so.$version" "what programs that use it load"
link $shared "libvqvae.so.$major" "what they are linked with"
put 644 include/vqvae.h $header "its header"
put 644 "$scratch/pc" $pkgconfig "pkg-config vqvae"
put 644 "$scratch/man3" $manual_of_library "man 3 vqvae"
put 644 "$scratch/man" $manual "man vqvae"
put 644 "$scratch/bash" $bash "completions for bash"
put 644 "$scratch/zsh" $zsh "completions for zsh"
put 644 "$scratch/fish" $fish "completions for fish"
tell_loader "$4"
