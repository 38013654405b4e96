#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Print the manual page of the library, vqvae.3, in the words of its header: of each of
# that one's sections every declaration, and under it the comment that stands above it.
# vqvae.1 is the program's own: `vqvae man`.
#
# usage: manual.sh [HEADER]
# Tested in tests/scripts/test_manual.c.
set -eu
cd "$(dirname "$0")/.."
header=${1:-include/vqvae.h}
date=$(sed -n 's/^#define MAN_DATE "\(.*\)"$/\1/p' src/cli/cmd_man.c)
version=$(sed -n 's/^#define VQ_VERSION "\(.*\)"$/\1/p' include/vqvae.h)

LC_ALL=C awk -v date="$date" -v version="$version" '
BEGIN {
    shown["\\"] = "\\e"
    shown["-"] = "\\-"
    shown["\047"] = "\\(aq"
    shown["`"] = "\\(ga"
    shown["^"] = "\\(ha"
    shown["~"] = "\\(ti"
}

# A line as roff must see it to show it.
function roff(line,   i, c, out)
{
    out = line ~ /^\./ ? "\\&" : ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        out = out (c in shown ? shown[c] : c)
    }
    return out
}

# Space before what follows, but after a heading, which has its own.
function paragraph()
{
    if (!headed)
        print ".PP"
    headed = 0
}

# Lines of a comment: paragraphs, those that begin further in as they are, and items.
function say_text(n, line,   i, fresh, kept)
{
    fresh = 1
    for (i = 1; i <= n; i++) {
        if (line[i] == "") {
            if (kept)
                print ".fi"
            fresh = 1
            kept = 0
            continue
        }
        if (fresh)
            paragraph()
        if (fresh && line[i] ~ /^    /) {
            print ".nf"
            kept = 1
        }
        if (line[i] ~ /^ *- /)
            print ".IP \\(bu 2"
        if (!kept)
            sub(/^ *(- )?/, "", line[i])
        print roff(line[i])
        fresh = 0
    }
    if (kept)
        print ".fi"
}

# Declarations without a blank line between them, and their comment.
function say_item(   i, below)
{
    below = n_code > 0 && n_text > 0
    if (n_code > 0) {
        paragraph()
        print ".nf"
        for (i = 1; i <= n_code; i++)
            print (code[i] == "" ? "" : "\\fB" roff(code[i]) "\\fR")
        print ".fi"
    }
    if (below) {
        print ".RS 4"
        headed = 1
    }
    say_text(n_text, text)
    if (below)
        print ".RE"
    n_code = n_text = 0
}

# "---- title ----" begins a section, "vqvae: purpose." the page.
function note_text(line)
{
    sub(/^ \* ?/, "", line)
    if (line ~ /^---- /) {
        gsub(/^-* | -*$/, "", line)
        print ".SH " toupper(roff(line))
        headed = 1
    } else if (line ~ /^vqvae: /) {
        sub(/^vqvae: /, "", line)
        sub(/\.$/, "", line)
        print ".TH VQVAE 3 " date " \"vqvae " version "\"\n.SH NAME\nvqvae \\- " roff(line)
        print ".SH SYNOPSIS\n.nf\n#include <vqvae.h>\n.fi\n.SH DESCRIPTION"
        headed = 1
    } else if (line !~ /^SPDX/) {
        text[++n_text] = line
    }
}

in_comment && /\*\/$/ {
    sub(/ ?\*\/$/, "")
    in_comment = 0
    if (!/^ *$/)
        note_text($0)
    next
}
in_comment { note_text($0); next }
/^#ifndef VQVAE_H/ { next } # around all of it
/^#if/ { aside++ }
/^#endif/ { aside--; next }
aside > 0 || /^#include/ || /^#define VQVAE_H/ { next }
/^\/\*/ {
    say_item()
    in_comment = !/\*\/$/
    sub(/^\/\*/, " *")
    sub(/ ?\*\/$/, "")
    if (!/^ \*$/)
        note_text($0)
    next
}
/^$/ && !inside { say_item(); next }
{
    code[++n_code] = $0
    inside = inside ? !/^}/ : /[{]$/
}
END {
    say_item()
    print ".SH SEE ALSO\n.BR vqvae (1)"
}' "$header"
