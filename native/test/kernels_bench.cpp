// Nanoseconds per element of elementwise code, reductions, random numbers and rows, on one thread, for each instruction
// set that this processor runs: the best of several runs.
//
//   node native/build.js --tests && native/build/tests/kernels_bench [elements, 16384 unless told]
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "../src/threads.h"
#include "desk.h"

using namespace vaekit;

namespace {

int64_t size = 16384;

double nanosecondsPerElement(Desk& desk, const Task& task, int64_t elements) {
  double best = 1e30;
  const int64_t runs = 1 + (int64_t{1} << 19) / (elements + 1);
  for (int trial = 0; trial < 15; trial++) {
    const int64_t start = nanosecondsNow();
    for (int64_t i = 0; i < runs; i++) desk.run(task);
    const double each = static_cast<double>(nanosecondsNow() - start) / static_cast<double>(runs * elements);
    best = each < best ? each : best;
  }
  return best;
}

using Measure = std::function<double(const Kernels&)>;

double elementwise(const Kernels& kernels, Desk& desk, const CodeWriter& code) {
  const TaskPointer task = kernels.elementwise(code.work(), desk.plan);
  return nanosecondsPerElement(desk, *task, code.work().size);
}

Measure oneLine(CodeOp op) {
  return [op](const Kernels& kernels) {
    Desk desk;
    const int a = desk.add(DType::float32, size), b = desk.add(DType::float32, size);
    const int c = desk.add(DType::float32, size), y = desk.add(DType::float32, size);
    desk.lay();
    for (int64_t i = 0; i < size; i++) {
      desk.at<float>(a)[i] = 0.01f + static_cast<float>(i % 1000) * 0.003f;
      desk.at<float>(b)[i] = 0.5f + static_cast<float>(i % 77) * 0.01f;
      desk.at<float>(c)[i] = 1;
    }
    CodeWriter code({size});
    const int x0 = code.load(a), x1 = code.load(b), x2 = code.load(c);
    code.store(code.line(op, x0, x1, x2), y);
    return elementwise(kernels, desk, code);
  };
}

// w ← w − lr m̂ / (√v̂ + ε), m and v in place.
double adam(const Kernels& kernels) {
  Desk desk;
  const int w = desk.add(DType::float32, size), g = desk.add(DType::float32, size), m = desk.add(DType::float32, size);
  const int v = desk.add(DType::float32, size), scale = desk.add(DType::float32, 1);
  desk.lay();
  for (int64_t i = 0; i < size; i++) {
    desk.at<float>(w)[i] = 1;
    desk.at<float>(g)[i] = 0.01f * static_cast<float>(i % 13);
    desk.at<float>(m)[i] = 0;
    desk.at<float>(v)[i] = 0;
  }
  *desk.at<float>(scale) = 0.5f;
  CodeWriter code({size});
  const int lw = code.load(w), lg = code.load(g), lm = code.load(m), lv = code.load(v), ls = code.load(scale, {0});
  const int beta1 = code.constant(0.9f), rest1 = code.constant(0.1f), beta2 = code.constant(0.999f);
  const int rest2 = code.constant(0.001f), rate = code.constant(1e-3f), epsilon = code.constant(1e-8f);
  const int correction1 = code.constant(1.1f), correction2 = code.constant(1.01f);
  const int clipped = code.line(CodeOp::mul, lg, ls);
  const int m1 = code.line(CodeOp::mulAdd, lm, beta1, code.line(CodeOp::mul, clipped, rest1));
  const int square = code.line(CodeOp::mul, clipped, clipped);
  const int v1 = code.line(CodeOp::mulAdd, lv, beta2, code.line(CodeOp::mul, square, rest2));
  const int root = code.line(CodeOp::sqrt, code.line(CodeOp::mul, v1, correction2));
  const int below = code.line(CodeOp::add, root, epsilon);
  const int direction = code.line(CodeOp::div, code.line(CodeOp::mul, m1, correction1), below);
  const int w1 = code.line(CodeOp::negMulAdd, direction, rate, lw);
  code.store(w1, w);
  code.store(m1, m);
  code.store(v1, v);
  return elementwise(kernels, desk, code);
}

Measure biasRelu(int64_t columns) {
  return [columns](const Kernels& kernels) {
    const int64_t rows = size / columns;
    Desk desk;
    const int x = desk.add(DType::float32, rows * columns), bias = desk.add(DType::float32, columns);
    const int y = desk.add(DType::float32, rows * columns);
    desk.lay();
    for (int64_t i = 0; i < rows * columns; i++) desk.at<float>(x)[i] = static_cast<float>(i % 7) - 3;
    for (int64_t i = 0; i < columns; i++) desk.at<float>(bias)[i] = 0.5f;
    CodeWriter code({rows, columns});
    const int lx = code.load(x), lb = code.load(bias, {0, 1}), zero = code.constant(0);
    code.store(code.line(CodeOp::max, code.line(CodeOp::add, lx, lb), zero), y);
    return elementwise(kernels, desk, code);
  };
}

// Σ softplus(ℓ) − x ℓ for each row.
double bernoulli(const Kernels& kernels) {
  const int64_t columns = 784, rows = size / columns + 1;
  Desk desk;
  const int logits = desk.add(DType::float32, rows * columns), x = desk.add(DType::float32, rows * columns);
  const int y = desk.add(DType::float32, rows);
  desk.lay();
  for (int64_t i = 0; i < rows * columns; i++) {
    desk.at<float>(logits)[i] = static_cast<float>(i % 7) - 3;
    desk.at<float>(x)[i] = 0.5f;
  }
  CodeWriter code({rows, columns});
  const int l = code.load(logits), lx = code.load(x);
  const int cost = code.line(CodeOp::negMulAdd, lx, l, code.line(CodeOp::softplus, l));
  code.reduce(cost, ReduceOp::sum, Keep::rows, y);
  return elementwise(kernels, desk, code);
}

Measure squares(Keep keep, int64_t columns, ReduceOp op = ReduceOp::sum) {
  return [=](const Kernels& kernels) {
    const int64_t rows = size / columns;
    Desk desk;
    const int x = desk.add(DType::float32, rows * columns), y = desk.add(DType::float32, rows + columns);
    desk.lay();
    for (int64_t i = 0; i < rows * columns; i++) desk.at<float>(x)[i] = static_cast<float>(i % 7) - 3;
    CodeWriter code({rows, columns});
    const int l = code.load(x);
    code.reduce(code.line(CodeOp::mul, l, l), op, keep, y);
    return elementwise(kernels, desk, code);
  };
}

Measure transposed(int64_t columns) {
  return [=](const Kernels& kernels) {
    const int64_t rows = size / columns;
    Desk desk;
    const int x = desk.add(DType::float32, rows * columns), y = desk.add(DType::float32, rows * columns);
    desk.lay();
    std::memset(desk.at<float>(x), 0, 4 * rows * columns);
    CodeWriter code({rows, columns});
    code.store(code.line(CodeOp::neg, code.load(x, {1, rows})), y);
    return elementwise(kernels, desk, code);
  };
}

Measure perRow(int64_t columns) {
  return [=](const Kernels& kernels) {
    const int64_t rows = size / columns;
    Desk desk;
    const int x = desk.add(DType::float32, rows * columns), each = desk.add(DType::float32, rows);
    const int y = desk.add(DType::float32, rows * columns);
    desk.lay();
    std::memset(desk.at<float>(x), 0, 4 * rows * columns);
    std::memset(desk.at<float>(each), 0, 4 * rows);
    CodeWriter code({rows, columns});
    const int lx = code.load(x), le = code.load(each, {1, 0});
    code.store(code.line(CodeOp::sub, lx, le), y);
    return elementwise(kernels, desk, code);
  };
}

double levels(const Kernels& kernels) {
  Desk desk;
  const int x = desk.add(DType::uint8, size), y = desk.add(DType::float32, size);
  desk.lay();
  std::memset(desk.at<char>(x), 3, size);
  CodeWriter code({size});
  const int l = code.load(x), scale = code.constant(1.0f / 255);
  code.store(code.line(CodeOp::mul, code.line(CodeOp::floatFromInt, l), scale), y);
  return elementwise(kernels, desk, code);
}

Measure random(Distribution distribution) {
  return [=](const Kernels& kernels) {
    Desk desk;
    const int y = desk.add(DType::float32, size);
    desk.lay();
    const TaskPointer task = kernels.random({distribution, 123, y}, desk.plan);
    return nanosecondsPerElement(desk, *task, size);
  };
}

Measure reduced(bool rowsAreKept, int64_t columns) {
  return [=](const Kernels& kernels) {
    const int64_t rows = size / columns;
    Desk desk;
    const int x = desk.add(DType::float32, rows * columns), y = desk.add(DType::float32, rows + columns);
    desk.lay();
    std::memset(desk.at<float>(x), 0, 4 * rows * columns);
    Reduce work{ReduceOp::sum, 1, 1, {rows}, {columns}, {columns}, {1}, x, 0, y};
    if (!rowsAreKept) work = {ReduceOp::sum, 1, 1, {columns}, {rows}, {1}, {columns}, x, 0, y};
    const TaskPointer task = kernels.reduce(work, desk.plan);
    return nanosecondsPerElement(desk, *task, rows * columns);
  };
}

double topK(const Kernels& kernels) {
  const int64_t length = 1024, rows = size / length + 1;
  Desk desk;
  const int x = desk.add(DType::float32, rows * length), y = desk.add(DType::int32, rows * 10);
  desk.lay();
  for (int64_t i = 0; i < rows * length; i++) desk.at<float>(x)[i] = static_cast<float>(i * 7919 % 1009);
  const TaskPointer task = kernels.topK({rows, length, 10, true, x, y}, desk.plan);
  return nanosecondsPerElement(desk, *task, rows * length);
}

double argMax(const Kernels& kernels) {
  const int64_t length = 512, rows = size / length;
  Desk desk;
  const int x = desk.add(DType::float32, rows * length), y = desk.add(DType::int32, rows);
  desk.lay();
  for (int64_t i = 0; i < rows * length; i++) desk.at<float>(x)[i] = static_cast<float>(i * 7919 % 1009);
  ArgMax work{};
  work.outer = rows;
  work.length = length;
  work.inner = 1;
  work.x = x;
  work.result = y;
  const TaskPointer task = kernels.argMax(work, desk.plan);
  return nanosecondsPerElement(desk, *task, rows * length);
}

void print(const char* name, const Measure& measure) {
  int count;
  const Kernels* const* all = builtKernels(&count);
  std::printf("%-34s", name);
  for (int i = 0; i < count; i++) {
    if (canRun(*all[i])) std::printf(" %9.3f", measure(*all[i]));
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) size = std::atoll(argv[1]);
  if (size < 4096) size = 4096;
  const FlushDenormals flush;
  int count;
  const Kernels* const* all = builtKernels(&count);
  std::printf("%-34s", ("ns per element, of " + std::to_string(size)).c_str());
  for (int i = 0; i < count; i++) {
    if (canRun(*all[i])) std::printf(" %9s", all[i]->name);
  }
  std::printf("\n");
  print("adam", adam);
  print("bias and relu, 128 columns", biasRelu(128));
  print("bias and relu, 20 columns", biasRelu(20));
  print("bias and relu, 784 columns", biasRelu(784));
  print("softplus loss, row sums", bernoulli);
  print("sum of squares", squares(Keep::nothing, 1));
  print("row sums of squares, 784 columns", squares(Keep::rows, 784));
  print("row sums of squares, 20 columns", squares(Keep::rows, 20));
  print("row maxima of squares, 20 columns", squares(Keep::rows, 20, ReduceOp::max));
  print("column sums of squares, 784", squares(Keep::columns, 784));
  print("column sums of squares, 32", squares(Keep::columns, 32));
  print("column sums of squares, 3", squares(Keep::columns, 3));
  print("transposed, 32 columns", transposed(32));
  print("transposed, 1024 columns", transposed(1024));
  print("minus a number per row, 20 columns", perRow(20));
  print("bytes to floats", levels);
  print("uniform", random(Distribution::uniform));
  print("normal", random(Distribution::normal));
  print("reduce rows of 128", reduced(true, 128));
  print("reduce columns, 128", reduced(false, 128));
  print("top 10 of 1024", topK);
  print("argMax of 512", argMax);
#define X(name) \
  if (CodeOp::name != CodeOp::step) print(#name, oneLine(CodeOp::name));
  VAEKIT_CODE_OPS(X)
#undef X
}
