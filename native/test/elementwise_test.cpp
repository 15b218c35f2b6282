// Runs random elementwise loops on each instruction set that this processor runs, and compares them with an evaluation
// number by number: one line for each check, and exit code 1 if one failed.
//
//   node native/build.js --tests && native/build/tests/elementwise_test
#include <cstdlib>
#include <random>

#include "../src/threads.h"
#include "checks.h"
#include "desk.h"

// The loop itself, as products use it, in the instruction set that every processor has.
#define VAEKIT_ISA baseline
#define VAEKIT_LANES 4
#include "../src/kernels/elementwise.h"

using namespace vaekit;

namespace {

// Elementwise code, evaluated number by number. Only operations with one right result are drawn.
class Evaluator {
 public:
  Evaluator(Desk& desk, const Elementwise& work, bool isFused) : desk_(desk), work_(work), isFused_(isFused) {}

  // The registers at an element of the space.
  void evaluate(int64_t index, uint32_t* slots) {
    for (const Load& load : work_.loads) {
      const int64_t place = placeOf(load, index);
      switch (desk_.plan.buffers[load.buffer].dtype) {
        case DType::float32:
        case DType::int32:
          slots[load.slot] = desk_.at<uint32_t>(load.buffer)[place];
          break;
        case DType::uint8:
          slots[load.slot] = desk_.at<uint8_t>(load.buffer)[place];
          break;
        case DType::boolean:
          slots[load.slot] = desk_.at<uint8_t>(load.buffer)[place] ? ~0u : 0;
          break;
      }
    }
    for (const Constant& constant : work_.constants) slots[constant.slot] = constant.bits;
    for (const CodeLine& line : work_.code) {
      slots[line.result] = apply(line, slots[line.inputs[0]], slots[line.inputs[1]], slots[line.inputs[2]]);
    }
  }
  int64_t placeOf(const Load& load, int64_t index) const {
    int64_t place = load.offset;
    for (int axis = work_.rank - 1; axis >= 0; axis--) {
      place += index % work_.shape[axis] * load.strides[axis];
      index /= work_.shape[axis];
    }
    return place;
  }

 private:
  uint32_t apply(const CodeLine& line, uint32_t a, uint32_t b, uint32_t c) const {
    const float x = floatOf(a), y = floatOf(b), z = floatOf(c);
    const auto mask = [](bool truth) { return truth ? ~0u : 0u; };
    switch (line.op) {
      case CodeOp::neg: return bitsOf(-x);
      case CodeOp::abs: return bitsOf(std::fabs(x));
      case CodeOp::sqrt: return bitsOf(std::sqrt(x));
      case CodeOp::floor: return bitsOf(std::floor(x));
      case CodeOp::add: return bitsOf(x + y);
      case CodeOp::sub: return bitsOf(x - y);
      case CodeOp::mul: return bitsOf(x * y);
      case CodeOp::div: return bitsOf(x / y);
      case CodeOp::max: return bitsOf(x > y || x != x ? x : y);
      case CodeOp::min: return bitsOf(x < y || x != x ? x : y);
      case CodeOp::mulAdd: return bitsOf(fused(x, y, z));
      case CodeOp::mulSub: return bitsOf(fused(x, y, -z));
      case CodeOp::negMulAdd: return bitsOf(fused(-x, y, z));
      case CodeOp::addMax: {
        const float sum = x + y;
        return bitsOf(sum > z || sum != sum ? sum : z);
      }
      case CodeOp::equal: return mask(x == y);
      case CodeOp::less: return mask(x < y);
      case CodeOp::lessEqual: return mask(x <= y);
      case CodeOp::negInt: return -a;
      case CodeOp::addInt: return a + b;
      case CodeOp::subInt: return a - b;
      case CodeOp::mulInt: return a * b;
      case CodeOp::maxInt: return static_cast<int32_t>(a) > static_cast<int32_t>(b) ? a : b;
      case CodeOp::minInt: return static_cast<int32_t>(a) < static_cast<int32_t>(b) ? a : b;
      case CodeOp::equalInt: return mask(a == b);
      case CodeOp::lessInt: return mask(static_cast<int32_t>(a) < static_cast<int32_t>(b));
      case CodeOp::lessEqualInt: return mask(static_cast<int32_t>(a) <= static_cast<int32_t>(b));
      case CodeOp::where: return (a & b) | (~a & c);
      case CodeOp::wherePositive: return x > 0 ? b : c;
      case CodeOp::floatFromInt: return bitsOf(static_cast<float>(static_cast<int32_t>(a)));
      case CodeOp::floatFromMask: return bitsOf(a ? 1 : 0);
      case CodeOp::intFromMask: return a & 1;
      case CodeOp::maskFromFloat: return mask(x != 0);
      case CodeOp::maskFromInt: return mask(a != 0);
      case CodeOp::byteFromInt: return a & 255;
      case CodeOp::step: return static_cast<uint32_t>(desk_.step);
      default: std::abort();
    }
  }
  float fused(float x, float y, float z) const {
    if (isFused_) return std::fma(x, y, z);
    // Rounded twice whatever the compiler would like.
    volatile float product = x * y;
    return product + z;
  }

  Desk& desk_;
  const Elementwise& work_;
  bool isFused_;
};

bool fuses(const Kernels& set) {
#if defined(__aarch64__)
  return set.lanes >= 4;
#else
  return set.lanes > 4;
#endif
}

enum Kind { isFloat, isInt, isMask };

// Random work on random buffers: a desk, the work, and what its stores and reductions should give.
class RandomWork {
 public:
  explicit RandomWork(std::mt19937& generator) : generator_(generator) { draw(); }

  Desk desk;
  Elementwise work{};

  // Puts the inputs back, for those that were written in place.
  void reset() {
    for (size_t i = 0; i < inputs_.size(); i++) {
      if (!inputs_[i].empty()) std::memcpy(desk.at<char>(static_cast<int>(i)), inputs_[i].data(), inputs_[i].size());
    }
  }

  // Empty, or what is wrong with what is in the buffers now.
  std::string check(bool isFused) {
    std::vector<std::vector<char>> results;
    for (size_t i = 0; i < desk.plan.buffers.size(); i++) {
      const char* data = desk.at<char>(static_cast<int>(i));
      results.emplace_back(data, data + desk.plan.buffers[i].bytes());
      if (!desk.isUntouched(static_cast<int>(i))) return "something was written behind a buffer";
    }
    reset();
    Evaluator evaluator(desk, work, isFused);
    std::vector<std::vector<double>> sums(work.reductions.size()), sizes(work.reductions.size());
    for (size_t r = 0; r < work.reductions.size(); r++) {
      const int64_t count = countOf(work.reductions[r]);
      const bool isMax = work.reductions[r].op == ReduceOp::max;
      sums[r].assign(count, isMax ? -HUGE_VAL : 0);
      sizes[r].assign(count, 0);
    }
    for (int64_t index = 0; index < work.size; index++) {
      uint32_t slots[maxSlots] = {};
      evaluator.evaluate(index, slots);
      for (const Store& store : work.stores) {
        const int64_t place = evaluator.placeOf(store, index);
        const char* result = results[store.buffer].data();
        const DType type = desk.plan.buffers[store.buffer].dtype;
        const uint32_t wanted = slots[store.slot];
        bool isRight;
        if (type == DType::float32) isRight = isSame(reinterpret_cast<const float*>(result)[place], floatOf(wanted));
        else if (type == DType::int32) isRight = reinterpret_cast<const uint32_t*>(result)[place] == wanted;
        else isRight = static_cast<uint8_t>(result[place]) == (type == DType::boolean ? wanted & 1 : wanted & 255);
        if (!isRight) return "element " + std::to_string(index) + " is wrong";
      }
      for (size_t r = 0; r < work.reductions.size(); r++) {
        const Reduction& reduction = work.reductions[r];
        const bool isFloating = desk.plan.buffers[reduction.buffer].dtype == DType::float32;
        const uint32_t bits = slots[reduction.slot];
        const double x = isFloating ? double{floatOf(bits)} : static_cast<int32_t>(bits);
        const int64_t at = reduction.keep == Keep::rows ? index / work.columns
                           : reduction.keep == Keep::columns ? index % work.columns : 0;
        double& sum = sums[r][at];
        if (reduction.op == ReduceOp::sum) sum += x;
        else if (!(x <= sum)) sum = std::isnan(sum) ? sum : x;
        sizes[r][at] += std::fabs(x);
      }
    }
    for (size_t r = 0; r < work.reductions.size(); r++) {
      const Reduction& reduction = work.reductions[r];
      const char* result = results[reduction.buffer].data();
      const bool isFloating = desk.plan.buffers[reduction.buffer].dtype == DType::float32;
      for (int64_t i = 0; i < countOf(reduction); i++) {
        const double wanted = sums[r][i];
        bool isRight;
        if (isFloating) {
          const float got = reinterpret_cast<const float*>(result)[i];
          // A sum is blocked: no more than a hundred roundings reach any summand.
          const double allowed = reduction.op == ReduceOp::sum ? 100 * 0x1p-24 * sizes[r][i] : 0;
          isRight = isSame(got, static_cast<float>(wanted)) || std::fabs(got - wanted) <= allowed + leastNormal;
        } else {
          const auto whole = static_cast<uint32_t>(static_cast<int64_t>(std::fmod(wanted, 0x1p32)));
          isRight = reinterpret_cast<const uint32_t*>(result)[i] == whole;
        }
        if (!isRight) return "reduction " + std::to_string(r) + " is not " + show(wanted) + " at " + std::to_string(i);
      }
    }
    return "";
  }

  std::string describe() const {
    std::string text = "shape";
    for (int axis = 0; axis < work.rank; axis++) text += " " + std::to_string(work.shape[axis]);
    text += ", columns " + std::to_string(work.columns) + ", " + std::to_string(work.code.size()) + " lines";
    return text;
  }

 private:
  int64_t pick(int64_t count) { return static_cast<int64_t>(generator_() % static_cast<uint64_t>(count)); }
  int64_t countOf(const Reduction& reduction) const {
    return reduction.keep == Keep::rows ? work.size / work.columns : reduction.keep == Keep::columns ? work.columns : 1;
  }

  // Strides of one of the ways to walk the space: as it lies, the axes in another order, some repeated, some backwards
  // or with gaps. `size` and `offset` get what the buffer needs.
  Load drawWalk(bool mayRepeat, int64_t& size) {
    Load load{};
    int order[maxRank];
    for (int axis = 0; axis < work.rank; axis++) order[axis] = axis;
    if (pick(3) == 0) std::swap(order[pick(work.rank)], order[pick(work.rank)]);
    int64_t stride = pick(8) == 0 ? 2 : 1, last = 0;
    for (int k = work.rank - 1; k >= 0; k--) {
      const int axis = order[k];
      const int64_t length = work.shape[axis];
      if (mayRepeat && pick(3) == 0) continue;
      load.strides[axis] = pick(10) == 0 ? -stride : stride;
      last += (length - 1) * stride;
      if (load.strides[axis] < 0) load.offset += (length - 1) * stride;
      stride *= length + (pick(10) == 0);
    }
    const int64_t shift = pick(4) == 0 ? pick(20) : 0;
    load.offset += shift;
    size = last + 1 + shift;
    return load;
  }
  Load dense() const {
    Load load{};
    int64_t stride = 1;
    for (int axis = work.rank - 1; axis >= 0; axis--) {
      load.strides[axis] = stride;
      stride *= work.shape[axis];
    }
    return load;
  }

  static Kind kindOf(DType type) {
    return type == DType::float32 ? isFloat : type == DType::boolean ? isMask : isInt;
  }
  int ofKind(Kind kind) {
    std::vector<int> matching;
    for (int slot = 0; slot < work.slots; slot++) {
      if (kinds_[slot] == kind) matching.push_back(slot);
    }
    return matching[pick(static_cast<int64_t>(matching.size()))];
  }
  void line(CodeOp op, Kind result, std::initializer_list<Kind> operands) {
    CodeLine line{op, 0, {0, 0, 0}, 0};
    int k = 0;
    for (const Kind kind : operands) line.inputs[k++] = ofKind(kind);
    // Now and then the place of an older result.
    const int lineSlots = work.slots - firstLine_;
    line.result = lineSlots > 0 && pick(4) == 0 ? firstLine_ + static_cast<int>(pick(lineSlots)) : work.slots++;
    kinds_[line.result] = result;
    work.code.push_back(line);
  }

  void draw() {
    static const int64_t lengths[] = {1,   2,   3,   5,   7,   16,  17,  31,   64,   100,
                                      255, 256, 257, 300, 511, 513, 784, 1023, 1025, 3000};
    do {
      work.rank = static_cast<int>(1 + pick(4));
      work.size = 1;
      for (int axis = 0; axis < work.rank; axis++) work.size *= work.shape[axis] = lengths[pick(20)];
    } while (work.size > 150000);
    // A divisor of the size: a product of the last axes, or part of one.
    work.columns = 1;
    for (int axis = work.rank - 1; axis >= 0 && pick(3); axis--) work.columns *= work.shape[axis];
    if (work.columns % 2 == 0 && pick(4) == 0) work.columns /= 2;

    const DType types[] = {DType::float32, DType::float32, DType::float32, DType::int32, DType::uint8, DType::boolean};
    const int loads = static_cast<int>(3 + pick(4));
    std::vector<int> inPlace;
    for (int i = 0; i < loads; i++) {
      const DType type = i < 3 ? types[i * 2 + 1] : types[pick(6)];
      int64_t size = work.size;
      Load load = pick(2) ? drawWalk(true, size) : dense();
      load.buffer = desk.add(type, size);
      load.slot = work.slots++;
      kinds_[load.slot] = kindOf(type);
      work.loads.push_back(load);
    }
    for (int i = 0; i < 3; i++) {
      const float value = static_cast<float>(pick(9)) - 4;
      work.constants.push_back({work.slots, i == 0 ? bitsOf(value) : i == 1 ? static_cast<uint32_t>(pick(9)) : ~0u});
      kinds_[work.slots++] = static_cast<Kind>(i);
    }
    firstLine_ = work.slots;
    const Kind F = isFloat, I = isInt, M = isMask;
    const int lineCount = static_cast<int>(1 + pick(20));
    for (int i = 0; i < lineCount && work.slots < maxSlots - 1; i++) {
      switch (pick(37)) {
        case 0: line(CodeOp::neg, F, {F}); break;
        case 1: line(CodeOp::abs, F, {F}); break;
        case 2: line(CodeOp::sqrt, F, {F}); break;
        case 3: line(CodeOp::floor, F, {F}); break;
        case 4: line(CodeOp::add, F, {F, F}); break;
        case 5: line(CodeOp::sub, F, {F, F}); break;
        case 6: line(CodeOp::mul, F, {F, F}); break;
        case 7: line(CodeOp::div, F, {F, F}); break;
        case 8: line(CodeOp::max, F, {F, F}); break;
        case 9: line(CodeOp::min, F, {F, F}); break;
        case 10: line(CodeOp::mulAdd, F, {F, F, F}); break;
        case 11: line(CodeOp::mulSub, F, {F, F, F}); break;
        case 12: line(CodeOp::negMulAdd, F, {F, F, F}); break;
        case 13: line(CodeOp::equal, M, {F, F}); break;
        case 14: line(CodeOp::less, M, {F, F}); break;
        case 15: line(CodeOp::lessEqual, M, {F, F}); break;
        case 16: line(CodeOp::negInt, I, {I}); break;
        case 17: line(CodeOp::addInt, I, {I, I}); break;
        case 18: line(CodeOp::subInt, I, {I, I}); break;
        case 19: line(CodeOp::mulInt, I, {I, I}); break;
        case 20: line(CodeOp::maxInt, I, {I, I}); break;
        case 21: line(CodeOp::minInt, I, {I, I}); break;
        case 22: line(CodeOp::equalInt, M, {I, I}); break;
        case 23: line(CodeOp::lessInt, M, {I, I}); break;
        case 24: line(CodeOp::lessEqualInt, M, {I, I}); break;
        case 25: line(CodeOp::where, F, {M, F, F}); break;
        case 26: line(CodeOp::where, I, {M, I, I}); break;
        case 27: line(CodeOp::floatFromInt, F, {I}); break;
        case 28: line(CodeOp::floatFromMask, F, {M}); break;
        case 29: line(CodeOp::intFromMask, I, {M}); break;
        case 30: line(CodeOp::maskFromFloat, M, {F}); break;
        case 31: line(CodeOp::maskFromInt, M, {I}); break;
        case 32: line(CodeOp::byteFromInt, I, {I}); break;
        case 33: line(CodeOp::addMax, F, {F, F, F}); break;
        case 34: line(CodeOp::wherePositive, F, {F, F, F}); break;
        case 35: line(CodeOp::wherePositive, I, {F, I, I}); break;
        default: line(CodeOp::step, I, {}); break;
      }
    }

    const DType ofKindType[] = {DType::float32, DType::int32, DType::boolean};
    const int stores = static_cast<int>(pick(4));
    for (int i = 0; i < stores; i++) {
      const int slot = static_cast<int>(pick(work.slots));
      DType type = ofKindType[kinds_[slot]];
      if (type == DType::int32 && pick(3) == 0) type = DType::uint8;
      int64_t size = work.size;
      Store store = pick(3) == 0 ? drawWalk(false, size) : dense();
      // In place of a load that is walked alike, if there is one that nothing else is.
      for (const Load& load : work.loads) {
        bool isUsed = desk.plan.buffers[load.buffer].dtype != type;
        for (const int buffer : inPlace) isUsed = isUsed || buffer == load.buffer;
        if (isUsed || pick(2) || std::memcmp(load.strides, store.strides, sizeof load.strides) != 0) continue;
        if (load.offset != store.offset) continue;
        store.buffer = load.buffer;
        inPlace.push_back(load.buffer);
        size = 0;
        break;
      }
      if (size > 0) store.buffer = desk.add(type, size);
      store.slot = slot;
      work.stores.push_back(store);
    }
    const int reductions = stores == 0 ? 1 : static_cast<int>(pick(3));
    for (int i = 0; i < reductions; i++) {
      Reduction reduction{};
      do reduction.slot = static_cast<int>(pick(work.slots)); while (kinds_[reduction.slot] == isMask);
      reduction.op = pick(2) ? ReduceOp::sum : ReduceOp::max;
      reduction.keep = static_cast<Keep>(pick(3));
      reduction.buffer = desk.add(ofKindType[kinds_[reduction.slot]], countOf(reduction));
      work.reductions.push_back(reduction);
    }
    desk.lay();

    inputs_.resize(desk.plan.buffers.size());
    const bool hasSpecial = pick(4) == 0;
    for (const Load& load : work.loads) {
      const Buffer& buffer = desk.plan.buffers[load.buffer];
      for (int64_t i = 0; i < buffer.size; i++) {
        const uint32_t draw = generator_();
        switch (buffer.dtype) {
          case DType::float32: {
            float& x = desk.at<float>(load.buffer)[i];
            x = static_cast<float>(static_cast<int32_t>(draw % 2001) - 1000) / 256;
            if (hasSpecial && draw % 512 == 0) x = draw % 3 == 0 ? nan32 : draw % 3 == 1 ? inf32 : -inf32;
            break;
          }
          case DType::int32: desk.at<uint32_t>(load.buffer)[i] = draw % 8 ? draw % 19 - 9 : draw; break;
          case DType::uint8: desk.at<uint8_t>(load.buffer)[i] = static_cast<uint8_t>(draw); break;
          case DType::boolean: desk.at<uint8_t>(load.buffer)[i] = draw & 1; break;
        }
      }
      const char* data = desk.at<char>(load.buffer);
      inputs_[load.buffer].assign(data, data + buffer.bytes());
    }
  }

  std::mt19937& generator_;
  Kind kinds_[maxSlots] = {};
  int firstLine_ = 0;
  std::vector<std::vector<char>> inputs_;
};

void testElementwise() {
  const auto sets = runnable();
  std::vector<std::string> wrong(sets.size());
  std::string order;
  std::mt19937 generator(2026);
  const int works = 600;
  for (int i = 0; i < works; i++) {
    RandomWork random(generator);
    for (size_t s = 0; s < sets.size(); s++) {
      const TaskPointer task = sets[s]->elementwise(random.work, random.desk.plan);
      random.reset();
      random.desk.run(*task, i % 2 == 1);
      const std::string problem = random.check(fuses(*sets[s]));
      if (problem.empty() || !wrong[s].empty()) continue;
      wrong[s] = std::to_string(i) + ". " + random.describe() + ": " + problem;
    }
  }
  for (size_t s = 0; s < sets.size(); s++) {
    const std::string name = sets[s]->name;
    report(name + " " + std::to_string(works) + " random elementwise loops", wrong[s].empty(), wrong[s]);
  }
}

// Ranges cut at any allowed place give the same numbers; but for sums that keep nothing, the same bits.
void testRanges() {
  std::mt19937 generator(7);
  std::string wrong;
  for (int i = 0; i < 300 && wrong.empty(); i++) {
    RandomWork random(generator);
    bool hasRows = false;
    for (const Reduction& reduction : random.work.reductions) hasRows = hasRows || reduction.keep != Keep::nothing;
    const baseline::ElementwiseLoop loop(random.work, random.desk.plan);
    std::vector<char> memory(loop.scratchBytes() + loop.partialBytes() + 128);
    char* scratch = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
    char* partial = scratch + (loop.scratchBytes() + 63) / 64 * 64;
    const auto run = [&](bool isCut) {
      random.reset();
      const Context context = random.desk.context();
      loop.begin(context, scratch, partial);
      const int64_t unit = hasRows ? random.work.columns : 1;
      for (int64_t from = 0, to; from < random.work.size; from = to) {
        const auto units = static_cast<uint64_t>((random.work.size - from) / unit);
        to = isCut ? from + unit * static_cast<int64_t>(1 + generator() % units) : random.work.size;
        loop.range(context, from, to, scratch, partial);
      }
      loop.finish(context, partial, 1);
      std::vector<std::vector<char>> results;
      for (size_t b = 0; b < random.desk.plan.buffers.size(); b++) {
        const Buffer& buffer = random.desk.plan.buffers[b];
        char* data = random.desk.at<char>(static_cast<int>(b));
        // Which of two NaN an addition hands on is up to the order in which a compiler adds.
        for (int64_t e = 0; buffer.dtype == DType::float32 && e < buffer.size; e++) {
          float& value = reinterpret_cast<float*>(data)[e];
          if (value != value) value = NAN;
        }
        results.emplace_back(data, data + buffer.bytes());
      }
      for (const Reduction& reduction : random.work.reductions) {
        if (reduction.keep == Keep::nothing && reduction.op == ReduceOp::sum) results[reduction.buffer].clear();
      }
      return results;
    };
    if (run(false) != run(true)) wrong = random.describe();
    else if (!random.check(false).empty()) wrong = random.describe() + " in pieces";
  }
  report("ranges cut anywhere give the same numbers", wrong.empty(), wrong);
}

void testLongSums(const Kernels& set) {
  // One number a million times over: a single running float would be off by a hundredth.
  const int64_t count = 1 << 20;
  for (const Keep keep : {Keep::rows, Keep::columns, Keep::nothing}) {
    Desk desk;
    const int x = desk.add(DType::float32, count), y = desk.add(DType::float32, 4);
    desk.lay();
    for (int64_t i = 0; i < count; i++) desk.at<float>(x)[i] = 0.1f;
    CodeWriter code({count});
    code.columns(keep == Keep::columns ? 4 : count);
    code.reduce(code.load(x), ReduceOp::sum, keep, y);
    desk.run(*set.elementwise(code.work(), desk.plan));
    const double wanted = 0.1f * static_cast<double>(keep == Keep::columns ? count / 4 : count);
    const double error = std::fabs(*desk.at<float>(y) / wanted - 1);
    report(std::string(set.name) + " a sum of a million, keeping " +
               (keep == Keep::rows ? "a row" : keep == Keep::columns ? "columns" : "nothing"),
           error < 2e-6, "off by " + show(error));
  }
}

// Lines that are one loop: what is computed must not depend on that.
struct Sequence {
  const char* name;
  int inputs;
  // Inputs that are one number for all elements.
  std::vector<int> uniform;
  // Operands are inputs, or from 10 on results of lines.
  std::vector<CodeLine> lines;
  // Lines whose results are stored.
  std::vector<int> stored;
};

std::vector<Sequence> sequences() {
  using Op = CodeOp;
  const auto line = [](Op op, int a, int b = 0, int c = 0) { return CodeLine{op, 0, {a, b, c}, 0}; };
  const std::vector<CodeLine> scaled{line(Op::add, 0, 1), line(Op::sub, 10, 2), line(Op::div, 11, 3),
                                     line(Op::mulAdd, 12, 4, 5), line(Op::mul, 13, 6)};
  const auto after = [](std::vector<CodeLine> lines, std::initializer_list<CodeLine> more) {
    lines.insert(lines.end(), more);
    return lines;
  };
  return {
      {"Adam", 10, {1, 3, 4, 6, 7, 8},
       {line(Op::mul, 0, 1), line(Op::mulAdd, 2, 3, 10), line(Op::mul, 0, 0), line(Op::mul, 12, 4),
        line(Op::mulAdd, 5, 6, 13), line(Op::sqrt, 14), line(Op::add, 15, 7), line(Op::div, 11, 16),
        line(Op::negMulAdd, 17, 8, 9)},
       {1, 4, 8}},
      {"Bernoulli loss of bits and its derivative", 4, {2, 3},
       {line(Op::softplus, 0), line(Op::floatFromInt, 1), line(Op::negMulAdd, 11, 0, 10), line(Op::sigmoid, 0),
        line(Op::mul, 2, 13), line(Op::mulAdd, 3, 11, 14)},
       {2, 5}},
      {"Bernoulli loss and its derivative", 4, {2, 3},
       {line(Op::softplus, 0), line(Op::negMulAdd, 1, 0, 10), line(Op::sigmoid, 0), line(Op::mul, 2, 12),
        line(Op::mulAdd, 3, 1, 13)},
       {1, 4}},
      {"Bernoulli loss and mean", 2, {},
       {line(Op::softplus, 0), line(Op::negMulAdd, 1, 0, 10), line(Op::sigmoid, 0)}, {1, 2}},
      {"gate", 4, {},
       {line(Op::add, 0, 1), line(Op::tanh, 10), line(Op::add, 2, 3), line(Op::sigmoid, 12), line(Op::mul, 11, 13)},
       {1, 3, 4}},
      {"derivative of a gate", 4, {3},
       {line(Op::mul, 0, 1), line(Op::negMulAdd, 2, 2, 2), line(Op::mul, 10, 11), line(Op::mul, 0, 2),
        line(Op::negMulAdd, 1, 1, 3), line(Op::mul, 13, 14)},
       {2, 5}},
      {"derivative of tanh", 3, {1}, {line(Op::negMulAdd, 0, 0, 1), line(Op::mul, 2, 10)}, {1}},
      {"derivative of a sigmoid", 2, {}, {line(Op::negMulAdd, 0, 0, 0), line(Op::mul, 1, 10)}, {1}},
      {"sum of three", 3, {}, {line(Op::add, 0, 1), line(Op::add, 10, 2)}, {1}},
      {"sum of four", 4, {}, {line(Op::add, 0, 1), line(Op::add, 2, 3), line(Op::add, 10, 11)}, {2}},
      {"gates of a recurrent layer", 3, {}, {line(Op::add, 0, 1), line(Op::add, 10, 2), line(Op::sigmoid, 11)}, {2}},
      {"state of a recurrent layer", 7, {},
       {line(Op::add, 0, 1), line(Op::add, 2, 3), line(Op::mulAdd, 4, 10, 11), line(Op::tanh, 12), line(Op::sub, 5, 13),
        line(Op::mulAdd, 6, 14, 13)},
       {0, 3, 4, 5}},
      {"derivative of a recurrent layer", 9, {6},
       {line(Op::add, 0, 1), line(Op::add, 10, 2), line(Op::mul, 11, 3), line(Op::mul, 11, 4), line(Op::sub, 11, 13),
        line(Op::negMulAdd, 5, 5, 6), line(Op::mul, 14, 15), line(Op::mul, 16, 7), line(Op::mul, 16, 8)},
       {2, 3, 6, 7, 8}},
      {"deviation", 3, {}, {line(Op::add, 0, 1), line(Op::sub, 10, 2), line(Op::mul, 11, 11)}, {1, 2}},
      {"normalisation", 7, {6}, after(scaled, {line(Op::max, 13, 14)}), {5}},
      {"derivative of a normalisation", 8, {6},
       after(scaled, {line(Op::less, 14, 13), line(Op::mul, 7, 6), line(Op::where, 15, 7, 16), line(Op::mul, 11, 17)}),
       {7, 8}},
      {"derivative of a deviation", 8, {},
       {line(Op::mul, 0, 1), line(Op::div, 10, 2), line(Op::add, 3, 4), line(Op::sub, 12, 5), line(Op::mul, 6, 13),
        line(Op::add, 11, 14), line(Op::add, 15, 14), line(Op::add, 16, 7)},
       {7}},
  };
}

// Where results go: to places of their own; the last one over the first input; or those of all lines are stored, which
// no loop of several lines does.
enum class Stored { beside, over, all };

// @returns the loops; what is to be stored, one result after the other
int runSequence(const Kernels& set, const Sequence& sequence, int64_t size, Stored way, std::vector<uint32_t>& results) {
  Desk desk;
  CodeWriter code({size});
  std::vector<int> inputs, outputs, slots;
  const auto isUniform = [&](int i) {
    return std::find(sequence.uniform.begin(), sequence.uniform.end(), i) != sequence.uniform.end();
  };
  for (int i = 0; i < sequence.inputs; i++) inputs.push_back(desk.add(DType::float32, isUniform(i) ? 1 : size));
  for (size_t i = 0; i < sequence.lines.size(); i++) outputs.push_back(desk.add(DType::float32, size));
  // Another buffer in the same place, as where a value is written over one that is needed no more.
  if (way == Stored::over) desk.plan.buffers[outputs.back()].at = desk.plan.buffers[inputs[0]].at;
  desk.lay();
  std::mt19937 random(5);
  for (const int buffer : inputs) {
    float* to = desk.at<float>(buffer);
    for (int64_t i = 0; i < desk.plan.buffers[buffer].size; i++) to[i] = 0.1f + static_cast<float>(random() % 1000) / 300;
  }
  for (int i = 0; i < sequence.inputs; i++) {
    slots.push_back(isUniform(i) ? code.load(inputs[i], {0}) : code.load(inputs[i]));
  }
  slots.resize(10);
  for (const CodeLine& line : sequence.lines) {
    slots.push_back(code.line(line.op, slots[line.inputs[0]], slots[line.inputs[1]], slots[line.inputs[2]]));
  }
  for (size_t i = 0; i < sequence.lines.size(); i++) {
    const bool isStored = std::count(sequence.stored.begin(), sequence.stored.end(), static_cast<int>(i)) > 0;
    if (isStored || way == Stored::all) code.store(slots[10 + i], outputs[i]);
  }
  desk.run(*set.elementwise(code.work(), desk.plan));
  for (const int i : sequence.stored) {
    const uint32_t* from = desk.at<uint32_t>(outputs[i]);
    results.insert(results.end(), from, from + size);
  }
  return baseline::ElementwiseLoop(code.work(), desk.plan).loops();
}

void testSequences(const Kernels& set) {
  for (const Sequence& sequence : sequences()) {
    for (const int64_t size : {2, 7, 64, 1003}) {
      std::vector<uint32_t> together, inPlace, apart;
      const int one = runSequence(set, sequence, size, Stored::beside, together);
      const int over = runSequence(set, sequence, size, Stored::over, inPlace);
      const int many = runSequence(set, sequence, size, Stored::all, apart);
      const std::string name = std::string(set.name) + " " + sequence.name + ", " + std::to_string(size) + " elements";
      report(name + ": one loop instead of one for each line",
             one == 1 && over == 1 && many == static_cast<int>(sequence.lines.size()));
      report(name + ": the same bits", together == apart && inPlace == apart);
    }
  }
}

}  // namespace

int main() {
  const FlushDenormals flush;
  testElementwise();
  testRanges();
  for (const Kernels* set : runnable()) testLongSums(*set);
  for (const Kernels* set : runnable()) testSequences(*set);
  return conclude();
}
