/* SPDX-License-Identifier: MIT */
#include "io/zip_build.h"

#include <assert.h>
#include <string.h>

static void put(zip_file *z, size_t value, int width)
{
    assert(z->size + 8 < sizeof z->bytes);
    for (int i = 0; i < width; i++)
        z->bytes[z->size++] = (unsigned char)(value >> 8 * i);
}

static void put_bytes(zip_file *z, const void *data, size_t size)
{
    assert(z->size + size + 8 < sizeof z->bytes);
    memcpy(z->bytes + z->size, data, size);
    z->size += size;
}

/* What a local header and a directory entry have alike. */
static void put_facts(zip_file *z, size_t size, size_t name_size)
{
    put(z, 10, 2); /* version, flags, stored, time and date, CRC */
    put(z, 0, 8);
    put(z, 0, 6 - 2);
    put(z, size, 4);
    put(z, size, 4);
    put(z, name_size, 2);
    put(z, 0, 2);
}

void zip_build_add(zip_file *z, const char *name, const void *data, size_t size)
{
    z->entry[z->n].at = z->size;
    z->entry[z->n].name = name;
    z->entry[z->n++].size = size;
    put_bytes(z, "PK\3\4", 4);
    put_facts(z, size, strlen(name));
    put_bytes(z, name, strlen(name));
    put_bytes(z, data, size);
}

void zip_build_end(zip_file *z)
{
    z->directory = z->size;
    for (int i = 0; i < z->n; i++) {
        size_t name_size = strlen(z->entry[i].name);
        put_bytes(z, "PK\1\2", 4);
        put(z, 10, 2);
        put_facts(z, z->entry[i].size, name_size);
        put(z, 0, 2); /* comment, disk, attributes */
        put(z, 0, 8);
        put(z, z->entry[i].at, 4);
        put_bytes(z, z->entry[i].name, name_size);
    }
    size_t length = z->size - z->directory;
    put_bytes(z, "PK\5\6", 4);
    put(z, 0, 4);
    put(z, (size_t)z->n, 2);
    put(z, (size_t)z->n, 2);
    put(z, length, 4);
    put(z, z->directory, 4);
    put(z, 0, 2);
}

void zip_build_torch(zip_file *z, const char *pickle, size_t pickle_size,
                     const void *data, size_t size)
{
    *z = (zip_file){0};
    zip_build_add(z, "archive/data.pkl", pickle, pickle_size);
    if (data)
        zip_build_add(z, "archive/data/0", data, size);
    zip_build_end(z);
}
