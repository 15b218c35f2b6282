// A plan's buffers in memory of their own, and tasks run on them by one thread: what tests and measurements of kernels
// need.
#pragma once
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <vector>

#include "../src/kernels.h"

namespace vaekit {

class Desk {
 public:
  Plan plan;
  int32_t step = 7;
  uint32_t key[2] = {5, 6};

  int add(DType type, int64_t size) {
    const int64_t lines = (size * bytesOf(type) + guard + 63) / 64;
    plan.buffers.push_back({PlaceKind::arena, static_cast<int32_t>(line_), type, size});
    line_ += lines;
    return static_cast<int>(plan.buffers.size()) - 1;
  }
  // Once all buffers are there. What is outside of them is filled with `margin`.
  void lay() {
    memory_.reset(new char[64 * line_ + 64]);
    start_ = memory_.get() + (64 - reinterpret_cast<uintptr_t>(memory_.get()) % 64) % 64;
    std::memset(start_, margin, 64 * line_);
    for (const Buffer& buffer : plan.buffers) pointers_.push_back(start_ + 64 * int64_t{buffer.at});
  }
  template <typename T>
  T* at(int buffer) {
    return reinterpret_cast<T*>(pointers_[buffer]);
  }
  // Whether nothing was written behind a buffer.
  bool isUntouched(int buffer) const {
    const char* end = pointers_[buffer] + plan.buffers[buffer].bytes();
    for (int64_t i = 0; i < guard; i++) {
      if (end[i] != margin) return false;
    }
    return true;
  }

  Context context() {
    failure_ = Context::noFailure;
    return {pointers_.data(), step, {key[0], key[1]}, &failure_};
  }
  int64_t failure() const { return failure_; }

  // In the order of the parts, or the other way round.
  void run(const Task& task, bool backwards = false) {
    if (scratch_.size() < task.scratchBytes + 64) scratch_.resize(task.scratchBytes + 64);
    if (shared_.size() < task.sharedBytes + 64) shared_.resize(task.sharedBytes + 64);
    char *scratch = aligned(scratch_), *shared = aligned(shared_);
    const Context now = context();
    for (int64_t part = 0; part < task.preparations; part++) task.prepare(now, part, scratch, shared);
    for (int64_t part = 0; part < task.parts; part++) {
      task.run(now, backwards ? task.parts - 1 - part : part, scratch, shared);
    }
    task.finish(now, shared);
  }

 private:
  static constexpr int64_t guard = 64;
  static constexpr char margin = 0x5a;
  static char* aligned(std::vector<char>& memory) {
    return memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
  }

  int64_t line_ = 0;
  std::unique_ptr<char[]> memory_;
  char* start_ = nullptr;
  std::vector<char*> pointers_;
  std::vector<char> scratch_, shared_;
  std::atomic<int64_t> failure_{Context::noFailure};
};

// Writes elementwise work: a slot for every register, in the order loads, constants, code. Add them in this order.
class CodeWriter {
 public:
  explicit CodeWriter(std::initializer_list<int64_t> shape) {
    work_.rank = 0;
    work_.size = 1;
    for (const int64_t length : shape) {
      work_.shape[work_.rank++] = length;
      work_.size *= length;
    }
    work_.columns = work_.shape[work_.rank - 1];
  }

  int load(int buffer, std::initializer_list<int64_t> strides, int64_t offset = 0) {
    work_.loads.push_back(walk(buffer, work_.slots, strides, offset));
    return work_.slots++;
  }
  int load(int buffer) {
    work_.loads.push_back(dense(buffer, work_.slots));
    return work_.slots++;
  }
  int constant(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    work_.constants.push_back({work_.slots, bits});
    return work_.slots++;
  }
  int line(CodeOp op, int a = 0, int b = 0, int c = 0, float immediate = 0) {
    work_.code.push_back({op, work_.slots, {a, b, c}, immediate});
    return work_.slots++;
  }
  // The line's result takes the place of an older one.
  int lineTo(int slot, CodeOp op, int a = 0, int b = 0, int c = 0) {
    work_.code.push_back({op, slot, {a, b, c}, 0});
    return slot;
  }
  void store(int slot, int buffer) { work_.stores.push_back(dense(buffer, slot)); }
  void store(int slot, int buffer, std::initializer_list<int64_t> strides, int64_t offset = 0) {
    work_.stores.push_back(walk(buffer, slot, strides, offset));
  }
  void reduce(int slot, ReduceOp op, Keep keep, int buffer) { work_.reductions.push_back({slot, op, keep, buffer}); }
  void columns(int64_t columns) { work_.columns = columns; }
  const Elementwise& work() const { return work_; }

 private:
  Load walk(int buffer, int slot, std::initializer_list<int64_t> strides, int64_t offset) const {
    Load load{buffer, slot, offset, {}};
    int axis = 0;
    for (const int64_t stride : strides) load.strides[axis++] = stride;
    return load;
  }
  Load dense(int buffer, int slot) const {
    Load load{buffer, slot, 0, {}};
    int64_t stride = 1;
    for (int axis = work_.rank - 1; axis >= 0; axis--) {
      load.strides[axis] = stride;
      stride *= work_.shape[axis];
    }
    return load;
  }

  Elementwise work_{};
};

}  // namespace vaekit
