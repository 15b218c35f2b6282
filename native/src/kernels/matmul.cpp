// Matrix products, of operands with any strides.
#include <optional>

#include "elementwise.h"
#include "factories.h"
#include "pack.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// Most rows of b that a tile goes through at once: a panel of that many stays in the second cache, and the rows of a in
// the first.
constexpr int64_t mostDepth = 1024;
// Products that are worth a part, a few microseconds, while there are few parts; with many cores to feed, parts are
// large.
constexpr int64_t partProducts = 1 << 19, fewParts = 16;
constexpr int64_t largeProducts = 1 << 23, mostParts = 256;
// Columns of a piece of a row that are worth a loop.
constexpr int64_t leastPiece = 192;
// Rows of b that are packed in one part.
constexpr int64_t packedRows = 256;

class MatmulTask final : public Task {
 public:
  MatmulTask(const Matmul& work, const Elementwise* then, const Plan& plan) : work_(work), panels_(work.n) {
    if (then) then_.emplace(*then, plan);
    // A vector at the end of a row may reach into what lies behind the matrix.
    const bool endsInside = work.n % lanes == 0 || plan.buffers[work.b.buffer].hasMargin();
    const bool conflicts = work.k > 64 && work.m > 2 * tileRows && work.b.rowStride * 4 % conflictBytes == 0;
    isPacked_ = work.b.columnStride != 1 || !endsInside || conflicts;
    if (isPacked_) {
      packedSize_ = panels_.packedSize(work.k);
      packBlocks_ = ceilDivide(work.k, packedRows);
      preparations = work.batch * panels_.count * packBlocks_;
    }
    const int64_t products = work.m * work.n * work.k;
    const int64_t few = smaller(fewParts, products / partProducts);
    const int64_t many = smaller(mostParts, products / largeProducts);
    const int64_t wanted = larger(1, larger(few, many));
    // A part reads its rows of a and its columns of b: the larger of the two is better cut, above all because weights
    // were written by all threads and have to be fetched from their caches. What follows wants whole rows or long
    // pieces of them.
    const int64_t leastPanels = then ? ceilDivide(leastPiece, tileVectors * lanes) : 1;
    const bool mayCutColumns = !then || (work.batch == 1 && !keepsRows(*then));
    if (mayCutColumns && work.m < work.n) columnParts_ = smaller(wanted, larger(1, panels_.count / leastPanels));
    // A tile's rows at least: fewer use each vector of b too seldom.
    rowParts_ = smaller(ceilDivide(wanted, columnParts_), ceilDivide(work.m, tileRows));
    parts = work.batch * rowParts_ * columnParts_;
    packedBytes_ = (isPacked_ ? work.batch * packedSize_ * 4 : 0);
    sharedBytes = packedBytes_ + (then_ ? parts * then_->partialBytes() : 0);
    scratchBytes = then_ ? then_->scratchBytes() : 0;
  }

  void prepare(const Context& context, int64_t part, char*, char* shared) const override {
    const int64_t block = part % packBlocks_;
    const int64_t panel = part / packBlocks_ % panels_.count;
    const int64_t batch = part / packBlocks_ / panels_.count;
    const Matrix& b = work_.b;
    const float* from = context.as<const float>(b.buffer) + b.offset + batch * b.batchStride +
                        panels_.first(panel) * b.columnStride;
    const int64_t columns = (panels_.vectors(panel) - 1) * lanes + panels_.last(panel);
    float* to = reinterpret_cast<float*>(shared) + batch * packedSize_ + panels_.packedOffset(panel, work_.k);
    packRows(from, b.rowStride, b.columnStride, block * packedRows, smaller(work_.k, (block + 1) * packedRows), columns,
             to);
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    const int64_t rowPart = part % rowParts_;
    const int64_t columnPart = part / rowParts_ % columnParts_;
    const int64_t batch = part / rowParts_ / columnParts_;
    const int64_t quarters = ceilDivide(work_.m, 4);
    const int64_t firstRow = quarters * rowPart / rowParts_ * 4;
    const int64_t endRow = smaller(work_.m, quarters * (rowPart + 1) / rowParts_ * 4);
    const int64_t firstPanel = panels_.count * columnPart / columnParts_;
    const int64_t endPanel = panels_.count * (columnPart + 1) / columnParts_;
    const int64_t depth = ceilDivide(work_.k, ceilDivide(work_.k, mostDepth));
    for (int64_t k = 0; k < work_.k; k += depth) {
      for (int64_t panel = firstPanel; panel < endPanel; panel++) {
        multiply(context, shared, batch, panel, firstRow, endRow, k, smaller(depth, work_.k - k));
      }
    }
    if (!then_) return;
    char* partial = shared + packedBytes_ + part * then_->partialBytes();
    then_->begin(context, scratch, partial);
    if (columnParts_ == 1) {
      const int64_t row = batch * work_.m;
      then_->range(context, (row + firstRow) * work_.n, (row + endRow) * work_.n, scratch, partial);
      return;
    }
    const int64_t first = panels_.first(firstPanel), end = smaller(work_.n, panels_.first(endPanel));
    for (int64_t row = firstRow; row < endRow; row++) {
      then_->range(context, row * work_.n + first, row * work_.n + end, scratch, partial);
    }
  }

  void finish(const Context& context, char* shared) const override {
    if (then_) then_->finish(context, shared + packedBytes_, parts);
  }

 private:
  static bool keepsRows(const Elementwise& then) {
    for (const Reduction& reduction : then.reductions) {
      if (reduction.keep == Keep::rows) return true;
    }
    return false;
  }

  // Adds the products of rows [k, k + length) of a panel of b to the rows of c, or sets them if there are none before.
  void multiply(const Context& context, const char* shared, int64_t batch, int64_t panel, int64_t firstRow,
                int64_t endRow, int64_t k, int64_t length) const {
    const Matrix &a = work_.a, &b = work_.b;
    const int vectors = panels_.vectors(panel);
    const int64_t first = panels_.first(panel);
    const float* right = isPacked_ ? reinterpret_cast<const float*>(shared) + batch * packedSize_ +
                                         panels_.packedOffset(panel, work_.k) + k * vectors * lanes
                                   : context.as<const float>(b.buffer) + b.offset + batch * b.batchStride + first +
                                         k * b.rowStride;
    const float* left = context.as<const float>(a.buffer) + a.offset + batch * a.batchStride + k * a.columnStride;
    float* result = context.as<float>(work_.c) + batch * work_.m * work_.n + first;
    const int64_t noOffset = 0;
    const Sum sum{1, &noOffset, length, a.columnStride, isPacked_ ? vectors * lanes : b.rowStride};
    for (int64_t row = firstRow; row < endRow; row += tileRows) {
      const int rows = static_cast<int>(smaller(tileRows, endRow - row));
      const float* leftRows[tileRows];
      float* resultRows[tileRows];
      for (int i = 0; i < rows; i++) {
        leftRows[i] = left + (row + i) * a.rowStride;
        resultRows[i] = result + (row + i) * work_.n;
      }
      tileOf(sum, rows, vectors)(leftRows, right, sum, resultRows, panels_.last(panel), k > 0);
    }
  }

  Matmul work_;
  Panels panels_;
  std::optional<ElementwiseLoop> then_;
  bool isPacked_ = false;
  // Of one batch, in floats, and of all, in bytes.
  int64_t packedSize_ = 0, packedBytes_ = 0;
  int64_t packBlocks_ = 0;
  int64_t rowParts_ = 1, columnParts_ = 1;
};

}  // namespace

TaskPointer makeMatmul(const Matmul& work, const Elementwise* then, const Plan& plan) {
  return TaskPointer(new MatmulTask(work, then, plan));
}

}  // namespace vaekit::VAEKIT_ISA
