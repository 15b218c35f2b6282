// What the operations of elementwise code do with vectors.
#pragma once
#include "../plan.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {

// Of those that take vectors and nothing else: `of` gives a Result of Operands. The result of each element is the same
// wherever it stands.
template <CodeOp op>
struct Operation;

#define VAEKIT_OPERATION1(name, R, X, expression)               \
  template <>                                                   \
  struct Operation<CodeOp::name> {                              \
    using Result = R;                                           \
    using Operand = X;                                          \
    static VAEKIT_INLINE Result of(Operand x) { return expression; } \
  };
#define VAEKIT_OPERATION2(name, R, X, expression)                          \
  template <>                                                              \
  struct Operation<CodeOp::name> {                                         \
    using Result = R;                                                      \
    using Operand = X;                                                     \
    static VAEKIT_INLINE Result of(Operand x, Operand y) { return expression; } \
  };
#define VAEKIT_OPERATION3(name, V, expression)                                        \
  template <>                                                                         \
  struct Operation<CodeOp::name> {                                                    \
    using Result = V;                                                                 \
    using Operand = V;                                                                \
    static VAEKIT_INLINE Result of(Operand x, Operand y, Operand z) { return expression; } \
  };

VAEKIT_OPERATION1(neg, Floats, Floats, -x)
VAEKIT_OPERATION1(exp, Floats, Floats, expOf(x))
VAEKIT_OPERATION1(log, Floats, Floats, logOf(x))
VAEKIT_OPERATION1(log1p, Floats, Floats, log1pOf(x))
VAEKIT_OPERATION1(expm1, Floats, Floats, expm1Of(x))
VAEKIT_OPERATION1(sqrt, Floats, Floats, squareRoot(x))
VAEKIT_OPERATION1(abs, Floats, Floats, magnitude(x))
VAEKIT_OPERATION1(sign, Floats, Floats, signOf(x))
VAEKIT_OPERATION1(floor, Floats, Floats, floorOf(x))
VAEKIT_OPERATION1(sin, Floats, Floats, sineOf(x, 0))
VAEKIT_OPERATION1(cos, Floats, Floats, sineOf(x, 1))
VAEKIT_OPERATION1(tanh, Floats, Floats, tanhOf(x))
VAEKIT_OPERATION1(sigmoid, Floats, Floats, sigmoidOf(x))
VAEKIT_OPERATION1(softplus, Floats, Floats, softplusOf(x))
VAEKIT_OPERATION1(erf, Floats, Floats, erfOf(x))
VAEKIT_OPERATION1(lgamma, Floats, Floats, lgammaOf(x))
VAEKIT_OPERATION2(add, Floats, Floats, x + y)
VAEKIT_OPERATION2(sub, Floats, Floats, x - y)
VAEKIT_OPERATION2(mul, Floats, Floats, x* y)
VAEKIT_OPERATION2(div, Floats, Floats, x / y)
VAEKIT_OPERATION2(pow, Floats, Floats, powOf(x, y))
VAEKIT_OPERATION2(max, Floats, Floats, maxOf(x, y))
VAEKIT_OPERATION2(min, Floats, Floats, minOf(x, y))
VAEKIT_OPERATION3(mulAdd, Floats, multiplyAdd(x, y, z))
VAEKIT_OPERATION3(mulSub, Floats, multiplyAdd(x, y, -z))
VAEKIT_OPERATION3(negMulAdd, Floats, multiplyAdd(-x, y, z))
VAEKIT_OPERATION3(addMax, Floats, maxOf(x + y, z))
VAEKIT_OPERATION2(equal, Ints, Floats, x == y)
VAEKIT_OPERATION2(less, Ints, Floats, x < y)
VAEKIT_OPERATION2(lessEqual, Ints, Floats, x <= y)
// Without signs, whole numbers wrap round in C++ as well.
VAEKIT_OPERATION1(negInt, Words, Words, -x)
VAEKIT_OPERATION2(addInt, Words, Words, x + y)
VAEKIT_OPERATION2(subInt, Words, Words, x - y)
VAEKIT_OPERATION2(mulInt, Words, Words, x* y)
VAEKIT_OPERATION2(maxInt, Ints, Ints, x > y ? x : y)
VAEKIT_OPERATION2(minInt, Ints, Ints, x < y ? x : y)
VAEKIT_OPERATION2(equalInt, Ints, Ints, x == y)
VAEKIT_OPERATION2(lessInt, Ints, Ints, x < y)
VAEKIT_OPERATION2(lessEqualInt, Ints, Ints, x <= y)
VAEKIT_OPERATION3(where, Ints, (x & y) | (~x & z))
VAEKIT_OPERATION3(wherePositive, Ints, reinterpret_cast<Floats>(x) > Floats{} ? y : z)
VAEKIT_OPERATION1(floatFromInt, Floats, Ints, __builtin_convertvector(x, Floats))
VAEKIT_OPERATION1(floatFromMask, Ints, Ints, x& splat(0x3f800000))
VAEKIT_OPERATION1(intFromFloat, Ints, Floats, intOf(x))
VAEKIT_OPERATION1(intFromMask, Ints, Ints, x& splat(1))
VAEKIT_OPERATION1(maskFromFloat, Ints, Floats, x != splat(0.0f))
VAEKIT_OPERATION1(maskFromInt, Ints, Ints, x != splat(0))
VAEKIT_OPERATION1(byteFromInt, Ints, Ints, x& splat(255))

#undef VAEKIT_OPERATION1
#undef VAEKIT_OPERATION2
#undef VAEKIT_OPERATION3

}  // namespace vaekit::VAEKIT_ISA
