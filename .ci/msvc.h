/* Makes mingw-w64's headers serve clang as MSVC's target, for .ci/windows: they take attributes away
 * or put them where only gcc allows them, and lack intrinsics that MSVC declares. With AS_MSVC what
 * follows is compiled as if by MSVC itself. */
#include <_mingw.h>
#undef __attribute__
#undef __MINGW_ATTRIB_NORETURN
#define __MINGW_ATTRIB_NORETURN
#undef __MINGW_ATTRIB_DEPRECATED
#define __MINGW_ATTRIB_DEPRECATED
#define _PID_T_ /* Python defines the type */
/* As <complex.h> of MSVC, for NumPy's. */
typedef struct {
    double _Val[2];
} _Dcomplex;
typedef struct {
    float _Val[2];
} _Fcomplex;
typedef struct {
    long double _Val[2];
} _Lcomplex;
void __cpuidex(int registers[4], int leaf, int subleaf);
#ifdef AS_MSVC
#include <float.h>
#include <intrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
unsigned char _BitScanForward64(unsigned long *index, unsigned __int64 mask);
unsigned char _BitScanReverse(unsigned long *index, unsigned long mask);
unsigned char _BitScanReverse64(unsigned long *index, unsigned __int64 mask);
#undef __clang__
#endif
