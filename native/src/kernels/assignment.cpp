// One-to-one matchings of almost the least cost, by auction: src/engine/reference/auction.ts says how, and each step here is
// one there, in the same double precision, so that both find the same matching.
#include "factories.h"
#include "vectors.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr double leastRaise = 0x1p-48;

class AssignmentTask final : public Task {
 public:
  AssignmentTask(const Assignment& work) : work_(work) {
    parts = larger(1, work.batch);
    costBytes_ = wholeLines(4 * work.length * work.length);
    priceBytes_ = wholeLines(8 * work.length);
    listBytes_ = wholeLines(4 * work.length);
    scratchBytes = costBytes_ + priceBytes_ + 2 * listBytes_;
  }

  void run(const Context& context, int64_t part, char* scratch, char*) const override {
    if (part >= work_.batch) return;
    const int64_t n = work_.length;
    // A copy: whatever else the plan does to the costs meanwhile, the auction of these ends.
    float* cost = reinterpret_cast<float*>(scratch);
    std::memcpy(cost, context.as<const float>(work_.x) + part * n * n, 4 * n * n);
    double* prices = reinterpret_cast<double*>(scratch + costBytes_);
    int32_t* holders = reinterpret_cast<int32_t*>(scratch + costBytes_ + priceBytes_);
    int32_t* columns = context.as<int32_t>(work_.result) + part * n;
    for (int64_t i = 0; i < n; i++) columns[i] = static_cast<int32_t>(i);
    double least = cost[0], largest = cost[0], sum = 0;
    for (int64_t i = 0; i < n * n; i++) {
      const double value = cost[i];
      if (!(value - value == 0)) return;
      least = value < least ? value : least;
      largest = value > largest ? value : largest;
      sum += value;
    }
    const double spread = largest - least, count = static_cast<double>(n);
    if (!(spread > 0)) return;
    const double wanted = work_.tolerance * (sum / (count * count) - least), floor = spread * count * leastRaise;
    const double last = wanted > floor ? wanted : floor;
    std::memset(prices, 0, 8 * n);
    for (double raise = spread / 4 > last ? spread / 4 : last;; raise = raise / 4 > last ? raise / 4 : last) {
      sell(cost, raise, prices, holders, holders + listBytes_ / 4);
      if (raise <= last) break;
    }
    for (int64_t j = 0; j < n; j++) columns[holders[j]] = static_cast<int32_t>(j);
  }

 private:
  void sell(const float* cost, double raise, double* prices, int32_t* holders, int32_t* waiting) const {
    const int64_t n = work_.length;
    for (int64_t j = 0; j < n; j++) {
      holders[j] = -1;
      waiting[j] = static_cast<int32_t>(n - 1 - j);
    }
    for (int64_t count = n; count > 0;) {
      const int32_t row = waiting[--count];
      const float* costs = cost + row * n;
      double first, second;
      leastTwo(costs, prices, first, second);
      int64_t best = 0;
      while (best < n - 1 && !(costs[best] + prices[best] == first)) best++;
      prices[best] += second - first + raise;
      if (holders[best] >= 0) waiting[count++] = holders[best];
      holders[best] = row;
    }
  }

  // The two least sums of cost and price; of equal ones both.
  VAEKIT_INLINE void leastTwo(const float* costs, const double* prices, double& first, double& second) const {
    constexpr double infinite = __builtin_huge_val();
    Doubles firsts = infinite - Doubles{}, seconds = firsts;
    int64_t j = 0;
    for (; j + halfLanes <= work_.length; j += halfLanes) {
      const Doubles wide = __builtin_convertvector(load<HalfFloats>(costs + j), Doubles);
      const Doubles sums = wide + load<Doubles>(prices + j);
      const Doubles loser = sums < firsts ? firsts : sums;
      seconds = loser < seconds ? loser : seconds;
      firsts = sums < firsts ? sums : firsts;
    }
    first = second = infinite;
    for (int lane = 0; lane < halfLanes; lane++) {
      take(firsts[lane], first, second);
      take(seconds[lane], first, second);
    }
    for (; j < work_.length; j++) take(costs[j] + prices[j], first, second);
  }

  static VAEKIT_INLINE void take(double sum, double& first, double& second) {
    if (sum < first) {
      second = first;
      first = sum;
    } else if (sum < second) {
      second = sum;
    }
  }

  Assignment work_;
  int64_t costBytes_, priceBytes_, listBytes_;
};

}  // namespace

TaskPointer makeAssignment(const Assignment& work, const Plan&) { return TaskPointer(new AssignmentTask(work)); }

}  // namespace vaekit::VAEKIT_ISA
