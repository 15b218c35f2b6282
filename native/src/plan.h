// The plan that the engine executes, decoded: the same as src/engine/native/plan.ts, with registers assigned to slots.
#pragma once
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace vaekit {

enum class DType : int32_t { float32, int32, uint8, boolean };
inline int bytesOf(DType type) { return type == DType::float32 || type == DType::int32 ? 4 : 1; }

// `nowhere` is what a convolution makes as it reads it.
enum class PlaceKind : int32_t { arena, constant, variable, input, output, nowhere };

struct Buffer {
  PlaceKind kind;
  // Line of 64 bytes in the arena or the constants, or index of the variable, input or output.
  int32_t at;
  DType dtype;
  int64_t size;
  int64_t bytes() const { return size * bytesOf(dtype); }
  // Whether a vector at the end of the buffer may reach over it: what callers feed and get ends where it ends.
  bool hasMargin() const { return kind != PlaceKind::input && kind != PlaceKind::output; }
};

// The order is that of CODE_OPS in plan.ts; a test compares the names.
#define VAEKIT_CODE_OPS(X)                                                                          \
  X(neg) X(exp) X(log) X(log1p) X(expm1) X(sqrt) X(abs) X(sign) X(floor) X(sin) X(cos) X(tanh)      \
  X(sigmoid) X(softplus) X(erf) X(lgamma) X(polygamma)                                              \
  X(add) X(sub) X(mul) X(div) X(pow) X(max) X(min) X(mulAdd) X(mulSub) X(negMulAdd) X(addMax)       \
  X(equal) X(less) X(lessEqual)                                                                     \
  X(negInt) X(addInt) X(subInt) X(mulInt) X(maxInt) X(minInt)                                       \
  X(equalInt) X(lessInt) X(lessEqualInt) X(where) X(wherePositive)                                  \
  X(floatFromInt) X(floatFromMask) X(intFromFloat) X(intFromMask) X(maskFromFloat) X(maskFromInt)   \
  X(byteFromInt) X(step)

enum class CodeOp : int32_t {
#define X(name) name,
  VAEKIT_CODE_OPS(X)
#undef X
      count
};

// Slots that a line reads.
constexpr int operandsOf(CodeOp op) {
  if (op == CodeOp::step) return 0;
  if (op <= CodeOp::polygamma || op == CodeOp::negInt || op >= CodeOp::floatFromInt) return 1;
  if ((op >= CodeOp::mulAdd && op <= CodeOp::addMax) || op == CodeOp::where || op == CodeOp::wherePositive) return 3;
  return 2;
}

constexpr int maxRank = 8;
constexpr int maxSlots = 64;

struct Load {
  int32_t buffer;
  int32_t slot;
  int64_t offset;
  int64_t strides[maxRank];
};
using Store = Load;

struct CodeLine {
  CodeOp op;
  int32_t result;
  // Slots; unused ones are 0.
  int32_t inputs[3];
  float immediate;
};

// A slot that holds one value throughout; the bits are those of a float, an int or a mask.
struct Constant {
  int32_t slot;
  uint32_t bits;
};

enum class ReduceOp : int32_t { sum, max };
enum class Keep : int32_t { rows, columns, nothing };

struct Reduction {
  int32_t slot;
  ReduceOp op;
  Keep keep;
  int32_t buffer;
};

struct Elementwise {
  int32_t rank;
  int64_t shape[maxRank];
  int64_t size;
  int64_t columns;
  int32_t slots;
  std::vector<Load> loads;
  std::vector<Constant> constants;
  std::vector<CodeLine> code;
  std::vector<Store> stores;
  std::vector<Reduction> reductions;
};

struct Matrix {
  int32_t buffer;
  int64_t offset, batchStride, rowStride, columnStride;
};

struct Matmul {
  int64_t batch, m, n, k;
  Matrix a, b;
  int32_t c;
};

enum class ConvKind : int32_t { forward, inputGrad, filterGrad };

struct Geometry {
  int64_t batch, channels, filters, groups;
  int64_t space[3], kernel[3], out[3], strides[3], dilations[3], before[3];
  // Every channel by itself.
  bool isDepthwise() const { return groups > 1 && channels == groups && filters == groups; }
};

struct Convolution {
  ConvKind kind;
  Geometry geometry;
  int32_t left, right, result;
};

struct Reduce {
  ReduceOp op;
  int32_t keptRank, reducedRank;
  int64_t kept[maxRank], reduced[maxRank];
  int64_t keptStrides[maxRank], reducedStrides[maxRank];
  int32_t x;
  int64_t offset;
  int32_t result;
};

// Rows of x [count or rows, width], chosen by int32 indices [count] below `rows`.
struct Rows {
  int64_t rows, count, width;
  int32_t x, indices, result;
};
struct Gather : Rows {};
struct ScatterAdd : Rows {};

// Along the middle of [outer, length, inner].
struct Along {
  int64_t outer, length, inner;
  int32_t x, result;
};
struct Cumsum : Along {
  bool reverse;
};
struct ArgMax : Along {};

struct TopK {
  int64_t rows, length, k;
  bool largest;
  int32_t x, result;
};

struct Assignment {
  int64_t batch, length;
  float tolerance;
  int32_t x, result;
};

enum class Distribution : int32_t { normal, uniform };

struct Random {
  Distribution distribution;
  uint32_t hash;
  int32_t result;
};

struct Guard {
  int32_t condition;
};

using Work = std::variant<Elementwise, Matmul, Convolution, Reduce, Gather, ScatterAdd, Cumsum, ArgMax, TopK,
                          Random, Guard, Assignment>;

struct Instruction {
  Work work;
  // Elementwise work that makes an operand of a Convolution, of which both know by the buffer that lies nowhere.
  std::optional<Elementwise> first;
  // Elementwise work on the result of a Matmul or Convolution.
  std::optional<Elementwise> then;
  // The buffers of all this, and those of them that are written to.
  std::vector<int32_t> touched, written;
};

struct Port {
  DType dtype;
  int64_t size;
  // The first instruction that writes to it, if any does.
  static constexpr int64_t never = INT64_MAX;
  int64_t firstWrite = never;
  bool isWritten() const { return firstWrite != never; }
  int64_t bytes() const { return size * bytesOf(dtype); }
};

struct Plan {
  int64_t arenaLines = 0, constantBytes = 0;
  std::vector<Port> variables, inputs, outputs;
  std::vector<Buffer> buffers;
  std::vector<Instruction> instructions;
};

}  // namespace vaekit
