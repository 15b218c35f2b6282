#include "filterGradient.h"

#include <optional>
#include <utility>
#include <vector>

#include "elementwise.h"
#include "source.h"
#include "tapGradient.h"
#include "tile.h"
#include "winograd.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// So many parts keep some cores busy, and their partial sums are put together by one.
constexpr int64_t wantedParts = 8;
constexpr int64_t partProducts = 1 << 20;
constexpr int64_t mostPartialFloats = 1 << 20;

// A row of the product is a tap and a channel, a column a filter, and the sum runs over pixels:
//
//   w[(k, c), f] = Σ_p x[p·stride + k·dilation − before, c] · g[p, f]
//
// Vectors run along the columns. Where the filters are few and do not fill them, and the stride is 1, x and g change
// places, and rows are a tap and a filter:
//
//   w[(k, c), f] = Σ_q g[q − k·dilation + before, f] · x[q, c]
//
// Images are cut into groups that are summed up by themselves, so that they can be summed at the same time; the groups'
// sums are added in their order at the end.
class FilterGradientTask final : public Task {
 public:
  FilterGradientTask(const Convolution& work, const Elementwise* first, const Elementwise* then, const Plan& plan)
      : isSwapped_(mayBeSwapped(work.geometry)),
        work_(isSwapped_ ? swapped(work) : work),
        groups_(work_.geometry.groups),
        channels_(work_.geometry.channels / groups_),
        filters_(work_.geometry.filters / groups_),
        isDepthwise_(work_.geometry.isDepthwise()),
        panels_(filters_),
        side_(Winograd::tileSide(work_)),
        makesLeft_(first && first->stores[0].buffer == work_.left),
        source_(findSource()) {
    if (first) first_.emplace(*first, plan);
    if (then) loops = then_.emplace(*then, plan).loops();
    const Geometry& g = work_.geometry;
    taps_ = g.kernel[0] * g.kernel[1] * g.kernel[2];
    rows_ = taps_ * channels_;
    size_ = rows_ * g.filters;
    pixels_ = g.out[0] * g.out[1] * g.out[2];
    slabAxis_ = slabAxisOf(g.out);
    const int64_t products = g.batch * pixels_ * rows_ * g.filters;
    const int64_t wanted = larger(1, smaller(wantedParts, products / partProducts));
    // An operand that is made is made once for each block, not for each tap.
    const bool byTaps = side_ == 0 && !first && TapGradient::pays(g);
    imageGroups_ = larger(1, smaller(smaller(wanted, g.batch), mostPartialFloats / size_));
    isPartial_ = imageGroups_ > 1 || isSwapped_;
    // What is left to be split is split by rows, for the price of a copy of x for each.
    const int64_t mostRowParts = byTaps ? TapGradient::linesOf(g) : ceilDivide(rows_, tileRows);
    if (!isDepthwise_) rowParts_ = larger(1, smaller(wanted / imageGroups_, mostRowParts));
    parts = imageGroups_ * rowParts_;
    partialBytes_ = isPartial_ ? wholeLines(imageGroups_ * size_ * 4) : 0;
    if (byTaps) {
      byTaps_.emplace(g, rowParts_);
      scratchBytes = wholeLines(byTaps_->scratchFloats() * 4);
    } else {
      readInPlace(plan);
    }
    sharedBytes = partialBytes_ + gBytes_ + (then_ ? then_->partialBytes() + then_->scratchBytes() : 0);
  }

  void prepare(const Context& context, int64_t, char*, char* shared) const override {
    const int64_t floats = work_.geometry.batch * pixels_ * work_.geometry.filters;
    std::memcpy(shared + partialBytes_, context.as<const float>(work_.right), sizeof(float) * floats);
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    const Geometry& g = work_.geometry;
    const int64_t rowPart = part % rowParts_, group = part / rowParts_;
    const int64_t fromImage = g.batch * group / imageGroups_, toImage = g.batch * (group + 1) / imageGroups_;
    float* result = isPartial_ ? reinterpret_cast<float*>(shared) + group * size_ : context.as<float>(work_.result);
    if (byTaps_) {
      byTaps_->run(context.as<const float>(work_.left), context.as<const float>(work_.right), rowPart, fromImage, toImage,
                   reinterpret_cast<float*>(scratch), result);
      return;
    }
    const int64_t units = ceilDivide(rows_, tileRows);
    const int64_t fromRow = units * rowPart / rowParts_ * tileRows;
    const int64_t toRow = smaller(rows_, units * (rowPart + 1) / rowParts_ * tileRows);
    const float* all =
        gBytes_ > 0 ? reinterpret_cast<const float*>(shared + partialBytes_) : context.as<const float>(work_.right);
    char* making = scratch + copyBytes_ + madeBytes_;
    const Operand x = makesLeft_ ? Operand(*first_, context, making) : Operand(context.as<const float>(work_.left));
    const Operand y = first_ && !makesLeft_ ? Operand(*first_, context, making) : Operand(all);
    bool add = false;
    if (winograd_) {
      float* sums = reinterpret_cast<float*>(making + firstBytes_);
      eachBlock(x, y, fromImage, toImage, scratch, [&](const Pixels& block) {
        winograd_->addFilterGradient({block.x, source_.imageStride(), source_.stride(1), block.fromImage, block.toImage,
                                      block.fromRow, block.toRow},
                                     block.g, block.first, sums, add, sums + winograd_->filterFloats);
        add = true;
      });
      if (winograd_->finishFilterGradient(sums, result)) return;
      add = false;
    }
    eachBlock(x, y, fromImage, toImage, scratch, [&](const Pixels& block) {
      addBlock(block, fromRow, toRow, result, add);
      add = true;
    });
  }

  void finish(const Context& context, char* shared) const override {
    if (isPartial_) {
      const float* partials = reinterpret_cast<const float*>(shared);
      float* result = context.as<float>(work_.result);
      if (isSwapped_) addSwapped(partials, result);
      else addParts(partials, imageGroups_, size_, result);
    }
    if (!then_) return;
    char* partial = shared + partialBytes_ + gBytes_;
    char* scratch = partial + then_->partialBytes();
    then_->begin(context, scratch, partial);
    then_->range(context, 0, size_, scratch, partial);
    then_->finish(context, partial, 1);
  }

 private:
  // Rows of pixels that lie behind each other in g.
  struct Pixels {
    const float *x, *g;
    int64_t fromImage, toImage, fromRow, toRow;
    int64_t first;  // Of all.
    int64_t segments, length;
  };

  // What all ways but that by taps need.
  void readInPlace(const Plan& plan) {
    const Geometry& g = work_.geometry;
    findOffsets();
    findBlocks();
    if (side_ > 0 && rowParts_ == 1) winograd_.emplace(work_, side_, Winograd::wholeFilter(g));
    copyBytes_ = wholeLines(source_.copiedSize(blockImages_, slabAxis_, slabLength(blockRows_)) * 4 + 64);
    if (filters_ % lanes != 0 && !plan.buffers[work_.right].hasMargin()) {
      preparations = 1;
      gBytes_ = wholeLines(g.batch * pixels_ * g.filters * 4 + lanes * 4);
    }
    if (first_ && !makesLeft_) {
      const int64_t pixels = blockImages_ * pixels_ / g.out[slabAxis_] * blockRows_;
      madeBytes_ = wholeLines(pixels * g.filters * 4 + 64);
    }
    firstBytes_ = first_ ? wholeLines(first_->scratchBytes()) : 0;
    scratchBytes = copyBytes_ + madeBytes_ + firstBytes_;
    if (winograd_) scratchBytes += wholeLines((winograd_->filterFloats + winograd_->scratchFloats) * 4);
  }

  // Calls f with one piece of some images after the other, of which x and g are copied where they need to be.
  template <typename F>
  void eachBlock(const Operand& x, const Operand& y, int64_t fromImage, int64_t toImage, char* copies, F f) const {
    const Geometry& g = work_.geometry;
    const int64_t slabs = ceilDivide(g.out[slabAxis_], blockRows_);
    for (int64_t image = fromImage; image < toImage; image += blockImages_) {
      const int64_t endImage = smaller(toImage, image + blockImages_);
      for (int64_t slab = 0; slab < slabs; slab++) {
        const int64_t first = slab * blockRows_, end = smaller(g.out[slabAxis_], first + blockRows_);
        Pixels block{nullptr, nullptr, image, endImage, first, end, 0, 0, 0};
        block.x = source_.images(x, image, endImage, slabAxis_, first * g.strides[slabAxis_], slabLength(end - first),
                                 reinterpret_cast<float*>(copies));
        block.first = image * pixels_ + first * (pixels_ / g.out[slabAxis_]);
        block.segments = slabAxis_ == 2 ? endImage - image : (endImage - image) * g.out[0] * g.out[1] / slabs;
        if (slabs > 1) block.segments = slabAxis_ == 2 ? 1 : (end - first) * (slabAxis_ == 0 ? g.out[1] : 1);
        block.length = slabAxis_ == 2 ? end - first : g.out[2];
        if (y.array()) {
          block.g = y.array() + block.first * g.filters;
        } else {
          float* made = reinterpret_cast<float*>(copies + copyBytes_);
          y.copy(block.first * g.filters, block.segments * block.length * g.filters, made);
          block.g = made;
        }
        f(block);
      }
    }
  }

  // Winograd's tiles have several rows and columns of pixels.
  int64_t rounded(int64_t pixels) const { return side_ > 0 ? ceilDivide(pixels, side_) * side_ : pixels; }

  static bool mayBeSwapped(const Geometry& g) {
    const bool hasStride = g.strides[0] * g.strides[1] * g.strides[2] > 1;
    return !g.isDepthwise() && !hasStride && g.filters / g.groups < lanes && g.channels > g.filters;
  }
  // The same sums with x and g in each other's place, where taps come in reverse order.
  static Convolution swapped(Convolution work) {
    Geometry& g = work.geometry;
    std::swap(work.left, work.right);
    std::swap(g.channels, g.filters);
    std::swap(g.space, g.out);
    for (int axis = 0; axis < 3; axis++) g.before[axis] = (g.kernel[axis] - 1) * g.dilations[axis] - g.before[axis];
    return work;
  }

  Source findSource() const {
    const Geometry& g = work_.geometry;
    int64_t low[3], extent[3];
    for (int axis = 0; axis < 3; axis++) {
      low[axis] = -g.before[axis];
      extent[axis] = ((axis > 0 ? rounded(g.out[axis]) : g.out[axis]) - 1) * g.strides[axis] + (g.kernel[axis] - 1) * g.dilations[axis] + 1;
    }
    return Source(g.space, g.channels, low, extent, makesLeft_);
  }

  // Positions of x that so many rows of pixels along the slab's axis meet.
  int64_t slabLength(int64_t rows) const {
    const Geometry& g = work_.geometry;
    return (rounded(rows) - 1) * g.strides[slabAxis_] + (g.kernel[slabAxis_] - 1) * g.dilations[slabAxis_] + 1;
  }

  void findOffsets() {
    const Geometry& g = work_.geometry;
    for (int64_t i = 0; i < g.kernel[0]; i++) {
      for (int64_t j = 0; j < g.kernel[1]; j++) {
        for (int64_t k = 0; k < g.kernel[2]; k++) {
          tapOffsets_.push_back(i * g.dilations[0] * source_.stride(0) + j * g.dilations[1] * source_.stride(1) +
                                k * g.dilations[2] * source_.stride(2));
        }
      }
    }
  }

  // How much of x and g is worked on at once, and where x's rows of pixels begin.
  void findBlocks() {
    const Geometry& g = work_.geometry;
    const int64_t copied = source_.copiedSize(1, 0, source_.extent(0)) * 4;
    const int64_t image = larger(larger(copied, (g.space[0] * g.space[1] * g.space[2]) * g.channels * 4),
                                 pixels_ * g.filters * 4);
    blockRows_ = g.out[slabAxis_];
    if (image > copiedBytes) {
      blockRows_ = rounded(larger(1, blockRows_ / ceilDivide(image, copiedBytes)));
    } else {
      blockImages_ = smaller(g.batch, copiedBytes / image);
    }
    for (int64_t image = 0; image < blockImages_; image++) {
      for (int64_t i = 0; i < g.out[0]; i++) {
        for (int64_t j = 0; j < g.out[1]; j++) {
          segmentOffsets_.push_back(image * source_.imageStride() + i * g.strides[0] * source_.stride(0) +
                                    j * g.strides[1] * source_.stride(1));
        }
      }
    }
    if (g.out[2] >= Sum::shortSegment || slabAxis_ == 2) return;
    for (const int64_t row : segmentOffsets_) {
      for (int64_t k = 0; k < g.out[2]; k++) pixelOffsets_.push_back(row + k * g.strides[2] * source_.stride(2));
    }
  }

  void addBlock(const Pixels& block, int64_t fromRow, int64_t toRow, float* result, bool add) const {
    if (isDepthwise_) return addDepthwise(block, result, add);
    for (int64_t group = 0; group < groups_; group++) {
      addRows(block, group, fromRow, toRow, result, add);
    }
  }

  void addRows(const Pixels& block, int64_t group, int64_t fromRow, int64_t toRow, float* result,
               bool add) const {
    const Geometry& geometry = work_.geometry;
    const bool isTable = !pixelOffsets_.empty();
    const Sum sum{isTable ? block.segments * block.length : block.segments,
                  isTable ? pixelOffsets_.data() : segmentOffsets_.data(), isTable ? 1 : block.length,
                  geometry.strides[2] * source_.stride(2), geometry.filters};
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      const int64_t column = group * filters_ + panels_.first(panel);
      for (int64_t row = fromRow; row < toRow; row += tileRows) {
        const int rows = static_cast<int>(smaller(tileRows, toRow - row));
        const float* from[tileRows];
        float* to[tileRows];
        int64_t tap = row / channels_, channel = row % channels_;
        for (int i = 0; i < rows; i++) {
          from[i] = block.x + tapOffsets_[tap] + group * channels_ + channel;
          to[i] = result + (row + i) * geometry.filters + column;
          if (++channel == channels_) {
            channel = 0;
            tap++;
          }
        }
        tileOf(sum, rows, panels_.vectors(panel))(from, block.g + column, sum, to, panels_.last(panel), add);
      }
    }
  }

  void addDepthwise(const Pixels& block, float* result, bool add) const {
    const int64_t channels = work_.geometry.channels;
    const int64_t step = work_.geometry.strides[2] * source_.stride(2);
    for (int64_t tap = 0; tap < taps_; tap++) {
      for (int64_t channel = 0; channel < channels; channel += lanes) {
        const int count = static_cast<int>(smaller(lanes, channels - channel));
        float* to = result + tap * channels + channel;
        Floats sum = add ? loadFirst<Floats>(to, count) : Floats{};
        for (int64_t s = 0; s < block.segments; s++) {
          const float* x = block.x + segmentOffsets_[s] + tapOffsets_[tap] + channel;
          const float* y = block.g + s * block.length * channels + channel;
          for (int64_t p = 0; p < block.length; p++) {
            const Floats left = count == lanes ? load<Floats>(x + p * step) : loadFirst<Floats>(x + p * step, count);
            const Floats right = count == lanes ? load<Floats>(y + p * channels) : loadFirst<Floats>(y + p * channels, count);
            sum = multiplyAdd(left, right, sum);
          }
        }
        storeFirst(to, sum, count);
      }
    }
  }

  void addSwapped(const float* partials, float* result) const {
    // What are channels here are the filters of the result.
    const int64_t columns = work_.geometry.channels;
    for (int64_t tap = 0; tap < taps_; tap++) {
      for (int64_t row = 0; row < filters_; row++) {
        for (int64_t column = 0; column < columns; column++) {
          const int64_t group = column / channels_;
          const float* from = partials + ((taps_ - 1 - tap) * channels_ + column % channels_) * work_.geometry.filters +
                              group * filters_ + row;
          float sum = *from;
          for (int64_t part = 1; part < imageGroups_; part++) sum += from[part * size_];
          result[(tap * filters_ + row) * columns + column] = sum;
        }
      }
    }
  }

  bool isSwapped_;
  Convolution work_;
  // Channels and filters are those of a group.
  int64_t groups_, channels_, filters_;
  bool isDepthwise_;
  Panels panels_;
  int side_;  // Of Winograd's tiles.
  // Which of the operands `first_` makes.
  bool makesLeft_;
  Source source_;
  std::optional<Winograd> winograd_;
  std::optional<TapGradient> byTaps_;
  std::optional<ElementwiseLoop> first_, then_;
  // In x: of each tap, of each row of pixels, and of each pixel where the rows are short.
  std::vector<int64_t> tapOffsets_, segmentOffsets_, pixelOffsets_;
  int64_t taps_ = 1, rows_ = 1, size_ = 1, pixels_ = 1;
  int slabAxis_ = 0;
  int64_t blockImages_ = 1, blockRows_ = 1;
  int64_t imageGroups_ = 1, rowParts_ = 1;
  bool isPartial_ = false;
  int64_t partialBytes_ = 0, gBytes_ = 0, copyBytes_ = 0, madeBytes_ = 0, firstBytes_ = 0;
};

}  // namespace

TaskPointer makeFilterGradient(const Convolution& work, const Elementwise* first, const Elementwise* then,
                               const Plan& plan) {
  return TaskPointer(new FilterGradientTask(work, first, then, plan));
}

}  // namespace vaekit::VAEKIT_ISA
