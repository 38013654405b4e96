/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 64, NAME_MAX_ = 32 };

/* Where the look at a page is. */
typedef struct look {
    const char *at;
    char open[DEPTH_MAX][NAME_MAX_]; /* elements that are open */
    int depth;
    char *why;
} look;

static bool object(look *l, const char *what)
{
    snprintf(l->why, 256, "%s at: %.120s", what, l->at);
    return false;
}

static bool take_name(look *l, char name[NAME_MAX_])
{
    size_t n = strspn(l->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789-");
    if (n == 0 || n >= NAME_MAX_ || !isalpha((unsigned char)l->at[0]))
        return object(l, "no name");
    memcpy(name, l->at, n);
    name[n] = '\0';
    l->at += n;
    return true;
}

/* &amp; and the like, or a number. */
static bool take_entity(look *l)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(l->at, known[i], strlen(known[i])) == 0) {
            l->at += strlen(known[i]);
            return true;
        }
    size_t n = strncmp(l->at, "&#", 2) == 0 ? strspn(l->at + 2, "0123456789") : 0;
    if (n == 0 || l->at[2 + n] != ';')
        return object(l, "no entity");
    l->at += n + 3;
    return true;
}

/* Text up to one of `ends`; no other may hold a '<'. */
static bool take_text(look *l, const char *ends)
{
    while (*l->at && !strchr(ends, *l->at)) {
        if (*l->at == '<')
            return object(l, "'<' in a value");
        if (*l->at == '&') {
            if (!take_entity(l))
                return false;
        } else {
            l->at++;
        }
    }
    return *l->at != '\0' || object(l, "the end comes too soon");
}

/* name="value"; nothing may lead out of the page, or run. */
static bool take_attribute(look *l)
{
    char name[NAME_MAX_];
    const char *begin = l->at;
    if (!take_name(l, name))
        return false;
    if (strncmp(l->at, "=\"", 2) != 0)
        return object(l, "an attribute without quotes");
    l->at += 2;
    const char *value = l->at;
    if (!take_text(l, "\""))
        return false;
    l->at++;
    const bool link = strcmp(name, "src") == 0 || strcmp(name, "href") == 0;
    if (strncmp(name, "on", 2) == 0 ||
        (link && strncmp(value, "data:image/", strlen("data:image/")) != 0)) {
        l->at = begin;
        return object(l, "an attribute that leads out of the page");
    }
    return true;
}

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0;
}

static bool take_end_tag(look *l)
{
    char name[NAME_MAX_];
    l->at += 2;
    if (!take_name(l, name))
        return false;
    if (l->depth == 0 || strcmp(l->open[l->depth - 1], name) != 0)
        return object(l, "closes what is not open");
    if (*l->at++ != '>')
        return object(l, "an end without '>'");
    l->depth--;
    return true;
}

/* Elements that hold text of their own kind: up to the end of it. */
static bool skip_raw(look *l, const char *name)
{
    char end[NAME_MAX_ + 4];
    if (strcmp(name, "style") != 0)
        return true;
    snprintf(end, sizeof end, "</%s>", name);
    const char *found = strstr(l->at, end);
    if (!found)
        return object(l, "a style that does not end");
    for (; (l->at += strcspn(l->at, "<u@")) < found; l->at++)
        if (*l->at == '<' || strncmp(l->at, "url(", 4) == 0 ||
            strncmp(l->at, "@import", 7) == 0)
            return object(l, "a style that fetches");
    return true;
}

static bool take_start_tag(look *l)
{
    char name[NAME_MAX_];
    l->at++;
    if (!take_name(l, name))
        return false;
    if (strcmp(name, "script") == 0 || strcmp(name, "iframe") == 0 ||
        strcmp(name, "link") == 0)
        return object(l, "an element that runs or fetches");
    while (isspace((unsigned char)*l->at)) {
        l->at += strspn(l->at, " \t\n");
        if (*l->at != '/' && *l->at != '>' && !take_attribute(l))
            return false;
    }
    const bool closed = *l->at == '/';
    l->at += closed;
    if (*l->at++ != '>')
        return object(l, "a tag without '>'");
    if (is_void(name) && !closed)
        return object(l, "an empty element that is not closed");
    if (closed)
        return true;
    if (l->depth == DEPTH_MAX)
        return object(l, "too deep");
    strcpy(l->open[l->depth++], name);
    return skip_raw(l, name);
}

bool html_is_sound(const char *html, char why[256])
{
    static const char begin[] = "<!DOCTYPE html>\n";
    look l = {.at = html, .why = why};
    why[0] = '\0';
    if (!utf8_is(html))
        return object(&l, "not UTF-8");
    if (strncmp(html, begin, strlen(begin)) != 0)
        return object(&l, "no DOCTYPE");
    l.at += strlen(begin);
    while (*(l.at += strcspn(l.at, "<&"))) {
        const bool good = *l.at == '&'     ? take_entity(&l)
                          : l.at[1] == '/' ? take_end_tag(&l)
                                           : take_start_tag(&l);
        if (!good)
            return false;
    }
    return l.depth == 0 || object(&l, "an element that does not end");
}

/* ---- pictures ----------------------------------------------------------------------
 */

static int digit_of(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Bytes of base64 up to a quote; 0: it is none. */
static size_t decode(const char *text, unsigned char *bytes)
{
    size_t n = 0, chars = strcspn(text, "\"");
    if (chars % 4 != 0)
        return 0;
    for (size_t i = 0; i < chars; i += 4) {
        int d[4], pad = 0;
        for (int k = 0; k < 4; k++) {
            const bool last = i + 4 == chars && k >= 2 && text[i + k] == '=';
            pad += last;
            d[k] = last ? 0 : digit_of(text[i + (size_t)k]);
            if (d[k] < 0 || (pad && !last))
                return 0;
        }
        bytes[n++] = (unsigned char)(d[0] << 2 | d[1] >> 4);
        bytes[n++] = (unsigned char)(d[1] << 4 | d[2] >> 2);
        bytes[n++] = (unsigned char)(d[2] << 6 | d[3]);
        n -= (size_t)pad;
    }
    return n;
}

/* One <img>, whose size comes first. */
static bool check_picture(const char *img, const char *data, const char *path,
                          char why[256])
{
    int width = 0, height = 0;
    vq_image image = {0};
    vq_error err;
    unsigned char *bytes = malloc(strlen(data) + 4);
    const char *comma = strstr(data, ";base64,");
    size_t n = comma ? decode(comma + strlen(";base64,"), bytes) : 0;
    bool good = n > 0 && file_write(path, bytes, n, &err) == VQ_OK &&
                vq_image_read(&image, path, &err) == VQ_OK &&
                sscanf(img, "<img width=\"%d\" height=\"%d\"", &width, &height) == 2 &&
                image.width == width && image.height == height;
    if (!good)
        snprintf(why, 256, "no picture of %d x %d: %.100s", width, height, img);
    vq_image_release(&image);
    free(bytes);
    return good;
}

int html_pictures(const char *html, const char *folder, char why[256])
{
    char path[512];
    int n = 0;
    snprintf(path, sizeof path, "%s/picture", folder);
    for (const char *img = strstr(html, "<img"); img; img = strstr(img + 1, "<img")) {
        const char *data = strstr(img, "data:image/");
        if (!data || !check_picture(img, data, path, why))
            return -1;
        n++;
    }
    return n;
}
