// The lines of elementwise code as loops over a block: one for each operation, in the order of CodeOp.
#pragma once
#include "../plan.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// result[i] = op(a[i], b[i], c[i]) for i < count, all of 4 bytes. The result may be one of the operands. Which of them
// an operation reads follows from its arity. Each element's result is the same wherever it stands.
using Line = void (*)(void* result, const void* a, const void* b, const void* c, int64_t count, float immediate);

struct LineOf {
  // Null for `step`, which does not differ from element to element.
  Line run;
  int arity;
};
extern const LineOf lines[static_cast<int>(CodeOp::count)];

}  // namespace vaekit::VAEKIT_ISA
