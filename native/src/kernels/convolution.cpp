// Convolutions and their gradients in the input: sums over the taps of a filter, for each position of the result.
//
// Both are the same loop. For the gradient, positions that are congruent modulo the stride meet the same taps: each
// such phase is a convolution of stride 1 over g, with the filter's transposed taps in reverse order. Along one axis, with
// four taps, stride 2 and one position beyond each border:
//
//   forward                                 gradient in the input
//   source  · 0 1 2 3 4 5 6 7 ·             source  ·  g₀  g₁  g₂  g₃  ·
//   y₀      0 1 2 3          (taps)         x₀ = w₃ ·  + w₁ g₀     phase 0: x₀, x₂, x₄, x₆
//   y₁          0 1 2 3                     x₁ = w₂ g₀ + w₀ g₁     phase 1: x₁, x₃, x₅, x₇
//   y₂              0 1 2 3                 x₂ = w₃ g₀ + w₁ g₁
//   y₃                  0 1 2 3             …
//
// Where borders are left out, the positions of a phase are cut into patches that meet the same of their taps: y₀ (1 2 3),
// y₁ and y₂ (all), y₃ (0 1 2).
#include <optional>
#include <vector>

#include "dot.h"
#include "elementwise.h"
#include "factories.h"
#include "filterGradient.h"
#include "pack.h"
#include "source.h"
#include "winograd.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// Products in a part: some ten microseconds, next to which the handing out of a part is nothing.
constexpr int64_t partProducts = 1 << 21;
// Positions of a part: as often each number of the filter is used once it is in the cache.
constexpr int64_t partPositions = 96;
// So many parts keep some cores busy even where there are few images; products and positions that are worth one then.
constexpr int64_t fewParts = 8, leastProducts = 1 << 18, leastPositions = 32;
// Borders are left out of the sums where they are at least this part of them.
constexpr int64_t leastBorder = 16;

// Taps of a phase along one axis, in the order of the source's positions.
struct Taps {
  std::vector<int64_t> taps;
  // Position in the copied source of the first tap, for position 0 of the phase, and of every tap.
  std::vector<int64_t> positions;
};

// Positions of a phase that have the same of their taps within the picture: beyond its border there is nothing to sum up.
struct Patch {
  int64_t begin[3], end[3];
  // The sum: offsets of its segments in the copied source, or of each of its numbers where segments are short.
  std::vector<int64_t> offsets;
  int64_t length;
  // Numbers of the phase's part of the filter that are passed over, before the first segment and between them.
  int64_t first = 0, gap = 0;
};

// Positions of the result that meet the same taps.
struct Phase {
  // Along each axis: how many, and the first.
  int64_t counts[3], first[3];
  std::vector<int64_t> sources;  // Offset of each segment of the sum over all taps in the copied source.
  std::vector<int64_t> taps;     // Of the filter, one after the other as the sum meets them.
  int64_t packed = 0;            // Where the phase's part of the packed filter begins, in rows.
  std::vector<Patch> patches;
};

constexpr int depthwiseRows = 4;

// Every channel by itself: vectors run along the channels.
struct Depthwise {
  const std::vector<int64_t>& taps;
  const std::vector<int64_t>& sources;
  const float* filter;
  int64_t channels;

  void run(const float* const* from, float* const* to, int rows) const {
    for (int64_t channel = 0; channel < channels; channel += lanes) {
      const int count = static_cast<int>(smaller(lanes, channels - channel));
      Floats sums[depthwiseRows] = {};
      for (size_t tap = 0; tap < taps.size(); tap++) {
        const float* weights = filter + taps[tap] * channels + channel;
        const Floats weight = count == lanes ? load<Floats>(weights) : loadFirst<Floats>(weights, count);
        for (int i = 0; i < depthwiseRows; i++) {
          const float* source = from[i < rows ? i : 0] + sources[tap] + channel;
          sums[i] = multiplyAdd(count == lanes ? load<Floats>(source) : loadFirst<Floats>(source, count), weight, sums[i]);
        }
      }
      for (int i = 0; i < rows; i++) storeFirst(to[i] + channel, sums[i], count);
    }
  }
};

class SlidingTask final : public Task {
 public:
  SlidingTask(const Convolution& work, const Elementwise* first, const Elementwise* then, const Plan& plan)
      : work_(work),
        isForward_(work.kind == ConvKind::forward),
        groups_(work.geometry.groups),
        sourceChannels_((isForward_ ? work.geometry.channels : work.geometry.filters)),
        channels_(isForward_ ? work.geometry.filters : work.geometry.channels),
        isDepthwise_(work.geometry.isDepthwise()),
        isDot_(!isDepthwise_ && channels_ / groups_ <= mostDotColumns && segmentLength() >= lanes),
        panels_(channels_ / groups_),
        side_(Winograd::tileSide(work)),
        source_(findSource(first != nullptr)) {
    if (first) first_.emplace(*first, plan);
    if (then) loops = then_.emplace(*then, plan).loops();
    findPhases();
    if (side_ > 0) {
      std::vector<Winograd::Phase> phases;
      for (const Phase& phase : phases_) phases.push_back({phase.sources[0], phase.taps});
      winograd_.emplace(work, side_, std::move(phases));
    }
    findPacking(plan);
    findParts();
    const int64_t slabRows = rounded(ceilDivide(slabRows_, slabs_));
    const int64_t slabLength = (slabRows - 1) * sourceStep(slabAxis_) + span_[slabAxis_];
    copyBytes_ = wholeLines(source_.copiedSize(images_, slabAxis_, slabLength) * 4);
    workBytes_ = winograd_ ? wholeLines(winograd_->scratchFloats * 4) : 0;
    firstBytes_ = first_ ? wholeLines(first_->scratchBytes()) : 0;
    scratchBytes = copyBytes_ + workBytes_ + firstBytes_ + (then_ ? then_->scratchBytes() : 0);
    sharedBytes = packedBytes_ + (then_ ? parts * then_->partialBytes() : 0);
  }

  void prepare(const Context& context, int64_t part, char*, char* shared) const override {
    if (winograd_) {
      winograd_->prepare(context.as<const float>(work_.right), part, reinterpret_cast<float*>(shared));
      return;
    }
    // A tap of a group, for one panel of its channels.
    const int64_t panel = part % panels_.count;
    const int64_t group = part / panels_.count % groups_;
    const int64_t row = part / panels_.count / groups_;
    const Geometry& g = work_.geometry;
    const int64_t filterSize = g.channels / groups_ * g.filters;
    const int64_t first = panels_.first(panel);
    const int64_t columns = (panels_.vectors(panel) - 1) * lanes + panels_.last(panel);
    const float* filter = context.as<const float>(work_.right) + taps_[row] * filterSize;
    float* packed = reinterpret_cast<float*>(shared) + group * panels_.packedSize(rows_);
    const int64_t depth = sourceChannels_ / groups_;
    if (isDot_) {
      // Each channel's numbers lie in a row, as those of the source do.
      for (int64_t column = 0; column < columns; column++) {
        float* to = reinterpret_cast<float*>(shared) + group * rows_ * columns + column * rows_ + row * depth;
        const float* from = isForward_ ? filter + group * columns + column : filter + column * g.filters + group * depth;
        const int64_t step = isForward_ ? g.filters : 1;
        for (int64_t i = 0; i < depth; i++) to[i] = from[i * step];
      }
      return;
    }
    // The sum's rows of one phase lie behind each other, panel after panel.
    const Phase& phase = phases_[phaseOfRow_[row]];
    const int64_t phaseRows = static_cast<int64_t>(phase.taps.size()) * depth;
    float* to = packed + phase.packed * depth * panels_.packedSize(1) + panels_.packedOffset(panel, phaseRows) +
                (row - phase.packed) * depth * panels_.vectors(panel) * lanes;
    if (isForward_) {
      packRows(filter + group * (g.filters / groups_) + first, g.filters, 1, 0, depth, columns, to);
    } else {
      packRows(filter + group * depth + first * g.filters, 1, g.filters, 0, depth, columns, to);
    }
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    const int64_t columnPart = part % columnParts_;
    const int64_t slab = part / columnParts_ % slabs_;
    const int64_t imageGroup = part / columnParts_ / slabs_;
    const int64_t fromImage = imageGroup * images_;
    const int64_t toImage = smaller(work_.geometry.batch, fromImage + images_);
    const int64_t fromRow = rounded(slabRows_ * slab / slabs_);
    const int64_t toRow = smaller(slabRows_, rounded(slabRows_ * (slab + 1) / slabs_));
    const int64_t firstPanel = panels_.start(columnPart, columnParts_);
    const int64_t endPanel = panels_.start(columnPart + 1, columnParts_);
    const int64_t step = sourceStep(slabAxis_);
    char* work = scratch + copyBytes_;
    char* making = work + workBytes_;
    const Operand left = first_ ? Operand(*first_, context, making) : Operand(context.as<const float>(work_.left));
    const float* source =
        source_.images(left, fromImage, toImage, slabAxis_, fromRow * step,
                       (rounded(toRow - fromRow) - 1) * step + span_[slabAxis_], reinterpret_cast<float*>(scratch));
    Region region{source, fromImage, toImage, fromRow, toRow};
    if (winograd_) {
      winograd_->run({source, source_.imageStride(), source_.stride(1), fromImage, toImage, fromRow, toRow},
                     context.as<const float>(work_.right), reinterpret_cast<const float*>(shared),
                     context.as<float>(work_.result), reinterpret_cast<float*>(work));
    }
    const int64_t groups = winograd_ ? 0 : isDepthwise_ ? 1 : groups_;
    for (int64_t group = 0; group < groups; group++) {
      for (int64_t panel = firstPanel; panel < endPanel; panel++) {
        for (const Phase& phase : phases_) {
          for (const Patch& patch : phase.patches) slide(context, shared, region, phase, patch, group, panel);
        }
      }
    }
    // Panels are of a group's channels; where there are several groups, a part has all of them.
    const int64_t endColumn = endPanel == panels_.count ? channels_ : panels_.first(endPanel);
    if (then_) follow(context, part, region, panels_.first(firstPanel), endColumn, making + firstBytes_, shared);
  }

  void finish(const Context& context, char* shared) const override {
    if (then_) then_->finish(context, shared + packedBytes_, parts);
  }

 private:
  struct Region {
    const float* source;
    int64_t fromImage, toImage, fromRow, toRow;
  };

  // Neighbouring taps along the innermost axis meet neighbouring numbers, and are one segment.
  bool isMerged() const { return work_.geometry.dilations[2] == 1 && groups_ == 1; }
  // Of the longest segment of the sum.
  int64_t segmentLength() const {
    const int64_t taps = isForward_ ? work_.geometry.kernel[2]
                                    : ceilDivide(work_.geometry.kernel[2], work_.geometry.strides[2]);
    return sourceChannels_ / groups_ * (isMerged() ? taps : 1);
  }
  const int64_t* resultSpace() const { return isForward_ ? work_.geometry.out : work_.geometry.space; }
  // Between neighbours of a phase, in the source and in the result.
  int64_t sourceStep(int axis) const { return isForward_ ? work_.geometry.strides[axis] : 1; }
  int64_t resultStep(int axis) const { return isForward_ ? 1 : work_.geometry.strides[axis]; }

  // For tap k and phase r of a gradient, g's position is that of the phase plus (r + before − k·dilation) / stride.
  static int64_t floorDivide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
  int64_t shift(int axis, int64_t phase, int64_t tap) const {
    const Geometry& g = work_.geometry;
    return floorDivide(phase + g.before[axis] - tap * g.dilations[axis], g.strides[axis]);
  }
  bool meets(int axis, int64_t phase, int64_t tap) const {
    const Geometry& g = work_.geometry;
    return (phase + g.before[axis] - tap * g.dilations[axis]) % g.strides[axis] == 0;
  }
  int64_t phasesAlong(int axis) const {
    return isForward_ ? 1 : smaller(work_.geometry.strides[axis], work_.geometry.space[axis]);
  }
  // Winograd's tiles have several rows and columns of results.
  int64_t rounded(int64_t positions) const { return side_ > 0 ? ceilDivide(positions, side_) * side_ : positions; }
  // Positions of phase 0, which has the most.
  int64_t rowsAlong(int axis) const { return ceilDivide(resultSpace()[axis], resultStep(axis)); }

  Source findSource(bool isMade) {
    const Geometry& g = work_.geometry;
    int64_t extent[3];
    for (int axis = 0; axis < 3; axis++) {
      int64_t high;
      if (isForward_) {
        low_[axis] = -g.before[axis];
        high = low_[axis] + (g.kernel[axis] - 1) * g.dilations[axis];
      } else {
        low_[axis] = INT64_MAX;
        high = INT64_MIN;
        for (int64_t phase = 0; phase < phasesAlong(axis); phase++) {
          for (int64_t tap = 0; tap < g.kernel[axis]; tap++) {
            if (!meets(axis, phase, tap)) continue;
            low_[axis] = smaller(low_[axis], shift(axis, phase, tap));
            high = larger(high, shift(axis, phase, tap));
          }
        }
        if (high < low_[axis]) low_[axis] = high = 0;  // No tap at all: nothing is read.
      }
      span_[axis] = high - low_[axis] + 1;
      extent[axis] = ((axis > 0 ? rounded(rowsAlong(axis)) : rowsAlong(axis)) - 1) * sourceStep(axis) + span_[axis];
    }
    return Source(isForward_ ? g.space : g.out, sourceChannels_, low_, extent, isMade);
  }

  Taps tapsAlong(int axis, int64_t phase) const {
    const Geometry& g = work_.geometry;
    Taps result;
    for (int64_t k = 0; k < g.kernel[axis]; k++) {
      const int64_t tap = isForward_ ? k : g.kernel[axis] - 1 - k;
      if (!isForward_ && !meets(axis, phase, tap)) continue;
      result.taps.push_back(tap);
      result.positions.push_back(isForward_ ? tap * g.dilations[axis] : shift(axis, phase, tap) - low_[axis]);
    }
    return result;
  }

  // Stretches of a phase's positions along an axis, and those of their taps that are within the picture.
  struct Stretch {
    int64_t begin, end, firstTap, endTap;
  };
  std::vector<Stretch> stretchesAlong(int axis, const Phase& phase, const Taps& taps) const {
    const int64_t length = (isForward_ ? work_.geometry.space : work_.geometry.out)[axis];
    const int64_t count = static_cast<int64_t>(taps.taps.size());
    std::vector<Stretch> stretches;
    for (int64_t position = 0; position < phase.counts[axis]; position++) {
      const auto isOutside = [&](int64_t tap) {
        const int64_t at = low_[axis] + position * sourceStep(axis) + taps.positions[tap];
        return at < 0 || at >= length;
      };
      int64_t first = 0, end = count;
      while (first < count && isOutside(first)) first++;
      while (end > first && isOutside(end - 1)) end--;
      // Copies have zeros for those that meet nothing.
      if (first == end) first = 0, end = count;
      const bool isNew = stretches.empty() || stretches.back().firstTap != first || stretches.back().endTap != end;
      if (isNew) stretches.push_back({position, position, first, end});
      stretches.back().end++;
    }
    return stretches;
  }

  // Taps that the tiles of so many positions meet, in all images.
  int64_t metBy(int64_t positions, int64_t taps) const {
    return ceilDivide(positions * work_.geometry.batch, tileRows) * taps;
  }
  int64_t metBy(const std::vector<Stretch>& rows, const std::vector<Stretch>& columns) const {
    int64_t met = 0;
    for (const Stretch& row : rows) {
      for (const Stretch& column : columns) {
        met += metBy((row.end - row.begin) * (column.end - column.begin),
                     (row.endTap - row.firstTap) * (column.endTap - column.firstTap));
      }
    }
    return met;
  }

  void findPatches(Phase& phase, const Taps (&taps)[3]) {
    const int64_t depth = sourceChannels_ / groups_;
    const bool mayBeCut = !isDepthwise_ && !isDot_ && side_ == 0 && isMerged() && taps[0].taps.size() == 1 &&
                          !phase.taps.empty() && depth >= Sum::shortSegment;
    std::vector<Stretch> rows, columns;
    if (mayBeCut) {
      rows = stretchesAlong(1, phase, taps[1]);
      columns = stretchesAlong(2, phase, taps[2]);
    }
    const int64_t whole = metBy(phase.counts[1] * phase.counts[2], static_cast<int64_t>(phase.taps.size()));
    // Whether what is beyond the border is worth more than the tiles that are not full along it.
    if (!mayBeCut || (whole - metBy(rows, columns)) * leastBorder < whole) {
      Patch all{{0, 0, 0}, {phase.counts[0], phase.counts[1], phase.counts[2]}, phase.sources, 0};
      if (!phase.sources.empty()) all.length = static_cast<int64_t>(phase.taps.size() / phase.sources.size()) * depth;
      if (all.length > 0 && all.length < Sum::shortSegment && !isDot_) {
        all.offsets.clear();
        for (const int64_t source : phase.sources) {
          for (int64_t i = 0; i < all.length; i++) all.offsets.push_back(source + i);
        }
        all.length = 1;
      }
      phase.patches.push_back(std::move(all));
      return;
    }
    hasPatches_ = true;
    const int64_t rowTaps = static_cast<int64_t>(taps[2].taps.size());
    for (const Stretch& j : rows) {
      for (const Stretch& k : columns) {
        Patch patch{{0, j.begin, k.begin}, {phase.counts[0], j.end, k.end}, {}, (k.endTap - k.firstTap) * depth};
        for (int64_t tap = j.firstTap; tap < j.endTap; tap++) {
          patch.offsets.push_back(phase.sources[tap] + k.firstTap * source_.stride(2));
        }
        patch.first = (j.firstTap * rowTaps + k.firstTap) * depth;
        patch.gap = (rowTaps - (k.endTap - k.firstTap)) * depth;
        phase.patches.push_back(std::move(patch));
      }
    }
  }

  void findPhases() {
    const Geometry& g = work_.geometry;
    for (int64_t r0 = 0; r0 < phasesAlong(0); r0++) {
      for (int64_t r1 = 0; r1 < phasesAlong(1); r1++) {
        for (int64_t r2 = 0; r2 < phasesAlong(2); r2++) {
          Phase phase;
          const int64_t first[3] = {r0, r1, r2};
          for (int axis = 0; axis < 3; axis++) {
            phase.first[axis] = first[axis];
            phase.counts[axis] = ceilDivide(resultSpace()[axis] - first[axis], resultStep(axis));
          }
          const Taps taps[3] = {tapsAlong(0, r0), tapsAlong(1, r1), tapsAlong(2, r2)};
          phase.packed = static_cast<int64_t>(taps_.size());
          for (size_t i = 0; i < taps[0].taps.size(); i++) {
            for (size_t j = 0; j < taps[1].taps.size(); j++) {
              for (size_t k = 0; k < taps[2].taps.size(); k++) {
                phase.taps.push_back((taps[0].taps[i] * g.kernel[1] + taps[1].taps[j]) * g.kernel[2] + taps[2].taps[k]);
                if (isMerged() && k > 0) continue;
                phase.sources.push_back(taps[0].positions[i] * source_.stride(0) +
                                        taps[1].positions[j] * source_.stride(1) +
                                        taps[2].positions[k] * source_.stride(2));
              }
            }
          }
          findPatches(phase, taps);
          const size_t index = phases_.size();
          phaseOfRow_.insert(phaseOfRow_.end(), phase.taps.size(), index);
          taps_.insert(taps_.end(), phase.taps.begin(), phase.taps.end());
          phases_.push_back(std::move(phase));
        }
      }
    }
    rows_ = static_cast<int64_t>(taps_.size()) * (sourceChannels_ / groups_);
  }

  void findPacking(const Plan& plan) {
    const Geometry& g = work_.geometry;
    if (isDepthwise_) return;
    if (winograd_) {
      preparations = winograd_->preparations;
      packedBytes_ = wholeLines(winograd_->filterFloats * 4);
      return;
    }
    const bool endsInside = g.filters % lanes == 0 || plan.buffers[work_.right].hasMargin();
    // Few positions meet the filter too seldom to be worth a copy.
    const bool mayConflict = rows_ > 64 && g.batch * g.out[0] * g.out[1] * g.out[2] > 4 * tileRows;
    isPacked_ = isDot_ || !isForward_ || !endsInside || (mayConflict && g.filters * 4 % conflictBytes == 0);
    if (!isPacked_) return;
    preparations = static_cast<int64_t>(taps_.size()) * groups_ * panels_.count;
    const int64_t floats = groups_ * (isDot_ ? rows_ * (channels_ / groups_) + lanes : panels_.packedSize(rows_));
    packedBytes_ = wholeLines(floats * 4);
  }

  void findParts() {
    const Geometry& g = work_.geometry;
    const int64_t* space = resultSpace();
    const int64_t positions = space[0] * space[1] * space[2];
    // Of an image; in a gradient each tap meets only the positions of its phase.
    const int64_t steps = resultStep(0) * resultStep(1) * resultStep(2);
    const int64_t taps = g.kernel[0] * g.kernel[1] * g.kernel[2];
    const int64_t products =
        larger(1, ceilDivide(positions * taps, steps) * (sourceChannels_ / groups_) * channels_);
    slabAxis_ = slabAxisOf(space);
    slabRows_ = rowsAlong(slabAxis_);
    const int64_t copied = source_.copiedSize(1, 0, source_.extent(0)) * 4;
    const int64_t leastOfPart = winograd_ ? winograd_->blockPositions() : partPositions;
    if (copied > copiedBytes || products > 2 * partProducts) {
      const int64_t wanted = larger(ceilDivide(copied, copiedBytes), products / partProducts);
      slabs_ = smaller(slabRows_, smaller(wanted, larger(1, positions / leastOfPart)));
    }
    if (slabs_ <= 1) {
      slabs_ = 1;
      const int64_t wanted = larger(ceilDivide(partProducts, products), ceilDivide(leastOfPart, positions));
      const int64_t room = copied > 0 ? larger(1, copiedBytes / copied) : g.batch;
      images_ = larger(1, smaller(wanted, room));
      // A patch may have one position in each image.
      if (hasPatches_) images_ = ceilDivide(images_, tileRows) * tileRows;
      images_ = smaller(g.batch, images_);
    }
    // With few images, smaller parts are better than idle cores. Where the filter is much larger than they are, it is
    // what is better cut.
    const int64_t few = smaller(fewParts, g.batch * products / leastProducts);
    if (g.batch * slabs_ < few && taps * g.channels / groups_ * g.filters <= 8 * positions * channels_) {
      images_ = 1;
      slabs_ = larger(slabs_, smaller(ceilDivide(few, g.batch), smaller(slabRows_, positions / leastPositions)));
    }
    const int64_t rowParts = ceilDivide(g.batch, images_) * slabs_;
    columnParts_ = 1;
    if (groups_ == 1 && !winograd_ && rowParts < fewParts && rowParts * partProducts < g.batch * products) {
      columnParts_ = smaller(panels_.count, fewParts / rowParts);
    }
    parts = rowParts * columnParts_;
  }

  // Computes what a patch has of a region, for a panel of channels.
  void slide(const Context& context, const char* shared, const Region& region, const Phase& phase, const Patch& patch,
             int64_t group, int64_t panel) const {
    const Geometry& g = work_.geometry;
    const int64_t depth = sourceChannels_ / groups_;
    const int vectors = panels_.vectors(panel);
    const int last = panels_.last(panel);
    const int64_t column = group * (channels_ / groups_) + panels_.first(panel);
    const int64_t phaseRows = static_cast<int64_t>(phase.taps.size()) * depth;
    const float* filter;
    int64_t rowStride;
    if (isDot_) {
      filter = reinterpret_cast<const float*>(shared) + group * rows_ * (channels_ / groups_) + phase.packed * depth;
      rowStride = rows_;
    } else if (isPacked_) {
      filter = reinterpret_cast<const float*>(shared) + group * panels_.packedSize(rows_) +
               phase.packed * depth * panels_.packedSize(1) + panels_.packedOffset(panel, phaseRows);
      rowStride = vectors * lanes;
    } else {
      filter = context.as<const float>(work_.right) + column;
      rowStride = g.filters;
    }
    filter += patch.first * rowStride;
    const Sum sum{static_cast<int64_t>(patch.offsets.size()), patch.offsets.data(), patch.length, 1, rowStride,
                  patch.gap * rowStride};
    const int64_t* space = resultSpace();
    const int64_t columns = channels_ / groups_;
    const int mostRows = isDepthwise_ ? depthwiseRows : isDot_ ? dotRows(static_cast<int>(columns)) : tileRows;
    const Depthwise depthwise{phase.taps, phase.sources, context.as<const float>(work_.right), channels_};
    const float* from[largestTile];
    float* to[largestTile];
    int rows = 0;
    const auto flush = [&] {
      if (isDepthwise_) depthwise.run(from, to, rows);
      else if (isDot_) dotOf(sum, static_cast<int>(columns))(from, filter, sum, to, rows);
      else tileOf(sum, rows, vectors)(from, filter, sum, to, last, false);
      rows = 0;
    };
    float* result = context.as<float>(work_.result) + column;
    const float* source = region.source + group * depth;
    int64_t begin[3] = {patch.begin[0], patch.begin[1], patch.begin[2]};
    int64_t end[3] = {patch.end[0], patch.end[1], patch.end[2]};
    begin[slabAxis_] = larger(begin[slabAxis_], region.fromRow);
    end[slabAxis_] = smaller(end[slabAxis_], region.toRow);
    const int64_t step2 = sourceStep(2) * source_.stride(2), resultStep2 = resultStep(2) * channels_;
    for (int64_t image = region.fromImage; image < region.toImage; image++) {
      for (int64_t i = begin[0]; i < end[0]; i++) {
        for (int64_t j = begin[1]; j < end[1]; j++) {
          // Copies begin at the slab's first row.
          const int64_t row0 = i - (slabAxis_ == 0 ? region.fromRow : 0);
          const int64_t row1 = j - (slabAxis_ == 1 ? region.fromRow : 0);
          const int64_t row2 = begin[2] - (slabAxis_ == 2 ? region.fromRow : 0);
          const float* at = source + (image - region.fromImage) * source_.imageStride() +
                            row0 * sourceStep(0) * source_.stride(0) + row1 * sourceStep(1) * source_.stride(1) +
                            row2 * step2;
          const int64_t position = ((image * space[0] + i * resultStep(0) + phase.first[0]) * space[1] +
                                    j * resultStep(1) + phase.first[1]) * space[2] + phase.first[2];
          float* target = result + position * channels_ + begin[2] * resultStep2;
          for (int64_t k = begin[2]; k < end[2]; k++) {
            from[rows] = at;
            to[rows] = target;
            at += step2;
            target += resultStep2;
            if (++rows == mostRows) flush();
          }
        }
      }
    }
    if (rows > 0) flush();
  }

  // The work on a region of the result, which is whole rows of channels or pieces of them.
  void follow(const Context& context, int64_t part, const Region& region, int64_t firstColumn, int64_t endColumn,
              char* scratch, char* shared) const {
    char* partial = shared + packedBytes_ + part * then_->partialBytes();
    then_->begin(context, scratch, partial);
    const int64_t* space = resultSpace();
    int64_t inner = 1;  // Axes before the slab's have length 1.
    for (int axis = slabAxis_ + 1; axis < 3; axis++) inner *= space[axis];
    const int64_t rows = space[slabAxis_];
    for (int64_t image = region.fromImage; image < region.toImage; image++) {
      const int64_t first = region.fromRow * resultStep(slabAxis_);
      const int64_t end = smaller(rows, region.toRow * resultStep(slabAxis_));
      const int64_t from = (image * rows + first) * inner, to = (image * rows + end) * inner;
      if (firstColumn == 0 && endColumn == channels_) {
        then_->range(context, from * channels_, to * channels_, scratch, partial);
      } else {
        for (int64_t position = from; position < to; position++) {
          then_->range(context, position * channels_ + firstColumn, position * channels_ + endColumn, scratch, partial);
        }
      }
    }
  }

  Convolution work_;
  bool isForward_;
  int64_t groups_, sourceChannels_, channels_;
  // With few channels, and enough to sum up for each, the vectors run along the sum instead.
  bool isDepthwise_, isDot_;
  Panels panels_;
  int side_;  // Of Winograd's tiles, if it is done so.
  // Along each axis: the source's first position for position 0, and how far the taps reach from there.
  int64_t low_[3], span_[3];
  Source source_;
  std::optional<Winograd> winograd_;
  std::optional<ElementwiseLoop> first_, then_;
  std::vector<Phase> phases_;
  // For each tap's rows in the packed filter: which tap, and whose.
  std::vector<int64_t> taps_;
  std::vector<size_t> phaseOfRow_;
  int64_t rows_ = 0;
  bool isPacked_ = false, hasPatches_ = false;
  int64_t packedBytes_ = 0, copyBytes_ = 0, workBytes_ = 0, firstBytes_ = 0;
  // Images of a part, or slabs of an image along the outermost axis that is longer than 1.
  int64_t images_ = 1, slabs_ = 1, columnParts_ = 1;
  int slabAxis_ = 0;
  int64_t slabRows_ = 1;
};

}  // namespace

TaskPointer makeConvolution(const Convolution& work, const Elementwise* first, const Elementwise* then,
                            const Plan& plan) {
  if (work.kind == ConvKind::filterGrad) return makeFilterGradient(work, first, then, plan);
  return TaskPointer(new SlidingTask(work, first, then, plan));
}

}  // namespace vaekit::VAEKIT_ISA
