// What makes the tasks of an instruction set: one factory for each kind of instruction.
#pragma once
#include "../kernels.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

TaskPointer makeElementwise(const Elementwise&, const Plan&);
TaskPointer makeMatmul(const Matmul&, const Elementwise* then, const Plan&);
TaskPointer makeConvolution(const Convolution&, const Elementwise* first, const Elementwise* then, const Plan&);
TaskPointer makeReduce(const Reduce&, const Plan&);
TaskPointer makeGather(const Gather&, const Plan&);
TaskPointer makeScatterAdd(const ScatterAdd&, const Plan&);
TaskPointer makeCumsum(const Cumsum&, const Plan&);
TaskPointer makeArgMax(const ArgMax&, const Plan&);
TaskPointer makeTopK(const TopK&, const Plan&);
TaskPointer makeRandom(const Random&, const Plan&);
TaskPointer makeAssignment(const Assignment&, const Plan&);

}  // namespace vaekit::VAEKIT_ISA
