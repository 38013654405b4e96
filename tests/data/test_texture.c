/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "data/texture.h"

#define SIDE FIELD_SIDE
#define SEEDS 50

static const char *const names[] = {"flat",    "linear", "radial", "stripes", "rings",
                                    "checker", "dots",   "noise",  "marble"};

/* What can be said of a texture: its range, its mean and its largest step. */
typedef struct facts {
    double low, high, mean, step;
} facts;

static facts look_at(const field *t)
{
    facts f = {1e9, -1e9, 0, 0};
    for (int i = 0; i < FIELD_AREA; i++) {
        double v = (double)t->v[i];
        if (!(v >= 0 && v <= 1))
            fail_msg("value %g at pixel %d, want 0 to 1", v, i);
        f.low = fmin(f.low, v);
        f.high = fmax(f.high, v);
        f.mean += v / FIELD_AREA;
        if (i % SIDE > 0)
            f.step = fmax(f.step, fabs(v - (double)t->v[i - 1]));
        if (i >= SIDE)
            f.step = fmax(f.step, fabs(v - (double)t->v[i - SIDE]));
    }
    return f;
}

static void check_at_most(const char *name, const char *what, double got, double most)
{
    if (!(got <= most))
        fail_msg("%s: %s is %g, want at most %g", name, what, got, most);
}

/* Each kind is within [0, 1] at every seed, and spreads as far as its kind should. */
static void test_texture__range(void **state)
{
    (void)state;
    static const double least_spread[] = {0,    0.6,  0.35, 0.99, 0.99,
                                          0.99, 0.99, 0.4,  0.99};
    for (int kind = 0; kind < TEXTURE_KINDS; kind++)
        for (uint32_t seed = 0; seed < SEEDS; seed++) {
            field t;
            rng r = rng_make(1, RNG_SHAPES, seed);
            texture_draw(&t, (texture_kind)kind, &r);
            facts f = look_at(&t);
            check_at_most(names[kind], "lack of spread", least_spread[kind],
                          f.high - f.low + 0.05);
        }
}

/* Ramps and clouds have no edges; stripes take a pixel for theirs. */
static void test_texture__smooth_where_it_should_be(void **state)
{
    (void)state;
    static const double most_step[] = {0, 0.07, 0.07, 1, 1, 1, 1, 0.35, 1};
    for (int kind = 0; kind < TEXTURE_KINDS; kind++)
        for (uint32_t seed = 0; seed < SEEDS; seed++) {
            field t;
            rng r = rng_make(2, RNG_SHAPES, seed);
            texture_draw(&t, (texture_kind)kind, &r);
            check_at_most(names[kind], "largest step", look_at(&t).step,
                          most_step[kind]);
        }
}

/* Over many seeds, stripes, rings and checkers are half of each colour. */
static void test_texture__fair_shares(void **state)
{
    (void)state;
    static const texture_kind kinds[] = {TEXTURE_LINEAR, TEXTURE_STRIPES, TEXTURE_RINGS,
                                         TEXTURE_CHECKER, TEXTURE_MARBLE};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double mean = 0;
        for (uint32_t seed = 0; seed < 4 * SEEDS; seed++) {
            field t;
            rng r = rng_make(3, RNG_SHAPES, seed);
            texture_draw(&t, kinds[k], &r);
            mean += look_at(&t).mean / (4 * SEEDS);
        }
        check_at_most(names[kinds[k]], "distance of the mean from 1/2",
                      fabs(mean - 0.5), 0.03);
    }
}

static void test_texture__direction_is_unit(void **state)
{
    (void)state;
    rng r = rng_make(1, RNG_SHAPES, 0);
    double x = 0, y = 0;
    for (int i = 0; i < 2000; i++) {
        vec2 u = random_direction(&r);
        check_at_most("direction", "error of its length",
                      fabs((double)(u.x * u.x + u.y * u.y) - 1), 1e-6);
        x += (double)u.x / 2000;
        y += (double)u.y / 2000;
    }
    check_at_most("direction", "mean x", fabs(x), 0.05);
    check_at_most("direction", "mean y", fabs(y), 0.05);
}

const struct CMUnitTest test_texture_suite[] = {
    cmocka_unit_test(test_texture__range),
    cmocka_unit_test(test_texture__smooth_where_it_should_be),
    cmocka_unit_test(test_texture__fair_shares),
    cmocka_unit_test(test_texture__direction_is_unit),
    {0},
};
