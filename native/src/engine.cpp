#include "engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "decode.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace vaekit {
namespace {

constexpr size_t lineBytes = 64;

// A step of a dense model goes through more small pages than a processor knows the places of, and a virtual machine
// looks them up twice: large memory is made of huge ones where the system has them.
constexpr size_t hugePageBytes = 2 << 20, largeBytes = 1 << 20;
// Values share blocks, which double from the least on.
constexpr size_t leastBlock = 64 << 10, mostBlock = 8 << 20;

size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }
size_t wholeLines(size_t bytes) { return rounded(bytes, lineBytes); }

TaskPointer makeTask(const Instruction& instruction, const Kernels& kernels, const Plan& plan) {
  const Elementwise* first = instruction.first ? &*instruction.first : nullptr;
  const Elementwise* then = instruction.then ? &*instruction.then : nullptr;
  const Work& work = instruction.work;
  if (auto each = std::get_if<Elementwise>(&work)) return kernels.elementwise(*each, plan);
  if (auto each = std::get_if<Matmul>(&work)) return kernels.matmul(*each, then, plan);
  if (auto each = std::get_if<Convolution>(&work)) return kernels.convolution(*each, first, then, plan);
  if (auto each = std::get_if<Reduce>(&work)) return kernels.reduce(*each, plan);
  if (auto each = std::get_if<Gather>(&work)) return kernels.gather(*each, plan);
  if (auto each = std::get_if<ScatterAdd>(&work)) return kernels.scatterAdd(*each, plan);
  if (auto each = std::get_if<Cumsum>(&work)) return kernels.cumsum(*each, plan);
  if (auto each = std::get_if<ArgMax>(&work)) return kernels.argMax(*each, plan);
  if (auto each = std::get_if<TopK>(&work)) return kernels.topK(*each, plan);
  if (auto each = std::get_if<Random>(&work)) return kernels.random(*each, plan);
  if (auto each = std::get_if<Assignment>(&work)) return kernels.assignment(*each, plan);
  return nullptr;  // A guard is no work.
}

// A rough count of what a step does: elements touched by elementwise work, and a sixteenth of the multiplications,
// which go that much faster.
int64_t costOf(const Instruction& instruction) {
  int64_t cost = instruction.then ? instruction.then->size : 0;
  const Work& work = instruction.work;
  if (auto each = std::get_if<Elementwise>(&work)) {
    cost += each->size * static_cast<int64_t>(1 + each->code.size() / 4);
  } else if (auto each = std::get_if<Matmul>(&work)) {
    cost += each->batch * each->m * each->n * each->k / 16;
  } else if (auto each = std::get_if<Convolution>(&work)) {
    const Geometry& g = each->geometry;
    cost += g.batch * g.out[0] * g.out[1] * g.out[2] * g.filters * g.kernel[0] * g.kernel[1] * g.kernel[2] *
            (g.channels / g.groups) / 16;
  } else if (auto each = std::get_if<Assignment>(&work)) {
    // About eight bids for each row, each of which looks at all columns.
    cost += each->batch * each->length * each->length * 8;
  } else {
    cost += 4096;  // Rare in small programs, and none of them is free.
  }
  return cost;
}

const Rows* rowsOf(const Work& work) {
  if (auto each = std::get_if<Gather>(&work)) return each;
  return std::get_if<ScatterAdd>(&work);
}

// A millisecond or two of one thread: a trip to another thread and back takes about 60 µs, and nobody waits long.
constexpr int64_t smallCost = 6000000;

}  // namespace

void runTask(const Task& task, const Context& context, Threads& threads, char* scratch, size_t scratchBytes,
             char* shared) {
  struct Job {
    const Task& task;
    const Context& context;
    char* scratch;
    size_t scratchBytes;
    char* shared;
    char* own(int thread) const { return scratch + thread * scratchBytes; }
  } job{task, context, scratch, scratchBytes, shared};
  const auto prepare = [](void* data, int64_t part, int thread) {
    const Job& job = *static_cast<Job*>(data);
    job.task.prepare(job.context, job.task.donePreparations + part, job.own(thread), job.shared);
  };
  const auto run = [](void* data, int64_t part, int thread) {
    const Job& job = *static_cast<Job*>(data);
    job.task.run(job.context, part, job.own(thread), job.shared);
  };
  threads.run(prepare, &job, task.preparations - task.donePreparations);
  threads.run(run, &job, task.parts);
  task.finish(context, shared);
}

Memory::Memory(size_t bytes) : bytes_(bytes) {
  // A line more than asked for: kernels may read, but not use, a vector that reaches over the end.
  const size_t least = wholeLines(bytes) + lineBytes;
  const size_t unit = least < largeBytes ? lineBytes : hugePageBytes;
  const size_t whole = rounded(least, unit);
#if defined(_WIN32)
  data_ = static_cast<char*>(_aligned_malloc(whole, unit));
#else
  data_ = static_cast<char*>(std::aligned_alloc(unit, whole));
#endif
#if defined(__linux__)
  if (data_ && unit == hugePageBytes) madvise(data_, whole, MADV_HUGEPAGE);
#endif
}

Memory::~Memory() {
#if defined(_WIN32)
  _aligned_free(data_);
#else
  std::free(data_);
#endif
}

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

bool VariableStore::write(const std::string& name, const void* data, size_t bytes) {
  const auto known = values_.find(name);
  if (known == values_.end() || known->second.bytes != bytes) {
    char* place = take(bytes);
    if (!place) return false;
    values_[name] = {place, bytes};
  }
  if (bytes > 0) std::memcpy(values_[name].data, data, bytes);
  return true;
}

const VariableStore::Value* VariableStore::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

char* VariableStore::take(size_t bytes) {
  // Each value has a line behind it that may be read.
  const size_t whole = wholeLines(bytes) + lineBytes;
  if (blocks_.empty() || blocks_.back().bytes() - used_ < whole) {
    const size_t next = blocks_.empty() ? leastBlock : std::min(2 * blocks_.back().bytes(), mostBlock);
    Memory block(std::max(whole, next));
    if (!block.data()) return nullptr;
    blocks_.push_back(std::move(block));
    used_ = 0;
  }
  char* place = blocks_.back().data() + used_;
  used_ += whole;
  return place;
}

Problem Executable::create(const int32_t* words, size_t wordCount, const void* constants, size_t constantBytes,
                           std::vector<std::string> variableNames, const Kernels& kernels, VariableStore& store,
                           Threads& threads, std::unique_ptr<Executable>& result) {
  std::unique_ptr<Executable> made(new Executable(store, threads));
  Plan& plan = made->plan_;
  const std::string problem = decodePlan(words, wordCount, plan);
  if (!problem.empty()) return "malformed plan: " + problem;
  if (plan.variables.size() != variableNames.size()) return "malformed plan: every variable needs a name";
  if (static_cast<size_t>(plan.constantBytes) != constantBytes) return "malformed plan: its constants are missing";
  made->variableNames_ = std::move(variableNames);
  made->constants_ = Memory(constantBytes);
  made->arena_ = Memory(static_cast<size_t>(plan.arenaLines) * lineBytes);
  size_t sharedBytes = 0;
  for (const Instruction& instruction : plan.instructions) {
    made->tasks_.push_back(makeTask(instruction, kernels, plan));
    made->cost_ += costOf(instruction);
    if (const Task* task = made->tasks_.back().get()) {
      made->scratchBytes_ = std::max(made->scratchBytes_, wholeLines(task->scratchBytes));
      sharedBytes = std::max(sharedBytes, task->sharedBytes);
    }
  }
  made->scratch_ = Memory(made->scratchBytes_ * threads.count());
  made->shared_ = Memory(sharedBytes);
  made->findIndices();
  made->sharePreparations();
  made->nanoseconds_.assign(plan.instructions.size(), 0);
  for (const Memory* memory : {&made->constants_, &made->arena_, &made->scratch_, &made->shared_, &made->prepared_}) {
    if (!memory->data()) return "there is no memory for " + std::to_string(memory->bytes()) + " bytes";
  }
  if (constantBytes > 0) std::memcpy(made->constants_.data(), constants, constantBytes);
  made->pointers_.resize(plan.buffers.size());
  result = std::move(made);
  return {};
}

Executable::Executable(VariableStore& store, Threads& threads) : store_(&store), threads_(&threads) {}

// What several tasks prepare of weights, as the products of a recurrent layer do in every frame, is prepared once in a
// step, by the first of them.
void Executable::sharePreparations() {
  struct Shared {
    std::vector<Task*> tasks;
    size_t at;
  };
  std::vector<Shared> all;
  for (size_t i = 0; i < tasks_.size(); i++) {
    Task* task = tasks_[i].get();
    if (!task || task->prepared.bytes == 0) continue;
    const Buffer& buffer = plan_.buffers[task->prepared.buffer];
    if (buffer.kind != PlaceKind::variable) continue;
    if (plan_.variables[buffer.at].firstWrite <= static_cast<int64_t>(i)) continue;
    const auto isSame = [&](const Shared& each) { return each.tasks.front()->prepared == task->prepared; };
    const auto found = std::find_if(all.begin(), all.end(), isSame);
    if (found == all.end()) all.push_back({{task}, 0});
    else found->tasks.push_back(task);
  }
  size_t bytes = 0;
  for (Shared& each : all) {
    if (each.tasks.size() < 2) continue;
    each.at = bytes;
    bytes += wholeLines(each.tasks.front()->prepared.bytes);
  }
  prepared_ = Memory(bytes);
  if (!prepared_.data()) return;
  for (const Shared& each : all) {
    if (each.tasks.size() < 2) continue;
    for (Task* task : each.tasks) {
      task->kept = prepared_.data() + each.at;
      if (task != each.tasks.front()) task->donePreparations = task->prepared.preparations;
    }
  }
}

// What is fed decides about most indices: a loop makes them of an input's numbers, or they are an input. Those are looked at
// for all steps before the first, so that no variables have to be kept for the case that one of them is wrong.
void Executable::findIndices() {
  std::vector<bool> isWanted(plan_.buffers.size());
  const auto isKept = [&](int32_t buffer) { return plan_.buffers[buffer].kind != PlaceKind::arena; };
  const auto changes = [&](int32_t buffer) {
    const Buffer& each = plan_.buffers[buffer];
    return each.kind == PlaceKind::variable && plan_.variables[each.at].isWritten();
  };
  const auto any = [](const std::vector<int32_t>& buffers, auto is) {
    return std::any_of(buffers.begin(), buffers.end(), is);
  };
  for (size_t i = plan_.instructions.size(); i-- > 0;) {
    const Instruction& each = plan_.instructions[i];
    const Rows* rows = rowsOf(each.work);
    if (rows) {
      isWanted[rows->indices] = true;
      mayFail_ |= changes(rows->indices);
    }
    const bool isMaker = any(each.written, [&](int32_t buffer) { return isWanted[buffer]; });
    if (isMaker) {
      mayFail_ |= !std::holds_alternative<Elementwise>(each.work) || any(each.written, isKept) ||
                  any(each.touched, changes);
      for (const int32_t buffer : each.touched) isWanted[buffer] = true;
    }
    // What a guard leaves out is not looked at.
    mayFail_ |= std::holds_alternative<Guard>(each.work) && !ahead_.empty();
    if (rows || isMaker) ahead_.insert(ahead_.begin(), i);
  }
  if (mayFail_) ahead_.clear();
}

size_t Executable::workingBytes() const {
  return arena_.bytes() + scratch_.bytes() + shared_.bytes() + prepared_.bytes();
}

std::vector<int64_t> Executable::loops() const {
  std::vector<int64_t> all;
  for (const TaskPointer& task : tasks_) all.push_back(task ? task->loops : 0);
  return all;
}

bool Executable::isSmall(int64_t steps) const { return cost_ <= smallCost / steps; }

// Finds the place of everything that does not move from step to step.
Problem Executable::bind() {
  variables_.clear();
  for (size_t i = 0; i < plan_.variables.size(); i++) {
    const std::string& name = variableNames_[i];
    const VariableStore::Value* value = store_->find(name);
    if (!value) return "variable '" + name + "' has no value yet; write its initial value first";
    if (value->bytes != static_cast<size_t>(plan_.variables[i].bytes())) {
      return "variable '" + name + "' was written with another size than its shape takes";
    }
    variables_.push_back(value->data);
  }
  for (size_t i = 0; i < plan_.buffers.size(); i++) {
    const Buffer& buffer = plan_.buffers[i];
    switch (buffer.kind) {
      case PlaceKind::arena:
        pointers_[i] = arena_.data() + buffer.at * static_cast<int64_t>(lineBytes);
        break;
      case PlaceKind::constant:
        pointers_[i] = constants_.data() + buffer.at * static_cast<int64_t>(lineBytes);
        break;
      case PlaceKind::variable:
        pointers_[i] = variables_[buffer.at];
        break;
      case PlaceKind::nowhere:
        pointers_[i] = nullptr;
        break;
      case PlaceKind::input:
      case PlaceKind::output:
        break;  // `step` moves them.
    }
  }
  return {};
}

Problem Executable::run(const RunRequest& request) {
  if (Problem problem = bind(); !problem.empty()) return problem;
  const FlushDenormals flush;
  if (Problem problem = checkAhead(request); !problem.empty()) return problem;
  // What a run that ends in the middle has to put back.
  std::vector<Memory> before;
  const bool mayEnd = mayFail_ || (request.cancelled && request.restores);
  for (size_t i = 0; mayEnd && i < variables_.size(); i++) {
    before.emplace_back(plan_.variables[i].isWritten() ? plan_.variables[i].bytes() : 0);
    if (!before.back().data()) return "there is no memory to keep the variables for a run that may be cancelled";
    std::memcpy(before.back().data(), variables_[i], before.back().bytes());
  }
  Problem problem;
  for (int64_t k = 0; k < request.steps && problem.empty(); k++) {
    if (request.cancelled && request.cancelled->load(std::memory_order_relaxed)) problem = cancelledProblem;
    else problem = step(request, k);
  }
  if (!problem.empty()) {
    for (size_t i = 0; i < before.size(); i++) std::memcpy(variables_[i], before[i].data(), before[i].bytes());
  }
  return problem;
}

// What a step sees: its own parts of what is fed and wanted.
Context Executable::contextOf(const RunRequest& request, int64_t k) {
  for (size_t i = 0; i < plan_.buffers.size(); i++) {
    const Buffer& buffer = plan_.buffers[i];
    // Inputs are only read: the decoder refuses a plan that writes to one.
    if (buffer.kind == PlaceKind::input) {
      pointers_[i] = const_cast<char*>(static_cast<const char*>(request.inputs[buffer.at])) + k * buffer.bytes();
    } else if (buffer.kind == PlaceKind::output) {
      pointers_[i] = static_cast<char*>(request.outputs[buffer.at]) + k * buffer.bytes();
    }
  }
  failure_.store(Context::noFailure, std::memory_order_relaxed);
  return {pointers_.data(), static_cast<int32_t>(request.firstStep + k), {request.key[0], request.key[1]}, &failure_};
}

Problem Executable::checkAhead(const RunRequest& request) {
  if (ahead_.empty()) return {};
  for (int64_t k = 0; k < request.steps; k++) {
    const Context context = contextOf(request, k);
    for (const size_t i : ahead_) {
      const Rows* rows = rowsOf(plan_.instructions[i].work);
      if (!rows) {
        runTask(*tasks_[i], context, *threads_, scratch_.data(), scratchBytes_, shared_.data());
        continue;
      }
      const int32_t* indices = context.as<const int32_t>(rows->indices);
      const auto isOutside = [&](int32_t index) { return index < 0 || index >= rows->rows; };
      const int32_t* found = std::find_if(indices, indices + rows->count, isOutside);
      if (found != indices + rows->count) return outsideOfRows(plan_.instructions[i].work, *found);
    }
  }
  return {};
}

Problem Executable::step(const RunRequest& request, int64_t k) {
  const Context context = contextOf(request, k);
  for (size_t i = 0; i < plan_.instructions.size(); i++) {
    const int64_t started = timed_ ? nanosecondsNow() : 0;
    const Task* task = tasks_[i].get();
    if (!task) {
      const int32_t condition = std::get<Guard>(plan_.instructions[i].work).condition;
      if (!*context.as<uint8_t>(condition)) break;
      continue;
    }
    runTask(*task, context, *threads_, scratch_.data(), scratchBytes_, shared_.data());
    if (timed_) nanoseconds_[i] += nanosecondsNow() - started;
    const int64_t index = failure_.load(std::memory_order_relaxed);
    if (index != Context::noFailure) return outsideOfRows(plan_.instructions[i].work, index);
  }
  return {};
}

Problem Executable::outsideOfRows(const Work& work, int64_t index) {
  const Rows* rows = rowsOf(work);
  return std::string(std::holds_alternative<Gather>(work) ? "gather" : "scatterAdd") + ": index " +
         std::to_string(index) + " is outside " + std::to_string(rows ? rows->rows : 0) + " rows";
}

}  // namespace vaekit
