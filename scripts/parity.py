#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live parity of `vqvae` with PyTorch: the systems of torch_models.py, the recipe of
torch_recipe.py, the codebook methods of torch_codebooks.py, codes refined as
parity_refine.py does.

Both start from the same weights and see the same batches. Compared are the figures of
every step, the model file (strict loading, names, bits after a round trip), the codes
and pixels that given weights produce, and the scores of `vqvae eval`. Then faults are
planted on PyTorch's side, and every check must object to its fault: a check that does
not is itself a failure. Prints a table; exits 1 on any violation.

The figures of training are compared from random weights at a small rate, those of
`--kernels reference` with PyTorch's in double precision. What is compared on given weights
uses the fast kernels, PyTorch's single precision and the model in the box.

Needs: build/vqvae, PyTorch, NumPy, safetensors, Pillow, scikit-image.
"""
import argparse
import contextlib
import copy
import json
import math
import os
import sys
import tempfile

from needs import need

need("numpy", "torch", "PIL", "safetensors", "skimage")
import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from skimage.metrics import structural_similarity

import torch_models as models
import torch_recipe as recipe
from parity_codebooks import check_codebooks
from parity_refine import check_refine
from parity_common import (BATCH_MAX, CODES, FIRST_STEPS, LR, PIXEL, RELATIVE, ROOT, SPREAD,
                           Table, decode_vqvae, first_steps, loss_error, share_different,
                           size_options, tensors_different, train_torch, train_vqvae,
                           trained_weights, vqvae, worst_pixel, worst_relative, worst_tensor,
                           write_start)

AVERAGE = 3e-3    # of averaged weights after training, by tensor
LATER = 1e-3      # of all losses, when rounding may have decided for some rows
LATER_PERPLEXITY = 1e-2
ROWS = 8          # of each code, before the first batch


# ---- PyTorch's side ------------------------------------------------------------------


@torch.inference_mode()
def encode_torch(model, pixels):
    codes = []
    for x in torch.split(models.inputs(model, pixels), 128):
        z = model.encode(x)
        index, _ = models.quantize(z, model.codebook())
        codes.append(index.view(len(x), z.shape[2], z.shape[3]))
    return torch.cat(codes).numpy()


@torch.inference_mode()
def decode_torch(model, codes):
    """Pixels in [0, 1], not clamped, [n, 3, h, w]"""
    out = []
    for index in torch.split(torch.from_numpy(codes.astype(np.int64)), 128):
        q = model.codebook()[index].permute(0, 3, 1, 2).contiguous()
        out.append(models.outputs(model, model.decode(q)))
    return torch.cat(out).numpy()


def scores_torch(pixels, exact, codes, var):
    """What `vqvae eval` reports, from scratch."""
    rounded = np.rint(np.clip(exact.astype(np.float64) * 255, 0, 255)).astype(np.uint8)
    mse8 = ((rounded.astype(np.float64) - pixels) ** 2).mean((1, 2, 3))
    mse = ((exact - pixels.astype(np.float64) / 255) ** 2).mean()
    ssim = [structural_similarity(a, b, channel_axis=0, data_range=255, sigma=1.5,
                                  gaussian_weights=True, use_sample_covariance=False)
            for a, b in zip(pixels, rounded)]
    luma = np.array([.299, .587, .114])
    ssim_luma = [structural_similarity(np.einsum("chw,c->hw", a.astype(np.float64), luma),
                                       np.einsum("chw,c->hw", b.astype(np.float64), luma),
                                       data_range=255, sigma=1.5, gaussian_weights=True,
                                       use_sample_covariance=False)
                 for a, b in zip(pixels, rounded)]
    used = np.bincount(codes.ravel())
    return dict(mse=mse, nmse=mse / var, psnr=10 * np.log10(255 ** 2 / mse8.mean()),
                psnr_mean=(10 * np.log10(255 ** 2 / mse8)).mean(), ssim=np.mean(ssim),
                ssim_luma=np.mean(ssim_luma),
                perplexity=models.perplexity(torch.from_numpy(codes.ravel()), len(used)),
                codes_used=int((used > 0).sum()),
                bpp=math.ceil(math.log2(512)) / 16)


# ---- faults --------------------------------------------------------------------------


def true_skip(model):
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False


def in_place_skip(model):
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = True


def beta_off(model):
    model.beta *= 1.01


def bias_off(model):
    dict(model.named_parameters())[first_bias(model)].data[0] += 1e-2


def first_bias(model):
    return next(name for name, _ in model.named_parameters() if name.endswith("bias"))


def decay_off(model):
    model._vq_vae.decay = .95


FAULTS = {
    "mishalaskin": [true_skip, beta_off, bias_off],
    "zalando": [true_skip, beta_off, bias_off, decay_off],
    "sonnet": [in_place_skip, beta_off, bias_off, decay_off],
}


# ---- the checks ----------------------------------------------------------------------


@torch.no_grad()
def spread_weights(preset, pixels, **sizes):
    """Random weights whose rows are spread out, as are the codes, which are such rows."""
    torch.manual_seed(1)
    model = models.make(preset, **sizes)
    last = model.pre_quantization_conv if preset == "mishalaskin" else model._pre_vq_conv
    last.weight *= SPREAD
    rows = models.rows_of(model.encode(models.inputs(model, pixels[:BATCH_MAX])))
    codes = model.codebook()
    codes.copy_(rows[torch.randperm(len(rows))[:len(codes)]])
    if preset == "zalando":  # whose averages do not start at nothing
        model._vq_vae._ema_cluster_size.fill_(ROWS)
        model._vq_vae._ema_w.copy_(ROWS * codes)
    return models.tensors(model)


def check_losses(table, options, preset, folder, pixels, var):
    """Train both from the same weights on the same batches."""
    weights = spread_weights(preset, pixels)
    batch = min(models.BATCH_SIZE[preset], BATCH_MAX)
    order = write_start(folder, weights, len(pixels), options.steps, batch)
    ours = train_vqvae(options, preset, folder, "reference", "--lr", LR)
    batches = [pixels[index] for index in order]
    theirs = train_torch(models.make(preset, lr=LR), weights, batches, var)
    table.row(preset, "steps logged, of %d" % options.steps, len(ours), len(theirs),
              len(ours) == len(theirs))
    table.row(preset, "first %d steps: losses, relative" % FIRST_STEPS,
              first_steps(ours, theirs), RELATIVE)
    for name, worst in loss_error(ours, theirs).items():
        table.row(preset, "%d steps: %s, relative" % (len(theirs), name), worst,
                  LATER if name != "perplexity" else LATER_PERPLEXITY)
    for fault in FAULTS[preset]:
        broken = train_torch(models.make(preset, lr=LR), weights, batches[:FIRST_STEPS], var,
                             fault)
        table.objects(preset, "the fault %s" % fault.__name__, first_steps(ours, broken),
                      RELATIVE)


def check_scale(table, options, preset, folder, pixels, var, downsample):
    """The names, the losses and so the gradients with one or three stages of stride 2."""
    folder = os.path.join(folder, "scale%d" % downsample)
    os.mkdir(folder)
    weights = spread_weights(preset, pixels, downsample=downsample)
    batch = min(models.BATCH_SIZE[preset], BATCH_MAX)
    order = write_start(folder, weights, len(pixels), options.steps, batch)
    ours = train_vqvae(options, preset, folder, "reference", "--lr", LR,
                       "--downsample", downsample)
    theirs = train_torch(models.make(preset, lr=LR, downsample=downsample), weights,
                         [pixels[index] for index in order[:FIRST_STEPS]], var)
    table.row(preset, "downsample %d: first losses, relative" % downsample,
              first_steps(ours, theirs), RELATIVE)
    tensors = load_file(os.path.join(folder, "reference", "model.safetensors"))
    model = loads_strictly(preset, tensors, downsample=downsample)
    table.row(preset, "downsample %d: load_state_dict(strict=True)" % downsample,
              model is None, 0)
    wrong = loads_strictly(preset, tensors, downsample=10 - downsample)
    table.objects(preset, "another downsample", wrong is None, 0)


def check_recipe(table, options, folder, pixels, var):
    """Train both with every option of the recipe, from random weights."""
    torch.manual_seed(1)
    weights = models.tensors(models.make("sonnet"))
    batch, steps = models.BATCH_SIZE["sonnet"], options.steps
    order = write_start(folder, weights, len(pixels), steps, batch)
    ours = train_vqvae(options, "sonnet", folder, "reference", *recipe.OPTIONS)
    average = load_file(os.path.join(folder, "reference", "model.safetensors"))
    batches = [pixels[index] for index in order]
    theirs, their_average = recipe.train(weights, batches, var, steps)
    for name, worst in loss_error(ours, theirs).items():
        limit = RELATIVE if name != "grad_norm" else 100 * RELATIVE
        table.row("recipe", "%d steps: %s, relative" % (steps, name), worst, limit)
    worst = worst_tensor(average, their_average)
    table.row("recipe", "averaged weights, relative", worst, AVERAGE)
    for fault, changes in recipe.FAULTS.items():
        broken, _ = recipe.train(weights, batches[:FIRST_STEPS], var, steps, **changes)
        seen = loss_error(ours[:FIRST_STEPS], broken)["loss"]
        table.objects("recipe", fault, seen, RELATIVE)
    _, broken = recipe.train(weights, batches, var, steps, keep=.4)
    table.objects("recipe", "a faster average", worst_tensor(average, broken), AVERAGE)


def trained_model(options, preset, folder):
    """A model file that vqvae wrote, of the trained weights."""
    start, out = os.path.join(folder, "trained.safetensors"), os.path.join(folder, "trained")
    weights = trained_weights(preset)
    save_file(weights, start)
    vqvae(options, "train", "--quiet", "--preset", preset, "--data", options.data, "--init",
          start, "--steps", 1, "--lr", "1e-30", "--batch-size", 8, "--out", out,
          *size_options(weights))
    return os.path.join(out, "model.safetensors")


def loads_strictly(preset, tensors, **sizes):
    model = models.make(preset, **models.residual_sizes(tensors), **sizes)
    with contextlib.suppress(RuntimeError):
        model.load_state_dict(tensors, strict=True)
        return model
    return None


def check_file(table, options, preset, folder, path):
    """Strict loading and bits; returns the model as PyTorch holds it."""
    tensors = load_file(path)
    model = loads_strictly(preset, tensors)
    table.row(preset, "load_state_dict(strict=True)", model is None, 0)
    if model is None:
        sys.exit("parity: %s does not load, so there is nothing more to compare" % path)
    held = models.tensors(model)
    table.row(preset, "tensors that differ once loaded", tensors_different(tensors, held), 0)
    with safe_open(path, "pt") as f:
        metadata = f.metadata()
    # Our checksum is of our bytes; who writes others leaves it and its version out.
    for key in "version", "vqvae.crc32":
        del metadata[key]
    again = os.path.join(folder, "again.safetensors")
    save_file(held, again, metadata)

    back = os.path.join(folder, "back.safetensors")
    vqvae(options, "export", "--model", again, back)
    table.row(preset, "tensors that differ after a round trip",
              tensors_different(load_file(back), held), 0)

    # The packed codes carry the model's fingerprint.
    packed = []
    for source in (path, again):
        target = os.path.join(folder, "codes.vqt")
        vqvae(options, "encode", "--refine", 0, "--model", source, options.sample, "-o", target)
        with open(target, "rb") as f:
            packed.append(f.read())
    table.row(preset, "same fingerprint, saved by either", packed[0] != packed[1], 0)
    check_file_faults(table, preset, held)
    return model, again


def check_file_faults(table, preset, held):
    name = next(iter(held))
    broken = dict(held)
    broken[name + "s"] = broken.pop(name)
    table.objects(preset, "a renamed tensor", loads_strictly(preset, broken) is None, 0)
    broken = dict(held)
    bits = broken[name].clone().view(torch.int32)
    bits.view(-1)[0] ^= 1
    broken[name] = bits.view(torch.float32)
    seen = tensors_different(broken, held)
    table.row(preset, "  objects to one bit in one tensor", seen, 0, seen == 1)


def check_forward(table, options, preset, folder, path, model, pixels, var):
    codes_path = os.path.join(folder, "codes.npy")
    vqvae(options, "encode", "--refine", 0, "--model", path, options.sample, "-o", codes_path)
    ours, theirs = np.load(codes_path).astype(np.int32), encode_torch(model, pixels)
    table.row(preset, "%d codes: share that differs" % theirs.size,
              share_different(ours, theirs), CODES)
    pictures = decode_vqvae(options, folder, path, codes_path)
    exact = decode_torch(model, ours)
    table.row(preset, "%d pixels: error beyond rounding" % exact.size,
              worst_pixel(pictures, exact), PIXEL)
    said = json.loads(vqvae(options, "eval", "--json", "--refine", 0, "--model", path,
                            "--data", options.sample))
    scores = scores_torch(pixels, exact, ours, var)
    for name, value in scores.items():
        table.row(preset, "eval: %s, relative" % name, worst_relative([said[name]], [value]),
                  RELATIVE)

    # Faults: one bias of the encoder, one of the decoder, both far below eight bits.
    broken = copy.deepcopy(model)
    with torch.no_grad():
        for name, p in broken.named_parameters():
            if name.endswith("bias"):
                p[0] += 1e-2 if "decoder" not in name else 2e-3 * model.scale
    seen = share_different(ours, encode_torch(broken, pixels))
    table.objects(preset, "biases of the encoder + .01", seen, CODES)
    off = decode_torch(broken, ours)
    seen = worst_pixel(pictures, off)
    table.objects(preset, "biases of the decoder + .002", seen, PIXEL)
    # Of a shift and its opposite one at least makes the error larger.
    seen = max(worst_relative([said["mse"]], [((shifted - pixels / 255) ** 2).mean()])
               for shifted in (off, 2 * exact - off))
    table.row(preset, "  eval: objects to the same", seen, RELATIVE, seen > RELATIVE)


def smooth_images(path, n):
    """A CIFAR-style file of random colour gradients, where there are no real images."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (n, 3, 4, 4)).astype(np.uint8)
    records = np.zeros((n, 3073), np.uint8)
    for i, image in enumerate(coarse.transpose(0, 2, 3, 1)):
        large = np.asarray(Image.fromarray(image).resize((32, 32), Image.BICUBIC))
        records[i, 1:] = large.transpose(2, 0, 1).ravel()
    records.tofile(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data", help="a CIFAR-style .bin file (default: random gradients)")
    parser.add_argument("--presets", nargs="+", default=models.PRESETS, choices=models.PRESETS)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--images", type=int, default=1024, help="to encode and evaluate")
    options = parser.parse_args()
    options.vqvae = os.path.abspath(options.vqvae)
    print("PyTorch %s, %d steps, %d images" % (torch.__version__, options.steps,
                                               options.images))
    table = Table()
    with tempfile.TemporaryDirectory() as top:
        if not options.data:
            options.data = os.path.join(top, "smooth.bin")
            smooth_images(options.data, 2048)
        pixels = models.read_cifar(options.data)
        var = models.variance(pixels)
        options.sample = os.path.join(top, "sample.bin")
        records = np.fromfile(options.data, np.uint8, options.images * 3073)
        records.tofile(options.sample)
        sample = pixels[:options.images]
        for preset in options.presets:
            folder = os.path.join(top, preset)
            os.mkdir(folder)
            check_losses(table, options, preset, folder, pixels, var)
            for downsample in 2, 8:
                check_scale(table, options, preset, folder, pixels, var, downsample)
            path = trained_model(options, preset, folder)
            model, again = check_file(table, options, preset, folder, path)
            check_forward(table, options, preset, folder, again, model, sample, var)
        folder = os.path.join(top, "recipe")
        os.mkdir(folder)
        check_recipe(table, options, folder, pixels, var)
        check_codebooks(table, options, folder, pixels, var)
        folder = os.path.join(top, "refine")
        os.mkdir(folder)
        check_refine(table, options, folder, sample)
    if table.failed:
        sys.exit("parity: %d checks failed" % table.failed)
    print("parity: every check holds, and every planted fault was seen")


if __name__ == "__main__":
    main()
