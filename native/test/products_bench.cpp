// Rates of matrix products and convolutions on one thread, GFLOP/s, for each instruction set that this processor runs:
// the best of several runs, the padding's products counted as work.
//
//   node native/build.js --tests && native/build/tests/products_bench [instruction set [runs]]
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../src/threads.h"
#include "desk.h"

using namespace vaekit;

namespace {

int runs = 12;

double gigaflopsOf(Desk& desk, const Task& task, double flops) {
  double best = 1e30;
  for (int trial = 0; trial < runs; trial++) {
    const int64_t start = nanosecondsNow();
    desk.run(task);
    const double each = static_cast<double>(nanosecondsNow() - start);
    best = each < best ? each : best;
  }
  return flops / best;
}

void matmul(const Kernels& kernels, int64_t m, int64_t k, int64_t n, bool transposed) {
  Desk desk;
  Matmul work{};
  work.batch = 1;
  work.m = m;
  work.n = n;
  work.k = k;
  work.a = {desk.add(DType::float32, m * k), 0, m * k, k, 1};
  work.b = {desk.add(DType::float32, k * n), 0, k * n, transposed ? 1 : n, transposed ? k : 1};
  work.c = desk.add(DType::float32, m * n);
  desk.lay();
  const double rate = gigaflopsOf(desk, *kernels.matmul(work, nullptr, desk.plan), 2.0 * m * n * k);
  std::printf("%-9s %5lld×%lld · %lld×%lld%s: %.0f\n", kernels.name, static_cast<long long>(m), static_cast<long long>(k),
              static_cast<long long>(k), static_cast<long long>(n), transposed ? " transposed" : "", rate);
}

void convolution(const Kernels& kernels, int64_t length, int64_t channels, int64_t filters, int64_t kernel,
                 int64_t stride = 2) {
  const int64_t batch = 64, out = length / stride;
  const Geometry g{batch, channels, filters, 1, {1, length, length}, {1, kernel, kernel}, {1, out, out},
                   {1, stride, stride}, {1, 1, 1}, {0, 1, 1}};
  const double flops = 2.0 * batch * out * out * filters * channels * kernel * kernel;
  std::printf("%-9s %lld×%lld×%lld → %lld, %lld×%lld, stride %lld:", kernels.name, static_cast<long long>(length),
              static_cast<long long>(length), static_cast<long long>(channels), static_cast<long long>(filters),
              static_cast<long long>(kernel), static_cast<long long>(kernel),
              static_cast<long long>(stride));
  const int forms[3][3] = {{0, 1, 2}, {2, 1, 0}, {0, 2, 1}};
  for (int form = 0; form < 3; form++) {
    Desk desk;
    const int64_t sizes[] = {batch * length * length * channels, kernel * kernel * channels * filters,
                             batch * out * out * filters};
    int32_t buffers[3];
    for (int i = 0; i < 3; i++) buffers[i] = desk.add(DType::float32, sizes[i]);
    desk.lay();
    const Convolution work{static_cast<ConvKind>(form), g, buffers[forms[form][0]], buffers[forms[form][1]],
                           buffers[forms[form][2]]};
    std::printf(" %.0f", gigaflopsOf(desk, *kernels.convolution(work, nullptr, nullptr, desk.plan), flops));
  }
  std::printf("\n");
}

}  // namespace

int main(int count, char** words) {
  if (count > 2) runs = std::atoi(words[2]);
  int built = 0;
  const Kernels* const* all = builtKernels(&built);
  for (int i = 0; i < built; i++) {
    const Kernels& kernels = *all[i];
    if (!canRun(kernels) || (count > 1 && std::strcmp(words[1], kernels.name) != 0)) continue;
    matmul(kernels, 2048, 2048, 2048, false);
    matmul(kernels, 100, 784, 400, false);
    matmul(kernels, 100, 784, 400, true);
    matmul(kernels, 1024, 64, 32, false);
    convolution(kernels, 64, 1, 32, 4);
    convolution(kernels, 32, 32, 32, 4);
    convolution(kernels, 32, 32, 64, 3);
    convolution(kernels, 16, 64, 128, 3);
    convolution(kernels, 8, 128, 256, 3);
    convolution(kernels, 4, 256, 512, 3);
    convolution(kernels, 16, 64, 128, 4);
    convolution(kernels, 32, 32, 32, 3, 1);
    convolution(kernels, 8, 128, 128, 3, 1);
    convolution(kernels, 8, 128, 32, 3, 1);
  }
  return 0;
}
