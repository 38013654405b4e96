/* SPDX-License-Identifier: MIT */
#include "tiny.h"

#include <stdio.h>
#include <stdlib.h>

vq_config tiny_config(const char *preset)
{
    static const char *const settings[][2] = {
        {"hidden", "8"},    {"res-hidden", "4"},  {"codes", "16"},
        {"code-dim", "8"},  {"batch-size", "12"}, {"threads", "2"},
        {"log-every", "2"}, {"save-every", "0"},  {"sample-every", "0"},
    };
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, preset, &err), &err);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_ok(vq_config_set(&c, settings[i][0], settings[i][1], &err), &err);
    return c;
}

unsigned char *tiny_picture(int width, int height, int salt)
{
    unsigned char *rgb = malloc((size_t)width * height * 3), *p = rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                *p++ = (unsigned char)((x * (3 + c) + y * (5 - c) + salt * 37 +
                                        (x / 5 * (y / 7 + salt)) % 90) %
                                       256);
    return rgb;
}

void tiny_data(const char *folder, int n, char path[300])
{
    snprintf(path, 300, "%s/train.bin", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < n; i++) {
        unsigned char *rgb = tiny_picture(32, 32, i);
        fputc(i % 10, f);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < 32 * 32; p++)
                fputc(rgb[3 * p + c], f);
        free(rgb);
    }
    assert_int_equal(fclose(f), 0);
}
