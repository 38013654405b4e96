/*
 * SPDX-License-Identifier: MIT
 *
 * libjpeg reports an error by a call that must not return. As with libpng, all state
 * lives in a session and libjpeg is only called from steps that `guarded` runs: an
 * error leaves the step by longjmp, and the session says why.
 */
#include "image/jpeg.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* after what they need to know */
#include <jpeglib.h>

#include <jerror.h>

#include "image/exif.h"

#define BUFFER 16384
#define SCANS_MAX 500 /* of a progressive file: a tiny one can ask for days of work */

static const char exif_mark[6] = "Exif\0";

typedef struct session {
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    FILE *stream;     /* borrowed, as name is */
    const char *name; /* of the file */
    vq_error *err;
    vq_status status;
    uint64_t offset; /* bytes read so far */
    vq_image image;
    int orientation, rows; /* rows: wanted at least */
    unsigned char buffer[BUFFER];
} session;

/* ---- errors -----------------------------------------------------------------------
 */

static session *session_of(j_common_ptr c)
{
    return c->client_data;
}

/* An error, which the session may know more about than libjpeg: leave the step. */
static void on_error(j_common_ptr c)
{
    session *s = session_of(c);
    char reason[JMSG_LENGTH_MAX];
    c->err->format_message(c, reason);
    if (s->status == VQ_OK && c->err->msg_code == JERR_OUT_OF_MEMORY)
        s->status =
            vq_fail(s->err, VQ_ENOMEM, "out of memory: cannot decode '%s'", s->name);
    else if (s->status == VQ_OK)
        s->status = vq_fail(s->err, VQ_EINPUT,
                            "'%s' is not a valid JPEG: %s, near byte %" PRIu64, s->name,
                            reason, s->offset);
    longjmp(s->jump, 1);
}

/*
 * A warning or, of a level from 0 on, a remark. libjpeg fills up what a damaged file
 * lacks and warns: that must not become training data. Other warnings (padding between
 * segments, odd markers) change no pixel.
 */
static void on_message(j_common_ptr c, int level)
{
    static const int damage[] = {JWRN_HIT_MARKER,  JWRN_HUFF_BAD_CODE,
                                 JWRN_MUST_RESYNC, JWRN_ARITH_BAD_CODE,
                                 JWRN_JPEG_EOF,    JWRN_NOT_SEQUENTIAL};
    for (size_t i = 0; level < 0 && i < sizeof damage / sizeof *damage; i++)
        if (c->err->msg_code == damage[i])
            on_error(c);
}

static void on_output(j_common_ptr c)
{
    (void)c; /* messages go nowhere else */
}

static void on_progress(j_common_ptr c)
{
    session *s = session_of(c);
    if (s->c.input_scan_number > SCANS_MAX) {
        s->status = vq_fail(s->err, VQ_EINPUT,
                            "'%s' is not a valid JPEG: it has more than %d scans",
                            s->name, SCANS_MAX);
        on_error(c);
    }
}

/* Run step(s) up to its end or to libjpeg's first error; the status tells which. */
static vq_status guarded(session *s, void (*step)(session *s))
{
    if (setjmp(s->jump) == 0)
        step(s);
    return s->status;
}

/* ---- the stream --------------------------------------------------------------------
 */

static void on_start(j_decompress_ptr c)
{
    (void)c;
}

static boolean on_fill(j_decompress_ptr c)
{
    session *s = c->client_data;
    size_t n = fread(s->buffer, 1, BUFFER, s->stream);
    if (n == 0) {
        if (ferror(s->stream))
            s->status = vq_fail(s->err, VQ_EIO, "cannot read '%s': %s", s->name,
                                strerror(errno));
        else
            s->status = vq_fail(s->err, VQ_EINPUT,
                                "'%s' is not a valid JPEG: it ends at byte %" PRIu64,
                                s->name, s->offset);
        on_error((j_common_ptr)c);
    }
    s->offset += n;
    s->source.next_input_byte = s->buffer;
    s->source.bytes_in_buffer = n;
    return TRUE;
}

static void on_skip(j_decompress_ptr c, long n)
{
    session *s = c->client_data;
    size_t left = n > 0 ? (size_t)n : 0;
    while (left > s->source.bytes_in_buffer) {
        left -= s->source.bytes_in_buffer;
        on_fill(c);
    }
    s->source.next_input_byte += left;
    s->source.bytes_in_buffer -= left;
}

/* ---- steps -------------------------------------------------------------------------
 */

static void start(session *s)
{
    jpeg_create_decompress(&s->c);
    s->source = (struct jpeg_source_mgr){.init_source = on_start,
                                         .fill_input_buffer = on_fill,
                                         .skip_input_data = on_skip,
                                         .resync_to_restart = jpeg_resync_to_restart,
                                         .term_source = on_start};
    s->c.src = &s->source;
    s->progress.progress_monitor = on_progress;
    s->c.progress = &s->progress;
}

static void read_header(session *s)
{
    jpeg_save_markers(&s->c, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&s->c, TRUE);
    s->image.width = (int)s->c.image_width;
    s->image.height = (int)s->c.image_height;
    s->image.gray = s->c.jpeg_color_space == JCS_GRAYSCALE;
    for (jpeg_saved_marker_ptr m = s->c.marker_list; m; m = m->next)
        if (m->data_length > sizeof exif_mark &&
            memcmp(m->data, exif_mark, sizeof exif_mark) == 0) {
            s->orientation = exif_orientation(m->data + sizeof exif_mark,
                                              m->data_length - sizeof exif_mark);
            break;
        }
}

/* A row of CMYK, inverted as Adobe writes it, to RGB. */
static void row_from_cmyk(const unsigned char *cmyk, unsigned char *rgb, int width)
{
    for (int x = 0; x < width; x++, cmyk += 4, rgb += 3)
        for (int c = 0; c < 3; c++)
            rgb[c] = (unsigned char)((cmyk[c] * cmyk[3] + 127) / 255);
}

static void read_pixels(session *s)
{
    const bool cmyk =
        s->c.jpeg_color_space == JCS_CMYK || s->c.jpeg_color_space == JCS_YCCK;
    const size_t stride = (size_t)s->image.width * 3;
    s->c.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&s->c);
    JSAMPARRAY row = s->c.mem->alloc_sarray((j_common_ptr)&s->c, JPOOL_IMAGE,
                                            s->c.image_width * 4, 1);
    /* a turned picture needs all that is stored */
    const bool part = s->orientation == 1 && s->rows < s->image.height;
    for (int y = 0; y < (part ? s->rows : s->image.height); y++) {
        unsigned char *to = s->image.rgb + (size_t)y * stride;
        jpeg_read_scanlines(&s->c, cmyk ? row : &to, 1);
        if (cmyk)
            row_from_cmyk(row[0], to, s->image.width);
    }
    if (!part)
        jpeg_finish_decompress(&s->c);
}

vq_status jpeg_decode(vq_image *image, int rows, const char *name, FILE *stream,
                      vq_error *err)
{
    vq_status status;
    session *s = calloc(1, sizeof *s);
    *image = (vq_image){0};
    if (!s)
        return vq_fail_memory(err, sizeof *s);
    s->stream = stream;
    s->name = name;
    s->err = err;
    s->orientation = 1;
    s->rows = rows;
    s->c.client_data = s;
    s->c.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = on_error;
    s->errors.emit_message = on_message;
    s->errors.output_message = on_output;
    TRY(guarded(s, start));
    TRY(guarded(s, read_header));
    const int64_t area = (int64_t)s->image.width * s->image.height;
    if (area > VQ_MAX_PIXELS) {
        status = vq_fail(err, VQ_EINPUT, "'%s' has %d x %d pixels, more than %" PRId64,
                         name, s->image.width, s->image.height, VQ_MAX_PIXELS);
        goto out;
    }
    if (rows > 0) {
        s->image.rgb = malloc((size_t)area * 3);
        if (!s->image.rgb) {
            status = vq_fail_memory(err, (size_t)area * 3);
            goto out;
        }
        TRY(guarded(s, read_pixels));
        TRY(exif_apply(&s->image, s->orientation, err));
    } else if (exif_turns(s->orientation))
        s->image = (vq_image){.width = s->image.height, .height = s->image.width};
    *image = s->image;
    s->image = (vq_image){0};
out:
    jpeg_destroy_decompress(&s->c);
    vq_image_release(&s->image);
    free(s);
    return status;
}
