/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

bool text_locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
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
        int n = utf8_read(text, &code);
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
