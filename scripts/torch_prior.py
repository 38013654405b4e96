# SPDX-License-Identifier: MIT
"""A gated PixelCNN over codes in PyTorch, written after the paper (van den Oord et al.
2016, arXiv:1606.05328) with the names of the public one: kernels are whole, and their
masked taps are set to zero at every pass."""
import torch
import torch.nn.functional as F
from torch import nn


class Layer(nn.Module):
    def __init__(self, width, classes, kernel, mask):
        super().__init__()
        half = kernel // 2
        self.half, self.mask, self.residual = half, mask, mask == "B"
        self.class_cond_embedding = nn.Embedding(classes, 2 * width)
        self.vert_stack = nn.Conv2d(width, 2 * width, (half + 1, kernel), padding=half)
        self.vert_to_horiz = nn.Conv2d(2 * width, 2 * width, 1)
        self.horiz_stack = nn.Conv2d(width, 2 * width, (1, half + 1), padding=(0, half))
        self.horiz_resid = nn.Conv2d(width, width, 1)

    def masked(self, conv, down):
        weight = conv.weight
        if self.mask == "A":
            keep = torch.ones_like(weight)
            if down:
                keep[:, :, -1] = 0
            else:
                keep[:, :, :, -1] = 0
            weight = weight * keep
        return weight

    def forward(self, v, h, label):
        rows, columns = v.shape[2:]
        condition = self.class_cond_embedding(label)[:, :, None, None]
        a = F.conv2d(v, self.masked(self.vert_stack, True), self.vert_stack.bias,
                     padding=self.half)[:, :, :rows]
        b = F.conv2d(h, self.masked(self.horiz_stack, False), self.horiz_stack.bias,
                     padding=(0, self.half))[:, :, :, :columns]
        b = gate(self.vert_to_horiz(a) + b + condition)
        out = self.horiz_resid(b)
        return gate(a + condition), out + h if self.residual else out


def gate(x):
    a, b = x.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class PixelCNN(nn.Module):
    def __init__(self, codes, width, depth, head, classes):
        super().__init__()
        self.embedding = nn.Embedding(codes, width)
        self.layers = nn.ModuleList(
            Layer(width, classes, 7 if i == 0 else 3, "A" if i == 0 else "B")
            for i in range(depth))
        self.output_conv = nn.Sequential(nn.Conv2d(width, head, 1), nn.ReLU(),
                                         nn.Conv2d(head, codes, 1))

    def forward(self, codes, label):
        v = h = self.embedding(codes).permute(0, 3, 1, 2)
        for layer in self.layers:
            v, h = layer(v, h, label)
        return self.output_conv(h)
