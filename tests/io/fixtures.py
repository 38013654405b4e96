#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the fixtures that other people's programs write.

Usage: tests/io/fixtures.py safetensors >tests/io/safetensors.inc
       tests/io/fixtures.py npy >tests/io/npy.inc
       tests/io/fixtures.py torch >tests/io/torch.inc

Needs numpy and torch, and the safetensors package for the first.
"""
import io
import sys

import numpy as np


def show(name, data):
    """Print data as a C array."""
    print("static const unsigned char %s[] = {" % name)
    for i in range(0, len(data), 16):
        print("    " + " ".join("%d," % x for x in data[i:i + 16]))
    print("};")


def safetensors():
    import torch
    from safetensors.torch import save

    show("python_common", save({
        "bias": torch.tensor([0.5, -1.5, 3.25]),
        "conv.weight": torch.arange(12, dtype=torch.float32).reshape(2, 3, 1, 2) - 4,
        "count": torch.tensor([[7, -8]], dtype=torch.int32),
        "half": torch.tensor([1, -2, 65504, 2 ** -24], dtype=torch.float16),
        "step": torch.tensor(1 << 40),
        "bytes": torch.tensor([1, 2, 255], dtype=torch.uint8),
    }, {"format": "pt"}))
    show("python_other", save({
        "brain": torch.tensor([1, -2, 3.140625], dtype=torch.bfloat16),
        "double": torch.tensor([1 / 3, 1e300], dtype=torch.float64),
        "none": torch.zeros(0, 5),
        "true": torch.tensor([True, False]),
    }))


def npy():
    codes = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    for name, array in [("python_i4", codes.astype("<i4")), ("python_i8", codes),
                        ("python_u2_big", codes.astype(">u2")),
                        ("python_i1_fortran", np.asfortranarray(codes.astype("i1"))),
                        ("python_u4_both", np.asfortranarray(codes.astype(">u4")))]:
        out = io.BytesIO()
        np.save(out, array)
        show(name, out.getvalue())


def torch():
    import torch

    def save(value, zipped):
        out = io.BytesIO()
        torch.save(value, out, _use_new_zipfile_serialization=zipped)
        return out.getvalue()

    a = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    tensors = {
        "a": a,
        "turned": a.t(),
        "tied": a,
        "column": a[:, 1],
        "brain": torch.tensor([1, -2, 3.140625], dtype=torch.bfloat16),
        "weight": torch.nn.Parameter(torch.tensor([0.5, -1.5])),
        "half": torch.tensor([1, -2, 65504], dtype=torch.float16),
        "double": torch.tensor(1 / 3, dtype=torch.float64),
        "step": torch.tensor(1 << 40),
    }
    show("torch_zip", save({**tensors, "epoch": 3}, True))
    show("torch_legacy", save({**tensors, "epoch": 3}, False))
    # what a training of mishalaskin/vqvae keeps: averages and NumPy's scalars beside it
    show("torch_nested", save({
        "ema": {"a": a + 1},
        "model": torch.nn.Linear(2, 1).state_dict(),
        "results": {"loss": [np.float32(0.5), np.array(0.25), 2 ** 70, None, True]},
        "hyperparameters": {"lr": 1e-3},
    }, False))


if __name__ == "__main__":
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by tests/io/fixtures.py %s. */" % sys.argv[1])
    {"safetensors": safetensors, "npy": npy, "torch": torch}[sys.argv[1]]()
