#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Change the source in one place at a time and see whether the suite notices.

A mutant has one comparison turned, one constant made 0 or one more (which, is drawn), one
sign turned, one && or || made the other, or one ! deleted, somewhere in the rooms below;
which ones are tried, the seed decides. Each is compiled, linked and given to the tests of its room and a
few that run the program, until one fails, and where none does, to the tests of its own file
once more under AddressSanitizer and UBSan, as `make check` runs them. Not counted are those that the
compiler refuses and those that it makes the same code of. Prints a table, and the survivors;
fails when they are a tenth or more.

The size of an array or an allocation is made smaller, not larger, and assertions are left
alone: room to spare is no fault, nor to object to less of what cannot be.

All of it happens in a copy of the tree, which goes afterwards. Some 2 s a mutant.
Needs: what the suite needs, on Linux.
"""
import argparse
import collections
import concurrent.futures
import filecmp
import glob
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The sources, their room of tests, and the tests of other rooms that see them at work.
ROOMS = {
    "base": ("src/base/*.c", "base",
             ["io/test_npy", "io/test_tokens", "io/test_write_faults",
              "train/test_run_folder", "cli/test_text"]),
    "io": ("src/io/*.c", "io", ["network/test_weights", "cli/test_cmd_codes"]),
    "image": ("src/image/*.c", "image", ["cli/test_cmd_compare"]),
    "network/weights": ("src/network/weights_*.c", "network",
                        ["cli/test_cmd_model", "cli/test_cmd_import"]),
    "train/run_folder": ("src/train/run_folder*.c", "train", ["cli/test_cmd_run"]),
    "train/checkpoint": ("src/train/checkpoint*.c", "train", ["cli/test_cmd_run"]),
}
# Of the room train/, whose other tests take longer.
TRAIN_TESTS = ("checkpoint", "run_", "loop")
# Here a mutant would send its signals to processes that are not its own, or say another
# number of bytes that there were none of, or assert less.
LEFT_ALONE = re.compile(r"\b(kill|vq_fail_memory|assert)\(")
ALLOCATES = re.compile(r"\b(malloc|calloc|realloc)\([^;]*")
# A line of a drawing, as label.c has them: so many constants, and they would be most of all.
DRAWING = 8
FILE = 1 << 30
HANGS = 120  # seconds after which a test waits for nothing
# Up to a size in the declaration of an array: one more of those is room to spare.
DECLARED = re.compile(r"""[ \t]*(?!return\b)(?:static[ ]|const[ ]|unsigned[ ])*\w+[ ]
    (?:[^=(),]*(?:=[^(),]*)?,[ ])*[ *]*\w+(?:\[[^\]]*\])*\[[^\]]*""", re.X)

TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
         |^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*|[A-Za-z_]\w*)
       |(?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
         [uUlLfF]*)
       |(?P<op><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+<>!])""",
    re.S | re.M | re.X)
TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
          "&&": "||", "||": "&&", "+": "-", "-": "+", "++": "--", "--": "++",
          "+=": "-=", "-=": "+=", "!": ""}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)(.*)", re.S)

Mutant = collections.namedtuple("Mutant", "room path start end old new line column")


def changed_numbers(text):
    """What a constant becomes: 0, and one more."""
    match = NUMBER.fullmatch(text)
    if not match:
        return ["0"]
    whole, rest = match.groups()
    octal = whole.isdigit() and whole[0] == "0"
    value = int(whole, 8 if octal else 0)
    return ([] if value == 0 else ["0"]) + [f"{value + 1}{rest}"]


def mutants_of(room, path):
    text = (ROOT / path).read_text()
    for match in TOKEN.finditer(text):
        old = match.group()
        before = text.rfind("\n", 0, match.start()) + 1
        if match.lastgroup == "number":
            news = changed_numbers(old)
        else:
            news = [TURNED[old]] if match.lastgroup == "op" and old in TURNED else []
        so_far = text[before:match.start()]
        if DECLARED.fullmatch(so_far) or ALLOCATES.search(so_far):
            news = [new for new in news if new in ("0", "-")]
        whole_line = text[before:text.find("\n", before)]
        if LEFT_ALONE.search(whole_line) or len(re.findall(r"\b\d", whole_line)) >= DRAWING:
            continue
        for new in news:
            yield Mutant(room, path, match.start(), match.end(), old, new,
                         text.count("\n", 0, before) + 1, match.start() - before + 1)


def shown(mutant):
    line = (ROOT / mutant.path).read_text().split("\n")[mutant.line - 1].strip()
    return (f"{mutant.path}:{mutant.line}:{mutant.column}: {mutant.old} -> "
            f"{mutant.new or 'nothing'}   {line}")


def tests_for(mutant, build):
    """Names of test files, those of the file itself first, and alone if sanitized."""
    _, folder, others = ROOMS[mutant.room]
    tests = [f"{folder}/{pathlib.Path(p).stem}" for p in
             sorted(glob.glob(f"{ROOT}/tests/{folder}/test_*.c"))]
    if folder == "train":
        tests = [t for t in tests if t.split("/test_")[1].startswith(TRAIN_TESTS)]
    stem = pathlib.Path(mutant.path).stem
    own = [t for t in tests if stem.startswith(t.split("/test_")[1].split("_")[0])]
    if build is SANITIZED:
        return own or tests
    return [*own, *(t for t in tests if t not in own), *others]


class Build:
    """A way to build: the folder below the tree, and what make is told.

    seconds: of the processor, that the tests of a file may take, thrice what the slowest
    takes. memory: of the address space, of which sanitizers take all that they can have.
    """

    def __init__(self, mode, flags, seconds, memory):
        self.folder = f"build/{mode}"
        self.make = ["make", "-s", f"MODE={mode}", *flags]
        self.tests, self.program = f"{self.folder}/vqvae-tests", f"{self.folder}/vqvae"
        self.seconds, self.memory = seconds, memory


PLAIN = Build("mutate", ["CFLAGS=-O1 -g0"], 10, 4 << 30)
SANITIZED = Build("asan", [], 60, resource.RLIM_INFINITY)


class Tree:
    """A built copy of the source, in which one mutant at a time lives."""

    def __init__(self, path, builds):
        self.path = path
        self.builds = builds
        self.good = set()  # objects, and tests that pass, of the source as it is
        self.scratch = path + ".tmp"
        os.makedirs(self.scratch, exist_ok=True)

    def make(self):
        names = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT,
                               check=True, stdout=subprocess.PIPE).stdout.decode()
        names = set(filter(None, names.split("\0")))
        for old in glob.glob("**/*.[ch]", root_dir=self.path, recursive=True):
            if old not in names and not old.startswith("build/"):
                os.unlink(os.path.join(self.path, old))
        for name in names:
            to = os.path.join(self.path, name)
            if (ROOT / name).is_file() and not (
                    os.path.exists(to) and filecmp.cmp(ROOT / name, to, shallow=False)):
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(ROOT / name, to)
        for build in self.builds:
            for old in (build.program, build.program + ".good"):  # maybe of a mutant
                pathlib.Path(self.path, old).unlink(missing_ok=True)
            subprocess.run([*build.make, f"-j{os.cpu_count()}", build.tests, build.program],
                           cwd=self.path, stdout=sys.stderr, check=True)

    def learn_commands(self):
        """{what is built: the command}"""
        self.commands = {}
        for build in self.builds:
            out = subprocess.run([*build.make, "-nB", "V=1", build.tests, build.program],
                                 cwd=self.path, check=True, stdout=subprocess.PIPE,
                                 text=True).stdout
            for line in out.replace("\\\n", " ").split("\n"):
                if "-o" in line.split():
                    words = shlex.split(line)
                    self.commands[words[words.index("-o") + 1]] = words

    def run(self, command, wall=600, cpu=600, memory=PLAIN.memory):
        """The exit code; None for one that took too long."""
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        environment = {**os.environ, "TMPDIR": self.scratch, "CCACHE_DISABLE": "1"}
        with subprocess.Popen(command, cwd=self.path, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                              env=environment, preexec_fn=limits,
                              start_new_session=True) as p:
            try:
                code = p.wait(wall)
            except subprocess.TimeoutExpired:
                code = None
            try:
                os.killpg(p.pid, signal.SIGKILL)  # also what it left in the background
            except ProcessLookupError:
                pass
            return None if code in (None, -signal.SIGXCPU) else code

    def compile(self, build, path, to, more=()):
        words = [w for w in self.commands[f"{build.folder}/{path[:-2]}.o"]
                 if w not in ("-MMD", "-MP")]
        words[words.index("-o") + 1] = to
        return self.run([*words, *more]) == 0

    def compile_mutant(self, build, mutant, to, more=()):
        source = pathlib.Path(self.path, mutant.path)
        text = source.read_text()
        source.write_text(text[:mutant.start] + mutant.new + text[mutant.end:])
        try:
            return self.compile(build, mutant.path, to, more)
        finally:
            source.write_text(text)

    def link(self, build, target, to, mutant_object):
        """Before the library, whose own object of that name is then not looked for."""
        words = list(self.commands[target])
        words[words.index("-o") + 1] = to
        words.insert(words.index(f"{build.folder}/libvqvae.a"), mutant_object)
        if self.run(words) != 0:
            raise RuntimeError("cannot link " + " ".join(words))

    def test(self, build, name, program):
        code = self.run([program, name.split("/")[1] + "__*"], wall=HANGS,
                        cpu=build.seconds, memory=build.memory)
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.makedirs(self.scratch, exist_ok=True)
        return code

    def same_code(self, mutant, level):
        """Is the mutant's object that of the source? None if it does not compile."""
        good = f"{PLAIN.folder}/good{level}-{mutant.path.replace('/', '-')[:-2]}.o"
        bad = f"{PLAIN.folder}/mutant{level}.o"
        if good not in self.good and self.compile(PLAIN, mutant.path, good, [level]):
            self.good.add(good)
        if not self.compile_mutant(PLAIN, mutant, bad, [level]):
            return None
        return filecmp.cmp(os.path.join(self.path, good), os.path.join(self.path, bad),
                           shallow=False)

    def noticed_by(self, build, mutant, object_file):
        """The name of the first test that fails, with the mutant alone; None: none does."""
        tests, program = f"{build.folder}/mutant-tests", os.path.join(self.path, build.program)
        self.link(build, build.tests, tests, object_file)
        try:
            for name in tests_for(mutant, build):
                if name.startswith("cli/") and not os.path.exists(program + ".good"):
                    os.rename(program, program + ".good")
                    self.link(build, build.program, build.program, object_file)
                code = self.test(build, name, tests)
                if code != 0:
                    break
            else:
                return None
        finally:
            if os.path.exists(program + ".good"):
                os.replace(program + ".good", program)
        if (build, name) not in self.good and self.test(build, name, build.tests) != 0:
            raise SystemExit(f"mutate.py: {name} fails without a mutant, in {build.folder}")
        self.good.add((build, name))
        return name + (" (time)" if code is None else "")

    def try_mutant(self, mutant):
        """refused, same, survived, or the name of the test that noticed."""
        same = self.same_code(mutant, "-O1")
        if same is None:
            return "refused"
        if same:
            return "same"
        name = self.noticed_by(PLAIN, mutant, f"{PLAIN.folder}/mutant-O1.o")
        if name:
            return name
        if self.same_code(mutant, "-O2"):
            return "same"
        for build in self.builds[1:]:
            to = f"{build.folder}/mutant.o"
            self.compile_mutant(build, mutant, to)
            name = self.noticed_by(build, mutant, to)
            if name:
                return name + " (sanitizers)"
        return "survived"


def in_parallel(work, trees):
    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        list(pool.map(work, trees))


def campaign(options, mutants, folder):
    """[(mutant, verdict)] until enough of them count."""
    builds = [PLAIN] if options.no_sanitizers else [PLAIN, SANITIZED]
    trees = [Tree(f"{folder}/{i}", builds) for i in range(options.jobs)]
    trees[0].make()
    trees[0].learn_commands()
    for tree in trees[1:]:
        shutil.rmtree(tree.path, ignore_errors=True)
        shutil.copytree(trees[0].path, tree.path, symlinks=True)
        tree.commands = trees[0].commands
    end = time.monotonic() + 60 * options.minutes
    results, lock, queue = [], threading.Lock(), iter(mutants)

    def work(tree):
        while True:
            with lock:
                counted = sum(v not in ("refused", "same") for _, v in results)
                go_on = counted < options.count and time.monotonic() < end
                mutant = next(queue, None) if go_on else None
            if mutant is None:
                return
            began = time.monotonic()
            verdict = tree.try_mutant(mutant)
            with lock:
                results.append((mutant, verdict))
                if options.verbose or verdict == "survived":
                    print(f"  {len(results)}: {shown(mutant)}\n      {verdict}, "
                          f"{time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)

    in_parallel(work, trees)
    return results


def report(results):
    """Print it; True when less than a tenth survived."""
    print(f"{'room':18}{'mutants':>8}{'noticed':>9}{'survived':>9}{'%':>7}"
          f"{'same code':>11}{'refused':>9}")
    total = collections.Counter()
    rows = {room: collections.Counter() for room in ROOMS}
    for mutant, verdict in results:
        kind = verdict if verdict in ("refused", "same", "survived") else "noticed"
        rows[mutant.room][kind] += 1
        total[kind] += 1
    share = 0
    for room, n in [*rows.items(), ("all", total)]:
        counted = n["noticed"] + n["survived"]
        share = 100 * n["survived"] / counted if counted else 0
        print(f"{room:18}{counted:8}{n['noticed']:9}{n['survived']:9}{share:7.1f}"
              f"{n['same']:11}{n['refused']:9}")
    for mutant, verdict in results:
        if verdict == "survived":
            print(shown(mutant))
    return share < 10


# Devices of its own for a mutant that root runs: one put a file in the place of /dev/null,
# which a device that is mounted upon does not allow, another took its mode.
KEEP_DEVICES = """
mount -t tmpfs none /mnt && mknod -m 666 /mnt/null c 1 3 && mknod -m 666 /mnt/full c 1 7 &&
    mount --bind /mnt/null /dev/null && mount --bind /mnt/full /dev/full && exec "$0" "$@"
"""


def keep_devices():
    if os.geteuid() == 0 and not os.environ.get("MUTATE_KEPT"):
        os.environ["MUTATE_KEPT"] = "yes"
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", KEEP_DEVICES,
                              sys.executable, *sys.argv])


def main():
    what, how = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(description=what, epilog=how,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="mutants that count (300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="at a time, each in a copy")
    parser.add_argument("--minutes", type=float, default=1e9, help="and no more of them")
    parser.add_argument("--at", action="append", default=[], metavar="FILE[:LINE]",
                        help="every mutant there instead of a draw from all")
    parser.add_argument("--work", metavar="DIR",
                        help="keep the copy there, and build only what changed since")
    parser.add_argument("--no-sanitizers", action="store_true",
                        help="half the time to build, more survivors")
    parser.add_argument("--verbose", action="store_true", help="what noticed each")
    options = parser.parse_args()
    keep_devices()
    mutants = [m for room, (sources, _, _) in ROOMS.items()
               for path in sorted(glob.glob(sources, root_dir=ROOT))
               for m in mutants_of(room, path)]
    if options.at:
        mutants = [m for m in mutants if m.path in options.at
                   or f"{m.path}:{m.line}" in options.at]
        options.count = len(mutants)
    else:
        random.Random(options.seed).shuffle(mutants)
        mutants = list({(m.path, m.start): m for m in mutants}.values())
    print(f"{len(mutants)} mutants to choose from", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="vqvae-mutate-") as folder:
        results = campaign(options, mutants, options.work or folder)
    return 0 if report(results) else 1


if __name__ == "__main__":
    sys.exit(main())
