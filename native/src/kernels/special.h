// Special functions of one number in double, to about 1e-14: too rare in models to be worth vectors.
#pragma once
#include <math.h>

#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// Bernoulli numbers B₂, B₄ … B₂₀.
constexpr int bernoulliCount = 10;
constexpr double bernoulli[bernoulliCount] = {1.0 / 6,      -1.0 / 30, 1.0 / 42,          -1.0 / 30,      5.0 / 66,
                                              -691.0 / 2730, 7.0 / 6,  -3617.0 / 510, 43867.0 / 798, -174611.0 / 330};
// Below this, arguments are moved up by the recurrence until the asymptotic series is exact.
constexpr int asymptoticFrom = 16;

// log Γ(x) for x > 0 (Abramowitz & Stegun, 6.1.41); NaN elsewhere.
inline double logGamma(double x) {
  if (!(x > 0)) return x == 0 ? HUGE_VAL : NAN;
  if (x == HUGE_VAL) return x;
  double shift = 1, z = x;
  for (; z < asymptoticFrom; z++) shift *= z;
  double series = 0, power = z;
  for (int i = 0; i < bernoulliCount; i++) {
    series += bernoulli[i] / ((2 * i + 2) * (2 * i + 1) * power);
    power *= z * z;
  }
  constexpr double halfLog2Pi = 0.91893853320467274178;
  return (z - 0.5) * log(z) - z + halfLog2Pi + series - log(shift);
}

inline double factorial(int n) {
  double product = 1;
  for (int k = 2; k <= n; k++) product *= k;
  return product;
}

inline double wholePower(double x, int n) {
  double product = 1;
  for (int k = 0; k < n; k++) product *= x;
  return product;
}

// ψ⁽ⁿ⁾(x) for x > 0 (Abramowitz & Stegun, 6.3.18 and 6.4.11); NaN elsewhere.
inline double polyGamma(int order, double x) {
  if (!(x > 0)) return NAN;
  double shift = 0, z = x;
  for (; z < asymptoticFrom + order; z++) shift += 1 / wholePower(z, order + 1);
  if (order == 0) {
    double series = log(z) - 0.5 / z, power = z * z;
    for (int i = 0; i < bernoulliCount; i++) {
      series -= bernoulli[i] / ((2 * i + 2) * power);
      power *= z * z;
    }
    return series - shift;
  }
  const double power = wholePower(z, order);
  double series = factorial(order - 1) / power + factorial(order) / (2 * power * z);
  // (k + n − 1)! / k! · z^−(k + n), for k = 2, 4 …
  double term = factorial(order + 1) / 2 / (power * z * z);
  for (int i = 0; i < bernoulliCount; i++) {
    const int k = 2 * i + 2;
    series += bernoulli[i] * term;
    term *= static_cast<double>(k + order) * (k + order + 1) / ((k + 1.0) * (k + 2.0)) / (z * z);
  }
  return (order % 2 == 0 ? -1 : 1) * (series + factorial(order) * shift);
}

// C's power, but for the two places where JavaScript's differs from it: an exponent that is NaN, and ±1 to the power of
// ±∞.
inline double scalarPower(double x, double y) {
  if (y != y || ((x == 1 || x == -1) && (y == HUGE_VAL || y == -HUGE_VAL))) return NAN;
  return pow(x, y);
}

}  // namespace vaekit::VAEKIT_ISA
