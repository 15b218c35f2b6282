// Chooses among the instruction sets that the kernels were compiled for.
#include "kernels.h"

namespace vaekit {

namespace baseline {
extern const Kernels table;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}
#endif

namespace {

constexpr const Kernels* built[] = {
#if defined(__x86_64__)
    &avx512::table,
    &avx2::table,
#endif
    &baseline::table,
};

}  // namespace

const Kernels* const* builtKernels(int* count) {
  *count = static_cast<int>(sizeof built / sizeof *built);
  return built;
}

// The compilers' test asks the operating system as well, which must keep the wider registers.
bool canRun(const Kernels& kernels) {
#if defined(__x86_64__)
  if (&kernels == &avx512::table) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
  }
  if (&kernels == &avx2::table) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return &kernels == &baseline::table;
}

const Kernels& bestKernels() {
  for (const Kernels* kernels : built) {
    if (canRun(*kernels)) return *kernels;
  }
  return baseline::table;
}

}  // namespace vaekit
