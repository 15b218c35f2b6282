// The operand that a convolution slides over, with its padding made real: a copy in a thread's own cache, so that every
// tap of every pixel is at a fixed distance and no border needs a thought.
#pragma once
#include "elementwise.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// Bytes of a copy, which shares the second cache with what it meets: a panel of a filter, or g and the sums.
constexpr int64_t copiedBytes = 256 << 10;

// The axis along which images are cut: the outermost that is longer than 1.
inline int slabAxisOf(const int64_t* space) { return space[0] > 1 ? 0 : space[1] > 1 ? 1 : 2; }

// An operand as one part of a task reads it: an array, or what a loop makes of others on the way.
class Operand {
 public:
  explicit Operand(const float* array) : array_(array) {}
  Operand(const ElementwiseLoop& loop, const Context& context, char* scratch)
      : loop_(&loop), context_(&context), scratch_(scratch) {
    loop.begin(context, scratch, nullptr);
  }

  // Where it lies, if it does.
  const float* array() const { return array_; }
  void copy(int64_t from, int64_t count, float* to) const {
    if (loop_) loop_->make(*context_, from, from + count, to, scratch_);
    else std::memcpy(to, array_ + from, sizeof(float) * count);
  }

 private:
  const float* array_ = nullptr;
  const ElementwiseLoop* loop_ = nullptr;
  const Context* context_ = nullptr;
  char* scratch_ = nullptr;
};

class Source {
 public:
  // An array [batch, ...space, channels], of which positions [low, low + extent) are wanted; those outside of the array
  // are 0.
  Source(const int64_t* space, int64_t channels, const int64_t* low, const int64_t* extent, bool isMade)
      : channels_(channels), isInside_(!isMade) {
    for (int axis = 0; axis < 3; axis++) {
      space_[axis] = space[axis];
      low_[axis] = low[axis];
      extent_[axis] = extent[axis];
      isInside_ &= low[axis] >= 0 && low[axis] + extent[axis] <= space[axis];
    }
  }

  // Whether the array itself serves and nothing is copied.
  bool isInside() const { return isInside_; }
  // Distance between neighbours along an axis, in floats.
  int64_t stride(int axis) const {
    const int64_t* lengths = isInside_ ? space_ : extent_;
    int64_t stride = channels_;
    for (int inner = 2; inner > axis; inner--) stride *= lengths[inner];
    return stride;
  }
  int64_t imageStride() const { return stride(0) * (isInside_ ? space_[0] : extent_[0]); }
  int64_t extent(int axis) const { return extent_[axis]; }
  // Floats that a copy takes of so many images, or of one with so many positions along an axis.
  int64_t copiedSize(int64_t images, int axis, int64_t length) const {
    if (isInside_) return 0;
    int64_t size = (images - 1) * imageStride() + length * stride(axis);
    for (int outer = 0; outer < axis; outer++) size += (extent_[outer] - 1) * stride(outer);
    return size;
  }

  // Images [from, to) of x, with what is wanted of them from positions `start` on along one axis: a copy in `copy`, or
  // x itself.
  const float* images(const Operand& x, int64_t from, int64_t to, int axis, int64_t start, int64_t length,
                      float* copy) const {
    const int64_t image = space_[0] * space_[1] * space_[2] * channels_;
    if (isInside_) {
      int64_t offset = from * image;
      for (int each = 0; each < 3; each++) offset += (low_[each] + (each == axis ? start : 0)) * stride(each);
      return x.array() + offset;
    }
    for (int64_t i = from; i < to; i++) {
      copyImage(x, i * image, axis, start, length, copy + (i - from) * imageStride());
    }
    return copy;
  }

 private:
  // The image that begins at this element.
  void copyImage(const Operand& x, int64_t image, int axis, int64_t start, int64_t length, float* copy) const {
    int64_t first[3], count[3];
    for (int each = 0; each < 3; each++) {
      first[each] = low_[each] + (each == axis ? start : 0);
      count[each] = each == axis ? length : extent_[each];
    }
    // Of the innermost axis, what lies before, in and behind the array.
    const int64_t before = smaller(count[2], larger(0, -first[2]));
    const int64_t end = larger(before, smaller(count[2], space_[2] - first[2]));
    for (int64_t i = 0; i < count[0]; i++) {
      for (int64_t j = 0; j < count[1]; j++) {
        float* row = copy + i * stride(0) + j * stride(1);
        const int64_t a = first[0] + i, b = first[1] + j;
        if (a < 0 || a >= space_[0] || b < 0 || b >= space_[1]) {
          std::memset(row, 0, sizeof(float) * count[2] * channels_);
          continue;
        }
        const int64_t from = image + ((a * space_[1] + b) * space_[2] + first[2] + before) * channels_;
        std::memset(row, 0, sizeof(float) * before * channels_);
        x.copy(from, (end - before) * channels_, row + before * channels_);
        std::memset(row + end * channels_, 0, sizeof(float) * (count[2] - end) * channels_);
      }
    }
  }

  int64_t space_[3], low_[3], extent_[3];
  int64_t channels_;
  bool isInside_;
};

}  // namespace vaekit::VAEKIT_ISA
