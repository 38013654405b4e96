# SPDX-License-Identifier: MIT
"""Parity of `--refine` with PyTorch: the part of parity.py that chooses codes by what
they decode to, written from the rule in src/codec/refine.h with torch.autograd.

The same model takes the same passes on both sides. A row between two codes to the last
bit may go either way, and then the rest of its picture follows; so pictures are counted,
and few may differ at all.
"""
import os

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import torch_codebooks as codebooks
import torch_models as models
from parity_codebooks import random_model
from parity_common import trained_weights, vqvae

PASSES = 1, 3, 10
IMAGES = 128
DIFFERENT = .05   # share of pictures
ENLARGED = 8      # the last layer of random weights, which hardly move pixels otherwise
METHODS = "cosine", "fsq", "2 levels", "2 heads"
FAULTS = {
    "a first step of .3": dict(first_step=.3),
    "no pull": dict(pull=0),
    "steps that do not shrink": dict(shrink=0),
    "the last pass, not the best": dict(best=False),
}


def nearest(quantizer, z):
    """(index [rows, books], q [rows, D])"""
    left, total, indices = z, torch.zeros_like(z), []
    for level in range(quantizer.levels):
        index, q = quantizer.nearest(left, level)
        indices.append(index)
        left, total = left - q, total + q
    return torch.cat(indices, 1), total.detach()


def decode(model, q, shape):
    """Rows of n pictures -> pixels in [0, 1], not clamped"""
    n, d, h, w = shape
    return models.outputs(model, model.decode(q.view(n, h, w, d).permute(0, 3, 1, 2)))


def refine(model, pixels, passes, first_step=.35, pull=.12, shrink=1, best=True):
    """The codes of pictures uint8 [n, 3, h, w] after so many passes, [n, values]."""
    n = len(pixels)
    wanted = torch.from_numpy(pixels.astype(np.float32)) / 255
    with torch.no_grad():
        z = model.encode(models.inputs(model, pixels))
        shape, z = z.shape, model._vq_vae.given(models.rows_of(z))
    index, q = nearest(model._vq_vae, z)
    kept, least, eta = index.view(n, -1), None, None
    for t in range(passes + 1):
        q.requires_grad_(True)
        y = decode(model, q, shape)
        with torch.no_grad():
            rounded = torch.floor(y.clamp(0, 1) * 255 + .5)
            error = (rounded - wanted * 255).square().sum((1, 2, 3)).round()
            if least is None:
                least = error
            better = error < least if best else torch.ones(n, dtype=bool)
            kept = torch.where(better[:, None], index.view(n, -1), kept)
            least = torch.where(better, error, least)
        if t == passes:
            return kept.numpy()
        # in the units of the model's output, as the program has it
        slope, = torch.autograd.grad((y - wanted).square().sum(), q)
        with torch.no_grad():
            away = z - q
            if eta is None:
                eta = first_step * (away.view(n, -1).norm(dim=1) /
                                    slope.view(n, -1).norm(dim=1))
            share = 1 - shrink * t / (passes + 1)
            rows = eta.repeat_interleave(len(z) // n)[:, None]
            z = z - share * rows * slope - pull * away
            index, q = nearest(model._vq_vae, z)
    return kept.numpy()


def check(table, options, path, name, model, pixels):
    codes = path + ".npy"

    def different(ours, theirs):
        return float((ours != theirs).any(1).mean())

    for passes in PASSES:
        vqvae(options, "encode", "--refine", passes, "--model", path, options.sample, "-o",
              codes)
        ours = np.load(codes)[:len(pixels)].reshape(len(pixels), -1)
        table.row("refine", "%s, %d passes: pictures that differ" % (name, passes),
                  different(ours, refine(model, pixels, passes)), DIFFERENT)
    for fault, changes in FAULTS.items():
        table.objects("refine", fault,
                      different(ours, refine(model, pixels, passes, **changes)), DIFFERENT)


def written(options, folder, model, *arguments):
    """Have vqvae write the model, whose codes its averages move once."""
    start, out = os.path.join(folder, "start.safetensors"), os.path.join(folder, "run")
    save_file(models.tensors(model), start)
    vqvae(options, "train", "-q", "--preset", "sonnet", "--data", options.sample, "--init",
          start, "--steps", 1, "--lr", "1e-30", "--batch-size", 8, "--out", out, *arguments)
    path = os.path.join(out, "model.safetensors")
    model.load_state_dict(load_file(path), strict=True)
    return path


def box():
    weights = trained_weights("sonnet")
    model = codebooks.Model({}, **models.residual_sizes(weights))
    model.load_state_dict(weights, strict=True)
    return model


def restless_model(method):
    """Random weights whose pixels move with their codes."""
    model = random_model(method)
    with torch.no_grad():
        for part in model._decoder._conv_trans_2.parameters():
            part *= ENLARGED
    return model


def check_refine(table, options, folder, pixels):
    for name in ["box", *METHODS]:
        arguments, method, _ = codebooks.METHODS.get(name, ("", None, None))
        model = restless_model(method) if method else box()
        at = os.path.join(folder, str(len(os.listdir(folder))))
        os.mkdir(at)
        path = written(options, at, model, *arguments.split())
        check(table, options, path, name, model, pixels[:IMAGES])
