#include "threads.h"

#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vaekit {
namespace {

// How often a thread looks before it sleeps: about 50 µs, longer than what one thread does alone between two shared
// tasks, and short enough to cost nothing when a run is over.
constexpr int spins = 2000;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

#if defined(__x86_64__)
constexpr uint64_t flushBits = 0x8040;  // Flush to zero, and denormals are zero.
uint64_t readControl() { return _mm_getcsr(); }
void writeControl(uint64_t value) { _mm_setcsr(static_cast<uint32_t>(value)); }
#elif defined(__aarch64__)
constexpr uint64_t flushBits = 1 << 24;
uint64_t readControl() {
  uint64_t value;
  asm volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
void writeControl(uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
constexpr uint64_t flushBits = 0;
uint64_t readControl() { return 0; }
void writeControl(uint64_t) {}
#endif

uint64_t at(uint32_t call, uint32_t part) { return static_cast<uint64_t>(call) << 32 | part; }

}  // namespace

int64_t nanosecondsNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

FlushDenormals::FlushDenormals() : before_(readControl()) { writeControl(before_ | flushBits); }
FlushDenormals::~FlushDenormals() { writeControl(before_); }

Threads::Threads(int count) : shares_(new Share[count < 1 ? 1 : count]), wanted_(count < 1 ? 1 : count) {
  workers_.reserve(wanted_ - 1);
  for (int thread = 1; thread < wanted_; thread++) workers_.emplace_back([this, thread] { worker(thread); });
}

Threads::~Threads() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  awake_.notify_all();
  for (std::thread& each : workers_) each.join();
}

void Threads::run(Work work, void* data, int64_t parts) {
  if (parts <= 1 || workers_.empty()) {
    for (int64_t part = 0; part < parts; part++) work(data, part, 0);
    return;
  }
  const uint32_t call = call_.load(std::memory_order_relaxed) + 1;
  work_.store(work, std::memory_order_relaxed);
  data_.store(data, std::memory_order_relaxed);
  undone_.store(parts, std::memory_order_relaxed);
  const int threads = count();
  // Closed first: a thread that is still in an earlier call must not see the old place with the new end.
  for (int thread = 0; thread < threads; thread++) shares_[thread].next.store(at(call, UINT32_MAX));
  for (int thread = 0; thread < threads; thread++) {
    shares_[thread].end.store(static_cast<uint32_t>(parts * (thread + 1) / threads), std::memory_order_relaxed);
    // Released, so that whoever takes a part of this call sees all of the above.
    shares_[thread].next.store(at(call, static_cast<uint32_t>(parts * thread / threads)), std::memory_order_release);
  }
  call_.store(call);
  if (sleeping_.load() > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    awake_.notify_all();
  }
  takeParts(call, 0);
  // The others are in the middle of parts that they took. Where threads outnumber cores one of them may be waiting for
  // this one.
  for (int i = 0; undone_.load(std::memory_order_acquire) > 0; i++) {
    if (i < spins) pause();
    else std::this_thread::yield();
  }
}

void Threads::takeParts(uint32_t call, int thread) {
  const int threads = wanted_;
  int64_t done = 0;
  for (int i = 0; i < threads; i++) {
    Share& share = shares_[(thread + i) % threads];
    uint64_t next = share.next.load(std::memory_order_acquire);
    while (next >> 32 == call && static_cast<uint32_t>(next) < share.end.load(std::memory_order_relaxed)) {
      if (!share.next.compare_exchange_weak(next, next + 1, std::memory_order_acquire)) continue;
      work_.load(std::memory_order_relaxed)(data_.load(std::memory_order_relaxed), static_cast<uint32_t>(next), thread);
      done++;
      next = share.next.load(std::memory_order_acquire);
    }
  }
  if (done > 0) undone_.fetch_sub(done, std::memory_order_release);
}

// False when there will be no more calls.
bool Threads::waitForCall(uint32_t last) {
  for (int i = 0; i < spins; i++) {
    if (call_.load(std::memory_order_acquire) != last) return true;
    pause();
  }
  std::unique_lock<std::mutex> lock(mutex_);
  // Counted before the last look, as a caller publishes its call before it looks for sleepers: one of the two sees the
  // other.
  sleeping_++;
  awake_.wait(lock, [&] { return closing_ || call_.load() != last; });
  sleeping_--;
  return !closing_;
}

void Threads::worker(int thread) {
  const FlushDenormals flush;
  uint32_t last = 0;
  while (waitForCall(last)) {
    last = call_.load(std::memory_order_acquire);
    takeParts(last, thread);
  }
}

}  // namespace vaekit
