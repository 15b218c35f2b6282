// Convolutions of stride 2 over images by Winograd's minimal filters: two neighbouring results of a filter with two taps
// take three products instead of four.
//
//   y₀ = d₀·g₀ + d₁·g₁ = (d₀ − d₁)·g₀ + d₁·(g₀ + g₁)
//   y₁ = d₁·g₀ + d₂·g₁ = d₁·(g₀ + g₁) − (d₁ − d₂)·g₁
//
// A filter of 3 or 4 taps and stride 2 is, along each axis, one of two taps for the positions of one parity and one of
// one or two taps for those of the other: a window each. So a tile of 2 × 2 results takes 36 products of channels instead
// of 64, or 25 instead of 36. Each of the 3 × 3 points of a tile is a matrix product over many tiles.
//
// Source: Winograd, Arithmetic complexity of computations (1980); Lavin and Gray, arXiv:1509.09308. A sum of two numbers
// stands where each stood, so an infinity may become NaN: what comes out not finite is computed again, tap by tap.
#pragma once
#include <vector>

#include "../plan.h"
#include "pack.h"

namespace vaekit::VAEKIT_ISA {

constexpr int points = 3;

// What of the source and of the filter a tile meets through one parity of positions along each axis.
struct Window {
  int64_t first[2];   // Position in the source of d₀, for the first tile.
  int taps[2];        // How many along each axis.
  int64_t tap[2][2];  // Which of the filter's are g₀ and g₁.

  bool meets(int point) const { return point / points <= taps[0] && point % points <= taps[1]; }
};

// Results whose sums run over the same windows.
struct WinogradPass {
  std::vector<Window> windows;
  int64_t first[2], counts[2];  // Of the results along each axis.
  int taps[2];                  // The most of a window.
  // Of each point: which channels of a tile's row, which has those of every window, it sums up; and where its part of
  // the packed filter begins, in floats.
  std::vector<int64_t> segments[points * points];
  int64_t filters[points * points];
};

// Rows [fromRow, toRow) of the images [fromImage, toImage), and the source copied for them.
struct WinogradRegion {
  const float* source;
  int64_t imageStride, rowStride;
  int64_t fromImage, toImage, fromRow, toRow;
};

class Winograd {
 public:
  // Whether a convolution has the right form, and is large enough to gain from this one.
  static bool fits(const Geometry& g) {
    int64_t sums = 1;
    for (int axis = 1; axis < 3; axis++) {
      if (g.kernel[axis] < 3 || g.kernel[axis] > 4 || g.strides[axis] != 2 || g.dilations[axis] != 1) return false;
      sums *= g.kernel[axis] + 2;
    }
    const int64_t tiles = g.batch * ceilDivide(g.out[1], 2) * ceilDivide(g.out[2], 2);
    return g.space[0] * g.out[0] * g.kernel[0] == 1 && g.out[1] > 1 && g.before[0] == 0 && g.groups == 1 && g.channels % widest == 0 &&
           g.filters % widest == 0 && g.channels * g.filters >= 512 && sums * g.channels * g.filters <= mostFilter &&
           tiles >= leastTiles;
  }

  // `low` is the first position of the source that any tile meets.
  Winograd(const Geometry& geometry, ConvKind kind, const int64_t* low)
      : geometry_(geometry),
        isInputGradient_(kind == ConvKind::inputGrad),
        sourceStep_(isInputGradient_ ? 1 : 2),
        depth_(isInputGradient_ ? geometry.filters : geometry.channels),
        columns_(isInputGradient_ ? geometry.channels : geometry.filters),
        panels_(columns_) {
    const int64_t parities[2] = {0, 1};
    if (!isInputGradient_) {
      WinogradPass pass;
      for (const int64_t a : parities) {
        for (const int64_t b : parities) {
          const int64_t parity[2] = {a, b};
          Window window;
          for (int axis = 0; axis < 2; axis++) {
            window.first[axis] = parity[axis] - geometry.before[axis + 1] - low[axis + 1];
            setTaps(window, axis, parity[axis], false);
          }
          pass.windows.push_back(window);
        }
      }
      for (int axis = 0; axis < 2; axis++) {
        pass.first[axis] = 0;
        pass.counts[axis] = geometry.out[axis + 1];
      }
      addPass(pass);
      return;
    }
    for (const int64_t a : parities) {
      for (const int64_t b : parities) {
        const int64_t phase[2] = {a, b};
        WinogradPass pass;
        Window window;
        for (int axis = 0; axis < 2; axis++) {
          const int64_t before = geometry.before[axis + 1];
          const int64_t parity = (phase[axis] + before) % 2;
          // The results of a phase meet g from where they stand downwards, so its taps come in reverse order.
          setTaps(window, axis, parity, true);
          window.first[axis] = (phase[axis] - parity + before) / 2 - (window.taps[axis] - 1) - low[axis + 1];
          pass.first[axis] = phase[axis];
          pass.counts[axis] = (geometry.space[axis + 1] - phase[axis] + 1) / 2;
        }
        pass.windows.push_back(window);
        addPass(pass);
      }
    }
  }

  int64_t filterFloats() const { return filterFloats_; }
  int64_t scratchFloats() const { return larger(tileFloats() * blockTiles() + columns_, mostPanel * depth_); }
  // A window of a point of a pass, for one panel of columns, is prepared by itself.
  int64_t preparations() const { return static_cast<int64_t>(pieces_.size()) * panels_.count; }

  // Packs the sums of taps that the products need.
  void prepare(const float* filter, int64_t part, float* scratch, float* packed) const {
    const Piece& piece = pieces_[part / panels_.count];
    const int64_t panel = part % panels_.count;
    const WinogradPass& pass = passes_[piece.pass];
    const int64_t width = panels_.vectors(panel) * lanes, column = panels_.first(panel);
    const int64_t rows = static_cast<int64_t>(pass.segments[piece.point].size()) * depth_;
    float* to = packed + pass.filters[piece.point] + panels_.packedOffset(panel, rows) + piece.segment * depth_ * width;
    const float* taps[4];
    const int count = tapsOf(pass.windows[piece.window], piece.point, filter, taps);
    if (!isInputGradient_) {
      for (int64_t c = 0; c < depth_; c++) addTaps(taps, count, c * columns_ + column, width, to + c * width);
      return;
    }
    for (int64_t c = 0; c < width; c++) addTaps(taps, count, (column + c) * depth_, depth_, scratch + c * depth_);
    packRows(scratch, 1, depth_, 0, depth_, width, to);
  }

  // The results of a region: those of its rows in each pass.
  void run(const WinogradRegion& region, const float* filter, const float* packed, float* result, float* scratch) const {
    Floats check = {};
    for (const WinogradPass& pass : passes_) {
      eachBlock(pass, region, [&](const Tile* tiles, int count) {
        const int64_t length = static_cast<int64_t>(pass.windows.size()) * depth_;
        float* sums = scratch + points * points * count * length;
        for (size_t w = 0; w < pass.windows.size(); w++) {
          for (int i = 0; i < count; i++) {
            spread(pass.windows[w], region, tiles[i], scratch + i * length + w * depth_, count * length);
          }
        }
        for (int point = 0; point < points * points; point++) {
          multiply(pass, point, scratch + point * count * length, packed, count, sums + point * count * columns_);
        }
        for (int i = 0; i < count; i++) {
          check += gather(pass, sums + i * columns_, count * columns_, tiles[i], result, sums + points * points * count * columns_);
        }
      });
    }
    if (!any(check != check)) return;
    for (const WinogradPass& pass : passes_) {
      eachBlock(pass, region, [&](const Tile* tiles, int count) {
        for (int i = 0; i < count; i++) repair(pass, region, tiles[i], filter, result);
      });
    }
  }

  // Adds to `sums`, which is as long as the packed filter, what a region has for the filter's gradient, or sets it.
  void addFilterGradient(const WinogradRegion& region, const float* g, float* sums, bool add, float* scratch) const {
    const WinogradPass& pass = passes_[0];
    const int64_t length = static_cast<int64_t>(pass.windows.size()) * depth_;
    float* nothing = scratch + tileFloats() * blockTiles();
    std::memset(nothing, 0, sizeof(float) * columns_);
    eachBlock(pass, region, [&](const Tile* tiles, int count) {
      float* spreadG = scratch + points * points * count * length;
      for (int i = 0; i < count; i++) {
        for (size_t w = 0; w < pass.windows.size(); w++) {
          spread(pass.windows[w], region, tiles[i], scratch + i * length + w * depth_, count * length);
        }
        const float* from[2][2];
        for (int j = 0; j < 4; j++) {
          const int64_t position = positionOf(pass, tiles[i], j / 2, j % 2);
          from[j / 2][j % 2] = position < 0 ? nothing : g + position * columns_;
        }
        spreadResult(from, spreadG + i * columns_, count * columns_);
      }
      for (int point = 0; point < points * points; point++) {
        multiplyTransposed(pass, point, scratch + point * count * length, spreadG + point * count * columns_, count,
                           sums + pass.filters[point], add);
      }
      add = true;
    });
  }
  // The filter's gradient from these sums. Says whether it is finite.
  bool finishFilterGradient(const float* sums, float* result) const {
    const WinogradPass& pass = passes_[0];
    Floats check = {};
    for (size_t w = 0; w < pass.windows.size(); w++) {
      const Window& window = pass.windows[w];
      for (int i = 0; i < window.taps[0]; i++) {
        for (int j = 0; j < window.taps[1]; j++) {
          const float* from[4];
          for (int each = 0; each < 4; each++) {
            const int point = (i + each / 2) * points + j + each % 2;
            int64_t segment = 0;
            while (pass.segments[point][segment] != static_cast<int64_t>(w) * depth_) segment++;
            from[each] = sums + pass.filters[point] + segment * depth_ * columns_;
          }
          float* to = result + (window.tap[0][i] * geometry_.kernel[2] + window.tap[1][j]) * depth_ * columns_;
          for (int64_t at = 0; at < depth_ * columns_; at += lanes) {
            const Floats sum = (load<Floats>(from[0] + at) + load<Floats>(from[1] + at)) +
                               (load<Floats>(from[2] + at) + load<Floats>(from[3] + at));
            check = multiplyAdd(sum, Floats{}, check);
            store(to + at, sum);
          }
        }
      }
    }
    return !any(check != check);
  }

 private:
  struct Tile {
    int64_t image, row, column;
  };
  struct Piece {
    size_t pass, window;
    int point;
    int64_t segment;
  };

  // Floats of the packed filter, a megabyte: it stays in the second cache while tiles pass by.
  static constexpr int64_t mostFilter = 1 << 18;
  static constexpr int64_t leastTiles = 512;
  static constexpr int64_t widest = larger(lanes, tileRows);
  // Floats of a block's spread source and sums.
  static constexpr int64_t blockFloats = 96 << 10;
  static constexpr int mostTiles = 64;
  static constexpr int64_t mostPanel = tileVectors * lanes;

  void setTaps(Window& window, int axis, int64_t parity, bool isReversed) const {
    const int count = parity + 2 < geometry_.kernel[axis + 1] ? 2 : 1;
    window.taps[axis] = count;
    for (int i = 0; i < count; i++) window.tap[axis][isReversed ? count - 1 - i : i] = parity + 2 * i;
  }

  void addPass(WinogradPass& pass) {
    pass.taps[0] = pass.taps[1] = 1;
    for (const Window& window : pass.windows) {
      for (int axis = 0; axis < 2; axis++) pass.taps[axis] = window.taps[axis] > 1 ? 2 : pass.taps[axis];
    }
    for (int point = 0; point < points * points; point++) {
      pass.filters[point] = filterFloats_;
      for (size_t w = 0; w < pass.windows.size(); w++) {
        if (!pass.windows[w].meets(point)) continue;
        pieces_.push_back({passes_.size(), w, point, static_cast<int64_t>(pass.segments[point].size())});
        pass.segments[point].push_back(static_cast<int64_t>(w) * depth_);
        filterFloats_ += depth_ * columns_;
      }
    }
    passes_.push_back(pass);
  }

  // Of a tile's spread source, for all points and windows, and its sums.
  int64_t tileFloats() const { return points * points * (static_cast<int64_t>(passes_[0].windows.size()) * depth_ + columns_); }
  int blockTiles() const {
    const int64_t tiles = blockFloats / tileFloats() / tileRows * tileRows;
    return static_cast<int>(smaller(mostTiles, larger(tileRows, tiles)));
  }

  // Taps whose sum a point needs: of each axis g₀, both, or g₁.
  int tapsOf(const Window& window, int point, const float* filter, const float** taps) const {
    const int at[2] = {point / points, point % points};
    int from[2], to[2];
    for (int axis = 0; axis < 2; axis++) {
      from[axis] = at[axis] == 2 ? 1 : 0;
      to[axis] = at[axis] == 0 ? 1 : window.taps[axis];
    }
    int count = 0;
    for (int i = from[0]; i < to[0]; i++) {
      for (int j = from[1]; j < to[1]; j++) {
        const int64_t tap = window.tap[0][i] * geometry_.kernel[2] + window.tap[1][j];
        taps[count++] = filter + tap * depth_ * columns_;
      }
    }
    return count;
  }
  static void addTaps(const float* const* taps, int count, int64_t offset, int64_t length, float* to) {
    for (int64_t i = 0; i < length; i += lanes) {
      Floats sum = load<Floats>(taps[0] + offset + i);
      for (int tap = 1; tap < count; tap++) sum += load<Floats>(taps[tap] + offset + i);
      store(to + i, sum);
    }
  }

  template <typename F>
  void eachBlock(const WinogradPass& pass, const WinogradRegion& region, F f) const {
    Tile tiles[mostTiles];
    const int most = blockTiles();
    int count = 0;
    const int64_t columns = ceilDivide(pass.counts[1], 2);
    for (int64_t image = region.fromImage; image < region.toImage; image++) {
      for (int64_t row = region.fromRow / 2; row < ceilDivide(smaller(region.toRow, pass.counts[0]), 2); row++) {
        for (int64_t column = 0; column < columns; column++) {
          tiles[count++] = {image, row, column};
          if (count < most) continue;
          f(tiles, count);
          count = 0;
        }
      }
    }
    if (count > 0) f(tiles, count);
  }

  const float* sourceOf(const Window& window, const WinogradRegion& region, const Tile& tile) const {
    return region.source + (tile.image - region.fromImage) * region.imageStride +
           (window.first[0] + (tile.row * 2 - region.fromRow) * sourceStep_) * region.rowStride +
           (window.first[1] + tile.column * 2 * sourceStep_) * depth_;
  }

  // d₀ − d₁, d₁, d₁ − d₂ along both axes, for a window of a tile: `step` lies between the points' matrices.
  void spread(const Window& window, const WinogradRegion& region, const Tile& tile, float* to, int64_t step) const {
    const float* from = sourceOf(window, region, tile);
    const int64_t rowStep = sourceStep_ * region.rowStride, columnStep = sourceStep_ * depth_;
    if (window.taps[0] == 2 && window.taps[1] == 2) spreadWindow<2, 2>(from, rowStep, columnStep, to, step);
    else if (window.taps[0] == 2) spreadWindow<2, 1>(from, rowStep, columnStep, to, step);
    else if (window.taps[1] == 2) spreadWindow<1, 2>(from, rowStep, columnStep, to, step);
    else spreadWindow<1, 1>(from, rowStep, columnStep, to, step);
  }
  template <int taps1, int taps2>
  void spreadWindow(const float* from, int64_t rowStep, int64_t columnStep, float* to, int64_t step) const {
    for (int64_t channel = 0; channel < depth_; channel += lanes) {
      Floats d[taps1 + 1][taps2 + 1];
      for (int i = 0; i <= taps1; i++) {
        for (int j = 0; j <= taps2; j++) d[i][j] = load<Floats>(from + channel + i * rowStep + j * columnStep);
      }
      for (int i = 0; i <= taps1; i++) {
        d[i][0] -= d[i][1];
        if constexpr (taps2 == 2) d[i][2] = d[i][1] - d[i][2];
      }
      for (int j = 0; j <= taps2; j++) {
        d[0][j] -= d[1][j];
        if constexpr (taps1 == 2) d[2][j] = d[1][j] - d[2][j];
      }
      for (int i = 0; i <= taps1; i++) {
        for (int j = 0; j <= taps2; j++) store(to + channel + (i * points + j) * step, d[i][j]);
      }
    }
  }

  // The products of one point: a row for each tile.
  void multiply(const WinogradPass& pass, int point, const float* rows, const float* packed, int count, float* to) const {
    const std::vector<int64_t>& segments = pass.segments[point];
    const int64_t number = static_cast<int64_t>(segments.size());
    const int64_t length = static_cast<int64_t>(pass.windows.size()) * depth_;
    // Where every window is met, they are one segment.
    const bool isWhole = number * depth_ == length;
    if (number == 0) return;
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      const int vectors = panels_.vectors(panel);
      const Sum sum{isWhole ? 1 : number, segments.data(), isWhole ? length : depth_, 1, vectors * lanes};
      const float* right = packed + pass.filters[point] + panels_.packedOffset(panel, number * depth_);
      for (int row = 0; row < count; row += tileRows) {
        const int height = static_cast<int>(smaller(tileRows, count - row));
        const float* left[tileRows];
        float* result[tileRows];
        for (int i = 0; i < height; i++) {
          left[i] = rows + (row + i) * length;
          result[i] = to + (row + i) * columns_ + panels_.first(panel);
        }
        tileOf(sum, height, vectors)(left, right, sum, result, lanes, false);
      }
    }
  }

  // g₀, g₀ + g₁, −g₁ along both axes.
  void spreadResult(const float* const (&from)[2][2], float* to, int64_t step) const {
    for (int64_t column = 0; column < columns_; column += lanes) {
      Floats d[points][points];
      for (int i = 0; i < 2; i++) {
        const Floats a = load<Floats>(from[i][0] + column), b = load<Floats>(from[i][1] + column);
        d[2 * i][0] = a;
        d[2 * i][1] = a + b;
        d[2 * i][2] = -b;
      }
      for (int j = 0; j < points; j++) {
        d[1][j] = d[0][j] + d[2][j];
        d[2][j] = -d[2][j];
      }
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) store(to + column + (i * points + j) * step, d[i][j]);
      }
    }
  }

  // The products of one point for the filter's gradient: a row for each channel of each window.
  void multiplyTransposed(const WinogradPass& pass, int point, const float* source, const float* g, int count, float* to,
                          bool add) const {
    const int64_t noOffset = 0, length = static_cast<int64_t>(pass.windows.size()) * depth_;
    const Sum sum{1, &noOffset, count, length, columns_};
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      const int64_t first = panels_.first(panel);
      for (size_t segment = 0; segment < pass.segments[point].size(); segment++) {
        for (int64_t channel = 0; channel < depth_; channel += tileRows) {
          const float* left[tileRows];
          float* result[tileRows];
          for (int i = 0; i < tileRows; i++) {
            left[i] = source + pass.segments[point][segment] + channel + i;
            result[i] = to + (segment * depth_ + channel + i) * columns_ + first;
          }
          tileOf(sum, tileRows, panels_.vectors(panel))(left, g + first, sum, result, lanes, add);
        }
      }
    }
  }

  // Of a tile's result [i][j], or −1 where there is none.
  int64_t positionOf(const WinogradPass& pass, const Tile& tile, int i, int j) const {
    const int64_t* space = isInputGradient_ ? geometry_.space : geometry_.out;
    const int64_t step = isInputGradient_ ? 2 : 1;
    const int64_t row = tile.row * 2 + i, column = tile.column * 2 + j;
    if (row >= pass.counts[0] || column >= pass.counts[1]) return -1;
    return (tile.image * space[1] + pass.first[0] + row * step) * space[2] + pass.first[1] + column * step;
  }

  // Puts a tile's sums together, of which `step` lies between the points'. Returns NaN if a result is not finite. What is
  // outside of the result goes to `nowhere`.
  Floats gather(const WinogradPass& pass, const float* sums, int64_t step, const Tile& tile, float* result,
                float* nowhere) const {
    float* to[2][2];
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        const int64_t position = positionOf(pass, tile, i, j);
        to[i][j] = position < 0 ? nowhere : result + position * columns_;
      }
    }
    if (pass.taps[0] == 2 && pass.taps[1] == 2) return gatherTile<2, 2>(sums, step, to);
    if (pass.taps[0] == 2) return gatherTile<2, 1>(sums, step, to);
    if (pass.taps[1] == 2) return gatherTile<1, 2>(sums, step, to);
    return gatherTile<1, 1>(sums, step, to);
  }
  template <int taps1, int taps2>
  Floats gatherTile(const float* from, int64_t step, float* const (&to)[2][2]) const {
    Floats check = {};
    for (int64_t column = 0; column < columns_; column += lanes) {
      Floats m[taps1 + 1][taps2 + 1];
      for (int i = 0; i <= taps1; i++) {
        for (int j = 0; j <= taps2; j++) m[i][j] = load<Floats>(from + column + (i * points + j) * step);
      }
      for (int j = 0; j <= taps2; j++) {
        m[0][j] += m[1][j];
        if constexpr (taps1 == 2) m[1][j] -= m[2][j];
      }
      for (int i = 0; i < 2; i++) {
        m[i][0] += m[i][1];
        if constexpr (taps2 == 2) m[i][1] -= m[i][2];
        for (int j = 0; j < 2; j++) {
          check = multiplyAdd(m[i][j], Floats{}, check);
          store(to[i][j] + column, m[i][j]);
        }
      }
    }
    return check;
  }

  // Sums up, tap by tap, those of a tile's results that are not finite.
  void repair(const WinogradPass& pass, const WinogradRegion& region, const Tile& tile, const float* filter,
              float* result) const {
    for (int result1 = 0; result1 < 2; result1++) {
      for (int result2 = 0; result2 < 2; result2++) {
        const int64_t position = positionOf(pass, tile, result1, result2);
        if (position < 0) continue;
        float* to = result + position * columns_;
        Floats check = {};
        for (int64_t column = 0; column < columns_; column += lanes) {
          check = multiplyAdd(load<Floats>(to + column), Floats{}, check);
        }
        if (!any(check != check)) continue;
        std::memset(to, 0, sizeof(float) * columns_);
        for (const Window& window : pass.windows) {
          const float* source = sourceOf(window, region, tile);
          for (int i = 0; i < window.taps[0]; i++) {
            for (int j = 0; j < window.taps[1]; j++) {
              const int64_t tap = window.tap[0][i] * geometry_.kernel[2] + window.tap[1][j];
              addTap(source + (result1 + i) * sourceStep_ * region.rowStride + (result2 + j) * sourceStep_ * depth_,
                     filter + tap * depth_ * columns_, to);
            }
          }
        }
      }
    }
  }
  void addTap(const float* source, const float* filter, float* to) const {
    for (int64_t c = 0; c < depth_; c++) {
      for (int64_t column = 0; column < columns_; column++) {
        to[column] += source[c] * filter[isInputGradient_ ? column * depth_ + c : c * columns_ + column];
      }
    }
  }

  Geometry geometry_;
  bool isInputGradient_;
  int64_t sourceStep_, depth_, columns_;
  Panels panels_;
  std::vector<WinogradPass> passes_;
  std::vector<Piece> pieces_;
  int64_t filterFloats_ = 0;
};

}  // namespace vaekit::VAEKIT_ISA
