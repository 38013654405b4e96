#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make small models with the names of two public systems, as their users save them.

Usage: tests/cli/foreign/make.py

Of each a file of torch.save, and the same tensors as safetensors. Needs torch and the
safetensors package.
"""
import os

import torch
from safetensors.torch import save_file

HIDDEN, RES, CODES, DIM = 2, 1, 4, 2


def shapes(convt):
    """The layers: name of mishalaskin's, of zalando's, weight's shape, has a bias."""
    h = HIDDEN
    yield "encoder.conv_stack.0", "_encoder._conv_1", (h // 2, 3, 4, 4), True
    yield "encoder.conv_stack.2", "_encoder._conv_2", (h, h // 2, 4, 4), True
    yield "encoder.conv_stack.4", "_encoder._conv_3", (h, h, 3, 3), True
    yield "pre_quantization_conv", "_pre_vq_conv", (DIM, h, 1, 1), True
    yield "vector_quantization.embedding", "_vq_vae._embedding", (CODES, DIM), False
    first = (DIM, h, 3, 3) if convt else (h, DIM, 3, 3)
    yield "decoder.inverse_conv_stack.0", "_decoder._conv_1", first, True
    yield "decoder.inverse_conv_stack.2", "_decoder._conv_trans_1", (h, h // 2, 4, 4), True
    yield "decoder.inverse_conv_stack.4", "_decoder._conv_trans_2", (h // 2, 3, 4, 4), True
    for side, name in (("encoder.conv_stack.5", "_encoder"),
                       ("decoder.inverse_conv_stack.1", "_decoder")):
        for i in (0, 1):
            for part, shape in ((1, (RES, h, 3, 3)), (3, (h, RES, 1, 1))):
                yield ("%s.stack.%d.res_block.%d" % (side, i, part),
                       "%s._residual_stack._layers.%d._block.%d" % (name, i, part),
                       shape, False)


def bias_of(shape, name):
    transposed = "inverse_conv_stack" in name or "_trans_" in name
    return shape[1] if transposed else shape[0]


def state(system):
    generator = torch.Generator().manual_seed(7)
    tensors, tied = {}, {}
    for misha, zalando, shape, has_bias in shapes(system == "mishalaskin"):
        name = misha if system == "mishalaskin" else zalando
        # the residual blocks of mishalaskin's are one, twice
        key = name.replace(".stack.1.", ".stack.0.")
        if system != "mishalaskin" or key not in tied:
            tied[key] = torch.randn(shape, generator=generator) / 4
        tensors[name + ".weight"] = tied[key]
        if has_bias:
            tensors[name + ".bias"] = torch.randn(bias_of(shape, name), generator=generator)
    return tensors


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    path = lambda name: os.path.join(folder, name)
    misha, zalando = state("mishalaskin"), state("zalando")
    torch.save({"model": {"module." + k: v for k, v in misha.items()},
                "results": {"n_updates": 3}}, path("mishalaskin.pth"))
    # channels last, as a network that was trained so keeps its weights
    last = {k: v.contiguous(memory_format=torch.channels_last) if v.ndim == 4 else v
            for k, v in zalando.items()}
    torch.save(last, path("zalando.pt"), _use_new_zipfile_serialization=False)
    for name, tensors in (("mishalaskin", misha), ("zalando", zalando)):
        save_file({k: v.clone() for k, v in tensors.items()}, path(name + ".safetensors"))


if __name__ == "__main__":
    main()
