#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seconds of training to a PSNR of the test split, here and in PyTorch.

Both train the default recipe (preset best: batch 32, Adam, warm-up and a cosine schedule,
EMA codebook whose idle codes are revived) over the same number of steps, from their own
random weights, and must end at the PSNR or above: else the race is void, and wants another
--steps. For `vqvae` a time is a whole process, start-up and checkpoints included. PyTorch
is given the benefit of every doubt: its data lies in memory as floats, it runs channels_last
under torch.compile, and neither its import nor compilation is counted. The two run in turn;
the median of the pairs' ratios counts.

Installs nothing. Needs: build/vqvae, CIFAR-10, PyTorch, NumPy.
"""
import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The preset best, for PyTorch.
BATCH, LR, WARMUP, BETA, DECAY, REVIVE = 32, 2e-3, 200, 1., .95, 10


def race_vqvae(options, folder, seed):
    """(seconds, PSNR)"""
    out, data = os.path.join(folder, "run"), ["--data", "cifar10", "--data-dir", options.data_dir]
    start = time.perf_counter()
    subprocess.run([options.vqvae, "train", "--quiet", *data, "--out", out, "--force", "--seed",
                    str(seed), "--steps", str(options.steps), "--threads", str(options.threads),
                    "--sample-every", "0"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    scores = subprocess.run([options.vqvae, "eval", "--quiet", "--json", "--refine", "0", *data,
                             "--model", os.path.join(out, "model.safetensors")],
                            check=True, capture_output=True, text=True)
    return seconds, json.loads(scores.stdout)["psnr"]


class TorchRace:
    """PyTorch's side: data and compiled model stay, every race starts from new weights."""

    def __init__(self, options):
        import numpy as np
        import torch
        import torch_models as models

        self.torch, self.models, self.steps = torch, models, options.steps
        torch.set_num_threads(options.threads)
        self.layout = dict(memory_format=torch.channels_last)
        folder = os.path.join(options.data_dir, "cifar-10-batches-bin")
        train = np.concatenate([models.read_cifar(path) for path in
                                sorted(glob.glob(os.path.join(folder, "data_batch_*.bin")))])
        self.test = models.read_cifar(os.path.join(folder, "test_batch.bin"))
        var = models.variance(train)
        self.images = (torch.from_numpy(train).float() / 255 - .5).contiguous(**self.layout)
        self.model = models.make("sonnet", beta=BETA).to(**self.layout)
        self.model._vq_vae.decay = DECAY

        def forward(x):
            return self.model(x, var)["loss"]

        self.forward = torch.compile(forward) if options.compile else forward
        self.train(2)  # compiles

    def draw(self, seed):
        """New weights, in the tensors that are compiled in."""
        self.torch.manual_seed(seed)
        self.model.load_state_dict(self.models.make("sonnet", beta=BETA).state_dict())
        self.model._vq_vae.t = 0

    def rate(self, step):
        return min(1, (step + 1) / WARMUP) * (1 + math.cos(math.pi * step / self.steps)) / 2

    def train(self, steps):
        torch, quantizer = self.torch, self.model._vq_vae
        trained = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=LR, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.rate)
        order, at = torch.randperm(len(self.images)), 0
        used = torch.zeros(len(self.model.codebook()), dtype=torch.bool)
        for step in range(1, steps + 1):
            if at + BATCH > len(order):
                order, at = torch.randperm(len(self.images)), 0
            x = self.images[order[at:at + BATCH]].contiguous(**self.layout)
            at += BATCH
            optimizer.zero_grad(set_to_none=True)
            self.forward(x).backward()
            optimizer.step()
            schedule.step()
            self.model.after_step()
            rows, index = self.model.pending
            used[index] = True
            if step % REVIVE == 0:
                self.revive(quantizer, rows, ~used)
                used.zero_()

    def revive(self, quantizer, rows, idle):
        """Idle codes become rows of the batch, with sums of an average code."""
        with self.torch.no_grad():
            drawn = rows[self.torch.randperm(len(rows))[:int(idle.sum())]]
            size = quantizer._ema_cluster_size.mean()
            quantizer._embedding.weight[idle] = drawn
            quantizer._ema_cluster_size[idle] = size
            quantizer._ema_w[idle] = size * drawn

    def score(self):
        """PSNR of the mean MSE of 8-bit pixels over the test split."""
        torch, total = self.torch, 0.0
        with torch.inference_mode():
            for x in torch.split(torch.from_numpy(self.test), 250):
                z = self.model.encode(x.float() / 255 - .5)
                _, q = self.models.quantize(z, self.model.codebook())
                made = self.models.outputs(self.model, self.model.decode(q)) * 255
                error = made.clamp(0, 255).round() - x.float()
                total += float((error ** 2).double().sum())
        return 10 * math.log10(255 ** 2 / (total / self.test.size))

    def race(self, seed):
        """(seconds, PSNR)"""
        self.draw(seed)
        start = time.perf_counter()
        self.train(self.steps)
        return time.perf_counter() - start, self.score()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data-dir", default=os.path.join(ROOT, "data"))
    parser.add_argument("--psnr", type=float, default=24.0, help="dB to reach")
    parser.add_argument("--steps", type=int, default=1400, help="of either training")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    options = parser.parse_args()
    missing = [name for name in ("torch", "numpy") if subprocess.run(
        [sys.executable, "-c", "import " + name], capture_output=True, check=False).returncode]
    if missing:
        sys.exit("race_torch: %s has no %s" % (sys.executable, " and no ".join(missing)))
    os.environ.update(OPENBLAS_NUM_THREADS="1")
    torch_race, ours, theirs = TorchRace(options), [], []
    for seed in range(1, options.pairs + 1):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(race_vqvae(options, folder, seed))
        theirs.append(torch_race.race(seed))
        print("seed %d: vqvae %.1f s %.2f dB, PyTorch %.1f s %.2f dB" % (seed, *ours[-1], *theirs[-1]),
              flush=True)
    if min(psnr for _, psnr in ours + theirs) < options.psnr:
        sys.exit("race_torch: %g dB was not reached by all in %d steps" % (options.psnr,
                                                                         options.steps))
    print("\nto %.1f dB in %d steps: vqvae %.1f s, PyTorch %.1f s, ratio %.2f" % (
        options.psnr, options.steps, statistics.median(s for s, _ in ours),
        statistics.median(s for s, _ in theirs),
        statistics.median(b / a for (a, _), (b, _) in zip(ours, theirs))))


if __name__ == "__main__":
    main()
