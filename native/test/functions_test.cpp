// Measures the functions of elementwise code against C's in double, for each instruction set that this processor runs:
// one line for each, with the largest error, and exit code 1 if one is beyond its bound.
//
//   node native/build.js --tests && native/build/tests/functions_test [stride]
//
// They are measured at every `stride`-th float, 251 unless told: 17 million of them.
#include <cstdlib>
#include <random>

#include "../src/threads.h"
#include "checks.h"
#include "desk.h"

using namespace vaekit;

namespace {

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
    {CodeOp::sin, "sin", 2, std::sin, 0, 1e4},
    {CodeOp::cos, "cos", 2, std::cos, 0, 1e4},
    {CodeOp::tanh, "tanh", 2.5, std::tanh},
    {CodeOp::sigmoid, "sigmoid", 2.5, sigmoid},
    {CodeOp::softplus, "softplus", 2.5, softplus},
    {CodeOp::erf, "erf", 2, std::erf},
};

// As the kernels see them: numbers below the smallest normal one are 0.
double seen(float x) { return isTiny(x) ? std::copysign(0.0f, x) : x; }

void testFunctions(uint32_t stride) {
  const int64_t chunk = 1 << 14;
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
  const int x = desk.add(DType::float32, count), y = desk.add(DType::float32, count);
  const int z = desk.add(DType::float32, count);
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
  const std::vector<float> special = {nan32, inf32, -inf32, 0.0f, -0.0f, 1,     -1,     0.5f,
                                      -0.5f, 2,     3,      -3,   1e30f, -1e30f, 16777217.0f};
  std::vector<float> first, second;
  for (const float a : special) {
    for (const float b : special) {
      first.push_back(a);
      second.push_back(b);
    }
  }
  using Exact = double (*)(float, float);
  const auto compare = [&](const char* name, CodeOp op, double bound, Exact exact) {
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
  compare("max", CodeOp::max, 0, [](float a, float b) -> double { return a > b || a != a ? a : b; });
  compare("min", CodeOp::min, 0, [](float a, float b) -> double { return a < b || a != a ? a : b; });
  compare("div", CodeOp::div, 0.5, [](float a, float b) -> double { return double{a} / double{b}; });

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
    const auto known = valuesOf(set, CodeOp::polygamma, {1}, {}, static_cast<float>(order));
    bool isRight = ulpsBetween(known[0], atOne[order]) <= 1;
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

}  // namespace

int main(int argc, char** argv) {
  const FlushDenormals flush;
  for (const Kernels* set : runnable()) testEdges(*set);
  testFunctions(argc > 1 ? static_cast<uint32_t>(std::atoll(argv[1])) : 251);
  return conclude();
}
