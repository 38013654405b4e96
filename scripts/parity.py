#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live parity of `vqvae` with PyTorch: the systems of torch_models.py, the recipe of
torch_recipe.py.

Both start from the same weights and see the same batches. Compared are the figures of
every step, the model file (strict loading, names, bits after a round trip), the codes
and pixels that given weights produce, and the scores of `vqvae eval`. Then faults are
planted on PyTorch's side, and every check must object to its fault: a check that does
not is itself a failure. Prints a table; exits 1 on any violation.

The figures of training are compared from random weights with `--kernels reference`.
There, nearly all rows start at nearly the same distance from many codes, and the last bit
decides which they take: within 20 steps PyTorch departs from PyTorch with oneDNN switched
off by up to some 1e-4, how far depends on the machine. So the first steps must agree to
1e-4, and all of them to 1e-4 or twice what PyTorch departs from itself in this very run.
--chaos shows the fast kernels beside it. What is compared on given weights uses the fast
kernels and the model in the box.

Needs: build/vqvae, PyTorch, NumPy, safetensors, Pillow, scikit-image.
"""
import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from skimage.metrics import structural_similarity

import torch_models as models
import torch_recipe as recipe

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELATIVE = 1e-4   # of every loss
PIXEL = 1e-4      # of reconstructions, pixels in [0, 1]
CODES = 1e-4      # share of codes that may differ
AVERAGE = 3e-3    # of averaged weights after training, by tensor


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


# ---- PyTorch's side ------------------------------------------------------------------


def train_torch(preset, weights, batches, var, fault=None, **sizes):
    """The figures of every step, from the same weights and batches."""
    model = models.make(preset, **sizes)
    model.load_state_dict(weights, strict=True)
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


def loss_error(ours, theirs):
    """The worst relative difference of each figure PyTorch reports."""
    return {name: worst_relative([line[name] for line in ours],
                                 [line[name] for line in theirs])
            for name in theirs[0]}


def trained_weights(preset):
    """The model in the box as initial weights of any of the systems."""
    box = {name: t.float() for name, t in
           load_file(os.path.join(ROOT, "data", "cifar10.safetensors")).items()}
    return models.renamed_to_mishalaskin(box) if preset == "mishalaskin" else box


def random_weights(preset):
    torch.manual_seed(1)
    return models.tensors(models.make(preset))


def own_departure(preset, weights, batches, var, theirs):
    """How far PyTorch departs from itself with other kernels: what rounding alone does."""
    with torch.backends.mkldnn.flags(enabled=False):
        return loss_error(train_torch(preset, weights, batches, var), theirs)


def loss_limits(own):
    """The limit of each figure, given PyTorch's departure from itself."""
    return {name: max(RELATIVE if name != "perplexity" else 100 * RELATIVE, 2 * error)
            for name, error in own.items()}


def first_steps(ours, theirs):
    """The worst of all figures but perplexity before rounding has grown."""
    errors = loss_error(ours[:FIRST_STEPS], theirs[:FIRST_STEPS])
    return max(errors[name] for name in errors if name != "perplexity")


# Zalando's codes start as noise far from every row, and at its own batch of 256 the pull
# towards them makes the commitment loss depart by 8e-3 in 20 steps.
BATCH_MAX = 64
FIRST_STEPS = 5  # before rounding has grown; enough for every fault to show


def write_start(folder, weights, n, steps, batch):
    """Leave initial weights and an order of n images; returns the order, [steps, batch]."""
    order = np.random.default_rng(2).integers(0, n, (steps, batch))
    save_file(weights, os.path.join(folder, "init.safetensors"))
    np.save(os.path.join(folder, "order.npy"), order.astype(np.int32).ravel())
    return order


def train_vqvae(options, preset, folder, kernels, *more):
    """The figures of every step that vqvae logs, with the given kernels."""
    out = os.path.join(folder, kernels)
    vqvae(options, "train", "--quiet", "--preset", preset, "--data", options.data,
          "--init", os.path.join(folder, "init.safetensors"),
          "--order", os.path.join(folder, "order.npy"), "--kernels", kernels,
          "--batch-size", min(models.BATCH_SIZE[preset], BATCH_MAX),
          "--steps", options.steps, "--log-every", 1, "--out", out, *more)
    with open(os.path.join(out, "log.jsonl")) as f:
        return [json.loads(line) for line in f]


def check_losses(table, options, preset, folder, pixels, var):
    """Train both from the same weights on the same batches."""
    weights = random_weights(preset)
    batch = min(models.BATCH_SIZE[preset], BATCH_MAX)
    order = write_start(folder, weights, len(pixels), options.steps, batch)
    ours = train_vqvae(options, preset, folder, "reference")
    batches = [pixels[index] for index in order]
    theirs = train_torch(preset, weights, batches, var)
    table.row(preset, "steps logged, of %d" % options.steps, len(ours), len(theirs),
              len(ours) == len(theirs))
    table.row(preset, "first %d steps: losses, relative" % FIRST_STEPS,
              first_steps(ours, theirs), RELATIVE)
    own = own_departure(preset, weights, batches, var, theirs)
    limits = loss_limits(own)
    for name, worst in loss_error(ours, theirs).items():
        table.row(preset, "%d steps: %s, relative" % (len(theirs), name), worst, limits[name])
    for fault in FAULTS[preset]:
        broken = train_torch(preset, weights, batches[:FIRST_STEPS], var, fault)
        table.objects(preset, "the fault %s" % fault.__name__, first_steps(ours, broken),
                      RELATIVE)
    if options.chaos:
        fast = loss_error(train_vqvae(options, preset, folder, "auto"), theirs)
        for who, errors in ("PyTorch without oneDNN", own), ("fast kernels", fast):
            table.row(preset, who + ": loss, relative", errors["loss"], RELATIVE, True)


def check_scale(table, options, preset, folder, pixels, var, downsample):
    """The names, the losses and so the gradients with one or three stages of stride 2."""
    folder = os.path.join(folder, "scale%d" % downsample)
    os.mkdir(folder)
    torch.manual_seed(1)
    weights = models.tensors(models.make(preset, downsample=downsample))
    batch = min(models.BATCH_SIZE[preset], BATCH_MAX)
    order = write_start(folder, weights, len(pixels), options.steps, batch)
    ours = train_vqvae(options, preset, folder, "reference", "--downsample", downsample)
    theirs = train_torch(preset, weights, [pixels[index] for index in order[:FIRST_STEPS]],
                         var, downsample=downsample)
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
    weights = random_weights("sonnet")
    batch, steps = models.BATCH_SIZE["sonnet"], options.steps
    order = write_start(folder, weights, len(pixels), steps, batch)
    ours = train_vqvae(options, "sonnet", folder, "reference", *recipe.OPTIONS)
    average = load_file(os.path.join(folder, "reference", "model.safetensors"))
    batches = [pixels[index] for index in order]
    theirs, their_average = recipe.train(weights, batches, var, steps)
    for name, worst in loss_error(ours, theirs).items():
        limit = RELATIVE if name != "grad_norm" else 100 * RELATIVE
        table.row("recipe", "%d steps: %s, relative" % (steps, name), worst, limit)
    worst = recipe.worst_tensor(average, their_average)
    table.row("recipe", "averaged weights, relative", worst, AVERAGE)
    for fault, changes in recipe.FAULTS.items():
        broken, _ = recipe.train(weights, batches[:FIRST_STEPS], var, steps, **changes)
        seen = loss_error(ours[:FIRST_STEPS], broken)["loss"]
        table.objects("recipe", fault, seen, RELATIVE)
    _, broken = recipe.train(weights, batches, var, steps, keep=.4)
    table.objects("recipe", "a faster average", recipe.worst_tensor(average, broken), AVERAGE)


def trained_model(options, preset, folder):
    """A model file that vqvae wrote, of the trained weights."""
    start, out = os.path.join(folder, "trained.safetensors"), os.path.join(folder, "trained")
    save_file(trained_weights(preset), start)
    vqvae(options, "train", "--quiet", "--preset", preset, "--data", options.data, "--init",
          start, "--steps", 1, "--lr", "1e-30", "--batch-size", 8, "--out", out)
    return os.path.join(out, "model.safetensors")


def loads_strictly(preset, tensors, **sizes):
    model = models.make(preset, **sizes)
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
        vqvae(options, "encode", "--model", source, options.sample, "-o", target)
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
    vqvae(options, "encode", "--model", path, options.sample, "-o", codes_path)
    ours, theirs = np.load(codes_path), encode_torch(model, pixels)
    table.row(preset, "%d codes: share that differs" % theirs.size,
              share_different(ours, theirs), CODES)
    each = os.path.join(folder, "each")
    vqvae(options, "decode", "--model", path, codes_path, "--each", each)
    pictures = np.stack([np.asarray(Image.open(os.path.join(each, name)))
                         for name in sorted(os.listdir(each))]).transpose(0, 3, 1, 2)
    exact = decode_torch(model, ours)
    table.row(preset, "%d pixels: error beyond rounding" % exact.size,
              worst_pixel(pictures, exact), PIXEL)
    said = json.loads(vqvae(options, "eval", "--json", "--model", path, "--data",
                            options.sample))
    scores = scores_torch(pixels, exact, ours, var)
    for name, value in scores.items():
        table.row(preset, "eval: %s, relative" % name, worst_relative([said[name]], [value]),
                  RELATIVE)

    # Faults: one bias of the encoder, one of the decoder, both far below eight bits.
    broken = models.make(preset)
    broken.load_state_dict(model.state_dict())
    with torch.no_grad():
        for name, p in broken.named_parameters():
            if name.endswith("bias"):
                p[0] += 1e-2 if "decoder" not in name else 2e-3 * model.scale
    seen = share_different(ours, encode_torch(broken, pixels))
    table.objects(preset, "biases of the encoder + .01", seen, CODES)
    off = decode_torch(broken, ours)
    seen = worst_pixel(pictures, off)
    table.objects(preset, "biases of the decoder + .002", seen, PIXEL)
    seen = worst_relative([said["mse"]], [((off - pixels / 255) ** 2).mean()])
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
    parser.add_argument("--chaos", action="store_true",
                        help="show how far other kernels of either program depart")
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
    if table.failed:
        sys.exit("parity: %d checks failed" % table.failed)
    print("parity: every check holds, and every planted fault was seen")


if __name__ == "__main__":
    main()
