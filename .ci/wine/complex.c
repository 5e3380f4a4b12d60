/* The complex functions of Windows' C library, which wine's does not have and which NumPy calls:
 * gcc's own. .ci/windows makes a library of them; all other functions in it are wine's. */
#include <complex.h>

#define PART(name)                           \
    double wb_##name(double complex number)  \
    {                                        \
        return name(number);                 \
    }                                        \
    float wb_##name##f(float complex number) \
    {                                        \
        return name##f(number);              \
    }
#define FUNCTION(name)                               \
    double complex wb_##name(double complex number)  \
    {                                                \
        return name(number);                         \
    }                                                \
    float complex wb_##name##f(float complex number) \
    {                                                \
        return name##f(number);                      \
    }

PART(cabs)
PART(carg)
PART(cimag)
PART(creal)
FUNCTION(ccos)
FUNCTION(ccosh)
FUNCTION(cexp)
FUNCTION(clog)
FUNCTION(csin)
FUNCTION(csinh)
FUNCTION(csqrt)
FUNCTION(ctan)
FUNCTION(ctanh)

double complex wb_cpow(double complex number, double complex exponent)
{
    return cpow(number, exponent);
}

float complex wb_cpowf(float complex number, float complex exponent)
{
    return cpowf(number, exponent);
}
