// Counter-based randomness: the n-th number of a key is a pure function of (key, n).
//
// A job's samples are keyed by (seed, epoch, unit, position), so that they do not depend on who computes them or in
// what order. A generator has no state to save.
//
// Thread rule: values; copy freely.
// Source: SplitMix64 (Steele, Lea, Flood 2014): the output function applied to key + n * golden gamma. Chosen over
// Philox because one draw is 1 ns and the inner loop draws several a word; it passes BigCrush.

#pragma once

#include <cstdint>

namespace shoal {

// Bijective, avalanching mix of 64 bits (SplitMix64's finaliser, Stafford's variant 13).
constexpr uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

inline constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15u;

// The key of a part within a whole: StreamKey(StreamKey(seed, epoch), unit) ...
constexpr uint64_t StreamKey(uint64_t key, uint64_t part) { return MixBits(key + kGoldenGamma * (part + 1)); }

class CounterRandom {
 public:
  explicit constexpr CounterRandom(uint64_t key, uint64_t position = 0) : state_(key + position * kGoldenGamma) {}

  constexpr uint64_t Next() { return MixBits(state_ += kGoldenGamma); }

  // Uniform in [0, bound), bound > 0; the bias is below bound / 2^64.
  constexpr uint32_t NextBelow(uint32_t bound) {
    return static_cast<uint32_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

  // Uniform in [0, 1), 24 bits.
  constexpr float NextFloat() { return static_cast<float>(Next() >> 40) * 0x1p-24f; }

  // Uniform in [0, 1), 53 bits.
  constexpr double NextDouble() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace shoal
