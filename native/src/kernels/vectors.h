// What arithmetic on vectors needs beyond the operators of the compilers: parts of vectors, choices, doubles.
#pragma once
#include <utility>

#include "isa.h"

namespace vaekit::VAEKIT_ISA {

constexpr int halfLanes = lanes / 2;

// As many bytes as a vector of floats, so half as many numbers.
typedef double Doubles __attribute__((vector_size(4 * VAEKIT_LANES), may_alias));
typedef uint64_t LongWords __attribute__((vector_size(4 * VAEKIT_LANES), may_alias));
typedef float HalfFloats __attribute__((vector_size(2 * VAEKIT_LANES), may_alias));
typedef int32_t HalfInts __attribute__((vector_size(2 * VAEKIT_LANES), may_alias));

template <typename To, typename From>
VAEKIT_INLINE To bitsOf(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

VAEKIT_INLINE Floats select(Ints mask, Floats a, Floats b) { return mask ? a : b; }

template <int... lane>
VAEKIT_INLINE Ints countUp(std::integer_sequence<int, lane...>) {
  return Ints{lane...};
}
// The first `count` lanes.
VAEKIT_INLINE Ints firstLanes(int count) {
  return countUp(std::make_integer_sequence<int, lanes>()) < splat(static_cast<int32_t>(count));
}

// Keeps what several products read in a register. Compilers would have each of them read it from memory, and wait for loads.
VAEKIT_INLINE void keepInRegister([[maybe_unused]] Floats& vector) {
#if defined(__AVX512F__)
  asm("" : "+v"(vector));
#elif defined(__x86_64__)
  asm("" : "+x"(vector));
#endif
}

// The first `count` of a vector's numbers; the others are 0, and are neither read nor written.
template <typename V, typename T>
VAEKIT_INLINE V loadFirst(const T* from, int count) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<V>(_mm512_maskz_loadu_epi32(static_cast<__mmask16>((1u << count) - 1), from));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return bitsOf<V>(_mm256_maskload_epi32(reinterpret_cast<const int*>(from), bitsOf<__m256i>(firstLanes(count))));
#else
  V v{};
  std::memcpy(&v, from, 4 * static_cast<size_t>(count));
  return v;
#endif
}
template <typename V, typename T>
VAEKIT_INLINE void storeFirst(T* to, V v, int count) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  _mm512_mask_storeu_epi32(to, static_cast<__mmask16>((1u << count) - 1), bitsOf<__m512i>(v));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  _mm256_maskstore_epi32(reinterpret_cast<int*>(to), bitsOf<__m256i>(firstLanes(count)), bitsOf<__m256i>(v));
#else
  std::memcpy(to, &v, 4 * static_cast<size_t>(count));
#endif
}

// Whether any lane of a mask is set.
VAEKIT_INLINE bool any(Ints mask) {
#if defined(__AVX512DQ__) && VAEKIT_LANES == 16
  return _mm512_movepi32_mask(bitsOf<__m512i>(mask)) != 0;
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return _mm256_movemask_ps(bitsOf<__m256>(mask)) != 0;
#elif defined(__SSE2__) && VAEKIT_LANES == 4
  return _mm_movemask_ps(bitsOf<__m128>(mask)) != 0;
#else
  int32_t set = 0;
  for (int lane = 0; lane < lanes; lane++) set |= mask[lane];
  return set != 0;
#endif
}

// The forms with a mask of all lanes are plain instructions; GCC 12 warns of the plain forms' own undefined operand.
VAEKIT_INLINE Floats squareRoot(Floats x) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<Floats>(_mm512_maskz_sqrt_ps(0xffff, bitsOf<__m512>(x)));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return bitsOf<Floats>(_mm256_sqrt_ps(bitsOf<__m256>(x)));
#elif defined(__SSE2__) && VAEKIT_LANES == 4
  return bitsOf<Floats>(_mm_sqrt_ps(bitsOf<__m128>(x)));
#else
  for (int lane = 0; lane < lanes; lane++) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
#endif
}

// The larger of two, and the second where one is NaN: an instruction of its own, which compilers do not find behind a
// second choice.
VAEKIT_INLINE Floats largerOrSecond(Floats a, Floats b) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<Floats>(_mm512_maskz_max_ps(0xffff, bitsOf<__m512>(a), bitsOf<__m512>(b)));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return bitsOf<Floats>(_mm256_max_ps(bitsOf<__m256>(a), bitsOf<__m256>(b)));
#elif defined(__SSE2__) && VAEKIT_LANES == 4
  return bitsOf<Floats>(_mm_max_ps(bitsOf<__m128>(a), bitsOf<__m128>(b)));
#else
  return a > b ? a : b;
#endif
}

VAEKIT_INLINE Doubles splat(double x) {
  Doubles v;
  for (int lane = 0; lane < halfLanes; lane++) v[lane] = x;
  return v;
}
VAEKIT_INLINE Doubles multiplyAdd(Doubles a, Doubles b, Doubles c) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<Doubles>(_mm512_fmadd_pd(bitsOf<__m512d>(a), bitsOf<__m512d>(b), bitsOf<__m512d>(c)));
#elif defined(__FMA__) && VAEKIT_LANES == 8
  return bitsOf<Doubles>(_mm256_fmadd_pd(bitsOf<__m256d>(a), bitsOf<__m256d>(b), bitsOf<__m256d>(c)));
#elif defined(__aarch64__) && VAEKIT_LANES == 4
  return bitsOf<Doubles>(vfmaq_f64(bitsOf<float64x2_t>(c), bitsOf<float64x2_t>(a), bitsOf<float64x2_t>(b)));
#else
  return a * b + c;
#endif
}
VAEKIT_INLINE Doubles squareRoot(Doubles x) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<Doubles>(_mm512_maskz_sqrt_pd(0xff, bitsOf<__m512d>(x)));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return bitsOf<Doubles>(_mm256_sqrt_pd(bitsOf<__m256d>(x)));
#elif defined(__SSE2__) && VAEKIT_LANES == 4
  return bitsOf<Doubles>(_mm_sqrt_pd(bitsOf<__m128d>(x)));
#else
  for (int lane = 0; lane < halfLanes; lane++) x[lane] = __builtin_sqrt(x[lane]);
  return x;
#endif
}

// Both halves of a vector in double, and back.
struct DoublePair {
  Doubles low, high;
};
struct HalfFloatPair {
  HalfFloats low, high;
};
VAEKIT_INLINE DoublePair widen(Floats x) {
  const HalfFloatPair halves = bitsOf<HalfFloatPair>(x);
  return {__builtin_convertvector(halves.low, Doubles), __builtin_convertvector(halves.high, Doubles)};
}
VAEKIT_INLINE Floats narrow(DoublePair x) {
  return bitsOf<Floats>(
      HalfFloatPair{__builtin_convertvector(x.low, HalfFloats), __builtin_convertvector(x.high, HalfFloats)});
}

// c₀ + c₁x + c₂x² + …
template <typename V, typename T>
VAEKIT_INLINE V polynomial(V, T last) {
  return splat(last);
}
template <typename V, typename T, typename... More>
VAEKIT_INLINE V polynomial(V x, T first, More... more) {
  return multiplyAdd(polynomial(x, more...), x, splat(first));
}

}  // namespace vaekit::VAEKIT_ISA
