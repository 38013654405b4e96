/* SPDX-License-Identifier: MIT */
#include "base/processors.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/status.h"

#define LINE_MAX_BYTES 4096
#define BOUND_MAX (1 << 20) /* processors that a mask is made for, at most */

int processors_bound(void)
{
    for (int room = 1024; room <= BOUND_MAX; room *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)room);
        size_t bytes = CPU_ALLOC_SIZE((size_t)room);
        if (!set)
            break;
        int failed = sched_getaffinity(0, bytes, set);
        int n = failed ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (n > 0)
            return n;
    }
    return 1;
}

int processors_available(const char *root)
{
    const int bound = processors_bound();
    const double quota = processors_quota(root);
    if (!(quota > 0) || quota >= bound)
        return bound;
    return (int)ceil(quota);
}

/* ---- the groups ------------------------------------------------------------------ */

/* Where the groups of one hierarchy are mounted, and the process's own among them. */
typedef struct hierarchy {
    bool old;                   /* version 1 */
    char point[LINE_MAX_BYTES]; /* of the mount, behind the root */
    char top[LINE_MAX_BYTES];   /* the group that is mounted there */
    char group[LINE_MAX_BYTES];
} hierarchy;

/* Is word one of those that commas part? */
static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

/* mountinfo writes blanks and the like as \040. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        int byte = from[0] == '\\' ? 0 : -1;
        for (int i = 1; i <= 3 && byte >= 0; i++)
            byte = from[i] >= '0' && from[i] <= '7' ? 8 * byte + from[i] - '0' : -1;
        *to++ = byte > 0 ? (char)byte : *from;
        from += byte > 0 ? 3 : 0;
    }
    *to = '\0';
}

static FILE *open_at(const char *root, const char *path)
{
    char full[3 * LINE_MAX_BYTES];
    snprintf(full, sizeof full, "%s%s", root, path);
    return fd_stream_open(full);
}

/* "36 35 0:30 TOP POINT OPTIONS [FIELDS] - TYPE SOURCE CONTROLLERS" */
static bool find_mount(const char *root, hierarchy *h)
{
    char line[3 * LINE_MAX_BYTES], type[32], controllers[512];
    bool found = false;
    FILE *f = open_at(root, "/proc/self/mountinfo");
    while (f && !found && fgets(line, sizeof line, f)) {
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(rest, " - %31s %*s %511s", type, controllers) != 2 ||
            sscanf(line, "%*s %*s %*s %4095s %4095s", h->top, h->point) != 2)
            continue;
        found = h->old ? strcmp(type, "cgroup") == 0 && has_word(controllers, "cpu")
                       : strcmp(type, "cgroup2") == 0;
    }
    if (f)
        fclose(f);
    unescape(h->top);
    unescape(h->point);
    return found;
}

/* "4:cpu,cpuacct:/group" of version 1, "0::/group" of version 2 */
static bool find_group(const char *root, hierarchy *h)
{
    char line[2 * LINE_MAX_BYTES];
    bool found = false;
    FILE *f = open_at(root, "/proc/self/cgroup");
    while (f && !found && fgets(line, sizeof line, f)) {
        char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        found = h->old ? has_word(list + 1, "cpu") : strcmp(line, "0:") == 0;
        snprintf(h->group, sizeof h->group, "%s", group);
    }
    if (f)
        fclose(f);
    return found;
}

/* The first two numbers of a file; 0 for what is none, as "max". */
static void read_numbers(const char *root, const char *folder, const char *name,
                         double x[2])
{
    char path[2 * LINE_MAX_BYTES], first[32] = "";
    x[0] = x[1] = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = open_at(root, path);
    if (!f)
        return;
    if (fscanf(f, "%31s %lf", first, &x[1]) > 0)
        x[0] = strtod(first, NULL);
    fclose(f);
}

/* What one group grants; 0: as much as it likes. */
static double grant(const char *root, const char *folder, bool old)
{
    double quota[2], period[2];
    read_numbers(root, folder, old ? "cpu.cfs_quota_us" : "cpu.max", quota);
    if (old) {
        read_numbers(root, folder, "cpu.cfs_period_us", period);
        quota[1] = period[0];
    }
    return quota[0] > 0 && quota[1] > 0 ? quota[0] / quota[1] : 0;
}

/* The least of the process's group and all above it that are mounted. */
static double least_grant(const char *root, const hierarchy *h)
{
    char folder[2 * LINE_MAX_BYTES];
    const size_t point = strcmp(h->point, "/") == 0 ? 0 : strlen(h->point);
    const size_t top = strcmp(h->top, "/") == 0 ? 0 : strlen(h->top);
    /* a container may see its own group as the top, but be told the name it has outside
     */
    const bool inside = strncmp(h->group, h->top, top) == 0;
    double least = 0;
    snprintf(folder, sizeof folder, "%.*s%s", (int)point, h->point,
             inside ? h->group + top : "");
    for (;;) {
        double granted = grant(root, folder, h->old);
        if (granted > 0 && (least == 0 || granted < least))
            least = granted;
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < point)
            return least;
        *slash = '\0';
    }
}

double processors_quota(const char *root)
{
    double least = 0;
    for (int old = 0; old <= 1; old++) {
        hierarchy h = {.old = old};
        double granted =
            find_mount(root, &h) && find_group(root, &h) ? least_grant(root, &h) : 0;
        if (granted > 0 && (least == 0 || granted < least))
            least = granted;
    }
    return least;
}
