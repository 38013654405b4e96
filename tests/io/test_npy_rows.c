/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "io/npy_rows.h"

static vq_error err;

/* 10 rows of 2 x 3 in pieces of 4, 4 and 2. */
enum { ROWS = 10, ROW = 6, PIECE = 4, PIECES = 3 };
static const npy_rows_plan plan = {.dtype = "<u2",
                                   .rank = 3,
                                   .dims = {ROWS, 2, 3},
                                   .per_piece = PIECE,
                                   .job = 0x1234567890ABCDEF};

static uint16_t value_at(int64_t i)
{
    return (uint16_t)(i * 1001 + 7);
}

static void put(npy_rows *r, int64_t piece)
{
    uint16_t v[PIECE * ROW];
    int64_t first, n = npy_rows_of(r, piece, &first);
    assert_true(n >= 1 && n <= PIECE);
    for (int64_t i = 0; i < n * ROW; i++)
        v[i] = value_at(first * ROW + i);
    assert_ok(npy_rows_put(r, piece, v, &err), &err);
}

static vq_status open_again(npy_rows *r, bool resume)
{
    return npy_rows_open(r, in_folder("t.npy"), &plan, resume, &err);
}

/* The whole file as NumPy would write it, and nothing beside it. */
static void assert_whole(void)
{
    npy_ints a;
    unsigned char *bytes;
    size_t size;
    assert_ok(npy_read(&a, in_folder("t.npy"), &err), &err);
    assert_int_equal(a.rank, 3);
    assert_int_equal(a.count, ROWS * ROW);
    for (int64_t i = 0; i < a.count; i++)
        assert_int_equal(a.v[i], value_at(i));
    free(a.v);
    assert_ok(file_read(in_folder("t.npy"), 1000, &bytes, &size, &err), &err);
    assert_int_equal(size, 128 + 2 * ROWS * ROW);
    assert_non_null(strstr((char *)bytes + 10, "'descr': '<u2'"));
    free(bytes);
    assert_false(file_exists(in_folder("t.npy.part")));
}

/* Who may read the file that was there may read this. */
static void test_npy_rows__mode(void **state)
{
    (void)state;
    npy_rows r;
    struct stat st;
    assert_ok(file_write(in_folder("t.npy"), "old", 3, &err), &err);
    assert_int_equal(chmod(in_folder("t.npy"), 0604), 0);
    assert_ok(open_again(&r, false), &err);
    assert_int_equal(stat(in_folder("t.npy.part"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    for (int i = 0; i < PIECES; i++)
        put(&r, i);
    assert_ok(npy_rows_commit(&r, &err), &err);
    assert_whole();
}

/* The last piece may be of one row. */
static void test_npy_rows__pieces(void **state)
{
    (void)state;
    static const int rows[] = {1, 4, 5, 8, 9};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        npy_rows_plan few = plan;
        npy_rows r;
        int64_t first;
        few.dims[0] = rows[i];
        assert_ok(npy_rows_open(&r, in_folder("t.npy"), &few, false, &err), &err);
        assert_int_equal(r.pieces, (rows[i] + 3) / 4);
        assert_int_equal(npy_rows_of(&r, r.pieces - 1, &first), rows[i] % 4 ? 1 : 4);
        npy_rows_close(&r);
        assert_int_equal(unlink(in_folder("t.npy.part")), 0);
    }
}

/* In any order, and some of them twice. */
static void test_npy_rows__any_order(void **state)
{
    (void)state;
    static const int orders[][4] = {{0, 1, 2, 2}, {2, 1, 0, 1}, {1, 1, 2, 0}};
    for (int o = 0; o < 3; o++) {
        npy_rows r;
        assert_ok(open_again(&r, false), &err);
        assert_int_equal(r.pieces, PIECES);
        for (int i = 0; i < 4; i++)
            put(&r, orders[o][i]);
        assert_int_equal(r.n_done, ROWS);
        assert_false(file_exists(in_folder("t.npy")));
        assert_ok(npy_rows_commit(&r, &err), &err);
        npy_rows_close(&r);
        assert_whole();
        unlink(in_folder("t.npy"));
    }
}

/* Let go after any piece: what is done is known, and what is left is the rest. */
static void test_npy_rows__resumed(void **state)
{
    (void)state;
    for (int stop = 0; stop <= PIECES; stop++) {
        npy_rows r;
        assert_ok(open_again(&r, true), &err); /* with nothing there, from the start */
        assert_int_equal(r.n_done, 0);
        for (int i = 0; i < stop; i++)
            put(&r, PIECES - 1 - i);
        npy_rows_close(&r);
        assert_fails(open_again(&r, false), VQ_EUSAGE, &err,
                     "t.npy.part' is the beginning of an earlier run: --resume goes on "
                     "with it, or remove it");
        assert_ok(open_again(&r, true), &err);
        for (int i = 0; i < PIECES; i++)
            assert_int_equal(r.done[i], i >= PIECES - stop);
        for (int i = 0; i < PIECES; i++)
            if (!r.done[i])
                put(&r, i);
        assert_ok(npy_rows_commit(&r, &err), &err);
        assert_whole();
        unlink(in_folder("t.npy"));
    }
}

static void poke(const char *path, long at, int change)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int byte = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    fputc(byte ^ change, f);
    assert_int_equal(fclose(f), 0);
}

/* A byte of a row or of the table that did not reach the disk costs its piece; one of
 * the header or of the job, the file. */
static void test_npy_rows__every_byte_damaged(void **state)
{
    (void)state;
    enum { DATA = 128, TABLE = DATA + 2 * ROWS * ROW, END = TABLE + 8 + 8 * PIECES };
    for (int at = 0; at < END; at++) {
        npy_rows r;
        assert_ok(open_again(&r, false), &err);
        for (int i = 0; i < PIECES; i++)
            put(&r, i);
        npy_rows_close(&r);
        poke(in_folder("t.npy.part"), at, 0x10);
        vq_status status = open_again(&r, true);
        if (at < DATA || (at >= TABLE && at < TABLE + 8)) {
            assert_fails(status, VQ_EINPUT, &err,
                         "t.npy.part' was begun with another model, other data or "
                         "other options: remove it to begin anew");
            assert_true(file_exists(in_folder("t.npy.part")));
        } else {
            const int bad =
                at < TABLE ? (at - DATA) / (2 * ROW * PIECE) : (at - TABLE - 8) / 8;
            assert_ok(status, &err);
            for (int i = 0; i < PIECES; i++)
                assert_int_equal(r.done[i], i != bad);
        }
        npy_rows_close(&r);
        unlink(in_folder("t.npy.part"));
    }
}

static void test_npy_rows__other_work(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        npy_rows r;
        npy_rows_plan other = plan;
        assert_ok(open_again(&r, false), &err);
        put(&r, 0);
        npy_rows_close(&r);
        other.job += i == 0;
        other.dims[0] += i == 1;
        other.dims[2] += i == 2;
        other.per_piece += i == 3 ? 6 : 0;
        other.dtype = i == 4 ? "<i4" : other.dtype;
        assert_fails(npy_rows_open(&r, in_folder("t.npy"), &other, true, &err),
                     VQ_EINPUT, &err, "was begun with another model");
        npy_rows_close(&r);
        assert_ok(open_again(&r, true), &err); /* unharmed */
        assert_true(r.done[0]);
        npy_rows_close(&r);
        unlink(in_folder("t.npy.part"));
    }
}

/* Killed after the table was cut off and before the name was given: all anew. */
static void test_npy_rows__killed_on_the_way_to_its_name(void **state)
{
    (void)state;
    npy_rows r;
    assert_ok(open_again(&r, false), &err);
    for (int i = 0; i < PIECES; i++)
        put(&r, i);
    npy_rows_close(&r);
    assert_int_equal(truncate(in_folder("t.npy.part"), 128 + 2 * ROWS * ROW), 0);
    assert_ok(open_again(&r, true), &err);
    assert_int_equal(r.n_done, 0);
    for (int i = 0; i < PIECES; i++)
        put(&r, i);
    assert_ok(npy_rows_commit(&r, &err), &err);
    assert_whole();
}

/* Killed between making the file, its room, its header and the note of whose it is. */
static void test_npy_rows__killed_at_the_beginning(void **state)
{
    (void)state;
    const off_t whole = 128 + 2 * ROWS * ROW + 8 + 8 * PIECES;
    const char *part = in_folder("t.npy.part");
    for (int i = 0; i < 3; i++) {
        npy_rows r;
        assert_ok(file_write(part, "\x93NUMPY", i < 2 ? 0 : 6, &err), &err);
        assert_int_equal(truncate(part, i == 0 ? 0 : whole), 0);
        assert_ok(open_again(&r, true), &err);
        assert_int_equal(r.n_done, 0);
        for (int64_t piece = 0; piece < PIECES; piece++)
            put(&r, piece);
        assert_ok(npy_rows_commit(&r, &err), &err);
        assert_whole();
    }
}

static void test_npy_rows__one_writer(void **state)
{
    (void)state;
    npy_rows r, other;
    assert_ok(open_again(&r, false), &err);
    assert_fails(open_again(&other, true), VQ_EIO, &err,
                 "another process is writing '");
    put(&r, 0);
    npy_rows_close(&r);
    assert_ok(open_again(&other, true), &err);
    assert_int_equal(other.n_done, PIECE);
    npy_rows_close(&other);
}

/* Others put pieces beside the one that opened it; what all have put is looked at. */
static void test_npy_rows__several_writers(void **state)
{
    (void)state;
    npy_rows r, one, two;
    assert_fails(npy_rows_join(&one, in_folder("t.npy"), &plan, &err), VQ_EIO, &err,
                 "cannot open '");
    assert_ok(open_again(&r, false), &err);
    assert_ok(npy_rows_join(&one, in_folder("t.npy"), &plan, &err), &err);
    assert_ok(npy_rows_join(&two, in_folder("t.npy"), &plan, &err), &err);
    put(&one, 2);
    put(&r, 0);
    assert_ok(npy_rows_flush(&one, &err), &err);
    assert_fails(npy_rows_check(&r, &err), VQ_EIO, &err,
                 "only 6 of 10 are as they were written: --resume does the others");
    assert_int_equal(r.done[0] + 2 * r.done[1] + 4 * r.done[2], 1 + 4);
    npy_rows_close(&r); /* the others live yet */
    assert_fails(open_again(&r, true), VQ_EIO, &err, "another process is writing '");
    assert_fails(open_again(&r, false), VQ_EIO, &err, "another process is writing '");
    npy_rows_close(&one);
    put(&two, 1);
    npy_rows_close(&two);
    assert_ok(open_again(&r, true), &err);
    assert_ok(npy_rows_join(&two, in_folder("t.npy"), &plan, &err), &err);
    assert_ok(npy_rows_check(&r, &err), &err);
    assert_ok(npy_rows_commit(&r, &err), &err);
    npy_rows_close(&two);
    assert_whole();
}

/* A link stays one, and what it leads to is replaced. */
static void test_npy_rows__through_a_link(void **state)
{
    (void)state;
    npy_rows r;
    assert_ok(file_write(in_folder("t.npy"), "old", 3, &err), &err);
    assert_int_equal(symlink("t.npy", in_folder("link.npy")), 0);
    assert_ok(npy_rows_open(&r, in_folder("link.npy"), &plan, false, &err), &err);
    for (int i = 0; i < PIECES; i++)
        put(&r, i);
    assert_ok(npy_rows_commit(&r, &err), &err);
    assert_whole();
    assert_int_equal(folder_entries(), 2);
}

static void test_npy_rows__disk_and_memory(void **state)
{
    (void)state;
    npy_rows r;
    assert_fails(npy_rows_open(&r, "/nowhere/t.npy", &plan, false, &err), VQ_EIO, &err,
                 "cannot create '/nowhere/t.npy.part': No such file or directory");
    npy_rows_close(&r);
    disk_fill(100);
    vq_status status = open_again(&r, false);
    disk_empty();
    assert_fails(status, VQ_EIO, &err, "t.npy.part': File too large");
    assert_int_equal(folder_entries(), 0);
    support_alloc_fail_at(1);
    status = open_again(&r, false);
    support_alloc_fail_at(0);
    assert_int_equal(status, VQ_ENOMEM);
    assert_int_equal(folder_entries(), 0);
    assert_ok(open_again(&r, false), &err);
    put(&r, 1);
    npy_rows_close(&r);
    support_alloc_reset();
    assert_ok(open_again(&r, true), &err);
    const long count = support_alloc_count();
    npy_rows_close(&r);
    for (long i = 1; i <= count; i++) {
        support_alloc_fail_at(i);
        status = open_again(&r, true);
        support_alloc_fail_at(0);
        assert_int_equal(status, VQ_ENOMEM);
        npy_rows_close(&r);
    }
    assert_ok(open_again(&r, true), &err);
    assert_int_equal(r.n_done, PIECE);
    close(r.fd); /* a disk that fails */
    r.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    uint16_t v[PIECE * ROW] = {0};
    assert_fails(npy_rows_put(&r, 0, v, &err), VQ_EIO, &err,
                 "t.npy.part': No space left on device");
    assert_false(r.done[0]);
    npy_rows_close(&r);
}

const struct CMUnitTest test_npy_rows_suite[] = {
    folder_test(test_npy_rows__mode),
    folder_test(test_npy_rows__pieces),
    folder_test(test_npy_rows__any_order),
    folder_test(test_npy_rows__resumed),
    folder_test(test_npy_rows__every_byte_damaged),
    folder_test(test_npy_rows__other_work),
    folder_test(test_npy_rows__killed_on_the_way_to_its_name),
    folder_test(test_npy_rows__killed_at_the_beginning),
    folder_test(test_npy_rows__one_writer),
    folder_test(test_npy_rows__several_writers),
    folder_test(test_npy_rows__through_a_link),
    folder_test(test_npy_rows__disk_and_memory),
    {0},
};
