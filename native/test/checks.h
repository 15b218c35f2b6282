// What the tests of kernels have in common: one line for each check, distances between floats, and the instruction sets
// that this processor runs.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "../src/kernels.h"

namespace vaekit {

constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();
constexpr float inf32 = std::numeric_limits<float>::infinity();
constexpr float leastNormal = std::numeric_limits<float>::min();

inline int failures = 0;

inline void report(const std::string& name, bool isRight, const std::string& detail = "") {
  std::printf("%s  %s%s%s\n", isRight ? "ok  " : "FAIL", name.c_str(), detail.empty() ? "" : ": ", detail.c_str());
  failures += !isRight;
}

inline std::string show(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", x);
  return text;
}

inline float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
inline uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline bool isTiny(double x) { return std::fabs(x) < leastNormal; }
// The sign of zero does not count.
inline bool isSame(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Distance of a float from a number, in units in the last place of the number as a float. What is smaller than the
// smallest normal number does not count.
inline double ulpsBetween(float got, double wanted) {
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

inline std::vector<const Kernels*> runnable() {
  int count;
  const Kernels* const* all = builtKernels(&count);
  std::vector<const Kernels*> result;
  for (int i = 0; i < count; i++) {
    if (canRun(*all[i])) result.push_back(all[i]);
  }
  return result;
}

// What a test program ends with.
inline int conclude() {
  if (failures > 0) std::printf("%d checks failed\n", failures);
  else std::printf("all is well\n");
  return failures == 0 ? 0 : 1;
}

}  // namespace vaekit
