// The gradient of a convolution in its filter: a matrix product whose sum runs over the pixels of all images.
#pragma once
#include "../kernels.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

TaskPointer makeFilterGradient(const Convolution&, const Elementwise* first, const Elementwise* then, const Plan&);

}  // namespace vaekit::VAEKIT_ISA
