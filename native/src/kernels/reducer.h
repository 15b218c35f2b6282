// Sums and maxima of consecutive elements, in orders that depend on their number alone. Sums are added up in blocks, so
// that no running float is long; a maximum lets NaN through; whole numbers wrap round.
#pragma once
#include "../plan.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {

// Each says the vector and its number, the empty value, how two are joined, and what many are joined in.
struct FloatSum {
  using V = Floats;
  using T = float;
  using Total = double;
  static VAEKIT_INLINE T empty() { return 0; }
  static VAEKIT_INLINE V join(V a, V b) { return a + b; }
  static VAEKIT_INLINE Total join(Total a, Total b) { return a + b; }
};
struct FloatMax {
  using V = Floats;
  using T = float;
  using Total = float;
  static VAEKIT_INLINE T empty() { return -infinity; }
  static VAEKIT_INLINE V join(V a, V b) { return maxOf(a, b); }
  static VAEKIT_INLINE Total join(Total a, Total b) { return a > b || a != a ? a : b; }
};
struct IntSum {
  using V = Words;
  using T = uint32_t;
  using Total = uint32_t;
  static VAEKIT_INLINE T empty() { return 0; }
  static VAEKIT_INLINE V join(V a, V b) { return a + b; }
  static VAEKIT_INLINE Total join(Total a, Total b) { return a + b; }
};
struct IntMax {
  using V = Ints;
  using T = int32_t;
  using Total = int32_t;
  static VAEKIT_INLINE T empty() { return INT32_MIN; }
  static VAEKIT_INLINE V join(V a, V b) { return a > b ? a : b; }
  static VAEKIT_INLINE Total join(Total a, Total b) { return a > b ? a : b; }
};

// Calls f with the one of them that `op` and the type of the result ask for.
template <typename F>
VAEKIT_INLINE void withReducer(ReduceOp op, DType type, F f) {
  if (type == DType::float32) {
    if (op == ReduceOp::sum) f(FloatSum());
    else f(FloatMax());
  } else {
    if (op == ReduceOp::sum) f(IntSum());
    else f(IntMax());
  }
}

template <typename R>
VAEKIT_INLINE typename R::V splatOf(typename R::T x) {
  return bitsOf<typename R::V>(splat(bitsOf<int32_t>(x)));
}

// Joins all lanes, neighbours at half a vector's distance first.
template <typename R, int... lane>
VAEKIT_INLINE typename R::T joinLanes(typename R::V v, std::integer_sequence<int, lane...>) {
  v = R::join(v, __builtin_shufflevector(v, v, (lane ^ (lanes / 2))...));
  v = R::join(v, __builtin_shufflevector(v, v, (lane ^ (lanes / 4))...));
  if constexpr (lanes > 4) v = R::join(v, __builtin_shufflevector(v, v, (lane ^ (lanes / 8))...));
  if constexpr (lanes > 8) v = R::join(v, __builtin_shufflevector(v, v, (lane ^ (lanes / 16))...));
  return v[0];
}

// Elements that fit a block, joined in four chains of vectors: as many as hide the latency of an addition.
template <typename R>
VAEKIT_INLINE typename R::T joinAll(const void* elements, int64_t count) {
  using V = typename R::V;
  const auto* x = static_cast<const int32_t*>(elements);
  const V empty = splatOf<R>(R::empty());
  V chains[4] = {empty, empty, empty, empty};
  int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    for (int k = 0; k < 4; k++) chains[k] = R::join(chains[k], load<V>(x + i + k * lanes));
  }
  for (; i + lanes <= count; i += lanes) chains[0] = R::join(chains[0], load<V>(x + i));
  if (const int rest = static_cast<int>(count - i)) {
    const V last = firstLanes(rest) ? loadFirst<V>(x + i, rest) : empty;
    chains[1] = R::join(chains[1], last);
  }
  const V all = R::join(R::join(chains[0], chains[1]), R::join(chains[2], chains[3]));
  return joinLanes<R>(all, std::make_integer_sequence<int, lanes>());
}

// to[i] = join(to[i], x[i])
template <typename R>
VAEKIT_INLINE void joinEach(typename R::T* to, const void* elements, int64_t count) {
  using V = typename R::V;
  const auto* x = static_cast<const int32_t*>(elements);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store<V>(to + i, R::join(load<V>(to + i), load<V>(x + i)));
  if (const int rest = static_cast<int>(count - i)) {
    storeFirst<V>(to + i, R::join(loadFirst<V>(to + i, rest), loadFirst<V>(x + i, rest)), rest);
  }
}

template <typename R>
VAEKIT_INLINE void fillWith(typename R::T* to, typename R::T value, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] = value;
}

// What rows leave for each of their columns: running values, and what was taken over from them each `groupRows` rows.
// Rows are told by their numbers, so that it does not matter in how many pieces they come.
//
// A column's numbers are too few for vectors where rows are short: then several rows are taken as one.
struct ColumnLayout {
  static constexpr int64_t groupRows = 32;
  static constexpr int64_t least = 256;

  explicit ColumnLayout(int64_t columns) : columns(larger(columns, 1)), width(this->columns) {
    if (width >= least) return;
    // Wide rows of whole vectors.
    while (width % lanes != 0) width *= 2;
    width *= ceilDivide(least, width);
  }
  int64_t columns;
  int64_t width;
};

template <typename R>
class ColumnValues {
 public:
  using T = typename R::T;
  // Bytes of the values, a multiple of 64.
  static int64_t bytes(const ColumnLayout& layout) {
    return 64 + wholeLines(2 * layout.width * static_cast<int64_t>(sizeof(T)));
  }

  ColumnValues(const ColumnLayout& layout, char* memory)
      : layout_(layout), memory_(memory), running_(reinterpret_cast<T*>(memory_ + 64)),
        taken_(running_ + layout.width) {}

  void begin() {
    setGroup(-1);
    fillWith<R>(running_, R::empty(), 2 * layout_.width);
  }

  // Elements [from, from + count) of the matrix.
  void add(const void* elements, int64_t from, int64_t count) {
    const auto* x = static_cast<const T*>(elements);
    int64_t row = from / layout_.width, column = from - row * layout_.width;
    while (count > 0) {
      const int64_t length = smaller(layout_.width - column, count);
      if (row / ColumnLayout::groupRows != group()) take(row / ColumnLayout::groupRows);
      joinEach<R>(running_ + column, x, length);
      x += length;
      count -= length;
      row++;
      column = 0;
    }
  }

  // When all rows have come: what was taken over joins what still runs.
  void end() { joinEach<R>(running_, taken_, layout_.width); }
  // After the end of both.
  void join(const ColumnValues& other) { joinEach<R>(running_, other.running_, layout_.width); }
  typename R::Total of(int64_t column) const {
    typename R::Total total = R::empty();
    for (; column < layout_.width; column += layout_.columns) total = R::join(total, typename R::Total(running_[column]));
    return total;
  }

 private:
  int64_t group() const { return *reinterpret_cast<const int64_t*>(memory_); }
  void setGroup(int64_t group) { *reinterpret_cast<int64_t*>(memory_) = group; }
  void take(int64_t nextGroup) {
    joinEach<R>(taken_, running_, layout_.width);
    fillWith<R>(running_, R::empty(), layout_.width);
    setGroup(nextGroup);
  }

  const ColumnLayout& layout_;
  char* memory_;
  T *running_, *taken_;
};

}  // namespace vaekit::VAEKIT_ISA
