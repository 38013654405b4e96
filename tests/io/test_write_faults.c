/*
 * SPDX-License-Identifier: MIT
 *
 * Files of codes and tensors while calls of the system fail, one at a time: what is
 * written in one go, and rows that are written in pieces.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "io/model_file.h"
#include "io/npy_rows.h"
#include "io/safetensors.h"
#include "io/tokens.h"
#include "io/vqt.h"

static int32_t index_of_four[4] = {3, 0, 2, 1};
static const vq_codes four = {
    .n = 1, .h = 2, .w = 2, .depth = 1, .k = 4, .rank = 3, .index = index_of_four};

static vq_status write_npy(vq_error *err)
{
    const int64_t dims[] = {4};
    return npy_write(in_folder("f"), 1, dims, index_of_four, err);
}

static vq_status write_vqt(vq_error *err)
{
    return vqt_write(&four, in_folder("f"), err);
}

static vq_status write_coded(vq_error *err)
{
    const vqt_coded coded = {.prior = 1, .bytes = (const unsigned char *)"", .size = 1};
    return vqt_write_coded(&four, &coded, in_folder("f"), err);
}

static vq_status write_tensors(vq_error *err)
{
    static const float v[3] = {1, 2, 3};
    static const char *const key[] = {"some", "other"}, *const value[] = {"a", "b"};
    st_tensor t[2] = {{.dtype = ST_F32, .rank = 1, .dims = {3}}, {.dtype = ST_U8}};
    t[0].name = (char *)(uintptr_t) "w";
    t[1].name = (char *)(uintptr_t) "x";
    t[0].data = t[1].data = (const unsigned char *)v;
    return st_write(in_folder("f"), t, 2, key, value, 2, err);
}

static void remove_it(void)
{
    unlink(in_folder("f"));
}

/* A whole file or none, and nothing beside it. */
static void assert_all_or_nothing(vq_status status)
{
    const bool there = file_exists(in_folder("f"));
    assert_true(there || status != VQ_OK);
    assert_int_equal(folder_entries(), there);
}

static void test_write_faults__in_one_go(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"open", EACCES, 1, "cannot create"},
                                        {"write", ENOSPC, 1, "No space"},
                                        {"write", EINTR, 0, ""},
                                        {"fsync", EIO, 2, "Input/output"},
                                        {"rename", EPERM, 1, "cannot replace"},
                                        {0}},
                            memory[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                        {0}};
    vq_status (*const writers[])(vq_error *) = {write_npy, write_vqt, write_coded,
                                                write_tensors};
    for (int i = 0; i < 4; i++) {
        assert_call_faults(faults, remove_it, writers[i], assert_all_or_nothing);
        if (i > 0) /* npy_write allocates nothing */
            assert_call_faults(memory, remove_it, writers[i], assert_all_or_nothing);
    }
}

/* More than a stream holds is written before the end: no byte of it is lost unseen. */
static vq_status write_large(vq_error *err)
{
    static int32_t many[50000];
    const int64_t dims[] = {50000};
    return npy_write(in_folder("f"), 1, dims, many, err);
}

static vq_status write_large_tensors(vq_error *err)
{
    static const float v[50000];
    st_tensor t[2] = {{.dtype = ST_F32, .rank = 1, .dims = {50000}},
                      {.dtype = ST_F32, .rank = 1, .dims = {50000}}};
    t[0].name = (char *)(uintptr_t) "a";
    t[1].name = (char *)(uintptr_t) "b";
    t[0].data = t[1].data = (const unsigned char *)v;
    return st_write(in_folder("f"), t, 2, NULL, NULL, 0, err);
}

static void test_write_faults__large(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"write", ENOSPC, SOME, "No space"}, {0}};
    assert_call_faults(faults, remove_it, write_large, assert_all_or_nothing);
    assert_call_faults(faults, remove_it, write_large_tensors, assert_all_or_nothing);
}

/* ---- rows ------------------------------------------------------------------------ */

/* 10 rows of 2 in pieces of 4, 4 and 2. */
static const npy_rows_plan plan = {
    .dtype = "<u2", .rank = 2, .dims = {10, 2}, .per_piece = 4, .job = 77};

static vq_status put_rows(npy_rows *r, int from, int to, vq_error *err)
{
    static const uint16_t v[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    vq_status status = VQ_OK;
    for (int i = from; i < to && status == VQ_OK; i++)
        status = npy_rows_put(r, i, v, err);
    return status;
}

static vq_status write_rows(bool resume, vq_error *err)
{
    npy_rows r;
    vq_status status = npy_rows_open(&r, in_folder("f"), &plan, resume, err);
    if (status == VQ_OK)
        status = put_rows(&r, 0, 3, err);
    if (status == VQ_OK)
        status = npy_rows_flush(&r, err);
    if (status == VQ_OK)
        status = npy_rows_check(&r, err);
    if (status == VQ_OK)
        status = npy_rows_commit(&r, err);
    npy_rows_close(&r);
    return status;
}

static vq_status write_rows_anew(vq_error *err)
{
    return write_rows(false, err);
}

static vq_status go_on_with_rows(vq_error *err)
{
    return write_rows(true, err);
}

static vq_status join_rows(vq_error *err)
{
    npy_rows r;
    vq_status status = npy_rows_join(&r, in_folder("f"), &plan, err);
    if (status == VQ_OK)
        status = put_rows(&r, 1, 2, err);
    npy_rows_close(&r);
    return status;
}

static void remove_rows(void)
{
    unlink(in_folder("f"));
    unlink(in_folder("f.part"));
}

static void begin_rows(void)
{
    npy_rows r;
    vq_error err;
    remove_rows();
    assert_ok(npy_rows_open(&r, in_folder("f"), &plan, false, &err), &err);
    assert_ok(put_rows(&r, 0, 1, &err), &err);
    npy_rows_close(&r);
}

/* Whatever failed, going on with what there is gives the whole. */
static void assert_can_go_on(vq_status status)
{
    vq_error err;
    npy_ints a;
    if (status != VQ_OK && !file_exists(in_folder("f")))
        assert_ok(write_rows(true, &err), &err);
    assert_ok(npy_read(&a, in_folder("f"), &err), &err);
    assert_int_equal(a.count, 20);
    assert_int_equal(a.v[0], 1);
    assert_int_equal(a.v[19], 4);
    free(a.v);
}

static void test_write_faults__rows(void **state)
{
    (void)state;
    static const call_fault faults[] = {
        {"realpath", EIO, 1, "cannot write"},
        {"realpath", ENOMEM, 1, "cannot write"},
        {"open", EACCES, 1, "cannot create"}, /* and a folder without reading */
        {"open", EINTR, 0, ""},
        {"flock", ENOLCK, 0, ""},
        {"flock", EWOULDBLOCK, 2, "another process is writing"},
        {"fallocate", ENOSPC, 1, "cannot write"},
        {"fallocate", EINTR, 0, ""},
        {"fallocate", EOPNOTSUPP, 0, ""},
        {"fallocate", ENOSYS, 0, ""},
        {"fallocate", EINVAL, 0, ""},
        {"pwrite", EIO, 8, "cannot write"}, /* header, job, and for each piece two */
        {"pwrite", EINTR, 0, ""},
        {"pread", EIO, 6, "cannot read"},
        {"fsync", EIO, 3, "Input/output"},
        {"ftruncate", EIO, 1, "cannot write"},
        {"rename", EIO, 1, "cannot replace"},
        {ALLOCATION, ENOMEM, SOME, "out of memory"},
        {0}};
    assert_call_faults(faults, remove_rows, write_rows_anew, assert_can_go_on);
    static const call_fault going_on[] = {{"open", EIO, 3, "Input/output"},
                                          {"fstat", EIO, 1, "cannot read"},
                                          {"pread", EIO, SOME, "cannot read"},
                                          {"pwrite", ENOSPC, 6, "cannot write"},
                                          {ALLOCATION, ENOMEM, SOME, "out of memory"},
                                          {0}};
    assert_call_faults(going_on, begin_rows, go_on_with_rows, assert_can_go_on);
    static const call_fault joining[] = {
        {"open", EACCES, 1, "cannot open"},
        {"flock", EWOULDBLOCK, 1, "another process is writing"},
        {"pwrite", EIO, 2, "cannot write"},
        {ALLOCATION, ENOMEM, 1, "out of memory"},
        {0}};
    assert_call_faults(joining, begin_rows, join_rows, NULL);
}

/* A file system that can neither promise room nor make any. */
static void test_write_faults__no_room_at_all(void **state)
{
    (void)state;
    vq_error err;
    npy_rows r;
    disk_fill(64);
    call_fail_at("fallocate", 1, EOPNOTSUPP);
    vq_status status = npy_rows_open(&r, in_folder("f"), &plan, false, &err);
    assert_true(call_failed());
    disk_empty();
    assert_fails(status, VQ_EIO, &err, "cannot write");
    assert_int_equal(folder_entries(), 0);
}

/* Readable by whomever the umask lets. */
static void test_write_faults__mode(void **state)
{
    (void)state;
    vq_error err;
    struct stat info;
    const mode_t saved = umask(027);
    vq_status status = write_rows(false, &err);
    umask(saved);
    assert_ok(status, &err);
    assert_int_equal(stat(in_folder("f"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
}

static void test_write_faults__long_names(void **state)
{
    (void)state;
    vq_error err;
    npy_rows r;
    char deep[VQ_PATH_MAX + 1];
    memset(deep, 'a', VQ_PATH_MAX);
    for (int short_by = 0; short_by < 5; short_by += 4) { /* no room for ".part" */
        deep[VQ_PATH_MAX - short_by] = '\0';
        assert_fails(npy_rows_open(&r, deep, &plan, false, &err), VQ_EUSAGE, &err,
                     "path is longer than");
        assert_fails(npy_rows_join(&r, deep, &plan, &err), VQ_EUSAGE, &err,
                     "path is longer than");
    }
}

/* ---- reading --------------------------------------------------------------------- */

static vq_status read_model(vq_error *err)
{
    st_file f;
    vq_status status = model_file_read(&f, in_folder("f"), err);
    st_release(&f);
    return status;
}

static void test_write_faults__read(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"open", EACCES, 1, "cannot open"},
                                        {"read", EIO, 2, "cannot read"},
                                        {ALLOCATION, ENOMEM, SOME, "out of memory"},
                                        {0}};
    vq_error err;
    assert_ok(write_tensors(&err), &err);
    assert_call_faults(faults, NULL, read_model, NULL);
}

const struct CMUnitTest test_write_faults_suite[] = {
    folder_test(test_write_faults__in_one_go),
    folder_test(test_write_faults__large),
    folder_test(test_write_faults__rows),
    folder_test(test_write_faults__no_room_at_all),
    folder_test(test_write_faults__mode),
    folder_test(test_write_faults__long_names),
    folder_test(test_write_faults__read),
    {0},
};
