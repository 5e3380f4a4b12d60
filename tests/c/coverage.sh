#!/bin/sh
# How many of the core's lines each fuzz target's corpus reaches, in the files that it is about.
# In: BUILD with the replay programs, FUZZERS, CORE, CORPUS from the Makefile. Out: a table.
set -eu

tool() {
    command -v "$1" || command -v "$1-14"
}

files_of() {
    case $1 in
    bmp) echo bmp/encode.c ;;
    decode) echo */decode.c pixels/decoded.c bmp/header.c ;;
    encode) echo png/*.c deflate/*.c ;;
    jpeg) echo jpeg/encode.c ;;
    image) echo image.c pixels/mode.c png/*.c deflate/*.c */encode.c convert/convert.c ;;
    probe) echo probe/*.c bmp/header.c ;;
    shape) echo pixels/view.c ;;
    view) echo pixels/*.c convert/*.c ;;
    *) echo '*.c' '*/*.c' ;;
    esac
}

profdata=$(tool llvm-profdata) && cov=$(tool llvm-cov)
for name in $FUZZERS; do
    name=${name#fuzz_}
    export LLVM_PROFILE_FILE="$BUILD/$name.profraw"
    "$BUILD/replay_$name" "$CORPUS/$name" >/dev/null
    "$profdata" merge -o "$BUILD/$name.profdata" "$LLVM_PROFILE_FILE"
    "$cov" report "$BUILD/replay_$name" -instr-profile="$BUILD/$name.profdata" \
        >"$BUILD/$name.coverage"
    # Regions, functions and lines come as a count, how many are missed, and percent.
    awk -v name="$name" -v files="$(cd "$CORE" && echo $(files_of "$name"))" '
        BEGIN { split(files, list, " "); for (i in list) wanted[list[i]] = 1 }
        { file = $1; sub(/.*core\//, "", file) }
        file in wanted { lines += $8; missed += $9 }
        END { printf "%-9s %4d of %4d lines, %.1f %%\n", name, lines - missed, lines,
                     100 * (lines - missed) / lines }' "$BUILD/$name.coverage"
done
