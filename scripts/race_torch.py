#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seconds of training until the test split reaches a PSNR, here and in PyTorch.

Both train the default recipe (preset sonnet: batch 32, Adam at 3e-4, EMA codebook) from
their own random weights. Training stops every so many steps to look at the PSNR of the
mean MSE over the whole test split; only the seconds of training count. For `vqvae` these
are whole processes that resume each other, start-up and checkpoints included. PyTorch is
given the benefit of every doubt: its data lies in memory as floats, it runs channels_last
under torch.compile, and neither its import nor compilation is counted.

Installs nothing. Needs: build/vqvae, CIFAR-10, PyTorch, NumPy.
"""
import argparse
import glob
import json
import math
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BATCH = 32


def vqvae_seconds(options, folder):
    """(seconds, steps, PSNR) when the target is reached."""
    out, data = os.path.join(folder, "run"), ["--data", "cifar10", "--data-dir", options.data_dir]
    seconds, steps, psnr = 0.0, 0, 0.0
    while psnr < options.psnr and steps < options.limit:
        steps += options.every
        start = time.perf_counter()
        subprocess.run([options.vqvae, "train", "--quiet", *data, "--out", out, "--steps", str(steps),
                        "--threads", str(options.threads), "--sample-every", "0",
                        *(["--resume"] if steps > options.every else [])],
                       check=True, stdout=subprocess.DEVNULL)
        seconds += time.perf_counter() - start
        scores = subprocess.run([options.vqvae, "eval", "--quiet", "--json", *data, "--model",
                                 os.path.join(out, "model.safetensors")],
                                check=True, capture_output=True, text=True)
        psnr = json.loads(scores.stdout)["psnr"]
        print("vqvae    %6d steps %7.1f s  %.2f dB" % (steps, seconds, psnr), flush=True)
    return seconds, steps, psnr


def torch_seconds(options):
    import numpy as np
    import torch
    import torch_models as models

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    layout = dict(memory_format=torch.channels_last)
    folder = os.path.join(options.data_dir, "cifar-10-batches-bin")
    train = np.concatenate([models.read_cifar(path) for path in
                            sorted(glob.glob(os.path.join(folder, "data_batch_*.bin")))])
    test = models.read_cifar(os.path.join(folder, "test_batch.bin"))
    var = models.variance(train)
    images = (torch.from_numpy(train).float() / 255 - .5).contiguous(**layout)
    model = models.make("sonnet").to(**layout)
    optimizer = model.optimizer(fused=True)
    forward = torch.compile(lambda x: model(x, var)["loss"]) if options.compile else (
        lambda x: model(x, var)["loss"])

    def step(x):
        optimizer.zero_grad(set_to_none=True)
        forward(x).backward()
        optimizer.step()
        model.after_step()

    @torch.inference_mode()
    def score():
        total = 0.0
        for x in torch.split(torch.from_numpy(test), 250):
            _, q = models.quantize(model.encode(x.float() / 255 - .5), model.codebook())
            made = (models.outputs(model, model.decode(q)) * 255).clamp(0, 255).round()
            total += float(((made - x.float()) ** 2).double().sum())
        return 10 * math.log10(255 ** 2 / (total / test.size))

    state = {k: v.clone() for k, v in model.state_dict().items()}
    step(images[:BATCH])  # compiles
    model.load_state_dict(state)
    model._vq_vae.t = 0
    optimizer = model.optimizer(fused=True)
    order = torch.randperm(len(images))
    seconds, steps, psnr, at = 0.0, 0, 0.0, 0
    while psnr < options.psnr and steps < options.limit:
        start = time.perf_counter()
        for _ in range(options.every):
            if at + BATCH > len(order):
                order, at = torch.randperm(len(images)), 0
            step(images[order[at:at + BATCH]].contiguous(**layout))
            at += BATCH
        seconds += time.perf_counter() - start
        steps += options.every
        psnr = score()
        print("PyTorch  %6d steps %7.1f s  %.2f dB" % (steps, seconds, psnr), flush=True)
    return seconds, steps, psnr


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data-dir", default=os.path.join(ROOT, "data"))
    parser.add_argument("--psnr", type=float, default=24.0, help="dB to reach")
    parser.add_argument("--every", type=int, default=250, help="steps between looks")
    parser.add_argument("--limit", type=int, default=20000, help="steps after which to give up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="PyTorch's")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    options = parser.parse_args()
    missing = [name for name in ("torch", "numpy") if subprocess.run(
        [sys.executable, "-c", "import " + name], capture_output=True, check=False).returncode]
    if missing:
        sys.exit("race_torch: %s has no %s" % (sys.executable, " and no ".join(missing)))
    os.environ.update(OPENBLAS_NUM_THREADS="1")
    with tempfile.TemporaryDirectory() as folder:
        ours = vqvae_seconds(options, folder)
    theirs = torch_seconds(options)
    if ours[2] < options.psnr or theirs[2] < options.psnr:
        sys.exit("race_torch: %g dB was not reached" % options.psnr)
    print("\nto %.1f dB: vqvae %.1f s, PyTorch %.1f s, ratio %.2f" % (
        options.psnr, ours[0], theirs[0], theirs[0] / ours[0]))


if __name__ == "__main__":
    main()
