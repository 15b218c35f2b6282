// The numbers of random streams: Philox 4x32-10 (Salmon, Moraes, Dror & Shaw 2011), and from it uniform numbers and, by
// the quantile function of AS 241 (Wichura 1988), normal ones. Words and uniform numbers are those of src/random;
// normal numbers are computed in double as there, and rounded.
#include "factories.h"
#include "math.h"

namespace vaekit::VAEKIT_ISA {
namespace {

// Counters whose rounds are computed at a time, each in 64 bits of a vector, so that a product's halves need no
// shuffling.
constexpr int64_t countersAtOnce = halfLanes;

// Product of the lower 32 bits of each 64, whatever is above.
VAEKIT_INLINE LongWords wideProduct(LongWords a, LongWords b) {
#if defined(__AVX512F__) && VAEKIT_LANES == 16
  return bitsOf<LongWords>(_mm512_maskz_mul_epu32(0xff, bitsOf<__m512i>(a), bitsOf<__m512i>(b)));
#elif defined(__AVX2__) && VAEKIT_LANES == 8
  return bitsOf<LongWords>(_mm256_mul_epu32(bitsOf<__m256i>(a), bitsOf<__m256i>(b)));
#elif defined(__SSE2__) && VAEKIT_LANES == 4
  return bitsOf<LongWords>(_mm_mul_epu32(bitsOf<__m128i>(a), bitsOf<__m128i>(b)));
#else
  return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

VAEKIT_INLINE LongWords splatWord(uint32_t x) { return LongWords{} + uint64_t{x}; }

template <int... lane>
VAEKIT_INLINE LongWords countersFrom(uint32_t first, std::integer_sequence<int, lane...>) {
  return splatWord(first) + LongWords{lane...};
}
template <int... lane>
VAEKIT_INLINE LongWords lowOfBoth(LongWords a, LongWords b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(a, b, (lane / 2 + lane % 2 * halfLanes)...);
}
template <int... lane>
VAEKIT_INLINE LongWords highOfBoth(LongWords a, LongWords b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(a, b, (halfLanes / 2 + lane / 2 + lane % 2 * halfLanes)...);
}

// Words 4 · first … 4 · (first + countersAtOnce) of a step of a stream.
VAEKIT_INLINE void philox(uint32_t* words, uint32_t first, uint32_t step, uint32_t hash, const uint32_t* key) {
  constexpr auto all = std::make_integer_sequence<int, halfLanes>();
  LongWords x0 = countersFrom(first, all), x1 = splatWord(step), x2 = splatWord(0), x3 = splatWord(hash);
  uint32_t key0 = key[0], key1 = key[1];
  for (int round = 0; round < 10; round++) {
    const LongWords a = wideProduct(x0, splatWord(0xd2511f53)), b = wideProduct(x2, splatWord(0xcd9e8d57));
    x0 = (b >> 32) ^ x1 ^ splatWord(key0);
    x1 = b;
    x2 = (a >> 32) ^ x3 ^ splatWord(key1);
    x3 = a;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  const LongWords low = (x0 & 0xffffffff) | (x1 << 32), high = (x2 & 0xffffffff) | (x3 << 32);
  store<LongWords>(words, lowOfBoth(low, high, all));
  store<LongWords>(words + lanes, highOfBoth(low, high, all));
}

// The quantile's middle, for |q| ≤ 0.425 with q = p − ½.
constexpr double middle = 0.425;
VAEKIT_INLINE Doubles middleQuantile(Doubles q) {
  const Doubles r = splat(0.180625) - q * q;
  return q *
         polynomial(r, 3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727) /
         polynomial(r, 1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
                    39307.89580009271061, 28729.085735721942674, 5226.495278852854561);
}

// Beyond, by r = √(−log(½ − |q|)), which 32 random bits keep below 5: AS 241's second form is enough.
VAEKIT_INLINE Doubles tailQuantile(Doubles q) {
  const Doubles p = splat(0.5) - (q < splat(0.0) ? -q : q);
  // p = 2ᵉ m with m from √½ to √2; s = (m − 1)/(m + 1) is at most 0.18.
  LongWords bits = bitsOf<LongWords>(p);
  const LongWords isAbove = (bits << 12) > (LongWords{} + (0x3ff6a09e667f3bcdu << 12));
  // −1 where m is to be halved.
  const LongWords e = (bits >> 52) - isAbove;
  const Doubles m = bitsOf<Doubles>(bits - ((e - 1023) << 52));
  // The exponent as a double, by the low bits of a large one.
  constexpr double large = 4503599627370496.0;
  const Doubles exponent = bitsOf<Doubles>(e | bitsOf<LongWords>(splat(large))) - splat(large + 1023.0);
  const Doubles s = (m - splat(1.0)) / (m + splat(1.0)), square = s * s;
  const Doubles artanh = s * polynomial(square, 1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15);
  const Doubles log = multiplyAdd(exponent, splat(0.69314718055994531), splat(2.0) * artanh);
  const Doubles r = squareRoot(-log) - splat(1.6);
  const Doubles z =
      polynomial(r, 1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
                 1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4) /
      polynomial(r, 1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
                 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9);
  return q < splat(0.0) ? -z : z;
}

// Φ⁻¹(p) − what p = (word + ½)/2³² is from ½ is exact in double, as (word − 2³¹ + ½)/2³².
VAEKIT_INLINE double distanceOf(uint32_t word) {
  return (static_cast<int32_t>(word ^ 0x80000000u) + 0.5) * 0x1p-32;
}

constexpr int64_t blockSize = 512;

// One in seven numbers is in a tail. They are put together, so that vectors of them are worth their while.
void normalBlock(const uint32_t* words, float* result, int64_t count) {
  double distances[blockSize + lanes], tails[blockSize + lanes], quantiles[lanes];
  int16_t places[blockSize];
  int64_t tailCount = 0;
  for (int64_t i = 0; i < count; i++) distances[i] = distanceOf(words[i]);
  for (int64_t i = count; i % halfLanes != 0; i++) distances[i] = 0;
  for (int64_t i = 0; i < count; i++) {
    places[tailCount] = static_cast<int16_t>(i);
    tails[tailCount] = distances[i];
    tailCount += (distances[i] < 0 ? -distances[i] : distances[i]) > middle;
  }
  for (int64_t i = 0; i < count; i += halfLanes) {
    store(quantiles, middleQuantile(load<Doubles>(distances + i)));
    for (int64_t k = 0; k < halfLanes && i + k < count; k++) result[i + k] = static_cast<float>(quantiles[k]);
  }
  for (int64_t i = tailCount; i % halfLanes != 0; i++) tails[i] = middle;
  for (int64_t i = 0; i < tailCount; i += halfLanes) {
    store(quantiles, tailQuantile(load<Doubles>(tails + i)));
    for (int64_t k = 0; k < halfLanes && i + k < tailCount; k++) {
      result[places[i + k]] = static_cast<float>(quantiles[k]);
    }
  }
}

void uniformBlock(const uint32_t* words, float* result, int64_t count) {
  for (int64_t i = 0; i < count; i++) result[i] = static_cast<float>(static_cast<int32_t>(words[i] >> 8)) * 0x1p-24f;
}

constexpr int64_t mostParts = 64;
constexpr int64_t leastPart = 4096;

class RandomTask final : public Task {
 public:
  RandomTask(const Random& work, const Plan& plan) : work_(work), size_(plan.buffers[work.result].size) {
    const int64_t wanted = larger(1, smaller(mostParts, size_ / leastPart));
    partSize_ = larger(1, ceilDivide(ceilDivide(size_, wanted), blockSize)) * blockSize;
    parts = larger(1, ceilDivide(size_, partSize_));
  }

  void run(const Context& context, int64_t part, char*, char*) const override {
    float* result = context.as<float>(work_.result);
    const int64_t end = smaller(size_, (part + 1) * partSize_);
    const auto step = static_cast<uint32_t>(context.step);
    alignas(64) uint32_t words[blockSize];
    for (int64_t from = part * partSize_; from < end; from += blockSize) {
      const int64_t count = smaller(blockSize, end - from);
      for (int64_t i = 0; i < count; i += 4 * countersAtOnce) {
        philox(words + i, static_cast<uint32_t>((from + i) / 4), step, work_.hash, context.key);
      }
      if (work_.distribution == Distribution::normal) normalBlock(words, result + from, count);
      else uniformBlock(words, result + from, count);
    }
  }

 private:
  Random work_;
  int64_t size_, partSize_ = 1;
};

}  // namespace

TaskPointer makeRandom(const Random& work, const Plan& plan) { return TaskPointer(new RandomTask(work, plan)); }

}  // namespace vaekit::VAEKIT_ISA
