#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What each codebook method gives, at equal steps: table and pictures of data/README.md.

Trains every method with every seed (one thread a run, as many runs at a time as there
are processors), evaluates the test split, and writes into the output folder

  table.md      the median over the seeds, and the spread from the lowest to the highest
  pictures.png  the same test images through each method, originals on top
  rate.svg      PSNR over bits per pixel, for the methods that spend different rates
  curves.svg    PSNR of held-out pictures over the steps of every run; the legend has the
                NMSE of the test split

A run that is there is not trained again, one that was interrupted is resumed, so the
script can be stopped and called again; --report only writes the files anew.

Needs: build/vqvae, CIFAR-10, Pillow for the pictures and Matplotlib for the curves.
"""
import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STEPS = 5000
BFLOAT16 = "ema, bfloat16"  # for --methods only: it is no method, and slow without AVX512-BF16

# name: options beside the default preset's
METHODS = {
    "ema": "",
    BFLOAT16: "--precision bf16",
    "ema, never revived": "--revive 0",
    "ema, k-means start": "--revive 0 --init-codes kmeans",
    "ema, D = 4": "--code-dim 4",
    "ema, cosine": "--cosine",
    "ema, rotation trick": "--rotation-trick",
    "gradient": "--codebook gradient",
    "gradient, never revived": "--codebook gradient --revive 0",
    "simvq": "--codebook simvq",
    "fsq 8,8,8": "--codebook fsq --fsq-levels 8,8,8",
    "2 heads": "--heads 2",
    "2 levels": "--levels 2",
    "4 levels": "--levels 4",
}
RATES = ("ema", "2 levels", "4 levels")

# key of `vqvae eval --json` or of the log, title, format
COLUMNS = (
    ("bpp", "bits/pixel", "%.3f"),
    ("psnr", "PSNR dB", "%.2f"),
    ("ssim", "SSIM", "%.3f"),
    ("perplexity", "perplexity", "%.0f"),
    ("codes_used", "codes used", "%d"),
    ("images_per_s", "images/s", "%d"),
)


def folder_of(options, method, seed):
    name = "".join(c if c.isalnum() else "-" for c in method)
    return os.path.join(options.out, "%s-%d" % (name, seed))


def call(options, *arguments):
    command = [options.vqvae, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError("`%s`: %s" % (" ".join(command), done.stderr.strip()))
    return done.stdout


def train(options, method, seed):
    """Train and evaluate one run, unless its scores are there."""
    folder = folder_of(options, method, seed)
    scores = os.path.join(folder, "scores.json")
    if os.path.exists(scores):
        return
    begun = os.path.exists(os.path.join(folder, "checkpoint.safetensors"))
    call(options, "train", "--quiet", "--data", "cifar10", "--data-dir", options.data_dir,
         "--out", folder, "--steps", options.steps, "--seed", seed, "--threads", 1,
         *METHODS[method].split(), *(["--resume"] if begun else ["--force"]))
    text = call(options, "eval", "--quiet", "--json", "--refine", 0, "--threads", 1, "--model",
                os.path.join(folder, "model.safetensors"), "--data", "cifar10",
                "--data-dir", options.data_dir)
    with open(scores, "w", encoding="utf-8") as f:
        f.write(text)
    print("%s, seed %d: %s" % (method, seed, " ".join(text.split())), flush=True)


def figures(options, method, seed):
    """The scores of a run, with the speed of training; None where it is not there yet."""
    folder = folder_of(options, method, seed)
    try:
        with open(os.path.join(folder, "scores.json"), encoding="utf-8") as f:
            scores = json.load(f)
    except FileNotFoundError:
        return None
    with open(os.path.join(folder, "log.jsonl"), encoding="utf-8") as f:
        log = [json.loads(line) for line in f]
    scores["images_per_s"] = statistics.median(
        line["images_per_s"] for line in log if line.get("images_per_s"))
    scores["curve"] = [(line["step"], line["held_out_psnr"])
                       for line in log if "held_out_psnr" in line]
    return scores


def cell(values, form):
    low, high = form % min(values), form % max(values)
    middle = form % statistics.median(values)
    return middle if low == high else "%s (%s to %s)" % (middle, low, high)


def write_table(options, rows):
    lines = ["| method | options | " + " | ".join(title for _, title, _ in COLUMNS) + " |",
             "|" + "---|" * (len(COLUMNS) + 2)]
    for method, runs in rows.items():
        cells = [cell([run[key] for run in runs], form) for key, _, form in COLUMNS]
        code = "`%s`" % METHODS[method] if METHODS[method] else ""
        lines.append("| %s | %s | %s |" % (method, code, " | ".join(cells)))
    with open(os.path.join(options.out, "table.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    print("\n".join(lines))


def write_pictures(options, rows):
    """Originals, then a strip a method: the strips of the runs' last sample pictures."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        print("ablation: no Pillow, so no pictures.png", file=sys.stderr)
        return
    strips = []
    for method in rows:
        name = "samples/%06d.png" % options.steps
        path = os.path.join(folder_of(options, method, options.seeds[0]), name)
        picture = Image.open(path).convert("RGB")
        half = picture.height // 2
        if not strips:
            strips.append(("original", picture.crop((0, 0, picture.width, half))))
        strips.append((method, picture.crop((0, half, picture.width, picture.height))))
    label, width = 190, strips[0][1].width
    height = max(strip.height for _, strip in strips)
    page = Image.new("RGB", (label + width, height * len(strips)), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(16)
    for i, (name, strip) in enumerate(strips):
        draw.text((6, i * height + height // 2 - 8), name, "black", font=font)
        page.paste(strip, (label, i * height))
    page.save(os.path.join(options.out, "pictures.png"), optimize=True)


def write_rates(options, rows):
    """PSNR over bits per pixel, drawn by hand: two axes, a line and its points."""
    points = [(rows[m][0]["bpp"], statistics.median(run["psnr"] for run in rows[m]), m)
              for m in RATES if m in rows]
    if len(points) < 2:
        return
    width, height, left, bottom = 480, 320, 60, 50
    low, high = int(min(p for _, p, _ in points)) - 1, int(max(p for _, p, _ in points)) + 2
    most = max(rate for rate, _, _ in points) * 1.15

    def place(rate, psnr):
        return (left + rate / most * (width - left - 20),
                height - bottom - (psnr - low) / (high - low) * (height - bottom - 20))

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
             'font-family="sans-serif" font-size="12">' % (width, height),
             '<rect width="100%" height="100%" fill="white"/>']
    for psnr in range(low, high + 1, 2):
        x, y = place(0, psnr)
        parts.append('<path d="M%.1f %.1fH%d" stroke="#ddd"/>' % (x, y, width - 20))
        parts.append('<text x="%.1f" y="%.1f" text-anchor="end">%d</text>' % (x - 6, y + 4, psnr))
    path = " ".join("%.1f,%.1f" % place(rate, psnr) for rate, psnr, _ in points)
    parts.append('<polyline points="%s" fill="none" stroke="#1f5fa8"/>' % path)
    for rate, psnr, method in points:
        x, y = place(rate, psnr)
        parts.append('<circle cx="%.1f" cy="%.1f" r="3.5" fill="#1f5fa8"/>' % (x, y))
        anchor = "start" if x < width / 2 else "end"
        parts.append('<text x="%.1f" y="%.1f" text-anchor="%s">%s: %.2f dB</text>' % (
            x, y + (20 if anchor == "start" else -10), anchor,
            method if method != "ema" else "1 level", psnr))
        parts.append('<text x="%.1f" y="%d" text-anchor="middle">%.3f</text>' % (
            x, height - bottom + 18, rate))
    parts.append('<text x="%d" y="%d" text-anchor="middle">bits per pixel</text>' % (
        (left + width) // 2, height - 12))
    parts.append('<text x="14" y="%d" transform="rotate(-90 14 %d)" '
                 'text-anchor="middle">PSNR, dB</text></svg>' % (height // 2, height // 2))
    with open(os.path.join(options.out, "rate.svg"), "w", encoding="utf-8") as f:
        f.write("\n".join(parts) + "\n")


def write_curves(options, rows):
    try:
        from matplotlib import pyplot
    except ImportError:
        print("ablation: no Matplotlib, so no curves.svg", file=sys.stderr)
        return
    pyplot.rcParams["svg.hashsalt"] = "vqvae"
    figure, axes = pyplot.subplots(figsize=(6.5, 4), layout="constrained")
    colors = pyplot.cm.tab20.colors[::2] + pyplot.cm.tab20.colors[1::2]
    for number, (method, runs) in enumerate(rows.items()):
        nmse = ", ".join("%.4f" % run["nmse"] for run in runs)
        for i, run in enumerate(runs):
            axes.plot(*zip(*run["curve"]), color=colors[number % len(colors)], linewidth=.8,
                      label="" if i else "%s: %s" % (method, nmse))
    most = max(psnr for runs in rows.values() for run in runs for _, psnr in run["curve"])
    axes.set_ylim(most - 2.5, most + .2)
    axes.set_xlabel("steps")
    axes.set_ylabel("PSNR of held-out pictures, dB")
    axes.legend(title="NMSE of the test split", fontsize=8)
    axes.grid(color="#ddd")
    figure.savefig(os.path.join(options.out, "curves.svg"), metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data-dir", default=os.path.join(ROOT, "data"))
    parser.add_argument("--out", default=os.path.join(ROOT, "runs", "ablation"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--methods", nargs="+", choices=METHODS,
                        default=[method for method in METHODS if method != BFLOAT16])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time")
    parser.add_argument("--report", action="store_true", help="train nothing")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    failed = 0
    if not options.report:
        runs = [(method, seed) for seed in options.seeds for method in options.methods]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for job in [pool.submit(train, options, *run) for run in runs]:
                try:
                    job.result()
                except RuntimeError as failure:
                    failed += 1
                    print("ablation: %s" % failure, file=sys.stderr)
    rows = {}
    for method in options.methods:
        seen = [figures(options, method, seed) for seed in options.seeds]
        if all(seen):
            rows[method] = seen
    if rows:
        write_table(options, rows)
        write_pictures(options, rows)
        write_rates(options, rows)
        write_curves(options, rows)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
