/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/processors.h"

/* A made-up file of a system. */
typedef struct made {
    const char *path, *text;
} made;

/* The quota that a system of those files grants, and, unless NULL, what is available.
 */
static double quota_of(const made *files, int *available)
{
    char root[256], path[512], folder[512];
    vq_error err;
    support_folder_make(root);
    for (const made *f = files; f->path; f++) {
        snprintf(path, sizeof path, "%s/%s", root, f->path);
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
        assert_ok(file_make_dirs(folder, &err), &err);
        assert_ok(file_write(path, f->text, strlen(f->text), &err), &err);
    }
    double quota = processors_quota(root);
    if (available)
        *available = processors_available(root);
    support_folder_remove(root);
    return quota;
}

#define ROOT_MOUNT "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define NEW_MOUNT                                                                      \
    ROOT_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
#define OLD_MOUNT                                                                      \
    ROOT_MOUNT "31 25 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"     \
               "32 25 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"

static void assert_quota(const made *files, double want)
{
    double got = quota_of(files, NULL);
    if (!(got == want))
        fail_msg("%s: %g processors, want %g", files[2].text, got, want);
}

/* cpu.max of the process's group, and of those above it. */
static void test_processors__version_2(void **state)
{
    (void)state;
    static const struct {
        const char *own, *above;
        double want;
    } cases[] = {{"100000 100000\n", "max 100000\n", 1},
                 {"max 100000\n", "150000 100000\n", 1.5},
                 {"400000 100000\n", "50000 100000\n", 0.5},
                 {"50000 100000\n", "400000 100000\n", 0.5},
                 {"max 100000\n", "max 100000\n", 0},
                 {"", "no number", 0},
                 {"100000", "-3 0", 0},
                 {"100000 0\n", "max\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const made files[] = {{"proc/self/mountinfo", NEW_MOUNT},
                              {"proc/self/cgroup", "0::/user.slice/job 7\n"},
                              {"sys/fs/cgroup/user.slice/job 7/cpu.max", cases[i].own},
                              {"sys/fs/cgroup/user.slice/cpu.max", cases[i].above},
                              {0}};
        assert_quota(files, cases[i].want);
    }
}

/* cpu.cfs_quota_us and cpu.cfs_period_us, of the hierarchy that has the word cpu. */
static void test_processors__version_1(void **state)
{
    (void)state;
    static const struct {
        const char *quota, *period;
        double want;
    } cases[] = {{"200000\n", "100000\n", 2},
                 {"25000", "10000", 2.5},
                 {"-1\n", "100000\n", 0},
                 {"100000\n", "", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const made files[] = {
            {"proc/self/mountinfo", OLD_MOUNT},
            {"proc/self/cgroup", "9:name=systemd:/\n3:cpuset:/wrong\n"
                                 "2:cpu,cpuacct:/docker/abc\n0::/\n"},
            {"sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", cases[i].quota},
            {"sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", cases[i].period},
            {"sys/fs/cgroup/cpu/wrong/cpu.cfs_quota_us", "1000\n"},
            {"sys/fs/cgroup/cpu/wrong/cpu.cfs_period_us", "100000\n"},
            {0}};
        assert_quota(files, cases[i].want);
    }
}

/* Within a container the mount begins at the process's own group, whose name may be the
 * one outside; mount points with blanks are written in octal. */
static void test_processors__in_a_container(void **state)
{
    (void)state;
    const made below[] = {{"proc/self/mountinfo",
                           "32 25 0:28 /docker/abc /my\\040groups\\067 ro "
                           "master:3 - cgroup cgroup rw,cpu\n"},
                          {"proc/self/cgroup", "2:cpu:/docker/abc/inner\n"},
                          {"my groups7/inner/cpu.cfs_quota_us", "250000"},
                          {"my groups7/inner/cpu.cfs_period_us", "100000"},
                          {"my groups7/cpu.cfs_quota_us", "300000"},
                          {"my groups7/cpu.cfs_period_us", "100000"},
                          {0}};
    assert_quota(below, 2.5);
    const made outside[] = {{"proc/self/mountinfo",
                             "30 23 0:26 /docker/abc /groups rw - cgroup2 none rw\n"},
                            {"proc/self/cgroup", "0::/other/place\n"},
                            {"groups/cpu.max", "120000 100000\n"},
                            {0}};
    assert_quota(outside, 1.2);
}

/* Whatever is missing or torn limits nothing. */
static void test_processors__nothing_to_read(void **state)
{
    (void)state;
    const made none[] = {{"proc/self/x", ""}, {"proc/self/y", ""}, {"z", ""}, {0}};
    assert_quota(none, 0);
    const made torn[] = {{"proc/self/mountinfo", "30 23 - cgroup2\n - cgroup2 a b\n"},
                         {"proc/self/cgroup", "0\n:\n::\n0::"},
                         {"cpu.max", "100000 100000\n"},
                         {0}};
    assert_quota(torn, 0);
}

static void test_processors__more_to_read(void **state)
{
    (void)state;
    /* of both versions the lesser grant counts */
    for (int i = 0; i < 2; i++) {
        const made both[] = {
            {"proc/self/mountinfo",
             OLD_MOUNT "30 23 0:26 / /new rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"},
            {"proc/self/cgroup", "2:cpu,cpuacct:/\n0::/\n"},
            {"new/cpu.max", i ? "100000 100000" : "300000 100000"},
            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000"},
            {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"},
            {0}};
        assert_quota(both, i ? 1 : 2);
    }
    /* names that only begin or end like the word, lines without what they should have
     */
    const made names[] = {{"proc/self/mountinfo",
                           "1 2 3 - cgroup\n"
                           "32 25 0:28 / /x rw - cgroup cgroup rw,xcpu,cpux\n"
                           "32 25 0:28 / /y123\\09x\\941 rw - cgroup cgroup cpu\n"},
                          {"proc/self/cgroup", "none\n3:\n2:cpu:/\n"},
                          {"y123\\09x\\941/cpu.cfs_quota_us", "250000"},
                          {"y123\\09x\\941/cpu.cfs_period_us", "100000"},
                          {0}};
    assert_quota(names, 2.5);
    /* mounted at the root; and no file that tells the group */
    const made at_root[] = {
        {"proc/self/mountinfo", "30 23 0:26 / / rw - cgroup2 c rw\n"},
        {"proc/self/cgroup", "0::/a\n"},
        {"cpu.max", "120000 100000\n"},
        {0}};
    assert_quota(at_root, 1.2);
    const made groupless[] = {{"proc/self/mountinfo", NEW_MOUNT},
                              {"proc/self/x", ""},
                              {"sys/fs/cgroup/cpu.max", "100000 100000"},
                              {0}};
    assert_quota(groupless, 0);
}

/* The kernel refuses a mask that is too small: a larger one is tried. */
static void test_processors__larger_mask(void **state)
{
    (void)state;
    const int bound = processors_bound();
    call_fail_at("sched_getaffinity", 1, EINVAL);
    assert_int_equal(processors_bound(), bound);
    assert_true(call_failed());
}

/* A process that is bound to one processor has one. */
static void test_processors__bound(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(processors_bound(), CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(processors_bound(), 1);
    assert_int_equal(processors_available(""), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_true(processors_available("") <= processors_bound());
}

/* A quota counts rounded up, where it is less than what the process is bound to. */
static void test_processors__available(void **state)
{
    (void)state;
    static const struct {
        const char *cpu_max;
        int most; /* 0: all */
    } cases[] = {{"50000 100000", 1},
                 {"100000 100000", 1},
                 {"150000 100000", 2},
                 {"max 100000", 0},
                 {"999999900000 100000", 0}};
    const int bound = processors_bound();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int available;
        const made files[] = {{"proc/self/mountinfo", NEW_MOUNT},
                              {"proc/self/cgroup", "0::/\n"},
                              {"sys/fs/cgroup/cpu.max", cases[i].cpu_max},
                              {0}};
        quota_of(files, &available);
        const int most = cases[i].most ? cases[i].most : bound;
        assert_int_equal(available, most < bound ? most : bound);
    }
}

const struct CMUnitTest test_processors_suite[] = {
    cmocka_unit_test(test_processors__version_2),
    cmocka_unit_test(test_processors__version_1),
    cmocka_unit_test(test_processors__in_a_container),
    cmocka_unit_test(test_processors__nothing_to_read),
    cmocka_unit_test(test_processors__more_to_read),
    cmocka_unit_test(test_processors__larger_mask),
    cmocka_unit_test(test_processors__bound),
    cmocka_unit_test(test_processors__available),
    {0},
};
