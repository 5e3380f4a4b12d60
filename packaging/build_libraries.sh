#!/bin/sh
# Builds libpng, libjpeg-turbo and libdeflate as static libraries for the wheels of Linux and macOS,
# so that every wheel holds the same versions. setup.py finds them through PKG_CONFIG_PATH.
#
#   packaging/build_libraries.sh PREFIX
#
# Sources are named by commit, which git checks. Needs git, cmake, a C compiler, zlib, and nasm on x86
# (without it libjpeg-turbo is slow, not different). Versions here and licenses/ go together.
set -eu

prefix=${1:?usage: build_libraries.sh PREFIX}
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT

build() {
    name=$1 url=$2 commit=$3
    shift 3
    git init -q "$sources/$name"
    git -C "$sources/$name" fetch -q --depth 1 "$url" "$commit"
    git -C "$sources/$name" checkout -q FETCH_HEAD
    cmake -S "$sources/$name" -B "$sources/$name-build" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
        -DCMAKE_C_VISIBILITY_PRESET=hidden -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_POLICY_VERSION_MINIMUM=3.5 "$@"
    cmake --build "$sources/$name-build" --parallel
    cmake --install "$sources/$name-build"
}

# v1.25
build libdeflate https://github.com/ebiggers/libdeflate.git \
    c8c56a20f8f621e6a966b716b31f1dedab6a41e3 \
    -DLIBDEFLATE_BUILD_SHARED_LIB=OFF -DLIBDEFLATE_BUILD_GZIP=OFF

# 3.1.4.1
build libjpeg-turbo https://github.com/libjpeg-turbo/libjpeg-turbo.git \
    9217719d3a58633923b096af4c1d50d304768a64 \
    -DENABLE_SHARED=OFF -DWITH_TURBOJPEG=OFF -DWITH_TOOLS=OFF -DWITH_TESTS=OFF

# v1.6.58
build libpng https://github.com/pnggroup/libpng.git \
    3061454d980de7d53608f594194cfac722721d2a \
    -DPNG_SHARED=OFF -DPNG_FRAMEWORK=OFF -DPNG_TESTS=OFF -DPNG_TOOLS=OFF
