// Reads a plan from words, believing nothing: see src/engine/native/encode.ts.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "plan.h"

namespace vaekit {

// An empty string, or what is wrong with the words. After success every instruction stays inside of its buffers
// whatever the numbers in them are.
std::string decodePlan(const int32_t* words, size_t count, Plan& plan);

}  // namespace vaekit
