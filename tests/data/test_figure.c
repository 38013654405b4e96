/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "data/figure.h"

#define SIDE FIELD_SIDE
#define PI 3.14159265358979323846

/* Pixels inside, counting those on the outline by their share. */
static double area_of(const figure *f)
{
    field distance;
    double area = 0;
    figure_distance(f, &distance);
    for (int i = 0; i < FIELD_AREA; i++)
        area += (double)clamp01(0.5f - distance.v[i]);
    return area;
}

/* The area must be `want` within 2.5% however the figure is turned and placed. */
static void check_area(figure_kind kind, float size, float shape, int sides,
                       double want)
{
    static const vec2 turns[] = {{1, 0}, {0.6f, 0.8f}, {-0.28f, 0.96f}};
    for (int i = 0; i < 3; i++) {
        figure f = {kind, {15.3f + (float)i / 3, 16}, turns[i], size, shape, sides};
        double area = area_of(&f);
        if (!(fabs(area - want) <= 0.025 * want))
            fail_msg("kind %d with %d sides, turn %d: area %g, want %g", (int)kind,
                     sides, i, area, want);
    }
}

static void test_figure__round_areas(void **state)
{
    (void)state;
    check_area(FIGURE_ELLIPSE, 10, 0, 0, PI * 100);
    check_area(FIGURE_ELLIPSE, 12, 1, 0, PI * 12 * 6);
    check_area(FIGURE_RING, 10, 0.5f, 0, 2 * PI * 10 * 2 * 2.5);
    /* half the integral of the squared radius over the angle */
    check_area(FIGURE_FLOWER, 10, 1, 5, PI * 100 * (0.65 * 0.65 + 0.35 * 0.35 / 2));
}

static void test_figure__straight_areas(void **state)
{
    (void)state;
    check_area(FIGURE_BOX, 10, 0, 0, 20 * 20);
    check_area(FIGURE_BOX, 10, 0.5f, 0, 20 * 13 - (4 - PI) * 1.5 * 1.5);
    check_area(FIGURE_CROSS, 12, 0.4f, 0, 2 * 24 * 7.2 - 7.2 * 7.2);
    for (int k = 3; k <= 6; k++)
        check_area(FIGURE_POLYGON, 9, 0, k, k * 6.75 * 6.75 * tan(PI / k));
    for (int k = 5; k <= 8; k++)
        check_area(FIGURE_STAR, 10, 0, k,
                   k * 4.5 * 4.5 * tan(PI / k) / cos(2 * PI / k));
}

/* A disc less the part of it that an equal disc covers, whose centre is d away. */
static void test_figure__crescent_area(void **state)
{
    (void)state;
    double d = 12 * 0.65;
    double lens = 2 * 144 * acos(d / 24) - d / 2 * sqrt(4 * 144 - d * d);
    check_area(FIGURE_CRESCENT, 12, 0.5f, 0, PI * 144 - lens);
}

/* The length of the distance's slope at an inner pixel. */
static double slope_at(const field *distance, int x, int y)
{
    const float *v = distance->v + y * SIDE + x;
    return hypot((double)(v[1] - v[-1]) / 2, (double)(v[SIDE] - v[-SIDE]) / 2);
}

/* At the outline a distance grows as the way that is gone, or edges would be jagged. */
static void test_figure__slope(void **state)
{
    (void)state;
    double sum[FIGURE_KINDS] = {0}, n[FIGURE_KINDS] = {0};
    for (uint32_t seed = 0; seed < 2000; seed++) {
        rng r = rng_make(1, RNG_SHAPES, seed);
        figure f = figure_random(&r);
        field distance;
        figure_distance(&f, &distance);
        for (int y = 1; y < SIDE - 1; y++)
            for (int x = 1; x < SIDE - 1; x++)
                if (fabs((double)distance.v[y * SIDE + x]) < 0.6) {
                    sum[f.kind] += slope_at(&distance, x, y);
                    n[f.kind]++;
                }
    }
    for (int kind = 0; kind < FIGURE_KINDS; kind++)
        if (!(fabs(sum[kind] / n[kind] - 1) <= 0.15))
            fail_msg("kind %d: the slope is %g, want 1", kind, sum[kind] / n[kind]);
}

/* The centre itself has a distance, too: nothing is divided by its 0. */
static void test_figure__centre(void **state)
{
    (void)state;
    for (int kind = 0; kind < FIGURE_KINDS; kind++) {
        figure f = {(figure_kind)kind, {16, 16}, {0.6f, 0.8f}, 10, 0.5f, 5};
        bool hollow = kind == FIGURE_RING || kind == FIGURE_CRESCENT;
        field distance;
        figure_distance(&f, &distance);
        double d = (double)distance.v[16 * SIDE + 16];
        if (!(hollow ? d > 3 : d < -3))
            fail_msg("kind %d: distance %g at the centre", kind, d);
    }
}

const struct CMUnitTest test_figure_suite[] = {
    cmocka_unit_test(test_figure__round_areas),
    cmocka_unit_test(test_figure__straight_areas),
    cmocka_unit_test(test_figure__crescent_area),
    cmocka_unit_test(test_figure__slope),
    cmocka_unit_test(test_figure__centre),
    {0},
};
