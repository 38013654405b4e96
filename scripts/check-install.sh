#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install into a folder, build a program against what lies there, run it, uninstall,
# and see that nothing is left. Called by .ci/run.
#
# usage: check-install.sh FOLDER     (must not exist)
set -eu
root=$1 prefix=/opt/vq
make -s install DESTDIR="$root" PREFIX=$prefix

for file in bin/vqvae include/vqvae.h lib/libvqvae.a lib/pkgconfig/vqvae.pc \
    share/man/man1/vqvae.1 share/bash-completion/completions/vqvae \
    share/zsh/site-functions/_vqvae share/fish/vendor_completions.d/vqvae.fish; do
    [ -s "$root$prefix/$file" ] || {
        echo "check-install: $file was not installed" >&2
        exit 1
    }
done
"$root$prefix/bin/vqvae" --version
! readelf -S "$root$prefix/bin/vqvae" "$root$prefix/lib/libvqvae.a" |
    grep -q '\.debug_info\|\.symtab.*bin/' || {
    echo "check-install: debug information was installed" >&2
    exit 1
}
head -1 "$root$prefix/share/man/man1/vqvae.1" | grep -q '^\.TH VQVAE 1\|^\.TH vqvae 1'

cat >"$root/client.c" <<'END'
#include <stdio.h>
#include <vqvae.h>

int main(void)
{
    vq_config config;
    vq_error err;
    vq_status status = vq_config_preset(&config, "sonnet", &err);
    printf("a client: %s, %d codes\n", vq_status_text(status), config.codes);
    return vq_exit_code(status);
}
END
export PKG_CONFIG_PATH="$root$prefix/lib/pkgconfig"
# shellcheck disable=SC2046 # words
${CC:-cc} -Wall -Werror -o "$root/client" "$root/client.c" \
    $(pkg-config --define-variable=prefix="$root$prefix" --cflags --libs vqvae)
"$root/client"
rm "$root/client" "$root/client.c"

make -s uninstall DESTDIR="$root" PREFIX=$prefix
left=$(find "$root" -type f)
[ -z "$left" ] || {
    echo "check-install: left behind: $left" >&2
    exit 1
}
