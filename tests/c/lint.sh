#!/bin/sh
# Static checks of core, binding and C tests: compiler warnings as errors, cppcheck, clang-tidy.
# In: LINT_TOOLS, CORE, BINDING, CORE_FLAGS, TEST_FLAGS, WARNINGS from the Makefile; PYTHON, whose
# headers and NumPy's the binding wants. A tool that is missing is named and left out, with all else
# that it would have done.
set -eu

core_sources=$(find "$CORE" -name '*.c')
binding_sources=$(find "$BINDING" -name '*.c')
failed=0

headers='import sysconfig, numpy; print("-isystem", sysconfig.get_path("include"), "-isystem", numpy.get_include())'
if headers=$("${PYTHON:-python3}" -c "$headers" 2>/dev/null); then
    binding_flags="$CORE_FLAGS $headers -DNPY_NO_DEPRECATED_API=NPY_1_22_API_VERSION"
    binding_flags="$binding_flags -DNPY_TARGET_VERSION=NPY_1_22_API_VERSION"
else
    echo "lint: ${PYTHON:-python3} has no NumPy, the binding is left out"
    binding_sources=
fi

# The tool's name, which Debian ends with a version where only that one is installed.
find_tool() {
    for name in "$1" "$1-14"; do
        command -v "$name" && return 0
    done
    echo "lint: $1 is not installed, left out" >&2
    return 1
}

# Two at a time: every source alone, by the command that comes before it.
each() {
    sources=$1
    shift
    [ -z "$sources" ] || printf '%s\n' $sources | xargs -P 2 -n 1 "$@" || failed=1
}

for tool in $LINT_TOOLS; do
    found=$(find_tool "$tool") || continue
    case $tool in
    gcc | clang)
        each "$core_sources" "$found" $CORE_FLAGS $WARNINGS -Werror -O2 -o /dev/null -c
        each "$(ls ./*.c)" "$found" $TEST_FLAGS $WARNINGS -Werror -O2 -o /dev/null -c
        # NumPy's headers of 1.22 shadow.
        each "$binding_sources" "$found" ${binding_flags:-} -Wall -Wextra -Wconversion -Werror -O2 \
            -o /dev/null -c
        ;;
    cppcheck)
        # Left out: what cppcheck 2.10 takes wrongly, arrays filled in a loop and "->" after a call;
        # the compilers and the sanitizers look for the same. JCS_EXTENSIONS is of libjpeg-turbo's
        # header, which cppcheck does not read, and the braces are those that Python.h's macros are.
        "$found" --quiet --std=c11 --error-exitcode=1 --inline-suppr -j 2 \
            --enable=warning,portability --suppress=missingInclude --suppress=uninitvar \
            --suppress=assignBoolToPointer -DPy_RETURN_NONE='return Py_None' -DJCS_EXTENSIONS \
            -DPy_BEGIN_ALLOW_THREADS='{' -DPy_END_ALLOW_THREADS='}' \
            $core_sources $binding_sources ./*.c || failed=1
        ;;
    clang-tidy)
        # Left out: swappable parameters (x, y are), narrowing and widening (-Wconversion looks
        # after them), parentheses around a macro's types, C11 Annex K (no library has it), va_list
        # (clang 14 does not see what va_start does).
        checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters'
        checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
        checks="$checks,-bugprone-narrowing-conversions,-bugprone-macro-parentheses"
        checks="$checks,-bugprone-implicit-widening-of-multiplication-result"
        checks="$checks,-clang-analyzer-valist.Uninitialized"
        "$found" --quiet --warnings-as-errors='*' --checks="$checks" \
            $core_sources -- $CORE_FLAGS 2>/dev/null || failed=1
        "$found" --quiet --warnings-as-errors='*' --checks="$checks" \
            ./*.c -- $TEST_FLAGS 2>/dev/null || failed=1
        [ -z "$binding_sources" ] || "$found" --quiet --warnings-as-errors='*' --checks="$checks" \
            $binding_sources -- $binding_flags 2>/dev/null || failed=1
        ;;
    esac
    echo "lint: $tool done"
done
exit $failed
