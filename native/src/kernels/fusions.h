// Sequences of lines that are one loop over a block: what one of them hands to the next stays in a register, where
// lines by themselves write it to the cache and read it again.
#pragma once
#include "../plan.h"
#include "isa.h"
#include "list.h"

namespace vaekit::VAEKIT_ISA {

// A line among others: where its result and its operands lie, and whose results those are.
struct PlacedLine {
  CodeOp op;
  int result;
  // What a line does not read is given as its first operand.
  int operands[3];
  float immediate;
  // The lines that made the operands; −1 for what none of them made.
  int makers[3];
  // The line that reads the result last, or the number of lines if it is wanted beyond them.
  int lastReader;
};

struct Fusion {
  int lines, inputs, results;
  // Reads its inputs and writes its results, the first `count` elements at `at` their locations: the inputs, then the
  // results.
  void (*run)(char* const* at, const int* locations, int64_t count);
};
constexpr int mostLocations = 16;

// The longest fusion of lines from `first` on, and its locations; null if there is none.
// @param isUniform whether a location has the same number for all elements
const Fusion* fusionAt(const List<PlacedLine>& lines, int first, const List<bool>& isUniform, int* locations);

}  // namespace vaekit::VAEKIT_ISA
