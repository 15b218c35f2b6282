// Elementwise loops as other kernels of the same instruction set use them: on parts of a result, right after it was
// computed.
#pragma once
#include "../kernels.h"
#include "isa.h"

namespace vaekit::VAEKIT_ISA {

// A loop over any parts of its iteration space. A part is computed by one thread: `begin`, then any number of ranges in
// a fixed order, then nothing more. Reductions that cross parts collect in the part's `partial`.
class ElementwiseLoop {
 public:
  ElementwiseLoop(const Elementwise&, const Plan&);
  ~ElementwiseLoop();
  ElementwiseLoop(const ElementwiseLoop&) = delete;
  ElementwiseLoop& operator=(const ElementwiseLoop&) = delete;

  size_t scratchBytes() const;
  // Of one part; a multiple of 64.
  size_t partialBytes() const;
  void begin(const Context&, char* scratch, char* partial) const;
  // Elements [from, to) of the space in row-major order; whole rows if there are reductions that keep rows. Sums that
  // keep nothing depend in their last bits on where ranges begin and end, nothing else does.
  void range(const Context&, int64_t from, int64_t to, char* scratch, char* partial) const;
  // Elements [from, to) of the only value that it stores, without reductions, into an array. After `begin`, without a
  // partial result.
  void make(const Context&, int64_t from, int64_t to, float* into, char* scratch) const;
  // Puts the partial results together, in the order of the parts.
  void finish(const Context&, char* partials, int64_t parts) const;
  // Elements that go through the code at a time.
  int64_t blockSize() const;
  // Loops over them: fewer than lines where several lines are one loop.
  int loops() const;

 private:
  struct Compiled;
  Compiled* compiled_;
};

}  // namespace vaekit::VAEKIT_ISA
