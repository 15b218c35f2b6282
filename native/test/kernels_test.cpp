// Compares reductions, rows by index, running sums, argMax, topK, matchings and random numbers with plain loops, for each
// instruction set that this processor runs: one line for each check, and exit code 1 if one failed.
//
//   node native/build.js --tests && native/build/tests/kernels_test
#include <random>

#include "../src/threads.h"
#include "checks.h"
#include "desk.h"

using namespace vaekit;

namespace {

void testReduce(const Kernels& set) {
  std::mt19937 generator(3);
  const auto pick = [&](int64_t count) { return static_cast<int64_t>(generator() % static_cast<uint64_t>(count)); };
  std::string wrong;
  const int works = 600;
  for (int i = 0; i < works && wrong.empty(); i++) {
    static const int64_t lengths[] = {0, 1, 2, 3, 7, 16, 17, 33, 64, 257, 520, 2000};
    Reduce work{};
    int64_t kept, reduced, most;
    do {
      work.keptRank = static_cast<int32_t>(pick(4));
      work.reducedRank = static_cast<int32_t>(pick(4));
      kept = reduced = most = 1;
      for (int k = 0; k < work.keptRank; k++) kept *= work.kept[k] = lengths[pick(12)];
      for (int k = 0; k < work.reducedRank; k++) reduced *= work.reduced[k] = lengths[pick(12)];
      for (int k = 0; k < work.keptRank; k++) most *= std::max<int64_t>(1, work.kept[k]);
      for (int k = 0; k < work.reducedRank; k++) most *= std::max<int64_t>(1, work.reduced[k]);
    } while (most > 200000);
    work.op = pick(2) ? ReduceOp::sum : ReduceOp::max;
    // Axes lie in memory in any order, and some are repeated.
    std::vector<std::pair<int64_t*, int64_t>> axes;
    for (int k = 0; k < work.keptRank; k++) axes.push_back({&work.keptStrides[k], work.kept[k]});
    for (int k = 0; k < work.reducedRank; k++) axes.push_back({&work.reducedStrides[k], work.reduced[k]});
    if (pick(2)) {
      for (size_t k = axes.size(); k > 1; k--) std::swap(axes[k - 1], axes[pick(static_cast<int64_t>(k))]);
    }
    int64_t size = 1;
    for (size_t k = axes.size(); k-- > 0;) {
      if (pick(8) == 0) continue;
      *axes[k].first = size;
      size *= axes[k].second > 0 ? axes[k].second : 1;
    }
    work.offset = pick(3);
    Desk desk;
    const bool isInt = pick(3) == 0;
    const DType type = isInt ? DType::int32 : DType::float32;
    work.x = desk.add(type, size + work.offset);
    work.result = desk.add(type, kept);
    desk.lay();
    const bool hasSpecial = pick(3) == 0;
    for (int64_t k = 0; k < size + work.offset; k++) {
      const uint32_t draw = generator();
      if (isInt) desk.at<uint32_t>(work.x)[k] = draw;
      else if (hasSpecial && draw % 999 == 0) desk.at<float>(work.x)[k] = nan32;
      else desk.at<float>(work.x)[k] = static_cast<float>(draw % 2001) / 256 - 4;
    }
    desk.run(*set.reduce(work, desk.plan), i % 2 == 1);
    if (!desk.isUntouched(work.result)) wrong = "something was written behind the result";
    const auto placeOf = [](int64_t index, int rank, const int64_t* shape, const int64_t* strides) {
      int64_t place = 0;
      for (int axis = rank - 1; axis >= 0; axis--) {
        place += index % shape[axis] * strides[axis];
        index /= shape[axis];
      }
      return place;
    };
    for (int64_t k = 0; k < kept && wrong.empty(); k++) {
      double sum = work.op == ReduceOp::max ? -HUGE_VAL : 0, sizes = 0;
      uint32_t whole = 0;
      int32_t most = INT32_MIN;
      for (int64_t r = 0; r < reduced; r++) {
        const int64_t place = work.offset + placeOf(k, work.keptRank, work.kept, work.keptStrides) +
                              placeOf(r, work.reducedRank, work.reduced, work.reducedStrides);
        if (isInt) {
          whole += desk.at<uint32_t>(work.x)[place];
          most = std::max(most, desk.at<int32_t>(work.x)[place]);
          continue;
        }
        const double x = desk.at<float>(work.x)[place];
        if (work.op == ReduceOp::sum) sum += x;
        else if (!(x <= sum)) sum = std::isnan(sum) ? sum : x;
        sizes += std::fabs(x);
      }
      bool isRight;
      if (isInt) {
        const int32_t wanted = work.op == ReduceOp::sum ? static_cast<int32_t>(whole) : most;
        isRight = desk.at<int32_t>(work.result)[k] == wanted;
      } else {
        const float got = desk.at<float>(work.result)[k];
        const double allowed = work.op == ReduceOp::sum ? 64 * 0x1p-24 * sizes : 0;
        isRight = isSame(got, static_cast<float>(sum)) || std::fabs(got - sum) <= allowed;
      }
      if (!isRight) {
        wrong = "reduction " + std::to_string(i) + ", " + std::to_string(kept) + " of " + std::to_string(reduced) +
                " is wrong at " + std::to_string(k);
      }
    }
  }
  report(std::string(set.name) + " " + std::to_string(works) + " random reductions", wrong.empty(), wrong);
}

void testRows(const Kernels& set) {
  std::mt19937 generator(4);
  std::string wrong;
  for (const int64_t width : {0, 1, 2, 3, 4, 7, 16, 17, 64, 65, 200, 1000}) {
    for (const int64_t rows : {1, 3, 50, 1000}) {
      for (const DType type : {DType::float32, DType::int32, DType::uint8}) {
        const int64_t count = static_cast<int64_t>(generator() % 3000) * (width > 100 ? 100 : 1000) / 1000;
        Desk desk;
        const int table = desk.add(type, rows * width), indices = desk.add(DType::int32, count);
        const int taken = desk.add(type, count * width), updates = desk.add(type, count * width);
        const int sums = desk.add(type, rows * width);
        desk.lay();
        const int64_t bytes = width * bytesOf(type);
        for (int64_t i = 0; i < rows * bytes; i++) desk.at<uint8_t>(table)[i] = static_cast<uint8_t>(generator());
        for (int64_t i = 0; i < count; i++) desk.at<int32_t>(indices)[i] = static_cast<int32_t>(generator() % rows);
        Gather gather{};
        gather.rows = rows;
        gather.count = count;
        gather.width = width;
        gather.x = table;
        gather.indices = indices;
        gather.result = taken;
        desk.run(*set.gather(gather, desk.plan));
        const std::string name = std::to_string(count) + " of " + std::to_string(rows) + " × " + std::to_string(width);
        for (int64_t i = 0; i < count; i++) {
          const char* row = desk.at<char>(table) + desk.at<int32_t>(indices)[i] * bytes;
          if (std::memcmp(desk.at<char>(taken) + i * bytes, row, bytes) != 0) wrong = "gather " + name;
        }
        if (desk.failure() != Context::noFailure || !desk.isUntouched(taken)) wrong = "gather " + name;
        if (type == DType::uint8) continue;
        // Small whole numbers, which add up exactly in either type.
        for (int64_t i = 0; i < count * width; i++) {
          const int32_t whole = static_cast<int32_t>(generator() % 201) - 100;
          if (type == DType::int32) desk.at<int32_t>(updates)[i] = whole;
          else desk.at<float>(updates)[i] = static_cast<float>(whole);
        }
        ScatterAdd scatter{};
        static_cast<Rows&>(scatter) = gather;
        scatter.x = updates;
        scatter.result = sums;
        desk.run(*set.scatterAdd(scatter, desk.plan), true);
        std::vector<int32_t> wanted(rows * width);
        for (int64_t i = 0; i < count * width; i++) {
          const float x = desk.at<float>(updates)[i];
          wanted[desk.at<int32_t>(indices)[i / width] * width + i % width] +=
              type == DType::int32 ? desk.at<int32_t>(updates)[i] : static_cast<int32_t>(x);
        }
        for (int64_t i = 0; i < rows * width; i++) {
          const bool isRight = type == DType::int32 ? desk.at<int32_t>(sums)[i] == wanted[i]
                                                    : desk.at<float>(sums)[i] == static_cast<float>(wanted[i]);
          if (!isRight) wrong = "scatterAdd " + name;
        }
        if (!desk.isUntouched(sums)) wrong = "scatterAdd " + name;
        if (count == 0) continue;
        for (const int32_t index : {-1, static_cast<int32_t>(rows), INT32_MIN, INT32_MAX}) {
          desk.at<int32_t>(indices)[count / 2] = index;
          desk.run(*set.gather(gather, desk.plan));
          if (desk.failure() != index) wrong = "gather of a missing row " + name;
          desk.run(*set.scatterAdd(scatter, desk.plan));
          if (desk.failure() != index) wrong = "scatterAdd to a missing row " + name;
        }
      }
    }
  }
  report(std::string(set.name) + " gather and scatterAdd", wrong.empty(), wrong);
}

void testAlong(const Kernels& set) {
  std::mt19937 generator(5);
  std::string wrong;
  for (const int64_t outer : {0, 1, 3, 40}) {
    for (const int64_t length : {1, 2, 15, 16, 31, 32, 33, 100, 1000}) {
      for (const int64_t inner : {1, 2, 3, 17, 300}) {
        for (const bool isInt : {false, true}) {
          const int64_t size = outer * length * inner;
          Desk desk;
          const DType type = isInt ? DType::int32 : DType::float32;
          const int x = desk.add(type, size), y = desk.add(type, size), best = desk.add(DType::int32, outer * inner);
          desk.lay();
          for (int64_t i = 0; i < size; i++) {
            // Few different numbers, so that there are ties; and now and then NaN and ∞.
            const int32_t draw = static_cast<int32_t>(generator() % 40) - 20;
            if (isInt) desk.at<int32_t>(x)[i] = draw;
            else desk.at<float>(x)[i] = static_cast<float>(draw);
          }
          Cumsum cumsum{};
          cumsum.outer = outer;
          cumsum.length = length;
          cumsum.inner = inner;
          cumsum.x = x;
          cumsum.result = y;
          const std::string name =
              std::to_string(outer) + " × " + std::to_string(length) + " × " + std::to_string(inner);
          for (const bool isReverse : {false, true}) {
            cumsum.reverse = isReverse;
            desk.run(*set.cumsum(cumsum, desk.plan));
            for (int64_t o = 0; o < outer; o++) {
              for (int64_t i = 0; i < inner; i++) {
                int64_t sum = 0;
                for (int64_t k = 0; k < length; k++) {
                  const int64_t at = (o * length + (isReverse ? length - 1 - k : k)) * inner + i;
                  sum += isInt ? desk.at<int32_t>(x)[at] : static_cast<int64_t>(desk.at<float>(x)[at]);
                  const bool isRight =
                      isInt ? desk.at<int32_t>(y)[at] == sum : desk.at<float>(y)[at] == static_cast<float>(sum);
                  if (!isRight) wrong = "cumsum " + name;
                }
              }
            }
            if (!desk.isUntouched(y)) wrong = "cumsum " + name;
          }
          if (!isInt) {
            for (int64_t i = 0; i < size; i++) {
              const uint32_t draw = generator() % 30;
              if (draw < 2) desk.at<float>(x)[i] = draw == 0 ? nan32 : inf32;
            }
          }
          ArgMax argMax{};
          static_cast<Along&>(argMax) = cumsum;
          argMax.result = best;
          desk.run(*set.argMax(argMax, desk.plan), true);
          for (int64_t o = 0; o < outer; o++) {
            for (int64_t i = 0; i < inner; i++) {
              const auto value = [&](int64_t k) -> double {
                const int64_t at = (o * length + k) * inner + i;
                return isInt ? static_cast<double>(desk.at<int32_t>(x)[at]) : desk.at<float>(x)[at];
              };
              int64_t first = 0;
              for (int64_t k = 1; k < length; k++) first = value(k) > value(first) ? k : first;
              if (desk.at<int32_t>(best)[o * inner + i] != first) wrong = "argMax " + name;
            }
          }
          if (!desk.isUntouched(best)) wrong = "argMax " + name;
        }
      }
    }
  }
  report(std::string(set.name) + " cumsum and argMax", wrong.empty(), wrong);
}

void testTopK(const Kernels& set) {
  std::mt19937 generator(6);
  std::string wrong;
  for (const int64_t rows : {0, 1, 5, 40}) {
    for (const int64_t length : {1, 2, 7, 100, 1000}) {
      for (const bool largest : {false, true}) {
        for (const DType type : {DType::float32, DType::int32, DType::uint8}) {
          for (const int64_t k : {int64_t{1}, length / 2, length}) {
            Desk desk;
            const int x = desk.add(type, rows * length), y = desk.add(DType::int32, rows * k);
            desk.lay();
            const auto value = [&](int64_t i) -> double {
              if (type == DType::float32) return desk.at<float>(x)[i];
              return type == DType::int32 ? desk.at<int32_t>(x)[i] : desk.at<uint8_t>(x)[i];
            };
            for (int64_t i = 0; i < rows * length; i++) {
              const int32_t draw = static_cast<int32_t>(generator() % 50);
              const float half = static_cast<float>(draw % 2 ? -draw : draw - 2) / 2;
              if (type == DType::float32) desk.at<float>(x)[i] = draw == 0 ? inf32 : draw == 1 ? -inf32 : half;
              else if (type == DType::int32) desk.at<int32_t>(x)[i] = (draw - 25) * 80000000;
              else desk.at<uint8_t>(x)[i] = static_cast<uint8_t>(draw * 5);
            }
            desk.run(*set.topK({rows, length, k, largest, x, y}, desk.plan));
            for (int64_t row = 0; row < rows; row++) {
              std::vector<int32_t> order(length);
              for (int64_t i = 0; i < length; i++) order[i] = static_cast<int32_t>(i);
              // Insertion, which keeps equal ones as they are.
              for (int64_t i = 1; i < length; i++) {
                for (int64_t j = i; j > 0; j--) {
                  const double a = value(row * length + order[j]), b = value(row * length + order[j - 1]);
                  if (!(largest ? a > b : a < b)) break;
                  std::swap(order[j], order[j - 1]);
                }
              }
              for (int64_t i = 0; i < k; i++) {
                if (desk.at<int32_t>(y)[row * k + i] != order[i]) {
                  wrong = std::to_string(k) + " of " + std::to_string(length);
                }
              }
            }
            if (!desk.isUntouched(y)) wrong = "something was written behind the result";
          }
        }
      }
    }
  }
  report(std::string(set.name) + " topK", wrong.empty(), wrong);
}

// The least cost of a matching, by trying all.
double leastCost(const float* cost, int64_t n, std::vector<bool>& taken, int64_t row = 0) {
  if (row == n) return 0;
  double least = HUGE_VAL;
  for (int64_t j = 0; j < n; j++) {
    if (taken[j]) continue;
    taken[j] = true;
    least = std::fmin(least, cost[row * n + j] + leastCost(cost, n, taken, row + 1));
    taken[j] = false;
  }
  return least;
}

void testAssignment(const Kernels& set) {
  std::mt19937 generator(7);
  std::string wrong;
  // What the costs are drawn from: many different ones, few, all equal, and some that are no numbers.
  for (const uint32_t kinds : {1u << 16, 3u, 1u, 0u}) {
    for (const int64_t n : {1, 2, 3, 5, 7, 16, 17, 63, 200}) {
      const int64_t batch = n < 60 ? 9 : 2;
      const float tolerance = 1e-3f;
      Desk desk;
      const int x = desk.add(DType::float32, batch * n * n), y = desk.add(DType::int32, batch * n);
      desk.lay();
      for (int64_t i = 0; i < batch * n * n; i++) {
        const uint32_t draw = generator();
        const float special = draw % 4 ? static_cast<float>(draw % 7) : draw % 8 ? nan32 : inf32;
        desk.at<float>(x)[i] = kinds ? static_cast<float>(draw % kinds) / 64 - 5 : special;
      }
      desk.run(*set.assignment({batch, n, tolerance, x, y}, desk.plan), true);
      for (int64_t b = 0; b < batch; b++) {
        const float* cost = desk.at<float>(x) + b * n * n;
        const int32_t* columns = desk.at<int32_t>(y) + b * n;
        std::vector<bool> taken(n);
        double sum = 0, mean = 0, least = HUGE_VAL;
        for (int64_t i = 0; i < n; i++) {
          if (columns[i] < 0 || columns[i] >= n || taken[columns[i]]) wrong = "not one to one";
          else taken[columns[i]] = true;
          if (columns[i] >= 0 && columns[i] < n) sum += cost[i * n + columns[i]];
        }
        for (int64_t i = 0; i < n * n; i++) {
          mean += static_cast<double>(cost[i]) / static_cast<double>(n * n);
          least = std::fmin(least, cost[i]);
        }
        if (n > 7 || kinds == 0) continue;
        std::vector<bool> none(n);
        const double slack = static_cast<double>(n) * tolerance * (mean - least) + 1e-9;
        if (!(sum <= leastCost(cost, n, none) + slack)) wrong = std::to_string(n) + " dearer than allowed";
      }
      if (!desk.isUntouched(y)) wrong = "something was written behind the result";
    }
  }
  report(std::string(set.name) + " assignment", wrong.empty(), wrong);
}

// The definitions, number by number.
std::vector<uint32_t> philoxBlock(uint32_t first, uint32_t step, uint32_t hash, uint32_t key0, uint32_t key1) {
  uint32_t x[4] = {first, step, 0, hash};
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t{0xd2511f53} * x[0], b = uint64_t{0xcd9e8d57} * x[2];
    const uint32_t next[4] = {static_cast<uint32_t>(b >> 32) ^ x[1] ^ key0, static_cast<uint32_t>(b),
                              static_cast<uint32_t>(a >> 32) ^ x[3] ^ key1, static_cast<uint32_t>(a)};
    std::memcpy(x, next, sizeof x);
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  return {x, x + 4};
}

// Φ⁻¹ by bisection of C's erfc, in the half that keeps its digits.
double quantile(double p) {
  if (p > 0.5) return -quantile(1 - p);
  double low = -40, high = 0;
  for (int i = 0; i < 200; i++) {
    const double between = (low + high) / 2;
    (std::erfc(-between / std::sqrt(2.0)) / 2 < p ? low : high) = between;
  }
  return (low + high) / 2;
}

void testRandom(const Kernels& set) {
  std::string wrong;
  double worst = 0;
  for (const int64_t size : {0, 1, 3, 4, 5, 63, 64, 65, 511, 512, 513, 4095, 20000}) {
    Desk desk;
    const int uniform = desk.add(DType::float32, size), normal = desk.add(DType::float32, size);
    desk.lay();
    desk.step = static_cast<int32_t>(size * 3);
    desk.key[0] = 0xa4093822;
    desk.key[1] = 0x299f31d0;
    const uint32_t hash = 0x03707344;
    desk.run(*set.random({Distribution::uniform, hash, uniform}, desk.plan), true);
    desk.run(*set.random({Distribution::normal, hash, normal}, desk.plan));
    for (int64_t i = 0; i < size; i++) {
      const auto block = philoxBlock(static_cast<uint32_t>(i / 4), static_cast<uint32_t>(desk.step), hash, desk.key[0],
                                     desk.key[1]);
      const uint32_t word = block[i % 4];
      const float wanted = static_cast<float>(word >> 8) * 0x1p-24f;
      if (desk.at<float>(uniform)[i] != wanted) wrong = "uniform " + std::to_string(i);
      worst = std::fmax(worst, ulpsBetween(desk.at<float>(normal)[i], quantile((word + 0.5) * 0x1p-32)));
    }
    if (!desk.isUntouched(uniform) || !desk.isUntouched(normal)) wrong = "something was written behind the result";
  }
  report(std::string(set.name) + " uniform numbers", wrong.empty(), wrong);
  report(std::string(set.name) + " normal numbers", worst <= 0.51, "at most " + show(worst) + " ulp");
}

}  // namespace

int main() {
  const FlushDenormals flush;
  const std::vector<uint32_t> zeros = philoxBlock(0, 0, 0, 0, 0);
  const std::vector<uint32_t> published = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  report("the published answer of Philox", zeros == published);
  for (const Kernels* set : runnable()) {
    testReduce(*set);
    testRows(*set);
    testAlong(*set);
    testTopK(*set);
    testAssignment(*set);
    testRandom(*set);
  }
  return conclude();
}
