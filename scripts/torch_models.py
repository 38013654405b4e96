# SPDX-License-Identifier: MIT
"""The reference models in PyTorch, written for the tests of this project.

Three systems that users come from, each with its architecture, loss and known defects,
and with the state_dict names that their files have:

  mishalaskin  one residual block shared by all layers, relu(x) as the skip (its ReLU
               works in place), beta on the codebook term, inputs in [-1, 1] but the
               variance of x / 255, Adam with amsgrad
  zalando      relu(x) as the skip, EMA codebook whose counts start at zero, whose sums
               start as noise and whose smoothed counts are stored back
  sonnet       a true skip and a zero-debiased EMA codebook: what `vqvae` does by default

Used by the parity_*.py, torch_*.py and *_torch.py scripts.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PRESETS = ("sonnet", "zalando", "mishalaskin")
BATCH_SIZE = {"sonnet": 32, "zalando": 256, "mishalaskin": 32}


def relu_block(hidden, res_hidden, inplace):
    """ReLU, conv3, ReLU, conv1: with inplace, the caller's x becomes relu(x)."""
    return nn.Sequential(
        nn.ReLU(inplace),
        nn.Conv2d(hidden, res_hidden, 3, padding=1, bias=False),
        nn.ReLU(inplace),
        nn.Conv2d(res_hidden, hidden, 1, bias=False),
    )


def distances(z, codebook):
    """Squared L2 from every row of z to every code."""
    return (z * z).sum(1, keepdim=True) + (codebook * codebook).sum(1) - 2 * z @ codebook.t()


def rows_of(z):
    """[n, d, h, w] -> [n * h * w, d]"""
    return z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])


def quantize(z, codebook):
    """The code index of every row, and the codes laid out like z."""
    n, d, h, w = z.shape
    with torch.no_grad():
        index = distances(rows_of(z), codebook).argmin(1)
    q = F.embedding(index, codebook).view(n, h, w, d).permute(0, 3, 1, 2)
    return index, q


def perplexity(index, k):
    """Of the codes [rows] of a codebook, or the mean over several, [rows, books]."""
    return sum(_perplexity(book, k) for book in index.view(len(index), -1).t()) / (
        index.numel() / len(index))


def _perplexity(index, k):
    p = torch.bincount(index, minlength=k).double() / len(index)
    return float(torch.exp(-(p * torch.log(p.clamp_min(1e-300))).sum()))


def channels(hidden, downsample):
    """Of the image after each stage of stride 2: 3, h/2, h, h, with one stage 3, h."""
    stages = downsample.bit_length() - 1
    return [3] + ([hidden] if stages == 1 else [hidden // 2] + [hidden] * (stages - 1))


# ---- mishalaskin ---------------------------------------------------------------------


class MLayer(nn.Module):
    def __init__(self, hidden, res_hidden):
        super().__init__()
        self.res_block = relu_block(hidden, res_hidden, inplace=True)

    def forward(self, x):
        return x + self.res_block(x)


class MStack(nn.Module):
    def __init__(self, hidden, res_hidden, layers):
        super().__init__()
        self.stack = nn.ModuleList([MLayer(hidden, res_hidden)] * layers)

    def forward(self, x):
        for layer in self.stack:
            x = layer(x)
        return F.relu(x)


class MEncoder(nn.Module):
    def __init__(self, hidden, res_hidden, layers, downsample):
        super().__init__()
        c, stages = channels(hidden, downsample), []
        for i in range(len(c) - 1):
            stages += [nn.Conv2d(c[i], c[i + 1], 4, stride=2, padding=1), nn.ReLU()]
        self.conv_stack = nn.Sequential(
            *stages,
            nn.Conv2d(hidden, hidden, 3, padding=1),
            MStack(hidden, res_hidden, layers),
        )

    def forward(self, x):
        return self.conv_stack(x)


class MDecoder(nn.Module):
    def __init__(self, hidden, res_hidden, layers, code_dim, downsample):
        super().__init__()
        c, stages = channels(hidden, downsample), []
        for i in reversed(range(len(c) - 1)):
            stages += [nn.ConvTranspose2d(c[i + 1], c[i], 4, stride=2, padding=1), nn.ReLU()]
        self.inverse_conv_stack = nn.Sequential(
            nn.ConvTranspose2d(code_dim, hidden, 3, padding=1),
            MStack(hidden, res_hidden, layers),
            *stages[:-1],
        )

    def forward(self, q):
        return self.inverse_conv_stack(q)


class MQuantizer(nn.Module):
    def __init__(self, codes, code_dim):
        super().__init__()
        self.embedding = nn.Embedding(codes, code_dim)
        self.embedding.weight.data.uniform_(-1 / codes, 1 / codes)


class Mishalaskin(nn.Module):
    """forward gives the parts of the loss with their weights, so that they add up."""

    scale = 2.0  # inputs are scale * (x / 255 - .5)

    def __init__(self, hidden=128, res_hidden=32, layers=2, codes=512, code_dim=64, beta=.25,
                 lr=3e-4, downsample=4):
        super().__init__()
        self.encoder = MEncoder(hidden, res_hidden, layers, downsample)
        self.pre_quantization_conv = nn.Conv2d(hidden, code_dim, 1)
        self.vector_quantization = MQuantizer(codes, code_dim)
        self.decoder = MDecoder(hidden, res_hidden, layers, code_dim, downsample)
        self.beta, self.lr = beta, lr

    def codebook(self):
        return self.vector_quantization.embedding.weight

    def encode(self, x):
        return self.pre_quantization_conv(self.encoder(x))

    def decode(self, q):
        return self.decoder(q)

    def forward(self, x, variance):
        z = self.encode(x)
        index, q = quantize(z, self.codebook())
        codebook = self.beta * F.mse_loss(q, z.detach())
        commitment = F.mse_loss(z, q.detach())
        recon = F.mse_loss(self.decode(z + (q - z).detach()), x) / variance
        loss = recon + codebook + commitment
        return dict(loss=loss, recon=recon, codebook=codebook, commitment=commitment, index=index)

    def after_step(self):
        pass

    def optimizer(self, **options):
        return torch.optim.Adam(self.parameters(), lr=self.lr, amsgrad=True, **options)


# ---- zalando, sonnet -----------------------------------------------------------------


class ZBlock(nn.Module):
    def __init__(self, hidden, res_hidden, relu_skip):
        super().__init__()
        self._block = relu_block(hidden, res_hidden, inplace=relu_skip)

    def forward(self, x):
        return x + self._block(x)


class ZStack(nn.Module):
    def __init__(self, hidden, res_hidden, layers, relu_skip):
        super().__init__()
        blocks = [ZBlock(hidden, res_hidden, relu_skip) for _ in range(layers)]
        self._layers = nn.ModuleList(blocks)

    def forward(self, x):
        for layer in self._layers:
            x = layer(x)
        return F.relu(x)


class ZEncoder(nn.Module):
    """_conv_1 ... of stride 2, and after them a 3x3 convolution as the last number."""

    def __init__(self, hidden, res_hidden, layers, relu_skip, downsample):
        super().__init__()
        c = channels(hidden, downsample)
        self.stages = len(c) - 1
        for i in range(self.stages):
            self.add_module("_conv_%d" % (i + 1),
                            nn.Conv2d(c[i], c[i + 1], 4, stride=2, padding=1))
        self.add_module("_conv_%d" % (self.stages + 1),
                        nn.Conv2d(hidden, hidden, 3, padding=1))
        self._residual_stack = ZStack(hidden, res_hidden, layers, relu_skip)

    def forward(self, x):
        for i in range(self.stages):
            x = F.relu(getattr(self, "_conv_%d" % (i + 1))(x))
        return self._residual_stack(getattr(self, "_conv_%d" % (self.stages + 1))(x))


class ZDecoder(nn.Module):
    def __init__(self, hidden, res_hidden, layers, code_dim, relu_skip, downsample):
        super().__init__()
        self._conv_1 = nn.Conv2d(code_dim, hidden, 3, padding=1)
        self._residual_stack = ZStack(hidden, res_hidden, layers, relu_skip)
        c = channels(hidden, downsample)[::-1]
        self.stages = len(c) - 1
        for i in range(self.stages):
            self.add_module("_conv_trans_%d" % (i + 1),
                            nn.ConvTranspose2d(c[i], c[i + 1], 4, stride=2, padding=1))

    def forward(self, q):
        x = self._residual_stack(self._conv_1(q))
        for i in range(self.stages):
            x = getattr(self, "_conv_trans_%d" % (i + 1))(F.relu(x) if i else x)
        return x


class ZQuantizer(nn.Module):
    """A codebook moved by averages of the rows assigned to it, not by a gradient."""

    def __init__(self, codes, code_dim, debiased, decay=.99, eps=1e-5):
        super().__init__()
        self._embedding = nn.Embedding(codes, code_dim)
        self._embedding.weight.requires_grad_(False)
        self.register_buffer("_ema_w", torch.zeros(codes, code_dim))
        self.register_buffer("_ema_cluster_size", torch.zeros(codes))
        self.debiased, self.decay, self.eps, self.t = debiased, decay, eps, 0
        if debiased:
            bound = (3 / code_dim) ** .5
            self._embedding.weight.data.uniform_(-bound, bound)
        else:
            self._embedding.weight.data.normal_()
            self._ema_w.normal_()

    @torch.no_grad()
    def update(self, z, index):
        """One step of the averages, from the rows z of a batch and their codes."""
        k, gain = self._embedding.num_embeddings, 1 - self.decay
        counts = torch.bincount(index, minlength=k).to(z.dtype)
        sums = torch.zeros_like(self._ema_w).index_add_(0, index, z)
        self.t += 1
        size = self._ema_cluster_size.mul_(self.decay).add_(counts, alpha=gain)
        total = self._ema_w.mul_(self.decay).add_(sums, alpha=gain)
        if self.debiased:
            correction = 1 - self.decay ** self.t
            size, total = size / correction, total / correction
        n = size.sum()
        smoothed = (size + self.eps) / (n + k * self.eps) * n
        if not self.debiased:
            self._ema_cluster_size.copy_(smoothed)
        self._embedding.weight.copy_(total / smoothed[:, None])


class Zalando(nn.Module):
    scale = 1.0

    def __init__(self, hidden=128, res_hidden=32, layers=2, codes=512, code_dim=64,
                 beta=.25, lr=1e-3, relu_skip=True, debiased=False, downsample=4):
        super().__init__()
        self._encoder = ZEncoder(hidden, res_hidden, layers, relu_skip, downsample)
        self._pre_vq_conv = nn.Conv2d(hidden, code_dim, 1)
        self._vq_vae = ZQuantizer(codes, code_dim, debiased)
        self._decoder = ZDecoder(hidden, res_hidden, layers, code_dim, relu_skip,
                                 downsample)
        self.beta, self.lr, self.pending = beta, lr, None

    def codebook(self):
        return self._vq_vae._embedding.weight

    def encode(self, x):
        return self._pre_vq_conv(self._encoder(x))

    def decode(self, q):
        return self._decoder(q)

    def forward(self, x, variance):
        z = self.encode(x)
        index, q = quantize(z, self.codebook())
        commitment = self.beta * F.mse_loss(z, q)
        recon = F.mse_loss(self.decode(z + (q - z).detach()), x) / variance
        loss = recon + commitment
        self.pending = rows_of(z.detach()), index
        return dict(loss=loss, recon=recon, commitment=commitment, index=index)

    def after_step(self):
        self._vq_vae.update(*self.pending)

    def optimizer(self, **options):
        trained = [p for p in self.parameters() if p.requires_grad]
        return torch.optim.Adam(trained, lr=self.lr, **options)


# ---- what the scripts call -----------------------------------------------------------


def make(preset, **options):
    """A freshly initialised model of a preset; options override hidden, codes, lr and so on."""
    if preset == "mishalaskin":
        return Mishalaskin(**options)
    if preset == "zalando":
        return Zalando(**options)
    return Zalando(**{"lr": 3e-4, "relu_skip": False, "debiased": True, **options})


def inputs(model, pixels):
    """uint8 [n, 3, 32, 32] -> what a model takes, as precise as its weights"""
    weight = next(model.parameters())
    x = torch.as_tensor(np.ascontiguousarray(pixels)).to(weight.dtype) / 255 - .5
    return x * model.scale


def outputs(model, x_hat):
    """What a model gives -> pixels in [0, 1], not clamped"""
    return x_hat / model.scale + .5


def variance(pixels):
    """All three divide by the variance of x / 255, whatever their input scale is."""
    total = int(pixels.astype(np.int64).sum())
    squares = int((pixels.astype(np.int64) ** 2).sum())
    mean = total / pixels.size
    return (squares / pixels.size - mean * mean) / 255 ** 2


def train_step(model, optimizer, x, var):
    """Forward, backward, update; the figures of the batch before the update."""
    optimizer.zero_grad(set_to_none=True)
    parts = model(x, var)
    parts["loss"].backward()
    optimizer.step()
    model.after_step()
    return parts


def tensors(model):
    """The state_dict as a safetensors file holds it: shared tensors written out."""
    return {name: t.detach().clone().contiguous() for name, t in model.state_dict().items()}


def residual_sizes(weights):
    """What make() must be told of a model: residual blocks a stack, channels inside."""
    inner = [t for name, t in weights.items()
             if "encoder" in name and name.endswith("block.1.weight")]
    return dict(layers=len(inner), res_hidden=len(inner[0]))


def renamed_to_mishalaskin(box):
    """The tensors of a sonnet model, its first residual blocks shared, by the other names."""
    names = {"encoder.conv_stack.0": "_encoder._conv_1",
             "encoder.conv_stack.2": "_encoder._conv_2",
             "encoder.conv_stack.4": "_encoder._conv_3",
             "encoder.conv_stack.5.stack.%d.res_block": "_encoder._residual_stack._layers.0._block",
             "pre_quantization_conv": "_pre_vq_conv",
             "vector_quantization.embedding": "_vq_vae._embedding",
             "decoder.inverse_conv_stack.0": "_decoder._conv_1",
             "decoder.inverse_conv_stack.1.stack.%d.res_block":
                 "_decoder._residual_stack._layers.0._block",
             "decoder.inverse_conv_stack.2": "_decoder._conv_trans_1",
             "decoder.inverse_conv_stack.4": "_decoder._conv_trans_2"}
    layers, weights = residual_sizes(box)["layers"], {}
    for theirs, ours in names.items():
        for name, t in box.items():
            if name.startswith(ours + "."):
                for block in range(layers if "%d" in theirs else 1):
                    target = theirs % block if "%d" in theirs else theirs
                    weights[target + name[len(ours):]] = t.clone()
    # a transposed convolution is the convolution with its kernel turned about
    first = "decoder.inverse_conv_stack.0.weight"
    weights[first] = weights[first].transpose(0, 1).flip(2, 3).contiguous()
    return weights


def read_cifar(path, limit=None):
    """A CIFAR-10 style .bin file -> uint8 [n, 3, 32, 32]"""
    raw = np.fromfile(path, np.uint8).reshape(-1, 3073)[:limit, 1:]
    return np.ascontiguousarray(raw).reshape(-1, 3, 32, 32)
