// Matrix products and convolutions of every instruction set that this processor runs, against the plain sum of their
// definition in double precision: sizes around the tiles' edges, every stride, padding, dilation and grouping.
//
// `node native/build.js --tests` builds it. Exits with 1 if anything differs.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../src/engine.h"
#include "desk.h"

using namespace vaekit;

namespace {

std::mt19937 generator(1);
int between(int least, int most) { return least + static_cast<int>(generator() % (most - least + 1)); }

int failures = 0;
int64_t checks = 0;

// Numbers in a line-aligned array, with a line of NaN behind them that nobody may use or overwrite.
class Numbers {
 public:
  explicit Numbers(int64_t size) : size_(size), storage_(size + 64) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(storage_.data());
    first_ = storage_.data() + (64 - address % 64) % 64 / sizeof(float);
    for (int64_t i = 0; i < size; i++) first_[i] = static_cast<float>(between(-1000, 1000)) / 1000;
    for (int64_t i = size; i < size + 16; i++) first_[i] = NAN;
  }
  float* data() { return first_; }
  const float* data() const { return first_; }
  int64_t size() const { return size_; }
  bool isIntact() const {
    for (int64_t i = size_; i < size_ + 16; i++) {
      if (!std::isnan(first_[i])) return false;
    }
    return true;
  }

 private:
  int64_t size_;
  std::vector<float> storage_;
  float* first_;
};

// A sum in double precision, and the sum of its summands' magnitudes.
struct Exact {
  double sum = 0, magnitude = 0;
  void add(double product) {
    sum += product;
    magnitude += std::fabs(product);
  }
};

void check(const std::string& what, Numbers& result, const std::vector<Exact>& expected, double roundings = 8) {
  checks++;
  for (size_t i = 0; i < expected.size(); i++) {
    // Each of n additions rounds a part of the sum; eight roundings of the magnitudes' sum are many times what is seen.
    const double error = std::fabs(result.data()[i] - expected[i].sum);
    if (std::isfinite(expected[i].sum) && error <= roundings * 1.2e-7 * expected[i].magnitude) continue;
    if (std::isinf(expected[i].sum) && result.data()[i] == expected[i].sum) continue;
    if (std::isnan(expected[i].sum) && std::isnan(result.data()[i])) continue;
    std::printf("%s: [%zu] is %g, not %g\n", what.c_str(), i, result.data()[i], expected[i].sum);
    failures++;
    return;
  }
  if (!result.isIntact()) {
    std::printf("%s: wrote behind its result\n", what.c_str());
    failures++;
  }
}

void run(const Task& task, char* const* buffers) {
  static Threads threads(2);
  std::atomic<int64_t> failure{Context::noFailure};
  const Context context{buffers, 0, {0, 0}, &failure};
  Numbers scratch(static_cast<int64_t>(task.scratchBytes / 4 + 64) * threads.count());
  Numbers shared(static_cast<int64_t>(task.sharedBytes / 4 + 16));
  runTask(task, context, threads, reinterpret_cast<char*>(scratch.data()), (task.scratchBytes + 127) / 64 * 64,
          reinterpret_cast<char*>(shared.data()));
}

Plan planOf(PlaceKind operands, int64_t left, int64_t right, int64_t result) {
  Plan plan;
  plan.buffers = {{operands, 0, DType::float32, left},
                  {operands, 1, DType::float32, right},
                  {PlaceKind::arena, 0, DType::float32, result}};
  return plan;
}

void testMatmul(const Kernels& kernels, int64_t batch, int64_t m, int64_t n, int64_t k, bool aTransposed, bool bTransposed,
                PlaceKind operands) {
  Matmul work{};
  work.batch = batch;
  work.m = m;
  work.n = n;
  work.k = k;
  work.a = {0, 0, m * k, aTransposed ? 1 : k, aTransposed ? m : 1};
  work.b = {1, 0, k * n, bTransposed ? 1 : n, bTransposed ? k : 1};
  work.c = 2;
  Numbers a(batch * m * k), b(batch * k * n), c(batch * m * n);
  char* buffers[] = {reinterpret_cast<char*>(a.data()), reinterpret_cast<char*>(b.data()), reinterpret_cast<char*>(c.data())};
  run(*kernels.matmul(work, nullptr, planOf(operands, batch * m * k, batch * k * n, batch * m * n)), buffers);
  std::vector<Exact> expected(batch * m * n);
  for (int64_t q = 0; q < batch; q++) {
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < n; j++) {
        for (int64_t p = 0; p < k; p++) {
          expected[(q * m + i) * n + j].add(static_cast<double>(a.data()[q * m * k + i * work.a.rowStride + p * work.a.columnStride]) *
                                            b.data()[q * k * n + p * work.b.rowStride + j * work.b.columnStride]);
        }
      }
    }
  }
  check(std::string(kernels.name) + " matmul " + std::to_string(batch) + " × " + std::to_string(m) + "×" +
            std::to_string(k) + "×" + std::to_string(n) + (aTransposed ? " aᵀ" : "") + (bTransposed ? " bᵀ" : ""),
        c, expected);
}

int64_t product(std::initializer_list<int64_t> factors) {
  int64_t result = 1;
  for (const int64_t factor : factors) result *= factor;
  return result;
}

std::string show(const int64_t* axes) {
  return std::to_string(axes[0]) + "," + std::to_string(axes[1]) + "," + std::to_string(axes[2]);
}

// Checks a convolution that makes one of its operands itself, as a product of another array and a factor for each channel.
void testMaking(const Kernels& kernels, const Convolution& work, bool isLeft, const Numbers* const (&operands)[2],
                int64_t channels, PlaceKind place, const std::vector<Exact>& expected, double roundings,
                const std::string& what) {
  const Numbers& operand = *operands[isLeft ? 0 : 1];
  const Numbers& other = *operands[isLeft ? 1 : 0];
  const int64_t size = operand.size();
  Numbers raw(size), factors(channels), result(static_cast<int64_t>(expected.size()));
  // Powers of two, so that the operand comes out as it is.
  for (int64_t c = 0; c < channels; c++) factors.data()[c] = std::ldexp(1.0f, static_cast<int>(c % 5) - 2);
  for (int64_t i = 0; i < size; i++) raw.data()[i] = operand.data()[i] / factors.data()[i % channels];
  const int made = isLeft ? 0 : 1;
  Plan plan = planOf(place, size, other.size(), result.size());
  if (!isLeft) std::swap(plan.buffers[0], plan.buffers[1]);
  plan.buffers[made].kind = PlaceKind::nowhere;
  plan.buffers.push_back({PlaceKind::arena, 1, DType::float32, size});
  plan.buffers.push_back({PlaceKind::arena, 2, DType::float32, channels});
  CodeWriter first{size / channels, channels};
  const int x = first.load(3), factor = first.load(4, {0, 1});
  first.store(first.line(CodeOp::mul, x, factor), made);
  char* buffers[] = {nullptr, nullptr, reinterpret_cast<char*>(result.data()), reinterpret_cast<char*>(raw.data()),
                     reinterpret_cast<char*>(factors.data())};
  buffers[1 - made] = reinterpret_cast<char*>(const_cast<float*>(other.data()));
  run(*kernels.convolution(work, &first.work(), nullptr, plan), buffers);
  check(what + (isLeft ? " of a left operand that it makes" : " of a right operand that it makes"), result, expected, roundings);
}

// With `hasExtremes`, infinity and NaN stand in the middle of two images.
void testConvolution(const Kernels& kernels, const Geometry& g, PlaceKind operands, double roundings = 8,
                     bool hasExtremes = false) {
  const int64_t channels = g.channels / g.groups, filters = g.filters / g.groups;
  const int64_t sizes[] = {product({g.batch, g.space[0], g.space[1], g.space[2], g.channels}),
                           product({g.kernel[0], g.kernel[1], g.kernel[2], channels, g.filters}),
                           product({g.batch, g.out[0], g.out[1], g.out[2], g.filters})};
  Numbers x(sizes[0]), w(sizes[1]), y(sizes[2]);
  if (hasExtremes) {
    x.data()[((g.space[1] / 2) * g.space[2] + g.space[2] / 2) * g.channels + 1] = INFINITY;
    y.data()[((g.out[1] * 3 / 2) * g.out[2] + g.out[2] / 2) * g.filters + 1] = NAN;
  }
  std::vector<Exact> expected[] = {std::vector<Exact>(sizes[0]), std::vector<Exact>(sizes[1]),
                                   std::vector<Exact>(sizes[2])};
  for (int64_t at = 0; at < product({g.batch, g.out[0], g.out[1], g.out[2], g.kernel[0], g.kernel[1], g.kernel[2]}); at++) {
    int64_t rest = at, o[3], i[3], k[3];
    for (int axis = 2; axis >= 0; axis--) {
      k[axis] = rest % g.kernel[axis];
      rest /= g.kernel[axis];
    }
    for (int axis = 2; axis >= 0; axis--) {
      o[axis] = rest % g.out[axis];
      rest /= g.out[axis];
    }
    bool isInside = true;
    for (int axis = 0; axis < 3; axis++) {
      i[axis] = o[axis] * g.strides[axis] + k[axis] * g.dilations[axis] - g.before[axis];
      isInside &= i[axis] >= 0 && i[axis] < g.space[axis];
    }
    if (!isInside) continue;
    const int64_t atX = (((rest * g.space[0] + i[0]) * g.space[1] + i[1]) * g.space[2] + i[2]) * g.channels;
    const int64_t atY = (((rest * g.out[0] + o[0]) * g.out[1] + o[1]) * g.out[2] + o[2]) * g.filters;
    const int64_t atW = ((k[0] * g.kernel[1] + k[1]) * g.kernel[2] + k[2]) * channels * g.filters;
    for (int64_t f = 0; f < g.filters; f++) {
      for (int64_t c = 0; c < channels; c++) {
        const int64_t inX = atX + f / filters * channels + c, inW = atW + c * g.filters + f, inY = atY + f;
        const double vx = x.data()[inX], vw = w.data()[inW], vy = y.data()[inY];
        expected[0][inX].add(vw * vy);
        expected[1][inW].add(vx * vy);
        expected[2][inY].add(vx * vw);
      }
    }
  }
  const std::string what = std::string(kernels.name) + " batch " + std::to_string(g.batch) + ", " + std::to_string(g.channels) +
                           " → " + std::to_string(g.filters) + " in " + std::to_string(g.groups) + ", space " +
                           show(g.space) + ", kernel " + show(g.kernel) + ", strides " + show(g.strides) + ", dilations " +
                           show(g.dilations) + ", before " + show(g.before);
  // The operands and the result of each form, as indices of x, w and y.
  const int forms[3][3] = {{0, 1, 2}, {2, 1, 0}, {0, 2, 1}};
  const char* names[] = {" conv", " convInputGrad", " convFilterGrad"};
  Numbers* all[] = {&x, &w, &y};
  for (int form = 0; form < 3; form++) {
    const int left = forms[form][0], right = forms[form][1], target = forms[form][2];
    Numbers result(sizes[target]);
    char* buffers[] = {reinterpret_cast<char*>(all[left]->data()), reinterpret_cast<char*>(all[right]->data()),
                       reinterpret_cast<char*>(result.data())};
    const Convolution work{static_cast<ConvKind>(form), g, 0, 1, 2};
    run(*kernels.convolution(work, nullptr, nullptr, planOf(operands, sizes[left], sizes[right], sizes[target])), buffers);
    check(what + names[form], result, expected[target], roundings);
    const Numbers* const pair[] = {all[left], all[right]};
    const int64_t made = left == 0 ? g.channels : g.filters;
    testMaking(kernels, work, true, pair, made, operands, expected[target], roundings, what + names[form]);
    if (form == 2) testMaking(kernels, work, false, pair, g.filters, operands, expected[target], roundings, what + names[form]);
  }
}

Geometry square(int64_t batch, int64_t length, int64_t channels, int64_t filters, int64_t kernel, int64_t stride, int64_t before) {
  const int64_t out = (length + 2 * before - kernel) / stride + 1;
  return {batch, channels, filters, 1, {1, length, length}, {1, kernel, kernel}, {1, out, out}, {1, stride, stride},
          {1, 1, 1}, {0, before, before}};
}

// False where the kernel does not fit.
bool randomGeometry(Geometry& g) {
  const int axes = between(1, 3), mode = between(0, 3);
  g.batch = between(1, 5);
  g.groups = mode == 0 ? between(1, 3) : 1;
  g.channels = g.groups * between(1, mode == 1 ? 40 : 6);
  g.filters = g.groups * between(1, mode == 2 ? 60 : 7);
  if (mode == 3) g.groups = g.channels = g.filters = between(1, 40);
  for (int axis = 0; axis < 3; axis++) {
    const bool isUsed = axis >= 3 - axes;
    g.space[axis] = isUsed ? between(1, 9) : 1;
    g.kernel[axis] = isUsed ? between(1, 4) : 1;
    g.strides[axis] = isUsed ? between(1, 3) : 1;
    g.dilations[axis] = isUsed ? between(1, 2) : 1;
    g.before[axis] = isUsed ? between(0, 2) : 0;
    const int64_t after = isUsed ? between(0, 2) : 0;
    const int64_t room = g.space[axis] + g.before[axis] + after - ((g.kernel[axis] - 1) * g.dilations[axis] + 1);
    if (room < 0) return false;
    g.out[axis] = room / g.strides[axis] + 1;
  }
  return true;
}

void testAll(const Kernels& kernels) {
  const PlaceKind places[] = {PlaceKind::arena, PlaceKind::input};
  for (const int64_t m : {1, 3, 4, 7, 8, 9, 17, 25}) {
    for (const int64_t n : {1, 5, 15, 16, 17, 33, 48, 49, 70, 100}) {
      for (const int64_t k : {1, 2, 15, 16, 17, 65, 300}) {
        for (int form = 0; form < 4; form++) testMatmul(kernels, 1, m, n, k, form & 1, form & 2, places[(m + n + k) & 1]);
      }
    }
  }
  testMatmul(kernels, 3, 9, 17, 20, false, false, PlaceKind::arena);
  testMatmul(kernels, 3, 9, 17, 20, true, true, PlaceKind::input);
  testMatmul(kernels, 1, 40, 256, 300, false, false, PlaceKind::arena);
  testMatmul(kernels, 1, 130, 100, 2100, false, true, PlaceKind::arena);
  testMatmul(kernels, 1, 1, 900, 1100, false, false, PlaceKind::arena);
  // Operands whose rows share few places of a cache, columns that are cut, and sums that are.
  testMatmul(kernels, 1, 140, 512, 512, false, false, PlaceKind::arena);
  testMatmul(kernels, 1, 60, 300, 700, false, true, PlaceKind::input);
  testMatmul(kernels, 1, 50, 70, 900, true, false, PlaceKind::arena);
  testMatmul(kernels, 1, 300, 790, 340, false, true, PlaceKind::arena);
  testMatmul(kernels, 1, 520, 600, 512, false, true, PlaceKind::arena);
  testMatmul(kernels, 1, 133, 230, 1100, true, false, PlaceKind::arena);
  testMatmul(kernels, 2, 100, 200, 400, true, true, PlaceKind::input);
  testMatmul(kernels, 1, 61, 200, 900, true, false, PlaceKind::arena);
  testMatmul(kernels, 1, 300, 128, 2100, true, false, PlaceKind::arena);
  for (int i = 0; i < 400; i++) {
    Geometry g{};
    if (randomGeometry(g)) testConvolution(kernels, g, places[i & 1]);
  }
  // Images that are cut into slabs, many small ones in a part, three and one spatial axes.
  testConvolution(kernels, square(3, 40, 16, 20, 3, 1, 1), PlaceKind::arena);
  testConvolution(kernels, square(1, 70, 20, 3, 5, 2, 2), PlaceKind::input);
  testConvolution(kernels, square(70, 6, 3, 40, 3, 2, 1), PlaceKind::arena);
  testConvolution(kernels, {2, 8, 12, 1, {1, 1, 3000}, {1, 1, 5}, {1, 1, 1498}, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}},
                  PlaceKind::arena);
  testConvolution(kernels, {2, 8, 12, 1, {1, 1, 3000}, {1, 1, 5}, {1, 1, 1500}, {1, 1, 2}, {1, 1, 1}, {0, 0, 2}},
                  PlaceKind::input);
  testConvolution(kernels, {1, 12, 12, 1, {12, 16, 16}, {3, 3, 3}, {12, 16, 16}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
                  PlaceKind::arena);
  // Filters enough for a gradient tap by tap, in several pieces and groups, with three axes, and with taps that meet
  // nothing.
  testConvolution(kernels, square(50, 5, 32, 264, 3, 2, 1), PlaceKind::arena);
  testConvolution(kernels, square(3, 20, 16, 256, 5, 1, 1), PlaceKind::input);
  testConvolution(kernels, {3, 32, 528, 2, {1, 9, 9}, {1, 3, 3}, {1, 5, 5}, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}},
                  PlaceKind::arena);
  testConvolution(kernels, {9, 16, 260, 1, {3, 4, 5}, {2, 3, 2}, {4, 4, 3}, {1, 1, 2}, {1, 1, 1}, {1, 1, 1}},
                  PlaceKind::input);
  testConvolution(kernels, {2, 16, 256, 1, {1, 3, 3}, {1, 3, 3}, {1, 3, 3}, {1, 1, 1}, {1, 4, 4}, {0, 4, 4}},
                  PlaceKind::arena);
  // Small pictures, whose borders are left out of the sums: on one side, on both, wide ones, and so wide that a position
  // meets nothing; a slab of few rows; distances in the rows alone.
  testConvolution(kernels, square(20, 4, 256, 40, 3, 2, 1), PlaceKind::arena);
  testConvolution(kernels, square(11, 7, 48, 33, 5, 1, 2), PlaceKind::input);
  testConvolution(kernels, square(13, 8, 65, 128, 7, 1, 3), PlaceKind::arena);
  testConvolution(kernels, square(5, 3, 32, 50, 2, 1, 3), PlaceKind::input);
  testConvolution(kernels, square(1, 8, 300, 310, 3, 1, 1), PlaceKind::arena);
  testConvolution(kernels, {9, 32, 48, 1, {1, 6, 5}, {1, 3, 2}, {1, 6, 6}, {1, 1, 1}, {1, 2, 1}, {0, 2, 1}},
                  PlaceKind::arena);
  // Large enough for Winograd's form, which rounds sums of neighbours: even and odd sizes, images that are cut into
  // slabs, extremes.
  // Tiles of four results take larger ones than those of two.
  const double roundings = 40, wideRoundings = 80;
  for (const int64_t before : {0, 1, 2}) {
    const PlaceKind place = places[before & 1];
    testConvolution(kernels, square(32, 16, 32, 48, 4, 2, before), place, wideRoundings, before == 1);
    testConvolution(kernels, square(14, 27, 48, 16, 4, 2, before), place, wideRoundings, before == 2);
  }
  testConvolution(kernels, square(9, 70, 64, 16, 4, 2, 1), PlaceKind::arena, wideRoundings, true);
  testConvolution(kernels, {40, 16, 32, 1, {1, 15, 12}, {1, 4, 4}, {1, 8, 6}, {1, 2, 2}, {1, 1, 1}, {0, 2, 1}},
                  PlaceKind::input, wideRoundings);
  // The same with stride 1: 3 × 3 taps, and 2 × 3 as in causal convolutions.
  for (const int64_t before : {0, 1, 2}) {
    testConvolution(kernels, square(40, 9, 32, 48, 3, 1, before), places[before & 1], roundings, before == 1);
    testConvolution(kernels, {40, 48, 32, 1, {1, 9, 8}, {1, 2, 3}, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, before / 2, 1}},
                    places[1 - (before & 1)], roundings, before == 2);
  }
  testConvolution(kernels, square(2, 70, 64, 16, 3, 1, 1), PlaceKind::arena, roundings, true);
}

}  // namespace

int main() {
  int count = 0;
  const Kernels* const* built = builtKernels(&count);
  for (int i = 0; i < count; i++) {
    if (canRun(*built[i])) testAll(*built[i]);
    else std::printf("%s: skipped, this processor has it not\n", built[i]->name);
  }
  std::printf("%lld products checked, %d wrong\n", static_cast<long long>(checks), failures);
  return failures == 0 ? 0 : 1;
}
