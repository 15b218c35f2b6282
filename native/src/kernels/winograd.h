// Convolutions over pictures by Winograd's minimal filters (minimal.h), and their gradients: filters of 3 × 3 and 2 × 3 taps
// and stride 1, and of 4 × 4 taps and stride 2.
//
// A tile of 2 × 2 results meets a window of the picture. With 3 × 3 taps it is one of 4 × 4 positions, and takes 16
// products of channels where it took 36. For a stride of 2, a filter of four taps is one of two taps for the even
// positions and one for the odd ones: the tile meets four windows of 3 × 3 positions, and takes 36 products where it took
// 64; one of 4 × 4 results meets windows of 5 × 5, and takes 100 where it took 256. At each point that is a matrix
// product, whose rows are tiles and whose sums run over windows and channels. In the gradient of its input a stride of 2
// has four kinds of positions, or phases, which meet two taps by two each: tiles of every one, with windows of one kind.
//
//   3 × 3 taps, stride 1       4 × 4 taps, stride 2
//     · · · ·                    a b a b a b    what a tile meets; positions of one letter are a window of 3 × 3,
//     · r r ·                    c d c d c d    and meet the taps of these rows and columns:
//     · r r ·                    a b a b a b
//     · · · ·                    c d c d c d      a: 0 and 2, 0 and 2    b: 0 and 2, 1 and 3
//                                a b a b a b      c: 1 and 3, 0 and 2    d: 1 and 3, 1 and 3
//   r: results of a tile,        c d c d c d
//   all 16: its window
//
// A sum of two numbers stands where each stood, so an infinity may become NaN: what comes out not finite is computed
// again, tap by tap.
#pragma once
#include <numeric>
#include <utility>
#include <vector>

#include "../plan.h"
#include "minimal.h"
#include "pack.h"
#include "vectors.h"

namespace vaekit::VAEKIT_ISA {

class Winograd {
 public:
  // Results along each side of a tile, or 0 where a convolution has not the right form or is too small to gain from this one.
  static int tileSide(const Convolution& work) {
    const Geometry& g = work.geometry;
    const int64_t height = g.kernel[1], width = g.kernel[2];
    const bool isPlain = g.strides[1] == 1 && g.strides[2] == 1 && width == 3 && (height == 2 || height == 3);
    const bool isHalving = g.strides[1] == 2 && g.strides[2] == 2 && width == 4 && height == 4;
    if (!isPlain && !isHalving) return 0;
    int64_t results[3];
    for (int axis = 0; axis < 3; axis++) {
      results[axis] = work.kind == ConvKind::inputGrad ? ceilDivide(g.space[axis], g.strides[axis]) : g.out[axis];
    }
    const bool isFlat = g.space[0] * g.out[0] * g.kernel[0] == 1 && g.before[0] == 0 && g.dilations[1] * g.dilations[2] == 1 &&
                        results[1] > 1 && results[2] > 1;
    const bool fillsVectors = g.groups == 1 && g.channels % widest == 0 && g.filters % widest == 0 && g.channels * g.filters >= 512;
    if (!isFlat || !fillsVectors) return 0;
    const auto tilesOf = [&](int side) { return g.batch * ceilDivide(results[1], side) * ceilDivide(results[2], side); };
    const auto fits = [&](int64_t points, int64_t tiles) {
      return tiles >= leastTiles &&
             points * g.channels * g.filters <= (work.kind == ConvKind::filterGrad ? mostSums : mostFilter);
    };
    if (isPlain) return fits((height + 1) * (width + 1), tilesOf(2)) ? 2 : 0;
    // A wide tile has the work of four, and may reach further beyond the picture.
    if (100 * tilesOf(4) < 36 * tilesOf(2) && fits(100, 4 * tilesOf(4))) return 4;
    return fits(36, tilesOf(2)) ? 2 : 0;
  }

  // Positions of the result that meet the same taps: where the first of these lies for the first position, from the
  // beginning of the source, and all of them in the order of the source's positions.
  struct Phase {
    int64_t source;
    std::vector<int64_t> taps;
  };

  // Of the filter's gradient, for which the picture meets all taps in their own order.
  static std::vector<Phase> wholeFilter(const Geometry& g) {
    std::vector<int64_t> taps(g.kernel[1] * g.kernel[2]);
    std::iota(taps.begin(), taps.end(), 0);
    return {{0, std::move(taps)}};
  }

  // `side` is not 0.
  Winograd(const Convolution& work, int side, std::vector<Phase> phases)
      : geometry_(work.geometry),
        isTurned_(work.kind == ConvKind::inputGrad),
        depth_(isTurned_ ? geometry_.filters : geometry_.channels),
        width_(isTurned_ ? geometry_.channels : geometry_.filters),
        step_(geometry_.strides[1]),
        windows_(isTurned_ ? 1 : step_ * step_),
        phases_(std::move(phases)),
        side_(side),
        rowLength_(windows_ * depth_),
        panels_(width_) {
    withForm([&](auto form) { points_ = form.points; });
    const int64_t tileFloats = points_ * (rowLength_ + width_);
    const int64_t blockFloats = work.kind == ConvKind::filterGrad ? mostSpread : mostSpread / 3;
    blockTiles_ = static_cast<int>(smaller(mostTiles, larger(tileRows, blockFloats / tileFloats / tileRows * tileRows)));
    sourceStep_ = blockTiles_ * rowLength_ + lineFloats;
    resultStep_ = blockTiles_ * width_ + lineFloats;
    filterStep_ = rowLength_ * width_ + lineFloats;
    phaseStep_ = points_ * filterStep_;
    filterFloats = phaseCount() * phaseStep_;
    scratchFloats = points_ * (sourceStep_ + resultStep_) + width_;
    // Some channels of a window, for one panel of results, are prepared by themselves.
    preparations = phaseCount() * windows_ * panels_.count * (depth_ / lanes);
  }

  // Rows [fromRow, toRow) of the result's images [fromImage, toImage), and the source copied for them.
  struct Region {
    const float* source;
    int64_t imageStride, rowStride;
    int64_t fromImage, toImage, fromRow, toRow;
  };

  // Positions of results that are worked on at once: parts of fewer make less of the packed filter.
  int64_t blockPositions() const { return side_ * side_ * blockTiles_; }

  // Packs the sums of taps that the products need.
  void prepare(const float* filter, int64_t part, float* packed) const {
    withForm([&](auto form) { prepareAs(form, filter, part, packed); });
  }

  // The results of a region.
  void run(const Region& region, const float* filter, const float* packed, float* result, float* scratch) const {
    Floats check = {};
    eachBlock(region, [&](int64_t phase, const Tile* tiles, int count) {
      spreadSource(region, phase, tiles, count, scratch);
      float* sums = scratch + points_ * sourceStep_;
      for (int64_t point = 0; point < points_; point++) {
        multiply(scratch + point * sourceStep_, packed + phase * phaseStep_ + point * filterStep_, count,
                 sums + point * resultStep_);
      }
      float* nowhere = sums + points_ * resultStep_;
      for (int i = 0; i < count; i++) {
        float* to[mostResults];
        for (int j = 0; j < side_ * side_; j++) {
          const int64_t position = positionOf(phase, tiles[i], j);
          to[j] = position < 0 ? nowhere : result + position * width_;
        }
        check += gatherResult(sums + i * width_, to);
      }
    });
    if (!any(check != check)) return;
    eachBlock(region, [&](int64_t phase, const Tile* tiles, int count) {
      for (int i = 0; i < count; i++) repair(region, phase, tiles[i], filter, result);
    });
  }

  // Adds to `sums`, `filterFloats` of them, what a region has for the filter's gradient, or sets them.
  void addFilterGradient(const Region& region, const float* g, int64_t first, float* sums, bool add, float* scratch) const {
    eachBlock(region, [&](int64_t phase, const Tile* tiles, int count) {
      spreadSource(region, phase, tiles, count, scratch);
      float* spreadG = scratch + points_ * sourceStep_;
      float* nothing = spreadG + points_ * resultStep_;
      std::memset(nothing, 0, sizeof(float) * width_);
      for (int i = 0; i < count; i++) {
        const float* from[mostResults];
        for (int j = 0; j < side_ * side_; j++) {
          const int64_t position = positionOf(phase, tiles[i], j);
          from[j] = position < 0 ? nothing : g + (position - first) * width_;
        }
        spreadGradient(from, spreadG + i * width_);
      }
      for (int64_t point = 0; point < points_; point++) {
        multiplyTransposed(scratch + point * sourceStep_, spreadG + point * resultStep_, count,
                           sums + point * filterStep_, add);
      }
      add = true;
    });
  }
  // The filter's gradient from these sums. Says whether it is finite.
  bool finishFilterGradient(const float* sums, float* result) const {
    Floats check = {};
    withForm([&](auto form) {
      using Form = decltype(form);
      const int64_t size = depth_ * width_;
      for (int64_t window = 0; window < windows_; window++) {
        for (int64_t at = 0; at < size; at += lanes) {
          typename Form::Square m;
          for (int point = 0; point < Form::points; point++) {
            m[point] = load<Floats>(sums + point * filterStep_ + window * size + at);
          }
          Form::gatherFilter(m);
          for (int i = 0; i < Form::Rows::taps; i++) {
            for (int j = 0; j < Form::Columns::taps; j++) {
              const Floats sum = m[i * Form::width + j];
              check = multiplyAdd(sum, Floats{}, check);
              store(result + tapOf(0, window, i, j) * size + at, sum);
            }
          }
        }
      }
    });
    return !any(check != check);
  }

  int64_t filterFloats, scratchFloats, preparations;

 private:
  struct Tile {
    int64_t image, row, column;
  };

  static constexpr int64_t widest = larger(lanes, tileRows);
  // Floats of the packed filter, which stays in the second cache while tiles pass by, and of the sums for its gradient,
  // which are written there as well.
  static constexpr int64_t mostFilter = 1 << (lanes == 16 ? 19 : 18), mostSums = lanes == 16 ? 5 << 16 : 1 << 18;
  static constexpr int64_t leastTiles = 512;
  // One tile's numbers at all points are written and read together. Between them lies an odd number of lines, or they
  // would meet in the few places of the first cache that addresses a power of two apart share.
  static constexpr int64_t lineFloats = 16;
  // Of a tile.
  static constexpr int mostResults = 16;
  // Tiles that are worked on at once, and floats that they take. The sums of the filter's gradient are read and written
  // for each block; otherwise the block itself is better near.
  static constexpr int64_t mostTiles = 64, mostSpread = (lanes == 16 ? 192 : 96) << 10;

  template <typename F>
  void withForm(F f) const {
    if (side_ == 4) f(MinimalSquare<2, 2, 4>{});
    else if (step_ == 2) f(MinimalSquare<2, 2, 2>{});
    else if (geometry_.kernel[1] == 2) f(MinimalSquare<2, 3, 2>{});
    else f(MinimalSquare<3, 3, 2>{});
  }

  int64_t phaseCount() const { return static_cast<int64_t>(phases_.size()); }
  // The filter's tap that is tap [i][j] of a phase and a window.
  int64_t tapOf(int64_t phase, int64_t window, int i, int j) const {
    const int64_t columns = geometry_.kernel[2] / resultDistance();
    const int64_t row = window / step_ + sourceDistance() * i, column = window % step_ + sourceDistance() * j;
    return phases_[phase].taps[row * columns + column];
  }
  // Between neighbours of a phase, in the source and in the result.
  int64_t sourceDistance() const { return isTurned_ ? 1 : step_; }
  int64_t resultDistance() const { return isTurned_ ? step_ : 1; }
  // Between channels of the source and of the result in a tap of the filter.
  int64_t depthStride() const { return isTurned_ ? 1 : geometry_.filters; }
  int64_t widthStride() const { return isTurned_ ? geometry_.filters : 1; }
  const int64_t* resultSpace() const { return isTurned_ ? geometry_.space : geometry_.out; }

  template <typename Form>
  void prepareAs(Form, const float* filter, int64_t part, float* packed) const {
    const int64_t panel = part % panels_.count, window = part / panels_.count % windows_;
    const int64_t phase = part / panels_.count / windows_ % phaseCount();
    const int64_t firstChannel = part / panels_.count / windows_ / phaseCount() * lanes;
    const int64_t length = panels_.vectors(panel) * lanes;
    float taps[Form::Rows::taps][Form::Columns::taps][lanes * tileVectors * lanes];
    for (int i = 0; i < Form::Rows::taps; i++) {
      for (int j = 0; j < Form::Columns::taps; j++) {
        const float* tap = filter + tapOf(phase, window, i, j) * depth_ * width_;
        packRows(tap + firstChannel * depthStride() + panels_.first(panel) * widthStride(), depthStride(), widthStride(), 0,
                 lanes, length, taps[i][j]);
      }
    }
    float* to = packed + phase * phaseStep_ + panels_.packedOffset(panel, rowLength_) +
                (window * depth_ + firstChannel) * length;
    for (int64_t at = 0; at < lanes * length; at += lanes) {
      typename Form::Square g;
      for (int i = 0; i < Form::Rows::taps; i++) {
        for (int j = 0; j < Form::Columns::taps; j++) g[i * Form::width + j] = load<Floats>(taps[i][j] + at);
      }
      Form::spreadFilter(g);
      for (int64_t point = 0; point < Form::points; point++) store(to + point * filterStep_ + at, g[point]);
    }
  }

  template <typename F>
  void eachBlock(const Region& region, F f) const {
    Tile tiles[mostTiles];
    int count = 0;
    const auto flush = [&] {
      for (int64_t phase = 0; phase < phaseCount(); phase++) f(phase, tiles, count);
      count = 0;
    };
    const int64_t columns = ceilDivide(ceilDivide(resultSpace()[2], resultDistance()), side_);
    for (int64_t image = region.fromImage; image < region.toImage; image++) {
      for (int64_t row = region.fromRow / side_; row < ceilDivide(region.toRow, side_); row++) {
        for (int64_t column = 0; column < columns; column++) {
          tiles[count++] = {image, row, column};
          if (count == blockTiles_) flush();
        }
      }
    }
    if (count > 0) flush();
  }

  // Of a tile's result, or −1 where there is none.
  int64_t positionOf(int64_t phase, const Tile& tile, int each) const {
    const int64_t* space = resultSpace();
    const int64_t row = (tile.row * side_ + each / side_) * resultDistance() + phase / step_;
    const int64_t column = (tile.column * side_ + each % side_) * resultDistance() + phase % step_;
    if (row >= space[1] || column >= space[2]) return -1;
    return (tile.image * space[1] + row) * space[2] + column;
  }
  // The first position that a tile's result meets.
  const float* sourceOf(const Region& region, int64_t phase, const Tile& tile, int each = 0) const {
    const int64_t row = tile.row * side_ + each / side_ - region.fromRow, column = tile.column * side_ + each % side_;
    return region.source + (tile.image - region.fromImage) * region.imageStride + phases_[phase].source +
           sourceDistance() * (row * region.rowStride + column * depth_);
  }

  // A matrix for each point, with a row for each tile.
  void spreadSource(const Region& region, int64_t phase, const Tile* tiles, int count, float* to) const {
    withForm([&](auto form) {
      using Form = decltype(form);
      const int64_t rowStep = sourceDistance() * region.rowStride, columnStep = sourceDistance() * depth_;
      for (int each = 0; each < count; each++) {
        const float* source = sourceOf(region, phase, tiles[each]);
        for (int64_t window = 0; window < windows_; window++) {
          const float* from = source + window / step_ * region.rowStride + window % step_ * depth_;
          float* row = to + each * rowLength_ + window * depth_;
          for (int64_t channel = 0; channel < depth_; channel += lanes) {
            typename Form::Square d;
            for (int i = 0; i < Form::height; i++) {
              for (int j = 0; j < Form::width; j++) {
                d[i * Form::width + j] = load<Floats>(from + channel + i * rowStep + j * columnStep);
              }
            }
            Form::spreadSource(d);
            for (int64_t point = 0; point < Form::points; point++) store(row + channel + point * sourceStep_, d[point]);
          }
        }
      }
    });
  }

  void spreadGradient(const float* const* from, float* to) const {
    withForm([&](auto form) {
      using Form = decltype(form);
      for (int64_t at = 0; at < width_; at += lanes) {
        typename Form::Square d;
        for (int i = 0; i < Form::results; i++) {
          for (int j = 0; j < Form::results; j++) d[i * Form::width + j] = load<Floats>(from[i * Form::results + j] + at);
        }
        Form::spreadGradient(d);
        for (int64_t point = 0; point < Form::points; point++) store(to + at + point * resultStep_, d[point]);
      }
    });
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
          result[i] = to + (row + i) * width_ + panels_.first(panel);
        }
        tileOf(sum, height, vectors)(left, filter + panels_.packedOffset(panel, rowLength_), sum, result, lanes, false);
      }
    }
  }
  // Those for the filter's gradient: a row for each channel of each window, and sums over tiles.
  void multiplyTransposed(const float* source, const float* g, int count, float* to, bool add) const {
    const int64_t noOffset = 0;
    const Sum sum{1, &noOffset, count, rowLength_, width_};
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      for (int64_t row = 0; row < rowLength_; row += tileRows) {
        const float* left[tileRows];
        float* result[tileRows];
        for (int i = 0; i < tileRows; i++) {
          left[i] = source + row + i;
          result[i] = to + (row + i) * width_ + panels_.first(panel);
        }
        tileOf(sum, tileRows, panels_.vectors(panel))(left, g + panels_.first(panel), sum, result, lanes, add);
      }
    }
  }

  // Puts a tile's sums together. Returns NaN if a result is not finite.
  Floats gatherResult(const float* from, float* const* to) const {
    Floats check = {};
    withForm([&](auto form) {
      using Form = decltype(form);
      for (int64_t at = 0; at < width_; at += lanes) {
        typename Form::Square m;
        for (int64_t point = 0; point < Form::points; point++) m[point] = load<Floats>(from + at + point * resultStep_);
        Form::gatherResult(m);
        for (int i = 0; i < Form::results; i++) {
          for (int j = 0; j < Form::results; j++) {
            const Floats y = m[i * Form::width + j];
            check = multiplyAdd(y, Floats{}, check);
            store(to[i * Form::results + j] + at, y);
          }
        }
      }
    });
    return check;
  }

  // Sums up, tap by tap, those of a tile's results that are not finite.
  void repair(const Region& region, int64_t phase, const Tile& tile, const float* filter, float* result) const {
    for (int each = 0; each < side_ * side_; each++) {
      const int64_t position = positionOf(phase, tile, each);
      if (position < 0) continue;
      float* to = result + position * width_;
      Floats check = {};
      for (int64_t at = 0; at < width_; at += lanes) check = multiplyAdd(load<Floats>(to + at), Floats{}, check);
      if (!any(check != check)) continue;
      const float* source = sourceOf(region, phase, tile, each);
      std::memset(to, 0, sizeof(float) * width_);
      withForm([&](auto form) {
        using Form = decltype(form);
        for (int64_t window = 0; window < windows_; window++) {
          for (int i = 0; i < Form::Rows::taps; i++) {
            for (int j = 0; j < Form::Columns::taps; j++) {
              const float* from = source + (window / step_ + sourceDistance() * i) * region.rowStride +
                                  (window % step_ + sourceDistance() * j) * depth_;
              const float* weights = filter + tapOf(phase, window, i, j) * depth_ * width_;
              for (int64_t channel = 0; channel < depth_; channel++) {
                const float left = from[channel];
                const float* row = weights + channel * depthStride();
                for (int64_t f = 0; f < width_; f++) to[f] += left * row[f * widthStride()];
              }
            }
          }
        }
      });
    }
  }

  Geometry geometry_;
  // Whether it is the gradient in the input: the source's channels are the filter's results, and taps come in reverse.
  bool isTurned_;
  // Channels of the source and of the result.
  int64_t depth_, width_;
  int64_t step_, windows_;
  std::vector<Phase> phases_;
  // Results along each side of a tile.
  int side_;
  // Of a tile's row in a point's matrix.
  int64_t rowLength_;
  Panels panels_;
  int64_t points_ = 0;
  int blockTiles_ = 0;
  // Between the matrices of two points.
  int64_t sourceStep_ = 0, resultStep_ = 0, filterStep_ = 0;
  // Between the packed filters of two phases.
  int64_t phaseStep_ = 0;
};

}  // namespace vaekit::VAEKIT_ISA
