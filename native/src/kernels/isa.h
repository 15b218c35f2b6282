// Vectors of the instruction set that this file is compiled for. VAEKIT_ISA names the namespace, VAEKIT_LANES is the
// number of floats in a vector: 4 (SSE2, NEON, WebAssembly), 8 (AVX2) or 16 (AVX-512).
#pragma once
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if !defined(VAEKIT_ISA) || !defined(VAEKIT_LANES)
#error "kernels are compiled with VAEKIT_ISA and VAEKIT_LANES"
#endif

#define VAEKIT_INLINE inline __attribute__((always_inline))

namespace vaekit::VAEKIT_ISA {

constexpr int lanes = VAEKIT_LANES;

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
// Bytes, filled up to cache lines.
constexpr int64_t wholeLines(int64_t bytes) { return ceilDivide(bytes, 64) * 64; }

// The compilers' own vectors: arithmetic, comparison (to masks) and ?: work on them, at any width.
typedef float Floats __attribute__((vector_size(4 * VAEKIT_LANES), may_alias));
typedef int32_t Ints __attribute__((vector_size(4 * VAEKIT_LANES), may_alias));
typedef uint32_t Words __attribute__((vector_size(4 * VAEKIT_LANES), may_alias));

// Elements may begin anywhere.
template <typename V, typename T>
VAEKIT_INLINE V load(const T* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <typename V, typename T>
VAEKIT_INLINE void store(T* to, V v) {
  std::memcpy(to, &v, sizeof v);
}
// x − 0 is x for every x, and compilers know it: what is left is a broadcast.
VAEKIT_INLINE Floats splat(float x) { return x - Floats{}; }
VAEKIT_INLINE Ints splat(int32_t x) { return x - Ints{}; }

// a·b + c, rounded once where the instruction set can.
VAEKIT_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return reinterpret_cast<Floats>(_mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b),
                                                  reinterpret_cast<__m512>(c)));
#elif defined(__FMA__) && VAEKIT_LANES == 8
  return reinterpret_cast<Floats>(_mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b),
                                                  reinterpret_cast<__m256>(c)));
#elif defined(__aarch64__) && VAEKIT_LANES == 4
  return reinterpret_cast<Floats>(vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a),
                                            reinterpret_cast<float32x4_t>(b)));
#else
  return a * b + c;
#endif
}

}  // namespace vaekit::VAEKIT_ISA
