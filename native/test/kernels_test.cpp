// Compares the kernels other than products with plain loops, for each instruction set that this processor runs: one line per
// check, and exit code 1 if one failed.
//
//   node native/build.js --tests && native/build/tests/kernels_test [stride]
//
// Functions are measured at every `stride`-th float, 251 unless told: 17 million of them.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include "../src/threads.h"
#include "desk.h"

// The loop itself, as products use it, in the instruction set that every processor has.
#define VAEKIT_ISA baseline
#define VAEKIT_LANES 4
#include "../src/kernels/elementwise.h"

using namespace vaekit;

namespace {

constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();
constexpr float inf32 = std::numeric_limits<float>::infinity();
constexpr float leastNormal = std::numeric_limits<float>::min();

int failures = 0;

void report(const std::string& name, bool isRight, const std::string& detail = "") {
  std::printf("%s  %s%s%s\n", isRight ? "ok  " : "FAIL", name.c_str(), detail.empty() ? "" : ": ", detail.c_str());
  failures += !isRight;
}

std::string show(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", x);
  return text;
}

float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

bool isTiny(double x) { return std::fabs(x) < leastNormal; }
// The sign of zero does not count.
bool isSame(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Distance of a float from a number, in units in the last place of the number as a float. What is smaller than the smallest
// normal number does not count.
double ulpsBetween(float got, double wanted) {
  const float rounded = static_cast<float>(wanted);
  if (isSame(got, rounded)) return 0;
  if (std::isnan(got) || std::isnan(rounded)) return 1e30;
  if (isTiny(got - wanted)) return 0;
  // The next float after the largest one stands for infinity.
  const double a = std::isinf(got) ? std::copysign(0x1p128, got) : got;
  const double b = std::isinf(rounded) ? std::copysign(0x1p128, rounded) : wanted;
  int exponent;
  std::frexp(std::fabs(b) < 0x1p128 ? b : 0x1.fp127, &exponent);
  return std::fabs(a - b) / std::ldexp(1, std::max(exponent - 24, -149));
}

struct Function {
  CodeOp op;
  const char* name;
  double bound;
  double (*exact)(double);
  // Arguments whose magnitude is in between only, where it is too slow or undefined elsewhere.
  double least = 0, largest = HUGE_VAL;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))) + (std::isnan(x) ? x : 0); }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double negative(double x) { return -x; }

const Function functions[] = {
    {CodeOp::neg, "neg", 0, negative},
    {CodeOp::exp, "exp", 1, std::exp},
    {CodeOp::log, "log", 1, std::log},
    {CodeOp::log1p, "log1p", 1.5, std::log1p},
    {CodeOp::expm1, "expm1", 1.5, std::expm1},
    {CodeOp::sqrt, "sqrt", 0.5, std::sqrt},
    {CodeOp::abs, "abs", 0, std::fabs},
    {CodeOp::sign, "sign", 0, sign},
    {CodeOp::floor, "floor", 0, std::floor},
    {CodeOp::sin, "sin", 1.5, std::sin, 0, 1e4},
    {CodeOp::cos, "cos", 1.5, std::cos, 0, 1e4},
    {CodeOp::tanh, "tanh", 2.5, std::tanh},
    {CodeOp::sigmoid, "sigmoid", 2, sigmoid},
    {CodeOp::softplus, "softplus", 2, softplus},
    {CodeOp::erf, "erf", 2, std::erf},
};

// As the kernels see them: numbers below the smallest normal one are 0.
double seen(float x) { return isTiny(x) ? std::copysign(0.0f, x) : x; }

std::vector<const Kernels*> runnable() {
  int count;
  const Kernels* const* all = builtKernels(&count);
  std::vector<const Kernels*> result;
  for (int i = 0; i < count; i++) {
    if (canRun(*all[i])) result.push_back(all[i]);
  }
  return result;
}

void testFunctions(uint32_t stride) {
  const int64_t chunk = 1 << 16;
  Desk desk;
  const int x = desk.add(DType::float32, chunk), y = desk.add(DType::float32, chunk);
  desk.lay();
  const auto sets = runnable();
  for (const Function& function : functions) {
    CodeWriter code({chunk});
    code.store(code.line(function.op, code.load(x)), y);
    std::vector<TaskPointer> tasks;
    for (const Kernels* set : sets) tasks.push_back(set->elementwise(code.work(), desk.plan));
    std::vector<double> worst(sets.size()), at(sets.size());
    uint64_t bits = 0;
    while (bits <= 0xffffffff) {
      for (int64_t i = 0; i < chunk;) {
        const float next = floatOf(static_cast<uint32_t>(bits <= 0xffffffff ? bits : 0));
        bits += stride;
        const double size = std::fabs(next);
        if (size <= function.largest || std::isnan(next) || bits > 0xffffffff) desk.at<float>(x)[i++] = next;
      }
      std::vector<double> wanted(chunk);
      for (int64_t i = 0; i < chunk; i++) wanted[i] = function.exact(seen(desk.at<float>(x)[i]));
      for (size_t s = 0; s < sets.size(); s++) {
        desk.run(*tasks[s]);
        for (int64_t i = 0; i < chunk; i++) {
          const double ulps = ulpsBetween(desk.at<float>(y)[i], wanted[i]);
          if (ulps > worst[s]) {
            worst[s] = ulps;
            at[s] = desk.at<float>(x)[i];
          }
        }
      }
    }
    for (size_t s = 0; s < sets.size(); s++) {
      report(std::string(sets[s]->name) + " " + function.name, worst[s] <= function.bound,
             "at most " + show(worst[s]) + " ulp, at " + show(at[s]));
    }
  }
}

// f(x) or f(x, y) of single numbers, in whole vectors and cut ones.
std::vector<float> valuesOf(const Kernels& set, CodeOp op, const std::vector<float>& first,
                            const std::vector<float>& second, float immediate = 0) {
  Desk desk;
  const int64_t count = static_cast<int64_t>(first.size());
  const int x = desk.add(DType::float32, count), y = desk.add(DType::float32, count), z = desk.add(DType::float32, count);
  desk.lay();
  std::memcpy(desk.at<float>(x), first.data(), 4 * count);
  if (!second.empty()) std::memcpy(desk.at<float>(y), second.data(), 4 * count);
  CodeWriter code({count});
  const int a = code.load(x), b = code.load(y);
  code.store(code.line(op, a, b, 0, immediate), z);
  desk.run(*set.elementwise(code.work(), desk.plan));
  return {desk.at<float>(z), desk.at<float>(z) + count};
}

void testEdges(const Kernels& set) {
  struct Edge {
    CodeOp op;
    const char* name;
    std::vector<float> x, y;
  };
  const Edge edges[] = {
      {CodeOp::exp, "exp", {-inf32, inf32, nan32, 0, 89, -104}, {0, inf32, nan32, 1, inf32, 0}},
      {CodeOp::log, "log", {0, -0.0f, -1, inf32, nan32, 1, -inf32}, {-inf32, -inf32, nan32, inf32, nan32, 0, nan32}},
      {CodeOp::log1p, "log1p", {-1, -2, inf32, nan32, 0, -inf32}, {-inf32, nan32, inf32, nan32, 0, nan32}},
      {CodeOp::expm1, "expm1", {-inf32, inf32, nan32, 0, 89}, {-1, inf32, nan32, 0, inf32}},
      {CodeOp::softplus, "softplus", {-inf32, inf32, nan32, 3e38f}, {0, inf32, nan32, 3e38f}},
      {CodeOp::sigmoid, "sigmoid", {-inf32, inf32, nan32, 0}, {0, 1, nan32, 0.5f}},
      {CodeOp::tanh, "tanh", {-inf32, inf32, nan32, 0, 30}, {-1, 1, nan32, 0, 1}},
      {CodeOp::erf, "erf", {-inf32, inf32, nan32, 0, 30}, {-1, 1, nan32, 0, 1}},
      {CodeOp::sign, "sign", {nan32, -inf32, inf32, 0}, {nan32, -1, 1, 0}},
      {CodeOp::floor, "floor", {nan32, -inf32, inf32, -0.5f, 8388607.5f, -8388607.5f, 3e38f, 16777217.0f},
       {nan32, -inf32, inf32, -1, 8388607, -8388608, 3e38f, 16777217.0f}},
      {CodeOp::sin, "sin", {inf32, nan32, 0, 3e38f}, {nan32, nan32, 0, std::sin(3e38f)}},
      {CodeOp::cos, "cos", {-inf32, nan32, 0, 1e9f}, {nan32, nan32, 1, std::cos(1e9f)}},
      {CodeOp::sqrt, "sqrt", {-1, inf32, nan32, 0, 4}, {nan32, inf32, nan32, 0, 2}},
      {CodeOp::lgamma, "lgamma", {0, -1, inf32, nan32, 3e38f}, {inf32, nan32, inf32, nan32, inf32}},
  };
  for (const Edge& edge : edges) {
    const auto got = valuesOf(set, edge.op, edge.x, {});
    std::string wrong;
    for (size_t i = 0; i < got.size(); i++) {
      if (!isSame(got[i], edge.y[i])) wrong += " f(" + show(edge.x[i]) + ") = " + show(got[i]);
    }
    report(std::string(set.name) + " " + edge.name + " at the edges", wrong.empty(), wrong);
  }

  // Two operands, against C: every special number with every other.
  const std::vector<float> special = {nan32, inf32, -inf32, 0.0f, -0.0f, 1, -1, 0.5f, -0.5f, 2, 3, -3, 1e30f, -1e30f, 16777217.0f};
  std::vector<float> first, second;
  for (const float a : special) {
    for (const float b : special) {
      first.push_back(a);
      second.push_back(b);
    }
  }
  const auto compare = [&](const char* name, CodeOp op, double bound, const std::function<double(float, float)>& exact) {
    const auto got = valuesOf(set, op, first, second);
    std::string wrong;
    for (size_t i = 0; i < got.size(); i++) {
      if (ulpsBetween(got[i], exact(first[i], second[i])) > bound) {
        wrong += " " + show(first[i]) + ", " + show(second[i]) + " → " + show(got[i]);
      }
    }
    report(std::string(set.name) + " " + name + " of special numbers", wrong.empty(), wrong);
  };
  const auto power = [](float a, float b) -> double {
    if (std::isnan(b) || (std::fabs(a) == 1 && std::isinf(b))) return nan32;
    return std::pow(double{a}, double{b});
  };
  compare("pow", CodeOp::pow, 1, power);
  compare("max", CodeOp::max, 0, [](float a, float b) { return std::isnan(a) || std::isnan(b) ? nan32 : std::fmax(a, b); });
  compare("min", CodeOp::min, 0, [](float a, float b) { return std::isnan(a) || std::isnan(b) ? nan32 : std::fmin(a, b); });
  compare("div", CodeOp::div, 0.5, [](float a, float b) { return double{a} / double{b}; });

  std::mt19937 generator(1);
  std::vector<float> bases(1 << 20), exponents(1 << 20);
  double worst = 0;
  for (size_t i = 0; i < bases.size(); i++) {
    bases[i] = floatOf(generator() & 0x7f7fffff);
    exponents[i] = (i % 2 ? 1 : -1) * std::exp2(static_cast<float>(generator() % 1000) / 40 - 15);
  }
  const auto powers = valuesOf(set, CodeOp::pow, bases, exponents);
  for (size_t i = 0; i < bases.size(); i++) {
    if (!isTiny(bases[i])) worst = std::fmax(worst, ulpsBetween(powers[i], power(bases[i], exponents[i])));
  }
  report(std::string(set.name) + " pow", worst <= 1, "at most " + show(worst) + " ulp");

  // log Γ against C, and the polygamma functions by known values and Γ's recurrence.
  std::vector<float> positive(20000);
  for (size_t i = 0; i < positive.size(); i++) positive[i] = std::exp2(static_cast<float>(i) / 400 - 20);
  const auto logGammas = valuesOf(set, CodeOp::lgamma, positive, {});
  worst = 0;
  for (size_t i = 0; i < positive.size(); i++) {
    worst = std::fmax(worst, ulpsBetween(logGammas[i], std::lgamma(double{positive[i]})));
  }
  report(std::string(set.name) + " lgamma", worst <= 1, "at most " + show(worst) + " ulp");
  const double pi = std::acos(-1.0), zeta3 = 1.2020569031595942;
  const double atOne[] = {-0.57721566490153286, pi * pi / 6, -2 * zeta3, std::pow(pi, 4) / 15};
  double factorial = 1;
  for (int order = 0; order < 4; order++) {
    if (order > 0) factorial *= order;
    std::vector<float> x(1000), next(1000);
    for (size_t i = 0; i < x.size(); i++) {
      x[i] = 0.125f + static_cast<float>(i) / 64;
      next[i] = x[i] + 1;
    }
    const auto here = valuesOf(set, CodeOp::polygamma, x, {}, static_cast<float>(order));
    const auto there = valuesOf(set, CodeOp::polygamma, next, {}, static_cast<float>(order));
    bool isRight = ulpsBetween(valuesOf(set, CodeOp::polygamma, {1}, {}, static_cast<float>(order))[0], atOne[order]) <= 1;
    for (size_t i = 0; i < x.size(); i++) {
      const double step = (order % 2 ? -1 : 1) * factorial / std::pow(x[i], order + 1);
      isRight = isRight && std::fabs(there[i] - here[i] - step) <= 0x1p-23 * (std::fabs(here[i]) + std::fabs(there[i]));
    }
    report(std::string(set.name) + " polygamma of order " + std::to_string(order), isRight);
  }

  const std::vector<float> cut = {-2.9f,  -0.5f, 2.9f,       16777217.0f, nan32,       inf32,         -inf32,
                                  3e9f,   -3e9f, 2147483648, 1e20f,    -2147483648, 4294967296.0f, 6442450944.0f,
                                  0x1p54f, 255,  300};
  const std::vector<int32_t> wholes = {-2, 0, 2, 16777216, 0, 0, 0, -1294967296, 1294967296, INT32_MIN, 0, INT32_MIN,
                                       0,  INT32_MIN, 0, 255, 300};
  const auto got = valuesOf(set, CodeOp::intFromFloat, cut, {});
  std::string wrong;
  for (size_t i = 0; i < cut.size(); i++) {
    if (static_cast<int32_t>(bitsOf(got[i])) != wholes[i]) {
      wrong += " " + show(cut[i]) + " → " + std::to_string(static_cast<int32_t>(bitsOf(got[i])));
    }
  }
  report(std::string(set.name) + " floats to whole numbers", wrong.empty(), wrong);
}

// Elementwise code, evaluated number by number. Only operations with one right result are drawn.
class Evaluator {
 public:
  Evaluator(Desk& desk, const Elementwise& work, bool isFused) : desk_(desk), work_(work), isFused_(isFused) {}

  // The registers at an element of the space.
  void evaluate(int64_t index, uint32_t* slots) {
    for (const Load& load : work_.loads) {
      const int64_t place = placeOf(load, index);
      switch (desk_.plan.buffers[load.buffer].dtype) {
        case DType::float32:
        case DType::int32:
          slots[load.slot] = desk_.at<uint32_t>(load.buffer)[place];
          break;
        case DType::uint8:
          slots[load.slot] = desk_.at<uint8_t>(load.buffer)[place];
          break;
        case DType::boolean:
          slots[load.slot] = desk_.at<uint8_t>(load.buffer)[place] ? ~0u : 0;
          break;
      }
    }
    for (const Constant& constant : work_.constants) slots[constant.slot] = constant.bits;
    for (const CodeLine& line : work_.code) {
      slots[line.result] = apply(line, slots[line.inputs[0]], slots[line.inputs[1]], slots[line.inputs[2]]);
    }
  }
  int64_t placeOf(const Load& load, int64_t index) const {
    int64_t place = load.offset;
    for (int axis = work_.rank - 1; axis >= 0; axis--) {
      place += index % work_.shape[axis] * load.strides[axis];
      index /= work_.shape[axis];
    }
    return place;
  }

 private:
  uint32_t apply(const CodeLine& line, uint32_t a, uint32_t b, uint32_t c) const {
    const float x = floatOf(a), y = floatOf(b), z = floatOf(c);
    const auto mask = [](bool truth) { return truth ? ~0u : 0u; };
    switch (line.op) {
      case CodeOp::neg: return bitsOf(-x);
      case CodeOp::abs: return bitsOf(std::fabs(x));
      case CodeOp::sqrt: return bitsOf(std::sqrt(x));
      case CodeOp::floor: return bitsOf(std::floor(x));
      case CodeOp::add: return bitsOf(x + y);
      case CodeOp::sub: return bitsOf(x - y);
      case CodeOp::mul: return bitsOf(x * y);
      case CodeOp::div: return bitsOf(x / y);
      case CodeOp::max: return bitsOf(x > y || x != x ? x : y);
      case CodeOp::min: return bitsOf(x < y || x != x ? x : y);
      case CodeOp::mulAdd: return bitsOf(fused(x, y, z));
      case CodeOp::mulSub: return bitsOf(fused(x, y, -z));
      case CodeOp::negMulAdd: return bitsOf(fused(-x, y, z));
      case CodeOp::equal: return mask(x == y);
      case CodeOp::less: return mask(x < y);
      case CodeOp::lessEqual: return mask(x <= y);
      case CodeOp::negInt: return -a;
      case CodeOp::addInt: return a + b;
      case CodeOp::subInt: return a - b;
      case CodeOp::mulInt: return a * b;
      case CodeOp::maxInt: return static_cast<int32_t>(a) > static_cast<int32_t>(b) ? a : b;
      case CodeOp::minInt: return static_cast<int32_t>(a) < static_cast<int32_t>(b) ? a : b;
      case CodeOp::equalInt: return mask(a == b);
      case CodeOp::lessInt: return mask(static_cast<int32_t>(a) < static_cast<int32_t>(b));
      case CodeOp::lessEqualInt: return mask(static_cast<int32_t>(a) <= static_cast<int32_t>(b));
      case CodeOp::where: return (a & b) | (~a & c);
      case CodeOp::floatFromInt: return bitsOf(static_cast<float>(static_cast<int32_t>(a)));
      case CodeOp::floatFromMask: return bitsOf(a ? 1 : 0);
      case CodeOp::intFromFloat: return std::fabs(x) < 2147483648.0f ? static_cast<uint32_t>(static_cast<int32_t>(x)) : 0;
      case CodeOp::intFromMask: return a & 1;
      case CodeOp::maskFromFloat: return mask(x != 0);
      case CodeOp::maskFromInt: return mask(a != 0);
      case CodeOp::byteFromInt: return a & 255;
      case CodeOp::step: return static_cast<uint32_t>(desk_.step);
      default: std::abort();
    }
  }
  float fused(float x, float y, float z) const {
    if (isFused_) return std::fma(x, y, z);
    // Rounded twice whatever the compiler would like.
    volatile float product = x * y;
    return product + z;
  }

  Desk& desk_;
  const Elementwise& work_;
  bool isFused_;
};

bool fuses(const Kernels& set) {
#if defined(__aarch64__)
  return set.lanes >= 4;
#else
  return set.lanes > 4;
#endif
}

enum Kind { isFloat, isInt, isMask };

// Random work on random buffers: a desk, the work, and what its stores and reductions should give.
class RandomWork {
 public:
  explicit RandomWork(std::mt19937& generator) : generator_(generator) { draw(); }

  Desk desk;
  Elementwise work{};

  // Puts the inputs back, for those that were written in place.
  void reset() {
    for (size_t i = 0; i < inputs_.size(); i++) {
      if (!inputs_[i].empty()) std::memcpy(desk.at<char>(static_cast<int>(i)), inputs_[i].data(), inputs_[i].size());
    }
  }

  // Empty, or what is wrong with what is in the buffers now.
  std::string check(bool isFused) {
    std::vector<std::vector<char>> results;
    for (size_t i = 0; i < desk.plan.buffers.size(); i++) {
      const char* data = desk.at<char>(static_cast<int>(i));
      results.emplace_back(data, data + desk.plan.buffers[i].bytes());
      if (!desk.isUntouched(static_cast<int>(i))) return "something was written behind a buffer";
    }
    reset();
    Evaluator evaluator(desk, work, isFused);
    std::vector<std::vector<double>> sums(work.reductions.size()), sizes(work.reductions.size());
    for (size_t r = 0; r < work.reductions.size(); r++) {
      const int64_t count = countOf(work.reductions[r]);
      const bool isMax = work.reductions[r].op == ReduceOp::max;
      sums[r].assign(count, isMax ? -HUGE_VAL : 0);
      sizes[r].assign(count, 0);
    }
    for (int64_t index = 0; index < work.size; index++) {
      uint32_t slots[maxSlots] = {};
      evaluator.evaluate(index, slots);
      for (const Store& store : work.stores) {
        const int64_t place = evaluator.placeOf(store, index);
        const char* result = results[store.buffer].data();
        const DType type = desk.plan.buffers[store.buffer].dtype;
        const uint32_t wanted = slots[store.slot];
        bool isRight;
        if (type == DType::float32) isRight = isSame(reinterpret_cast<const float*>(result)[place], floatOf(wanted));
        else if (type == DType::int32) isRight = reinterpret_cast<const uint32_t*>(result)[place] == wanted;
        else isRight = static_cast<uint8_t>(result[place]) == (type == DType::boolean ? wanted & 1 : wanted & 255);
        if (!isRight) return "element " + std::to_string(index) + " is wrong";
      }
      for (size_t r = 0; r < work.reductions.size(); r++) {
        const Reduction& reduction = work.reductions[r];
        const bool isFloating = desk.plan.buffers[reduction.buffer].dtype == DType::float32;
        const double x = isFloating ? floatOf(slots[reduction.slot]) : static_cast<int32_t>(slots[reduction.slot]);
        const int64_t at = reduction.keep == Keep::rows ? index / work.columns
                           : reduction.keep == Keep::columns ? index % work.columns : 0;
        double& sum = sums[r][at];
        if (reduction.op == ReduceOp::sum) sum += x;
        else if (!(x <= sum)) sum = std::isnan(sum) ? sum : x;
        sizes[r][at] += std::fabs(x);
      }
    }
    for (size_t r = 0; r < work.reductions.size(); r++) {
      const Reduction& reduction = work.reductions[r];
      const char* result = results[reduction.buffer].data();
      const bool isFloating = desk.plan.buffers[reduction.buffer].dtype == DType::float32;
      for (int64_t i = 0; i < countOf(reduction); i++) {
        const double wanted = sums[r][i];
        bool isRight;
        if (isFloating) {
          const float got = reinterpret_cast<const float*>(result)[i];
          // A sum is blocked: no more than a hundred roundings reach any summand.
          const double allowed = reduction.op == ReduceOp::sum ? 100 * 0x1p-24 * sizes[r][i] : 0;
          isRight = isSame(got, static_cast<float>(wanted)) || std::fabs(got - wanted) <= allowed + leastNormal;
        } else {
          const int32_t whole = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(std::fmod(wanted, 0x1p32))));
          isRight = reinterpret_cast<const int32_t*>(result)[i] == (std::isinf(wanted) ? INT32_MIN : whole);
        }
        if (!isRight) return "reduction " + std::to_string(r) + " is wrong at " + std::to_string(i) + ", not " + show(wanted);
      }
    }
    return "";
  }

  std::string describe() const {
    std::string text = "shape";
    for (int axis = 0; axis < work.rank; axis++) text += " " + std::to_string(work.shape[axis]);
    text += ", columns " + std::to_string(work.columns) + ", " + std::to_string(work.code.size()) + " lines";
    return text;
  }

 private:
  int64_t pick(int64_t count) { return static_cast<int64_t>(generator_() % static_cast<uint64_t>(count)); }
  int64_t countOf(const Reduction& reduction) const {
    return reduction.keep == Keep::rows ? work.size / work.columns : reduction.keep == Keep::columns ? work.columns : 1;
  }

  // Strides of one of the ways to walk the space: as it lies, the axes in another order, some repeated, some backwards or
  // with gaps. `size` and `offset` get what the buffer needs.
  Load drawWalk(bool mayRepeat, int64_t& size) {
    Load load{};
    int order[maxRank];
    for (int axis = 0; axis < work.rank; axis++) order[axis] = axis;
    if (pick(3) == 0) std::swap(order[pick(work.rank)], order[pick(work.rank)]);
    int64_t stride = pick(8) == 0 ? 2 : 1, last = 0;
    for (int k = work.rank - 1; k >= 0; k--) {
      const int axis = order[k];
      const int64_t length = work.shape[axis];
      if (mayRepeat && pick(3) == 0) continue;
      load.strides[axis] = pick(10) == 0 ? -stride : stride;
      last += (length - 1) * stride;
      if (load.strides[axis] < 0) load.offset += (length - 1) * stride;
      stride *= length + (pick(10) == 0);
    }
    const int64_t shift = pick(4) == 0 ? pick(20) : 0;
    load.offset += shift;
    size = last + 1 + shift;
    return load;
  }
  Load dense() const {
    Load load{};
    int64_t stride = 1;
    for (int axis = work.rank - 1; axis >= 0; axis--) {
      load.strides[axis] = stride;
      stride *= work.shape[axis];
    }
    return load;
  }

  static Kind kindOf(DType type) {
    return type == DType::float32 ? isFloat : type == DType::boolean ? isMask : isInt;
  }
  int ofKind(Kind kind) {
    std::vector<int> matching;
    for (int slot = 0; slot < work.slots; slot++) {
      if (kinds_[slot] == kind) matching.push_back(slot);
    }
    return matching[pick(static_cast<int64_t>(matching.size()))];
  }
  void line(CodeOp op, Kind result, std::initializer_list<Kind> operands) {
    CodeLine line{op, 0, {0, 0, 0}, 0};
    int k = 0;
    for (const Kind kind : operands) line.inputs[k++] = ofKind(kind);
    // Now and then the place of an older result.
    if (work.slots > firstLine_ && pick(4) == 0) line.result = firstLine_ + static_cast<int>(pick(work.slots - firstLine_));
    else line.result = work.slots++;
    kinds_[line.result] = result;
    work.code.push_back(line);
  }

  void draw() {
    static const int64_t lengths[] = {1, 2, 3, 5, 7, 16, 17, 31, 64, 100, 255, 256, 257, 300, 511, 513, 784, 1023, 1025, 3000};
    do {
      work.rank = static_cast<int>(1 + pick(4));
      work.size = 1;
      for (int axis = 0; axis < work.rank; axis++) work.size *= work.shape[axis] = lengths[pick(20)];
    } while (work.size > 150000);
    // A divisor of the size: a product of the last axes, or part of one.
    work.columns = 1;
    for (int axis = work.rank - 1; axis >= 0 && pick(3); axis--) work.columns *= work.shape[axis];
    if (work.columns % 2 == 0 && pick(4) == 0) work.columns /= 2;

    const DType types[] = {DType::float32, DType::float32, DType::float32, DType::int32, DType::uint8, DType::boolean};
    const int loads = static_cast<int>(3 + pick(4));
    std::vector<int> inPlace;
    for (int i = 0; i < loads; i++) {
      const DType type = i < 3 ? types[i * 2 + 1] : types[pick(6)];
      int64_t size = work.size;
      Load load = pick(2) ? drawWalk(true, size) : dense();
      load.buffer = desk.add(type, size);
      load.slot = work.slots++;
      kinds_[load.slot] = kindOf(type);
      work.loads.push_back(load);
    }
    for (int i = 0; i < 3; i++) {
      const float value = static_cast<float>(pick(9)) - 4;
      work.constants.push_back({work.slots, i == 0 ? bitsOf(value) : i == 1 ? static_cast<uint32_t>(pick(9)) : ~0u});
      kinds_[work.slots++] = static_cast<Kind>(i);
    }
    firstLine_ = work.slots;
    const Kind F = isFloat, I = isInt, M = isMask;
    const int lineCount = static_cast<int>(1 + pick(20));
    for (int i = 0; i < lineCount && work.slots < maxSlots - 1; i++) {
      switch (pick(34)) {
        case 0: line(CodeOp::neg, F, {F}); break;
        case 1: line(CodeOp::abs, F, {F}); break;
        case 2: line(CodeOp::sqrt, F, {F}); break;
        case 3: line(CodeOp::floor, F, {F}); break;
        case 4: line(CodeOp::add, F, {F, F}); break;
        case 5: line(CodeOp::sub, F, {F, F}); break;
        case 6: line(CodeOp::mul, F, {F, F}); break;
        case 7: line(CodeOp::div, F, {F, F}); break;
        case 8: line(CodeOp::max, F, {F, F}); break;
        case 9: line(CodeOp::min, F, {F, F}); break;
        case 10: line(CodeOp::mulAdd, F, {F, F, F}); break;
        case 11: line(CodeOp::mulSub, F, {F, F, F}); break;
        case 12: line(CodeOp::negMulAdd, F, {F, F, F}); break;
        case 13: line(CodeOp::equal, M, {F, F}); break;
        case 14: line(CodeOp::less, M, {F, F}); break;
        case 15: line(CodeOp::lessEqual, M, {F, F}); break;
        case 16: line(CodeOp::negInt, I, {I}); break;
        case 17: line(CodeOp::addInt, I, {I, I}); break;
        case 18: line(CodeOp::subInt, I, {I, I}); break;
        case 19: line(CodeOp::mulInt, I, {I, I}); break;
        case 20: line(CodeOp::maxInt, I, {I, I}); break;
        case 21: line(CodeOp::minInt, I, {I, I}); break;
        case 22: line(CodeOp::equalInt, M, {I, I}); break;
        case 23: line(CodeOp::lessInt, M, {I, I}); break;
        case 24: line(CodeOp::lessEqualInt, M, {I, I}); break;
        case 25: line(CodeOp::where, F, {M, F, F}); break;
        case 26: line(CodeOp::where, I, {M, I, I}); break;
        case 27: line(CodeOp::floatFromInt, F, {I}); break;
        case 28: line(CodeOp::floatFromMask, F, {M}); break;
        case 29: line(CodeOp::intFromMask, I, {M}); break;
        case 30: line(CodeOp::maskFromFloat, M, {F}); break;
        case 31: line(CodeOp::maskFromInt, M, {I}); break;
        case 32: line(CodeOp::byteFromInt, I, {I}); break;
        default: line(CodeOp::step, I, {}); break;
      }
    }

    const DType ofKindType[] = {DType::float32, DType::int32, DType::boolean};
    const int stores = static_cast<int>(pick(4));
    for (int i = 0; i < stores; i++) {
      const int slot = static_cast<int>(pick(work.slots));
      DType type = ofKindType[kinds_[slot]];
      if (type == DType::int32 && pick(3) == 0) type = DType::uint8;
      int64_t size = work.size;
      Store store = pick(3) == 0 ? drawWalk(false, size) : dense();
      // In place of a load that is walked alike, if there is one that nothing else is.
      for (const Load& load : work.loads) {
        bool isUsed = desk.plan.buffers[load.buffer].dtype != type;
        for (const int buffer : inPlace) isUsed = isUsed || buffer == load.buffer;
        if (isUsed || pick(2) || std::memcmp(load.strides, store.strides, sizeof load.strides) != 0) continue;
        if (load.offset != store.offset) continue;
        store.buffer = load.buffer;
        inPlace.push_back(load.buffer);
        size = 0;
        break;
      }
      if (size > 0) store.buffer = desk.add(type, size);
      store.slot = slot;
      work.stores.push_back(store);
    }
    const int reductions = stores == 0 ? 1 : static_cast<int>(pick(3));
    for (int i = 0; i < reductions; i++) {
      Reduction reduction{};
      do reduction.slot = static_cast<int>(pick(work.slots)); while (kinds_[reduction.slot] == isMask);
      reduction.op = pick(2) ? ReduceOp::sum : ReduceOp::max;
      reduction.keep = static_cast<Keep>(pick(3));
      reduction.buffer = desk.add(ofKindType[kinds_[reduction.slot]], countOf(reduction));
      work.reductions.push_back(reduction);
    }
    desk.lay();

    inputs_.resize(desk.plan.buffers.size());
    const bool hasSpecial = pick(4) == 0;
    for (const Load& load : work.loads) {
      const Buffer& buffer = desk.plan.buffers[load.buffer];
      for (int64_t i = 0; i < buffer.size; i++) {
        const uint32_t draw = generator_();
        switch (buffer.dtype) {
          case DType::float32: {
            float& x = desk.at<float>(load.buffer)[i];
            x = static_cast<float>(static_cast<int32_t>(draw % 2001) - 1000) / 256;
            if (hasSpecial && draw % 512 == 0) x = draw % 3 == 0 ? nan32 : draw % 3 == 1 ? inf32 : -inf32;
            break;
          }
          case DType::int32: desk.at<int32_t>(load.buffer)[i] = draw % 8 ? static_cast<int32_t>(draw % 19) - 9 : static_cast<int32_t>(draw); break;
          case DType::uint8: desk.at<uint8_t>(load.buffer)[i] = static_cast<uint8_t>(draw); break;
          case DType::boolean: desk.at<uint8_t>(load.buffer)[i] = draw & 1; break;
        }
      }
      const char* data = desk.at<char>(load.buffer);
      inputs_[load.buffer].assign(data, data + buffer.bytes());
    }
  }

  std::mt19937& generator_;
  Kind kinds_[maxSlots] = {};
  int firstLine_ = 0;
  std::vector<std::vector<char>> inputs_;
};

void testElementwise() {
  const auto sets = runnable();
  std::vector<std::string> wrong(sets.size());
  std::string order;
  std::mt19937 generator(2026);
  const int works = 600;
  for (int i = 0; i < works; i++) {
    RandomWork random(generator);
    for (size_t s = 0; s < sets.size(); s++) {
      const TaskPointer task = sets[s]->elementwise(random.work, random.desk.plan);
      random.reset();
      random.desk.run(*task, i % 2 == 1);
      const std::string problem = random.check(fuses(*sets[s]));
      if (!problem.empty() && wrong[s].empty()) wrong[s] = std::to_string(i) + ". " + random.describe() + ": " + problem;
    }
  }
  for (size_t s = 0; s < sets.size(); s++) {
    report(std::string(sets[s]->name) + " " + std::to_string(works) + " random elementwise loops", wrong[s].empty(), wrong[s]);
  }
}

// Ranges cut at any allowed place give the same numbers; but for sums that keep nothing, the same bits.
void testRanges() {
  std::mt19937 generator(7);
  std::string wrong;
  for (int i = 0; i < 300 && wrong.empty(); i++) {
    RandomWork random(generator);
    bool hasRows = false;
    for (const Reduction& reduction : random.work.reductions) hasRows = hasRows || reduction.keep != Keep::nothing;
    const baseline::ElementwiseLoop loop(random.work, random.desk.plan);
    std::vector<char> memory(loop.scratchBytes() + loop.partialBytes() + 128);
    char* scratch = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
    char* partial = scratch + (loop.scratchBytes() + 63) / 64 * 64;
    const auto run = [&](bool isCut) {
      random.reset();
      const Context context = random.desk.context();
      loop.begin(context, scratch, partial);
      const int64_t unit = hasRows ? random.work.columns : 1;
      for (int64_t from = 0, to; from < random.work.size; from = to) {
        const int64_t units = (random.work.size - from) / unit;
        to = isCut ? from + unit * (1 + static_cast<int64_t>(generator() % static_cast<uint64_t>(units))) : random.work.size;
        loop.range(context, from, to, scratch, partial);
      }
      loop.finish(context, partial, 1);
      std::vector<std::vector<char>> results;
      for (size_t b = 0; b < random.desk.plan.buffers.size(); b++) {
        const char* data = random.desk.at<char>(static_cast<int>(b));
        results.emplace_back(data, data + random.desk.plan.buffers[b].bytes());
      }
      for (const Reduction& reduction : random.work.reductions) {
        if (reduction.keep == Keep::nothing && reduction.op == ReduceOp::sum) results[reduction.buffer].clear();
      }
      return results;
    };
    if (run(false) != run(true)) wrong = random.describe();
    else if (!random.check(false).empty()) wrong = random.describe() + " in pieces";
  }
  report("ranges cut anywhere give the same numbers", wrong.empty(), wrong);
}

void testLongSums(const Kernels& set) {
  // One number a million times over: a single running float would be off by a hundredth.
  const int64_t count = 1 << 20;
  for (const Keep keep : {Keep::rows, Keep::columns, Keep::nothing}) {
    Desk desk;
    const int x = desk.add(DType::float32, count), y = desk.add(DType::float32, 4);
    desk.lay();
    for (int64_t i = 0; i < count; i++) desk.at<float>(x)[i] = 0.1f;
    CodeWriter code({count});
    code.columns(keep == Keep::columns ? 4 : count);
    code.reduce(code.load(x), ReduceOp::sum, keep, y);
    desk.run(*set.elementwise(code.work(), desk.plan));
    const double wanted = 0.1f * static_cast<double>(keep == Keep::columns ? count / 4 : count);
    const double error = std::fabs(*desk.at<float>(y) / wanted - 1);
    report(std::string(set.name) + " a sum of a million, keeping " +
               (keep == Keep::rows ? "a row" : keep == Keep::columns ? "columns" : "nothing"),
           error < 2e-6, "off by " + show(error));
  }
}

void testReduce(const Kernels& set) {
  std::mt19937 generator(3);
  const auto pick = [&](int64_t count) { return static_cast<int64_t>(generator() % static_cast<uint64_t>(count)); };
  std::string wrong;
  const int works = 600;
  for (int i = 0; i < works && wrong.empty(); i++) {
    static const int64_t lengths[] = {0, 1, 2, 3, 7, 16, 17, 33, 64, 257, 520, 2000};
    Reduce work{};
    int64_t kept, reduced;
    do {
      work.keptRank = static_cast<int32_t>(pick(4));
      work.reducedRank = static_cast<int32_t>(pick(4));
      kept = reduced = 1;
      for (int k = 0; k < work.keptRank; k++) kept *= work.kept[k] = lengths[pick(12)];
      for (int k = 0; k < work.reducedRank; k++) reduced *= work.reduced[k] = lengths[pick(12)];
    } while (kept * reduced > 200000 || kept > 50000);
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
      else desk.at<float>(work.x)[k] = hasSpecial && draw % 999 == 0 ? nan32 : static_cast<float>(draw % 2001) / 256 - 4;
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
                  const bool isRight = isInt ? desk.at<int32_t>(y)[at] == sum : desk.at<float>(y)[at] == static_cast<float>(sum);
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
                return isInt ? desk.at<int32_t>(x)[at] : desk.at<float>(x)[at];
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
              if (type == DType::float32) desk.at<float>(x)[i] = draw == 0 ? inf32 : draw == 1 ? -inf32 : static_cast<float>(draw % 2 ? -draw : draw - 2) / 2;
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
      const uint32_t word = philoxBlock(static_cast<uint32_t>(i / 4), static_cast<uint32_t>(desk.step), hash, desk.key[0],
                                        desk.key[1])[i % 4];
      if (desk.at<float>(uniform)[i] != static_cast<float>(word >> 8) * 0x1p-24f) wrong = "uniform " + std::to_string(i);
      worst = std::fmax(worst, ulpsBetween(desk.at<float>(normal)[i], quantile((word + 0.5) * 0x1p-32)));
    }
    if (!desk.isUntouched(uniform) || !desk.isUntouched(normal)) wrong = "something was written behind the result";
  }
  report(std::string(set.name) + " uniform numbers", wrong.empty(), wrong);
  report(std::string(set.name) + " normal numbers", worst <= 0.51, "at most " + show(worst) + " ulp");
}

}  // namespace

int main(int argc, char** argv) {
  const FlushDenormals flush;
  const std::vector<uint32_t> zeros = philoxBlock(0, 0, 0, 0, 0);
  report("the published answer of Philox", zeros == std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  testElementwise();
  testRanges();
  for (const Kernels* set : runnable()) {
    testEdges(*set);
    testLongSums(*set);
    testReduce(*set);
    testRows(*set);
    testAlong(*set);
    testTopK(*set);
    testRandom(*set);
  }
  testFunctions(argc > 1 ? static_cast<uint32_t>(std::atoll(argv[1])) : 251);
  std::printf(failures == 0 ? "all is well\n" : "%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}
