// The table of this instruction set's kernels, which dispatcher, tests and benchmark read.
#include "factories.h"

#define VAEKIT_TEXT_OF(name) #name
#define VAEKIT_TEXT(name) VAEKIT_TEXT_OF(name)

namespace vaekit::VAEKIT_ISA {

extern const Kernels table;
const Kernels table = {
    VAEKIT_TEXT(VAEKIT_ISA), lanes,      makeElementwise, makeMatmul, makeConvolution, makeReduce,
    makeGather,              makeScatterAdd, makeCumsum,      makeArgMax, makeTopK,        makeRandom,
    makeAssignment,
};

}  // namespace vaekit::VAEKIT_ISA
