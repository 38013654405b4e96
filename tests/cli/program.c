/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const ran *program_run(const char *format, ...)
{
    static ran r;
    char program[PATH_MAX], command[6000], full[7500];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    if (!realpath(VQVAE_BIN, program))
        fail_msg("'%s' is not built", VQVAE_BIN);
    snprintf(full, sizeof full,
             "program='%.1000s'; vqvae() { \"$program\" \"$@\"; }\n%s", program,
             command);
    r.code = support_run(full, r.out, sizeof r.out, r.err, sizeof r.err);
    return &r;
}

void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

void assert_ran(const ran *r, int code, const char *out, const char *err)
{
    if (r->code != code || !strstr(r->out, out) || !strstr(r->err, err))
        fail_msg("exit code %d, want %d; want '%s' in:\n%s\nand '%s' in:\n%s", r->code,
                 code, out, r->out, err, r->err);
}

void program_picture(const char *path, int width, int height)
{
    vq_error err;
    vq_image image = {.width = width,
                      .height = height,
                      .rgb = malloc((size_t)width * (size_t)height * 3)};
    assert_non_null(image.rgb);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned char *p = image.rgb + 3 * ((size_t)y * (size_t)width + (size_t)x);
            p[0] = (unsigned char)(x * 255 / width);
            p[1] = (unsigned char)(y * 255 / height);
            p[2] = (unsigned char)(255 - p[0] / 2 - p[1] / 2);
        }
    assert_ok(vq_image_write(&image, path, &err), &err);
    vq_image_release(&image);
}

void program_data(const char *path, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < bytes; i++) {
        size_t record = i / CIFAR_RECORD, at = i % CIFAR_RECORD;
        size_t x = (at - 1) % 32, y = (at - 1) / 32 % 32;
        fputc(at == 0 ? (int)(record % 10) : (int)((x * 5 + y * 3 + record * 40) % 256),
              f);
    }
    assert_int_equal(fclose(f), 0);
}

void program_model(const char *folder)
{
    char data[300];
    snprintf(data, sizeof data, "%s/data.bin", folder);
    program_data(data, (size_t)16 * CIFAR_RECORD);
    assert_ran(program_run(
                   "cd '%s'; vqvae train --preset sonnet --data data.bin --out run" TINY
                   "--steps 2 --log-every 1",
                   folder),
               0, "run/model.safetensors: 2 steps, nmse ", "step 2/2");
}

void program_expect(const program_fault *faults, size_t n)
{
    char folder[256], path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 128, 128);
    for (size_t i = 0; i < n; i++) {
        const ran *r =
            program_run("cd '%s'; export VQVAE_MODEL=run/model.safetensors\n"
                        "train() { vqvae train" TINY "--steps 1 \"$@\"; }\n%s",
                        folder, faults[i].command);
        if (r->code != faults[i].code || !strstr(r->err, faults[i].message))
            fail_msg("%s\nexit code %d, want %d; want '%s' in:\n%s", faults[i].command,
                     r->code, faults[i].code, faults[i].message, r->err);
    }
    support_folder_remove(folder);
}
