// The engine: variables by name, threads, and plans that were made ready to run. It knows nothing of Node.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels.h"
#include "plan.h"
#include "threads.h"

namespace vaekit {

// Memory that begins on a cache line, with at least a line behind it that may be read. `data` is null where there was
// none to be had.
class Memory {
 public:
  Memory() = default;
  explicit Memory(size_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

// What an engine's executables keep between runs. A value that is written with another size than before gets another
// place, and what it had is not used again.
class VariableStore {
 public:
  struct Value {
    char* data;
    size_t bytes;
  };
  // False where there is no memory for it.
  bool write(const std::string& name, const void* data, size_t bytes);
  // Null if it was never written.
  const Value* find(const std::string& name) const;

 private:
  char* take(size_t bytes);

  std::unordered_map<std::string, Value> values_;
  std::vector<Memory> blocks_;
  // Of the last block.
  size_t used_ = 0;
};

// Everything that a task does. Each thread has `scratchBytes` of `scratch` for itself, and they share `shared`.
void runTask(const Task&, const Context&, Threads&, char* scratch, size_t scratchBytes, char* shared);

struct RunRequest {
  // For each input and output of the plan, the values of all steps, one step after the other.
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  int64_t steps = 1;
  int32_t firstStep = 0;
  uint32_t key[2] = {0, 0};
  // Set by another thread to end the run before its next step.
  const std::atomic<bool>* cancelled = nullptr;
  // Whether a cancelled run puts the variables back, for which they are copied first. Where nobody reads them again it
  // need not.
  bool restores = true;
};

// Empty where all went well.
using Problem = std::string;

class Executable {
 public:
  // Decodes a plan (see src/engine/native/encode.ts). Anything that is not one is refused, and so is one whose memory
  // cannot be had. The executable uses `store` and `threads` as long as it lives.
  static Problem create(const int32_t* words, size_t wordCount, const void* constants, size_t constantBytes,
                        std::vector<std::string> variableNames, const Kernels&, VariableStore& store, Threads& threads,
                        std::unique_ptr<Executable>& result);

  // Runs all steps, one after the other, on this thread and the others of `threads`. After a problem (a variable
  // without a value, an index outside of its rows, a cancelled run) the variables are what they were before. Runs of
  // executables with one store or one set of threads must not overlap.
  Problem run(const RunRequest&);

  // What a run cancelled by its request answers.
  static constexpr const char* cancelledProblem = "cancelled";

  const Plan& plan() const { return plan_; }
  // Bytes of working memory, of all threads together, beyond variables and constants.
  size_t workingBytes() const;
  // Whether that many steps are done so soon that a trip to another thread and back would be a good part of it.
  bool isSmall(int64_t steps) const;

  // While set, each run adds the nanoseconds of every instruction.
  void setTimed(bool timed) { timed_ = timed; }
  const std::vector<int64_t>& nanoseconds() const { return nanoseconds_; }
  // The loops that the elementwise lines of every instruction have become.
  std::vector<int64_t> loops() const;

 private:
  Executable(VariableStore&, Threads&);
  Problem bind();
  Context contextOf(const RunRequest&, int64_t k);
  Problem checkAhead(const RunRequest&);
  Problem step(const RunRequest&, int64_t k);
  static Problem outsideOfRows(const Work&, int64_t index);
  void findIndices();
  void sharePreparations();

  Plan plan_;
  std::vector<std::string> variableNames_;
  std::vector<TaskPointer> tasks_;
  Memory constants_, arena_, scratch_, shared_, prepared_;
  // Of one thread.
  size_t scratchBytes_ = 0;
  int64_t cost_ = 0;
  std::vector<char*> variables_;
  std::vector<char*> pointers_;
  std::vector<int64_t> nanoseconds_;
  std::atomic<int64_t> failure_{Context::noFailure};
  // Whether an index may turn out in the middle of a run to be outside of its rows.
  bool mayFail_ = false;
  // Or else the instructions that make indices of what the caller feeds, and those that use them.
  std::vector<size_t> ahead_;
  bool timed_ = false;
  VariableStore* store_;
  Threads* threads_;
};

}  // namespace vaekit
