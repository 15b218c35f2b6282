// Winograd's minimal filters: how each side of a sum over two or three taps is spread over points, at which one product
// each is made, and how the products are put together.
//
// Two results of a filter of two taps take three products instead of four:
//
//   y₀ = d₀·g₀ + d₁·g₁ = (d₀ − d₁)·g₀ + d₁·(g₀ + g₁)
//   y₁ = d₁·g₀ + d₂·g₁ = d₁·(g₀ + g₁) − (d₁ − d₂)·g₁
//
// those of three taps four instead of six, and four results of two taps five instead of eight: a product of polynomials
// at 0, 1, −1, 2 and ∞, whose sums round three times as much as those of all taps. In the gradient of the filter results
// and taps change places, and every form is the transpose of what it was.
//
// Source: Winograd, Arithmetic complexity of computations (1980); Lavin and Gray, arXiv:1509.09308.
#pragma once
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// All forms work in place, on numbers that lie `step` apart.
template <int taps, int results>
struct Minimal;

template <>
struct Minimal<2, 2> {
  static constexpr int taps = 2, points = 3;
  VAEKIT_INLINE static void spreadSource(Floats* d, int step) {
    d[0] -= d[step];
    d[2 * step] = d[step] - d[2 * step];
  }
  VAEKIT_INLINE static void spreadFilter(Floats* g, int step) {
    g[2 * step] = g[step];
    g[step] += g[0];
  }
  VAEKIT_INLINE static void gatherResult(Floats* m, int step) {
    m[0] += m[step];
    m[step] -= m[2 * step];
  }
  VAEKIT_INLINE static void spreadGradient(Floats* y, int step) {
    y[2 * step] = -y[step];
    y[step] += y[0];
  }
  VAEKIT_INLINE static void gatherFilter(Floats* m, int step) {
    m[0] += m[step];
    m[step] += m[2 * step];
  }
};

template <>
struct Minimal<3, 2> {
  static constexpr int taps = 3, points = 4;
  VAEKIT_INLINE static void spreadSource(Floats* d, int step) {
    const Floats d1 = d[step], d2 = d[2 * step];
    d[0] -= d2;
    d[step] = d1 + d2;
    d[2 * step] = d2 - d1;
    d[3 * step] = d1 - d[3 * step];
  }
  VAEKIT_INLINE static void spreadFilter(Floats* g, int step) {
    const Floats outer = half(g[0] + g[2 * step]), inner = half(g[step]);
    g[3 * step] = g[2 * step];
    g[step] = outer + inner;
    g[2 * step] = outer - inner;
  }
  VAEKIT_INLINE static void gatherResult(Floats* m, int step) {
    const Floats m1 = m[step], m2 = m[2 * step];
    m[0] += m1 + m2;
    m[step] = m1 - m2 - m[3 * step];
  }
  VAEKIT_INLINE static void spreadGradient(Floats* y, int step) {
    const Floats y1 = y[step];
    y[step] = y[0] + y1;
    y[2 * step] = y[0] - y1;
    y[3 * step] = -y1;
  }
  VAEKIT_INLINE static void gatherFilter(Floats* m, int step) {
    const Floats sum = half(m[step] + m[2 * step]), difference = half(m[step] - m[2 * step]);
    m[0] += sum;
    m[step] = difference;
    m[2 * step] = sum + m[3 * step];
  }

 private:
  VAEKIT_INLINE static Floats half(Floats x) { return x * splat(0.5f); }
};

template <>
struct Minimal<2, 4> {
  static constexpr int taps = 2, points = 5;
  VAEKIT_INLINE static void spreadSource(Floats* d, int step) {
    const Floats d1 = d[step], d2 = d[2 * step], difference = d[3 * step] - d1;
    d[0] = multiplyAdd(splat(2.0f), d[0] - d2, difference);
    d[step] = d1 + d2 - difference;
    d[2 * step] = multiplyAdd(splat(3.0f), d2 - d1, -difference);
    d[3 * step] = difference;
    d[4 * step] = multiplyAdd(splat(-2.0f), difference, d[4 * step] - d2);
  }
  VAEKIT_INLINE static void spreadFilter(Floats* g, int step) {
    const Floats g0 = g[0], g1 = g[step];
    g[0] = g0 * splat(0.5f);
    g[step] = (g0 + g1) * splat(0.5f);
    g[2 * step] = (g0 - g1) * splat(1.0f / 6);
    g[3 * step] = multiplyAdd(splat(2.0f), g1, g0) * splat(1.0f / 6);
    g[4 * step] = g1;
  }
  VAEKIT_INLINE static void gatherResult(Floats* m, int step) {
    const Floats sum = m[step] + m[2 * step], difference = m[step] - m[2 * step], m3 = m[3 * step];
    m[0] += sum + m3;
    m[step] = multiplyAdd(splat(2.0f), m3, difference);
    m[2 * step] = multiplyAdd(splat(4.0f), m3, sum);
    m[3 * step] = multiplyAdd(splat(8.0f), m3, difference) + m[4 * step];
  }
  VAEKIT_INLINE static void spreadGradient(Floats* y, int step) {
    const Floats even = y[0] + y[2 * step], odd = y[step] + y[3 * step];
    const Floats high = multiplyAdd(splat(4.0f), y[3 * step], y[step]);
    y[4 * step] = y[3 * step];
    y[3 * step] = multiplyAdd(splat(2.0f), high, multiplyAdd(splat(4.0f), y[2 * step], y[0]));
    y[step] = even + odd;
    y[2 * step] = even - odd;
  }
  VAEKIT_INLINE static void gatherFilter(Floats* m, int step) {
    const Floats m2 = m[2 * step], m3 = m[3 * step];
    const Floats outer = m[step] * splat(0.5f);
    m[0] = multiplyAdd(splat(0.5f), m[0], outer) + (m2 + m3) * splat(1.0f / 6);
    m[step] = multiplyAdd(splat(1.0f / 6), m3 + m3 - m2, outer) + m[4 * step];
  }
};

// Both axes of a picture, one after the other: a square of vectors of which the first rows and columns are filled.
template <int rowTaps, int columnTaps, int side>
struct MinimalSquare {
  using Rows = Minimal<rowTaps, side>;
  using Columns = Minimal<columnTaps, side>;
  // Results along each axis, and points.
  static constexpr int results = side, height = Rows::points, width = Columns::points, points = height * width;
  using Square = Floats[height * width];

  VAEKIT_INLINE static void spreadSource(Square& d) {
#pragma GCC unroll 5
    for (int i = 0; i < height; i++) Columns::spreadSource(d + i * width, 1);
#pragma GCC unroll 5
    for (int j = 0; j < width; j++) Rows::spreadSource(d + j, width);
  }
  VAEKIT_INLINE static void spreadFilter(Square& g) {
#pragma GCC unroll 5
    for (int i = 0; i < rowTaps; i++) Columns::spreadFilter(g + i * width, 1);
#pragma GCC unroll 5
    for (int j = 0; j < width; j++) Rows::spreadFilter(g + j, width);
  }
  // To results.
  VAEKIT_INLINE static void gatherResult(Square& m) {
#pragma GCC unroll 5
    for (int i = 0; i < height; i++) Columns::gatherResult(m + i * width, 1);
#pragma GCC unroll 4
    for (int j = 0; j < results; j++) Rows::gatherResult(m + j, width);
  }
  // From gradients of results.
  VAEKIT_INLINE static void spreadGradient(Square& y) {
#pragma GCC unroll 4
    for (int i = 0; i < results; i++) Columns::spreadGradient(y + i * width, 1);
#pragma GCC unroll 5
    for (int j = 0; j < width; j++) Rows::spreadGradient(y + j, width);
  }
  VAEKIT_INLINE static void gatherFilter(Square& m) {
#pragma GCC unroll 5
    for (int i = 0; i < height; i++) Columns::gatherFilter(m + i * width, 1);
#pragma GCC unroll 5
    for (int j = 0; j < columnTaps; j++) Rows::gatherFilter(m + j, width);
  }
};

}  // namespace vaekit::VAEKIT_ISA
