#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Check the floors of the house: a file includes its own room or a lower floor, no two
# files need each other, each foreign library has one user, and only src/cli prints or
# exits, and base/fd.c alone makes the calls that signals interrupt. x.h and x.c count as one file: what either includes, both need.
#
# usage: layers.sh [SRC]     (default: src; a new room is added to `floor` below)
# Tested with planted violations in tests/scripts/test_layers.c.
set -eu
src=${1:-src}
files=$(find "$src" -name '*.[ch]' | LC_ALL=C sort)
[ -n "$files" ] || {
    echo "layers: no source files in '$src'" >&2
    exit 1
}

# shellcheck disable=SC2086 # our file names hold no blanks
LC_ALL=C awk -v src="$src" '
BEGIN {
    floor["tensor"] = 0
    floor["base"] = 1
    floor["autograd"] = floor["cluster"] = floor["io"] = floor["image"] = 2
    floor["data"] = floor["config"] = 3
    floor["network"] = 4
    floor["codec"] = 5
    floor["eval"] = floor["train"] = 6
    floor["prior"] = 7
    floor["report"] = 8
    floor["cli"] = 9
    # foreign headers and their one user; gemm must ask OpenMP to keep BLAS single-threaded
    user["cblas.h"] = user["openblas_config.h"] = user["f77blas.h"] = "tensor/gemm.c"
    user["png.h"] = user["pngconf.h"] = "image/png.c"
    user["jpeglib.h"] = user["jerror.h"] = user["turbojpeg.h"] = \
        "image/jpeg.c image/jpeg_write.c"
    user["mpi.h"] = "cluster/mpi.c"
    user["omp.h"] = "tensor/gemm.c"
    user["pthread.h"] = user["threads.h"] = "base/parallel.c"
}

function object(why)
{
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
}

# The line without comments and with empty strings; in_comment spans lines.
function code_of(line,   code, at, piece)
{
    code = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (!at)
                return code
            line = substr(line, at + 2)
            in_comment = 0
        } else if (match(line, /"(\\.|[^"\\])*"|\047(\\.|[^\047\\])*\047|\/\*|\/\//)) {
            piece = substr(line, RSTART, RLENGTH)
            code = code substr(line, 1, RSTART - 1)
            line = substr(line, RSTART + RLENGTH)
            if (piece == "//")
                return code
            if (piece == "/*")
                in_comment = 1
            else
                code = code (code ~ /^[ \t]*#[ \t]*include[ \t]*$/ ? piece : "\"\"")
        } else {
            return code line
        }
    }
    return code
}

function check_private(header,   other)
{
    if (header == "vqvae.h") {
        if (room != "cli" && path != "base/status.h")
            object("vqvae.h comes through base/status.h here")
        return
    }
    other = header
    sub(/\/.*/, "", other)
    if (!(other in floor) || other == header || header ~ /\.\./)
        object("cannot place \"" header "\": write it as \"room/name.h\"")
    else if (other != room && floor[other] >= floor[room])
        object(room " (floor " floor[room] ") includes " header " (floor " floor[other] ")")
    else if (stem(header) != stem(path))
        note_need(stem(path), stem(header))
}

function note_need(file, other)
{
    if (!(file in needs))
        with_needs[++n_with_needs] = file
    needs[file] = needs[file] " " other
}

function stem(file)
{
    sub(/\.[ch]$/, "", file)
    return file
}

# Follow what `file` needs; `way` is the files walked through to here, each in blanks.
function find_circle(file, way,   other, n, i)
{
    if (index(way, " " file " ")) {
        sub(".* " file " ", file " ", way)
        gsub(/ /, " -> ", way)
        printf "circle: %s%s\n", way, file
        bad = 1
        return
    }
    if (file in walked)
        return
    n = split(needs[file], other, " ")
    for (i = 1; i <= n; i++)
        find_circle(other[i], way file " ")
    walked[file] = 1
}

function check_include(code,   header)
{
    header = code
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
    if (header ~ /^"/) {
        gsub(/"|[ \t]+$/, "", header)
        check_private(header)
    } else if (header ~ /^</) {
        gsub(/[<>]|[ \t]+$/, "", header)
        sub(/.*\//, "", header)
        if (header in user && index(user[header] " ", path " ") == 0)
            object("only " user[header] " includes <" header ">")
    } else {
        object("an include must name its file")
    }
}

FNR == 1 {
    n_files++
    in_comment = 0
    path = substr(FILENAME, length(src) + 1)
    sub(/^\/+/, "", path)
    room = path
    sub(/\/.*/, "", room)
    if (!(room in floor) || path !~ /^[a-z]+\/[^\/]*$/) {
        object("no room of the plan: files live in src/<room>/")
        room = "cli"
    }
}

{
    code = code_of($0)
    if (code ~ /^[ \t]*#[ \t]*include/)
        check_include(code)
    if (code ~ /#[ \t]*pragma[ \t]+omp/ ||
        (code ~ /_Pragma/ && $0 ~ /_Pragma[ \t]*\([ \t]*"[ \t]*omp/))
        object("only base/parallel.c runs code in parallel")
    if (path != "base/fd.c" &&
        (" " code) ~ /[^A-Za-z0-9_.>](f?open|fdopen|pread|pwrite|fsync|ftruncate|fallocate|flock|opendir)[ \t]*\(/)
        object("only base/fd.c opens, cuts, locks and syncs files")
    if (index(user["omp.h"] " ", path " ") == 0 && code ~ /[^a-z_]omp_[a-z]/)
        object("only " user["omp.h"] " ask OpenMP")
    code = " " code
    if (room != "cli" && (code ~ /[^A-Za-z0-9_](v?printf|puts|putchar|perror)[ \t]*\(/ ||
                          code ~ /print[a-z]*[ \t]*\([ \t]*(stdout|stderr)/ ||
                          code ~ /put[a-z]*[ \t]*\(.*(stdout|stderr)/))
        object("only cli prints")
    if (room != "cli" && code ~ /[^A-Za-z0-9_](exit|_exit|_Exit|quick_exit|abort)[ \t]*\(/)
        object("only cli exits")
}

END {
    for (i = 1; i <= n_with_needs; i++)
        find_circle(with_needs[i], " ")
    if (!bad)
        printf "layers: %d files, every include points down, no circles\n", n_files
    exit bad
}' $files
