/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include "base/file.h"
#include "io/npy.h"
#include "io/six_codes.h"

static vq_error err;

static void test_tokens_faults__cannot_be_read(void **state)
{
    (void)state;
    vq_codes c;
    assert_fails(vq_codes_read(&c, in_folder("none.npy"), &err), VQ_EIO, &err,
                 "none.npy': No such file or directory");
    assert_null(c.index);
    assert_ok(file_write(in_folder("c"), "VQT1", 4, &err), &err);
    assert_fails(vq_codes_read(&c, in_folder("c"), &err), VQ_EINPUT, &err,
                 "c' is not a whole .vqt file: it ends at byte 4");
    assert_ok(file_write(in_folder("c"), NPY_MAGIC, 6, &err), &err);
    assert_fails(vq_codes_read(&c, in_folder("c"), &err), VQ_EINPUT, &err,
                 "c' is not a .npy file");
    assert_null(c.index);
}

static void test_tokens_faults__not_written(void **state)
{
    (void)state;
    vq_codes c = six_codes;
    int32_t bad[6] = {0};
    const char *path = in_folder("c.txt");
    c.n = 0;
    assert_fails(vq_codes_write(&c, path, VQ_CODES_AUTO, &err), VQ_EINPUT, &err,
                 "c.txt': 0 images of 3 x 2 codes");
    c.n = c.h = c.w = INT32_MAX;
    assert_fails(vq_codes_write(&c, path, VQ_CODES_AUTO, &err), VQ_EINPUT, &err,
                 "2147483647 images of 2147483647 x 2147483647 codes");
    c = six_codes;
    c.k = 4;
    for (int f = VQ_CODES_NPY; f <= VQ_CODES_VQT; f++)
        assert_fails(vq_codes_write(&c, path, (vq_codes_format)f, &err), VQ_EINPUT,
                     &err, "c.txt': code 4 at index 3 is not in 0 to 3");
    c.k = 0;
    c.index = bad;
    bad[3] = -1;
    assert_fails(vq_codes_write(&c, path, VQ_CODES_NPY, &err), VQ_EINPUT, &err,
                 "code -1 at index 3 is not in 0 to 2147483647");
    bad[3] = 0;
    assert_fails(vq_codes_write(&c, path, VQ_CODES_VQT, &err), VQ_EINPUT, &err,
                 "needs the codebook's size");
    assert_false(file_exists(path));
    for (int f = VQ_CODES_NPY; f <= VQ_CODES_VQT; f++) {
        assert_fails(vq_codes_write(&six_codes, "/dev/full", (vq_codes_format)f, &err),
                     VQ_EIO, &err, "cannot write '/dev/full': No space left on device");
        assert_fails(
            vq_codes_write(&six_codes, in_folder("no/c"), (vq_codes_format)f, &err),
            VQ_EIO, &err, "no/c': No such file or directory");
    }
}

/* Fail each allocation of writing and reading every kind in turn. */
static void test_tokens_faults__every_allocation(void **state)
{
    (void)state;
    for (int f = VQ_CODES_NPY; f <= VQ_CODES_VQT; f++) {
        vq_status status = VQ_ENOMEM;
        for (long n = 1; status != VQ_OK; n++) {
            vq_codes c = {0};
            assert_in_range(n, 1, 10);
            support_alloc_fail_at(n);
            status =
                vq_codes_write(&six_codes, in_folder("c"), (vq_codes_format)f, &err);
            if (status == VQ_OK)
                status = vq_codes_read(&c, in_folder("c"), &err);
            support_alloc_fail_at(0);
            if (status != VQ_OK)
                assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            vq_codes_release(&c);
        }
    }
}

#define CASE(name) folder_test(test_tokens_faults__##name)

const struct CMUnitTest test_tokens_faults_suite[] = {
    CASE(cannot_be_read),
    CASE(not_written),
    CASE(every_allocation),
    {0},
};
