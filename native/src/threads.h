// Threads that share the parts of a task. This and the clock are all that the engine wants of an operating system.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace vaekit {

constexpr int maxThreads = 256;

int64_t nanosecondsNow();

// Treats numbers below the smallest normal one as zero in this thread, as long as it lives: arithmetic with them is a
// hundred times as slow.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();

 private:
  uint64_t before_;
};

class Threads {
 public:
  // `count` of them, the caller's own included; 1 to maxThreads.
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(data, part, thread) for every part, and returns when all are done. One caller at a time.
  using Work = void (*)(void* data, int64_t part, int thread);
  void run(Work work, void* data, int64_t parts);

 private:
  // The parts that a thread has yet to do. It takes from its own share first, so that it meets again what is in its
  // cache, and then what others have left. The upper half is the call's number, so that a thread that wakes up late
  // takes nothing of a call that it knows nothing of.
  struct alignas(64) Share {
    std::atomic<uint64_t> next{0};
    std::atomic<uint32_t> end{0};
  };

  void worker(int thread);
  void takeParts(uint32_t call, int thread);
  bool waitForCall(uint32_t last);

  std::vector<std::thread> workers_;
  std::unique_ptr<Share[]> shares_;
  int wanted_ = 1;
  std::atomic<Work> work_{nullptr};
  std::atomic<void*> data_{nullptr};
  alignas(64) std::atomic<uint32_t> call_{0};
  alignas(64) std::atomic<int64_t> undone_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable awake_;
};

}  // namespace vaekit
