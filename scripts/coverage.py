#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count the branches that the suite takes: `make coverage`.

Runs the suite of a build with MODE=cover, the programs that it starts included, and prints
how many of the two ways out of every condition (and the many of a switch) were taken at
least once: by room, and against the limit of each. --lines ROOM lists those that were not.
Fails under a limit. Assertions are compiled out; the kernels (tensor/simd_*.c, three builds
of one source of which the machine chooses) and cluster/mpi.c (`make mpi-test`) are not
counted.

Needs: gcc's gcov, of the version that compiled.
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What a file from elsewhere can reach, and what a killed run leaves: nearly all of it.
STRICT = 97
USUAL = 90
ROOMS = [("base", STRICT, ["src/base/"]), ("io", STRICT, ["src/io/"]),
         ("image", STRICT, ["src/image/"]),
         ("network/weights", STRICT, ["src/network/weights_"]),
         ("train/run_folder", STRICT, ["src/train/run_folder", "src/train/checkpoint"])]


def room_of(path):
    for name, limit, starts in ROOMS:
        if path.startswith(tuple(starts)):
            return name, limit
    return path.split("/")[1], USUAL


def run_suite(build):
    """Anew: what an earlier run counted goes."""
    for old in glob.glob(build + "/src/*/*.gcda"):
        os.unlink(old)
    done = subprocess.run([build + "/vqvae-tests"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr + "coverage.py: the suite failed")


def counts(build):
    """{path: {(line, function): [how often each branch was taken]}}"""
    files = collections.defaultdict(dict)
    for note in sorted(glob.glob(build + "/src/*/*.gcno")):
        out = subprocess.run(["gcov", "--branch-probabilities", "--json-format",
                              "--stdout", note], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for unit in json.loads(out)["files"]:
            if not unit["file"].startswith("src/"):
                continue
            lines = files[unit["file"]]
            for line in unit["lines"]:
                taken = [b["count"] for b in line["branches"]]
                key = line["line_number"], line.get("function_name", "")
                # a header has the counts of every file that includes it
                was = lines.get(key, [0] * len(taken))
                lines[key] = [a + b for a, b in zip(was, taken)]
    return files


def table(files):
    """Print it; True when every room holds its limit."""
    rooms = collections.defaultdict(lambda: [0, 0, 0])
    for path, lines in files.items():
        room = rooms[room_of(path)]
        room[0] += 1
        room[1] += sum(n > 0 for taken in lines.values() for n in taken)
        room[2] += sum(len(taken) for taken in lines.values())
    print(f"{'room':18}{'files':>6}{'taken':>7}{'of':>7}{'%':>8}{'limit':>7}")
    good = True
    for (name, limit), (n, taken, of) in sorted(rooms.items(),
                                                key=lambda r: (-r[0][1], r[0][0])):
        percent = 100 * taken / max(of, 1)
        good &= percent >= limit
        print(f"{name:18}{n:6}{taken:7}{of:7}{percent:8.1f}{limit:7}"
              + ("" if percent >= limit else "  under it"))
    return good


def list_lines(files, wanted):
    for path, lines in sorted(files.items()):
        if not (room_of(path)[0] == wanted or path.startswith("src/" + wanted)):
            continue
        with open(os.path.join(ROOT, path)) as f:
            text = f.read().split("\n")
        for (number, _), taken in sorted(lines.items()):
            if 0 in taken:
                print(f"{path}:{number}: {sum(n > 0 for n in taken)}/{len(taken)}  "
                      + text[number - 1].strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", help="the build folder, build/cover")
    parser.add_argument("--lines", metavar="ROOM", action="append", default=[],
                        help="list lines with branches not taken: io, image/png, ...")
    parser.add_argument("--no-run", action="store_true", help="count what was run before")
    options = parser.parse_args()
    os.chdir(ROOT)
    if not options.no_run:
        run_suite(options.build)
    files = counts(options.build)
    for wanted in options.lines:
        list_lines(files, wanted)
    return 0 if table(files) else 1


if __name__ == "__main__":
    sys.exit(main())
