/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as the unfinished file of an array that is written in
 * pieces, and any bytes as the rows and checksums of one that is ours. What can be gone
 * on with becomes a .npy of the plan's shape, in which every piece is one that was
 * there with its checksum or one that was put.
 */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/checksum.h"
#include "io/npy_rows.h"

enum { ROWS = 7, COLUMNS = 3, PER_PIECE = 2, PIECES = 4, ROW = 2 * COLUMNS };
enum { PIECE = PER_PIECE * ROW, TABLE = 8 + 8 * PIECES }; /* bytes */

static const npy_rows_plan plan = {.dtype = "<u2",
                                   .rank = 2,
                                   .dims = {ROWS, COLUMNS},
                                   .per_piece = PER_PIECE,
                                   .job = 0x0123456789abcdef};

/* Header, rows from the input, the job, and the checksum of each piece that the first
 * byte says is done; of one of the others a wrong one. Returns the size. */
static size_t make_part(uint8_t *file, const uint8_t *data, size_t size)
{
    char header[NPY_HEADER_MAX];
    const size_t n = npy_header_make(header, plan.dtype, plan.rank, plan.dims);
    uint8_t *rows = file + n, *table = rows + ROWS * ROW;
    memcpy(file, header, n);
    for (size_t i = 0; i < ROWS * ROW; i++)
        rows[i] = data[1 + i % (size - 1)];
    memcpy(table, &plan.job, 8);
    for (int i = 0; i < PIECES; i++) {
        const size_t begin = (size_t)i * PER_PIECE * ROW, left = ROWS * ROW - begin;
        const size_t bytes = left < PIECE ? left : PIECE;
        uint64_t entry = 0;
        if (data[0] >> i & 1)
            entry = ((uint64_t)1 << 32) + checksum_add(0, rows + begin, bytes);
        else if (data[0] >> (4 + i) & 1)
            entry = size * 0x9e3779b97f4a7c15;
        memcpy(table + 8 + 8 * i, &entry, 8);
    }
    return n + ROWS * ROW + TABLE;
}

/* A piece that counts as done has its checksum in its entry; `end` is that of the rows.
 */
static void check_piece(const uint8_t *entry, const uint8_t *end, int i)
{
    const size_t begin = (size_t)i * PER_PIECE * ROW, left = ROWS * ROW - begin;
    const uint64_t sum = checksum_add(0, end - left, left < PIECE ? left : PIECE);
    uint64_t said;
    memcpy(&said, entry, 8);
    require(said == ((uint64_t)1 << 32) + sum);
}

static void try_part(const uint8_t *file, size_t size)
{
    static const uint8_t ones[PIECE] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    npy_rows r;
    vq_error err = {""};
    unsigned char *made;
    bool kept[PIECES];
    size_t n;
    fuzz_file("a.npy.part", file, size);
    const char *path = fuzz_path("a.npy");
    vq_status status = npy_rows_open(&r, path, &plan, true, &err);
    require(status == VQ_OK || (status == VQ_EINPUT && err.message[0]));
    if (status != VQ_OK)
        return;
    for (int i = 0; i < PIECES; i++) {
        kept[i] = r.done[i];
        if (kept[i])
            check_piece(file + size - 8 * (PIECES - i), file + size - TABLE, i);
        else
            require(npy_rows_put(&r, i, ones, &err) == VQ_OK);
    }
    require(npy_rows_check(&r, &err) == VQ_OK);
    require(npy_rows_commit(&r, &err) == VQ_OK);
    require(file_read(path, 1 << 16, &made, &n, &err) == VQ_OK);
    const size_t rows_at = n - ROWS * ROW;
    for (size_t i = 0; i < ROWS * ROW; i++)
        require(made[rows_at + i] == (kept[i / PIECE] ? file[rows_at + i] : 1));
    free(made);
    require(unlink(path) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t file[NPY_HEADER_MAX + ROWS * ROW + TABLE];
    if (size > 1 && data[0] != 0x93) /* as our own begin */
        try_part(file, make_part(file, data, size));
    else
        try_part(data, size);
    return 0;
}
