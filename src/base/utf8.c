/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

int utf8_read(const char *s, unsigned *code)
{
    /* per length: the bits that mark the first byte, and the smallest code point that
     * needs so many bytes (a smaller one is an overlong form) */
    static const struct {
        unsigned char mask, mark;
        unsigned least;
    } form[] = {{0},
                {0x80, 0x00, 0},
                {0xe0, 0xc0, 0x80},
                {0xf0, 0xe0, 0x800},
                {0xf8, 0xf0, 0x10000}};

    unsigned char first = (unsigned char)s[0];
    int n = 1;
    while (n <= 4 && (first & form[n].mask) != form[n].mark)
        n++;
    if (n > 4)
        return 0;
    *code = first & (unsigned char)~form[n].mask;
    for (int i = 1; i < n; i++) {
        unsigned char next = (unsigned char)s[i];
        if ((next & 0xc0) != 0x80) /* the final NUL ends here, too */
            return 0;
        *code = *code << 6 | (next & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < form[n].least || *code > 0x10ffff || surrogate ? 0 : n;
}

bool utf8_is(const char *text)
{
    unsigned code;
    int n;
    for (; *text; text += n)
        if (!(n = utf8_read(text, &code)))
            return false;
    return true;
}
