/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/listing.h"

static const char *const endings[] = {".png", ".jpeg", NULL};

static void touch(const char *folder, const char *name)
{
    files_put(folder, name, "x", 1);
}

static void link_to(const char *target, const char *folder, const char *name)
{
    assert_int_equal(symlink(target, files_path(folder, name)), 0);
}

/* List, and compare the paths, each followed by a blank. */
static void check_listing(const char *folder, const char *want, int folders,
                          int dead_links, int others)
{
    vq_error err;
    listing l;
    char got[512] = "";
    assert_ok(listing_make(&l, folder, endings, NULL, NULL, &err), &err);
    for (int64_t i = 0; i < l.n; i++) {
        size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s ", l.path[i]);
    }
    assert_string_equal(got, want);
    assert_int_equal(l.folders, folders);
    assert_int_equal(l.dead_links, dead_links);
    assert_int_equal(l.others, others);
    listing_release(&l);
}

static void test_listing__subfolders(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    check_listing(dir, "", 0, 0, 0);
    touch(dir, "z.png");
    touch(dir, "a.JPEG");
    touch(dir, "notes.txt");
    touch(dir, "._a.png");
    touch(dir, "new\nline.png");
    files_make_folder(dir, "m");
    files_make_folder(dir, "m/deep");
    files_make_folder(dir, ".git");
    touch(dir, ".git/hidden.png");
    touch(dir, "m/b.png");
    touch(dir, "m/deep/c.png");
    check_listing(dir, "a.JPEG m/b.png m/deep/c.png new\nline.png z.png ", 0, 0, 0);
    support_folder_remove(dir);
}

/* Odd entries are counted by their name's promise; others are nobody's business. */
static void test_listing__odd_entries(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    touch(dir, "a.png");
    files_make_folder(dir, "notes.png");
    touch(dir, "notes.png/inside.png");
    link_to("/nowhere/at/all.png", dir, "dead.png");
    link_to("/nowhere/at/all", dir, "dead");
    assert_int_equal(mkfifo(files_path(dir, "pipe.png"), 0600), 0);
    assert_int_equal(mkfifo(files_path(dir, "pipe"), 0600), 0);
    check_listing(dir, "a.png ", 1, 1, 1);
    support_folder_remove(dir);
}

/* Links to files and folders are followed, but not back to where they lie. */
static void test_listing__links(void **state)
{
    (void)state;
    char dir[256], other[256];
    support_folder_make(dir);
    support_folder_make(other);
    touch(other, "far.png");
    touch(dir, "a.png");
    link_to("a.png", dir, "b.png");
    link_to(other, dir, "other");
    link_to(dir, dir, "self");
    files_make_folder(dir, "sub");
    link_to("..", dir, "sub/up");
    touch(dir, "sub/c.png");
    check_listing(dir, "a.png b.png other/far.png sub/c.png ", 0, 0, 0);
    support_folder_remove(dir);
    support_folder_remove(other);
}

/* The samples of a run are left out, but not those of whoever has no log beside them.
 */
static void test_listing__runs(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    touch(dir, "a.png");
    files_make_folder(dir, "samples");
    touch(dir, "samples/s.png");
    files_make_folder(dir, "run");
    files_make_folder(dir, "run/samples");
    touch(dir, "run/samples/r.png");
    touch(dir, "run/b.png");
    check_listing(dir, "a.png run/b.png run/samples/r.png samples/s.png ", 0, 0, 0);
    touch(dir, "config.json");
    touch(dir, "run/log.jsonl");
    check_listing(dir, "a.png run/b.png run/samples/r.png samples/s.png ", 0, 0, 0);
    touch(dir, "run/config.json");
    check_listing(dir, "a.png run/b.png samples/s.png ", 0, 0, 0);
    touch(dir, "log.jsonl");
    check_listing(dir, "a.png run/b.png ", 0, 0, 0);
    check_listing(files_path(dir, "samples"), "s.png ", 0, 0, 0); /* asked for */
    support_folder_remove(dir);
}

/* Stops at the first word of its watch, which comes every thousand entries. */
static bool stop_at_second(void *user, int64_t done, int64_t all)
{
    int *calls = user;
    assert_int_equal(all, 0);
    assert_int_equal(done, ++*calls * 1000);
    return *calls == 2;
}

static void test_listing__stopped(void **state)
{
    (void)state;
    char dir[256], name[32];
    vq_error err;
    listing l;
    int calls = 0;
    support_folder_make(dir);
    for (int i = 0; i < 2500; i++) {
        snprintf(name, sizeof name, "%d.png", i);
        touch(dir, name);
    }
    assert_fails(listing_make(&l, dir, endings, stop_at_second, &calls, &err),
                 VQ_ESTOPPED, &err, "stopped while the data was looked through");
    listing_release(&l);
    assert_int_equal(calls, 2);
    calls = -1000;
    assert_ok(listing_make(&l, dir, endings, NULL, NULL, &err), &err);
    assert_int_equal(l.n, 2500);
    listing_release(&l);
    support_folder_remove(dir);
}

static void test_listing__errors(void **state)
{
    (void)state;
    char dir[256], path[VQ_PATH_MAX];
    vq_error err;
    listing l;
    support_folder_make(dir);
    assert_fails(listing_make(&l, files_path(dir, "none"), endings, NULL, NULL, &err),
                 VQ_EIO, &err, "/none': No such file or directory");
    listing_release(&l);
    /* a folder so deep that its files have no path */
    snprintf(path, sizeof path, "%s", dir);
    char name[201];
    memset(name, 'd', 200);
    name[200] = '\0';
    int depth = 0;
    for (; strlen(path) + 201 < sizeof path - 8; depth++) {
        strcat(strcat(path, "/"), name);
        assert_int_equal(mkdir(path, 0777), 0);
    }
    int deepest = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(deepest, name, 0777), 0);
    close(deepest);
    vq_status status = listing_make(&l, dir, endings, NULL, NULL, &err);
    listing_release(&l);
    support_folder_remove(dir);
    assert_fails(status, VQ_EUSAGE, &err, "path is longer than 1023 bytes: '");
    assert_true(depth >= 3);
}

static void test_listing__failed_allocations(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    listing l;
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    support_folder_make(dir);
    touch(dir, "a.png");
    touch(dir, "b.png");
    for (int at = 1; status != VQ_OK; at++) {
        support_alloc_fail_at(at);
        status = listing_make(&l, dir, endings, NULL, NULL, &err);
        support_alloc_fail_at(0);
        listing_release(&l);
        failures += status != VQ_OK;
        assert_true(at < 100);
    }
    assert_true(failures >= 2); /* the list, and names */
    support_folder_remove(dir);
}

const struct CMUnitTest test_listing_suite[] = {
    cmocka_unit_test(test_listing__subfolders),
    cmocka_unit_test(test_listing__odd_entries),
    cmocka_unit_test(test_listing__links),
    cmocka_unit_test(test_listing__runs),
    cmocka_unit_test(test_listing__stopped),
    cmocka_unit_test(test_listing__errors),
    cmocka_unit_test(test_listing__failed_allocations),
    {0},
};
