// The kernels of one instruction set, as the executor sees them: each turns an instruction into a task, whose parts any
// threads may compute in any order. This directory's kernels/ is compiled once per instruction set.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "plan.h"

namespace vaekit {

// What a kernel sees of the running step.
struct Context {
  // Where each buffer of the plan begins.
  char* const* buffers;
  int32_t step;
  uint32_t key[2];  // of the random streams
  // The first index that was outside of its rows; `noFailure` while there is none.
  std::atomic<int64_t>* failure;

  static constexpr int64_t noFailure = INT64_MIN;
  template <typename T>
  T* as(int32_t buffer) const {
    return reinterpret_cast<T*>(buffers[buffer]);
  }
  void fail(int64_t index) const {
    int64_t none = noFailure;
    failure->compare_exchange_strong(none, index);
  }
};

// An instruction, prepared. How it is cut into parts depends on sizes alone, and each part always computes the same
// numbers in the same order: results do not depend on the number of threads.
class Task {
 public:
  // What preparations make of a buffer, and nothing else: tasks with equal ones may share it while the buffer stays as
  // it is.
  struct Prepared {
    size_t bytes = 0;
    int64_t preparations = 0;
    int32_t buffer = 0;
    int64_t layout[7] = {};
    bool operator==(const Prepared& other) const {
      return bytes == other.bytes && buffer == other.buffer && std::equal(layout, layout + 7, other.layout);
    }
  };

  virtual ~Task() = default;
  int64_t parts = 1;
  // Parts of what comes first: all of them are done before any of the others begins. They write to `shared`.
  int64_t preparations = 0;
  // What the first of them make, and the place where it is kept instead, if it is. Those that another task has made are
  // left out.
  Prepared prepared;
  char* kept = nullptr;
  int64_t donePreparations = 0;
  // Working memory of a thread, and memory that all parts of a run share until it is finished; both start on a cache
  // line and hold anything at first.
  size_t scratchBytes = 0;
  size_t sharedBytes = 0;
  // Loops of its elementwise work: fewer than lines where several lines are one loop.
  int loops = 0;
  virtual void prepare(const Context&, int64_t /*part*/, char* /*scratch*/, char* /*shared*/) const {}
  virtual void run(const Context&, int64_t part, char* scratch, char* shared) const = 0;
  // Called once, after all parts, by one thread: puts together what they have left in `shared`.
  virtual void finish(const Context&, char* /*shared*/) const {}
};

using TaskPointer = std::unique_ptr<Task>;

struct Kernels {
  const char* name;
  // float32 numbers in a vector.
  int lanes;
  TaskPointer (*elementwise)(const Elementwise&, const Plan&);
  TaskPointer (*matmul)(const Matmul&, const Elementwise* then, const Plan&);
  TaskPointer (*convolution)(const Convolution&, const Elementwise* first, const Elementwise* then, const Plan&);
  TaskPointer (*reduce)(const Reduce&, const Plan&);
  TaskPointer (*gather)(const Gather&, const Plan&);
  TaskPointer (*scatterAdd)(const ScatterAdd&, const Plan&);
  TaskPointer (*cumsum)(const Cumsum&, const Plan&);
  TaskPointer (*argMax)(const ArgMax&, const Plan&);
  TaskPointer (*topK)(const TopK&, const Plan&);
  TaskPointer (*random)(const Random&, const Plan&);
  TaskPointer (*assignment)(const Assignment&, const Plan&);
};

// All that this library was built with, the fastest first; `count` gets their number.
const Kernels* const* builtKernels(int* count);
// The fastest one that this processor runs.
const Kernels& bestKernels();
// Whether this processor has what the kernels need.
bool canRun(const Kernels&);

}  // namespace vaekit
