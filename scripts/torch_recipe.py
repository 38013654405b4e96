# SPDX-License-Identifier: MIT
"""The training recipe in PyTorch: what `vqvae train` does with OPTIONS, and its faults.

Warm-up and cosine schedule, AdamW on convolution weights alone, clipping by the global
norm, an average of everything in the state_dict, the absolute error as loss. Used by
parity.py.
"""
import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler as sched

import torch_models as models

LR, WARMUP, DECAY, CLIP, KEEP = 3e-4, 5, 50., .3, .5
OPTIONS = ["--schedule", "cosine", "--warmup", WARMUP, "--weight-decay", DECAY,
           "--clip", CLIP, "--weight-ema", KEEP, "--loss", "l1"]

# What each fault changes of the recipe.
FAULTS = {
    "no warm-up": dict(warmup=1),
    "a constant rate": dict(cosine=False),
    "no decay": dict(decay=0.),
    "biases that decay": dict(decay_biases=True),
    "no clipping": dict(clip=1e9),
    "the squared error": dict(loss=F.mse_loss),
}


def optimizer_of(model, steps, warmup=WARMUP, cosine=True, decay=DECAY, decay_biases=False):
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [dict(params=[p for p in trained if p.dim() == 4], weight_decay=decay),
              dict(params=[p for p in trained if p.dim() != 4],
                   weight_decay=decay if decay_biases else 0.)]
    optimizer = torch.optim.AdamW(groups, lr=LR)
    schedulers = [sched.LinearLR(optimizer, 1 / warmup, 1, max(warmup - 1, 1))]
    if cosine:
        schedulers.append(sched.CosineAnnealingLR(optimizer, steps))
    return optimizer, schedulers


def follow(average, model, step, keep=KEEP):
    """The average of the state after update number `step`, the first being 1."""
    keep = min(keep, (1 + step) / (10 + step))
    for name, t in models.tensors(model).items():
        average[name].mul_(keep).add_(t, alpha=1 - keep)


def train(weights, batches, var, steps, clip=CLIP, loss=F.l1_loss, keep=KEEP, **options):
    """The figures of every step, and the averaged state as a model file has it."""
    model = models.make("sonnet")
    model.load_state_dict(weights, strict=True)
    model.double()
    optimizer, schedulers = optimizer_of(model, steps, **options)
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    average, figures = models.tensors(model), []
    for step, pixels in enumerate(batches, 1):
        x = models.inputs(model, pixels)
        optimizer.zero_grad(set_to_none=True)
        z = model.encode(x)
        index, q = models.quantize(z, model.codebook())
        commitment = model.beta * F.mse_loss(z, q)
        x_hat = model.decode(z + (q - z).detach())
        recon = loss(x_hat, x) / var ** .5
        (recon + commitment).backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, clip)
        figures.append(dict(loss=float((recon + commitment).detach()), recon=float(recon.detach()),
                            nmse=float(F.mse_loss(x_hat, x).detach()) / var,
                            grad_norm=float(norm), lr=optimizer.param_groups[0]["lr"]))
        optimizer.step()
        for s in schedulers:
            s.step()
        model._vq_vae.update(models.rows_of(z.detach()), index)
        follow(average, model, step, keep)
    for name in ("_vq_vae._ema_w", "_vq_vae._ema_cluster_size"):
        average[name] /= 1 - model._vq_vae.decay ** len(batches)
    return figures, average
