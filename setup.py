"""Builds the one extension module, wbimage_ext._core, from core/ and binding/.

Libraries are found by pkg-config and nothing is downloaded. What the environment may say:

    LIBPNG_CFLAGS, LIBPNG_LIBS          instead of asking pkg-config for libpng; the same for
    LIBJPEG_..., LIBDEFLATE_..., ZLIB_...
    PKG_CONFIG                          the pkg-config program
    WBIMAGE_WITHOUT_LIBDEFLATE=1        use zlib although libdeflate is there
    WBIMAGE_BUILD=debug                 no optimisation, assertions of the C library on
    WBIMAGE_BUILD=sanitize              AddressSanitizer and UndefinedBehaviorSanitizer
    WBIMAGE_BUILD=thread                ThreadSanitizer
    WBIMAGE_BUILD=strict                every warning is an error
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from glob import glob
from pathlib import Path

import numpy
from setuptools import Extension, setup

ROOT = Path(__file__).parent

# What to install where; pkg-config's name of a library comes first.
PACKAGES = {
    "libpng": "Debian/Ubuntu: libpng-dev, Fedora: libpng-devel, macOS: brew install libpng, "
    "conda: libpng",
    "libjpeg": "Debian/Ubuntu: libjpeg-dev, Fedora: libjpeg-turbo-devel, "
    "macOS: brew install jpeg-turbo, conda: libjpeg-turbo",
    "zlib": "Debian/Ubuntu: zlib1g-dev, Fedora: zlib-devel, macOS: part of Xcode, conda: zlib",
}


class Library:
    """Compiler and linker flags of one library."""

    def __init__(self, name: str, cflags: str, libs: str) -> None:
        self.name = name
        self.cflags = shlex.split(cflags)
        self.libs = shlex.split(libs)


def pkg_config(*arguments: str) -> str | None:
    """What pkg-config answers, or None where it or the library is missing."""
    command = [os.environ.get("PKG_CONFIG", "pkg-config"), *arguments]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None


def find_library(name: str) -> Library | None:
    """The library by environment variables, else by pkg-config, else None."""
    prefix = name.upper()
    cflags = os.environ.get(f"{prefix}_CFLAGS")
    libs = os.environ.get(f"{prefix}_LIBS")
    if libs is not None:
        return Library(name, cflags or "", libs)
    found_cflags = pkg_config("--cflags", name)
    found_libs = pkg_config("--libs", name)
    if found_libs is None:
        return None
    return Library(name, found_cflags or "", found_libs)


def require_library(name: str) -> Library:
    library = find_library(name)
    if library is None:
        variables = f"{name.upper()}_CFLAGS and {name.upper()}_LIBS"
        program = " (pkg-config itself is missing)" if pkg_config("--version") is None else ""
        sys.exit(
            f"wbimage_ext needs {name}, which pkg-config does not find{program}. "
            f"{PACKAGES[name]}; or set {variables}."
        )
    return library


def extension() -> Extension:
    libraries = [require_library("libpng"), require_library("libjpeg"), require_library("zlib")]
    macros: list[tuple[str, str | None]] = [
        ("NPY_NO_DEPRECATED_API", "NPY_1_22_API_VERSION"),
        ("NPY_TARGET_VERSION", "NPY_1_22_API_VERSION"),
    ]
    if os.environ.get("WBIMAGE_WITHOUT_LIBDEFLATE") != "1":
        libdeflate = find_library("libdeflate")
        if libdeflate is not None:
            libraries.append(libdeflate)
            macros.append(("WB_HAVE_LIBDEFLATE", "1"))

    # Float arithmetic has to round after every operation, as NumPy's does: no fused multiply-add.
    link_flags: list[str] = []
    if sys.platform == "win32":
        compile_flags = ["/std:c11", "/O2", "/fp:precise"]
    else:
        compile_flags = ["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"]
        link_flags += ["-pthread"]
    build = os.environ.get("WBIMAGE_BUILD", "")
    if build == "debug":
        compile_flags += ["-O0", "-g", "-UNDEBUG"]
    elif build == "sanitize":
        sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        compile_flags += ["-O1", "-g", "-fno-omit-frame-pointer", *sanitizers]
        link_flags += sanitizers
    elif build == "thread":
        compile_flags += ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=thread"]
        link_flags += ["-fsanitize=thread"]
    elif build == "strict":
        compile_flags += ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
    elif build:
        sys.exit(f"WBIMAGE_BUILD is {build!r}; known are debug, sanitize, thread and strict.")
    for library in libraries:
        compile_flags += library.cflags
        link_flags += library.libs
    if sys.platform == "linux":
        # A library linked statically must not offer its names to others in the process.
        link_flags += ["-lm", "-Wl,--exclude-libs,ALL"]
    sources = sorted(glob("wbimage_ext/core/**/*.c", recursive=True))
    sources += sorted(glob("wbimage_ext/binding/*.c"))
    headers = sorted(glob("wbimage_ext/core/**/*.h", recursive=True))
    headers += sorted(glob("wbimage_ext/binding/*.h"))
    return Extension(
        "wbimage_ext._core",
        sources=sources,
        depends=headers,
        include_dirs=["wbimage_ext/core", numpy.get_include()],
        define_macros=macros,
        extra_compile_args=compile_flags,
        extra_link_args=link_flags,
    )


os.chdir(ROOT)
setup(ext_modules=[extension()])
