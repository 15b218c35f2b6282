// Running sums, and the place of the largest, along the middle axis of [outer, length, inner].
#include "factories.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr int64_t leastPart = 16 * 1024;
constexpr int64_t mostParts = 64;
// Lines along the axis that are walked side by side where they are neighbours.
constexpr int64_t mostLines = 256;

// Cuts the lines along the axis, of which there are outer · inner, into parts and into groups of neighbours.
class AlongTask : public Task {
 public:
  explicit AlongTask(const Along& work) : along_(work) {
    const int64_t lines = work.outer * work.inner;
    const int64_t wanted = larger(1, smaller(mostParts, lines * work.length / leastPart));
    linesOfPart_ = larger(1, ceilDivide(ceilDivide(lines, wanted), lanes)) * (work.inner > 1 ? lanes : 1);
    if (work.inner == 1) linesOfPart_ = larger(1, ceilDivide(lines, wanted));
    parts = larger(1, ceilDivide(lines, linesOfPart_));
  }

 protected:
  // Calls f(place, line, count) for neighbouring lines: `place` of the first's first element, its number, and how many.
  template <typename F>
  void eachGroup(int64_t part, F f) const {
    const int64_t end = smaller(along_.outer * along_.inner, (part + 1) * linesOfPart_);
    for (int64_t line = part * linesOfPart_; line < end;) {
      const int64_t outer = line / along_.inner, inner = line % along_.inner;
      const int64_t count = smaller(smaller(along_.inner - inner, end - line), mostLines);
      f(outer * along_.length * along_.inner + inner, line, count);
      line += count;
    }
  }

  Along along_;
  int64_t linesOfPart_ = 1;
};

class CumsumTask final : public AlongTask {
 public:
  CumsumTask(const Cumsum& work, const Plan& plan)
      : AlongTask(work), isReverse_(work.reverse), isFloat_(plan.buffers[work.x].dtype == DType::float32) {}

  void run(const Context& context, int64_t part, char*, char*) const override {
    if (isFloat_) sums<float, double>(context, part);
    else sums<uint32_t, uint32_t>(context, part);
  }

 private:
  template <typename T, typename Sum>
  void sums(const Context& context, int64_t part) const {
    const T* x = context.as<const T>(along_.x);
    T* y = context.as<T>(along_.result);
    const int64_t step = isReverse_ ? -along_.inner : along_.inner;
    const int64_t start = isReverse_ ? (along_.length - 1) * along_.inner : 0;
    eachGroup(part, [&](int64_t place, int64_t, int64_t count) {
      Sum running[mostLines];
      for (int64_t i = 0; i < count; i++) running[i] = 0;
      int64_t at = place + start;
      for (int64_t k = 0; k < along_.length; k++, at += step) {
        for (int64_t i = 0; i < count; i++) {
          running[i] += x[at + i];
          y[at + i] = static_cast<T>(running[i]);
        }
      }
    });
  }

  bool isReverse_, isFloat_;
};

class ArgMaxTask final : public AlongTask {
 public:
  ArgMaxTask(const ArgMax& work, const Plan& plan) : AlongTask(work), type_(plan.buffers[work.x].dtype) {}

  void run(const Context& context, int64_t part, char*, char*) const override {
    if (type_ == DType::float32) choose<Floats, float>(context, part);
    else if (type_ == DType::int32) choose<Ints, int32_t>(context, part);
    else sideBySide<uint8_t>(context, part);
  }

 private:
  template <typename V, typename T>
  void choose(const Context& context, int64_t part) const {
    if (along_.inner == 1) alongVectors<V>(context, part);
    else sideBySide<T>(context, part);
  }

  // NaN is never larger, and nothing is larger than a NaN that comes first.
  template <typename T>
  void sideBySide(const Context& context, int64_t part) const {
    const T* x = context.as<const T>(along_.x);
    int32_t* result = context.as<int32_t>(along_.result);
    eachGroup(part, [&](int64_t place, int64_t line, int64_t count) {
      T best[mostLines];
      int32_t* index = result + line;
      for (int64_t i = 0; i < count; i++) {
        best[i] = x[place + i];
        index[i] = 0;
      }
      for (int64_t k = 1; k < along_.length; k++) {
        const T* row = x + place + k * along_.inner;
        for (int64_t i = 0; i < count; i++) {
          const bool isLarger = row[i] > best[i];
          best[i] = isLarger ? row[i] : best[i];
          index[i] = isLarger ? static_cast<int32_t>(k) : index[i];
        }
      }
    });
  }

  // Every lane keeps its own best; of equal ones the first wins.
  template <typename V>
  void alongVectors(const Context& context, int64_t part) const {
    using T = std::remove_reference_t<decltype(V{}[0])>;
    const T* x = context.as<const T>(along_.x);
    int32_t* result = context.as<int32_t>(along_.result);
    eachGroup(part, [&](int64_t place, int64_t line, int64_t) {
      const T* row = x + place;
      const int64_t length = along_.length;
      T best = row[0];
      int32_t index = 0;
      int64_t k = 0;
      if (length >= 2 * lanes) {
        V values = bitsOf<V>(splat(bitsOf<int32_t>(row[0])));
        Ints indices{}, here = firstIndices();
        for (; k + lanes <= length; k += lanes, here += splat(static_cast<int32_t>(lanes))) {
          const V next = load<V>(row + k);
          const Ints isLarger = next > values;
          values = isLarger ? next : values;
          indices = isLarger ? here : indices;
        }
        for (int lane = 0; lane < lanes; lane++) {
          if (values[lane] > best || (values[lane] == best && indices[lane] < index)) {
            best = values[lane];
            index = indices[lane];
          }
        }
      }
      for (; k < length; k++) {
        if (row[k] > best) {
          best = row[k];
          index = static_cast<int32_t>(k);
        }
      }
      result[line] = index;
    });
  }

  static VAEKIT_INLINE Ints firstIndices() { return countUp(std::make_integer_sequence<int, lanes>()); }

  DType type_;
};

}  // namespace

TaskPointer makeCumsum(const Cumsum& work, const Plan& plan) { return TaskPointer(new CumsumTask(work, plan)); }
TaskPointer makeArgMax(const ArgMax& work, const Plan& plan) { return TaskPointer(new ArgMaxTask(work, plan)); }

}  // namespace vaekit::VAEKIT_ISA
