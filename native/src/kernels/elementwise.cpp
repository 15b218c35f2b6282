// Elementwise loops: the space is cut into blocks that fit the innermost cache, and every line of the code is one loop
// over a block.
//
// Numbers of a block lie at a location. That is a place of its own in the scratch memory (a slot), or, where they are
// there in the right form already, a piece of a buffer: most loads are read, and most results written, without a copy.
#include "elementwise.h"

#include "factories.h"
#include "fusions.h"
#include "lines.h"
#include "list.h"
#include "reducer.h"
#include "walk.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// Slots of a loop should leave half of a first-level cache of 32 KB to the buffers that stream through it.
constexpr int64_t cacheBytes = 24 * 1024;
constexpr int64_t leastBlock = 256, largestBlock = 1024;

bool overlap(const Buffer& a, const Buffer& b) {
  if (a.kind != b.kind) return false;
  if (a.kind != PlaceKind::arena && a.kind != PlaceKind::constant) return a.at == b.at;
  const int64_t line = 64, startA = line * a.at, startB = line * b.at;
  return startA < startB + b.bytes() && startB < startA + a.bytes();
}

// Whether both begin at the same byte: a value may be written into the place of one that it replaces.
bool haveOnePlace(const Buffer& a, const Buffer& b) { return a.kind == b.kind && a.at == b.at; }

int64_t commonMultiple(int64_t a, int64_t b) {
  int64_t x = a, y = b;
  while (y != 0) {
    const int64_t rest = x % y;
    x = y;
    y = rest;
  }
  return a / x * b;
}

}  // namespace

struct ElementwiseLoop::Compiled {
  // A piece of a buffer: the element of the space at `index` lies at `offset` + index.
  struct Window {
    int location, buffer;
    int64_t offset;
  };
  // Slots that are the same for all blocks.
  struct Splat {
    int location, buffer;
    int64_t offset;
    DType type;
  };
  struct Fixed {
    int location;
    int32_t bits;
    bool isStep;
  };
  // Elements that begin anew after `period`: a block begins in the first of them, and goes on.
  struct Tile {
    int location, buffer;
    DType type;
    Walk walk;
    int64_t period;
  };
  struct Gathered {
    int location, buffer;
    DType type;
    Walk walk;
    // Whether a block inside of one run of neighbours is read from the buffer.
    bool mayStay;
  };
  struct Call {
    Line run;
    int result, a, b, c;
    float immediate;
  };
  // One line, or several of them as one loop.
  struct Loop {
    Call line;
    const Fusion* fusion;
    int locations[mostLocations];
  };
  struct Copy {
    int location, buffer;
    DType type;
    Walk walk;
  };
  struct Reduced {
    int location;
    ReduceOp op;
    Keep keep;
    int buffer;
    DType type;
    int64_t partialOffset;
  };

  Compiled(const Elementwise& work, const Plan& plan) : size(work.size), columns(work.columns), layout(work.columns) {
    locate(work, plan);
    chooseBlock();
    placeSlots();
  }

  int64_t size, columns;
  ColumnLayout layout;
  int64_t block = 0, cut = 0;
  size_t scratch = 0, partial = 0;
  int locations = 0;
  bool hasRows = false;
  List<Window> windows;
  List<Splat> splats;
  List<Fixed> fixed;
  List<Tile> tiles;
  List<Gathered> gathered;
  List<Call> once;
  List<Loop> code;
  List<Copy> copies;
  List<Reduced> reductions;
  // For each location, where in the scratch memory its slot is, or −1.
  List<int64_t> slots;
  int64_t totals = 0;

  int newLocation(bool hasSlot) {
    slots.add(hasSlot ? 0 : -1);
    return locations++;
  }

  // Tells for every register where its numbers lie.
  void locate(const Elementwise& work, const Plan& plan) {
    const int lineCount = static_cast<int>(work.code.size());
    const int storeCount = static_cast<int>(work.stores.size());
    // A block is computed line by line, then reduced, then copied store by store. When each load and result is used
    // last:
    const int reduceTime = lineCount;
    const auto storeTime = [&](int index) { return lineCount + 1 + index; };
    int lastDefinition[maxSlots], lastUse[maxSlots];
    for (int slot = 0; slot < maxSlots; slot++) lastDefinition[slot] = lastUse[slot] = -1;
    for (int i = 0; i < lineCount; i++) lastDefinition[work.code[i].result] = i;
    // Of loads only: their slots are never written again.
    for (int i = 0; i < lineCount; i++) {
      const LineOf& line = lines[static_cast<int>(work.code[i].op)];
      for (int k = 0; k < line.arity; k++) lastUse[work.code[i].inputs[k]] = i;
    }
    for (const Reduction& reduction : work.reductions) lastUse[reduction.slot] = reduceTime;
    for (int i = 0; i < storeCount; i++) lastUse[work.stores[i].slot] = storeTime(i);

    bool isUniform[maxSlots] = {};
    int location[maxSlots], ownSlot[maxSlots], written[maxSlots], maker[maxSlots];
    for (int slot = 0; slot < maxSlots; slot++) location[slot] = ownSlot[slot] = written[slot] = maker[slot] = -1;
    List<PlacedLine> placed;

    // Which stores are computed in place: those of the last lines that nothing else reads over.
    const auto isRisky = [&](const Store& store, int time) {
      for (const Load& load : work.loads) {
        if (lastUse[load.slot] > time && overlap(plan.buffers[load.buffer], plan.buffers[store.buffer])) return true;
      }
      return false;
    };
    for (int i = 0; i < storeCount; i++) {
      const Store& store = work.stores[i];
      const int time = lastDefinition[store.slot];
      const bool isPlain = bytesOf(plan.buffers[store.buffer].dtype) == 4 &&
                           Walk::of(store, work.shape, work.rank).isContiguous();
      if (time >= 0 && isPlain && written[store.slot] < 0 && !isRisky(store, time)) written[store.slot] = i;
    }
    // A load that one of the copies would overwrite too early has to be copied itself.
    const auto mayStay = [&](const Load& load) {
      for (int i = 0; i < storeCount; i++) {
        const Store& store = work.stores[i];
        if (written[store.slot] != i && lastUse[load.slot] > storeTime(i) &&
            overlap(plan.buffers[load.buffer], plan.buffers[store.buffer])) {
          return false;
        }
      }
      return true;
    };

    for (const Load& load : work.loads) {
      const Walk walk = Walk::of(load, work.shape, work.rank);
      const DType type = plan.buffers[load.buffer].dtype;
      const bool staying = bytesOf(type) == 4 && mayStay(load);
      int& at = location[load.slot];
      if (walk.isSplat()) {
        at = newLocation(true);
        splats.add({at, load.buffer, load.offset, type});
        isUniform[load.slot] = true;
      } else if (walk.isContiguous() && staying) {
        at = newLocation(false);
        windows.add({at, load.buffer, load.offset});
      } else if (walk.period() > 0 && walk.period() <= leastBlock) {
        at = newLocation(true);
        tiles.add({at, load.buffer, type, walk, walk.period()});
      } else {
        at = newLocation(true);
        gathered.add({at, load.buffer, type, walk, staying && walk.strides[walk.rank - 1] == 1});
      }
    }
    for (const Constant& constant : work.constants) {
      location[constant.slot] = newLocation(true);
      fixed.add({location[constant.slot], bitsOf<int32_t>(constant.bits), false});
      isUniform[constant.slot] = true;
    }

    for (int i = 0; i < lineCount; i++) {
      const CodeLine& line = work.code[i];
      const LineOf& of = lines[static_cast<int>(line.op)];
      PlacedLine here{line.op, 0, {0, 0, 0}, line.immediate, {-1, -1, -1}, -1};
      bool uniform = true;
      for (int k = 0; k < of.arity; k++) {
        here.operands[k] = location[line.inputs[k]];
        here.makers[k] = maker[line.inputs[k]];
        uniform = uniform && isUniform[line.inputs[k]];
      }
      int& at = location[line.result];
      if (uniform) {
        at = newLocation(true);
      } else if (written[line.result] >= 0 && lastDefinition[line.result] == i) {
        const Store& store = work.stores[written[line.result]];
        at = newLocation(false);
        windows.add({at, store.buffer, store.offset});
      } else {
        if (ownSlot[line.result] < 0) ownSlot[line.result] = newLocation(true);
        at = ownSlot[line.result];
      }
      isUniform[line.result] = uniform;
      maker[line.result] = uniform ? -1 : placed.size();
      here.result = at;
      if (line.op == CodeOp::step) {
        fixed.add({at, 0, true});
      } else if (uniform) {
        once.add(callOf(here));
      } else {
        for (const int made : here.makers) {
          if (made >= 0) placed[made].lastReader = placed.size();
        }
        placed.add(here);
      }
    }

    for (int i = 0; i < storeCount; i++) {
      const Store& store = work.stores[i];
      if (written[store.slot] == i && !isUniform[store.slot]) continue;
      copies.add({location[store.slot], store.buffer, plan.buffers[store.buffer].dtype,
                  Walk::of(store, work.shape, work.rank)});
    }
    const auto isWanted = [&](int slot) {
      if (maker[slot] >= 0) placed[maker[slot]].lastReader = placed.size();
    };
    for (const Store& store : work.stores) isWanted(store.slot);
    for (const Reduction& reduction : work.reductions) isWanted(reduction.slot);
    makeLoops(placed, plan);
    for (const Reduction& reduction : work.reductions) {
      const DType type = plan.buffers[reduction.buffer].dtype;
      reductions.add({location[reduction.slot], reduction.op, reduction.keep, reduction.buffer, type,
                      static_cast<int64_t>(partial)});
      hasRows = hasRows || reduction.keep == Keep::rows;
      if (reduction.keep == Keep::nothing) partial += 64;
      if (reduction.keep == Keep::columns) partial += ColumnValues<FloatSum>::bytes(layout);
    }
  }

  static Call callOf(const PlacedLine& line) {
    const int* operands = line.operands;
    return {lines[static_cast<int>(line.op)].run, line.result, operands[0], operands[1], operands[2], line.immediate};
  }

  // One loop for each line, or for several where there is one that does their work.
  void makeLoops(const List<PlacedLine>& placed, const Plan& plan) {
    List<bool> isUniform;
    for (int i = 0; i < locations; i++) isUniform.add(false);
    for (const Splat& each : splats) isUniform[each.location] = true;
    for (const Fixed& each : fixed) isUniform[each.location] = true;
    for (const Call& each : once) isUniform[each.result] = true;
    for (int i = 0; i < placed.size();) {
      Loop loop{callOf(placed[i]), nullptr, {}};
      const Fusion* fusion = fusionAt(placed, i, isUniform, loop.locations);
      if (fusion && mayRun(*fusion, loop.locations, plan)) loop.fusion = fusion;
      code.add(loop);
      i += loop.fusion ? fusion->lines : 1;
    }
  }

  // A fusion writes the first elements before it reads the last ones: what it writes must not be what it reads, unless
  // each element is read where it is written.
  bool mayRun(const Fusion& fusion, const int* used, const Plan& plan) const {
    for (const Window& to : windows) {
      bool isWritten = false;
      for (int i = 0; i < fusion.results; i++) isWritten = isWritten || used[fusion.inputs + i] == to.location;
      if (!isWritten) continue;
      const auto isHarmed = [&](int location, int buffer, bool isInPlace) {
        for (int i = 0; i < fusion.inputs; i++) {
          if (used[i] == location && !isInPlace && overlap(plan.buffers[buffer], plan.buffers[to.buffer])) return true;
        }
        return false;
      };
      for (const Window& from : windows) {
        const bool isInPlace = haveOnePlace(plan.buffers[from.buffer], plan.buffers[to.buffer]) && from.offset == to.offset;
        if (isHarmed(from.location, from.buffer, isInPlace)) return false;
      }
      for (const Gathered& from : gathered) {
        if (from.mayStay && isHarmed(from.location, from.buffer, false)) return false;
      }
    }
    return true;
  }

  // Blocks hold whole rows, or rows hold whole blocks, where something looks at rows.
  void chooseBlock() {
    int64_t slotCount = 1, row = hasRows ? columns : 0;
    for (const int64_t slot : slots) slotCount += slot >= 0;
    const int64_t most =
        larger(leastBlock, smaller(largestBlock, cacheBytes / 4 / slotCount / leastBlock * leastBlock));
    for (const Tile& tile : tiles) row = row == 0 ? tile.period : row;
    for (const Gathered& load : gathered) row = row == 0 ? load.walk.lengths[load.walk.rank - 1] : row;
    if (row == 0) {
      block = most;
    } else if (row <= most) {
      const int64_t whole = commonMultiple(row, lanes);
      block = whole <= most ? most / whole * whole : most / row * row;
    } else {
      const int64_t pieces = ceilDivide(row, most);
      block = ceilDivide(ceilDivide(row, pieces), lanes) * lanes;
      cut = row;
    }
  }

  void placeSlots() {
    scratch = wholeLines(locations * static_cast<int64_t>(sizeof(char*)));
    totals = static_cast<int64_t>(scratch);
    scratch += wholeLines(8 * reductions.size());
    const auto place = [&](int location, int64_t elements) {
      slots[location] = static_cast<int64_t>(scratch);
      // A vector more, for those who fill it a vector at a time.
      scratch += wholeLines(4 * (elements + lanes));
    };
    for (const Tile& tile : tiles) place(tile.location, block + tile.period);
    for (int i = 0; i < locations; i++) {
      if (slots[i] == 0) place(i, block);
    }
  }

  void call(const Call& line, char* const* at, int64_t count) const {
    line.run(at[line.result], at[line.a], at[line.b], at[line.c], count, line.immediate);
  }
  void call(const Loop& loop, char* const* at, int64_t count) const {
    if (loop.fusion) loop.fusion->run(at, loop.locations, count);
    else call(loop.line, at, count);
  }

  // Elements [from, to), block after block. Those of a buffer that lies nowhere go to `made`.
  void run(const Context& context, int64_t from, int64_t to, char* scratch, char* partial, char* made) const {
    char** at = reinterpret_cast<char**>(scratch);
    while (from < to) {
      int64_t count = smaller(block, to - from);
      if (cut > 0) count = smaller(count, cut - from % cut);
      moveTo(context, from, count, at, scratch, made);
      for (const Loop& loop : code) call(loop, at, count);
      for (int i = 0; i < reductions.size(); i++) reduce(context, i, at, from, count, scratch, partial);
      for (const Copy& each : copies) copy(context, each, at, from, count, made);
      from += count;
      if (made) made += 4 * count;
    }
  }

  // Where elements of a buffer begin.
  static char* placeOf(const Context& context, int buffer, int64_t first, char* made) {
    char* start = context.buffers[buffer];
    return start ? start + 4 * first : made;
  }

  void moveTo(const Context& context, int64_t from, int64_t count, char** at, char* memory, char* made) const {
    for (const Window& window : windows) {
      at[window.location] = placeOf(context, window.buffer, window.offset + from, made);
    }
    for (const Tile& tile : tiles) at[tile.location] = memory + slots[tile.location] + 4 * (from % tile.period);
    for (const Gathered& load : gathered) {
      const Walk& walk = load.walk;
      char* buffer = context.buffers[load.buffer];
      if (load.mayStay) {
        int64_t position[2 * maxRank];
        const int64_t place = walk.find(from, position);
        if (position[walk.rank - 1] + count <= walk.lengths[walk.rank - 1]) {
          at[load.location] = buffer + 4 * place;
          continue;
        }
      }
      at[load.location] = memory + slots[load.location];
      gatherBlock(reinterpret_cast<int32_t*>(at[load.location]), buffer, load.type, walk, from, count);
    }
  }

  template <typename R>
  void reduceRows(const Context& context, int index, const char* elements, int64_t from, int64_t count,
                  char* memory) const {
    using T = typename R::T;
    using Total = typename R::Total;
    T* result = context.as<T>(reductions[index].buffer);
    Total& total = reinterpret_cast<Total&>(memory[totals + 8 * index]);
    int64_t row = from / columns, column = from - row * columns;
    while (count > 0) {
      const int64_t length = smaller(columns - column, count);
      const Total piece = joinAll<R>(elements, length);
      total = column == 0 ? piece : R::join(total, piece);
      column += length;
      if (column == columns) {
        result[row++] = static_cast<T>(total);
        column = 0;
      }
      elements += 4 * length;
      count -= length;
    }
  }

  void reduce(const Context& context, int index, char* const* at, int64_t from, int64_t count, char* memory,
              char* partials) const {
    const Reduced& reduction = reductions[index];
    const char* elements = at[reduction.location];
    withReducer(reduction.op, reduction.type, [&](auto reducer) {
      using R = decltype(reducer);
      using Total = typename R::Total;
      char* own = partials + reduction.partialOffset;
      if (reduction.keep == Keep::rows) {
        reduceRows<R>(context, index, elements, from, count, memory);
      } else if (reduction.keep == Keep::columns) {
        ColumnValues<R>(layout, own).add(elements, from, count);
      } else {
        Total& total = reinterpret_cast<Total&>(*own);
        total = R::join(total, Total(joinAll<R>(elements, count)));
      }
    });
  }

  void copy(const Context& context, const Copy& copy, char* const* at, int64_t from, int64_t count, char* made) const {
    if (copy.walk.isContiguous() && bytesOf(copy.type) == 4) {
      std::memmove(placeOf(context, copy.buffer, copy.walk.offset + from, made), at[copy.location], 4 * count);
    } else {
      char* buffer = context.buffers[copy.buffer];
      scatterBlock(reinterpret_cast<const int32_t*>(at[copy.location]), buffer, copy.type, copy.walk, from, count);
    }
  }
};

ElementwiseLoop::ElementwiseLoop(const Elementwise& work, const Plan& plan) : compiled_(new Compiled(work, plan)) {}
ElementwiseLoop::~ElementwiseLoop() { delete compiled_; }

size_t ElementwiseLoop::scratchBytes() const { return compiled_->scratch; }
size_t ElementwiseLoop::partialBytes() const { return compiled_->partial; }
int64_t ElementwiseLoop::blockSize() const { return compiled_->block; }
int ElementwiseLoop::loops() const { return compiled_->code.size(); }

void ElementwiseLoop::begin(const Context& context, char* scratch, char* partial) const {
  const Compiled& c = *compiled_;
  char** at = reinterpret_cast<char**>(scratch);
  for (int i = 0; i < c.locations; i++) at[i] = scratch + c.slots[i];
  const auto fill = [&](int location, int32_t bits) {
    auto* to = reinterpret_cast<int32_t*>(at[location]);
    const Ints value = splat(bits);
    for (int64_t i = 0; i < c.block; i += lanes) store(to + i, value);
  };
  if (c.size > 0) {
    for (const auto& load : c.splats) {
      Walk one;
      one.offset = load.offset;
      int32_t bits[1 + lanes];
      gatherBlock(bits, context.buffers[load.buffer], load.type, one, 0, 1);
      fill(load.location, bits[0]);
    }
    for (const auto& tile : c.tiles) {
      auto* to = reinterpret_cast<int32_t*>(at[tile.location]);
      gatherBlock(to, context.buffers[tile.buffer], tile.type, tile.walk, 0, tile.period);
      for (int64_t i = 0; i < c.block; i++) to[tile.period + i] = to[i];
    }
  }
  for (const auto& constant : c.fixed) fill(constant.location, constant.isStep ? context.step : constant.bits);
  for (const auto& line : c.once) c.call(line, at, c.block);
  for (const auto& reduction : c.reductions) {
    withReducer(reduction.op, reduction.type, [&](auto reducer) {
      using R = decltype(reducer);
      char* own = partial + reduction.partialOffset;
      if (reduction.keep == Keep::columns) ColumnValues<R>(c.layout, own).begin();
      if (reduction.keep == Keep::nothing) reinterpret_cast<typename R::Total&>(*own) = R::empty();
    });
  }
}

void ElementwiseLoop::range(const Context& context, int64_t from, int64_t to, char* scratch, char* partial) const {
  compiled_->run(context, from, to, scratch, partial, nullptr);
}

void ElementwiseLoop::make(const Context& context, int64_t from, int64_t to, float* into, char* scratch) const {
  compiled_->run(context, from, to, scratch, nullptr, reinterpret_cast<char*>(into));
}

void ElementwiseLoop::finish(const Context& context, char* partials, int64_t parts) const {
  const Compiled& c = *compiled_;
  for (const auto& reduction : c.reductions) {
    if (reduction.keep == Keep::rows) continue;
    const auto own = [&](int64_t part) { return partials + part * c.partial + reduction.partialOffset; };
    withReducer(reduction.op, reduction.type, [&](auto reducer) {
      using R = decltype(reducer);
      using Total = typename R::Total;
      auto* result = context.as<typename R::T>(reduction.buffer);
      if (reduction.keep == Keep::nothing) {
        Total total = R::empty();
        for (int64_t part = 0; part < parts; part++) total = R::join(total, reinterpret_cast<const Total&>(*own(part)));
        *result = static_cast<typename R::T>(total);
        return;
      }
      // Neighbours first, so that no sum is longer than it needs to be.
      for (int64_t part = 0; part < parts; part++) ColumnValues<R>(c.layout, own(part)).end();
      for (int64_t step = 1; step < parts; step *= 2) {
        for (int64_t part = 0; part + step < parts; part += 2 * step) {
          ColumnValues<R>(c.layout, own(part)).join(ColumnValues<R>(c.layout, own(part + step)));
        }
      }
      const ColumnValues<R> all(c.layout, own(0));
      for (int64_t column = 0; column < c.columns; column++) result[column] = static_cast<typename R::T>(all.of(column));
    });
  }
}

namespace {

// Enough elements to be worth handing to another thread, and not so many parts that their partial results matter. Where
// that makes few parts, elements times lines decide: a hyperbolic tangent takes longer than a sum.
constexpr int64_t leastPart = 16 * 1024, leastLines = 32 * 1024;
constexpr int64_t mostParts = 64, fewParts = 4;
constexpr int64_t leastRows = 16;

class ElementwiseTask final : public Task {
 public:
  ElementwiseTask(const Elementwise& work, const Plan& plan) : loop_(work, plan), size_(work.size) {
    loops = loop_.loops();
    int64_t unit = loop_.blockSize(), most = mostParts;
    for (const Reduction& reduction : work.reductions) {
      if (reduction.keep != Keep::nothing) unit = larger(work.columns, 1);
      if (reduction.keep == Keep::columns) most = smaller(most, larger(1, size_ / unit / leastRows));
    }
    const int64_t units = ceilDivide(size_, unit);
    const int64_t few = smaller(fewParts, size_ * static_cast<int64_t>(work.code.size()) / leastLines);
    const int64_t wanted = larger(1, smaller(most, larger(few, size_ / leastPart)));
    partSize_ = larger(1, ceilDivide(units, wanted)) * unit;
    parts = larger(1, ceilDivide(size_, partSize_));
    scratchBytes = loop_.scratchBytes();
    sharedBytes = parts * loop_.partialBytes();
  }

  void run(const Context& context, int64_t part, char* scratch, char* shared) const override {
    char* partial = shared + part * loop_.partialBytes();
    loop_.begin(context, scratch, partial);
    loop_.range(context, part * partSize_, smaller(size_, (part + 1) * partSize_), scratch, partial);
  }

  void finish(const Context& context, char* shared) const override { loop_.finish(context, shared, parts); }

 private:
  ElementwiseLoop loop_;
  int64_t size_;
  int64_t partSize_;
};

}  // namespace

TaskPointer makeElementwise(const Elementwise& work, const Plan& plan) {
  return TaskPointer(new ElementwiseTask(work, plan));
}

}  // namespace vaekit::VAEKIT_ISA
