// Exp and Log in double precision, the same bits on every machine.
//
// The C library's differ in the last bit between processors, as it has variants with and without fused multiply-add;
// what is drawn for a view, and so its pixels, must not. Only additions, multiplications and divisions here, none of
// them fused: whoever includes this is compiled with -ffp-contract=off.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <cmath>

namespace shoal {

// e^x for |x| < 700, relative error below 1e-15.
inline double Exp(double x) {
  constexpr double kLog2E = 1.4426950408889634, kLn2High = 6.93147180369123816490e-01,
                   kLn2Low = 1.90821492927058770002e-10;
  const double power = std::nearbyint(x * kLog2E);
  const double rest = (x - power * kLn2High) - power * kLn2Low;
  // Taylor's series on [-ln(2) / 2, ln(2) / 2]: the 14th term is below 5e-18.
  double sum = 1;
  for (int n = 14; n >= 1; --n) sum = 1 + sum * rest / n;
  return std::ldexp(sum, static_cast<int>(power));
}

// The natural logarithm of x > 0, absolute error below 1e-15 (1 + |log x|).
inline double Log(double x) {
  constexpr double kLn2 = 0.69314718055994531, kSqrtHalf = 0.70710678118654752;
  int power = 0;
  double mantissa = std::frexp(x, &power);
  if (mantissa < kSqrtHalf) mantissa *= 2, --power;
  // 2 artanh(s) with |s| < 0.172: the 23rd power is below 3e-18.
  const double s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  double series = 0;
  for (int n = 23; n >= 1; n -= 2) series = series * s2 + 1.0 / n;
  return power * kLn2 + 2 * s * series;
}

}  // namespace shoal
