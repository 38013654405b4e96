/*
 * SPDX-License-Identifier: MIT
 *
 * Codebooks side by side and one after another. The values of a position, its row, are
 * cut into `heads` parts of d values, each with its own book; and what a level leaves
 * over is quantised again by the books of the next one (residual quantization):
 *
 *   left_0 = row      e_l = the codes nearest to left_l      left_{l+1} = left_l - e_l
 *
 * Books lie in memory as [levels, heads, k, d], codes of a position as [levels, heads].
 * One level of one head is the plain codebook. Tested in tests/autograd/test_books.c.
 */
#ifndef VQ_AUTOGRAD_BOOKS_H
#define VQ_AUTOGRAD_BOOKS_H

#include <stddef.h>
#include <stdint.h>

typedef struct books {
    int levels, heads; /* at least 1 each */
    int k, d;          /* codes in a book, values in a code */
} books;

/* Codes of one position, and as many books. */
static inline int books_depth(const books *b)
{
    return b->levels * b->heads;
}

/* Values of one position. */
static inline size_t books_width(const books *b)
{
    return (size_t)b->heads * (size_t)b->d;
}

/* The code of book number `book` of one position, among all books' values. */
static inline const float *books_code(const books *b, const float *codes, int book,
                                      int32_t code)
{
    return codes + ((size_t)book * (size_t)b->k + (size_t)code) * (size_t)b->d;
}

/* Where the part of a row that this book quantises begins. */
static inline size_t books_part(const books *b, int book)
{
    return (size_t)(book % b->heads) * (size_t)b->d;
}

/* The codes of one position, code [depth], added up: row [width]. */
void books_row(const books *b, const float *codes, const int32_t *code, float *row);

/* Floats of scratch that books_nearest needs. */
size_t books_scratch(const books *b, size_t rows);

/*
 * Set code [rows, depth] of one book: the code nearest to that book's part of each row
 * of left [rows, width].
 */
void books_nearest(const books *b, int book, const float *codes, const float *left,
                   size_t rows, int32_t *code, float *scratch);

/*
 * All codes [rows, depth] of rows of values, level after level; with more than one
 * level left [rows, width] ends as what is left over.
 */
void books_quantize(const books *b, const float *codes, float *left, size_t rows,
                    int32_t *code, float *scratch);

/* left -= the codes of that book. */
void books_subtract(const books *b, int book, const float *codes, const int32_t *code,
                    float *left, size_t rows);

#endif
