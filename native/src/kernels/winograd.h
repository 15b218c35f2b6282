// Convolutions of 4 × 4 taps and stride 2 over images by Winograd's minimal filters: two neighbouring results of a filter
// with two taps take three products instead of four.
//
//   y₀ = d₀·g₀ + d₁·g₁ = (d₀ − d₁)·g₀ + d₁·(g₀ + g₁)
//   y₁ = d₁·g₀ + d₂·g₁ = d₁·(g₀ + g₁) − (d₁ − d₂)·g₁
//
// For a stride of 2, a filter of four taps is one of two taps for the even positions and one for the odd ones. So a tile
// of 2 × 2 results meets four windows of 3 × 3 positions, and takes 36 products of channels where it took 64: at each of
// the 3 × 3 points a matrix product, whose rows are tiles and whose sums run over windows and channels.
//
// Source: Winograd, Arithmetic complexity of computations (1980); Lavin and Gray, arXiv:1509.09308. A sum of two numbers
// stands where each stood, so an infinity may become NaN: what comes out not finite is computed again, tap by tap.
#pragma once
#include "../plan.h"
#include "pack.h"

namespace vaekit::VAEKIT_ISA {

class Winograd {
 public:
  // Whether a convolution has the right form, and is large enough to gain from this one.
  static bool fits(const Geometry& g) {
    for (int axis = 1; axis < 3; axis++) {
      if (g.kernel[axis] != 4 || g.strides[axis] != 2 || g.dilations[axis] != 1) return false;
    }
    const int64_t tiles = g.batch * ceilDivide(g.out[1], 2) * ceilDivide(g.out[2], 2);
    return g.space[0] * g.out[0] * g.kernel[0] == 1 && g.before[0] == 0 && g.out[1] > 1 && g.groups == 1 &&
           g.channels % widest == 0 && g.filters % widest == 0 && g.channels * g.filters >= 512 &&
           points * windows * g.channels * g.filters <= mostFilter && tiles >= leastTiles;
  }

  explicit Winograd(const Geometry& geometry)
      : geometry_(geometry),
        channels_(geometry.channels),
        filters_(geometry.filters),
        rowLength_(windows * channels_),
        panels_(filters_) {
    const int64_t tileFloats = points * (rowLength_ + filters_);
    blockTiles_ = static_cast<int>(smaller(mostTiles, larger(tileRows, blockFloats / tileFloats / tileRows * tileRows)));
    filterFloats = points * rowLength_ * filters_;
    scratchFloats = tileFloats * blockTiles_ + filters_;
    // A window at a point, for one panel of filters, is prepared by itself.
    preparations = points * windows * panels_.count;
  }

  // Rows [fromRow, toRow) of the result's images [fromImage, toImage), and the source copied for them.
  struct Region {
    const float* source;
    int64_t imageStride, rowStride;
    int64_t fromImage, toImage, fromRow, toRow;
  };

  // Packs the sums of taps that the products need.
  void prepare(const float* filter, int64_t part, float* packed) const {
    const int64_t panel = part % panels_.count, window = part / panels_.count % windows;
    const int point = static_cast<int>(part / panels_.count / windows);
    const int64_t width = panels_.vectors(panel) * lanes;
    float* to = packed + point * rowLength_ * filters_ + panels_.packedOffset(panel, rowLength_) +
                window * channels_ * width;
    // Of each axis g₀, both, or g₁.
    const int row = point / side, column = point % side;
    for (int64_t channel = 0; channel < channels_; channel++) {
      for (int64_t at = 0; at < width; at += lanes) {
        Floats sum = {};
        for (int i = row == 2 ? 1 : 0; i < (row == 0 ? 1 : 2); i++) {
          for (int j = column == 2 ? 1 : 0; j < (column == 0 ? 1 : 2); j++) {
            sum += load<Floats>(filter + (tapOf(window, i, j) * channels_ + channel) * filters_ + panels_.first(panel) + at);
          }
        }
        store(to + channel * width + at, sum);
      }
    }
  }

  // The results of a region.
  void run(const Region& region, const float* filter, const float* packed, float* result, float* scratch) const {
    Floats check = {};
    eachBlock(region, [&](const Tile* tiles, int count) {
      spreadSource(region, tiles, count, scratch);
      float* sums = scratch + points * count * rowLength_;
      for (int point = 0; point < points; point++) {
        multiply(scratch + point * count * rowLength_, packed + point * rowLength_ * filters_, count,
                 sums + point * count * filters_);
      }
      for (int i = 0; i < count; i++) {
        float* to[2][2];
        float* nowhere = sums + points * count * filters_;
        for (int j = 0; j < 4; j++) {
          const int64_t position = positionOf(tiles[i], j / 2, j % 2);
          to[j / 2][j % 2] = position < 0 ? nowhere : result + position * filters_;
        }
        check += gatherResult(sums + i * filters_, count * filters_, to);
      }
    });
    if (!any(check != check)) return;
    eachBlock(region, [&](const Tile* tiles, int count) {
      for (int i = 0; i < count; i++) repair(region, tiles[i], filter, result);
    });
  }

  // Adds to `sums`, `filterFloats` of them, what a region has for the filter's gradient, or sets them.
  void addFilterGradient(const Region& region, const float* g, float* sums, bool add, float* scratch) const {
    eachBlock(region, [&](const Tile* tiles, int count) {
      spreadSource(region, tiles, count, scratch);
      float* spreadG = scratch + points * count * rowLength_;
      float* nothing = spreadG + points * count * filters_;
      std::memset(nothing, 0, sizeof(float) * filters_);
      for (int i = 0; i < count; i++) {
        const float* from[2][2];
        for (int j = 0; j < 4; j++) {
          const int64_t position = positionOf(tiles[i], j / 2, j % 2);
          from[j / 2][j % 2] = position < 0 ? nothing : g + position * filters_;
        }
        spreadGradient(from, spreadG + i * filters_, count * filters_);
      }
      for (int point = 0; point < points; point++) {
        multiplyTransposed(scratch + point * count * rowLength_, spreadG + point * count * filters_, count,
                           sums + point * rowLength_ * filters_, add);
      }
      add = true;
    });
  }
  // The filter's gradient from these sums. Says whether it is finite.
  bool finishFilterGradient(const float* sums, float* result) const {
    Floats check = {};
    const int64_t size = channels_ * filters_;
    for (int64_t window = 0; window < windows; window++) {
      for (int tap = 0; tap < 4; tap++) {
        const int i = tap / 2, j = tap % 2;
        const auto from = [&](int row, int column) {
          return sums + (((i + row) * side + j + column) * windows + window) * size;
        };
        const float *a = from(0, 0), *b = from(0, 1), *c = from(1, 0), *d = from(1, 1);
        float* to = result + tapOf(window, i, j) * size;
        for (int64_t at = 0; at < size; at += lanes) {
          const Floats sum = (load<Floats>(a + at) + load<Floats>(b + at)) + (load<Floats>(c + at) + load<Floats>(d + at));
          check = multiplyAdd(sum, Floats{}, check);
          store(to + at, sum);
        }
      }
    }
    return !any(check != check);
  }

  int64_t filterFloats, scratchFloats, preparations;

 private:
  struct Tile {
    int64_t image, row, column;
  };

  static constexpr int side = 3, points = side * side;
  static constexpr int64_t windows = 4;
  static constexpr int64_t widest = larger(lanes, tileRows);
  // Floats of the packed filter, a megabyte: it stays in the second cache while tiles pass by.
  static constexpr int64_t mostFilter = 1 << 18;
  static constexpr int64_t leastTiles = 512;
  // Tiles that are worked on at once, and floats that they take.
  static constexpr int64_t mostTiles = 64, blockFloats = 96 << 10;

  // The filter's tap that is g_i and g_j of a window.
  static int64_t tapOf(int64_t window, int i, int j) { return (window / 2 + 2 * i) * 4 + window % 2 + 2 * j; }

  template <typename F>
  void eachBlock(const Region& region, F f) const {
    Tile tiles[mostTiles];
    int count = 0;
    for (int64_t image = region.fromImage; image < region.toImage; image++) {
      for (int64_t row = region.fromRow / 2; row < ceilDivide(region.toRow, 2); row++) {
        for (int64_t column = 0; column < ceilDivide(geometry_.out[2], 2); column++) {
          tiles[count++] = {image, row, column};
          if (count < blockTiles_) continue;
          f(tiles, count);
          count = 0;
        }
      }
    }
    if (count > 0) f(tiles, count);
  }

  // Of a tile's result [i][j], or −1 where there is none.
  int64_t positionOf(const Tile& tile, int i, int j) const {
    const int64_t row = tile.row * 2 + i, column = tile.column * 2 + j;
    if (row >= geometry_.out[1] || column >= geometry_.out[2]) return -1;
    return (tile.image * geometry_.out[1] + row) * geometry_.out[2] + column;
  }
  // d₀ of a tile's first window.
  const float* sourceOf(const Region& region, const Tile& tile) const {
    return region.source + (tile.image - region.fromImage) * region.imageStride +
           (tile.row * 2 - region.fromRow) * 2 * region.rowStride + tile.column * 4 * channels_;
  }

  // d₀ − d₁, d₁, d₁ − d₂ along both axes: a matrix for each point, with a row for each tile.
  void spreadSource(const Region& region, const Tile* tiles, int count, float* to) const {
    const int64_t rowStep = 2 * region.rowStride, columnStep = 2 * channels_, step = count * rowLength_;
    for (int each = 0; each < count; each++) {
      const float* source = sourceOf(region, tiles[each]);
      for (int64_t window = 0; window < windows; window++) {
        const float* from = source + window / 2 * region.rowStride + window % 2 * channels_;
        float* row = to + each * rowLength_ + window * channels_;
        for (int64_t channel = 0; channel < channels_; channel += lanes) {
          Floats d[side][side];
          for (int i = 0; i < side; i++) {
            for (int j = 0; j < side; j++) d[i][j] = load<Floats>(from + channel + i * rowStep + j * columnStep);
            d[i][0] -= d[i][1];
            d[i][2] = d[i][1] - d[i][2];
          }
          for (int j = 0; j < side; j++) {
            d[0][j] -= d[1][j];
            d[2][j] = d[1][j] - d[2][j];
            for (int i = 0; i < side; i++) store(row + channel + (i * side + j) * step, d[i][j]);
          }
        }
      }
    }
  }

  // g₀, g₀ + g₁, −g₁ along both axes.
  void spreadGradient(const float* const (&from)[2][2], float* to, int64_t step) const {
    for (int64_t at = 0; at < filters_; at += lanes) {
      Floats d[side][side];
      for (int i = 0; i < 2; i++) {
        const Floats a = load<Floats>(from[i][0] + at), b = load<Floats>(from[i][1] + at);
        d[2 * i][0] = a;
        d[2 * i][1] = a + b;
        d[2 * i][2] = -b;
      }
      for (int j = 0; j < side; j++) {
        d[1][j] = d[0][j] + d[2][j];
        d[2][j] = -d[2][j];
        for (int i = 0; i < side; i++) store(to + at + (i * side + j) * step, d[i][j]);
      }
    }
  }

  // The products of a point: a row for each tile.
  void multiply(const float* rows, const float* filter, int count, float* to) const {
    const int64_t noOffset = 0;
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      const int vectors = panels_.vectors(panel);
      const Sum sum{1, &noOffset, rowLength_, 1, vectors * lanes};
      for (int row = 0; row < count; row += tileRows) {
        const int height = static_cast<int>(smaller(tileRows, count - row));
        const float* left[tileRows];
        float* result[tileRows];
        for (int i = 0; i < height; i++) {
          left[i] = rows + (row + i) * rowLength_;
          result[i] = to + (row + i) * filters_ + panels_.first(panel);
        }
        tileOf(sum, height, vectors)(left, filter + panels_.packedOffset(panel, rowLength_), sum, result, lanes, false);
      }
    }
  }
  // Those for the filter's gradient: a row for each channel of each window, and sums over tiles.
  void multiplyTransposed(const float* source, const float* g, int count, float* to, bool add) const {
    const int64_t noOffset = 0;
    const Sum sum{1, &noOffset, count, rowLength_, filters_};
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      for (int64_t row = 0; row < rowLength_; row += tileRows) {
        const float* left[tileRows];
        float* result[tileRows];
        for (int i = 0; i < tileRows; i++) {
          left[i] = source + row + i;
          result[i] = to + (row + i) * filters_ + panels_.first(panel);
        }
        tileOf(sum, tileRows, panels_.vectors(panel))(left, g + panels_.first(panel), sum, result, lanes, add);
      }
    }
  }

  // Puts a tile's sums together, of which `step` lies between the points'. Returns NaN if a result is not finite.
  Floats gatherResult(const float* from, int64_t step, float* const (&to)[2][2]) const {
    Floats check = {};
    for (int64_t at = 0; at < filters_; at += lanes) {
      Floats m[side][side];
      for (int j = 0; j < side; j++) {
        for (int i = 0; i < side; i++) m[i][j] = load<Floats>(from + at + (i * side + j) * step);
        m[0][j] += m[1][j];
        m[1][j] -= m[2][j];
      }
      for (int i = 0; i < 2; i++) {
        const Floats y[2] = {m[i][0] + m[i][1], m[i][1] - m[i][2]};
        for (int j = 0; j < 2; j++) {
          check = multiplyAdd(y[j], Floats{}, check);
          store(to[i][j] + at, y[j]);
        }
      }
    }
    return check;
  }

  // Sums up, tap by tap, those of a tile's results that are not finite.
  void repair(const Region& region, const Tile& tile, const float* filter, float* result) const {
    for (int64_t each = 0; each < 4; each++) {
      const int64_t position = positionOf(tile, each / 2, each % 2);
      if (position < 0) continue;
      float* to = result + position * filters_;
      Floats check = {};
      for (int64_t at = 0; at < filters_; at += lanes) check = multiplyAdd(load<Floats>(to + at), Floats{}, check);
      if (!any(check != check)) continue;
      const float* source = sourceOf(region, tile) + each / 2 * 2 * region.rowStride + each % 2 * 2 * channels_;
      std::memset(to, 0, sizeof(float) * filters_);
      for (int64_t tap = 0; tap < 16; tap++) {
        const float* from = source + tap / 4 * region.rowStride + tap % 4 * channels_;
        for (int64_t channel = 0; channel < channels_; channel++) {
          const float* weights = filter + (tap * channels_ + channel) * filters_;
          for (int64_t f = 0; f < filters_; f++) to[f] += from[channel] * weights[f];
        }
      }
    }
  }

  Geometry geometry_;
  int64_t channels_, filters_;
  // Of a tile's row in a point's matrix.
  int64_t rowLength_;
  Panels panels_;
  int blockTiles_;
};

}  // namespace vaekit::VAEKIT_ISA
