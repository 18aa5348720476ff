#include "data/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/files.h"
#include "common/json.h"
#include "common/json_object.h"
#include "common/status.h"

namespace shoal {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

// The specification's own limit.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kLengthBytes = sizeof(uint64_t);
constexpr std::string_view kMetadata = "__metadata__";

// The largest number where the product does not fit, which no file's size is then. An extent of 0 may follow.
uint64_t BytesOf(const std::vector<uint64_t>& shape) {
  uint64_t bytes = sizeof(float);
  bool fits = true;
  for (const uint64_t extent : shape) {
    if (extent == 0) return 0;
    fits = fits && !__builtin_mul_overflow(bytes, extent, &bytes);
  }
  return fits ? bytes : std::numeric_limits<uint64_t>::max();
}

absl::Status CheckContent(const std::string& path, const SafeTensors& content) {
  std::set<std::string_view> names = {kMetadata};
  for (const NamedTensor& tensor : content.tensors) {
    if (!names.insert(tensor.name).second) {
      return InvalidArgument(path, ": tensor ", tensor.name, ": there is one of this name already");
    }
    if (BytesOf(tensor.shape) != tensor.values.size() * sizeof(float)) {
      return InvalidArgument(path, ": tensor ", tensor.name, ": ", tensor.values.size(),
                             " values, expected as many as its shape says, ", BytesOf(tensor.shape) / sizeof(float));
    }
  }
  return absl::OkStatus();
}

std::string HeaderOf(const SafeTensors& content) {
  JsonWriter json;
  json.BeginObject().Key(kMetadata).BeginObject();
  for (const auto& [name, value] : content.metadata) json.Key(name).String(value);
  json.EndObject();
  uint64_t begin = 0;
  for (const NamedTensor& tensor : content.tensors) {
    json.Key(tensor.name).BeginObject().Key("dtype").String("F32").Key("shape").BeginArray();
    for (const uint64_t extent : tensor.shape) json.Number(extent);
    const uint64_t end = begin + tensor.values.size() * sizeof(float);
    json.EndArray().Key("data_offsets").BeginArray().Number(begin).Number(end).EndArray().EndObject();
    begin = end;
  }
  json.EndObject();
  std::string header = json.text();
  // So that the numbers begin at a multiple of their size.
  header.resize((header.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  return header;
}

class Reader {
 public:
  Reader(const std::string& path, std::string_view file) : path_(path), file_(file) {}

  absl::StatusOr<SafeTensors> Read() {
    RETURN_IF_ERROR(ReadHeader());
    for (const std::string& name : header_.Names()) {
      if (name == kMetadata) continue;
      RETURN_IF_ERROR(ReadTensor(name));
    }
    RETURN_IF_ERROR(CheckOrder());
    const JsonObject metadata = header_.Object(std::string(kMetadata));
    for (const std::string& name : metadata.Names()) content_.metadata[name] = metadata.Text(name);
    return std::move(content_);
  }

 private:
  absl::Status ReadHeader() {
    uint64_t length = 0;
    if (file_.size() < kLengthBytes) return DataLoss(path_, ": ", file_.size(), " bytes, fewer than a header's length");
    std::memcpy(&length, file_.data(), kLengthBytes);
    if (length > kMaxHeaderBytes || length > file_.size() - kLengthBytes) {
      return DataLoss(path_, ": header: its length is ", length, ", but the file has ", file_.size() - kLengthBytes,
                      " bytes after it, of which at most ", kMaxHeaderBytes, " may be its header");
    }
    auto header = JsonObject::Parse(file_.substr(kLengthBytes, length));
    if (!header.ok()) return DataLoss(path_, ": header: ", ToStd(header.status().message()));
    header_ = *std::move(header);
    data_ = file_.substr(kLengthBytes + length);
    return absl::OkStatus();
  }

  absl::Status ReadTensor(const std::string& name) {
    const JsonObject entry = header_.Object(name);
    const std::vector<uint64_t> offsets = entry.Counts("data_offsets");
    NamedTensor tensor{name, entry.Counts("shape"), {}};
    if (entry.Text("dtype") != "F32") {
      return DataLoss(path_, ": tensor ", name, ": its type is \"", entry.Text("dtype"), "\", expected F32");
    }
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size()) {
      return DataLoss(path_, ": tensor ", name, ": its data_offsets do not lie in the ", data_.size(),
                      " bytes after the header");
    }
    if (offsets[1] - offsets[0] != BytesOf(tensor.shape)) {
      return DataLoss(path_, ": tensor ", name, ": ", offsets[1] - offsets[0], " bytes, expected as its shape says, ",
                      BytesOf(tensor.shape));
    }
    tensor.values.resize((offsets[1] - offsets[0]) / sizeof(float));
    std::memcpy(tensor.values.data(), data_.data() + offsets[0], offsets[1] - offsets[0]);
    places_.emplace_back(offsets[0], offsets[1], content_.tensors.size());
    content_.tensors.push_back(std::move(tensor));
    return absl::OkStatus();
  }

  // Tensors lie end to end, and are handed over in that order.
  absl::Status CheckOrder() {
    std::ranges::sort(places_);
    uint64_t end = 0;
    std::vector<NamedTensor> ordered;
    for (const auto& [begin, next, index] : places_) {
      NamedTensor& tensor = content_.tensors[index];
      if (begin != end) {
        return DataLoss(path_, ": tensor ", tensor.name, ": begins at byte ", begin, ", expected ", end);
      }
      end = next;
      ordered.push_back(std::move(tensor));
    }
    if (end != data_.size()) {
      return DataLoss(path_, ": ", data_.size(), " bytes after the header, expected as its tensors say, ", end);
    }
    content_.tensors = std::move(ordered);
    return absl::OkStatus();
  }

  const std::string& path_;
  const std::string_view file_;
  JsonObject header_;
  std::string_view data_;
  std::vector<std::tuple<uint64_t, uint64_t, size_t>> places_;  // Begin, end, index.
  SafeTensors content_;
};

}  // namespace

const NamedTensor* SafeTensors::Find(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

absl::Status WriteSafeTensors(const std::string& path, const SafeTensors& content) {
  RETURN_IF_ERROR(CheckContent(path, content));
  const std::string header = HeaderOf(content);
  const uint64_t length = header.size();
  ASSIGN_OR_RETURN(const auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append({reinterpret_cast<const char*>(&length), sizeof(length)}));
  RETURN_IF_ERROR(file->Append(header));
  for (const NamedTensor& tensor : content.tensors) {
    RETURN_IF_ERROR(
        file->Append({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float)}));
  }
  return file->Commit();
}

absl::StatusOr<SafeTensors> ReadSafeTensors(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return Reader(path, file.bytes()).Read();
}

}  // namespace shoal
