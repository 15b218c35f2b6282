// Copies of matrices for the inner kernel, which wants rows of whole vectors: for operands whose columns do not lie
// beside each other, whose rows lie at distances that a cache has few places for, or that end in the middle of a
// vector. And what puts parts of sums together.
#pragma once
#include <utility>

#include "tile.h"

namespace vaekit::VAEKIT_ISA {

// Rows far apart by a multiple of this many bytes share a few sets of the first cache.
constexpr int64_t conflictBytes = 1024;

template <int step, int... lane>
VAEKIT_INLINE Floats lowHalves(Floats a, Floats b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(a, b, ((lane & step) ? lane - step + lanes : lane)...);
}
template <int step, int... lane>
VAEKIT_INLINE Floats highHalves(Floats a, Floats b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(a, b, ((lane & step) ? lane + lanes : lane + step)...);
}

// Exchanges rows and columns of a square: after the step of 2ˢ, bit s of both indices has changed places.
template <int step>
VAEKIT_INLINE void exchange(Floats* rows) {
  constexpr auto sequence = std::make_integer_sequence<int, lanes>();
#pragma GCC unroll 16
  for (int i = 0; i < lanes; i++) {
    if (i & step) continue;
    const Floats a = rows[i], b = rows[i + step];
    rows[i] = lowHalves<step>(a, b, sequence);
    rows[i + step] = highHalves<step>(a, b, sequence);
  }
}
VAEKIT_INLINE void transpose(Floats* rows) {
  exchange<1>(rows);
  exchange<2>(rows);
  if constexpr (lanes > 4) exchange<4>(rows);
  if constexpr (lanes > 8) exchange<8>(rows);
}

// Adds neighbours up, of two vectors in the places of one: lanes with the bit of `step` hold sums of the second.
template <int step>
VAEKIT_INLINE void addNeighbours(Floats* rows) {
  constexpr auto sequence = std::make_integer_sequence<int, lanes>();
#pragma GCC unroll 16
  for (int i = 0; i < lanes; i += 2 * step) {
    rows[i] = lowHalves<step>(rows[i], rows[i + step], sequence) + highHalves<step>(rows[i], rows[i + step], sequence);
  }
}
// The sum of each of so many vectors as there are lanes, in half the steps of a transposition.
VAEKIT_INLINE Floats sumsOf(Floats* rows) {
  addNeighbours<1>(rows);
  addNeighbours<2>(rows);
  if constexpr (lanes > 4) addNeighbours<4>(rows);
  if constexpr (lanes > 8) addNeighbours<8>(rows);
  return rows[0];
}

// result[i] = Σ parts[part·size + i], in the order of the parts.
inline void addParts(const float* parts, int64_t count, int64_t size, float* result) {
  int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    Floats sum = load<Floats>(parts + i);
    for (int64_t part = 1; part < count; part++) sum += load<Floats>(parts + part * size + i);
    store(result + i, sum);
  }
  for (; i < size; i++) {
    float sum = parts[i];
    for (int64_t part = 1; part < count; part++) sum += parts[part * size + i];
    result[i] = sum;
  }
}

// Rows [from, to) of `columns` columns, which lie at the given strides, as rows of whole vectors with zeros at their
// ends.
inline void packRows(const float* b, int64_t rowStride, int64_t columnStride, int64_t from, int64_t to, int64_t columns,
                     float* packed) {
  const int64_t width = (columns + lanes - 1) / lanes * lanes;
  if (columnStride == 1) {
    for (int64_t row = from; row < to; row++) {
      const float* source = b + row * rowStride;
      float* target = packed + row * width;
      int64_t column = 0;
      for (; column + lanes <= columns; column += lanes) store(target + column, load<Floats>(source + column));
      if (column < columns) store(target + column, loadFirst<Floats>(source + column, static_cast<int>(columns - column)));
    }
    return;
  }
  for (int64_t column = 0; column < width; column += lanes) {
    const int count = static_cast<int>(columns - column < lanes ? columns - column : lanes);
    const float* source = b + column * columnStride;
    float* target = packed + column;
    int64_t row = from;
    if (rowStride == 1) {
      for (; row + lanes <= to; row += lanes) {
        Floats square[lanes] = {};
        if (count == lanes) {
#pragma GCC unroll 16
          for (int i = 0; i < lanes; i++) square[i] = load<Floats>(source + i * columnStride + row);
        } else {
          for (int i = 0; i < count; i++) square[i] = load<Floats>(source + i * columnStride + row);
        }
        transpose(square);
#pragma GCC unroll 16
        for (int i = 0; i < lanes; i++) store(target + (row + i) * width, square[i]);
      }
    }
    for (; row < to; row++) {
      for (int i = 0; i < lanes; i++) {
        target[row * width + i] = i < count ? source[row * rowStride + i * columnStride] : 0;
      }
    }
  }
}

}  // namespace vaekit::VAEKIT_ISA
