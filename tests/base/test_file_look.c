/*
 * SPDX-License-Identifier: MIT
 *
 * Large files are looked at before they are read to their ends.
 */
#include "faults.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

static vq_error err;

/* What `look` was shown. */
static size_t shown;
static int64_t shown_size;

static vq_status look(const char *name, const unsigned char *bytes, size_t n,
                      int64_t size, vq_error *e)
{
    shown = n;
    shown_size = size;
    return bytes[0] == 'g' ? VQ_OK : vq_fail(e, VQ_EINPUT, "'%s' is not good", name);
}

/* A small file is read; of a large one the beginning is looked at, and then the rest.
 */
static void test_file_look__beginning(void **state)
{
    (void)state;
    static const char first[] = {'b', 'g'};
    unsigned char *data;
    size_t size;
    const char *path = in_folder("large");
    assert_ok(file_write(path, "bad", 3, &err), &err);
    assert_ok(file_read_looking(path, 9, look, &data, &size, &err), &err);
    assert_int_equal(shown, 0);
    free(data);
    for (int good = 0; good < 2; good++) {
        assert_ok(file_write(path, first + good, 1, &err), &err);
        assert_int_equal(truncate(path, FILE_LOOK_BYTES + 5), 0);
        vq_status status = file_read_looking(path, 1u << 30, look, &data, &size, &err);
        assert_int_equal(shown, FILE_LOOK_BYTES);
        assert_int_equal(shown_size, FILE_LOOK_BYTES + 5);
        if (good)
            assert_int_equal(size, FILE_LOOK_BYTES + 5);
        else
            assert_fails(status, VQ_EINPUT, &err, "large' is not good");
        free(data);
    }
    /* of just that much the end is not seen yet */
    assert_int_equal(truncate(path, FILE_LOOK_BYTES), 0);
    assert_ok(file_read_looking(path, 1u << 30, look, &data, &size, &err), &err);
    assert_int_equal(size, FILE_LOOK_BYTES);
    assert_int_equal(shown_size, FILE_LOOK_BYTES);
    free(data);
    /* of a pipe, or what is like one, the size is not known */
    assert_fails(file_read_looking("/dev/zero", 1u << 30, look, &data, &size, &err),
                 VQ_EINPUT, &err, "'/dev/zero' is not good");
    assert_int_equal(shown, FILE_LOOK_BYTES);
    assert_int_equal(shown_size, -1);
}

const struct CMUnitTest test_file_look_suite[] = {
    folder_test(test_file_look__beginning),
    {0},
};
