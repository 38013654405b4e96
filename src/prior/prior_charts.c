/* SPDX-License-Identifier: MIT */
#include "prior/prior_charts.h"

#include <math.h>

int prior_panels(int k, plot_panel panel[PLOT_PANELS_MAX])
{
    panel[0] = (plot_panel){.title = "What a code costs",
                            .label = "nats a code",
                            .figure = {"nats", "validation"},
                            .mark = log(k),
                            .mark_label = "all codes alike"};
    panel[1] = (plot_panel){.title = "Codes foreseen",
                            .label = "share of the codes that were the likeliest",
                            .figure = {"hits"}};
    return 2;
}
