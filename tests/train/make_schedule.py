#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print the figures of test_schedule.c: what PyTorch's schedulers make of a rate of 1.

usage: make_schedule.py     (needs PyTorch)
"""
import torch
from torch.optim import lr_scheduler as sched

STEPS, WARMUP, END, EVERY, FACTOR = 20, 5, .1, .3, .25


def rates(*make):
    """The rate of each of STEPS updates."""
    opt = torch.optim.SGD([torch.zeros(1)], lr=1.)
    schedulers = [m(opt) for m in make]
    out = []
    for _ in range(STEPS):
        out.append(opt.param_groups[0]["lr"])
        opt.step()
        for s in schedulers:
            s.step()
    return out


def warmup(opt):
    return sched.LinearLR(opt, start_factor=1 / WARMUP, end_factor=1, total_iters=WARMUP - 1)


def cosine(opt, end=0.):
    return sched.CosineAnnealingLR(opt, T_max=STEPS, eta_min=end)


def step(opt):
    return sched.StepLR(opt, step_size=round(EVERY * STEPS), gamma=FACTOR)


for name, made in (("warmed", rates(warmup)),
                   ("cosine", rates(cosine)),
                   ("cosine_end", rates(lambda opt: cosine(opt, END))),
                   ("stepped", rates(step)),
                   ("warmed_cosine", rates(cosine, warmup)),
                   ("warmed_stepped", rates(step, warmup))):
    print("static const float %s[STEPS] = {%s};" % (name, ", ".join("%.9gf" % x if x % 1 else
                                                                      "%d" % x for x in made)))
