// Winograd's minimal filters of two results: how each side of a sum over two or three taps is spread over points, at
// which one product each is made, and how the products are put together.
//
// Two results of a filter of two taps take three products instead of four:
//
//   y₀ = d₀·g₀ + d₁·g₁ = (d₀ − d₁)·g₀ + d₁·(g₀ + g₁)
//   y₁ = d₁·g₀ + d₂·g₁ = d₁·(g₀ + g₁) − (d₁ − d₂)·g₁
//
// and those of three taps four instead of six. In the gradient of the filter results and taps change places, and every
// form is the transpose of what it was.
//
// Source: Winograd, Arithmetic complexity of computations (1980); Lavin and Gray, arXiv:1509.09308.
#pragma once
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// All forms work in place, on numbers that lie `step` apart.
template <int taps>
struct Minimal;

template <>
struct Minimal<2> {
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
struct Minimal<3> {
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

// Both axes of a picture, one after the other: a square of vectors of which the first rows and columns are filled.
template <int rowTaps, int columnTaps>
struct MinimalSquare {
  using Rows = Minimal<rowTaps>;
  using Columns = Minimal<columnTaps>;
  static constexpr int height = Rows::points, width = Columns::points, points = height * width;
  using Square = Floats[height * width];

  VAEKIT_INLINE static void spreadSource(Square& d) {
#pragma GCC unroll 4
    for (int i = 0; i < height; i++) Columns::spreadSource(d + i * width, 1);
#pragma GCC unroll 4
    for (int j = 0; j < width; j++) Rows::spreadSource(d + j, width);
  }
  VAEKIT_INLINE static void spreadFilter(Square& g) {
#pragma GCC unroll 4
    for (int i = 0; i < rowTaps; i++) Columns::spreadFilter(g + i * width, 1);
#pragma GCC unroll 4
    for (int j = 0; j < width; j++) Rows::spreadFilter(g + j, width);
  }
  // To 2 × 2 results.
  VAEKIT_INLINE static void gatherResult(Square& m) {
#pragma GCC unroll 4
    for (int i = 0; i < height; i++) Columns::gatherResult(m + i * width, 1);
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) Rows::gatherResult(m + j, width);
  }
  // From 2 × 2 gradients.
  VAEKIT_INLINE static void spreadGradient(Square& y) {
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) Columns::spreadGradient(y + i * width, 1);
#pragma GCC unroll 4
    for (int j = 0; j < width; j++) Rows::spreadGradient(y + j, width);
  }
  VAEKIT_INLINE static void gatherFilter(Square& m) {
#pragma GCC unroll 4
    for (int i = 0; i < height; i++) Columns::gatherFilter(m + i * width, 1);
#pragma GCC unroll 4
    for (int j = 0; j < columnTaps; j++) Rows::gatherFilter(m + j, width);
  }
};

}  // namespace vaekit::VAEKIT_ISA
