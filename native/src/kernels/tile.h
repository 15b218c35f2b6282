// The inner kernel of matrix products and convolutions: a tile of the result, held in registers while its sum runs.
//
//   c[i, :] = Σ_s Σ_j a[i][offsets[s] + j·aStep] · b[s·(length·bStep + bGap) + j·bStep + :]
//
// One number of a meets a vector of b. The sum has two levels, so that one kernel serves a matrix product (one
// segment), a convolution (a segment for each row of the filter), and a filter's gradient (one for each row of pixels),
// all read in place.
#pragma once
#include "vectors.h"

namespace vaekit::VAEKIT_ISA {

struct Sum {
  int64_t segments;
  const int64_t* offsets;
  int64_t length;
  int64_t aStep, bStep;
  // What is passed over in b between segments.
  int64_t bGap = 0;

  // Beginning a segment costs about as much as ten products. Short ones are better called segments of length 1.
  static constexpr int64_t shortSegment = 24;
  bool isTable() const { return length == 1; }
};

// A processor that starts two products of vectors per cycle and takes four cycles for each is busy with eight running
// sums. More of them save loads: 8 × 3 sums need 11 loads for 24 products. With 16 registers there is room for 4 × 3
// sums, the three vectors of b and one of a.
#if VAEKIT_LANES == 16 || defined(__aarch64__)
constexpr int tileRows = 8;
constexpr int tileVectors = 3;
#elif VAEKIT_LANES == 8
constexpr int tileRows = 4;
constexpr int tileVectors = 3;
#else
// Without a fused product another register is needed for its result.
constexpr int tileRows = 4;
constexpr int tileVectors = 2;
#endif

// `a` and `c` name the rows; the last vector of c has `last` columns. b is read in whole vectors.
using Tile = void (*)(const float* const* a, const float* b, const Sum& sum, float* const* c, int last, bool add);

template <int rows, int vectors, bool isTable>
void tile(const float* const* a, const float* b, const Sum& sum, float* const* c, int last, bool add) {
  Floats sums[rows][vectors];
  for (int i = 0; i < rows; i++) {
    for (int v = 0; v < vectors; v++) sums[i][v] = Floats{};
  }
  // What is added to may lie far away: it is fetched while the sums run.
  if (add) {
    for (int i = 0; i < rows; i++) {
      for (int v = 0; v < vectors; v++) __builtin_prefetch(c[i] + v * lanes, 1, 3);
    }
  }
  const float* row[rows];
  const auto multiply = [&](int64_t at) __attribute__((always_inline)) {
    Floats right[vectors];
    for (int v = 0; v < vectors; v++) right[v] = load<Floats>(b + v * lanes);
    for (int i = 0; i < rows; i++) {
      const Floats left = splat(row[i][at]);
      for (int v = 0; v < vectors; v++) sums[i][v] = multiplyAdd(left, right[v], sums[i][v]);
    }
    b += sum.bStep;
  };
  if constexpr (isTable) {
    for (int i = 0; i < rows; i++) row[i] = a[i];
    for (int64_t s = 0; s < sum.segments; s++) multiply(sum.offsets[s]);
  } else {
    for (int64_t s = 0; s < sum.segments; s++) {
      for (int i = 0; i < rows; i++) row[i] = a[i] + sum.offsets[s];
      int64_t at = 0;
      for (int64_t j = 0; j < sum.length; j++) {
        multiply(at);
        at += sum.aStep;
      }
      b += sum.bGap;
    }
  }
  for (int i = 0; i < rows && add; i++) {
    for (int v = 0; v < vectors; v++) {
      if (v < vectors - 1 || last == lanes) sums[i][v] += load<Floats>(c[i] + v * lanes);
      else sums[i][v] += loadFirst<Floats>(c[i] + v * lanes, last);
    }
  }
  for (int i = 0; i < rows; i++) {
    for (int v = 0; v < vectors; v++) {
      if (v < vectors - 1 || last == lanes) store(c[i] + v * lanes, sums[i][v]);
      else storeFirst(c[i] + v * lanes, sums[i][v], last);
    }
  }
}

// For 1 to tileRows rows and 1 to tileVectors vectors.
template <bool isTable>
Tile tileOf(int rows, int vectors) {
  // With fewer rows than 8 the last ones are never asked for.
#define VAEKIT_ROWS(v)                                                                                    \
  {tile<1, v, isTable>, tile<2, v, isTable>, tile<3, v, isTable>, tile<4, v, isTable>,                    \
   tile<tileRows - 3, v, isTable>, tile<tileRows - 2, v, isTable>, tile<tileRows - 1, v, isTable>, tile<tileRows, v, isTable>}
  static constexpr Tile tiles[3][8] = {VAEKIT_ROWS(1), VAEKIT_ROWS(2), VAEKIT_ROWS(tileVectors)};
#undef VAEKIT_ROWS
  return tiles[vectors - 1][rows - 1];
}
inline Tile tileOf(const Sum& sum, int rows, int vectors) {
  return sum.isTable() ? tileOf<true>(rows, vectors) : tileOf<false>(rows, vectors);
}

// The columns of a result, cut into panels of at most tileVectors vectors, as even as can be.
struct Panels {
  explicit Panels(int64_t columns)
      : columns_(columns), vectors_((columns + lanes - 1) / lanes), count((vectors_ + tileVectors - 1) / tileVectors) {}

  int64_t firstVector(int64_t panel) const { return vectors_ * panel / count; }
  int64_t first(int64_t panel) const { return firstVector(panel) * lanes; }
  int vectors(int64_t panel) const { return static_cast<int>(firstVector(panel + 1) - firstVector(panel)); }
  // Columns of the panel's last vector.
  int last(int64_t panel) const {
    return panel == count - 1 ? static_cast<int>(columns_ - (vectors_ - 1) * lanes) : lanes;
  }
  // The panel that one of so many equal parts of the columns begins with: the nearest, for the last panels are the widest.
  int64_t start(int64_t part, int64_t parts) const { return (2 * count * part + parts) / (2 * parts); }
  // Floats of a packed matrix with these columns and `rows` rows: panel after panel, each row-major and filled up with
  // zeros.
  int64_t packedSize(int64_t rows) const { return rows * vectors_ * lanes; }
  int64_t packedOffset(int64_t panel, int64_t rows) const { return rows * first(panel); }

 private:
  int64_t columns_, vectors_;

 public:
  const int64_t count;
};

}  // namespace vaekit::VAEKIT_ISA
