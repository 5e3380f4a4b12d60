#!/bin/sh
# Static checks of the core and its tests: compiler warnings as errors, cppcheck, clang-tidy.
# In: CORE, CORE_FLAGS, TEST_FLAGS, WARNINGS from the Makefile. A tool that is missing is named and
# left out.
set -eu

core_sources=$(find "$CORE" -name '*.c')
failed=0

has() {
    command -v "$1" >/dev/null 2>&1 || { echo "lint: $1 is not installed, left out"; return 1; }
}

for compiler in gcc clang; do
    has "$compiler" || continue
    for source in $core_sources; do
        "$compiler" $CORE_FLAGS $WARNINGS -Werror -O2 -c "$source" -o /dev/null || failed=1
    done
    for source in *.c; do
        "$compiler" $TEST_FLAGS $WARNINGS -Werror -O2 -c "$source" -o /dev/null || failed=1
    done
    echo "lint: $compiler done"
done

# Left out: what cppcheck 2.10 takes wrongly, arrays filled in a loop and "->" after a call; the
# compilers and the sanitizers look for the same.
if has cppcheck; then
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability \
        --suppress=missingInclude --suppress=uninitvar --suppress=assignBoolToPointer \
        $core_sources || failed=1
    echo "lint: cppcheck done"
fi

# Left out: swappable parameters (x, y are), narrowing and widening (-Wconversion looks after them),
# parentheses around a macro's types, C11 Annex K (no library has it), va_list (clang 14 does not
# see what va_start does).
if has clang-tidy; then
    checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters'
    checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
    checks="$checks,-bugprone-narrowing-conversions,-bugprone-macro-parentheses"
    checks="$checks,-bugprone-implicit-widening-of-multiplication-result"
    checks="$checks,-clang-analyzer-valist.Uninitialized"
    clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" \
        $core_sources -- $CORE_FLAGS 2>/dev/null || failed=1
    echo "lint: clang-tidy done"
fi
exit $failed
