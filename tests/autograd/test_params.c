/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "autograd/params.h"

static param spec_of(const char *name, int rank, int a, int b, int c, int d)
{
    param spec = {.rank = rank, .dims = {a, b, c, d}};
    snprintf(spec.name, sizeof spec.name, "%s", name);
    return spec;
}

static void test_params__offsets(void **state)
{
    (void)state;
    vq_error err;
    params p = {0};
    param a = spec_of("a", 1, 17, 0, 0, 0), b = spec_of("b", 2, 3, 5, 0, 0);
    b.role = PARAM_STATISTIC;
    assert_int_equal(params_add(&p, &a), 0);
    assert_int_equal(params_add(&p, &b), 1);
    assert_int_equal(p.table[0].count, 17);
    assert_int_equal(p.table[1].count, 15);
    assert_int_equal(p.table[1].offset, 32);
    assert_int_equal(p.table[1].role, PARAM_STATISTIC);
    assert_int_equal(p.size, 48);
    assert_int_equal(params_find(&p, "b"), 1);
    assert_int_equal(params_find(&p, "c"), -1);
    assert_ok(params_allocate(&p, &err), &err);
    for (size_t i = 0; i < p.size; i++)
        assert_true(p.value[i] == 0);
    params_release(&p);
    params_release(&p);
}

static void test_params__refused(void **state)
{
    (void)state;
    params p = {0};
    param good = spec_of("a", 1, 4, 0, 0, 0), zero = spec_of("b", 2, 4, 0, 0, 0),
          rank = spec_of("b", 5, 1, 1, 1, 1), none = spec_of("b", 0, 0, 0, 0, 0),
          conv = spec_of("b", 2, 4, 4, 0, 0),
          huge = spec_of("b", 4, 1 << 30, 1 << 30, 1 << 30, 1 << 30),
          wraps = spec_of("b", 3, 135984, 74342, 1824726041, 0), /* 2^64 + 32 */
        large = spec_of("b", 2, 1 << 20, (1 << 20) - 1, 0, 0);
    conv.layout = PARAM_CONV;
    assert_int_equal(params_add(&p, &good), 0);
    assert_int_equal(params_add(&p, &good), -1);
    assert_int_equal(params_add(&p, &zero), -1);
    assert_int_equal(params_add(&p, &rank), -1);
    assert_int_equal(params_add(&p, &none), -1);
    assert_int_equal(params_add(&p, &conv), -1);
    assert_int_equal(params_add(&p, &huge), -1);
    assert_int_equal(params_add(&p, &wraps), -1);
    assert_int_equal(p.n, 1);
    assert_int_equal(params_add(&p, &large), 1);
    strcpy(large.name, "c");
    assert_int_equal(params_add(&p, &large), -1);

    params full = {0};
    for (int i = 0; i < PARAMS_MAX; i++) {
        snprintf(good.name, sizeof good.name, "%d", i);
        assert_int_equal(params_add(&full, &good), i);
    }
    strcpy(good.name, "last");
    assert_int_equal(params_add(&full, &good), -1);
}

static void test_params__conv_layout(void **state)
{
    (void)state;
    params p = {0};
    param spec = spec_of("w", 4, 2, 3, 4, 5); /* oc c kh kw */
    spec.layout = PARAM_CONV;
    assert_int_equal(params_add(&p, &spec), 0);
    const param *w = &p.table[0];
    float file[120], flat[120], back[120];
    for (int i = 0; i < 120; i++)
        file[i] = (float)i;
    param_from_file(w, file, flat);
    for (int o = 0; o < 2; o++)
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 5; x++)
                    assert_true(flat[((y * 5 + x) * 3 + c) * 2 + o] ==
                                file[((o * 3 + c) * 4 + y) * 5 + x]);
    param_to_file(w, flat, back);
    assert_memory_equal(back, file, sizeof file);

    spec.layout = PARAM_PLAIN;
    spec.count = 120;
    param_from_file(&spec, file, flat);
    assert_memory_equal(flat, file, sizeof file);
    param_to_file(&spec, flat, back);
    assert_memory_equal(back, file, sizeof file);
}

static void test_params__out_of_memory(void **state)
{
    (void)state;
    vq_error err;
    params p = {0};
    param a = spec_of("a", 1, 17, 0, 0, 0);
    params_add(&p, &a);
    support_alloc_fail_at(1);
    assert_fails(params_allocate(&p, &err), VQ_ENOMEM, &err, "cannot allocate 128");
    assert_null(p.value);
    params_release(&p);
}

const struct CMUnitTest test_params_suite[] = {
    cmocka_unit_test(test_params__offsets),
    cmocka_unit_test(test_params__refused),
    cmocka_unit_test(test_params__conv_layout),
    cmocka_unit_test(test_params__out_of_memory),
    {0},
};
