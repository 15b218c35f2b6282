// Rows by index: copied out of a table, or added into one.
#include "factories.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr int64_t leastPartBytes = 64 * 1024;
constexpr int64_t mostParts = 64;

class GatherTask final : public Task {
 public:
  GatherTask(const Gather& work, const Plan& plan)
      : work_(work), rowBytes_(work.width * bytesOf(plan.buffers[work.x].dtype)) {
    // An index costs about as much as 16 bytes.
    const int64_t bytes = work.count * (rowBytes_ + 16);
    const int64_t wanted = larger(1, smaller(mostParts, bytes / leastPartBytes));
    countOfPart_ = larger(1, ceilDivide(work.count, wanted));
    parts = larger(1, ceilDivide(work.count, countOfPart_));
  }

  void run(const Context& context, int64_t part, char*, char*) const override {
    if (rowBytes_ == 4) copyRows<4>(context, part);
    else copyRows<0>(context, part);
  }

 private:
  // With `fixedBytes`, rows of so many bytes.
  template <int fixedBytes>
  void copyRows(const Context& context, int64_t part) const {
    const int64_t bytes = fixedBytes > 0 ? fixedBytes : rowBytes_;
    const char* x = context.as<const char>(work_.x);
    char* result = context.as<char>(work_.result);
    const int32_t* indices = context.as<const int32_t>(work_.indices);
    const int64_t end = smaller(work_.count, (part + 1) * countOfPart_);
    for (int64_t i = part * countOfPart_; i < end; i++) {
      const int64_t row = indices[i];
      if (row < 0 || row >= work_.rows) context.fail(row);
      else std::memcpy(result + i * bytes, x + row * bytes, bytes);
    }
  }

  Gather work_;
  int64_t rowBytes_;
  int64_t countOfPart_ = 1;
};

// Each part owns some of the result's rows and some of its columns, and looks at all indices: whatever the number of
// threads, a row gets what is added to it in the order of the indices.
class ScatterAddTask final : public Task {
 public:
  ScatterAddTask(const ScatterAdd& work, const Plan& plan)
      : work_(work), isFloat_(plan.buffers[work.x].dtype == DType::float32) {
    const int64_t wanted = larger(1, smaller(mostParts, work.count * larger(work.width, 1) * 4 / leastPartBytes));
    columnsOfPart_ = larger(1, ceilDivide(ceilDivide(work.width, leastColumns), wanted)) * leastColumns;
    columnParts_ = larger(1, ceilDivide(work.width, columnsOfPart_));
    // Looking at an index costs about as much as adding a few numbers.
    const int64_t rowParts = larger(1, smaller(wanted / columnParts_, work.width));
    rowsOfPart_ = larger(1, ceilDivide(work.rows, rowParts));
    parts = larger(1, ceilDivide(work.rows, rowsOfPart_)) * columnParts_;
  }

  void run(const Context& context, int64_t part, char*, char*) const override {
    const int64_t rowPart = part / columnParts_, columnPart = part % columnParts_;
    const int64_t firstRow = rowPart * rowsOfPart_, endRow = smaller(work_.rows, firstRow + rowsOfPart_);
    const int64_t first = columnPart * columnsOfPart_;
    const int64_t width = smaller(columnsOfPart_, work_.width - first);
    int32_t* result = context.as<int32_t>(work_.result) + first;
    const int32_t* x = context.as<const int32_t>(work_.x) + first;
    if (width > 0) {
      for (int64_t row = firstRow; row < endRow; row++) std::memset(result + row * work_.width, 0, 4 * width);
    }
    const int32_t* indices = context.as<const int32_t>(work_.indices);
    for (int64_t i = 0; i < work_.count; i++) {
      const int64_t row = indices[i];
      if (row < 0 || row >= work_.rows) {
        context.fail(row);
      } else if (row >= firstRow && row < endRow) {
        if (isFloat_) addRow<Floats, float>(result + row * work_.width, x + i * work_.width, width);
        else addRow<Words, uint32_t>(result + row * work_.width, x + i * work_.width, width);
      }
    }
  }

 private:
  static constexpr int64_t leastColumns = 64;

  template <typename V, typename T>
  static VAEKIT_INLINE void addRow(void* to, const void* from, int64_t width) {
    T* sums = static_cast<T*>(to);
    const T* x = static_cast<const T*>(from);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) store<V>(sums + i, load<V>(sums + i) + load<V>(x + i));
    for (; i < width; i++) sums[i] += x[i];
  }

  ScatterAdd work_;
  bool isFloat_;
  int64_t columnsOfPart_ = 1, columnParts_ = 1, rowsOfPart_ = 1;
};

}  // namespace

TaskPointer makeGather(const Gather& work, const Plan& plan) { return TaskPointer(new GatherTask(work, plan)); }
TaskPointer makeScatterAdd(const ScatterAdd& work, const Plan& plan) {
  return TaskPointer(new ScatterAddTask(work, plan));
}

}  // namespace vaekit::VAEKIT_ISA
