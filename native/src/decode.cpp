#include "decode.h"

#include <algorithm>
#include <utility>

namespace vaekit {
namespace {

constexpr int32_t magic = 0x56414b31;
constexpr int64_t lineBytes = 64;
// What a plan may hold of anything; far beyond what programs have, and small enough to be allocated.
constexpr int64_t maxCount = 1 << 20;
constexpr int64_t maxElements = INT32_MAX;

// Every check is a line `if (!ok(condition, "what is wrong")) return;`: after the first failure nothing more is read.
class Reader {
 public:
  Reader(const int32_t* words, size_t count, Plan& plan) : next_(words), end_(words + count), plan_(plan) {}

  std::string read() {
    readPlan();
    return problem_;
  }

 private:
  bool ok(bool condition, const char* problem) {
    if (!condition && problem_.empty()) problem_ = problem;
    return problem_.empty();
  }

  int32_t word() {
    if (!ok(next_ < end_, "the plan ends too early")) return 0;
    return *next_++;
  }
  int64_t within(int64_t least, int64_t most, const char* problem) {
    const int64_t value = word();
    return ok(value >= least && value <= most, problem) ? value : least;
  }
  float number() {
    const int32_t bits = word();
    float value;
    static_assert(sizeof bits == sizeof value);
    std::copy_n(reinterpret_cast<const char*>(&bits), sizeof bits, reinterpret_cast<char*>(&value));
    return value;
  }
  template <typename E>
  E choice(E count, const char* problem) {
    return static_cast<E>(within(0, static_cast<int64_t>(count) - 1, problem));
  }
  int64_t length() { return within(0, maxCount, "a list has an impossible length"); }
  // Lengths are at least 1: nothing is left to do for an empty tensor.
  int64_t extent() { return within(1, maxElements, "a length is not positive"); }

  // The product, or 0 if it is beyond what a buffer may have.
  static int64_t product(std::initializer_list<int64_t> factors) {
    int64_t result = 1;
    for (const int64_t factor : factors) {
      if (factor != 0 && result > maxElements / factor) return 0;
      result *= factor;
    }
    return result;
  }

  void readPorts(std::vector<Port>& ports) {
    const int64_t count = length();
    for (int64_t i = 0; i < count && problem_.empty(); i++) {
      const DType dtype = choice(static_cast<DType>(4), "a port has an unknown type");
      ports.push_back({dtype, within(0, maxElements, "a port has an impossible size")});
    }
  }

  void readPlan() {
    if (!ok(word() == magic, "this is not a plan of this version")) return;
    plan_.arenaLines = within(0, INT32_MAX, "the arena has an impossible size");
    plan_.constantBytes = within(0, INT32_MAX, "the constants have an impossible size");
    readPorts(plan_.variables);
    readPorts(plan_.inputs);
    readPorts(plan_.outputs);
    const int64_t buffers = length();
    for (int64_t i = 0; i < buffers && problem_.empty(); i++) readBuffer();
    const int64_t instructions = length();
    for (int64_t i = 0; i < instructions && problem_.empty(); i++) readInstruction();
    ok(next_ == end_, "the plan goes on after its end");
  }

  void readBuffer() {
    Buffer buffer{};
    buffer.kind = choice(static_cast<PlaceKind>(6), "a buffer has an unknown place");
    buffer.at = word();
    buffer.dtype = choice(static_cast<DType>(4), "a buffer has an unknown type");
    buffer.size = within(0, maxElements, "a buffer has an impossible size");
    if (!ok(buffer.at >= 0, "a buffer begins before its place")) return;
    switch (buffer.kind) {
      case PlaceKind::arena:
        ok(buffer.at * lineBytes + buffer.bytes() <= plan_.arenaLines * lineBytes, "a buffer leaves the arena");
        break;
      case PlaceKind::constant:
        ok(buffer.at * lineBytes + buffer.bytes() <= plan_.constantBytes, "a buffer leaves the constants");
        break;
      case PlaceKind::variable:
        portOf(plan_.variables, buffer);
        break;
      case PlaceKind::input:
        portOf(plan_.inputs, buffer);
        break;
      case PlaceKind::output:
        portOf(plan_.outputs, buffer);
        break;
      case PlaceKind::nowhere:
        ok(buffer.dtype == DType::float32, "what is made as it is read is not float32");
        break;
    }
    plan_.buffers.push_back(buffer);
  }

  void portOf(const std::vector<Port>& ports, const Buffer& buffer) {
    if (!ok(static_cast<size_t>(buffer.at) < ports.size(), "a buffer is a port that is not there")) return;
    const Port& port = ports[buffer.at];
    ok(port.dtype == buffer.dtype && port.size == buffer.size, "a buffer differs from its port");
  }

  // @param mayBeMade whether it may be one that lies nowhere
  int32_t buffer(bool mayBeMade = false) {
    const auto index = static_cast<int32_t>(
        within(0, static_cast<int64_t>(plan_.buffers.size()) - 1, "an instruction names a buffer that is not there"));
    if (problem_.empty()) ok(mayBeMade || !isMade(index), "an instruction reads or writes what lies nowhere");
    touched_.push_back(index);
    return index;
  }
  bool isMade(int32_t buffer) const { return at(buffer).kind == PlaceKind::nowhere; }
  const Buffer& at(int32_t buffer) const { return plan_.buffers[buffer]; }

  // A buffer of this type that has at least `size` elements; 0 stands for a size that is too large.
  int32_t dense(int64_t size, DType dtype, bool mayBeMade = false) {
    const int32_t index = buffer(mayBeMade);
    if (!problem_.empty()) return 0;
    ok(at(index).dtype == dtype, "an operand has the wrong type");
    ok(size > 0 && size <= at(index).size, "an operand is too small");
    return index;
  }
  int32_t writable(int32_t index) {
    if (!problem_.empty()) return 0;
    const PlaceKind kind = at(index).kind;
    ok(kind != PlaceKind::constant && kind != PlaceKind::input, "an instruction writes where nothing may be written");
    if (kind == PlaceKind::variable) {
      int64_t& first = plan_.variables[at(index).at].firstWrite;
      if (first == Port::never) first = static_cast<int64_t>(plan_.instructions.size());
    }
    written_.push_back(index);
    return index;
  }

  // Adds the offsets that an axis of this length and stride reaches to [low, high].
  void reach(int64_t length, int64_t stride, int64_t& low, int64_t& high) {
    const int64_t span = (length - 1) * stride;  // Below 2⁶²: both factors have 32 bits.
    (span < 0 ? low : high) += span;
    ok(low >= -maxElements && high <= maxElements, "an operand reaches too far");
  }
  void inside(int32_t index, int64_t low, int64_t high) {
    if (problem_.empty()) ok(low >= 0 && high < at(index).size, "an operand leaves its buffer");
  }

  int32_t slot(const Elementwise& work) {
    return static_cast<int32_t>(within(0, work.slots - 1, "a slot is not there"));
  }

  Load readWalk(const Elementwise& work, bool mayBeMade = false) {
    Load load{};
    load.buffer = buffer(mayBeMade);
    load.slot = slot(work);
    load.offset = word();
    int64_t low = load.offset, high = load.offset;
    for (int32_t axis = 0; axis < work.rank; axis++) {
      load.strides[axis] = word();
      reach(work.shape[axis], load.strides[axis], low, high);
    }
    inside(load.buffer, low, high);
    return load;
  }

  // @param makes whether its results are for one that reads them at once
  Elementwise readElementwise(bool makes = false) {
    Elementwise work{};
    work.rank = static_cast<int32_t>(within(1, maxRank, "an iteration space has an impossible rank"));
    work.size = 1;
    for (int32_t axis = 0; axis < work.rank; axis++) {
      work.shape[axis] = extent();
      work.size = product({work.size, work.shape[axis]});
      if (!ok(work.size > 0, "an iteration space is too large")) return work;
    }
    work.columns = extent();
    ok(work.size % work.columns == 0, "the columns do not divide the iteration space");
    work.slots = static_cast<int32_t>(within(1, maxSlots, "there are too many slots"));
    // Which slots hold a number that a line may read.
    bool filled[maxSlots] = {};
    bool isFixed[maxSlots] = {};
    const auto fix = [&](int32_t index) {
      ok(!isFixed[index], "a slot is filled twice");
      filled[index] = isFixed[index] = true;
    };
    const int64_t loads = within(0, maxSlots, "there are too many loads");
    for (int64_t i = 0; i < loads && problem_.empty(); i++) {
      work.loads.push_back(readWalk(work));
      fix(work.loads.back().slot);
    }
    const int64_t constants = within(0, maxSlots, "there are too many constants");
    for (int64_t i = 0; i < constants && problem_.empty(); i++) {
      const int32_t index = slot(work);
      work.constants.push_back({index, static_cast<uint32_t>(word())});
      fix(index);
    }
    const int64_t lines = length();
    for (int64_t i = 0; i < lines && problem_.empty(); i++) {
      CodeLine line{};
      line.op = choice(CodeOp::count, "a line has an unknown operation");
      line.result = slot(work);
      ok(!isFixed[line.result], "a line overwrites what was loaded");
      for (int k = 0; k < 3; k++) {
        line.inputs[k] = slot(work);
        if (k < operandsOf(line.op)) ok(filled[line.inputs[k]], "a line reads a slot that holds nothing");
      }
      line.immediate = number();
      filled[line.result] = true;
      work.code.push_back(line);
    }
    const int64_t stores = length();
    for (int64_t i = 0; i < stores && problem_.empty(); i++) {
      work.stores.push_back(readWalk(work, makes));
      writable(work.stores.back().buffer);
      ok(filled[work.stores.back().slot], "a store reads a slot that holds nothing");
    }
    const int64_t reductions = within(0, maxSlots, "there are too many reductions");
    for (int64_t i = 0; i < reductions && problem_.empty(); i++) {
      Reduction reduction{};
      reduction.slot = slot(work);
      ok(filled[reduction.slot], "a reduction reads a slot that holds nothing");
      reduction.op = choice(static_cast<ReduceOp>(2), "a reduction has an unknown operation");
      reduction.keep = choice(static_cast<Keep>(3), "a reduction keeps something unknown");
      reduction.buffer = writable(buffer());
      if (!problem_.empty()) break;
      const int64_t size = reduction.keep == Keep::rows      ? work.size / work.columns
                           : reduction.keep == Keep::columns ? work.columns
                                                             : 1;
      ok(size <= at(reduction.buffer).size && bytesOf(at(reduction.buffer).dtype) == 4,
         "a reduction's result does not fit its buffer");
      work.reductions.push_back(reduction);
    }
    return work;
  }

  // What makes an operand of a convolution, if one of the two lies nowhere.
  void readFirst(Instruction& instruction, const Convolution& work, int64_t left, int64_t right) {
    const bool isLeft = problem_.empty() && isMade(work.left), isRight = problem_.empty() && isMade(work.right);
    const bool isThere = within(0, 1, "a convolution begins in an unknown way") == 1;
    if (!ok(isThere == (isLeft || isRight), "a convolution reads what nothing makes")) return;
    if (!isThere) return;
    ok(isLeft != isRight && (isLeft || work.kind == ConvKind::filterGrad), "a convolution cannot make this operand");
    Elementwise first = readElementwise(true);
    if (!ok(first.stores.size() == 1 && first.reductions.empty(), "what makes an operand leaves something else")) return;
    const Store& store = first.stores[0];
    ok(store.buffer == (isLeft ? work.left : work.right) && first.size == (isLeft ? left : right),
       "what makes an operand makes another one");
    bool isInOrder = store.offset == 0;
    int64_t stride = 1;
    for (int32_t axis = first.rank - 1; axis >= 0; axis--) {
      isInOrder &= first.shape[axis] == 1 || store.strides[axis] == stride;
      stride *= first.shape[axis];
    }
    ok(isInOrder, "what makes an operand makes it in another order");
    instruction.first = std::move(first);
  }

  // What follows a product with a result of `rows` × `columns`.
  void readThen(Instruction& instruction, int64_t size, int64_t columns) {
    if (within(0, 1, "a product has an unknown sequel") == 0) return;
    Elementwise work = readElementwise();
    ok(work.size == size, "what follows a product has another size than its result");
    for (const Reduction& reduction : work.reductions) {
      ok(reduction.keep == Keep::nothing || work.columns == columns,
         "a reduction after a product has other columns than its result");
    }
    instruction.then = std::move(work);
  }

  Matrix readMatrix(int64_t batch, int64_t rows, int64_t columns) {
    Matrix matrix{};
    matrix.buffer = buffer();
    matrix.offset = word();
    matrix.batchStride = word();
    matrix.rowStride = word();
    matrix.columnStride = word();
    int64_t low = matrix.offset, high = matrix.offset;
    reach(batch, matrix.batchStride, low, high);
    reach(rows, matrix.rowStride, low, high);
    reach(columns, matrix.columnStride, low, high);
    inside(matrix.buffer, low, high);
    if (problem_.empty()) ok(at(matrix.buffer).dtype == DType::float32, "a product's operand is not float32");
    return matrix;
  }

  void readMatmul(Instruction& instruction) {
    Matmul work{};
    work.batch = extent();
    work.m = extent();
    work.n = extent();
    work.k = extent();
    work.a = readMatrix(work.batch, work.m, work.k);
    work.b = readMatrix(work.batch, work.k, work.n);
    const int64_t size = product({work.batch, work.m, work.n});
    work.c = writable(dense(size, DType::float32));
    instruction.work = work;
    readThen(instruction, size, work.n);
  }

  void readConvolution(Instruction& instruction) {
    Convolution work{};
    work.kind = choice(static_cast<ConvKind>(3), "a convolution has an unknown form");
    Geometry& g = work.geometry;
    g.batch = extent();
    g.channels = extent();
    g.filters = extent();
    g.groups = extent();
    for (int64_t* lengths : {g.space, g.kernel, g.out, g.strides, g.dilations}) {
      for (int axis = 0; axis < 3; axis++) lengths[axis] = extent();
    }
    for (int axis = 0; axis < 3; axis++) {
      g.before[axis] = within(0, maxElements, "a convolution has an impossible padding");
    }
    if (!ok(g.channels % g.groups == 0 && g.filters % g.groups == 0, "groups do not divide a convolution")) return;
    const int64_t x = product({g.batch, g.space[0], g.space[1], g.space[2], g.channels});
    const int64_t w = product({g.kernel[0], g.kernel[1], g.kernel[2], g.channels / g.groups, g.filters});
    const int64_t y = product({g.batch, g.out[0], g.out[1], g.out[2], g.filters});
    // What padding adds is copied, so it must be of a sane size, on either side.
    int64_t reached = 1;
    for (int axis = 0; axis < 3; axis++) {
      const int64_t reach = (g.out[axis] - 1) * g.strides[axis] + (g.kernel[axis] - 1) * g.dilations[axis] + 1;
      reached = product({reached, reach + g.before[axis] + g.space[axis]});
      if (!ok(reached > 0, "a convolution reaches too far")) return;
    }
    ok(product({reached, std::max(g.channels, g.filters)}) > 0, "a convolution reaches too far");
    const int64_t left = work.kind == ConvKind::inputGrad ? y : x;
    const int64_t right = work.kind == ConvKind::filterGrad ? y : w;
    const int64_t result = work.kind == ConvKind::forward ? y : work.kind == ConvKind::inputGrad ? x : w;
    work.left = dense(left, DType::float32, true);
    work.right = dense(right, DType::float32, true);
    work.result = writable(dense(result, DType::float32));
    instruction.work = work;
    readFirst(instruction, work, left, right);
    readThen(instruction, result, work.kind == ConvKind::inputGrad ? g.channels : g.filters);
  }

  void readReduce(Instruction& instruction) {
    Reduce work{};
    work.op = choice(static_cast<ReduceOp>(2), "a reduction has an unknown operation");
    int64_t size = 1;
    work.keptRank = static_cast<int32_t>(within(0, maxRank, "a reduction has an impossible rank"));
    for (int32_t axis = 0; axis < work.keptRank; axis++) {
      work.kept[axis] = extent();
      size = product({size, work.kept[axis]});
      if (!ok(size > 0, "a reduction is too large")) return;
    }
    int64_t summed = 1;
    work.reducedRank = static_cast<int32_t>(within(0, maxRank, "a reduction has an impossible rank"));
    for (int32_t axis = 0; axis < work.reducedRank; axis++) {
      work.reduced[axis] = extent();
      summed = product({summed, work.reduced[axis]});
      if (!ok(summed > 0, "a reduction is too large")) return;
    }
    work.x = buffer();
    work.offset = word();
    int64_t low = work.offset, high = work.offset;
    for (int32_t axis = 0; axis < work.keptRank; axis++) {
      work.keptStrides[axis] = word();
      reach(work.kept[axis], work.keptStrides[axis], low, high);
    }
    for (int32_t axis = 0; axis < work.reducedRank; axis++) {
      work.reducedStrides[axis] = word();
      reach(work.reduced[axis], work.reducedStrides[axis], low, high);
    }
    inside(work.x, low, high);
    if (!problem_.empty()) return;
    ok(bytesOf(at(work.x).dtype) == 4, "a reduction reads bytes");
    work.result = writable(dense(size, at(work.x).dtype));
    instruction.work = work;
  }

  template <typename T>
  void readRows(Instruction& instruction, bool isScatter) {
    T work{};
    work.rows = extent();
    work.count = extent();
    work.width = extent();
    work.x = buffer();
    if (!problem_.empty()) return;
    const DType dtype = at(work.x).dtype;
    const int64_t all = product({work.rows, work.width}), chosen = product({work.count, work.width});
    ok(chosen > 0 && all > 0 && (isScatter ? chosen : all) <= at(work.x).size, "an operand is too small");
    ok(!isScatter || bytesOf(dtype) == 4, "rows of bytes are added");
    work.indices = dense(work.count, DType::int32);
    work.result = writable(dense(isScatter ? all : chosen, dtype));
    instruction.work = work;
  }

  // The source along a middle axis, and its type.
  template <typename T>
  DType readAlong(T& work) {
    work.outer = extent();
    work.length = extent();
    work.inner = extent();
    work.x = buffer();
    if (!problem_.empty()) return DType::float32;
    const int64_t size = product({work.outer, work.length, work.inner});
    ok(size > 0 && size <= at(work.x).size && bytesOf(at(work.x).dtype) == 4, "an operand is too small");
    return at(work.x).dtype;
  }

  void readInstruction() {
    const int32_t kind = word();
    const int64_t words = word();
    if (!ok(words >= 0 && words <= end_ - next_, "an instruction goes on after the plan's end")) return;
    const int32_t* after = next_ + words;
    Instruction instruction{};
    switch (kind) {
      case 0:
        instruction.work = readElementwise();
        break;
      case 1:
        readMatmul(instruction);
        break;
      case 2:
        readConvolution(instruction);
        break;
      case 3:
        readReduce(instruction);
        break;
      case 4:
        readRows<Gather>(instruction, false);
        break;
      case 5:
        readRows<ScatterAdd>(instruction, true);
        break;
      case 6: {
        Cumsum work{};
        const DType dtype = readAlong(work);
        work.result = writable(dense(product({work.outer, work.length, work.inner}), dtype));
        work.reverse = within(0, 1, "a running sum has an unknown direction") != 0;
        instruction.work = work;
        break;
      }
      case 7: {
        ArgMax work{};
        readAlong(work);
        work.result = writable(dense(product({work.outer, work.inner}), DType::int32));
        instruction.work = work;
        break;
      }
      case 8: {
        TopK work{};
        work.rows = extent();
        work.length = extent();
        work.k = extent();
        work.largest = within(0, 1, "an order has an unknown direction") != 0;
        ok(work.k <= work.length, "more elements are chosen than there are");
        work.x = dense(product({work.rows, work.length}), DType::float32);
        work.result = writable(dense(product({work.rows, work.k}), DType::int32));
        instruction.work = work;
        break;
      }
      case 9: {
        Random work{};
        work.distribution = choice(static_cast<Distribution>(2), "random numbers have an unknown distribution");
        work.hash = static_cast<uint32_t>(word());
        work.result = writable(dense(1, DType::float32));
        instruction.work = work;
        break;
      }
      case 10:
        instruction.work = Guard{dense(1, DType::boolean)};
        break;
      case 11: {
        Assignment work{};
        work.batch = extent();
        work.length = extent();
        work.tolerance = number();
        ok(work.tolerance > 0 && work.tolerance <= 1, "an assignment has a tolerance outside (0, 1]");
        work.x = dense(product({work.batch, work.length, work.length}), DType::float32);
        work.result = writable(dense(product({work.batch, work.length}), DType::int32));
        instruction.work = work;
        break;
      }
      default:
        ok(false, "an instruction has an unknown kind");
    }
    ok(next_ == after, "an instruction has another length than it says");
    instruction.touched = std::exchange(touched_, {});
    instruction.written = std::exchange(written_, {});
    plan_.instructions.push_back(std::move(instruction));
  }

  const int32_t* next_;
  const int32_t* end_;
  Plan& plan_;
  std::string problem_;
  // Of the instruction that is read.
  std::vector<int32_t> touched_, written_;
};

}  // namespace

std::string decodePlan(const int32_t* words, size_t count, Plan& plan) { return Reader(words, count, plan).read(); }

}  // namespace vaekit
