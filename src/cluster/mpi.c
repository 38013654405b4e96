/*
 * SPDX-License-Identifier: MIT
 *
 * The ranks that mpirun started. Everything is made of messages that do not block, so
 * that a rank which waits for others can sleep, and see whether they live: MPI's own
 * waiting keeps a processor busy, and never ends when a rank has died.
 */
#include <errno.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cluster/cluster.h"

/* Looks at what is on its way before a rank sleeps between them: some .1 ms. */
#define LOOKS 200
#define LOOKS_A_CHECK 500 /* of who lives: some 50 ms of waiting */
#define MESSAGE_MAX ((size_t)1 << 30)

/* What ranks tell of themselves: where they are, by machine and space of processes. */
typedef struct whereabouts {
    char machine[40];
    int64_t space, process;
} whereabouts;

typedef struct note {
    int32_t status;
    unsigned char word[CLUSTER_WORD_MAX];
} note;

/* MPI is one for the whole process, and so is this. */
static struct world {
    bool joined, over;
    int rank, ranks, dead;
    whereabouts *where; /* [ranks] */
    note *notes;        /* [ranks] */
    MPI_Request *requests;
    int n, room; /* requests on their way */
    cluster_cost cost;
} world = {.ranks = 1, .dead = -1};

/* ---- joining ----------------------------------------------------------------------
 */

/* Leave the others, unless one is gone: it would be waited for. */
static void leave(void)
{
    if (world.dead < 0)
        MPI_Finalize();
}

static whereabouts where_am_i(void)
{
    whereabouts me = {.process = getpid()};
    struct stat space;
    FILE *f = fd_stream_open("/proc/sys/kernel/random/boot_id");
    if (f) {
        if (!fgets(me.machine, sizeof me.machine, f))
            me.machine[0] = '\0';
        fclose(f);
    }
    me.space = stat("/proc/self/ns/pid", &space) == 0 ? (int64_t)space.st_ino : 0;
    return me;
}

/* Out of memory at the first call there is nobody to tell; MPI ends all ranks then. */
static void join(void)
{
    int level;
    if (world.joined)
        return;
    world.joined = true;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world.ranks);
    world.where = calloc((size_t)world.ranks, sizeof *world.where);
    world.notes = calloc((size_t)world.ranks, sizeof *world.notes);
    if (!world.where || !world.notes)
        MPI_Abort(MPI_COMM_WORLD, vq_exit_code(VQ_ENOMEM));
    whereabouts me = where_am_i();
    MPI_Allgather(&me, sizeof me, MPI_BYTE, world.where, sizeof me, MPI_BYTE,
                  MPI_COMM_WORLD);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    atexit(leave);
}

int cluster_rank(void)
{
    join();
    return world.rank;
}

int cluster_ranks(void)
{
    join();
    return world.ranks;
}

int cluster_dead(void)
{
    return world.dead;
}

cluster_cost cluster_spent(void)
{
    return world.cost;
}

/* ---- waiting ----------------------------------------------------------------------
 */

/* A rank of this machine whose process is no more; -1: none. */
static int find_dead(void)
{
    const whereabouts *me = &world.where[world.rank];
    for (int r = 0; r < world.ranks; r++) {
        const whereabouts *w = &world.where[r];
        if (me->machine[0] && strcmp(w->machine, me->machine) == 0 &&
            w->space == me->space && kill((pid_t)w->process, 0) != 0 && errno == ESRCH)
            return r;
    }
    return -1;
}

static vq_status give_up(int dead, const char *why, vq_error *err)
{
    world.over = true;
    world.dead = dead;
    return vq_fail(err, VQ_EIO, "%s", why);
}

/* All requests on their way, to their end. */
static vq_status finish(vq_error *err)
{
    char why[64];
    const struct timespec rest = {0, 50000};
    for (int looks = 0;; looks++) {
        int done;
        if (MPI_Testall(world.n, world.requests, &done, MPI_STATUSES_IGNORE) !=
            MPI_SUCCESS)
            return give_up(world.rank, "the connection to another rank is lost", err);
        if (done)
            break;
        if (looks >= LOOKS)
            nanosleep(&rest, NULL);
        if (looks % LOOKS_A_CHECK == LOOKS_A_CHECK - 1) {
            int dead = find_dead();
            snprintf(why, sizeof why, "rank %d has died", dead);
            if (dead >= 0)
                return give_up(dead, why, err);
        }
    }
    world.n = 0;
    return VQ_OK;
}

/* Room for one more request. */
static MPI_Request *request(void)
{
    if (world.n == world.room) {
        int room = 2 * world.room + 64;
        MPI_Request *more = realloc(world.requests, (size_t)room * sizeof *more);
        if (!more)
            MPI_Abort(MPI_COMM_WORLD, vq_exit_code(VQ_ENOMEM));
        world.requests = more;
        world.room = room;
    }
    return &world.requests[world.n++];
}

static vq_status check_open(vq_error *err)
{
    return world.over ? vq_fail(err, VQ_EINTERNAL, "the ranks have parted") : VQ_OK;
}

/* Begin to send or to receive, in pieces whose sizes MPI can count. */
static void begin(int rank, bool receives, void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += MESSAGE_MAX) {
        const size_t left = bytes - at;
        const int n = (int)(left < MESSAGE_MAX ? left : MESSAGE_MAX);
        if (receives)
            MPI_Irecv((char *)data + at, n, MPI_BYTE, rank, 0, MPI_COMM_WORLD,
                      request());
        else
            MPI_Isend((const char *)data + at, n, MPI_BYTE, rank, 0, MPI_COMM_WORLD,
                      request());
    }
    world.cost.bytes += receives ? 0 : bytes;
}

/* ---- the calls --------------------------------------------------------------------
 */

/* The status and the message of the first rank that fares ill, for all. */
static vq_status spread(int from, vq_status mine, vq_error *err)
{
    vq_error told = {""};
    if (from == world.rank && err)
        told = *err;
    vq_status lost = VQ_OK;
    MPI_Ibcast(&told, sizeof told, MPI_BYTE, from, MPI_COMM_WORLD, request());
    if ((lost = finish(err)) != VQ_OK)
        return lost;
    world.over = true;
    vq_status status = from == world.rank ? mine : (vq_status)world.notes[from].status;
    return from == 0 ? vq_fail(err, status, "%s", told.message)
                     : vq_fail(err, status, "rank %d: %.1500s", from, told.message);
}

vq_status cluster_agree(vq_status mine, void *word, size_t bytes, vq_error *err)
{
    join();
    if (world.over || world.ranks == 1)
        return mine;
    const double began = clock_seconds();
    note own = {.status = (int32_t)mine};
    if (bytes > 0)
        memcpy(own.word, word, bytes);
    MPI_Iallgather(&own, sizeof own, MPI_BYTE, world.notes, sizeof own, MPI_BYTE,
                   MPI_COMM_WORLD, request());
    vq_status status = finish(err);
    for (int r = 0; r < world.ranks && status == VQ_OK; r++)
        if (world.notes[r].status != VQ_OK)
            status = spread(r, mine, err);
    if (status == VQ_OK && bytes > 0)
        memcpy(word, world.notes[0].word, bytes);
    world.cost.bytes += sizeof own * (size_t)(world.ranks - 1);
    world.cost.seconds += clock_seconds() - began;
    return status;
}

vq_status cluster_tell(void *data, size_t bytes, vq_error *err)
{
    vq_status status = check_open(err);
    for (size_t at = 0; at < bytes && status == VQ_OK; at += MESSAGE_MAX) {
        const size_t left = bytes - at;
        MPI_Ibcast((char *)data + at, (int)(left < MESSAGE_MAX ? left : MESSAGE_MAX),
                   MPI_BYTE, 0, MPI_COMM_WORLD, request());
        status = finish(err);
    }
    return status;
}

vq_status cluster_gather(void *all, const size_t *at, vq_error *err)
{
    const double began = clock_seconds();
    char *bytes = all;
    const size_t own = at[world.rank + 1] - at[world.rank];
    vq_status status;
    TRY(check_open(err));
    for (int i = 1; i < world.ranks; i++) {
        const int to = (world.rank + i) % world.ranks;
        const int from = (world.rank + world.ranks - i) % world.ranks;
        begin(from, true, bytes + at[from], at[from + 1] - at[from]);
        begin(to, false, bytes + at[world.rank], own);
    }
    status = finish(err);
    world.cost.seconds += clock_seconds() - began;
out:
    return status;
}

vq_status cluster_exchange(const cluster_message *messages, int n, vq_error *err)
{
    const double began = clock_seconds();
    vq_status status;
    TRY(check_open(err));
    for (int i = 0; i < n; i++)
        begin(messages[i].rank, messages[i].receives, messages[i].data,
              messages[i].bytes);
    status = finish(err);
    world.cost.seconds += clock_seconds() - began;
out:
    return status;
}
