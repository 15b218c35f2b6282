// The loops of lines.h.
#include "lines.h"

#include "math.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// A block's last elements go the way of whole vectors, filled up with zeros, so that they are rounded in the same way.
template <typename Result, typename Operand, typename F>
VAEKIT_INLINE void eachOf1(void* result, const void* a, int64_t count, F f) {
  auto* to = static_cast<int32_t*>(result);
  const auto* from = static_cast<const int32_t*>(a);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store<Result>(to + i, f(load<Operand>(from + i)));
  if (const int rest = static_cast<int>(count - i)) {
    storeFirst<Result>(to + i, f(loadFirst<Operand>(from + i, rest)), rest);
  }
}
template <typename Result, typename Operand, typename F>
VAEKIT_INLINE void eachOf2(void* result, const void* a, const void* b, int64_t count, F f) {
  auto* to = static_cast<int32_t*>(result);
  const auto *left = static_cast<const int32_t*>(a), *right = static_cast<const int32_t*>(b);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store<Result>(to + i, f(load<Operand>(left + i), load<Operand>(right + i)));
  if (const int rest = static_cast<int>(count - i)) {
    storeFirst<Result>(to + i, f(loadFirst<Operand>(left + i, rest), loadFirst<Operand>(right + i, rest)), rest);
  }
}
template <typename V, typename F>
VAEKIT_INLINE void eachOf3(void* result, const void* a, const void* b, const void* c, int64_t count, F f) {
  auto* to = static_cast<int32_t*>(result);
  const auto *first = static_cast<const int32_t*>(a), *second = static_cast<const int32_t*>(b),
             *third = static_cast<const int32_t*>(c);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    store<V>(to + i, f(load<V>(first + i), load<V>(second + i), load<V>(third + i)));
  }
  if (const int rest = static_cast<int>(count - i)) {
    const V x = loadFirst<V>(first + i, rest), y = loadFirst<V>(second + i, rest), z = loadFirst<V>(third + i, rest);
    storeFirst<V>(to + i, f(x, y, z), rest);
  }
}

#define VAEKIT_LINE1(name, Result, Operand, expression)                                                \
  void name##Line(void* result, const void* a, const void*, const void*, int64_t count, float) {       \
    eachOf1<Result, Operand>(result, a, count, [](Operand x) __attribute__((always_inline)) -> Result { \
      return expression;                                                                               \
    });                                                                                                \
  }
#define VAEKIT_LINE2(name, Result, Operand, expression)                                                              \
  void name##Line(void* result, const void* a, const void* b, const void*, int64_t count, float) {                   \
    eachOf2<Result, Operand>(result, a, b, count, [](Operand x, Operand y) __attribute__((always_inline)) -> Result { \
      return expression;                                                                                             \
    });                                                                                                              \
  }
#define VAEKIT_LINE3(name, V, expression)                                                                   \
  void name##Line(void* result, const void* a, const void* b, const void* c, int64_t count, float) {        \
    eachOf3<V>(result, a, b, c, count, [](V x, V y, V z) __attribute__((always_inline)) -> V {               \
      return expression;                                                                                    \
    });                                                                                                     \
  }

VAEKIT_LINE1(neg, Floats, Floats, -x)
VAEKIT_LINE1(exp, Floats, Floats, expOf(x))
VAEKIT_LINE1(log, Floats, Floats, logOf(x))
VAEKIT_LINE1(log1p, Floats, Floats, log1pOf(x))
VAEKIT_LINE1(expm1, Floats, Floats, expm1Of(x))
VAEKIT_LINE1(sqrt, Floats, Floats, squareRoot(x))
VAEKIT_LINE1(abs, Floats, Floats, magnitude(x))
VAEKIT_LINE1(sign, Floats, Floats, signOf(x))
VAEKIT_LINE1(floor, Floats, Floats, floorOf(x))
VAEKIT_LINE1(sin, Floats, Floats, sineOf(x, 0))
VAEKIT_LINE1(cos, Floats, Floats, sineOf(x, 1))
VAEKIT_LINE1(tanh, Floats, Floats, tanhOf(x))
VAEKIT_LINE1(sigmoid, Floats, Floats, sigmoidOf(x))
VAEKIT_LINE1(softplus, Floats, Floats, softplusOf(x))
VAEKIT_LINE1(erf, Floats, Floats, erfOf(x))
VAEKIT_LINE1(lgamma, Floats, Floats, lgammaOf(x))
void polygammaLine(void* result, const void* a, const void*, const void*, int64_t count, float order) {
  eachOf1<Floats, Floats>(result, a, count, [order](Floats x) __attribute__((always_inline)) -> Floats {
    return polygammaOf(x, static_cast<int>(order));
  });
}
VAEKIT_LINE2(add, Floats, Floats, x + y)
VAEKIT_LINE2(sub, Floats, Floats, x - y)
VAEKIT_LINE2(mul, Floats, Floats, x* y)
VAEKIT_LINE2(div, Floats, Floats, x / y)
VAEKIT_LINE2(pow, Floats, Floats, powOf(x, y))
VAEKIT_LINE2(max, Floats, Floats, maxOf(x, y))
VAEKIT_LINE2(min, Floats, Floats, minOf(x, y))
VAEKIT_LINE3(mulAdd, Floats, multiplyAdd(x, y, z))
VAEKIT_LINE3(mulSub, Floats, multiplyAdd(x, y, -z))
VAEKIT_LINE3(negMulAdd, Floats, multiplyAdd(-x, y, z))
VAEKIT_LINE3(addMax, Floats, maxOf(x + y, z))
VAEKIT_LINE2(equal, Ints, Floats, x == y)
VAEKIT_LINE2(less, Ints, Floats, x < y)
VAEKIT_LINE2(lessEqual, Ints, Floats, x <= y)
// Without signs, whole numbers wrap round in C++ as well.
VAEKIT_LINE1(negInt, Words, Words, -x)
VAEKIT_LINE2(addInt, Words, Words, x + y)
VAEKIT_LINE2(subInt, Words, Words, x - y)
VAEKIT_LINE2(mulInt, Words, Words, x* y)
VAEKIT_LINE2(maxInt, Ints, Ints, x > y ? x : y)
VAEKIT_LINE2(minInt, Ints, Ints, x < y ? x : y)
VAEKIT_LINE2(equalInt, Ints, Ints, x == y)
VAEKIT_LINE2(lessInt, Ints, Ints, x < y)
VAEKIT_LINE2(lessEqualInt, Ints, Ints, x <= y)
VAEKIT_LINE3(where, Ints, (x & y) | (~x & z))
VAEKIT_LINE3(wherePositive, Ints, reinterpret_cast<Floats>(x) > Floats{} ? y : z)
VAEKIT_LINE1(floatFromInt, Floats, Ints, __builtin_convertvector(x, Floats))
VAEKIT_LINE1(floatFromMask, Ints, Ints, x& splat(0x3f800000))
VAEKIT_LINE1(intFromFloat, Ints, Floats, intOf(x))
VAEKIT_LINE1(intFromMask, Ints, Ints, x& splat(1))
VAEKIT_LINE1(maskFromFloat, Ints, Floats, x != splat(0.0f))
VAEKIT_LINE1(maskFromInt, Ints, Ints, x != splat(0))
VAEKIT_LINE1(byteFromInt, Ints, Ints, x& splat(255))
constexpr Line stepLine = nullptr;

}  // namespace

const LineOf lines[] = {
#define X(name) {name##Line, operandsOf(CodeOp::name)},
    VAEKIT_CODE_OPS(X)
#undef X
};

}  // namespace vaekit::VAEKIT_ISA
