#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Try every failure point of the program: `make torture`.

Each command below, and both trainings, runs once untouched, which counts its allocations
and its system calls; then once for each of them, with that one spoilt. Every time the
exit code must be a documented one, with one message; files that were there must be what
they were, or whole new ones; no temporary may be left; and where the exit code is 0
everything must be what the untouched run gave. A training that failed or was killed must
go on, or begin anew, to the same model.

Prints a table of tries and failures, and fails where there was one. Linux on x86-64.
"""
import argparse
import collections
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TINY = ("--hidden 8 --res-hidden 4 --codes 16 --code-dim 8 --batch-size 8 --quiet "
        "--threads 1 ").split()
TRAIN = ["train", "--data", "data.bin", "--out", "run", "--steps", "4", "--save-every",
         "2", "--sample-every", "2", "--log-every", "1", *TINY]
PRIOR = ["prior", "--model", "m.safetensors", "--data", "data.bin", "--out", "prun",
         "--steps", "4", "--save-every", "2", "--sample-every", "0", "--log-every", "1",
         "--width", "8", "--depth", "2", "--head", "8", "--validation", "4",
         "--batch-size", "4", "--threads", "1", "--quiet"]
WITH = ["--model", "m.safetensors", "--threads", "1"]

# name, arguments, the arguments that go on after a failure (for a training)
SCENARIOS = [
    ("train", TRAIN, TRAIN),
    ("train --resume", ["train", "--resume", "--out", "begun", "--steps", "4", "--quiet"],
     ["train", "--resume", "--out", "begun", "--steps", "4", "--quiet"]),
    ("prior", PRIOR, PRIOR),
    ("reconstruct", ["reconstruct", "a.png", "out.png", "--refine", "1", *WITH], None),
    ("reconstruct jpeg", ["reconstruct", "b.jpg", "out.jpg", "--refine", "0", "--json",
                          *WITH], None),
    ("encode .npy", ["encode", "a.png", "-o", "out.npy", "--refine", "0", *WITH], None),
    ("encode .txt", ["encode", "a.png", "-o", "out.txt", "--refine", "0", *WITH], None),
    ("encode .vqt", ["encode", "a.png", "-o", "out.vqt", "--refine", "0", *WITH], None),
    ("encode --prior", ["encode", "c.png", "-o", "out.vqt", "--refine", "0", "--prior",
                        "p.safetensors", *WITH], None),
    ("encode FOLDER", ["encode", "folder", "-o", "out.npy", "--refine", "0", "--quiet",
                       *WITH], None),
    ("encode --each", ["encode", "folder", "--each", "each", "--refine", "0", "--quiet",
                       *WITH], None),
    ("decode .npy", ["decode", "codes.npy", "out.png", *WITH], None),
    ("decode .vqt", ["decode", "codes.vqt", "out.png", *WITH], None),
    ("eval", ["eval", "--data", "data.bin", "--refine", "0", "--json", "--worst",
              "out.png", *WITH], None),
    ("compare", ["compare", "a.png", "c2.png", "--json"], None),
    ("inspect model", ["inspect", "m.safetensors", "--json"], None),
    ("inspect run", ["inspect", "begun", "--json"], None),
    ("watch", ["watch", "begun"], None),
    ("report", ["report", "begun", "-o", "out.html", "--threads", "1"], None),
    ("export", ["export", "--half", "m.safetensors", "out.safetensors", "--force"], None),
    ("sample", ["sample", "-n", "2", "--prior", "p.safetensors", "-o", "out.png", *WITH],
     None),
    ("complete", ["complete", "c.png", "out.png", "--keep", "top:0.5", "--prior",
                  "p.safetensors", *WITH], None),
]

ALLOCATIONS = "allocation"
CALLS = ["EIO", "ENOSPC", "EINTR", "short", "kill"]
# What a run may end with; 0 besides, where all is as it should be.
EXPECTED = {ALLOCATIONS: {70}, "EIO": {4, 70}, "ENOSPC": {4, 70}, "EINTR": set(),
            "short": set(), "kill": {137}}
# What no two runs share: figures of the clock, and checksums over the folder's path.
VARIES = re.compile(rb'"(images_per_s|seconds)": ?[0-9.e+]+|crc32":"[0-9a-f]+')


class Program:
    def __init__(self, vqvae, build, work):
        self.vqvae = os.path.abspath(vqvae)
        self.preload = os.path.abspath(os.path.join(build, "torture-preload.so"))
        self.tracer = os.path.abspath(os.path.join(build, "torture-tracer"))
        self.work = work

    def run(self, arguments, folder):
        """Untouched."""
        return subprocess.run([self.vqvae, *arguments], cwd=folder, capture_output=True,
                              stdin=subprocess.DEVNULL, env=self.environment())

    def environment(self, **more):
        # one BLAS thread: the others would allocate whenever they please
        return {"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1", "HOME": "/",
                **more}

    def spoil(self, arguments, folder, how, at):
        """With the at-th point spoilt; the result, and how many points there were."""
        count = folder + ".count"
        command, more = [self.vqvae, *arguments], {"LD_PRELOAD": self.preload}
        if how == ALLOCATIONS:
            more.update(TORTURE_AT=str(at), TORTURE_COUNT=count)
        else:
            command = [self.tracer, how, str(at), count, *command]
        try:
            r = subprocess.run(command, cwd=folder, capture_output=True, timeout=120,
                               stdin=subprocess.DEVNULL, env=self.environment(**more))
        except subprocess.TimeoutExpired:
            return None, 0, "-"
        text = open(count).read().split() if os.path.exists(count) else ["0"]
        if os.path.exists(count):
            os.unlink(count)
        return r, int(text[0]), text[1] if len(text) > 1 else how


def comparable(data, folder):
    """What runs in different folders share. Their names are of one length."""
    return VARIES.sub(b"", data.replace(folder.encode(), b"FOLDER"))


def contents(folder):
    """Every file below a folder: a digest of what it says."""
    found = {}
    for at, folders, files in os.walk(folder):
        for name in files + [d for d in folders if os.path.islink(os.path.join(at, d))]:
            path = os.path.join(at, name)
            key = os.path.relpath(path, folder)
            if os.path.islink(path):
                found[key] = "-> " + os.readlink(path)
            else:
                with open(path, "rb") as f:
                    found[key] = hashlib.sha256(
                        comparable(f.read(), folder)).hexdigest()
    return found


def is_training(arguments):
    return arguments[0] in ("train", "prior")


def told(folder, arguments, differs):
    """Does only what may be missing differ, and is it said why? Of a training pictures,
    which its log tells; of a report what could not be read, which the page tells."""
    if arguments[0] == "report" and differs == ["out.html"]:
        with open(os.path.join(folder, "out.html"), "rb") as f:
            page = f.read()
        return b": Input/output error" in page or b": No space left on device" in page
    if not is_training(arguments):
        return False
    out = os.path.join(folder, arguments[arguments.index("--out") + 1])
    if any(not k.endswith((".svg", ".png", "log.jsonl")) for k in differs):
        return False
    with open(os.path.join(out, "log.jsonl"), "rb") as f:
        return b'"note"' in f.read()


def judge(how, what, arguments, folder, before, wanted, r, reference):
    """What is wrong with a spoilt run; None where nothing is."""
    after = contents(folder)
    if what == "unlink" and how != "kill": # then what should go stays
        after = {k: v for k, v in after.items()
                 if not re.search(r"(^|/)(\.vqvae-[^/]*|\.lock)$|\.part$", k)}
    messages = [line for line in r.stderr.decode(errors="replace").splitlines()
                if line.startswith("vqvae")]
    if r.returncode == 0:
        if how == "kill":
            return None if after == wanted else "exit 0, another result"
        differs = sorted(k for k in set(after) | set(wanted)
                         if after.get(k) != wanted.get(k))
        if differs and not told(folder, arguments, differs):
            return "exit 0, but %s differs" % ", ".join(differs)
        if VARIES.sub(b"", r.stdout) != VARIES.sub(b"", reference.stdout):
            return "exit 0, another standard output"
        return None
    if r.returncode not in EXPECTED[how]:
        return "exit code %d: %s" % (r.returncode, "; ".join(messages)[:160])
    if how != "kill":
        if len(messages) != 1:
            return "%d messages, exit code %d" % (len(messages), r.returncode)
        left = [k for k in after if os.path.basename(k).startswith(".vqvae-")]
        if left:
            return "a temporary is left"
    for path in before:
        if after.get(path) not in (before[path], wanted.get(path)) and \
                not (is_training(arguments) and path.startswith(("run/", "begun/"))):
            return "%s is neither old nor new" % path
    for path in after:
        new = path not in before and not (
            how == "kill" and os.path.basename(path).startswith((".vqvae-", ".lock")))
        if new and path not in wanted and not path.endswith(".part"):
            return "a new file: %s" % path
        if new and not is_training(arguments) and path in wanted and \
                after[path] != wanted[path] and not path.endswith(".part"):
            return "a partial file: %s" % path
    return None


def goes_on(program, again, folder, wanted):
    """Does the training, called again, end with the model of an untouched one?"""
    out = again[again.index("--out") + 1]
    saved = os.path.exists(os.path.join(folder, out, "checkpoint.safetensors"))
    if saved and "--resume" not in again:
        again = [again[0], "--resume", *again[1:]]
    r = program.run(again, folder)
    if r.returncode != 0:
        return "does not go on: %s" % r.stderr.decode(errors="replace").strip()[:160]
    after = contents(folder)
    for name in ("model.safetensors", "checkpoint.safetensors", "config.json"):
        key = os.path.join(out, name)
        if after.get(key) != wanted.get(key):
            return "goes on to another %s" % name
    return None


def one_try(program, template, scenario, how, at, before, wanted, reference):
    _, arguments, again = scenario
    folder = os.path.join(program.work, "try-%08d" % at)
    shutil.copytree(template, folder, symlinks=True)
    try:
        r, _, what = program.spoil(arguments, folder, how, at)
        if r is None:
            return "hangs", what
        fault = judge(how, what, arguments, folder, before, wanted, r, reference)
        if not fault and again and r.returncode != 0:
            fault = goes_on(program, again, folder, wanted)
        return fault, what
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_template(program, folder):
    """The files that every try begins with."""
    os.makedirs(os.path.join(folder, "folder", "sub"))

    def make(*arguments):
        r = program.run(arguments, folder)
        if r.returncode != 0:
            sys.exit("torture: cannot prepare: vqvae %s: %s" % (
                " ".join(arguments), r.stderr.decode()))
    with open(os.path.join(folder, "data.bin"), "wb") as f:
        for i in range(16):
            f.write(bytes([i % 10]))
            f.write(bytes((x * (i + 3) // 4 + y * 5 + c * 60) % 256
                          for c in range(3) for y in range(32) for x in range(32)))
    make(*[a if a != "run" else "first" for a in TRAIN])
    shutil.copy(os.path.join(folder, "first", "model.safetensors"),
                os.path.join(folder, "m.safetensors"))
    make(*[a if a != "prun" else "firstp" for a in PRIOR])
    shutil.copy(os.path.join(folder, "firstp", "model.safetensors"),
                os.path.join(folder, "p.safetensors"))
    make(*["train", "--data", "data.bin", "--out", "begun", "--steps", "2", *TRAIN[7:]])
    with open(os.path.join(folder, "codes.txt"), "w") as f:
        f.write("\n".join(" ".join(str((7 * x + y) % 16) for x in range(8))
                          for y in range(8)) + "\n")
    make("decode", "codes.txt", "c.png", *WITH)
    make("decode", "codes.txt", "b.jpg", *WITH)
    make("reconstruct", "c.png", "c2.png", "--refine", "0", *WITH)
    for name in "folder/1.png", "folder/sub/2.png", "a.png":
        shutil.copy(os.path.join(folder, "c.png"), os.path.join(folder, name))
    make("encode", "c.png", "-o", "codes.npy", "--refine", "0", *WITH)
    make("encode", "c.png", "-o", "codes.vqt", "--refine", "0", *WITH)
    for name in "first", "firstp":
        shutil.rmtree(os.path.join(folder, name))
    for name in "out.png", "out.jpg", "out.npy", "out.txt", "out.vqt", "out.safetensors", \
            "out.html":
        with open(os.path.join(folder, name), "wb") as f:
            f.write(b"what was here before\n")


def torture(program, template, scenario, how, every, pool):
    """All tries of one scenario in one way: how many, and the faults."""
    name, arguments, _ = scenario
    folder = os.path.join(program.work, "try-00000000")
    shutil.copytree(template, folder, symlinks=True)
    before = contents(folder)
    reference, count, _ = program.spoil(arguments, folder, how, 0)
    wanted = contents(folder)
    shutil.rmtree(folder)
    if reference.returncode != 0:
        sys.exit("torture: %s fails untouched: %s" % (name, reference.stderr.decode()))
    points = list(range(1, count + 1, every))
    results = list(pool.map(lambda at: one_try(program, template, scenario, how, at,
                                               before, wanted, reference), points))
    return len(points), [(at, what, fault) for at, (fault, what) in zip(points, results)
                         if fault]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("vqvae", nargs="?", default="build/vqvae")
    p.add_argument("build", nargs="?", default="build/release")
    p.add_argument("--every", type=int, default=1, help="of so many points try one")
    p.add_argument("--only", default="", help="scenarios whose name has this in it")
    p.add_argument("--how", default=",".join([ALLOCATIONS, *CALLS]),
                   help="which faults: %(default)s")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--show", type=int, default=3, help="faults shown of a kind")
    a = p.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as work, \
            ThreadPoolExecutor(a.jobs) as pool:
        program = Program(a.vqvae, a.build, work)
        template = os.path.join(work, "template")
        make_template(program, template)
        print("%-18s %-12s %7s %9s" % ("command", "fault", "tries", "failures"))
        for scenario in SCENARIOS:
            if a.only not in scenario[0]:
                continue
            for how in a.how.split(","):
                tries, faults = torture(program, template, scenario, how, a.every, pool)
                print("%-18s %-12s %7d %9d" % (scenario[0], how, tries, len(faults)),
                      flush=True)
                failures += len(faults)
                kinds = collections.defaultdict(list)
                for at, what, fault in faults:
                    kinds[re.sub(r"'[^']*'", "'*'", fault)].append("%s %d" % (what, at))
                for fault, where in kinds.items():
                    print("    %d: %s (%s)" % (len(where), fault,
                                               ", ".join(where[:a.show])))
    if failures:
        sys.exit("torture: %d failures" % failures)
    print("torture: no failure")


if __name__ == "__main__":
    main()
