// Indices of the k best of each row: a heap of the best so far, which most elements fail to enter, then put in order.
#include "factories.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr int64_t leastPart = 16 * 1024;
constexpr int64_t mostParts = 64;

class TopKTask final : public Task {
 public:
  TopKTask(const TopK& work, const Plan& plan) : work_(work), type_(plan.buffers[work.x].dtype) {
    const int64_t wanted = larger(1, smaller(mostParts, work.rows * work.length / leastPart));
    rowsOfPart_ = larger(1, ceilDivide(work.rows, wanted));
    parts = larger(1, ceilDivide(work.rows, rowsOfPart_));
    scratchBytes = wholeLines(8 * larger(work.k, 1));
  }

  void run(const Context& context, int64_t part, char* scratch, char*) const override {
    if (type_ == DType::float32) choose<float>(context, part, reinterpret_cast<uint64_t*>(scratch));
    else if (type_ == DType::int32) choose<int32_t>(context, part, reinterpret_cast<uint64_t*>(scratch));
    else choose<uint8_t>(context, part, reinterpret_cast<uint64_t*>(scratch));
  }

 private:
  // Whole numbers in the order of the numbers; −0 is 0, and NaN stands above all.
  static VAEKIT_INLINE int32_t rank(float x) {
    if (x != x) return INT32_MAX;
    const int32_t bits = x == 0 ? 0 : bitsOf<int32_t>(x);
    return bits < 0 ? bits ^ INT32_MAX : bits;
  }
  static VAEKIT_INLINE int32_t rank(int32_t x) { return x; }
  static VAEKIT_INLINE int32_t rank(uint8_t x) { return x; }

  // Better elements have larger keys, and of equal ones the first.
  template <typename T>
  VAEKIT_INLINE uint64_t key(T x, int64_t index) const {
    const uint32_t order = static_cast<uint32_t>(rank(x)) ^ (work_.largest ? 0x80000000u : 0x7fffffffu);
    return static_cast<uint64_t>(order) << 32 | (0xffffffffu - static_cast<uint32_t>(index));
  }

  // Moves the key at `at` down to where no parent is better than its children: the worst is on top.
  static void sink(uint64_t* heap, int64_t size, int64_t at) {
    const uint64_t key = heap[at];
    for (int64_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= key) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = key;
  }

  template <typename T>
  void choose(const Context& context, int64_t part, uint64_t* heap) const {
    const int64_t end = smaller(work_.rows, (part + 1) * rowsOfPart_), k = work_.k;
    if (k == 0) return;
    for (int64_t row = part * rowsOfPart_; row < end; row++) {
      const T* x = context.as<const T>(work_.x) + row * work_.length;
      int32_t* result = context.as<int32_t>(work_.result) + row * k;
      for (int64_t i = 0; i < k; i++) heap[i] = key(x[i], i);
      for (int64_t i = k / 2; i-- > 0;) sink(heap, k, i);
      for (int64_t i = k; i < work_.length; i++) {
        const uint64_t next = key(x[i], i);
        if (next < heap[0]) continue;
        heap[0] = next;
        sink(heap, k, 0);
      }
      // The worst of those that are left goes to the end.
      for (int64_t size = k; size > 0; size--) {
        result[size - 1] = static_cast<int32_t>(0xffffffffu - static_cast<uint32_t>(heap[0]));
        heap[0] = heap[size - 1];
        sink(heap, size - 1, 0);
      }
    }
  }

  TopK work_;
  DType type_;
  int64_t rowsOfPart_ = 1;
};

}  // namespace

TaskPointer makeTopK(const TopK& work, const Plan& plan) { return TaskPointer(new TopKTask(work, plan)); }

}  // namespace vaekit::VAEKIT_ISA
