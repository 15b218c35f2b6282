// Matrix products, of operands with any strides.
#include <optional>

#include "elementwise.h"
#include "factories.h"
#include "pack.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// Processors with vectors of 16 numbers have second caches of a megabyte and more. For the others half a megabyte is
// taken for granted: long sums are cut, and all operands are gone through in blocks.
constexpr bool hasLargeCaches = lanes == 16;

// Most rows of b that a tile goes through at once: a panel of that many stays in the second cache, and the rows of a in
// the first. Where the numbers of a row of a are far apart, a tile uses little of each line that it reads: fewer fit.
constexpr int64_t mostDepth = 1024, scatteredDepth = hasLargeCaches ? mostDepth : 128;
// A block of b that a part copies for itself: its rows, and panels. Less than half of the second cache.
constexpr int64_t blockDepth = hasLargeCaches ? 512 : 256, blockPanels = hasLargeCaches ? 6 : 8;
// Numbers of b that a large second cache holds: what is larger is gone through in blocks there as well.
constexpr int64_t heldNumbers = 1 << 18;
// Rows for which such distances between rows of b are not worth a copy of it.
constexpr int64_t conflictRows = 4 * tileRows;
// Rows of a part that make such a copy worth its while, where others make it as well: more of them as long as there are
// many parts, but no more than stay in a large second cache beside the block.
constexpr int64_t blockRows = 128, mostBlockRows = 512, blockRowParts = 8;
// Products that are worth a part, a few microseconds, while there are few parts; with many cores to feed, parts are
// large.
constexpr int64_t partProducts = hasLargeCaches ? 1 << 19 : 1 << 18, fewParts = 16;
// Products of what is cut in two at least, so that each core computes what it has in its cache.
constexpr int64_t halfProducts = hasLargeCaches ? 1 << 18 : 1 << 16;
constexpr int64_t largeProducts = 1 << 23, mostParts = 256;
// To read a number of b from the second cache takes as long as its products with so many rows.
constexpr int64_t readingRows = 4;
// Rows of a part, each of which uses all columns of b once.
constexpr int64_t leastRows = 24;
// Columns of a piece of a row that are worth a loop.
constexpr int64_t leastPiece = 192;
// Sums that are long beside the result are cut themselves: their least length in a part, how much longer than the
// result's columns they are, the result's numbers, and the parts and their numbers, which one thread puts together.
constexpr int64_t leastSum = 64, sumsPerRow = 4, mostSummed = 1 << 15, mostSumParts = 8, mostSums = 1 << 17;
// Rows of b, or of the transpose of a, that are packed in one part.
constexpr int64_t packedRows = 256;
// Panels, each of which goes through all rows of a, that are worth a copy of its transpose, and numbers of a that are.
constexpr int64_t turnedPanels = 4, turnedNumbers = 1 << 15;

// Numbers of a cache line, and rows beside whose products the fetching of a panel's lines is nothing.
constexpr int64_t lineFloats = 16, fetchingRows = 4 * tileRows;

// The largest that is not more.
int64_t powerOfTwo(int64_t most) {
  int64_t power = 1;
  while (2 * power <= most) power *= 2;
  return power;
}

class MatmulTask final : public Task {
 public:
  MatmulTask(const Matmul& work, const Elementwise* then, const Plan& plan) : work_(work), panels_(work.n) {
    if (then) loops = then_.emplace(*then, plan).loops();
    cut(then);
    findPacking(plan);
    sumBytes_ = sumParts_ > 1 ? wholeLines(sumParts_ * work.m * work.n * 4) : 0;
    const int64_t blockFloats = makesBlocks_ ? depth_ * blockPanels * tileVectors * lanes : 0;
    const int64_t mostRows = ceilDivide(ceilDivide(work.m, tileRows), rowParts_) * tileRows;
    const int64_t copyFloats = copiesLeft_ || turnsLeft_ ? mostRows * depth_ : 0;
    blockBytes_ = wholeLines(blockFloats * 4);
    copyBytes_ = wholeLines(copyFloats * 4);
    scratchBytes = blockBytes_ + copyBytes_;
    sharedBytes = packedBytes_ + sumBytes_ + turnedBytes_;
    if (!then_) return;
    // What follows a sum of parts is done by one thread when all is there.
    if (sumParts_ > 1) sharedBytes += then_->partialBytes() + then_->scratchBytes();
    else sharedBytes += parts * then_->partialBytes();
    scratchBytes += then_->scratchBytes();
  }

  void prepare(const Context& context, int64_t part, char*, char* shared) const override {
    if (part >= prepared.preparations) {
      turnAhead(context, part - prepared.preparations, shared);
      return;
    }
    const int64_t block = part % packBlocks_;
    const int64_t panel = part / packBlocks_ % panels_.count;
    const int64_t batch = part / packBlocks_ / panels_.count;
    const Matrix& b = work_.b;
    const float* from = rightOf(context, batch) + panels_.first(panel) * b.columnStride;
    float* to = packedOf(shared, batch) + panels_.packedOffset(panel, work_.k);
    packRows(from, b.rowStride, b.columnStride, block * packedRows, smaller(work_.k, (block + 1) * packedRows),
             columnsOf(panel), to);
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    if (sumParts_ > 1) {
      const int64_t from = start(work_.k, part, sumParts_), end = start(work_.k, part + 1, sumParts_);
      float* sums = reinterpret_cast<float*>(shared + packedBytes_) + part * work_.m * work_.n;
      multiply(context, {0, 0, work_.m, 0, panels_.count, from, end, sums}, scratch, shared);
      return;
    }
    const int64_t rowPart = part % rowParts_;
    const int64_t columnPart = part / rowParts_ % columnParts_;
    const int64_t batch = part / rowParts_ / columnParts_;
    const int64_t firstRow = start(work_.m, rowPart, rowParts_), endRow = start(work_.m, rowPart + 1, rowParts_);
    const int64_t firstPanel = panels_.start(columnPart, columnParts_);
    const int64_t endPanel = panels_.start(columnPart + 1, columnParts_);
    float* result = context.as<float>(work_.c) + batch * work_.m * work_.n;
    multiply(context, {batch, firstRow, endRow, firstPanel, endPanel, 0, work_.k, result}, scratch, shared);
    if (!then_) return;
    scratch += blockBytes_ + copyBytes_;
    char* partial = shared + packedBytes_ + turnedBytes_ + part * then_->partialBytes();
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
    char* partial = shared + packedBytes_ + turnedBytes_ + sumBytes_;
    if (sumParts_ > 1) {
      const int64_t size = work_.m * work_.n;
      const float* sums = reinterpret_cast<const float*>(shared + packedBytes_);
      addParts(sums, sumParts_, size, context.as<float>(work_.c));
      if (!then_) return;
      char* scratch = partial + then_->partialBytes();
      then_->begin(context, scratch, partial);
      then_->range(context, 0, size, scratch, partial);
    }
    if (then_) then_->finish(context, partial, sumParts_ > 1 ? 1 : parts);
  }

 private:
  // Rows and panels of a batch's result, rows [from, end) of b that are summed up for them, and where the result begins.
  struct Piece {
    int64_t batch, firstRow, endRow, firstPanel, endPanel, from, end;
    float* result;
  };
  // Where rows of a panel of b lie.
  struct Right {
    const float* at;
    int64_t rowStride;
  };
  // And where those of a: the first ones of tiles, those of a tile, and the numbers of one.
  struct Left {
    const float* at;
    int64_t tileStride, rowStride, step;
  };

  // Where a part of so many rows begins: with a tile.
  static int64_t start(int64_t rows, int64_t part, int64_t parts) {
    return smaller(rows, ceilDivide(rows, tileRows) * part / parts * tileRows);
  }

  void cut(const Elementwise* then) {
    const int64_t m = work_.m, n = work_.n, k = work_.k, products = larger(m, readingRows) * n * k;
    const int64_t few = smaller(fewParts, larger(products / partProducts, smaller(2, products / halfProducts)));
    const int64_t many = smaller(mostParts, products / largeProducts);
    const int64_t wanted = larger(1, larger(few, many));
    // What follows wants whole rows or long pieces of them.
    const int64_t leastPanels = then && m > tileRows ? ceilDivide(leastPiece, tileVectors * lanes) : 1;
    const int64_t mostColumnParts = larger(1, panels_.count / leastPanels);
    const bool mayCutColumns = !then || (work_.batch == 1 && !keepsRows(*then));
    // Halves, quarters and so on: a thread meets again the rows that it has computed before.
    const int64_t each = powerOfTwo(wanted);
    if (work_.batch == 1 && m * n <= mostSummed && k >= sumsPerRow * larger(m, n)) {
      const int64_t most = smaller(mostSumParts, powerOfTwo(mostSums / (m * n)));
      sumParts_ = smaller(smaller(each, most), powerOfTwo(k / leastSum));
    }
    if (sumParts_ > 1) {
      parts = sumParts_;
      return;
    }
    // A part reads its rows of a and its columns of b. Weights are better cut where they are larger than the rest, for
    // they were written by all threads and have to be fetched from their caches; else rows that stay where they are
    // weigh more.
    if (mayCutColumns && k * n > m * (k + n)) columnParts_ = smaller(each, powerOfTwo(mostColumnParts));
    const bool isLarge = hasLargeCaches && comesInBlocks() && m >= 2 * blockRows;
    const int64_t least = isLarge ? larger(blockRows, smaller(mostBlockRows, m / blockRowParts)) : leastRows;
    rowParts_ = smaller(each / columnParts_, powerOfTwo(larger(1, m / least)));
    // Where the rows are by far not enough.
    const bool needsMore = columnParts_ == 1 && 4 * rowParts_ <= each;
    const int64_t mostPieces = isLarge ? larger(1, panels_.count / blockPanels) : mostColumnParts;
    if (mayCutColumns && needsMore) columnParts_ = smaller(each / rowParts_, powerOfTwo(mostPieces));
    parts = work_.batch * rowParts_ * columnParts_;
  }

  bool comesInBlocks() const { return !hasLargeCaches || work_.k * work_.n > heldNumbers; }

  void findPacking(const Plan& plan) {
    const Matrix &a = work_.a, &b = work_.b;
    // A vector at the end of a row may reach into what lies behind the matrix.
    const bool endsInside = work_.n % lanes == 0 || plan.buffers[b.buffer].hasMargin();
    const bool isLong = work_.k > 64;
    const int64_t rows = work_.m / rowParts_;
    // What a cache cannot hold is better read from blocks at half of that distance, too, if many rows meet them.
    const bool isLarge = comesInBlocks() && sumParts_ == 1 && rows >= blockRows;
    const int64_t distance = isLarge ? conflictBytes / 2 : conflictBytes;
    const bool conflicts = isLong && work_.m > conflictRows && b.rowStride * 4 % distance == 0;
    const bool isPacked = b.columnStride != 1 || !endsInside || conflicts;
    const bool mayMakeBlocks = (comesInBlocks() || sumParts_ > 1) && rows > 2 * tileRows;
    makesBlocks_ = mayMakeBlocks && isPacked && (rowParts_ == 1 || rows >= blockRows);
    copiesLeft_ = makesBlocks_ && isLong && a.columnStride == 1 && a.rowStride * 4 % conflictBytes == 0;
    const bool turns = a.rowStride == 1 && a.columnStride != 1 && panels_.count >= turnedPanels &&
                       work_.m * work_.k >= turnedNumbers;
    turnsLeft_ = turns && columnParts_ == 1;
    turnsAhead_ = turns && columnParts_ > 1;
    const bool isScattered = a.columnStride != 1 && !turns;
    const int64_t fitting = turnsLeft_ ? larger(blockDepth, heldNumbers / 4 / rows) : mostDepth;
    const int64_t most = makesBlocks_ ? blockDepth : isScattered ? scatteredDepth : smaller(mostDepth, fitting);
    depth_ = ceilDivide(work_.k, larger(1, ceilDivide(work_.k, most)));
    packBlocks_ = ceilDivide(work_.k, packedRows);
    if (isPacked && !makesBlocks_) {
      isPacked_ = true;
      packedSize_ = panels_.packedSize(work_.k);
      packedBytes_ = wholeLines(work_.batch * packedSize_ * 4);
      preparations = work_.batch * panels_.count * packBlocks_;
      prepared = {static_cast<size_t>(packedBytes_), preparations, b.buffer,
                  {b.offset, b.batchStride, b.rowStride, b.columnStride, work_.batch, work_.k, work_.n}};
    }
    if (turnsAhead_) {
      turnedSize_ = ceilDivide(work_.m, tileRows) * tileRows * work_.k;
      turnedBytes_ = wholeLines(work_.batch * turnedSize_ * 4);
      preparations += work_.batch * packBlocks_;
    }
  }

  // Copies rows of the transpose of a, `count` of whose numbers are wanted, such that those that a tile needs at once lie
  // beside each other; tiles are at a distance.
  void turn(const float* rows, int64_t count, int64_t length, float* turned, int64_t tileStride) const {
    constexpr int64_t tiles = 8;
    // A few tiles at once, so that whole lines are read.
    for (int64_t first = 0; first < count; first += tiles * tileRows) {
      for (int64_t k = 0; k < length; k++) {
        const float* row = rows + k * work_.a.columnStride;
        float* to = turned + first / tileRows * tileStride + k * tileRows;
        for (int64_t i = first; i < smaller(count, first + tiles * tileRows); i += tileRows, to += tileStride) {
          if (i + tileRows <= count) std::memcpy(to, row + i, sizeof(float) * tileRows);
          else std::memcpy(to, row + i, sizeof(float) * (count - i));
        }
      }
    }
  }
  void turnAhead(const Context& context, int64_t part, char* shared) const {
    const int64_t batch = part / packBlocks_, from = part % packBlocks_ * packedRows;
    const int64_t length = smaller(work_.k - from, packedRows);
    turn(leftOf(context, batch) + from * work_.a.columnStride, work_.m, length,
         turnedOf(shared, batch) + from * tileRows, work_.k * tileRows);
  }

  float* turnedOf(char* shared, int64_t batch) const {
    return reinterpret_cast<float*>(shared + packedBytes_) + batch * turnedSize_;
  }

  // All of b of a batch, packed.
  float* packedOf(char* shared, int64_t batch) const {
    return reinterpret_cast<float*>(kept ? kept : shared) + batch * packedSize_;
  }

  static bool keepsRows(const Elementwise& then) {
    for (const Reduction& reduction : then.reductions) {
      if (reduction.keep == Keep::rows) return true;
    }
    return false;
  }

  const float* leftOf(const Context& context, int64_t batch) const {
    return context.as<const float>(work_.a.buffer) + work_.a.offset + batch * work_.a.batchStride;
  }
  const float* rightOf(const Context& context, int64_t batch) const {
    return context.as<const float>(work_.b.buffer) + work_.b.offset + batch * work_.b.batchStride;
  }
  int64_t columnsOf(int64_t panel) const { return (panels_.vectors(panel) - 1) * lanes + panels_.last(panel); }

  void multiply(const Context& context, const Piece& piece, char* scratch, char* shared) const {
    const Matrix &a = work_.a, &b = work_.b;
    float* block = reinterpret_cast<float*>(scratch);
    float* copy = reinterpret_cast<float*>(scratch + blockBytes_);
    const int64_t panels = piece.endPanel - piece.firstPanel;
    const int64_t blocks = makesBlocks_ ? ceilDivide(panels, blockPanels) : 1;
    for (int64_t k = piece.from; k < piece.end; k += depth_) {
      const int64_t length = smaller(depth_, piece.end - k);
      const float* rows = leftOf(context, piece.batch) + piece.firstRow * a.rowStride + k * a.columnStride;
      Left left{rows, a.rowStride, a.rowStride, a.columnStride};
      if (turnsAhead_) {
        left = {turnedOf(shared, piece.batch) + piece.firstRow * work_.k + k * tileRows, work_.k, 1, tileRows};
      } else if (turnsLeft_) {
        turn(rows, piece.endRow - piece.firstRow, length, copy, length * tileRows);
        left = {copy, length, 1, tileRows};
      } else if (copiesLeft_) {
        for (int64_t row = 0; row < piece.endRow - piece.firstRow; row++) {
          std::memcpy(copy + row * length, rows + row * a.rowStride, sizeof(float) * length);
        }
        left = {copy, length, length, 1};
      }
      for (int64_t each = 0; each < blocks; each++) {
        const int64_t first = piece.firstPanel + panels * each / blocks;
        const int64_t end = piece.firstPanel + panels * (each + 1) / blocks;
        if (makesBlocks_) copyBlock(rightOf(context, piece.batch) + k * b.rowStride, first, end, length, block);
        for (int64_t panel = first; panel < end; panel++) {
          const int64_t width = panels_.vectors(panel) * lanes;
          Right right{rightOf(context, piece.batch) + panels_.first(panel) * b.columnStride + k * b.rowStride,
                      b.rowStride};
          if (isPacked_) {
            right = {packedOf(shared, piece.batch) + panels_.packedOffset(panel, work_.k) + k * width, width};
          } else if (makesBlocks_) {
            right = {block + placeInBlock(panel, first, length), width};
          }
          multiplyPanel(piece, panel, left, right, length, k > piece.from);
        }
      }
    }
  }

  // Where a panel begins in a block of `length` rows whose first panel is `first`.
  int64_t placeInBlock(int64_t panel, int64_t first, int64_t length) const {
    return panels_.packedOffset(panel, length) - panels_.packedOffset(first, length);
  }

  // Panels [first, end) of so many rows of b, from `rows` on.
  void copyBlock(const float* rows, int64_t first, int64_t end, int64_t length, float* block) const {
    const Matrix& b = work_.b;
    for (int64_t panel = first; panel < end; panel++) {
      packRows(rows + panels_.first(panel) * b.columnStride, b.rowStride, b.columnStride, 0, length, columnsOf(panel),
               block + placeInBlock(panel, first, length));
    }
  }

  // Adds the products of `length` rows of a panel of b to the piece's rows of the result, or sets them.
  void multiplyPanel(const Piece& piece, int64_t panel, const Left& left, const Right& right, int64_t length,
                     bool add) const {
    const int vectors = panels_.vectors(panel);
    const int64_t noOffset = 0, height = piece.endRow - piece.firstRow;
    const Sum sum{1, &noOffset, length, left.step, right.rowStride};
    float* result = piece.result + piece.firstRow * work_.n + panels_.first(panel);
    // Where b is read in place, the next panel is fetched meanwhile, which may be that of the thread's next part: no
    // processor foresees pieces of far rows.
    const bool fetches = !isPacked_ && !makesBlocks_ && panel + 1 < panels_.count && height >= fetchingRows;
    for (int64_t row = 0; row < height; row += tileRows) {
      const int rows = static_cast<int>(smaller(tileRows, height - row));
      for (int64_t i = fetches ? length * row / height : length; i < length * (row + rows) / height; i++) {
        const float* next = right.at + i * right.rowStride + vectors * lanes;
        __builtin_prefetch(next, 0, 2);
        __builtin_prefetch(next + lineFloats, 0, 2);
      }
      const float* leftRows[tileRows];
      float* resultRows[tileRows];
      for (int i = 0; i < rows; i++) {
        leftRows[i] = left.at + row * left.tileStride + i * left.rowStride;
        resultRows[i] = result + (row + i) * work_.n;
      }
      tileOf(sum, rows, vectors)(leftRows, right.at, sum, resultRows, panels_.last(panel), add);
    }
  }

  Matmul work_;
  Panels panels_;
  std::optional<ElementwiseLoop> then_;
  int64_t rowParts_ = 1, columnParts_ = 1, sumParts_ = 1;
  int64_t depth_ = 1;
  // How b is read where it cannot be read in place: packed as a whole before all parts, or block by block in each.
  bool isPacked_ = false, makesBlocks_ = false;
  // Whether a part copies its rows of a as well, which lie at distances that a cache has few places for.
  bool copiesLeft_ = false;
  // Whether the transpose of a, which is what lies in memory, is copied: by a part what it needs, or, where parts need the
  // same rows, ahead of them.
  bool turnsLeft_ = false, turnsAhead_ = false;
  // Of one batch, in floats, and of all, in bytes.
  int64_t packedSize_ = 0, packedBytes_ = 0, turnedSize_ = 0, turnedBytes_ = 0;
  int64_t packBlocks_ = 0;
  int64_t sumBytes_ = 0, blockBytes_ = 0, copyBytes_ = 0;
};

}  // namespace

TaskPointer makeMatmul(const Matmul& work, const Elementwise* then, const Plan& plan) {
  return TaskPointer(new MatmulTask(work, then, plan));
}

}  // namespace vaekit::VAEKIT_ISA
