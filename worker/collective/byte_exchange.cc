#include "worker/collective/byte_exchange.h"

#include <algorithm>
#include <span>

#include "common/status.h"

namespace shoal {
namespace {

// The length, then the bytes, then zeros up to `most`.
std::vector<float> ToFloats(std::string_view bytes, size_t most) {
  bytes = bytes.substr(0, most);
  std::vector<float> floats(most + 1);
  floats[0] = static_cast<float>(bytes.size());
  std::ranges::transform(bytes, floats.begin() + 1, [](unsigned char byte) { return static_cast<float>(byte); });
  return floats;
}

absl::StatusOr<std::string> ToBytes(std::span<const float> floats) {
  const float length = floats[0];
  if (!(length >= 0 && length < static_cast<float>(floats.size()))) {
    return Internal("a worker told of ", length, " bytes, more than the ", floats.size() - 1, " of their limit");
  }
  std::string bytes(static_cast<size_t>(length), '\0');
  std::ranges::transform(floats.subspan(1, bytes.size()), bytes.begin(),
                         [](float byte) { return static_cast<char>(static_cast<unsigned char>(byte)); });
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> GatherBytes(Collective* workers, std::string_view own, size_t most) {
  const std::vector<float> mine = ToFloats(own, most);
  std::vector<float> all(mine.size() * workers->size());
  RETURN_IF_ERROR(workers->AllGather(mine, all));
  std::vector<std::string> texts;
  for (int rank = 0; rank < workers->size(); ++rank) {
    ASSIGN_OR_RETURN(texts.emplace_back(), ToBytes(std::span(all).subspan(rank * mine.size(), mine.size())));
  }
  return texts;
}

absl::StatusOr<std::string> BroadcastBytes(Collective* workers, std::string_view bytes, size_t most, int root) {
  std::vector<float> floats = ToFloats(bytes, most);
  RETURN_IF_ERROR(workers->Broadcast(floats, root));
  return ToBytes(floats);
}

}  // namespace shoal
