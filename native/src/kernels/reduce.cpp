// Sums and maxima over any axes of strided elements.
//
// Where a reduced axis lies innermost in memory, each result is the sum of contiguous runs. Otherwise neighbouring
// results are summed side by side, a vector of them at a time. Where there are few results the reduced elements are
// shared out among parts, whose results `finish` puts together.
#include "factories.h"
#include "list.h"
#include "reducer.h"
#include "walk.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr int64_t leastPart = 16 * 1024;
constexpr int64_t mostParts = 64;
// Results side by side: their running values stay in the innermost cache.
constexpr int64_t tileWidth = 512;
// Running floats are this long, then taken over into totals.
constexpr int64_t groupLength = 32;

class ReduceTask final : public Task {
 public:
  ReduceTask(const Reduce& work, const Plan& plan)
      : work_(work), type_(plan.buffers[work.x].dtype), resultType_(plan.buffers[work.result].dtype) {
    for (int axis = 0; axis < work.keptRank; axis++) {
      kept_ *= work.kept[axis];
      keptWalk_.addAxis(work.kept[axis], work.keptStrides[axis]);
    }
    for (int axis = 0; axis < work.reducedRank; axis++) {
      reduced_ *= work.reduced[axis];
      reducedWalk_.addAxis(work.reduced[axis], work.reducedStrides[axis]);
    }
    keptWalk_.offset = work.offset;
    const int64_t keptStep = innermost(keptWalk_), reducedStep = innermost(reducedWalk_);
    alongRuns_ = kept_ == 1 || (reduced_ > 1 && reducedStep < keptStep);
    // Parts of the results first, which need no putting together.
    const int64_t wanted = larger(1, smaller(mostParts, kept_ * reduced_ / leastPart));
    const int64_t unit = alongRuns_ ? 1 : lanes;
    keptOfPart_ = larger(1, ceilDivide(ceilDivide(kept_, wanted), unit)) * unit;
    keptParts_ = larger(1, ceilDivide(kept_, keptOfPart_));
    const int64_t split = kept_ == 0 ? 1 : smaller(wanted / keptParts_, larger(1, reduced_ / 256));
    reducedOfPart_ = larger(1, ceilDivide(reduced_, larger(1, split)));
    reducedParts_ = larger(1, ceilDivide(reduced_, reducedOfPart_));
    parts = keptParts_ * reducedParts_;
    sharedBytes = reducedParts_ > 1 ? parts * partBytes() : 0;
    // A tile's running values and totals, or the elements of a run; and a tile of gathered elements.
    scratchBytes = 3 * 8 * tileWidth + 64 * sizeof(int32_t);
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    withReducer(work_.op, resultType_,
                [&](auto reducer) { this->reduce<decltype(reducer)>(context, part, scratch, shared); });
  }

  void finish(const Context& context, char* shared) const override {
    if (reducedParts_ == 1) return;
    withReducer(work_.op, resultType_, [&](auto reducer) {
      using R = decltype(reducer);
      using Total = typename R::Total;
      auto* result = context.as<typename R::T>(work_.result);
      for (int64_t i = 0; i < kept_; i++) {
        Total total = R::empty();
        for (int64_t split = 0; split < reducedParts_; split++) {
          const char* own = shared + (i / keptOfPart_ * reducedParts_ + split) * this->partBytes();
          total = R::join(total, reinterpret_cast<const Total*>(own)[i % keptOfPart_]);
        }
        result[i] = static_cast<typename R::T>(total);
      }
    });
  }

 private:
  static int64_t innermost(const Walk& walk) {
    if (walk.rank == 0) return INT64_MAX;
    const int64_t stride = walk.strides[walk.rank - 1];
    return stride < 0 ? -stride : stride;
  }
  int64_t partBytes() const { return wholeLines(keptOfPart_ * 8); }

  template <typename R>
  void reduce(const Context& context, int64_t part, char* scratch, char* shared) const {
    const int64_t keptPart = part / reducedParts_, reducedPart = part % reducedParts_;
    const int64_t first = keptPart * keptOfPart_, end = smaller(kept_, first + keptOfPart_);
    const int64_t from = reducedPart * reducedOfPart_, to = smaller(reduced_, from + reducedOfPart_);
    typename R::T* result = context.as<typename R::T>(work_.result);
    auto* totals = reinterpret_cast<typename R::Total*>(shared + part * partBytes());
    const auto give = [&](int64_t i, typename R::Total total) {
      if (reducedParts_ > 1) totals[i - first] = total;
      else result[i] = static_cast<typename R::T>(total);
    };
    if (alongRuns_) {
      for (int64_t i = first; i < end; i++) give(i, total<R>(context, i, from, to, scratch));
      return;
    }
    // Tiles of neighbours in memory, unless their runs are too short for vectors.
    const int64_t length = keptWalk_.lengths[keptWalk_.rank - 1], run = length >= lanes ? length : kept_;
    for (int64_t i = first, count; i < end; i += count) {
      count = smaller(smaller(tileWidth, end - i), run - i % run);
      const auto* sums = sideBySide<R>(context, i, count, from, to, scratch);
      for (int64_t k = 0; k < count; k++) give(i + k, sums[k]);
    }
  }

  // Of reduced elements [from, to) of result `index`.
  template <typename R>
  typename R::Total total(const Context& context, int64_t index, int64_t from, int64_t to, char* scratch) const {
    int64_t at[2 * maxRank];
    Walk walk = reducedWalk_;
    walk.offset = keptWalk_.find(index, at);
    typename R::Total sum = R::empty();
    const bool isRun = walk.rank > 0 && walk.strides[walk.rank - 1] == 1 && bytesOf(type_) == 4;
    const int64_t run = isRun ? walk.lengths[walk.rank - 1] : 0;
    for (int64_t i = from; i < to;) {
      int64_t count = smaller(tileWidth, to - i);
      const char* elements = scratch;
      if (run >= lanes) {
        const int64_t place = walk.find(i, at);
        count = smaller(count, run - at[walk.rank - 1]);
        elements = context.buffers[work_.x] + 4 * place;
      } else {
        gatherBlock(reinterpret_cast<int32_t*>(scratch), context.buffers[work_.x], type_, walk, i, count);
      }
      sum = R::join(sum, typename R::Total(joinAll<R>(elements, count)));
      i += count;
    }
    return sum;
  }

  // Of reduced elements [from, to) of results [index, index + count).
  template <typename R>
  const typename R::Total* sideBySide(const Context& context, int64_t index, int64_t count, int64_t from, int64_t to,
                                      char* scratch) const {
    using T = typename R::T;
    using Total = typename R::Total;
    Total* totals = reinterpret_cast<Total*>(scratch);
    T* running = reinterpret_cast<T*>(scratch + 8 * tileWidth);
    int32_t* gathered = reinterpret_cast<int32_t*>(scratch + 16 * tileWidth);
    for (int64_t k = 0; k < count; k++) totals[k] = R::empty();
    Walk walk = keptWalk_;
    int64_t at[2 * maxRank], keptAt[2 * maxRank];
    const char* buffer = context.buffers[work_.x];
    // Whether the results' elements are neighbours in memory.
    const int64_t place = keptWalk_.find(index, keptAt);
    const bool isRun = bytesOf(type_) == 4 && keptWalk_.strides[keptWalk_.rank - 1] == 1 &&
                       keptAt[keptWalk_.rank - 1] + count <= keptWalk_.lengths[keptWalk_.rank - 1];
    for (int64_t i = from; i < to;) {
      fillWith<R>(running, R::empty(), count);
      for (const int64_t end = smaller(to, i + groupLength); i < end; i++) {
        const int64_t shift = reducedWalk_.find(i, at);
        if (isRun) {
          joinEach<R>(running, buffer + 4 * (place + shift), count);
        } else {
          walk.offset = keptWalk_.offset + shift;
          gatherBlock(gathered, buffer, type_, walk, index, count);
          joinEach<R>(running, gathered, count);
        }
      }
      for (int64_t k = 0; k < count; k++) totals[k] = R::join(totals[k], Total(running[k]));
    }
    return totals;
  }

  Reduce work_;
  DType type_, resultType_;
  Walk keptWalk_, reducedWalk_;
  int64_t kept_ = 1, reduced_ = 1;
  // Whether elements of one result are nearer to each other than those of neighbouring results.
  bool alongRuns_ = false;
  int64_t keptOfPart_ = 1, keptParts_ = 1, reducedOfPart_ = 1, reducedParts_ = 1;
};

}  // namespace

TaskPointer makeReduce(const Reduce& work, const Plan& plan) { return TaskPointer(new ReduceTask(work, plan)); }

}  // namespace vaekit::VAEKIT_ISA
