/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/codes.h"
#include "io/six_codes.h"
#include "io/vqt.h"

static vq_error err;

/* six_codes, worked out by hand. */
static const unsigned char golden_bytes[] = {
    'V',  'Q',  'T',  '1',  1,    0,    3,    0,                /* version, bits */
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,             /* fingerprint */
    1,    0,    0,    0,    2,    0,    0,    0,    3, 0, 0, 0, /* n, h, w */
    10,   0,    0,    0,    7,    0,    0,    0,    5, 0, 0, 0, /* width, height, K */
    0xd1, 0x08, 0x02,       /* 001 010 11|0 100 000 1|00, from the low bit */
    0x4e, 0xe8, 0x4a, 0xfc, /* CRC, as Python's zlib.crc32 gives it */
};
#define GOLDEN_SIZE (sizeof golden_bytes)

static vq_status parse(vq_codes *codes, const unsigned char *bytes, size_t size)
{
    unsigned char *copy = exact_copy(bytes, size);
    vq_status status = vqt_parse(codes, "c.vqt", copy, size, &err);
    if (status != VQ_OK)
        assert_true(!codes->index && codes->n == 0);
    free(copy);
    return status;
}

static void assert_same(const vq_codes *a, const vq_codes *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->h, b->h);
    assert_int_equal(a->w, b->w);
    assert_int_equal(a->k, b->k);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_true(a->fingerprint == b->fingerprint);
    assert_int_equal(codes_depth(a), codes_depth(b));
    assert_memory_equal(a->index, b->index, codes_count(a) * 4);
}

static void test_vqt__golden(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    vq_codes codes;
    assert_ok(vqt_write(&six_codes, in_folder("c.vqt"), &err), &err);
    assert_ok(file_read(in_folder("c.vqt"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, GOLDEN_SIZE);
    assert_memory_equal(data, golden_bytes, size);
    assert_ok(parse(&codes, data, size), &err);
    assert_same(&codes, &six_codes);
    vq_codes_release(&codes);
    free(data);
}

/* The same codes as one row of 3 positions of 2 codes: version 2. */
static void test_vqt__golden_of_depth(void **state)
{
    (void)state;
    unsigned char want[GOLDEN_SIZE + 4], bytes[sizeof want], *data;
    vq_codes deep = six_codes, back;
    size_t size;
    deep.h = 1;
    deep.height = 4;
    deep.depth = 2;
    memcpy(want, golden_bytes, 40);
    want[4] = 2;
    want[20] = 1;
    want[32] = 4;
    memcpy(want + 40, (unsigned char[]){2, 0, 0, 0}, 4);
    memcpy(want + 44, golden_bytes + 40, 3);
    six_codes_repair(want, sizeof want);
    assert_ok(vqt_write(&deep, in_folder("c.vqt"), &err), &err);
    assert_ok(file_read(in_folder("c.vqt"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, sizeof want);
    assert_memory_equal(data, want, size);
    assert_ok(parse(&back, data, size), &err);
    assert_same(&back, &deep);
    assert_int_equal(back.depth, 2);
    vq_codes_release(&back);
    free(data);

    static const struct {
        unsigned depth;
        const char *want;
    } cases[] = {{0, "version 2 with 0 codes a position"},
                 {1, "version 2 with 1 codes a position"},
                 {3, "3 bytes of data for 1 images of 3 x 1 codes"},
                 {0x7fffffff, "3 bytes of data for 1 images of 3 x 1 codes"},
                 {0x80000000, "version 2 with -1 codes a position"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(bytes, want, sizeof want);
        for (int k = 0; k < 4; k++)
            bytes[40 + k] = (unsigned char)(cases[i].depth >> 8 * k);
        six_codes_repair(bytes, sizeof bytes);
        assert_fails(parse(&back, bytes, sizeof bytes), VQ_EINPUT, &err, cases[i].want);
    }
    for (size_t end = 0; end < sizeof want; end++)
        assert_fails(parse(&back, want, end), VQ_EINPUT, &err, "'c.vqt'");
    for (size_t bit = 0; bit < sizeof want * 8; bit++) {
        memcpy(bytes, want, sizeof want);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_fails(parse(&back, bytes, sizeof bytes), VQ_EINPUT, &err, "'c.vqt'");
    }
}

/* Every width of a code, the largest code among them, counts that end in any bit; and
 * the codebook of a single code. */
static void test_vqt__round_trip(void **state)
{
    (void)state;
    int32_t index[70];
    for (int bits = 0; bits <= 31; bits++)
        for (int n = 1; n <= 9; n += 2) {
            int k = bits == 31 ? INT32_MAX : 1 << bits;
            vq_codes out = {.n = n,
                            .h = 1,
                            .w = 7,
                            .k = k,
                            .width = 0,
                            .height = 0,
                            .fingerprint = (uint64_t)bits << 40,
                            .index = index,
                            .depth = 1},
                     back;
            for (int i = 0; i < n * 7; i++)
                index[i] = k == 1 ? 0
                           : i % 3
                               ? k - 1 - i % 2
                               : (int32_t)((unsigned)i * 2654435761u) & (k - 1) & ~1;
            assert_ok(vqt_write(&out, in_folder("c.vqt"), &err), &err);
            assert_ok(vq_codes_read(&back, in_folder("c.vqt"), &err), &err);
            assert_same(&back, &out);
            vq_codes_release(&back);
        }
}

/* Change bytes of the golden file, repair its CRC, and parse it. */
static vq_status altered(size_t at, uint64_t value, int n_bytes)
{
    unsigned char bytes[GOLDEN_SIZE];
    vq_codes codes;
    memcpy(bytes, golden_bytes, GOLDEN_SIZE);
    for (int i = 0; i < n_bytes; i++)
        bytes[at + i] = (unsigned char)(value >> 8 * i);
    six_codes_repair(bytes, GOLDEN_SIZE);
    vq_status status = parse(&codes, bytes, GOLDEN_SIZE);
    vq_codes_release(&codes);
    return status;
}

static void test_vqt__each_field(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint64_t value;
        int n_bytes;
        const char *want;
    } cases[] = {
        {4, 3, 2, "'c.vqt' was coded by a prior, and needs it"},
        {4, 4, 2, "'c.vqt' is .vqt version 4, not 1 to 3"},
        {4, 0, 2, "'c.vqt' is .vqt version 0, not 1 to 3"},
        {4, 2, 2, "'c.vqt' is not a whole .vqt file: it ends at byte 47"},
        {6, 4, 2, "4 bits a code for a codebook of 5"},
        {16, 0, 4, "no images, or no codes in one"},
        {20, 0, 4, "no images, or no codes in one"},
        {24, 0, 4, "no images, or no codes in one"},
        {24, 0x80000000, 4, "no images, or no codes in one"},
        {16, 2, 4, "3 bytes of data for 2 images of 3 x 2 codes of 3 bits"},
        {16, 0x7fffffff7fffffff, 8, "3 bytes of data for 2147483647 images"},
        {36, 0, 4, "3 bits a code for a codebook of 0"},
        {36, 9, 4, "3 bits a code for a codebook of 9"},
        {36, 0x80000000, 4, "3 bits a code for a codebook of 2147483648"},
        {28, 0, 4, "3 x 2 codes cannot stand for 0 x 7 pixels"},
        {28, 2, 4, "3 x 2 codes cannot stand for 2 x 7 pixels"},
        {28, 100, 4, "3 x 2 codes cannot stand for 100 x 7 pixels"},
        {28, 0x80000000, 4, "3 x 2 codes cannot stand for -1 x 7 pixels"},
        {32, 1, 4, "3 x 2 codes cannot stand for 10 x 1 pixels"},
        {32, 100, 4, "3 x 2 codes cannot stand for 10 x 100 pixels"},
        {28, 0x0001000000010000, 8, "cannot stand for 65536 x 65536 pixels"},
        {36, 6, 4, NULL},
        {8, 0, 8, NULL},
        {28, 0, 8, NULL},
        {40, 0xd5, 1, "code 5 at index 0 of a codebook of 5"},
        {42, 0x03, 1, "code 6 at index 5 of a codebook of 5"},
        {42, 0x06, 1, "bits are set after the last code"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_status status = altered(cases[i].at, cases[i].value, cases[i].n_bytes);
        if (cases[i].want)
            assert_fails(status, VQ_EINPUT, &err, cases[i].want);
        else
            assert_ok(status, &err);
    }
}

/* No code is in a codebook of none, though the size of a bit each is right. */
static void test_vqt__no_codebook(void **state)
{
    (void)state;
    unsigned char bytes[GOLDEN_SIZE];
    vq_codes codes;
    for (int k = 0; k < 2; k++) {
        memcpy(bytes, golden_bytes, GOLDEN_SIZE);
        bytes[6] = 1;  /* bits */
        bytes[16] = 3; /* images */
        bytes[36] = (unsigned char)k;
        memset(bytes + 40, 0, 3);
        six_codes_repair(bytes, GOLDEN_SIZE);
        vq_status status = parse(&codes, bytes, GOLDEN_SIZE);
        if (k == 0)
            assert_fails(status, VQ_EINPUT, &err, "1 bits a code for a codebook of 0");
        else
            assert_ok(status, &err);
        vq_codes_release(&codes);
    }
}

/* Every side that f pixels a code can give, for both sides at once, and no other. */
static void test_vqt__sizes_of_pictures(void **state)
{
    (void)state;
    int32_t index[9] = {0};
    for (int w = 1; w <= 3; w++)
        for (int h = 1; h <= 3; h++)
            for (int width = 1; width <= 12; width++)
                for (int height = 1; height <= 12; height++) {
                    bool possible = false;
                    for (int f = 1; f <= 12; f++)
                        possible |=
                            (width + f - 1) / f == w && (height + f - 1) / f == h;
                    vq_codes c = {.n = 1,
                                  .h = h,
                                  .w = w,
                                  .k = 2,
                                  .width = width,
                                  .height = height,
                                  .fingerprint = 0,
                                  .index = index,
                                  .depth = 1};
                    vq_status status = vqt_write(&c, "/dev/null", &err);
                    if (possible)
                        assert_ok(status, &err);
                    else
                        assert_fails(status, VQ_EINPUT, &err, "cannot stand for");
                }
    /* one code for as many pixels as there may be, and for a column more */
    vq_codes one = {.n = 1,
                    .h = 1,
                    .w = 1,
                    .k = 2,
                    .width = 1 << 14,
                    .height = 1 << 14,
                    .index = index};
    assert_ok(vqt_write(&one, "/dev/null", &err), &err);
    one.width++;
    assert_fails(vqt_write(&one, "/dev/null", &err), VQ_EINPUT, &err,
                 "1 x 1 codes cannot stand for 16385 x 16384 pixels");
}

static void test_vqt__truncated_at_every_byte(void **state)
{
    (void)state;
    vq_codes codes;
    for (size_t size = 0; size < GOLDEN_SIZE; size++) {
        char want[80];
        snprintf(want, sizeof want,
                 "'c.vqt' is not a whole .vqt file: it ends at byte %zu", size);
        if (size >= 44)
            snprintf(want, sizeof want, "%zu bytes of data for 1 images", size - 44);
        assert_fails(parse(&codes, golden_bytes, size), VQ_EINPUT, &err, want);
    }
    unsigned char longer[GOLDEN_SIZE + 1] = {0};
    memcpy(longer, golden_bytes, GOLDEN_SIZE);
    assert_fails(parse(&codes, longer, sizeof longer), VQ_EINPUT, &err,
                 "4 bytes of data for 1 images of 3 x 2 codes of 3 bits");
}

static void test_vqt__every_bit_flipped(void **state)
{
    (void)state;
    unsigned char bytes[GOLDEN_SIZE];
    vq_codes codes;
    memcpy(bytes, golden_bytes, GOLDEN_SIZE);
    for (size_t bit = 0; bit < GOLDEN_SIZE * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        /* the magic, too: it tells kinds apart, and it is under the CRC */
        assert_fails(parse(&codes, bytes, GOLDEN_SIZE), VQ_EINPUT, &err, "'c.vqt'");
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    bytes[41] ^= 1;
    assert_fails(parse(&codes, bytes, GOLDEN_SIZE), VQ_EINPUT, &err,
                 "'c.vqt' is damaged: its CRC is ");
}

static void test_vqt__not_written(void **state)
{
    (void)state;
    vq_codes c = six_codes;
    c.k = 0;
    assert_fails(vqt_write(&c, in_folder("c.vqt"), &err), VQ_EINPUT, &err,
                 "c.vqt': .vqt needs the codebook's size, which is not known");
    c = six_codes;
    c.width = 4000;
    assert_fails(vqt_write(&c, in_folder("c.vqt"), &err), VQ_EINPUT, &err,
                 "c.vqt': 3 x 2 codes cannot stand for 4000 x 7 pixels");
    c.width = -10;
    assert_fails(vqt_write(&c, in_folder("c.vqt"), &err), VQ_EINPUT, &err,
                 "-10 x 7 pixels");
    assert_false(file_exists(in_folder("c.vqt")));
    assert_fails(vqt_write(&six_codes, "/dev/full", &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
}

static void test_vqt__memory(void **state)
{
    (void)state;
    vq_codes codes;
    support_alloc_fail_at(1);
    assert_fails(vqt_parse(&codes, "c.vqt", golden_bytes, GOLDEN_SIZE, &err), VQ_ENOMEM,
                 &err, "24 bytes");
    assert_null(codes.index);
    support_alloc_fail_at(1);
    assert_fails(vqt_write(&six_codes, in_folder("c.vqt"), &err), VQ_ENOMEM, &err,
                 "47 bytes");
    vq_codes huge = {.n = INT32_MAX,
                     .h = INT32_MAX,
                     .w = INT32_MAX,
                     .k = 2,
                     .width = 0,
                     .height = 0,
                     .fingerprint = 0,
                     .index = six_codes.index,
                     .depth = 1};
    assert_fails(vqt_write(&huge, in_folder("c.vqt"), &err), VQ_ENOMEM, &err,
                 "cannot allocate");
    assert_false(file_exists(in_folder("c.vqt")));
}

#define CASE(name) folder_test(test_vqt__##name)

/* One bit beside those that were there before, which old files do not have. */
static void test_vqt__gray(void **state)
{
    (void)state;
    vq_codes gray = six_codes, back;
    unsigned char *bytes, want[GOLDEN_SIZE];
    size_t size;
    gray.gray = true;
    memcpy(want, golden_bytes, GOLDEN_SIZE);
    want[7] = 1;
    six_codes_repair(want, GOLDEN_SIZE);
    assert_ok(vqt_write(&gray, in_folder("c.vqt"), &err), &err);
    assert_ok(file_read(in_folder("c.vqt"), 1000, &bytes, &size, &err), &err);
    assert_int_equal(size, GOLDEN_SIZE);
    assert_memory_equal(bytes, want, size);
    free(bytes);
    assert_ok(parse(&back, want, GOLDEN_SIZE), &err);
    assert_true(back.gray);
    assert_same(&back, &gray);
    vq_codes_release(&back);
    assert_ok(parse(&back, golden_bytes, GOLDEN_SIZE), &err);
    assert_false(back.gray);
    vq_codes_release(&back);
    for (int bit = 1; bit < 8; bit++) { /* no other bit means anything */
        want[7] = (unsigned char)(1 << bit);
        six_codes_repair(want, GOLDEN_SIZE);
        assert_fails(parse(&back, want, GOLDEN_SIZE), VQ_EINPUT, &err,
                     " bits a code for a codebook of 5");
    }
}

const struct CMUnitTest test_vqt_suite[] = {
    CASE(golden),
    CASE(golden_of_depth),
    CASE(round_trip),
    CASE(each_field),
    CASE(no_codebook),
    CASE(sizes_of_pictures),
    CASE(truncated_at_every_byte),
    CASE(every_bit_flipped),
    CASE(not_written),
    CASE(memory),
    folder_test(test_vqt__gray),
    {0},
};
