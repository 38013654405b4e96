#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live parity of the prior with a gated PixelCNN in PyTorch, written for this check
(torch_prior.py).

Compared are the likelihood of codes under given weights, the losses of 20 steps from the
same weights on the same batches, and files: PyTorch's load here with whatever lies under
the masks, ours load there strictly and hold zeros there. PyTorch's own causality is
checked, that of `vqvae` by its tests. Then faults are planted on PyTorch's side, and every
check must object. Prints a table; exits 1 on any violation.

Needs: build/vqvae, PyTorch, NumPy, safetensors.
"""
import argparse
import json
import os
import sys
import tempfile

from needs import need

need("numpy", "torch", "safetensors")
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from parity_common import ROOT, Table, vqvae, worst_relative
from torch_prior import PixelCNN

K, WIDTH, DEPTH, HEAD, CLASSES = 512, 24, 5, 32, 10
BATCH, STEPS, LR = 16, 20, 1e-3
LIKELIHOOD = 2e-6  # of nats a code, relative
LOSSES = 2e-5      # of every step's loss, relative


def nats(model, codes, label):
    return F.cross_entropy(model(codes, label), codes)


@torch.no_grad()
def likelihood(model, codes, label):
    parts = [nats(model, c, y).item() * len(c)
             for c, y in zip(codes.split(64), label.split(64))]
    return sum(parts) / len(codes)


@torch.no_grad()
def causality(model, codes, label):
    """Most that a changed code moves any logit that is not later, for square grids."""
    before, worst = model(codes, label), 0.0
    for at in range(codes[0].numel()):
        changed = codes.clone()
        changed.view(len(codes), -1)[:, at] += 1
        moved = (model(changed % K, label) - before).abs().flatten(2)
        worst = max(worst, moved[:, :, :at + 1].max().item())
    return worst


def train_torch(model, codes, label, order):
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=LR), []
    for step in range(STEPS):
        pick = order[step * BATCH:(step + 1) * BATCH]
        loss = nats(model, codes[pick], label[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_vqvae(options, start, order, data, folder):
    np.save(os.path.join(folder, "order.npy"), np.asarray(order, dtype=np.int32))
    out = os.path.join(folder, "run")
    vqvae(options, "prior", "--data", data, "--init", start, "--out", out, "--force",
          "--order", os.path.join(folder, "order.npy"), "--steps", STEPS, "--lr", LR,
          "--batch-size", BATCH, "--width", WIDTH, "--depth", DEPTH, "--head", HEAD,
          "--schedule", "constant", "--warmup", 0, "--clip", 0, "--weight-ema", 0,
          "--nameless", 0, "--validation", 0, "--no-flip", "--log-every", 1, "-q")
    with open(os.path.join(out, "log.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    return [line["nats"] for line in lines if "nats" in line], out + "/model.safetensors"


def eval_vqvae(options, prior, data):
    text = vqvae(options, "eval", "--json", "--refine", 0, "--prior", prior, "--data", data, "-q")
    return json.loads(text)["nats"]


def under_masks(state):
    first = "layers.0."
    return [state[first + "vert_stack.weight"][:, :, -1],
            state[first + "horiz_stack.weight"][:, :, :, -1]]


def save(model, path):
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, path)


def check_likelihood(table, options, model, codes, label, data, path):
    ours = eval_vqvae(options, path, data)
    right = worst_relative([ours], [likelihood(model, codes, label)])
    table.row("prior", "nats a code under given weights", right, LIKELIHOOD)
    wrong = worst_relative([ours], [likelihood(model, codes, label.roll(1))])
    table.objects("prior", "classes of other pictures", wrong, LIKELIHOOD)
    model.layers[0].mask = "B"
    leak = worst_relative([ours], [likelihood(model, codes, label)])
    table.objects("prior", "a mask that sees its own code", leak, LIKELIHOOD)
    model.layers[0].mask = "A"


def check_causality(table, model, codes, label):
    table.row("prior", "a changed code moves no earlier logit",
              causality(model, codes, label), 1e-5)
    model.layers[0].mask = "B"
    table.objects("prior", "a mask that sees its own code",
                  causality(model, codes, label), 1e-5)
    model.layers[0].mask = "A"


def check_training(table, options, model, codes, label, data, path, folder):
    order = np.random.default_rng(3).permutation(len(codes)).tolist()
    order = (order * (STEPS * BATCH // len(order) + 1))[:STEPS * BATCH]
    state = {k: v.clone() for k, v in model.state_dict().items()}
    theirs = train_torch(model, codes, label, order)
    ours, trained = train_vqvae(options, path, order, data, folder)
    table.row("prior", "losses of %d steps" % STEPS, worst_relative(ours, theirs), LOSSES)
    model.load_state_dict(state)
    other = train_torch(model, codes, label, order[::-1])
    table.objects("prior", "another order", worst_relative(ours, other), LOSSES)
    return trained, theirs


def check_files(table, options, model, codes, label, data, trained, folder):
    state = load_file(trained)
    model.load_state_dict(state, strict=True)
    zeros = max(part.abs().max().item() for part in under_masks(state))
    table.row("prior", "largest value under the masks of our file", zeros, 0)
    ours = eval_vqvae(options, trained, data)
    table.row("prior", "our file in PyTorch, nats a code",
              worst_relative([ours], [likelihood(model, codes, label)]), LIKELIHOOD)
    for part in under_masks(state):
        part.fill_(float("nan"))
    path = os.path.join(folder, "junk.safetensors")
    save_file(state, path)
    again = eval_vqvae(options, path, data)
    table.row("prior", "NaN under the masks of a file is not seen",
              worst_relative([again], [ours]), 0)
    state.pop("layers.1.horiz_resid.bias")
    save_file(state, path)
    refused = not os.system("! '%s' eval -q --prior '%s' --data '%s' 2>/dev/null"
                            % (options.vqvae, path, data))
    table.row("prior", "a file that lacks a tensor is refused", 0, 0, refused)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data", required=True, help="a CIFAR-10 .bin file")
    parser.add_argument("--images", type=int, default=256)
    options = parser.parse_args()
    torch.manual_seed(0)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "some.bin")
        with open(options.data, "rb") as f:
            records = f.read(3073 * options.images)
        with open(data, "wb") as f:
            f.write(records)
        label = torch.tensor([records[i * 3073] for i in range(options.images)])
        vqvae(options, "encode", "--refine", 0, data, "-o", os.path.join(folder, "codes.npy"), "-q")
        codes = torch.from_numpy(np.load(os.path.join(folder, "codes.npy"))).long()
        model = PixelCNN(K, WIDTH, DEPTH, HEAD, CLASSES)
        path = os.path.join(folder, "start.safetensors")
        save(model, path)
        check_likelihood(table, options, model, codes, label, data, path)
        check_causality(table, model, codes[:4], label[:4])
        trained, _ = check_training(table, options, model, codes, label, data, path, folder)
        check_files(table, options, model, codes, label, data, trained, folder)
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
