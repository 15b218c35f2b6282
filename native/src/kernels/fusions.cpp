// The sequences that take most of the time of elementwise work in training steps. Every one is written down as its lines,
// from which its loop is made; a sequence is found wherever its lines stand one after the other.
#include "fusions.h"

#include "operations.h"

namespace vaekit::VAEKIT_ISA {
namespace {

constexpr int mostLines = 9, mostInputs = 10;

struct Step {
  CodeOp op;
  // Numbers of inputs, or of steps before.
  int operands[3];
  // Whether the result is wanted by others than the steps after it.
  bool isResult;
};

// Operands: the inputs in the order of their first use, and r(i) for the result of step i.
constexpr int firstStep = 100;
constexpr int r(int step) { return firstStep + step; }

struct Pattern {
  // A bit for every input that is the same for all elements.
  unsigned uniform = 0;
  int lines = 0, inputs = 0, results = 0;
  Step steps[mostLines] = {};

  template <int count>
  constexpr Pattern(unsigned uniformInputs, const Step (&first)[count]) : uniform(uniformInputs) {
    for (const Step& step : first) add(step);
  }
  template <int count>
  constexpr Pattern(Pattern begun, const Step (&rest)[count]) : Pattern(begun) {
    for (const Step& step : rest) add(step);
  }

  constexpr bool isUniform(int input) const { return (uniform >> input & 1) != 0; }

 private:
  constexpr void add(const Step& step) {
    for (int k = 0; k < operandsOf(step.op); k++) {
      const int operand = step.operands[k];
      if (operand < firstStep && operand >= inputs) inputs = operand + 1;
    }
    results += step.isResult;
    steps[lines++] = step;
  }
};

using Op = CodeOp;

// m ← β₁m + s₁g, v ← β₂v + s₂g², w ← w − lr m / (√v + ε), of g, s₁, m, β₁, s₂, v, β₂, ε, lr, w.
constexpr Pattern adam(0b0111011010, {{Op::mul, {0, 1}, false},
                                      {Op::mulAdd, {2, 3, r(0)}, true},
                                      {Op::mul, {0, 0}, false},
                                      {Op::mul, {r(2), 4}, false},
                                      {Op::mulAdd, {5, 6, r(3)}, true},
                                      {Op::sqrt, {r(4)}, false},
                                      {Op::add, {r(5), 7}, false},
                                      {Op::div, {r(1), r(6)}, false},
                                      {Op::negMulAdd, {r(7), 8, 9}, true}});

// −log p(x|logits) of Bernoulli variables, and its derivative times c: softplus(l) − x l and c σ(l) − c x.
constexpr Pattern bernoulliOfBits(0b1100, {{Op::softplus, {0}, false},
                                           {Op::floatFromInt, {1}, false},
                                           {Op::negMulAdd, {r(1), 0, r(0)}, true},
                                           {Op::sigmoid, {0}, false},
                                           {Op::mul, {2, r(3)}, false},
                                           {Op::mulAdd, {3, r(1), r(4)}, true}});
constexpr Pattern bernoulli(0b1100, {{Op::softplus, {0}, false},
                                     {Op::negMulAdd, {1, 0, r(0)}, true},
                                     {Op::sigmoid, {0}, false},
                                     {Op::mul, {2, r(2)}, false},
                                     {Op::mulAdd, {3, 1, r(3)}, true}});
constexpr Pattern bernoulliAndMean(
    0, {{Op::softplus, {0}, false}, {Op::negMulAdd, {1, 0, r(0)}, true}, {Op::sigmoid, {0}, true}});

// tanh(a + b) σ(c + d), and what its derivatives need.
constexpr Pattern gate(0, {{Op::add, {0, 1}, false},
                           {Op::tanh, {r(0)}, true},
                           {Op::add, {2, 3}, false},
                           {Op::sigmoid, {r(2)}, true},
                           {Op::mul, {r(1), r(3)}, true}});
constexpr Pattern gateGradient(0b1000, {{Op::mul, {0, 1}, false},
                                        {Op::negMulAdd, {2, 2, 2}, false},
                                        {Op::mul, {r(0), r(1)}, true},
                                        {Op::mul, {0, 2}, false},
                                        {Op::negMulAdd, {1, 1, 3}, false},
                                        {Op::mul, {r(3), r(4)}, true}});

// g times the derivative of tanh, which is 1 − y², or of a sigmoid, y − y².
constexpr Pattern tanhGradient(0b010, {{Op::negMulAdd, {0, 0, 1}, false}, {Op::mul, {2, r(0)}, true}});
constexpr Pattern sigmoidGradient(0, {{Op::negMulAdd, {0, 0, 0}, false}, {Op::mul, {1, r(0)}, true}});

// What meets after several layers, with their biases.
constexpr Pattern sumOfThree(0, {{Op::add, {0, 1}, false}, {Op::add, {r(0), 2}, true}});
constexpr Pattern sumOfFour(
    0, {{Op::add, {0, 1}, false}, {Op::add, {2, 3}, false}, {Op::add, {r(0), r(1)}, true}});

// What a GRU does in a frame: σ(a + b + c) of two gates; n = tanh(r (a + b) + (c + d)) and n + z (h − n), with what their
// derivatives need; and the derivatives, of the sum of three gradients.
constexpr Pattern recurrentGates(
    0, {{Op::add, {0, 1}, false}, {Op::add, {r(0), 2}, false}, {Op::sigmoid, {r(1)}, true}});
constexpr Pattern recurrentState(0, {{Op::add, {0, 1}, true},
                                     {Op::add, {2, 3}, false},
                                     {Op::mulAdd, {4, r(0), r(1)}, false},
                                     {Op::tanh, {r(2)}, true},
                                     {Op::sub, {5, r(3)}, true},
                                     {Op::mulAdd, {6, r(4), r(3)}, true}});
constexpr Pattern recurrentGradient(0b1000000, {{Op::add, {0, 1}, false},
                                                {Op::add, {r(0), 2}, false},
                                                {Op::mul, {r(1), 3}, true},
                                                {Op::mul, {r(1), 4}, true},
                                                {Op::sub, {r(1), r(3)}, false},
                                                {Op::negMulAdd, {5, 5, 6}, false},
                                                {Op::mul, {r(4), r(5)}, true},
                                                {Op::mul, {r(6), 7}, true},
                                                {Op::mul, {r(6), 8}, true}});

// Batch normalisation of x + bias, then a leaky ReLU; and the two halves of its derivative.
constexpr Pattern deviation(
    0, {{Op::add, {0, 1}, false}, {Op::sub, {r(0), 2}, true}, {Op::mul, {r(1), r(1)}, true}});
constexpr Pattern normalised(0b1000000, {{Op::add, {0, 1}, false},
                                         {Op::sub, {r(0), 2}, false},
                                         {Op::div, {r(1), 3}, false},
                                         {Op::mulAdd, {r(2), 4, 5}, false},
                                         {Op::mul, {r(3), 6}, false}});
constexpr Pattern normalisation(normalised, {{Op::max, {r(3), r(4)}, true}});
constexpr Pattern normalisationGradient(normalised, {{Op::less, {r(4), r(3)}, false},
                                                     {Op::mul, {7, 6}, false},
                                                     {Op::where, {r(5), 7, r(6)}, true},
                                                     {Op::mul, {r(1), r(7)}, true}});
constexpr Pattern deviationGradient(0, {{Op::mul, {0, 1}, false},
                                        {Op::div, {r(0), 2}, false},
                                        {Op::add, {3, 4}, false},
                                        {Op::sub, {r(2), 5}, false},
                                        {Op::mul, {6, r(3)}, false},
                                        {Op::add, {r(1), r(4)}, false},
                                        {Op::add, {r(5), r(4)}, false},
                                        {Op::add, {r(6), 7}, true}});

// Results of all steps from `step` on, of those before and the inputs.
template <const Pattern& pattern, int step = 0>
VAEKIT_INLINE void compute(const Floats* inputs, Floats* results) {
  if constexpr (step < pattern.lines) {
    constexpr Step s = pattern.steps[step];
    using O = Operation<s.op>;
    const auto operand = [&](int i) __attribute__((always_inline)) {
      const int at = s.operands[i];
      return bitsOf<typename O::Operand>(at >= firstStep ? results[at - firstStep] : inputs[at]);
    };
    typename O::Result result;
    if constexpr (operandsOf(s.op) == 1) result = O::of(operand(0));
    else if constexpr (operandsOf(s.op) == 2) result = O::of(operand(0), operand(1));
    else result = O::of(operand(0), operand(1), operand(2));
    results[step] = bitsOf<Floats>(result);
    compute<pattern, step + 1>(inputs, results);
  }
}

template <const Pattern& pattern>
void run(char* const* at, const int* locations, int64_t count) {
  static_assert(pattern.inputs <= mostInputs && pattern.inputs + pattern.results <= mostLocations);
  Floats inputs[pattern.inputs], results[pattern.lines];
  const float* from[pattern.inputs];
  float* to[pattern.lines];
#pragma GCC unroll 16
  for (int k = 0; k < pattern.inputs; k++) {
    from[k] = reinterpret_cast<const float*>(at[locations[k]]);
    if (pattern.isUniform(k)) inputs[k] = load<Floats>(from[k]);
  }
  for (int step = 0, k = pattern.inputs; step < pattern.lines; step++) {
    if (pattern.steps[step].isResult) to[step] = reinterpret_cast<float*>(at[locations[k++]]);
  }
  const auto each = [&](auto read, auto write) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int k = 0; k < pattern.inputs; k++) {
      if (!pattern.isUniform(k)) inputs[k] = read(from[k]);
    }
    compute<pattern>(inputs, results);
#pragma GCC unroll 16
    for (int step = 0; step < pattern.lines; step++) {
      if (pattern.steps[step].isResult) write(to[step], results[step]);
    }
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    each([i](const float* x) __attribute__((always_inline)) { return load<Floats>(x + i); },
         [i](float* x, Floats value) __attribute__((always_inline)) { store(x + i, value); });
  }
  // As in lines, the last elements go the way of whole vectors.
  if (const int rest = static_cast<int>(count - i)) {
    each([i, rest](const float* x) __attribute__((always_inline)) { return loadFirst<Floats>(x + i, rest); },
         [i, rest](float* x, Floats value) __attribute__((always_inline)) { storeFirst(x + i, value, rest); });
  }
}

struct Known {
  const Pattern& pattern;
  Fusion fusion;
};

// The longer ones first.
const Known known[] = {
#define X(name) {name, {name.lines, name.inputs, name.results, run<name>}}
    X(adam),      X(normalisationGradient), X(deviationGradient), X(normalisation), X(bernoulliOfBits),
    X(gateGradient), X(bernoulli),          X(gate),              X(deviation),     X(bernoulliAndMean),
    X(recurrentGradient), X(recurrentState), X(recurrentGates),     X(sumOfFour),   X(sumOfThree),
    X(tanhGradient),      X(sigmoidGradient),
#undef X
};

bool matches(const Pattern& pattern, const List<PlacedLine>& lines, int first, const List<bool>& isUniform,
             int* locations) {
  if (first + pattern.lines > lines.size()) return false;
  int makers[mostInputs], bound = 0, results = pattern.inputs;
  for (int step = 0; step < pattern.lines; step++) {
    const Step& wanted = pattern.steps[step];
    const PlacedLine& line = lines[first + step];
    if (line.op != wanted.op || (line.lastReader >= first + pattern.lines) != wanted.isResult) return false;
    for (int k = 0; k < operandsOf(wanted.op); k++) {
      const int at = wanted.operands[k], maker = line.makers[k], location = line.operands[k];
      if (at >= firstStep) {
        if (maker != first + at - firstStep) return false;
        continue;
      }
      if (maker >= first) return false;
      if (at == bound) {
        if (isUniform[location] != pattern.isUniform(at)) return false;
        locations[at] = location;
        makers[at] = maker;
        bound++;
      } else if (locations[at] != location || makers[at] != maker) {
        return false;
      }
    }
    if (wanted.isResult) locations[results++] = line.result;
  }
  return true;
}

}  // namespace

const Fusion* fusionAt(const List<PlacedLine>& lines, int first, const List<bool>& isUniform, int* locations) {
  for (const Known& each : known) {
    if (matches(each.pattern, lines, first, isUniform, locations)) return &each.fusion;
  }
  return nullptr;
}

}  // namespace vaekit::VAEKIT_ISA
