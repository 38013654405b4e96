/* SPDX-License-Identifier: MIT */
#include "train/charts.h"

#include <stdio.h>
#include <string.h>

int charts_panels(const vq_config *config, plot_panel panel[PLOT_PANELS_MAX])
{
    panel[0] = (plot_panel){.title = "Error of the training batches",
                            .label = "MSE over the variance of the data",
                            .figure = {"nmse"},
                            .log_y = true};
    panel[1] = (plot_panel){.title = "Pictures held out",
                            .label = "PSNR in dB",
                            .figure = {"held_out_psnr"},
                            .from_least = true};
    panel[2] = (plot_panel){.title = "Perplexity of the training batches",
                            .label = "codes, if all were used alike",
                            .figure = {"perplexity"},
                            .mark = config->codes,
                            .mark_label = "all codes"};
    return 3;
}

vq_status charts_usage(const vq_config *config, double *count, const char *folder,
                       vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    const int n = config->levels * config->heads;
    snprintf(path, sizeof path, "%s/usage.svg", folder);
    vq_status status = plot_usage(count, n, config->codes, path, err);
    memset(count, 0, (size_t)n * (size_t)config->codes * sizeof *count);
    return status;
}
