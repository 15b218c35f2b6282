// The loops of lines.h.
#include "lines.h"

#include "operations.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// A block's last elements go the way of whole vectors, filled up with zeros, so that they are rounded in the same way.
template <typename Result, typename Operand, typename F, typename... From>
VAEKIT_INLINE void eachElement(void* result, int64_t count, F f, const From*... from) {
  auto* to = static_cast<int32_t*>(result);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store<Result>(to + i, f(load<Operand>(from + i)...));
  if (const int rest = static_cast<int>(count - i)) {
    storeFirst<Result>(to + i, f(loadFirst<Operand>(from + i, rest)...), rest);
  }
}

template <CodeOp op>
void line(void* result, const void* a, const void* b, const void* c, int64_t count, float) {
  using O = Operation<op>;
  const auto of = [](auto... operands) __attribute__((always_inline)) { return O::of(operands...); };
  const auto each = [&](auto... from) __attribute__((always_inline)) {
    eachElement<typename O::Result, typename O::Operand>(result, count, of, static_cast<const int32_t*>(from)...);
  };
  if constexpr (operandsOf(op) == 1) each(a);
  else if constexpr (operandsOf(op) == 2) each(a, b);
  else each(a, b, c);
}

void polygammaLine(void* result, const void* a, const void*, const void*, int64_t count, float order) {
  const auto of = [order](Floats x) __attribute__((always_inline)) { return polygammaOf(x, static_cast<int>(order)); };
  eachElement<Floats, Floats>(result, count, of, static_cast<const int32_t*>(a));
}

template <CodeOp op>
constexpr Line lineFor() {
  if constexpr (op == CodeOp::step) return nullptr;
  else if constexpr (op == CodeOp::polygamma) return polygammaLine;
  else return line<op>;
}

}  // namespace

const LineOf lines[] = {
#define X(name) {lineFor<CodeOp::name>(), operandsOf(CodeOp::name)},
    VAEKIT_CODE_OPS(X)
#undef X
};

}  // namespace vaekit::VAEKIT_ISA
