// Strided elements of a buffer in the order of an iteration space: gathered into a block, or scattered from one.
#pragma once
#include "../plan.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// The axes of a load or store, outermost first. Neighbours that are walked as one are one.
struct Walk {
  int rank = 0;
  int64_t offset = 0;
  int64_t lengths[2 * maxRank], strides[2 * maxRank];

  // Axes are added from the outermost on.
  void addAxis(int64_t length, int64_t stride) {
    if (length == 1) return;
    if (rank > 0 && strides[rank - 1] == stride * length) {
      lengths[rank - 1] *= length;
      strides[rank - 1] = stride;
      return;
    }
    lengths[rank] = length;
    strides[rank] = stride;
    rank++;
  }
  static Walk of(const Load& load, const int64_t* shape, int rank) {
    Walk walk;
    walk.offset = load.offset;
    for (int axis = 0; axis < rank; axis++) walk.addAxis(shape[axis], load.strides[axis]);
    return walk;
  }

  bool isSplat() const { return rank == 0 || (rank == 1 && strides[0] == 0); }
  bool isContiguous() const { return rank == 0 || (rank == 1 && strides[0] == 1); }
  // Number of elements after which the walk begins anew, or 0 if it does not.
  int64_t period() const {
    if (rank < 2 || strides[0] != 0) return 0;
    int64_t size = 1;
    for (int axis = 1; axis < rank; axis++) size *= lengths[axis];
    return size;
  }

  // Where element `index` of the space is; `at` gets its position along every axis.
  int64_t find(int64_t index, int64_t* at) const {
    int64_t place = offset;
    for (int axis = rank - 1; axis > 0; axis--) {
      const int64_t outer = index / lengths[axis];
      at[axis] = index - outer * lengths[axis];
      place += at[axis] * strides[axis];
      index = outer;
    }
    if (rank > 0) {
      at[0] = index;
      place += index * strides[0];
    }
    return place;
  }

  // Calls f(first, rows, rowStride, columns, stride, done) for matrices that are, one after the other, elements [from,
  // from + count) of the space; `first` is a place in the buffer and `done` the number of elements before.
  template <typename F>
  VAEKIT_INLINE void visit(int64_t from, int64_t count, F f) const {
    if (rank == 0) {
      // One element, or the same one for all of the space's only one.
      f(offset, int64_t{1}, int64_t{0}, count, int64_t{0}, int64_t{0});
      return;
    }
    const int last = rank - 1;
    int64_t at[2 * maxRank];
    int64_t place = find(from, at);
    int64_t done = 0;
    while (done < count) {
      const int64_t columns = lengths[last], stride = strides[last];
      // Inside of a row, or the last and cut one: a piece. Else all rows that there are until an outer axis moves on.
      int64_t rows = 1, width = smaller(columns - at[last], count - done), rowStride = 0;
      if (rank > 1 && width == columns) {
        rows = smaller(lengths[last - 1] - at[last - 1], (count - done) / columns);
        rowStride = strides[last - 1];
      }
      f(place, rows, rowStride, width, stride, done);
      done += rows * width;
      // On to what follows, carrying over.
      at[last] += width;
      place += width * stride;
      for (int axis = last; axis > 0 && at[axis] == lengths[axis]; axis--) {
        const int64_t steps = axis == last ? rows : 1;
        place += steps * strides[axis - 1] - lengths[axis] * strides[axis];
        at[axis - 1] += steps;
        at[axis] = 0;
      }
    }
  }
};

// Elements of a buffer as the numbers of 4 bytes that they are in a block.
template <typename T>
VAEKIT_INLINE int32_t widened(T x, DType) {
  return static_cast<int32_t>(x);
}
template <>
VAEKIT_INLINE int32_t widened(uint8_t x, DType type) {
  return type == DType::boolean ? -(x != 0) : x;
}

// to[0 … rows · columns) of a matrix. Rows may be written beyond their ends by less than a vector, where the next row
// or nothing that matters is.
template <typename T>
VAEKIT_INLINE void gatherMatrix(int32_t* to, const T* from, DType type, int64_t rows, int64_t rowStride,
                                int64_t columns, int64_t stride) {
  if (stride == 0) {
    for (int64_t row = 0; row < rows; row++, to += columns) {
      const Ints value = splat(widened(from[row * rowStride], type));
      for (int64_t i = 0; i < columns; i += lanes) store(to + i, value);
    }
  } else if (stride == 1) {
    for (int64_t row = 0; row < rows; row++, to += columns) {
      const T* x = from + row * rowStride;
      for (int64_t i = 0; i < columns; i++) to[i] = widened(x[i], type);
    }
  } else if (rows > 1 && (rowStride < 0 ? -rowStride : rowStride) < (stride < 0 ? -stride : stride)) {
    // The other way round memory is read in its order.
    for (int64_t i = 0; i < columns; i++) {
      const T* x = from + i * stride;
      for (int64_t row = 0; row < rows; row++) to[row * columns + i] = widened(x[row * rowStride], type);
    }
  } else {
    for (int64_t row = 0; row < rows; row++, to += columns) {
      const T* x = from + row * rowStride;
      for (int64_t i = 0; i < columns; i++) to[i] = widened(x[i * stride], type);
    }
  }
}

// Elements [from, from + count) of a load. `to` has room for a vector more.
inline void gatherBlock(int32_t* to, const char* buffer, DType type, const Walk& walk, int64_t from, int64_t count) {
  walk.visit(from, count, [&](int64_t place, int64_t rows, int64_t rowStride, int64_t columns, int64_t stride,
                              int64_t done) __attribute__((always_inline)) {
    if (bytesOf(type) == 4) {
      gatherMatrix(to + done, reinterpret_cast<const int32_t*>(buffer) + place, type, rows, rowStride, columns, stride);
    } else {
      gatherMatrix(to + done, reinterpret_cast<const uint8_t*>(buffer) + place, type, rows, rowStride, columns, stride);
    }
  });
}

// Elements [from, from + count) of a store.
inline void scatterBlock(const int32_t* block, char* buffer, DType type, const Walk& walk, int64_t from,
                         int64_t count) {
  walk.visit(from, count, [&](int64_t place, int64_t rows, int64_t rowStride, int64_t columns, int64_t stride,
                              int64_t done) __attribute__((always_inline)) {
    const int32_t* x = block + done;
    for (int64_t row = 0; row < rows; row++, x += columns) {
      if (bytesOf(type) == 4) {
        int32_t* to = reinterpret_cast<int32_t*>(buffer) + place + row * rowStride;
        if (stride == 1) std::memcpy(to, x, 4 * columns);
        else for (int64_t i = 0; i < columns; i++) to[i * stride] = x[i];
      } else {
        uint8_t* to = reinterpret_cast<uint8_t*>(buffer) + place + row * rowStride;
        const int32_t bits = type == DType::boolean ? 1 : 255;
        if (stride == 1) for (int64_t i = 0; i < columns; i++) to[i] = static_cast<uint8_t>(x[i] & bits);
        else for (int64_t i = 0; i < columns; i++) to[i * stride] = static_cast<uint8_t>(x[i] & bits);
      }
    }
  });
}

}  // namespace vaekit::VAEKIT_ISA
