/*
 * SPDX-License-Identifier: MIT
 *
 * As in jpeg.c, libjpeg is only called from steps that `guarded` runs: an error leaves
 * the step by longjmp, and the writer says why.
 */
#include "image/jpeg_write.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

/* after what it needs to know */
#include <jpeglib.h>

#include <jerror.h>

#include "base/file.h"

#define BUFFER 16384
#define QUALITY 95

struct jpeg_writer {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr target;
    jmp_buf jump;
    file_writer file;
    vq_error *err;
    vq_status status;
    int width, height, y; /* y: rows written */
    bool gray;
    const unsigned char *rgb;
    int n_rows; /* to write from rgb */
    unsigned char buffer[BUFFER];
};

/* ---- errors -----------------------------------------------------------------------
 */

/* An error, which the writer may know more about than libjpeg: leave the step. */
static void on_error(j_common_ptr c)
{
    jpeg_writer *w = c->client_data;
    char reason[JMSG_LENGTH_MAX];
    c->err->format_message(c, reason);
    if (w->status == VQ_OK)
        w->status = vq_fail(
            w->err, c->err->msg_code == JERR_OUT_OF_MEMORY ? VQ_ENOMEM : VQ_EINTERNAL,
            "cannot encode '%s': %s", w->file.path, reason);
    longjmp(w->jump, 1);
}

static void on_message(j_common_ptr c, int level)
{
    (void)c, (void)level; /* what is encoded is sound */
}

static void on_output(j_common_ptr c)
{
    (void)c;
}

static vq_status guarded(jpeg_writer *w, vq_error *err, void (*step)(jpeg_writer *w))
{
    w->err = err;
    if (setjmp(w->jump) == 0)
        step(w);
    return w->status;
}

/* ---- the file ---------------------------------------------------------------------
 */

static void put(jpeg_writer *w, size_t size)
{
    w->status = file_writer_put(&w->file, w->buffer, size, w->err);
    if (w->status != VQ_OK)
        on_error((j_common_ptr)&w->c);
    w->target.next_output_byte = w->buffer;
    w->target.free_in_buffer = BUFFER;
}

static void on_start(j_compress_ptr c)
{
    put(c->client_data, 0);
}

static boolean on_full(j_compress_ptr c)
{
    put(c->client_data, BUFFER);
    return TRUE;
}

static void on_end(j_compress_ptr c)
{
    jpeg_writer *w = c->client_data;
    put(w, BUFFER - w->target.free_in_buffer);
}

/* ---- steps ------------------------------------------------------------------------
 */

static void start(jpeg_writer *w)
{
    w->c.err = jpeg_std_error(&w->errors);
    w->errors.error_exit = on_error;
    w->errors.emit_message = on_message;
    w->errors.output_message = on_output;
    w->c.client_data = w;
    jpeg_create_compress(&w->c);
    w->target.init_destination = on_start;
    w->target.empty_output_buffer = on_full;
    w->target.term_destination = on_end;
    w->c.dest = &w->target;
    w->c.image_width = (JDIMENSION)w->width;
    w->c.image_height = (JDIMENSION)w->height;
    w->c.input_components = 3;
    w->c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&w->c);
    if (w->gray) /* libjpeg weighs three equal bytes, which leaves them as they are */
        jpeg_set_colorspace(&w->c, JCS_GRAYSCALE);
    jpeg_set_quality(&w->c, QUALITY, TRUE);
    w->c.dct_method = JDCT_ISLOW;
    for (int i = 0; i < w->c.num_components; i++)
        w->c.comp_info[i].h_samp_factor = w->c.comp_info[i].v_samp_factor = 1;
    jpeg_start_compress(&w->c, TRUE);
}

static void write_rows(jpeg_writer *w)
{
    for (int i = 0; i < w->n_rows; i++) {
        JSAMPROW row = (JSAMPROW)w->rgb + (size_t)i * (size_t)w->width * 3;
        jpeg_write_scanlines(&w->c, &row, 1);
    }
}

static void finish(jpeg_writer *w)
{
    jpeg_finish_compress(&w->c);
}

/* ---- the calls --------------------------------------------------------------------
 */

vq_status jpeg_writer_open(jpeg_writer **writer, const char *path, int width,
                           int height, bool gray, vq_error *err)
{
    vq_status status;
    *writer = NULL;
    if (width < 1 || height < 1 || width > JPEG_MAX_SIDE || height > JPEG_MAX_SIDE)
        return vq_fail(err, VQ_EINPUT,
                       "cannot write '%s': %d x %d pixels, where a side of a JPEG is 1 "
                       "to %d",
                       path, width, height, JPEG_MAX_SIDE);
    jpeg_writer *w = calloc(1, sizeof *w);
    if (!w)
        return vq_fail_memory(err, sizeof *w);
    w->width = width;
    w->height = height;
    w->gray = gray;
    TRY(file_writer_open(&w->file, path, err));
    TRY(guarded(w, err, start));
    *writer = w;
    w = NULL;
out:
    jpeg_writer_abort(w);
    return status;
}

vq_status jpeg_writer_rows(jpeg_writer *w, const unsigned char *rgb, int n,
                           vq_error *err)
{
    assert(n >= 0 && n <= w->height - w->y);
    w->rgb = rgb;
    w->n_rows = n;
    w->y += n;
    return guarded(w, err, write_rows);
}

vq_status jpeg_writer_commit(jpeg_writer *w, vq_error *err)
{
    vq_status status;
    assert(w->y == w->height);
    TRY(guarded(w, err, finish));
    TRY(file_writer_commit(&w->file, err));
out:
    jpeg_writer_abort(w);
    return status;
}

void jpeg_writer_abort(jpeg_writer *w)
{
    if (!w)
        return;
    if (w->c.client_data) /* it was begun */
        jpeg_destroy_compress(&w->c);
    file_writer_abort(&w->file);
    free(w);
}
