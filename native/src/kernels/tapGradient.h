// A filter's gradient tap by tap, where the numbers of a pixel are many. Neighbours in x and in g then lie at distances that
// a first cache has few places for, so a line of each pixel's channels, and panels of g, are copied side by side. A tap is
// summed over the pixels where it meets the picture; taps that meet the same ones share a copy of g.
#pragma once
#include "list.h"
#include "tile.h"

namespace vaekit::VAEKIT_ISA {

class TapGradient {
 public:
  // What is left out is worth the copies where several panels share them. With vectors of 16 the caches are larger.
  static bool pays(const Geometry& g) {
    const int64_t channels = g.channels / g.groups, filters = g.filters / g.groups;
    return !g.isDepthwise() && channels % lineChannels == 0 && filters >= (lanes == 16 ? 256 : 128);
  }

  // @param parts of the result, at most its lines of channels
  TapGradient(const Geometry& g, int64_t parts)
      : g_(g), channels_(g.channels / g.groups), filters_(g.filters / g.groups), panels_(filters_) {
    findAreas();
    cut(parts);
  }

  static int64_t linesOf(const Geometry& g) { return tapsOf(g) * (g.channels / g.groups / lineChannels); }

  int64_t scratchFloats() const { return mostPixels * (lineChannels + panels_.packedSize(1)); }

  // A part of the sums over images [from, to).
  void run(const float* x, const float* gradient, int64_t part, int64_t from, int64_t to, float* scratch,
           float* result) const {
    x += from * g_.space[0] * g_.space[1] * g_.space[2] * g_.channels;
    gradient += from * g_.out[0] * g_.out[1] * g_.out[2] * g_.filters;
    for (int64_t unit = starts_[part]; unit < starts_[part + 1];) {
      const Area& area = areas_[units_[unit].area];
      int64_t end = unit + 1;
      while (end < starts_[part + 1] && units_[end].area == units_[unit].area) end++;
      for (int64_t group = 0; group < g_.groups; group++) {
        addArea(x, gradient, to - from, area, unit, end, group, scratch, result);
      }
      unit = end;
    }
  }

 private:
  // Channels of a line, and pixels of which copies are made at once.
  static constexpr int64_t lineChannels = 16, mostPixels = lanes == 16 ? 256 : 192;
  // Pixels [from, end) of the result of the convolution along each axis.
  struct Area {
    int64_t from[3], end[3];
    int64_t pixels() const { return (end[0] - from[0]) * (end[1] - from[1]) * (end[2] - from[2]); }
    bool is(const Area& other) const { return std::memcmp(this, &other, sizeof(Area)) == 0; }
  };
  // A line of channels of a tap, and where x begins for it.
  struct Unit {
    int64_t area, tap, channel, offset;
  };
  // Calls f(i, pixel) for the pixels [first, first + count) of an area, which goes on from image to image: where the one of
  // number i lies among those of an array whose pixels are `strides` from each other.
  template <typename F>
  void eachPixel(const Area& area, int64_t first, int64_t count, const int64_t* space, const int64_t* strides, F f) const {
    int64_t at[3], image = first / area.pixels(), rest = first % area.pixels();
    for (int axis = 2; axis >= 0; axis--) {
      const int64_t length = area.end[axis] - area.from[axis];
      at[axis] = area.from[axis] + rest % length;
      rest /= length;
    }
    for (int64_t i = 0; i < count;) {
      int64_t pixel = image;
      for (int axis = 0; axis < 3; axis++) pixel = pixel * space[axis] + at[axis] * strides[axis];
      const int64_t end = smaller(count, i + area.end[2] - at[2]);
      for (; i < end; i++, pixel += strides[2]) f(i, pixel);
      at[2] = area.from[2];
      if (++at[1] < area.end[1]) continue;
      at[1] = area.from[1];
      if (++at[0] < area.end[0]) continue;
      at[0] = area.from[0];
      image++;
    }
  }

  static int64_t tapsOf(const Geometry& g) { return g.kernel[0] * g.kernel[1] * g.kernel[2]; }

  // Where each tap meets x, and the lines of channels of all taps, those of one area behind each other.
  void findAreas() {
    List<int> areaOf;
    List<int64_t> offsets;
    for (int64_t tap = 0; tap < tapsOf(g_); tap++) {
      const int64_t at[3] = {tap / g_.kernel[2] / g_.kernel[1], tap / g_.kernel[2] % g_.kernel[1], tap % g_.kernel[2]};
      Area area;
      int64_t offset = 0;
      for (int axis = 0; axis < 3; axis++) {
        const int64_t shift = at[axis] * g_.dilations[axis] - g_.before[axis], stride = g_.strides[axis];
        area.from[axis] = smaller(g_.out[axis], shift < 0 ? ceilDivide(-shift, stride) : 0);
        const int64_t end = ceilDivide(larger(0, g_.space[axis] - shift), stride);
        area.end[axis] = larger(area.from[axis], smaller(g_.out[axis], end));
        offset = offset * g_.space[axis] + shift;
      }
      int same = 0;
      while (same < areas_.size() && !areas_[same].is(area)) same++;
      if (same == areas_.size()) areas_.add(area);
      areaOf.add(same);
      offsets.add(offset * g_.channels);
    }
    for (int area = 0; area < areas_.size(); area++) {
      for (int tap = 0; tap < areaOf.size(); tap++) {
        if (areaOf[tap] != area) continue;
        for (int64_t channel = 0; channel < channels_; channel += lineChannels) {
          units_.add({area, tap, channel, offsets[tap] + channel});
        }
      }
    }
  }

  // Parts that sum over as many pixels each.
  void cut(int64_t parts) {
    int64_t all = 0, done = 0;
    for (const Unit& unit : units_) all += areas_[unit.area].pixels();
    for (int i = 0; i < units_.size(); i++) {
      while (starts_.size() < parts && done * parts >= all * starts_.size()) starts_.add(i);
      done += areas_[units_[i].area].pixels();
    }
    while (starts_.size() <= parts) starts_.add(units_.size());
  }

  void addArea(const float* x, const float* gradient, int64_t images, const Area& area, int64_t unit, int64_t end,
               int64_t group, float* scratch, float* result) const {
    const int64_t pixels = images * area.pixels(), chunks = larger(1, ceilDivide(pixels, mostPixels));
    float* panels = scratch + mostPixels * lineChannels;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const int64_t first = pixels * chunk / chunks, count = pixels * (chunk + 1) / chunks - first;
      if (count > 0) packPanels(gradient + group * filters_, area, first, count, panels);
      for (int64_t each = unit; each < end; each++) {
        if (count > 0) gather(x + group * channels_ + units_[each].offset, area, first, count, scratch);
        const int64_t row = units_[each].tap * channels_ + units_[each].channel;
        multiply(scratch, panels, count, result + row * g_.filters + group * filters_, chunk > 0);
      }
    }
  }

  void packPanels(const float* gradient, const Area& area, int64_t first, int64_t count, float* panels) const {
    constexpr int64_t strides[] = {1, 1, 1};
    eachPixel(area, first, count, g_.out, strides, [&](int64_t i, int64_t pixel) {
      const float* from = gradient + pixel * g_.filters;
      for (int64_t panel = 0; panel < panels_.count; panel++) {
        const int64_t width = panels_.vectors(panel) * lanes;
        const float* numbers = from + panels_.first(panel);
        float* to = panels + panels_.packedOffset(panel, count) + i * width;
        for (int64_t at = 0; at < width - lanes; at += lanes) store(to + at, load<Floats>(numbers + at));
        store(to + width - lanes, loadFirst<Floats>(numbers + width - lanes, panels_.last(panel)));
      }
    });
  }

  void gather(const float* x, const Area& area, int64_t first, int64_t count, float* lines) const {
    eachPixel(area, first, count, g_.space, g_.strides, [&](int64_t i, int64_t pixel) {
      std::memcpy(lines + i * lineChannels, x + pixel * g_.channels, 4 * lineChannels);
    });
  }

  void multiply(const float* lines, const float* panels, int64_t count, float* result, bool add) const {
    const int64_t noOffset = 0;
    for (int64_t panel = 0; panel < panels_.count; panel++) {
      const int vectors = panels_.vectors(panel);
      const Sum sum{1, &noOffset, count, lineChannels, vectors * lanes};
      for (int64_t channel = 0; channel < lineChannels; channel += tileRows) {
        const float* from[tileRows];
        float* to[tileRows];
        for (int i = 0; i < tileRows; i++) {
          from[i] = lines + channel + i;
          to[i] = result + (channel + i) * g_.filters + panels_.first(panel);
        }
        const float* right = panels + panels_.packedOffset(panel, count);
        tileOf<false>(tileRows, vectors)(from, right, sum, to, panels_.last(panel), add);
      }
    }
  }

  Geometry g_;
  // Of a group.
  int64_t channels_, filters_;
  Panels panels_;
  List<Area> areas_;
  List<Unit> units_;
  // The first unit of each part, and the end.
  List<int64_t> starts_;
};

}  // namespace vaekit::VAEKIT_ISA
