/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/regular.h"

/* Were the pipe opened, the test would not end. */
static void test_regular__read(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    vq_error err;
    assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
    assert_fails(regular_read(in_folder("pipe"), 9, &data, &size, &err), VQ_EINPUT,
                 &err, "pipe' is not a regular file");
    assert_null(data);
    assert_fails(regular_read("/dev/zero", 9, &data, &size, &err), VQ_EINPUT, &err,
                 "'/dev/zero' is not a regular file");
    assert_fails(regular_read(in_folder("none"), 9, &data, &size, &err), VQ_EIO, &err,
                 "none': No such file or directory");
    assert_fails(regular_read(folder_path(), 9, &data, &size, &err), VQ_EIO, &err,
                 "': Is a directory");
    assert_ok(file_write(in_folder("file"), "abc", 3, &err), &err);
    assert_ok(regular_read(in_folder("file"), 9, &data, &size, &err), &err);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
}

const struct CMUnitTest test_regular_suite[] = {
    folder_test(test_regular__read),
    {0},
};
