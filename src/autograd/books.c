/* SPDX-License-Identifier: MIT */
#include "autograd/books.h"

#include <string.h>

#include "base/arena.h"
#include "tensor/nearest.h"

void books_row(const books *b, const float *codes, const int32_t *code, float *row)
{
    size_t d = (size_t)b->d;
    for (int book = 0; book < books_depth(b); book++) {
        const float *e = books_code(b, codes, book, code[book]);
        float *part = row + books_part(b, book);
        if (book < b->heads)
            memcpy(part, e, d * sizeof *part);
        else
            for (size_t j = 0; j < d; j++)
                part[j] += e[j];
    }
}

static size_t round_floats(size_t n)
{
    return arena_round(n * sizeof(float)) / sizeof(float);
}

/* The kernel's own, then one book's parts of the rows, then its codes. */
size_t books_scratch(const books *b, size_t rows)
{
    size_t size = round_floats(nearest_scratch(b->k, b->d));
    if (b->heads > 1)
        size += round_floats(rows * (size_t)b->d);
    return size + (books_depth(b) > 1 ? rows : 0);
}

void books_nearest(const books *b, int book, const float *codes, const float *left,
                   size_t rows, int32_t *code, float *scratch)
{
    size_t d = (size_t)b->d, width = books_width(b), depth = (size_t)books_depth(b);
    float *parts = scratch + round_floats(nearest_scratch(b->k, b->d));
    int32_t *found = code;
    if (b->heads > 1) {
        const float *from = left + books_part(b, book);
        for (size_t i = 0; i < rows; i++)
            memcpy(parts + i * d, from + i * width, d * sizeof *parts);
        left = parts;
    }
    if (depth > 1)
        found = (int32_t *)(parts + (b->heads > 1 ? round_floats(rows * d) : 0));
    nearest_code(left, (int)rows, books_code(b, codes, book, 0), b->k, b->d, found,
                 scratch);
    for (size_t i = 0; depth > 1 && i < rows; i++)
        code[i * depth + (size_t)book] = found[i];
}

void books_subtract(const books *b, int book, const float *codes, const int32_t *code,
                    float *left, size_t rows)
{
    size_t d = (size_t)b->d, depth = (size_t)books_depth(b);
    for (size_t i = 0; i < rows; i++) {
        const float *e = books_code(b, codes, book, code[i * depth + (size_t)book]);
        float *part = left + i * books_width(b) + books_part(b, book);
        for (size_t j = 0; j < d; j++)
            part[j] -= e[j];
    }
}

void books_quantize(const books *b, const float *codes, float *left, size_t rows,
                    int32_t *code, float *scratch)
{
    for (int book = 0; book < books_depth(b); book++) {
        books_nearest(b, book, codes, left, rows, code, scratch);
        if (b->levels > 1)
            books_subtract(b, book, codes, code, left, rows);
    }
}
