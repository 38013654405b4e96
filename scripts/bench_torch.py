#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed and memory of `vqvae` and of PyTorch, measured in turn within one run.

Every row is one kind of work: a training step (preset sonnet) at a batch size, in floats
or in bfloat16, or encoding and reconstructing a split. PyTorch first tries each of its
ways (eager in both memory formats, torch.compile in both, several batch sizes when
reconstructing); the fastest is the peer. That of training in bfloat16 is the fastest of
all, in floats or with autocast around encoder and decoder. Then the two programs run in
turn, and the median of the pairs' ratios counts. Both get the same images,
OPENBLAS_NUM_THREADS=1, and an allocator that never gives memory back to the system, which
is what slows an untuned PyTorch down.

Installs nothing: without PyTorch and NumPy it says so and measures vqvae alone.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
WAYS = ("eager", "channels_last", "compile", "compile+channels_last")
RECONSTRUCT_BATCHES = (32, 128, 512)
AVX2 = dict(VQVAE_SIMD="avx2", OPENBLAS_CORETYPE="Haswell", ATEN_CPU_CAPABILITY="avx2",
            ONEDNN_MAX_CPU_ISA="AVX2")


def in_bf16(way):
    """The same way with autocast."""
    return "bf16+" + way


def environment(threads, options):
    """What both programs run under."""
    return dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS="1",
                MALLOC_TRIM_THRESHOLD_=str(1 << 32), MALLOC_MMAP_THRESHOLD_=str(1 << 32),
                MALLOC_TOP_PAD_=str(1 << 26), **(AVX2 if options.avx2 else {}))


def run(command, threads, options):
    """Run a command; its standard output and peak resident memory in MB."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors,
                                 env=environment(threads, options))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            text = errors.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError("'%s' failed: %s" % (command[0], text[-1] if text else status))
        return out.read().decode(), usage.ru_maxrss / 1024


# ---- the PyTorch side: one process per measurement -----------------------------------


def timed(body, seconds):
    """Repeat body() for about `seconds` after a warm-up; calls per second."""
    for _ in range(5):
        body()
    count, start = 0, time.perf_counter()
    while True:
        body()
        count += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            return count / spent


def rounding(f):
    """f in bfloat16, where PyTorch thinks fit; its result in floats."""
    import torch

    def rounded(*inputs):
        with torch.autocast("cpu", torch.bfloat16):
            return f(*inputs).float()
    return rounded


def worker(work, way, threads, batch, data, seconds):
    import numpy as np
    import torch
    import torch_models as models

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    pixels = models.read_cifar(data)
    model = models.make("sonnet")
    layout = torch.channels_last if "channels_last" in way else torch.contiguous_format
    model = model.to(memory_format=layout)
    if "bf16" in way:
        model.encode, model.decode = rounding(model.encode), rounding(model.decode)
    images = torch.from_numpy(pixels)
    order = np.random.default_rng(0)
    compiled = torch.compile if "compile" in way else lambda f: f

    def load(index):
        x = images[torch.from_numpy(index)].float().div_(255).sub_(.5)
        return x.contiguous(memory_format=layout)

    if work == "train":
        var = models.variance(pixels)
        optimizer = model.optimizer(fused=True)
        forward = compiled(lambda x: model(x, var)["loss"])

        def body():
            optimizer.zero_grad(set_to_none=True)
            forward(load(order.integers(0, len(images), batch))).backward()
            optimizer.step()
            model.after_step()
    else:
        model.eval()

        @compiled
        def forward(x):
            _, q = models.quantize(model.encode(x), model.codebook())
            return model.decode(q)

        position = 0

        def body():
            nonlocal position
            index = np.arange(position, position + batch) % len(images)
            position += batch
            with torch.inference_mode():
                forward(load(index))

    print(timed(body, seconds) * batch)


def torch_speed(work, way, threads, batch, options):
    command = [sys.executable, os.path.abspath(__file__), "--worker", work, way,
               str(threads), str(batch), options.data, str(options.seconds)]
    out, memory = run(command, threads, options)
    return float(out.split()[-1]), memory


def torch_best(work, threads, batch, ways, options):
    """The fastest (way, batch) of PyTorch and every figure seen on the way."""
    tried = {}
    for way in ways:
        for b in (batch,) if batch else RECONSTRUCT_BATCHES:
            try:
                tried[way, b] = torch_speed(work, way, threads, b, options)[0]
            except RuntimeError as failure:
                print("  note: PyTorch %s: %s" % (way, failure), file=sys.stderr)
                break
    if not tried:
        sys.exit("bench_torch: no way of running PyTorch works here")
    return max(tried, key=tried.get), tried


# ---- the vqvae side ------------------------------------------------------------------


def vqvae_train(threads, batch, precision, options, folder):
    """Images per second of a short run, without its first fifth."""
    interval = max(5, round(options.seconds * options.guess / batch / 4))
    out = os.path.join(folder, "run")
    _, memory = run(
        [options.vqvae, "train", "--quiet", "--force", "--data", options.data, "--out", out,
         "--preset", "sonnet", "--precision", precision,
         "--batch-size", str(batch), "--threads", str(threads),
         "--steps", str(interval * 5), "--log-every", str(interval),
         "--sample-every", "0", "--save-every", "0"], threads, options)
    with open(os.path.join(out, "log.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    speeds = [line["images_per_s"] for line in lines if "note" not in line]
    return statistics.harmonic_mean(speeds[1:]), memory


def vqvae_reconstruct(threads, options, folder):
    """What `eval` says of encoding and decoding, without its metrics."""
    model = os.path.join(folder, "run", "model.safetensors")
    out, memory = run([options.vqvae, "eval", "--quiet", "--json", "--refine", "0", "--model", model,
                       "--data", options.data, "--threads", str(threads)], threads, options)
    return json.loads(out)["images_per_s"], memory


# ---- the table -----------------------------------------------------------------------


def machine():
    name = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    with open("/proc/cpuinfo") as f:
        flags = f.read()
    vector = "AVX-512" if " avx512f" in flags else "AVX2" if " avx2" in flags else "no AVX2"
    return "%s, %d processors, %s" % (name, os.cpu_count(), vector)


def measure(work, threads, batch, precision, options, folder):
    """One row: the best way of PyTorch, then pairs."""
    row = dict(work=work, threads=threads, batch=batch, precision=precision)
    if options.torch:
        ways = options.ways + (list(map(in_bf16, options.ways)) if precision == "bf16" else [])
        (way, torch_batch), tried = torch_best(work, threads, batch, ways, options)
        row.update(way=way, torch_batch=torch_batch,
                   tried={"%s@%d" % key: round(value, 1) for key, value in tried.items()})
    theirs, ours = [], []
    for _ in range(options.pairs):
        if options.torch:
            theirs.append(torch_speed(work, way, threads, torch_batch, options))
        if options.vqvae and work == "train":
            ours.append(vqvae_train(threads, batch, precision, options, folder))
        elif options.vqvae:
            ours.append(vqvae_reconstruct(threads, options, folder))
    for name, seen in (("torch", theirs), ("vqvae", ours)):
        if seen:
            row[name] = statistics.median(speed for speed, _ in seen)
            row[name + "_mb"] = max(memory for _, memory in seen)
    if ours and theirs:
        row["ratio"] = statistics.median(a / b for (a, _), (b, _) in zip(ours, theirs))
    return row


def show(row):
    def cell(key, form, blank):
        return form % row[key] if key in row else blank
    way = "%s, batch %d" % (row["way"], row["torch_batch"]) if "way" in row else "-"
    print("%-11s %5s %5s %7d  %-36s" % (row["work"], row["precision"], row["batch"] or "-",
                                        row["threads"], way),
          cell("torch", "%8.0f", "%8s" % "-"), cell("torch_mb", "%5.0f", "%5s" % "-"),
          cell("vqvae", "%8.0f", "%8s" % "-"), cell("vqvae_mb", "%5.0f", "%5s" % "-"),
          cell("ratio", "%5.2f x", "%5s" % "-"), flush=True)


def without_torch():
    """Names of what PyTorch's side needs and this Python does not have."""
    return [name for name in ("torch", "numpy")
            if subprocess.run([sys.executable, "-c", "import " + name],
                              capture_output=True).returncode]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    parser.add_argument("--data", help="a CIFAR-style .bin file (default: data/cifar-10-"
                        "batches-bin/test_batch.bin, or noise of the same size)")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6, help="per measurement")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"],
                        choices=["fp32", "bf16"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--guess", type=float, default=1000,
                        help="images/s assumed when choosing the number of steps")
    parser.add_argument("--avx2", action="store_true", help="neither may use AVX-512")
    parser.add_argument("--torch-only", action="store_true")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    missing = without_torch()
    options.torch = not missing
    if missing:
        print("bench_torch: %s has no %s: measuring vqvae alone" % (
            sys.executable, " and no ".join(missing)), file=sys.stderr)
    if options.torch_only:
        options.vqvae = None
    elif not os.access(options.vqvae, os.X_OK):
        sys.exit("bench_torch: no program '%s': run `make` first" % options.vqvae)
    with tempfile.TemporaryDirectory() as folder:
        if not options.data:
            options.data = os.path.join(ROOT, "data/cifar-10-batches-bin/test_batch.bin")
            if not os.path.exists(options.data):
                options.data = os.path.join(folder, "noise.bin")
                with open(options.data, "wb") as f:
                    f.write((b"\0" + os.urandom(3072)) * 10000)
        if not options.json:
            print("%s%s; medians of %d pairs\n" % (
                machine(), ", AVX-512 turned off" if options.avx2 else "", options.pairs))
            print("%-11s %5s %5s %7s  %-36s %8s %5s %8s %5s %7s" % (
                "work", "", "batch", "threads", "PyTorch's fastest way", "images/s", "MB",
                "vqvae", "MB", "ratio"), flush=True)
        rows = []
        for threads in options.threads:
            works = [("train", batch, precision) for batch in options.batch
                     for precision in options.precision] + [("reconstruct", 0, "fp32")]
            for work, batch, precision in works:
                rows.append(measure(work, threads, batch, precision, options, folder))
                if not options.json:
                    show(rows[-1])
        if options.json:
            print(json.dumps(dict(machine=machine(), rows=rows), indent=1))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--worker":
        worker(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6],
               float(sys.argv[7]))
    else:
        main()
