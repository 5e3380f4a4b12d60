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

Flags go by the compiler, not by the system: MSVC and clang-cl (CC=clang-cl) take one kind, gcc and
clang the other, on Windows too.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent

# Where the files of this version can be read and shown, without a slash at the end; "" as long as
# there is no public repository. See docs/packaging.md.
SOURCES_URL = ""

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


# Float arithmetic has to round after every operation, as NumPy's does: no fused multiply-add.


def msvc_flags(build: str, is_clang: bool) -> tuple[list[str], list[str]]:
    """What MSVC and clang-cl take to compile and to link."""
    if build:
        sys.exit(f"WBIMAGE_BUILD={build} needs gcc or clang.")
    contraction = ["/clang:-ffp-contract=off"] if is_clang else []
    return ["/std:c11", "/O2", "/fp:precise", *contraction], []


def gcc_flags(build: str, system: str) -> tuple[list[str], list[str]]:
    """What gcc and clang take to compile and to link, on a system of sys.platform's names."""
    compile_flags = ["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"]
    link_flags = ["-lm", "-pthread"]
    if system == "win32":
        compile_flags.append("-D__USE_MINGW_ANSI_STDIO=1")  # printf's %zu
    if system == "linux":
        # A library linked statically must not offer its names to others in the process.
        link_flags.append("-Wl,--exclude-libs,ALL")
    address = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    with_frames = ["-O1", "-g", "-fno-omit-frame-pointer"]
    builds: dict[str, tuple[list[str], list[str]]] = {
        "": ([], []),
        "debug": (["-O0", "-g", "-UNDEBUG"], []),
        "sanitize": ([*with_frames, *address], address),
        "thread": ([*with_frames, "-fsanitize=thread"], ["-fsanitize=thread"]),
        "strict": (["-Wall", "-Wextra", "-Wconversion", "-Werror"], []),
    }
    if build not in builds:
        sys.exit(f"WBIMAGE_BUILD is {build!r}; known are debug, sanitize, thread and strict.")
    return compile_flags + builds[build][0], link_flags + builds[build][1]


class BuildExtension(build_ext):
    """Adds the flags when the compiler is known."""

    def build_extensions(self) -> None:
        build = os.environ.get("WBIMAGE_BUILD", "")
        if self.compiler.compiler_type == "msvc":
            # setuptools asks CC under every compiler but this.
            clang = shutil.which(os.environ.get("CC", "")) or ""
            is_clang = Path(clang).stem.lower() == "clang-cl"
            if is_clang:
                self.compiler.initialize()
                self.compiler.cc = clang
            compile_flags, link_flags = msvc_flags(build, is_clang)
        else:
            compile_flags, link_flags = gcc_flags(build, sys.platform)
        for module in self.extensions:
            module.extra_compile_args = compile_flags + module.extra_compile_args
            module.extra_link_args = module.extra_link_args + link_flags
        super().build_extensions()


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
        extra_compile_args=[flag for library in libraries for flag in library.cflags],
        extra_link_args=[flag for library in libraries for flag in library.libs],
    )


def readme_for_pypi(sources_url: str = SOURCES_URL) -> str:
    """The README for a page that has no files beside it: relative links would lead nowhere there.

    Without an address of the sources images are left out, and of links the text stays.
    """

    def moved(link: re.Match[str]) -> str:
        is_image, text, path = link.groups()
        if sources_url:
            return f"{is_image}[{text}]({sources_url}/{path})"
        return "" if is_image else text

    text = (ROOT / "README.md").read_text("utf-8")
    return re.sub(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)", moved, text)


os.chdir(ROOT)
setup(
    ext_modules=[extension()],
    cmdclass={"build_ext": BuildExtension},
    long_description=readme_for_pypi(),
    long_description_content_type="text/markdown",
)
