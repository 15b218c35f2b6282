// The inner kernel where a result has few columns: vectors run along the sum, and are added up at its end.
//
//   c[i, n] = Σ_s Σ_j a[i][offsets[s] + j] · b[n·bStep + s·length + j]
#pragma once
#include "pack.h"

namespace vaekit::VAEKIT_ISA {

constexpr int mostDotColumns = 4;
constexpr int largestTile = lanes > tileRows ? lanes : tileRows;

// Rows × columns running sums, no more than a vector has numbers, so that one transposition adds them all up.
constexpr int dotRows(int columns) { return lanes / columns; }

using Dot = void (*)(const float* const* a, const float* b, const Sum& sum, float* const* c, int rows);

// `hasRest` says that segments end in the middle of a vector. Code for that in the same function makes compilers keep
// the sums in memory.
template <int columns, bool hasRest>
void dot(const float* const* a, const float* b, const Sum& sum, float* const* c, int rows) {
  constexpr int most = dotRows(columns);
  Floats sums[lanes];
#pragma GCC unroll 16
  for (int i = 0; i < lanes; i++) sums[i] = Floats{};
  // Missing rows repeat the last one and are not written.
  const float* row[most];
#pragma GCC unroll 16
  for (int i = 0; i < most; i++) row[i] = a[i < rows ? i : rows - 1];
  for (int64_t s = 0; s < sum.segments; s++) {
    const int64_t offset = sum.offsets[s];
    const float* right = b + s * sum.length;
    int64_t j = 0;
    for (; j + lanes <= sum.length; j += lanes) {
      Floats vectors[columns];
      for (int n = 0; n < columns; n++) vectors[n] = load<Floats>(right + n * sum.bStep + j);
#pragma GCC unroll 16
      for (int i = 0; i < most; i++) {
        Floats left = load<Floats>(row[i] + offset + j);
        if constexpr (columns > 1) keepInRegister(left);
        for (int n = 0; n < columns; n++) sums[i * columns + n] = multiplyAdd(left, vectors[n], sums[i * columns + n]);
      }
    }
    if constexpr (!hasRest) continue;
    const int rest = static_cast<int>(sum.length - j);
    for (int n = 0; n < columns; n++) {
      const Floats vector = loadFirst<Floats>(right + n * sum.bStep + j, rest);
#pragma GCC unroll 16
      for (int i = 0; i < most; i++) {
        sums[i * columns + n] = multiplyAdd(loadFirst<Floats>(row[i] + offset + j, rest), vector, sums[i * columns + n]);
      }
    }
  }
  float results[lanes];
  store(results, sumsOf(sums));
  for (int i = 0; i < rows; i++) std::memcpy(c[i], results + i * columns, sizeof(float) * columns);
}

inline Dot dotOf(const Sum& sum, int columns) {
  static constexpr Dot dots[2][mostDotColumns] = {{dot<1, false>, dot<2, false>, dot<3, false>, dot<4, false>},
                                                  {dot<1, true>, dot<2, true>, dot<3, true>, dot<4, true>}};
  return dots[sum.length % lanes != 0][columns - 1];
}

}  // namespace vaekit::VAEKIT_ISA
