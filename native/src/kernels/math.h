// Functions of vectors of floats. What each is off by at most, in units in the last place (ulp) over all floats, is
// stated with it; native/test/functions_test.cpp measures it.
//
// Numbers below the smallest normal one are 0 here, and errors smaller than it count for nothing. NaN stays NaN.
// Coefficients are minimax fits, rounded one after the other.
#pragma once
#include "special.h"
#include "vectors.h"

namespace vaekit::VAEKIT_ISA {

constexpr float infinity = __builtin_inff();
constexpr float smallestNormal = 1.17549435e-38f;
constexpr float log2E = 1.44269504f;
// log 2 in two parts, the first short enough for exact products with exponents.
constexpr float log2High = 0.693359375f;
constexpr float log2Low = -2.12194440e-4f;
// Added to and taken from a number below 2²², it leaves the nearest whole number, which its low bits show as well.
constexpr float rounder = 12582912.0f;
constexpr double doubleRounder = 6755399441055744.0;

// A NaN is left as it is.
VAEKIT_INLINE Floats clamp(Floats x, float low, float high) {
  x = select(x < splat(low), splat(low), x);
  return select(x > splat(high), splat(high), x);
}
VAEKIT_INLINE Floats magnitude(Floats x) { return bitsOf<Floats>(bitsOf<Ints>(x) & splat(0x7fffffff)); }
VAEKIT_INLINE Floats withSignOf(Floats sign, Floats x) {
  return bitsOf<Floats>(bitsOf<Ints>(x) | (bitsOf<Ints>(sign) & splat(INT32_MIN)));
}
// 2ⁿ for n from −126 to 127.
VAEKIT_INLINE Floats powerOfTwo(Ints n) { return bitsOf<Floats>((n + splat(127)) << splat(23)); }

// x = n log 2 + r, with r small: e^x = 2ⁿ (1 + (e^r − 1)).
struct ReducedExponent {
  Ints n;
  Floats expm1;
};
VAEKIT_INLINE ReducedExponent reduceExponent(Floats x) {
  const Floats shifted = multiplyAdd(x, splat(log2E), splat(rounder));
  const Floats n = shifted - splat(rounder);
  const Floats r = multiplyAdd(n, splat(-log2Low), multiplyAdd(n, splat(-log2High), x));
  const Floats p = polynomial(r, 0.5f, 0.166666672f, 0.0416664891f, 0.00833320804f, 0.00139326858f, 0.000199442555f);
  return {bitsOf<Ints>(shifted) - bitsOf<Ints>(splat(rounder)), multiplyAdd(r * r, p, r)};
}

// 1 ulp.
VAEKIT_INLINE Floats expOf(Floats x) {
  const ReducedExponent e = reduceExponent(clamp(x, -104, 89));
  const Floats mantissa = splat(1.0f) + e.expm1;
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<Floats>(_mm512_maskz_scalef_ps(0xffff, bitsOf<__m512>(mantissa),
                                               bitsOf<__m512>(__builtin_convertvector(e.n, Floats))));
#else
  // In two steps, because 2ⁿ may be too large or too small for a float where the result is not.
  const Ints half = e.n >> splat(1);
  return mantissa * powerOfTwo(half) * powerOfTwo(e.n - half);
#endif
}

// 1.5 ulp.
VAEKIT_INLINE Floats expm1Of(Floats x) {
  const ReducedExponent e = reduceExponent(clamp(x, -30, 89));
  // 2ⁿ⁻¹ is a float where 2ⁿ is not.
  const Floats scale = powerOfTwo(e.n - splat(1));
  const Floats result = splat(2.0f) * multiplyAdd(scale, e.expm1, scale - splat(0.5f));
  // Half of the smallest numbers would be 0.
  return select(magnitude(x) < splat(1e-30f), x, result);
}

// log(2ᵉ (1 + f)) for f from −1/3 to 1/3.
VAEKIT_INLINE Floats logOfParts(Floats e, Floats f) {
  const Floats square = f * f;
  const Floats p = polynomial(f, 0.333332151f, -0.249998048f, 0.200104445f, -0.16680181f, 0.140053406f, -0.12188343f,
                              0.139867067f, -0.12874496f);
  const Floats tail = multiplyAdd(e, splat(log2Low), multiplyAdd(square * f, p, splat(-0.5f) * square));
  return multiplyAdd(e, splat(log2High), f + tail);
}

// x = 2ᵉ m with m from 2/3 to 4/3, for normal x > 0.
struct FloatParts {
  Ints e;
  Floats m;
};
VAEKIT_INLINE FloatParts partsOf(Floats x) {
  // Without signs where numbers may wrap round.
  const Words bits = bitsOf<Words>(x);
  const Ints e = bitsOf<Ints>(bits - bitsOf<Words>(splat(0x3f2aaaab))) >> splat(23);
  return {e, bitsOf<Floats>(bits - (bitsOf<Words>(e) << bitsOf<Words>(splat(23))))};
}

// Of a logarithm's argument: those from the smallest normal number on, but for ∞, have the logarithm that was computed.
VAEKIT_INLINE Floats withLogEdges(Floats x, Floats result) {
  result = select(x == splat(infinity), x, result);
  result = select(x < splat(smallestNormal), splat(-infinity), result);
  return select(x >= splat(0.0f), result, splat(__builtin_nanf("")));
}

// 1 ulp.
VAEKIT_INLINE Floats logOf(Floats x) {
  const FloatParts parts = partsOf(x);
  const Floats e = __builtin_convertvector(parts.e, Floats);
  return withLogEdges(x, logOfParts(e, parts.m - splat(1.0f)));
}

// 1.5 ulp.
VAEKIT_INLINE Floats log1pOf(Floats x) {
  const Floats one = splat(1.0f);
  const Floats u = one + x;
  // What the addition lost, exactly; it matters where 1 + x is near a power of two.
  const Floats rounded = u - one;
  const Floats lost = (one - (u - rounded)) + (x - rounded);
  const FloatParts parts = partsOf(u);
  // Where 2⁻ᵉ is no float, nothing that matters was lost.
  const Floats scale = powerOfTwo(parts.e > splat(126) ? splat(-126) : -parts.e);
  const Floats f = multiplyAdd(lost, scale, parts.m - one);
  const Floats result = withLogEdges(u, logOfParts(__builtin_convertvector(parts.e, Floats), f));
  // Below the smallest normal number of u there is only 0.
  return select(magnitude(x) < splat(smallestNormal), x, result);
}

// 2.5 ulp. By e^−|x|, which softplus wants as well: where both are computed, it is computed once.
VAEKIT_INLINE Floats sigmoidOf(Floats x) {
  const Floats e = expOf(-magnitude(x));
  return select(x < splat(0.0f), e, splat(1.0f)) / (splat(1.0f) + e);
}

// max(x, 0) + log(1 + e) with e = e^−|x|, 2.5 ulp. As e is between 0 and 1, its logarithm needs no reduction.
VAEKIT_INLINE Floats softplusOf(Floats x) {
  const Floats positive = select(x < splat(0.0f), splat(0.0f), x);
  const Floats e = expOf(-magnitude(x));
  const Floats p = polynomial(e, -0.499999315f, 0.333304703f, -0.24958156f, 0.196931928f, -0.153490975f, 0.10670013f,
                              -0.0575615279f, 0.0201503336f, -0.0033065395f);
  return positive + multiplyAdd(e * e, p, e);
}

// t / (t + 2) with t = e^2x − 1, 2.5 ulp.
VAEKIT_INLINE Floats tanhOf(Floats x) {
  const Floats t = expm1Of(clamp(splat(2.0f) * magnitude(x), 0, 20));
  return withSignOf(x, t / (t + splat(2.0f)));
}

// Near 0 a polynomial in x², farther out 1 − e^−P(x); 2 ulp.
VAEKIT_INLINE Floats erfOf(Floats x) {
  const Floats a = magnitude(x);
  const Floats square = x * x;
  const Floats small = multiplyAdd(
      x, polynomial(square, 0.128379107f, -0.376122028f, 0.112786882f, -0.0266462639f, 0.00479028374f, -0.000448866456f,
                    -3.83734769e-05f),
      x);
  const Floats p = polynomial(clamp(a, 0, 4), -0.000188040227f, 1.12957847f, 0.633219719f, 0.108418837f, -0.0252084546f,
                              0.00420464203f, -0.000441352546f, 2.16881035e-05f);
  const Floats large = splat(1.0f) - expOf(-p);
  return select(a < splat(1.0f), small, withSignOf(x, large));
}

// x = n π/2 + r. Four parts of π/2, the first three short enough for exact products with n.
constexpr float largestReduced = 1e4f;
struct ReducedAngle {
  Ints n;
  Floats r;
};
VAEKIT_INLINE ReducedAngle reduceAngle(Floats x) {
  const Floats shifted = multiplyAdd(x, splat(0.636619772f), splat(rounder));
  const Floats n = shifted - splat(rounder);
  Floats r = multiplyAdd(n, splat(-1.5703125f), x);
  r = multiplyAdd(n, splat(-4.83751297e-4f), r);
  const Floats third = n * splat(7.54953362e-8f);
  const Floats cut = r - third;
  // What the last subtraction lost goes with the last part, so that r is rounded once.
  const Floats rest = multiplyAdd(n, splat(-2.56334407e-12f), (r - cut) - third);
  return {bitsOf<Ints>(shifted) - bitsOf<Ints>(splat(rounder)), cut + rest};
}

// sin(x + quarters π/2), 2 ulp. Arguments beyond `largestReduced` are worth a slow way.
VAEKIT_INLINE Floats sineOf(Floats x, int quarters) {
  const ReducedAngle angle = reduceAngle(x);
  const Ints n = angle.n + splat(quarters);
  const Floats r = angle.r, square = r * r;
  const Floats sine =
      multiplyAdd(square * r, polynomial(square, -0.166666552f, 0.0083321901f, -0.000195184082f), r);
  const Floats cosine = multiplyAdd(
      square * square, polynomial(square, 0.0416666456f, -0.00138873013f, 2.44306684e-05f),
      multiplyAdd(square, splat(-0.5f), splat(1.0f)));
  Floats result = select((n & splat(1)) != splat(0), cosine, sine);
  result = bitsOf<Floats>(bitsOf<Ints>(result) ^ ((n & splat(2)) << splat(30)));
  const Ints far = magnitude(x) > splat(largestReduced);
  if (__builtin_expect(any(far), false)) {
    for (int lane = 0; lane < lanes; lane++) {
      if (far[lane]) result[lane] = static_cast<float>(quarters == 0 ? sin(double{x[lane]}) : cos(double{x[lane]}));
    }
  }
  return result;
}

// 2^t for t from −1000 to 1000, to about 1e-9.
VAEKIT_INLINE Doubles exp2Of(Doubles t) {
  const Doubles shifted = t + splat(doubleRounder);
  const Doubles r = (t - (shifted - splat(doubleRounder))) * splat(0.69314718055994531);
  const Doubles p = polynomial(r, 1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320);
  return p * bitsOf<Doubles>((bitsOf<LongWords>(shifted) + 1023) << 52);
}

// log₂(2ᵉ m) for m from 2/3 to 4/3, to about 1e-11 of the result: log m = 2 artanh((m − 1) / (m + 1)).
VAEKIT_INLINE Doubles log2Of(Doubles e, Doubles m) {
  const Doubles s = (m - splat(1.0)) / (m + splat(1.0)), square = s * s;
  const Doubles p = polynomial(square, 1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15);
  return multiplyAdd(p * s, splat(2.8853900817779268), e);
}

// x^y by doubles, 1 ulp; elsewhere than for x > 0 as C's pow, or as JavaScript's where that differs.
VAEKIT_INLINE Floats powOf(Floats x, Floats y) {
  const Floats a = magnitude(x);
  const FloatParts parts = partsOf(a);
  const DoublePair e = widen(__builtin_convertvector(parts.e, Floats)), m = widen(parts.m), exponent = widen(y);
  const Floats isZero = select(a < splat(smallestNormal), splat(-infinity), splat(0.0f));
  const DoublePair zero = widen(isZero);
  const auto half = [](Doubles e, Doubles m, Doubles zero, Doubles y) __attribute__((always_inline)) {
    Doubles t = y * (log2Of(e, m) + zero);
    t = t < splat(-200.0) ? splat(-200.0) : t;
    t = t > splat(200.0) ? splat(200.0) : t;
    return exp2Of(t);
  };
  Floats result =
      narrow({half(e.low, m.low, zero.low, exponent.low), half(e.high, m.high, zero.high, exponent.high)});
  // Negative bases have powers at whole exponents only.
  const Ints isNegative = bitsOf<Ints>(x) < splat(0);
  // Of whole exponents, those from 2²⁴ on are even; below, a half has a fraction where the exponent is odd.
  const Floats yMagnitude = magnitude(y);
  const auto isWhole = [](Floats z) __attribute__((always_inline)) {
    return (((z + splat(8388608.0f)) - splat(8388608.0f)) == z) | (z >= splat(8388608.0f));
  };
  const Ints isOdd = isWhole(yMagnitude) & ~isWhole(splat(0.5f) * yMagnitude);
  result = select(isNegative & isOdd, -result, result);
  result = select((x < splat(0.0f)) & ~isWhole(yMagnitude), splat(__builtin_nanf("")), result);
  result = select(y == splat(0.0f), splat(1.0f), result);
  // ∞ and NaN have rules of their own.
  const Ints isFinite = (a < splat(infinity)) & (yMagnitude < splat(infinity));
  if (__builtin_expect(any(~isFinite), false)) {
    for (int lane = 0; lane < lanes; lane++) {
      if (!isFinite[lane]) result[lane] = static_cast<float>(scalarPower(x[lane], y[lane]));
    }
  }
  return result;
}

VAEKIT_INLINE Floats lgammaOf(Floats x) {
  for (int lane = 0; lane < lanes; lane++) x[lane] = static_cast<float>(logGamma(x[lane]));
  return x;
}
VAEKIT_INLINE Floats polygammaOf(Floats x, int order) {
  for (int lane = 0; lane < lanes; lane++) x[lane] = static_cast<float>(polyGamma(order, x[lane]));
  return x;
}

VAEKIT_INLINE Floats signOf(Floats x) {
  return select(x > splat(0.0f), splat(1.0f), select(x < splat(0.0f), splat(-1.0f), x));
}

VAEKIT_INLINE Floats floorOf(Floats x) {
  // From 2²³ on there are whole numbers only; below, the sum with 2²³ rounds to one.
  constexpr float whole = 8388608.0f;
  const Floats a = magnitude(x);
  Floats nearest = withSignOf(x, (a + splat(whole)) - splat(whole));
  nearest = select(nearest > x, nearest - splat(1.0f), nearest);
  return select(a < splat(whole), nearest, x);
}

// NaN wins.
VAEKIT_INLINE Floats maxOf(Floats a, Floats b) { return select(a != a, a, largerOrSecond(a, b)); }
VAEKIT_INLINE Floats minOf(Floats a, Floats b) { return select(a != a, a, -largerOrSecond(-a, -b)); }

// Cut towards 0 and wrapped at 32 bits, as a JavaScript Int32Array does; NaN and ±∞ give 0.
inline int32_t wrappedInt(float x) {
  const double whole = trunc(double{x});
  if (!(fabs(whole) < HUGE_VAL)) return 0;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(fmod(whole, 4294967296.0))));
}
VAEKIT_INLINE Ints intOf(Floats x) {
  const Ints fits = magnitude(x) < splat(2147483648.0f);
  Ints result = __builtin_convertvector(select(fits, x, splat(0.0f)), Ints);
  if (__builtin_expect(any(~fits), false)) {
    for (int lane = 0; lane < lanes; lane++) {
      if (!fits[lane]) result[lane] = wrappedInt(x[lane]);
    }
  }
  return result;
}

}  // namespace vaekit::VAEKIT_ISA
