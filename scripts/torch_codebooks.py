# SPDX-License-Identifier: MIT
"""The codebook methods in PyTorch: the sonnet model with every quantizer that `vqvae
train` has, as options of one class, and the faults that parity must see.

Rows are the [n h w, D] encoder outputs. A book is one codebook [K, d]; a level is the
books of the heads side by side, d = D / heads. Names of tensors are those of our files.
Used by parity_codebooks.py.
"""
import torch
from torch import nn
from torch.nn import functional as F

import torch_models as models

FSQ_EPS = 1e-3


def turned(z, q):
    """q, as a function of z that turns and stretches it (Fifty et al. 2024)."""
    length = q.norm(dim=1, keepdim=True) / z.norm(dim=1, keepdim=True)
    u, v = F.normalize(z, dim=1).detach(), F.normalize(q, dim=1)
    w = F.normalize(u + v, dim=1)
    along = (z * w).sum(1, keepdim=True)
    return length.detach() * (z - 2 * along * w + 2 * (z * u).sum(1, keepdim=True) * v)


class Weight(nn.Module):
    """A matrix by the name of NAME.weight."""

    def __init__(self, weight, trained):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=trained)


class Quantizer(nn.Module):
    def __init__(self, rule="ema", code_dim=64, codes=512, levels=1, heads=1, cosine=False,
                 rotation=False, fsq=(), beta=.25, decay=.99, eps=1e-5):
        super().__init__()
        self.rule, self.cosine, self.rotation, self.fsq_levels = rule, cosine, rotation, fsq
        self.levels, self.heads, self.beta, self.decay, self.eps = levels, heads, beta, decay, eps
        self.t, self.residual, self.fsq_eps, self.fsq_odd = 0, True, FSQ_EPS, 0.
        books, d = levels * heads, code_dim // heads
        shape = (books, codes, d) if books > 1 else (codes, d)
        start = torch.empty(shape).uniform_(-1, 1) * (3 / code_dim) ** .5
        if cosine:
            start = F.normalize(start, dim=-1)
        if rule == "simvq":
            self._frozen = Weight(start, False)
            self._linear = Weight(torch.empty(d, d).uniform_(-1, 1) / d ** .5, True)
            start = start @ self._linear.weight.detach().t()
        elif rule == "fsq":
            start = self.fsq_row(torch.arange(codes))
        self._embedding = Weight(start, rule == "gradient")
        if rule == "ema":
            self.register_buffer("_ema_w", torch.zeros(shape))
            self.register_buffer("_ema_cluster_size", torch.zeros(shape[:-1]))

    def books(self):
        """[levels * heads, K, d]"""
        if self.rule == "simvq":
            return (self._frozen.weight @ self._linear.weight.t())[None]
        e = self._embedding.weight
        return e if e.dim() == 3 else e[None]

    def fsq_row(self, index):
        """Codes -> rows of levels, the first of which turns over fastest."""
        digits = []
        for level in self.fsq_levels:
            digits.append((index % level - level // 2) / (level // 2))
            index = index // level
        return torch.stack(digits, -1)

    def bounded(self, z):
        """Rows of fsq before the rounding, and the middle of each level."""
        levels = torch.tensor(self.fsq_levels)
        half = (levels - 1) * (1 + self.fsq_eps) / 2
        off = torch.where(levels % 2 == 1, self.fsq_odd, .5)
        return torch.tanh(z + torch.atanh(off / half)) * half - off, levels // 2

    def fsq(self, z):
        """(index, q) of Mentzer et al. 2023, rounding with a straight-through gradient."""
        bounded, middle = self.bounded(z)
        digit = bounded.round().detach() + middle
        place = torch.cumprod(torch.tensor((1,) + tuple(self.fsq_levels[:-1])), 0)
        q = (bounded + (bounded.round() - bounded).detach()) / middle
        return (digit.long() * place).sum(1, keepdim=True), q

    def given(self, z):
        """Rows of the encoder as they are compared with codes."""
        if self.rule == "fsq":
            bounded, middle = self.bounded(z)
            return bounded / middle
        return F.normalize(z, dim=1) if self.cosine else z

    def nearest(self, left, level):
        """(index [rows, heads], q [rows, D]) of one level."""
        books = self.books()[level * self.heads:(level + 1) * self.heads]
        index = [models.distances(part, e).argmin(1).detach()
                 for part, e in zip(left.chunk(self.heads, 1), books)]
        return torch.stack(index, 1), torch.cat([e[i] for i, e in zip(index, books)], 1)

    def forward(self, z):
        """Rows -> (index [rows, books], q with the gradient to z, codebook, commitment)."""
        if self.rule == "fsq":
            index, q = self.fsq(z)
            return index, q, torch.zeros(()), torch.zeros(())
        if self.cosine:
            z = F.normalize(z, dim=1)
        left, total, codebook, commitment = z, 0, 0., 0.
        indices, self.seen = [], []
        for level in range(self.levels):
            index, q = self.nearest(left if self.residual else z, level)
            indices.append(index)
            self.seen += list(left.detach().chunk(self.heads, 1))
            codebook = codebook + F.mse_loss(q, left.detach())
            commitment = commitment + self.beta * F.mse_loss(left, q.detach())
            left, total = left - q.detach(), total + q.detach()
        q = turned(z, total) if self.rotation else z + (total - z).detach()
        return torch.cat(indices, 1), q, codebook, commitment

    @torch.no_grad()
    def update(self, index):
        """After the optimizer's step."""
        if self.rule == "ema":
            self.t += 1
            e = self._embedding.weight
            for book, part in enumerate(self.seen):
                at = (book,) if e.dim() == 3 else ()
                self.move(e[at], self._ema_cluster_size[at], self._ema_w[at], part,
                          index[:, book])
        elif self.rule == "simvq":
            self._embedding.weight.copy_(self.books()[0])
        elif self.cosine:
            self._embedding.weight.copy_(F.normalize(self._embedding.weight, dim=1))

    def move(self, e, size, total, rows, index):
        counts = torch.bincount(index, minlength=len(e)).to(rows.dtype)
        size.mul_(self.decay).add_(counts, alpha=1 - self.decay)
        total.mul_(self.decay).add_(torch.zeros_like(e).index_add_(0, index, rows),
                                    alpha=1 - self.decay)
        n = size / self.correction()
        smoothed = (n + self.eps) / (n.sum() + len(e) * self.eps) * n.sum()
        mean = total / self.correction() / smoothed[:, None]
        if self.cosine:
            moved = total.norm(dim=1, keepdim=True) > 0
            mean = torch.where(moved, F.normalize(total, dim=1, eps=1e-30), e)
        e.copy_(mean)

    def correction(self):
        """What zero-debiasing divides by."""
        return 1 - self.decay ** self.t


class Model(models.Zalando):
    """The sonnet preset with another quantizer."""

    def __init__(self, method, **sizes):
        super().__init__(code_dim=method.get("code_dim", 64), relu_skip=False, **sizes)
        self._vq_vae = Quantizer(**method)

    def codebook(self):
        return self._vq_vae.books()[0]

    def forward(self, x, variance):
        z = self.encode(x)
        n, d, h, w = z.shape
        index, q, codebook, commitment = self._vq_vae(models.rows_of(z))
        x_hat = self.decode(q.view(n, h, w, d).permute(0, 3, 1, 2))
        recon = F.mse_loss(x_hat, x) / variance
        parts = dict(recon=recon, commitment=commitment, index=index)
        if self._vq_vae.rule in ("gradient", "simvq"):
            parts["codebook"] = codebook
        loss = sum(parts[name] for name in parts if name != "index")
        self.pending = index
        return dict(parts, loss=loss)

    def after_step(self):
        self._vq_vae.update(self.pending)

    def rows_of_codes(self, index):
        """[rows, books] -> [rows, D]"""
        quantizer = self._vq_vae
        if quantizer.rule == "fsq":
            return quantizer.fsq_row(index[:, 0]).to(quantizer._embedding.weight.dtype)
        parts = [e[i] for i, e in zip(index.t(), quantizer.books())]
        heads = quantizer.heads
        return sum(torch.cat(parts[level:level + heads], 1)
                   for level in range(0, len(parts), heads))

    def saved(self):
        """The tensors as a model file has them, the averages without their debiasing."""
        tensors = models.tensors(self)
        for name in ("_vq_vae._ema_w", "_vq_vae._ema_cluster_size"):
            if name in tensors:
                tensors[name] /= self._vq_vae.correction()
        return tensors


# ---- faults: what a wrong quantizer would do -----------------------------------------


def beta_off(quantizer):
    quantizer.beta *= 1.01


def decay_off(quantizer):
    quantizer.decay = .95


def copied_gradient(quantizer):
    quantizer.rotation = False


def no_residual(quantizer):
    quantizer.residual = False


def swapped_heads(quantizer):
    quantizer._embedding.weight.data = quantizer._embedding.weight.data.flip(0)


def any_length(quantizer):
    quantizer.cosine = False


def codes_that_learn(quantizer):
    quantizer._frozen.weight.requires_grad_(True)


def no_map(quantizer):
    quantizer._linear.weight.requires_grad_(False)


def odd_as_even(quantizer):
    quantizer.fsq_odd = .5


def wider_levels(quantizer):
    quantizer.fsq_eps = 1e-2


# name: options of `vqvae train`, of Quantizer, faults
METHODS = {
    "ema": ("", {}, [beta_off, decay_off]),
    "gradient": ("--codebook gradient", dict(rule="gradient"), [beta_off]),
    "simvq": ("--codebook simvq", dict(rule="simvq"), [beta_off, codes_that_learn, no_map]),
    "fsq": ("--codebook fsq --fsq-levels 8,8,8", dict(rule="fsq", fsq=(8, 8, 8), code_dim=3),
            [wider_levels]),
    "fsq, odd": ("--codebook fsq --fsq-levels 7,5,5,5",
                 dict(rule="fsq", fsq=(7, 5, 5, 5), code_dim=4, codes=875), [odd_as_even]),
    "D = 4": ("--code-dim 4", dict(code_dim=4), [beta_off, decay_off]),
    "cosine": ("--cosine", dict(cosine=True), [any_length, decay_off]),
    "cosine, grad": ("--cosine --codebook gradient", dict(cosine=True, rule="gradient"),
                     [any_length, beta_off]),
    "rotation": ("--rotation-trick", dict(rotation=True), [copied_gradient]),
    "2 levels": ("--levels 2", dict(levels=2), [no_residual, decay_off]),
    "4 levels": ("--levels 4 --codebook gradient", dict(levels=4, rule="gradient"),
                 [no_residual, beta_off]),
    "2 heads": ("--heads 2", dict(heads=2), [swapped_heads, decay_off]),
    "all at once": ("--levels 2 --heads 2 --rotation-trick",
                    dict(levels=2, heads=2, rotation=True), [copied_gradient, no_residual]),
}
