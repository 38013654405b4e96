#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make tests/autograd/golden.h: what PyTorch says about every op, forward and backward.

    make_golden.py          write golden.h next to this file
    make_golden.py --check  compare golden.h with what PyTorch says now

Inputs are not stored: fill() here and golden_fill() in the C tests make the same floats.
Images are written in NHWC order, weights as in state_dict.
"""
import os
import re
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "golden.h")
torch.manual_seed(0)
torch.set_num_threads(1)


def fill(seed, *shape):
    """Floats in [-1, 1), exact in binary, a function of seed and position."""
    n = int(np.prod(shape))
    u = np.arange(n, dtype=np.uint32) * np.uint32(2654435761)
    u += np.uint32(seed * 40503 + 12345)
    u ^= u >> np.uint32(15)
    u *= np.uint32(2246822519)
    u ^= u >> np.uint32(13)
    v = (u >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    return torch.from_numpy(v.reshape(shape))


def image(seed, n, h, w, c):
    """An NHWC fill as the NCHW tensor that PyTorch wants, as a leaf."""
    return fill(seed, n, h, w, c).permute(0, 3, 1, 2).contiguous().requires_grad_()


def leaf(seed, *shape):
    return fill(seed, *shape).requires_grad_()


def nhwc(t):
    return t.detach().permute(0, 2, 3, 1).contiguous()


class Header:
    """Arrays and rows of tables, in the order they come."""

    def __init__(self):
        self.lines = []
        self.names = set()

    def array(self, name, values):
        v = np.asarray(values.detach() if torch.is_tensor(values) else values)
        v = v.reshape(-1)
        assert name not in self.names
        self.names.add(name)
        if v.dtype.kind == "i":
            kind, text = "int32_t", [str(x) for x in v]
        else:
            kind = "float"
            text = [c_float(x) for x in v.astype(np.float32)]
        self.lines.append(f"static const {kind} {name}[] = {{")
        for i in range(0, len(text), 8):
            self.lines.append("    " + ", ".join(text[i:i + 8]) + ",")
        self.lines.append("};")
        return name

    def text(self, *lines):
        self.lines += lines


def c_float(x):
    """Seven digits: far more than the tests' tolerances."""
    assert np.isfinite(x)
    s = f"{x:.7g}"
    return (s if "." in s or "e" in s else s + ".0") + "f"


# name, transposed, n, h, w, c_in, c_out, kh, kw, stride, pad, bias
CONVS = [
    ("conv4s2", 0, 2, 6, 8, 3, 4, 4, 4, 2, 1, 1),
    ("conv3s1", 0, 2, 5, 4, 3, 4, 3, 3, 1, 1, 0),
    ("conv1s1", 0, 2, 3, 5, 5, 3, 1, 1, 1, 0, 1),
    ("conv32s2p0", 0, 1, 8, 6, 2, 3, 3, 2, 2, 0, 1),
    ("conv5s3p2", 0, 1, 8, 7, 2, 2, 5, 5, 3, 2, 1),
    ("conv3s1_wide", 0, 1, 8, 8, 16, 16, 3, 3, 1, 1, 1),
    ("conv4s2_wide", 0, 1, 8, 8, 8, 16, 4, 4, 2, 1, 1),
    ("convt4s2", 1, 2, 3, 4, 4, 3, 4, 4, 2, 1, 1),
    ("convt3s1", 1, 2, 4, 5, 3, 4, 3, 3, 1, 1, 1),
    ("convt23s3p0", 1, 1, 3, 2, 3, 2, 2, 3, 3, 0, 0),
    ("convt4s2_wide", 1, 1, 4, 4, 16, 8, 4, 4, 2, 1, 1),
]


def convs(out):
    rows = []
    for name, tr, n, h, w, ci, co, kh, kw, stride, pad, bias in CONVS:
        x = image(1, n, h, w, ci)
        weight = leaf(2, ci, co, kh, kw) if tr else leaf(2, co, ci, kh, kw)
        b = leaf(3, co) if bias else None
        conv = F.conv_transpose2d if tr else F.conv2d
        y = conv(x, weight, b, stride=stride, padding=pad)
        y.backward(image(4, n, y.shape[2], y.shape[3], co).detach())
        names = [out.array(f"{name}_y", nhwc(y)), out.array(f"{name}_dx", nhwc(x.grad)),
                 out.array(f"{name}_dw", weight.grad)]
        names.append(out.array(f"{name}_db", b.grad) if bias else "NULL")
        rows.append(f'    {{"{name}", {tr}, {n}, {h}, {w}, {ci}, {co}, {kh}, {kw}, '
                    f'{stride}, {pad}, {y.shape[2]}, {y.shape[3]}, {", ".join(names)}}},')
    out.text("static const golden_conv golden_convs[] = {", *rows, "};")


# name, n, h, w, c_in, c_out, kh, kw, rows above, columns left
MASKED = [
    ("down_a7", 2, 5, 9, 3, 4, 3, 7, 3, 3),
    ("down_b3", 2, 4, 3, 16, 8, 2, 3, 1, 1),
    ("down_b5", 1, 2, 6, 2, 3, 3, 5, 2, 2),
    ("along_a7", 2, 3, 5, 3, 4, 1, 3, 0, 3),
    ("along_b3", 2, 3, 2, 8, 16, 1, 2, 0, 1),
    ("along_a3", 1, 1, 7, 2, 3, 1, 1, 0, 1),
]


def masked_convs(out):
    """A convolution of x shifted down and right, as large as x."""
    rows = []
    for name, n, h, w, ci, co, kh, kw, above, left in MASKED:
        x, weight, b = image(1, n, h, w, ci), leaf(2, co, ci, kh, kw), leaf(3, co)
        y = F.conv2d(F.pad(x, (left, kw, above, kh)), weight, b)[:, :, :h, :w]
        y.backward(image(4, n, h, w, co).detach())
        names = [out.array(f"{name}_{what}", values) for what, values in
                 (("y", nhwc(y)), ("dx", nhwc(x.grad)), ("dw", weight.grad), ("db", b.grad))]
        rows.append(f'    {{{n}, {h}, {w}, {ci}, {co}, {kh}, {kw}, {above}, {left}, '
                    f'{", ".join(names)}}},')
    out.text("static const golden_masked golden_masks[] = {", *rows, "};")


def picked(seed, n, h, w, k):
    """Codes in [0, k) [n,h,w], the same as golden_codes makes."""
    return ((fill(seed, n, h, w) + 1) * (k / 2)).floor().long()


def embed(out):
    """Codes [2,3,4] of a table [7,5]."""
    table = leaf(2, 7, 5)
    y = F.embedding(picked(1, 2, 3, 4, 7), table)
    y.backward(fill(4, 2, 3, 4, 5))
    out.array("embed_y", y)
    out.array("embed_dtable", table.grad)


def gate(out):
    """x [2,3,4,6] * 3 and classes 2, 0 of a table [3,6]; without a class too."""
    for name in ("gate", "gate_class"):
        x, table = leaf(1, 2, 3, 4, 6), leaf(2, 3, 6)
        z = 3 * x
        if name == "gate_class":
            z = z + table[[2, 0]][:, None, None]
        y = torch.tanh(z[..., :3]) * torch.sigmoid(z[..., 3:])
        y.backward(fill(4, 2, 3, 4, 3))
        out.array(f"{name}_y", y)
        out.array(f"{name}_dx", x.grad / 3)
        if name == "gate_class":
            out.array("gate_class_dtable", table.grad)


def cross_entropy(out):
    """logits [2,3,4,19] * 4, weight .75"""
    x, codes = leaf(1, 2, 3, 4, 19), picked(2, 2, 3, 4, 19)
    loss = F.cross_entropy(4 * x.reshape(-1, 19), codes.reshape(-1))
    (0.75 * loss).backward()
    out.array("entropy_loss", [0.75 * loss.item()])
    out.array("entropy_hits", [0.75 * (x.argmax(-1) == codes).float().mean().item()])
    out.array("entropy_dx", x.grad / 4)


def pointwise(out):
    x = image(1, 2, 3, 4, 5)
    y = F.relu(x)
    y.backward(image(4, 2, 3, 4, 5).detach())
    out.array("relu_y", nhwc(y))
    out.array("relu_dx", nhwc(x.grad))

    a, b = image(1, 2, 3, 4, 5), image(2, 2, 3, 4, 5)
    y = a + b
    y.backward(image(4, 2, 3, 4, 5).detach())
    out.array("add_y", nhwc(y))

    a, b = image(1, 2, 3, 4, 5), image(2, 2, 3, 4, 5)
    loss = 2.5 * F.mse_loss(a, b)
    loss.backward()
    out.array("mse_loss", [loss.item()])
    out.array("mse_da", nhwc(a.grad))
    out.array("mse_db", nhwc(b.grad))

    a, b = fill(1, 2, 3, 4, 5), fill(2, 2, 3, 4, 5)
    b.view(-1)[7] = a.view(-1)[7]
    a, b = a.requires_grad_(), b.requires_grad_()
    loss = 2.5 * F.l1_loss(a, b)
    loss.backward()
    out.array("l1_loss", [loss.item()])
    out.array("l1_square", [F.mse_loss(a, b).item()])
    out.array("l1_da", a.grad)
    out.array("l1_db", b.grad)


def quantize(out):
    """z [2,3,3,4] to 6 codes; codebook loss weight .75, commitment weight .25."""
    for name, codebook_weight in (("gradient", 0.75), ("ema", 0.0)):
        z, e = image(1, 2, 3, 3, 4), leaf(2, 6, 4)
        rows = z.permute(0, 2, 3, 1).reshape(-1, 4)
        code = torch.cdist(rows.double(), e.double()).argmin(1)
        q = e[code]
        codebook = codebook_weight * F.mse_loss(q, rows.detach())
        commitment = 0.25 * F.mse_loss(rows, q.detach())
        y = rows + (q - rows).detach()
        dy = fill(4, 2 * 3 * 3, 4)
        (codebook + commitment + (y * dy).sum()).backward()
        if name == "gradient":
            out.array("quantize_y", q)
            out.array("quantize_codes", code.int().numpy())
            out.array("quantize_de", e.grad)
            onehot = F.one_hot(code, 6).float()
            out.array("quantize_count", onehot.sum(0))
            out.array("quantize_sum", onehot.t() @ rows)
        out.array(f"quantize_{name}_dz", nhwc(z.grad))
        out.array(f"quantize_{name}_loss", [0, codebook.item(), commitment.item()])


def rotated(z, q, g):
    """The gradient g of rows q as the rotation trick gives it to rows z."""
    u, v = F.normalize(z, dim=1), F.normalize(q, dim=1)
    w = F.normalize(u + v, dim=1)
    g = g - 2 * w * (w * g).sum(1, True) + 2 * u * (v * g).sum(1, True)
    return q.norm(dim=1, keepdim=True) / z.norm(dim=1, keepdim=True) * g


def normalize(out):
    """Rows to unit length; the second pixel is zero."""
    x = image(1, 2, 3, 3, 4)
    with torch.no_grad():
        x[0, :, 0, 1] = 0
    y = F.normalize(x, dim=1)
    dy = image(4, 2, 3, 3, 4).detach()
    y.backward(dy)
    dx = nhwc(x.grad)
    dx[0, 0, 1] = 0  # PyTorch: dy / eps
    out.array("normalize_y", nhwc(y))
    out.array("normalize_dx", dx)


def quantize_rotation(out):
    """As quantize with the gradient codebook, but for the way from y to z."""
    z, e = fill(1, 18, 4), fill(2, 6, 4)
    q = e[torch.cdist(z.double(), e.double()).argmin(1)]
    dz = rotated(z.double(), q.double(), fill(4, 18, 4).double())
    out.array("quantize_rotation_dz", dz + 0.25 * 2 * (z - q).double() / z.numel())


def quantize_books(out):
    """Two levels of two heads: books [2,2,5,2] for z [2,3,3,4], weights .75 and .25."""
    for name, codebook_weight in (("gradient", 0.75), ("ema", 0.0)):
        z, books = leaf(1, 18, 4), leaf(2, 2, 2, 5, 2)
        left, y, codes, count, total, loss = z, 0, [], [], [], [0, 0]
        for level in books:
            parts, index = left.detach().view(18, 2, 2), []
            for head in range(2):
                index.append(torch.cdist(parts[:, head], level[head]).argmin(1))
                onehot = F.one_hot(index[-1], 5).float()
                count.append(onehot.sum(0))
                total.append(onehot.t() @ parts[:, head])
            e = torch.cat([level[head][index[head]] for head in range(2)], 1)
            loss[0] = loss[0] + codebook_weight * F.mse_loss(e, left.detach())
            loss[1] = loss[1] + 0.25 * F.mse_loss(left, e.detach())
            left, y, codes = left - e.detach(), y + e, codes + index
        dy = fill(4, 18, 4)
        (loss[0] + loss[1] + ((z + (y - z).detach()) * dy).sum()).backward()
        if name == "gradient":
            out.array("books_y", y)
            out.array("books_codes", torch.stack(codes, 1).int().numpy())
            out.array("books_de", books.grad)
            out.array("books_count", torch.stack(count))
            out.array("books_sum", torch.stack(total))
            rest = z.grad - dy
            turned = rotated(z.detach(), y.detach(), dy)
            out.array("books_rotation_dz", turned + rest)
        out.array(f"books_{name}_dz", z.grad)
        out.array(f"books_{name}_loss", [0] + [x.item() for x in loss])


def fsq(out):
    """z [2,3,3,4] * 2 to levels 8, 5, 2, 3."""
    levels = torch.tensor([8, 5, 2, 3])
    z = leaf(1, 18, 4)
    half, off = (levels - 1) * (1 + 1e-3) / 2, torch.where(levels % 2 == 0, .5, 0.)
    bound = torch.tanh(2 * z + torch.atanh(off / half)) * half - off
    q = (bound + (bound.round() - bound).detach()) / (levels // 2)
    digits = (q.detach() * (levels // 2)).round().int() + levels // 2
    place = torch.cumprod(torch.cat([torch.ones(1, dtype=int), levels[:-1]]), 0)
    q.backward(fill(4, 18, 4))
    out.array("fsq_y", q)
    out.array("fsq_codes_of", (digits * place).sum(1).int().numpy())
    out.array("fsq_dz", z.grad / 2)


def simvq(out):
    """Codes frozen [6,4] through a linear map; dE and one step of Adam on the map."""
    frozen, linear = fill(2, 6, 4), torch.nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        linear.weight.copy_(fill(3, 4, 4))
    opt = torch.optim.Adam(linear.parameters(), lr=0.01)
    codes = linear(frozen)
    out.array("simvq_codes", codes)
    codes.backward(fill(4, 6, 4))
    out.array("simvq_dw", linear.weight.grad)
    opt.step()
    out.array("simvq_moved", linear(frozen))


def ema(out):
    """Three updates of 5 codes of 3 values, decay .9, from counts 0..4."""
    k, d, g, eps = 5, 3, 0.9, 1e-5
    for name in ("debiased", "smoothed"):
        n = torch.zeros(k, dtype=torch.double)
        m = fill(1, k, d).double() if name == "smoothed" else torch.zeros(k, d).double()
        for t in range(1, 4):
            count = torch.tensor([(i * 3 + t) % 5 for i in range(k)]).double()
            total = fill(10 + t, k, d).double() * count[:, None]
            n = n * g + (1 - g) * count
            m = m * g + (1 - g) * total
            if name == "debiased":
                n_hat, m_hat = n / (1 - g**t), m / (1 - g**t)
                sizes = (n_hat + eps) / (n_hat.sum() + k * eps) * n_hat.sum()
                codes = m_hat / sizes[:, None]
            else:
                n = (n + eps) / (n.sum() + k * eps) * n.sum()
                codes = m / n[:, None]
        for what, value in (("n", n), ("m", m), ("codes", codes)):
            out.array(f"ema_{name}_{what}", value.float())


def ema_unit(out):
    """The same with codes of unit length; the first has no row at all."""
    k, d, g = 5, 3, 0.9
    codes = F.normalize(fill(1, k, d).double(), dim=1)
    m = torch.zeros(k, d).double()
    for t in range(1, 4):
        count = torch.tensor([(i * 3 + t) % 5 if i else 0 for i in range(k)]).double()
        m = m * g + (1 - g) * fill(10 + t, k, d).double() * count[:, None]
    codes[1:] = F.normalize(m, dim=1)[1:]
    out.array("ema_unit_codes", codes.float())


def adam(out):
    """Ten updates of 20 values; the gradient shrinks so that amsgrad's maximum counts."""
    for name, amsgrad in (("adam", False), ("amsgrad", True)):
        value = leaf(1, 20)
        opt = torch.optim.Adam([value], lr=0.01, amsgrad=amsgrad)
        for t in range(10):
            value.grad = fill(20 + t, 20) / 2**t
            opt.step()
        out.array(f"{name}_value", value)


def adamw(out):
    """Likewise of two parts, the first decaying; the gradient's norm clipped to 1.5."""
    for name, amsgrad in (("adamw", False), ("adamw_amsgrad", True)):
        a, b = fill(1, 20)[:12].requires_grad_(), fill(1, 20)[12:].requires_grad_()
        opt = torch.optim.AdamW([{"params": [a], "weight_decay": 0.5},
                                 {"params": [b], "weight_decay": 0.0}],
                                lr=0.01, amsgrad=amsgrad)
        norms = []
        for t in range(10):
            grad = fill(20 + t, 20) / 2**t
            a.grad, b.grad = grad[:12].clone(), grad[12:].clone()
            norms.append(torch.nn.utils.clip_grad_norm_([a, b], 1.5))
            opt.step()
        out.array(f"{name}_value", torch.cat([a, b]))
    out.array("adamw_norm", torch.stack(norms))


def muon(out):
    """Three updates of a tall and of a wide matrix; singular values of one, orthogonal.

    The textbook's form, on the matrix itself and in double precision.
    """
    steps = ((8.28721201814563, -23.595886519098837, 17.300387312530933),
             (4.107059111542203, -2.9478499167379106, .5448431082926601),
             (3.9486908534822946, -2.908902115962949, .5518191394370137),
             (3.3184196573706015, -2.488488024314874, .51004894012372),
             (2.300652019954817, -1.6689039845747493, .4188073119525673))
    for name, shape in (("tall", (5, 4, 3, 3)), ("wide", (12, 5, 1, 1))):
        value, m = fill(1, *shape).double(), torch.zeros(shape).double()
        for t in range(3):
            g = .25 * fill(20 + t, *shape).double()
            m = .95 * m + .05 * g
            x = (g + .95 * (m - g)).flatten(1)
            x = x / (1.01 * x.norm())
            for a, b, c in steps:
                a, b, c = a / 1.05, b / 1.05**3, c / 1.05**5
                s = x @ x.T
                x = a * x + (b * s + c * s @ s) @ x
            o = x.reshape(shape)
            value = (1 - .1 * .5) * value - .1 * .2 * max(x.shape)**.5 * o
        out.array(f"muon_{name}_value", value.float())


def residual(out):
    """conv, a residual block with either skip, transposed conv, relu, mse to the input."""
    for name, relu_skip in (("identity", False), ("relu", True)):
        x = image(1, 2, 4, 6, 2)
        w = [leaf(2, 4, 2, 3, 3), leaf(3, 3, 4, 3, 3), leaf(4, 4, 3, 1, 1),
             leaf(5, 4, 2, 3, 3)]
        b = [leaf(6, 4), leaf(7, 2)]
        h = F.conv2d(x, w[0], b[0], padding=1)
        r = F.relu(h)
        f = F.conv2d(F.relu(F.conv2d(r, w[1], padding=1)), w[2])
        h = F.relu((r if relu_skip else h) + f)
        y = F.conv_transpose2d(h, w[3], b[1], padding=1)
        loss = 3 * F.mse_loss(y, x)
        loss.backward()
        out.array(f"residual_{name}_loss", [loss.item()])
        out.array(f"residual_{name}_dx", nhwc(x.grad))
        for i in range(4):
            out.array(f"residual_{name}_dw{i}", w[i].grad)
        for i in range(2):
            out.array(f"residual_{name}_db{i}", b[i].grad)


def header():
    out = Header()
    out.text("/*", " * SPDX-License-Identifier: MIT", " *",
             f" * Made by make_golden.py with PyTorch {torch.__version__.split('+')[0]}.",
             " */", "/* clang-format off */", "#include <stdint.h>", "",
             "typedef struct golden_conv {", "    const char *name;",
             "    int transposed, n, h, w, c_in, c_out, kh, kw, stride, pad, out_h, out_w;",
             "    const float *y, *dx, *dw, *db;", "} golden_conv;", "",
             "typedef struct golden_masked {",
             "    int n, h, w, c_in, c_out, kh, kw, above, left;",
             "    const float *y, *dx, *dw, *db;", "} golden_masked;", "")
    for part in (convs, masked_convs, embed, gate, cross_entropy, pointwise, quantize, normalize, quantize_rotation,
                 quantize_books, fsq, simvq, ema, ema_unit, adam, adamw, muon, residual):
        part(out)
    return "\n".join(out.lines) + "\n"


def numbers(text):
    found = {}
    for name, body in re.findall(r"(\w+)\[\] = \{\n((?:    [-0-9].*\n)+)\};", text):
        found[name] = np.array([float(s.rstrip("f")) for s in re.findall(r"[^\s,]+", body)])
    return found


def main():
    text = header()
    if "--check" not in sys.argv[1:]:
        with open(PATH, "w") as f:
            f.write(text)
        return 0
    with open(PATH) as f:
        old, new = numbers(f.read()), numbers(text)
    bad = [n for n in sorted(old.keys() | new.keys())
           if n not in old or n not in new or old[n].shape != new[n].shape
           or not np.allclose(old[n], new[n], rtol=1e-5, atol=2e-6)]
    for name in bad:
        print(f"golden.h: {name} differs from PyTorch {torch.__version__}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
