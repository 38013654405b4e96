/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/work.h"

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    char path[VQ_PATH_MAX];
    work w;
    vq_report_request request = {.runs = a->operand,
                                 .n_runs = a->n_operands,
                                 .out = args_value(a, "output"),
                                 .data_dir = args_value(a, "data-dir")};
    TRY(cli_int(a, "images", 0, INT_MAX, VQ_REPORT_IMAGES, &request.images, err));
    TRY(cli_int(a, "threads", 0, 1024, 0, &request.threads, err));
    work_start(&w, a, "measuring", &request.work, &request.user);
    status = vq_report(&request, path, err);
    work_finish(&w);
    if (status == VQ_OK && strcmp(path, "-") != 0) {
        text_print(stdout, path);
        putchar('\n');
    }
out:
    return status;
}

static const option options[] = {
    {{"output", "FILE.html",
      "the page to write; by default report.html in the first run", ""},
     'o'},
    {{"images", "N",
      "pictures of the test split to measure at most, evenly spread; 0: none, which is "
      "done at once",
      "1000"},
     0},
    {{"data-dir", "DIR",
      "where cifar10 and cifar100 are looked for; by default where the run found them",
      ""},
     0},
    {.letter = 0},
};

const command cmd_report = {
    .name = "report",
    .purpose = "look at it",
    .summary = "make a page that shows and compares trainings",
    .operands = "RUN [RUN2 ...]",
    .least = 1,
    .most = VQ_REPORT_RUNS_MAX,
    .options = options,
    .writes = (const char *const[]){"output", NULL},
    .groups = OPTION_THREADS | OPTION_QUIET,
    .about =
        "Write one page of HTML, with its pictures inside, on what 'train' or 'prior' "
        "left in run folders: the options that differ from the defaults, curves of all "
        "runs over one another, scores, samples, the best and the worst "
        "reconstructions, the atlas of codes and their use, and of a prior what it "
        "draws of each class. It needs no network, and has at most 3 MB.\n\n"
        "Scores, extremes and atlas are measured anew where the data of a run is found "
        "under the name it was trained with; else the page says so. A run that goes "
        "on, or never saved a model, gets what there is. RUN may be 'latest'.",
    .examples = "vqvae report runs/latest\n"
                "vqvae report runs/a runs/b -o compared.html\n"
                "vqvae report latest --images 0",
    .run = run,
};
