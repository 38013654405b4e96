/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/magic.h"
#include "base/regular.h"
#include "base/utf8.h"
#include "image/jpeg_write.h"
#include "report/scratch.h"

/* What the page takes at its end, and headings between pictures. */
#define KEPT_FREE 100000
#define FILE_MAX ((size_t)1 << 30)

/* ---- text --------------------------------------------------------------------------
 */

/* Does a page have such characters? XML knows fewer than UTF-8. */
static bool is_shown(unsigned c)
{
    const bool control =
        (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0);
    return !control && (c & 0xfffe) != 0xfffe;
}

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void page_text(FILE *out, const char *text)
{
    while (*text) {
        unsigned c = 0;
        const int n = utf8_read(text, &c);
        const char *escape = escape_of(*text);
        if (n == 0 || !is_shown(c))
            fputs("\xef\xbf\xbd", out);
        else if (escape)
            fputs(escape, out);
        else
            fwrite(text, 1, (size_t)n, out);
        text += n > 0 ? n : 1;
    }
}

/* ---- the page ----------------------------------------------------------------------
 */

vq_status page_begin(page *p, const char *title, const char *beside, int n_pictures,
                     vq_error *err)
{
    *p = (page){.beside = beside, .n_pictures = n_pictures};
    if (!text_stream_open(&p->text))
        return vq_fail_memory(err, PAGE_BYTES_MAX);
    p->out = p->text.stream;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
          "<meta name=\"generator\" content=\"vqvae ",
          p->out);
    page_text(p->out, vq_version());
    fputs("\"/>\n<title>", p->out);
    page_text(p->out, title);
    fprintf(p->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", page_style);
    return VQ_OK;
}

vq_status page_end(page *p, vq_error *err)
{
    fputs("</body>\n</html>\n", p->out);
    p->out = NULL;
    return text_stream_close(&p->text) ? VQ_OK : vq_fail_memory(err, p->text.size);
}

void page_release(page *p)
{
    text_stream_release(&p->text);
    *p = (page){.n_pictures = 0};
}

/* ---- pictures ----------------------------------------------------------------------
 */

/* Bytes that a picture may take now, before they become text. */
static size_t share_of(page *p)
{
    fflush(p->out);
    const size_t used = p->text.size + KEPT_FREE;
    const size_t left = used < PAGE_BYTES_MAX ? PAGE_BYTES_MAX - used : 0;
    return left / (size_t)(p->n_pictures > 0 ? p->n_pictures : 1) / 4 * 3;
}

/* Half the sides, each pixel the mean of four; an odd row or column at the end goes. */
static void halve(vq_image *image)
{
    const int w = image->width / 2, h = image->height / 2;
    const size_t stride = (size_t)image->width * 3;
    unsigned char *to = image->rgb;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < 3 * w; x++) {
            const unsigned char *from =
                image->rgb + 2 * (size_t)y * stride + x / 3 * 6 + x % 3;
            *to++ = (unsigned char)((from[0] + from[3] + from[stride] +
                                     from[stride + 3] + 2) /
                                    4);
        }
    image->width = w;
    image->height = h;
}

static vq_status write_jpeg(const vq_image *image, const char *path, vq_error *err)
{
    jpeg_writer *w;
    vq_status status =
        jpeg_writer_open(&w, path, image->width, image->height, image->gray, err);
    if (status != VQ_OK)
        return status;
    status = jpeg_writer_rows(w, image->rgb, image->height, err);
    if (status == VQ_OK)
        return jpeg_writer_commit(w, err);
    jpeg_writer_abort(w);
    return status;
}

/* The picture as a JPEG file of at most so many bytes, smaller until it is. */
static vq_status shrink(vq_image *image, const char *beside, size_t most,
                        unsigned char **bytes, size_t *size, vq_error *err)
{
    scratch file = {.slot = 0};
    vq_status status;
    TRY(scratch_name(&file, beside, err));
    for (;; halve(image)) {
        TRY(write_jpeg(image, file.path, err));
        free(*bytes);
        *bytes = NULL;
        TRY(file_read(file.path, FILE_MAX, bytes, size, err));
        if (*size <= most)
            break;
        if (image->width < 2 || image->height < 2) {
            status = vq_fail(err, VQ_EINPUT, "the page has no room for more pictures");
            break;
        }
    }
out:
    scratch_drop(&file);
    return status;
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        three |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= i + 2 < size ? bytes[i + 2] : 0;
        fputc(digits[three >> 18], out);
        fputc(digits[three >> 12 & 63], out);
        fputc(i + 1 < size ? digits[three >> 6 & 63] : '=', out);
        fputc(i + 2 < size ? digits[three & 63] : '=', out);
    }
}

static void put_picture(page *p, const unsigned char *bytes, size_t size,
                        const vq_image *image, const char *alt)
{
    const bool png = magic_of(bytes, size) == MAGIC_PNG;
    fprintf(p->out, "<img width=\"%d\" height=\"%d\" alt=\"", image->width,
            image->height);
    page_text(p->out, alt);
    fprintf(p->out, "\" src=\"data:image/%s;base64,", png ? "png" : "jpeg");
    put_base64(p->out, bytes, size);
    fputs("\"/>\n", p->out);
}

vq_status page_picture(page *p, const char *path, const char *alt, vq_error *err)
{
    vq_image image = {0};
    unsigned char *bytes = NULL;
    size_t size = 0;
    const size_t most = share_of(p);
    vq_status status;
    TRY(regular_check(path, err));
    TRY(vq_image_read(&image, path, err));
    TRY(file_read(path, FILE_MAX, &bytes, &size, err));
    if (size > most)
        TRY(shrink(&image, p->beside, most, &bytes, &size, err));
    put_picture(p, bytes, size, &image, alt);
out:
    p->n_pictures--;
    vq_image_release(&image);
    free(bytes);
    return status;
}
