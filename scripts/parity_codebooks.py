# SPDX-License-Identifier: MIT
"""Parity of the codebook methods with PyTorch: the part of parity.py that compares the
quantizers of torch_codebooks.py.

Each method trains five steps on both sides from the same random weights: the first
figures compare its forward, the later ones its gradient, the tensors after them its
update. Then both encode and decode with those tensors. K-means and reviving draw at
random, so they are held to what they promise: means as good as Lloyd's from PyTorch, and
idle codes that are encoder outputs of the batch.

The rows are spread out and the learning rate is small, so that rounding hardly ever
decides which code a row takes.
"""
import os

import numpy as np
import torch
from safetensors.torch import load_file

import torch_codebooks as codebooks
import torch_models as models
from parity_common import (FIRST_STEPS, LR, PIXEL, RELATIVE, SPREAD, decode_vqvae,
                           first_steps, share_different, size_options, train_torch,
                           train_vqvae, trained_weights, vqvae, worst_pixel, worst_relative,
                           worst_tensor, write_start)

BATCH = models.BATCH_SIZE["sonnet"]
TENSORS = 1e-5    # of a tensor's length, after training
INERTIA = .02     # of k-means, beside the range that other starts give
TIES = 1e-3       # share of their codes that may differ: rows between two, to the last bit
FORWARD_IMAGES = 128
KMEANS_ROWS, KMEANS_ITERATIONS = 16 * 512, 10


def random_model(method, **sizes):
    """Random weights whose rows spread over the codes, where the last bit decides little."""
    torch.manual_seed(1)
    model = codebooks.Model(method, lr=LR, **sizes)
    with torch.no_grad():
        model._pre_vq_conv.weight *= SPREAD
    return model


def check_method(table, options, folder, pixels, var, name):
    arguments, method, faults = codebooks.METHODS[name]
    model = random_model(method)
    weights = models.tensors(model)
    order = write_start(folder, weights, len(pixels), FIRST_STEPS, BATCH)
    batches = [pixels[index] for index in order]
    ours = train_vqvae(options, "sonnet", folder, "reference", "--steps", FIRST_STEPS,
                       "--lr", LR, *arguments.split())
    theirs = train_torch(model, weights, batches, var)
    table.row(name, "%d steps: losses, relative" % FIRST_STEPS, first_steps(ours, theirs),
              RELATIVE)
    path = os.path.join(folder, "reference", "model.safetensors")
    tensors = load_file(path)
    table.row(name, "tensors after them, relative", worst_tensor(tensors, model.saved()),
              TENSORS)
    for fault in faults:
        broken = train_torch(random_model(method), weights, batches, var,
                             lambda model, fault=fault: fault(model._vq_vae))
        seen = first_steps(ours, broken)
        table.objects(name, "the fault %s" % fault.__name__, seen, RELATIVE)
    model.load_state_dict(tensors, strict=True)
    check_codes(table, options, folder, path, model, pixels[:FORWARD_IMAGES], name)


def pixels_of(model, index, shape):
    """What codes [rows, books] decode to, in [0, 1], not clamped; shape is z's."""
    n, d, h, w = shape
    q = model.rows_of_codes(index).view(n, h, w, d).permute(0, 3, 1, 2)
    return models.outputs(model, model.decode(q)).numpy()


@torch.inference_mode()
def check_codes(table, options, folder, path, model, pixels, name):
    """Codes and pixels that given tensors produce, by the fast kernels."""
    z = model.encode(models.inputs(model, pixels))
    n, k = len(z), len(model.codebook())
    theirs = model._vq_vae(models.rows_of(z))[0]
    codes_path = os.path.join(folder, "codes.npy")
    vqvae(options, "encode", "--refine", 0, "--model", path, options.sample, "-o", codes_path)
    ours = np.load(codes_path)[:n]
    table.row(name, "%d codes: share that differs" % theirs.numel(),
              share_different(ours.reshape(theirs.shape), theirs.numpy()), TIES)
    pictures = decode_vqvae(options, folder, path, codes_path)[:n]
    index = torch.from_numpy(ours.astype(np.int64)).reshape(theirs.shape)
    table.row(name, "%d pixels: error beyond rounding" % pictures.size,
              worst_pixel(pictures, pixels_of(model, index, z.shape)), PIXEL)
    table.objects(name, "codes that are one too high",
                  worst_pixel(pictures, pixels_of(model, (index + 1) % k, z.shape)), PIXEL)


# ---- k-means and reviving ------------------------------------------------------------


def trained_model():
    """The model in the box with a codebook that a gradient moves."""
    weights = trained_weights("sonnet")
    model = random_model(dict(rule="gradient"), **models.residual_sizes(weights))
    model.load_state_dict({name: t for name, t in weights.items() if "_ema_" not in name})
    return model


def one_step(options, folder, model, *arguments):
    """What vqvae logs of one step from the model at no rate, and the codes it leaves."""
    ours = train_vqvae(options, "sonnet", folder, "reference", "--steps", 1, "--codebook",
                       "gradient", "--lr", "1e-30", *size_options(models.tensors(model)),
                       *arguments)
    after = load_file(os.path.join(folder, "reference", "model.safetensors"))
    return ours[0], after["_vq_vae._embedding.weight"]


def inertia(rows, codes):
    """Mean squared distance to the nearest code."""
    return float(models.distances(rows, codes).min(1).values.clamp_min(0).mean())


def lloyd(rows, seed, iterations=KMEANS_ITERATIONS):
    codes = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:512]]
    for _ in range(iterations):
        index = models.distances(rows, codes).argmin(1)
        sums = torch.zeros_like(codes).index_add_(0, index, rows)
        counts = torch.bincount(index, minlength=len(codes))[:, None]
        codes = torch.where(counts > 0, sums / counts.clamp_min(1), codes)
    return codes


@torch.no_grad()
def check_kmeans(table, options, folder, pixels):
    model = trained_model()
    order = write_start(folder, models.tensors(model), len(pixels), KMEANS_ROWS // 64 // BATCH,
                        BATCH)
    _, codes = one_step(options, folder, model, "--init-codes", "kmeans")
    rows = models.rows_of(model.encode(models.inputs(model, pixels[order.ravel()])))
    theirs = [inertia(rows, lloyd(rows, seed)) for seed in range(5)]

    def outside(value):
        """How far above the worst of PyTorch's, relative; 0 is as good."""
        return max(0., value / max(theirs) - 1)

    table.row("k-means", "mean squared distance, above PyTorch's", outside(inertia(rows, codes)),
              INERTIA)
    table.objects("k-means", "one iteration", outside(inertia(rows, lloyd(rows, 9, 1))), INERTIA)


@torch.no_grad()
def check_revive(table, options, folder, pixels):
    model = trained_model()
    codes = model._vq_vae._embedding.weight
    codes[::2] = 100.
    order = write_start(folder, models.tensors(model), len(pixels), 1, BATCH)
    ours, after = one_step(options, folder, model, "--revive", 1)
    rows = models.rows_of(model.encode(models.inputs(model, pixels[order[0]])))
    used = torch.bincount(models.distances(rows, codes).argmin(1), minlength=len(codes)) > 0
    table.row("revive", "codes revived, relative",
              worst_relative([ours["revived"]], [int((~used).sum())]), 0)
    table.row("revive", "used codes that moved", int((after[used] != codes[used]).sum()), 0)

    def from_rows(revived):
        """The largest distance of a revived code to an encoder output, relative."""
        away = torch.cdist(revived.double(), rows.double()).min(1).values
        return float((away / revived.norm(dim=1)).max())

    table.row("revive", "new codes beside the batch's rows", from_rows(after[~used]), RELATIVE)
    table.objects("revive", "codes that are not rows", from_rows(after[~used] * 1.01), RELATIVE)


def check_codebooks(table, options, folder, pixels, var):
    for number, name in enumerate(codebooks.METHODS):
        at = os.path.join(folder, str(number))
        os.mkdir(at)
        check_method(table, options, at, pixels, var, name)
    for check in check_kmeans, check_revive:
        at = os.path.join(folder, check.__name__)
        os.mkdir(at)
        check(table, options, at, pixels)
