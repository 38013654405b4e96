# SPDX-License-Identifier: MIT
"""What the parity checks share: the table of results, the comparisons, and `vqvae`
trained on given weights and batches. Used by parity.py and parity_codebooks.py.
"""
import json
import math
import os
import subprocess
import sys

import numpy as np
from PIL import Image
from safetensors.torch import load_file, save_file

import torch_models as models

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELATIVE = 1e-4   # of every loss
PIXEL = 1e-4      # of reconstructions, pixels in [0, 1]
CODES = 1e-4      # share of codes that may differ

BATCH_MAX = 64    # so that 20 steps of a preset take seconds
FIRST_STEPS = 5  # before rounding has grown; enough for every fault to show

# From random weights all rows of the encoder are nearly one, as far from many codes, and
# the last bit decides which they take. Spread out they are told apart, and at a small rate
# they keep their codes.
SPREAD = 10
LR = 1e-5


class Table:
    """Rows of check, worst figure, limit; remembers whether one failed."""

    def __init__(self):
        self.failed = 0
        print("%-12s %-44s %10s %10s" % ("preset", "check", "worst", "limit"))

    def row(self, preset, check, worst, limit, ok=None):
        ok = worst <= limit if ok is None else ok
        self.failed += not ok
        print("%-12s %-44s %10.2e %10.2e %s" % (preset, check, worst, limit,
                                                 "" if ok else " FAILED"), flush=True)

    def objects(self, preset, fault, seen, limit):
        """A fault was planted, which must show."""
        self.row(preset, "  objects to %s" % fault, seen, limit, seen > limit)


def vqvae(options, *arguments):
    command = [options.vqvae, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit("parity: `%s` exits %d: %s" % (" ".join(command), done.returncode,
                                                done.stderr.strip()))
    return done.stdout


# ---- comparisons: each gives its worst figure, NaN counts as infinitely bad ----------


def worst_relative(ours, theirs):
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        error = abs(a - b) / max(abs(b), 1e-30)
        worst = max(worst, error if error == error else math.inf)
    return worst


def share_different(ours, theirs):
    if ours.shape != theirs.shape:
        return math.inf
    return float((ours != theirs).mean())


def worst_pixel(rounded, exact):
    """
    How far an 8-bit picture is from rounding the exact one, in [0, 1] units. A decoder
    that is off by e shows up here as e, because some of the many pixels lie within e of
    a rounding boundary.
    """
    exact = np.clip(exact.astype(np.float64) * 255, 0, 255)
    over = np.abs(rounded.astype(np.float64) - exact) - .5
    return max(0.0, float(over.max()) / 255) if np.isfinite(over).all() else math.inf


def tensors_different(ours, theirs):
    """How many tensors differ in name, shape or any bit."""
    names = set(ours) | set(theirs)
    return sum(name not in ours or name not in theirs or
               ours[name].shape != theirs[name].shape or
               ours[name].numpy().tobytes() != theirs[name].numpy().tobytes()
               for name in names)


def worst_tensor(ours, theirs):
    """The largest distance of two tensors of one name, relative to their length."""
    if ours.keys() != theirs.keys():
        return math.inf
    worst = 0.0
    for name, t in theirs.items():
        error = float((ours[name] - t).norm() / t.norm())
        worst = max(worst, error if error == error else math.inf)
    return worst


# ---- training, here and in PyTorch ---------------------------------------------------


def train_torch(model, weights, batches, var, fault=None):
    """
    The figures of every step, from the same weights and batches, in double precision: they
    do not depend on the kernels that PyTorch has for the machine, as they do in single.
    """
    model.load_state_dict(weights, strict=True)
    model.double()
    if fault:
        fault(model)
    optimizer = model.optimizer()
    figures = []
    for pixels in batches:
        parts = models.train_step(model, optimizer, models.inputs(model, pixels), var)
        index = parts.pop("index")
        figure = {name: float(value.detach()) for name, value in parts.items()}
        figure["nmse"] = figure["recon"] / model.scale ** 2
        figure["perplexity"] = models.perplexity(index, len(model.codebook()))
        figures.append(figure)
    return figures


def loss_error(ours, theirs):
    """The worst relative difference of each figure PyTorch reports."""
    return {name: worst_relative([line[name] for line in ours],
                                 [line[name] for line in theirs])
            for name in theirs[0]}


def first_steps(ours, theirs):
    """The worst of all figures but perplexity before rounding has grown."""
    errors = loss_error(ours[:FIRST_STEPS], theirs[:FIRST_STEPS])
    return max(errors[name] for name in errors if name != "perplexity")


def trained_weights(preset):
    """The model in the box as initial weights of any of the systems."""
    box = {name: t.float() for name, t in
           load_file(os.path.join(ROOT, "data", "cifar10.safetensors")).items()}
    return models.renamed_to_mishalaskin(box) if preset == "mishalaskin" else box


def size_options(weights):
    """The sizes of a model's residual blocks, as options of `vqvae train`."""
    sizes = models.residual_sizes(weights)
    return ["--res-layers", sizes["layers"], "--res-hidden", sizes["res_hidden"]]


def write_start(folder, weights, n, steps, batch):
    """Leave initial weights and an order of n images; returns the order, [steps, batch]."""
    order = np.random.default_rng(2).integers(0, n, (steps, batch))
    save_file(weights, os.path.join(folder, "init.safetensors"))
    np.save(os.path.join(folder, "order.npy"), order.astype(np.int32).ravel())
    return order


def decode_vqvae(options, folder, path, codes_path):
    """The pictures that vqvae makes of a file of codes, uint8 [n, 3, h, w]."""
    each = os.path.join(folder, "each")
    vqvae(options, "decode", "--model", path, codes_path, "--each", each)
    return np.stack([np.asarray(Image.open(os.path.join(each, name)))
                     for name in sorted(os.listdir(each))]).transpose(0, 3, 1, 2)


def train_vqvae(options, preset, folder, kernels, *more):
    """The figures of every step that vqvae logs, with the given kernels."""
    out = os.path.join(folder, kernels)
    vqvae(options, "train", "--quiet", "--preset", preset, "--data", options.data,
          "--init", os.path.join(folder, "init.safetensors"),
          "--order", os.path.join(folder, "order.npy"), "--kernels", kernels,
          "--batch-size", min(models.BATCH_SIZE[preset], BATCH_MAX),
          "--steps", options.steps, "--log-every", 1, "--out", out, *more)
    with open(os.path.join(out, "log.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    return [line for line in lines if "note" not in line]
