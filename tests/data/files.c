/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/cifar.h"

const char *files_path(const char *folder, const char *name)
{
    static char path[8][512];
    static int next;
    char *p = path[next++ % 8];
    snprintf(p, sizeof *path, "%s/%s", folder, name);
    return p;
}

unsigned char files_pixel(int image, int i)
{
    return (unsigned char)(image * 37 + i * 11 + i / 256);
}

static FILE *open_or_fail(const char *folder, const char *name, const char *mode)
{
    FILE *f = fopen(files_path(folder, name), mode);
    if (!f)
        fail_msg("cannot open '%s/%s'", folder, name);
    return f;
}

void files_write(const char *folder, const char *name, int labels, int n)
{
    FILE *f = open_or_fail(folder, name, "wb");
    for (int image = 0; image < n; image++) {
        for (int i = 0; i < labels; i++)
            fputc(0, f);
        for (int i = 0; i < CIFAR_PIXELS; i++)
            fputc(files_pixel(image, i), f);
    }
    assert_int_equal(fclose(f), 0);
}

void files_poke(const char *folder, const char *name, long offset, int byte)
{
    FILE *f = open_or_fail(folder, name, "r+b");
    assert_int_equal(fseek(f, offset, SEEK_SET), 0);
    fputc(byte, f);
    assert_int_equal(fclose(f), 0);
}

void files_resize(const char *folder, const char *name, long size)
{
    FILE *f = open_or_fail(folder, name, "ab");
    assert_int_equal(ftruncate(fileno(f), size), 0);
    assert_int_equal(fclose(f), 0);
}

void files_make_folder(const char *folder, const char *name)
{
    assert_int_equal(mkdir(files_path(folder, name), 0777), 0);
}
