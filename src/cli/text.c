/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

#include <string.h>

int text_utf8(const char *s, unsigned *code)
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

bool text_is_utf8(const char *text)
{
    unsigned code;
    int n;
    for (; *text; text += n)
        if (!(n = text_utf8(text, &code)))
            return false;
    return true;
}

bool text_shell_word(char *word, size_t size, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_./+:@%-";
    if (text[0] && text[strspn(text, plain)] == '\0')
        return (size_t)snprintf(word, size, "%s", text) < size;
    size_t n = 0;
    if (size < 3)
        return false;
    word[n++] = '\'';
    for (; *text && n + 6 <= size; text++) {
        /* a quote ends the quotes, stands behind a backslash, and begins them again */
        size_t more = *text == '\'' ? 4 : 1;
        memcpy(word + n, more == 4 ? "'\\''" : text, more);
        n += more;
    }
    word[n++] = '\'';
    word[n] = '\0';
    return *text == '\0';
}

static bool steers(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

void text_print(FILE *stream, const char *text)
{
    while (*text) {
        unsigned code = 0;
        int n = text_utf8(text, &code);
        if (n && !steers(code)) {
            fwrite(text, 1, (size_t)n, stream);
        } else {
            n = n ? n : 1;
            for (int i = 0; i < n; i++)
                fprintf(stream, "\\x%02x", (unsigned)(unsigned char)text[i]);
        }
        text += n;
    }
}
