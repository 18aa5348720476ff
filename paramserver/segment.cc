#include "paramserver/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <type_traits>

#include "common/machine.h"
#include "common/status.h"
#include "common/transport/control.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; Debian 12's headers are older than its kernel's interface.
#endif

namespace shoal {
namespace {

constexpr uint64_t kHeaderBytes = 4096;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
static_assert(sizeof(SegmentHeader) <= kHeaderBytes);
static_assert(std::has_unique_object_representations_v<SegmentHeader>, "headers are compared by their bytes");

constexpr uint64_t RoundUp(uint64_t bytes) { return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes; }

// `bytes` of address space at a multiple of 2 MiB: taken too large, and what sticks out given back.
absl::StatusOr<std::byte*> ReserveAligned(uint64_t bytes) {
  void* reserved =
      ::mmap(nullptr, bytes + kHugePageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return ErrnoError(errno, Cat("cannot reserve ", bytes, " bytes of address space"));
  const auto begin = reinterpret_cast<uintptr_t>(reserved);
  const uintptr_t aligned = RoundUp(begin);
  if (aligned > begin) ::munmap(reserved, aligned - begin);
  const uintptr_t rest = begin + kHugePageBytes - aligned;
  if (rest > 0) ::munmap(reinterpret_cast<void*>(aligned + bytes), rest);
  return reinterpret_cast<std::byte*>(aligned);
}

// A foreign file that could shrink under us would kill us by SIGBUS: only a sealed one of the right size is mapped.
absl::Status CheckFile(int file_descriptor, uint64_t bytes, const std::string& path) {
  struct stat info;
  if (::fstat(file_descriptor, &info) != 0) return ErrnoError(errno, Cat("cannot look at ", path));
  if (!S_ISREG(info.st_mode) || static_cast<uint64_t>(info.st_size) != bytes) {
    return FailedPrecondition(path, " is not the table's segment: it has ", info.st_size, " bytes, expected ", bytes);
  }
  const int seals = ::fcntl(file_descriptor, F_GET_SEALS);  // -1 of a file that cannot have any.
  if (seals < 0 || (seals & kSeals) != kSeals) {
    return FailedPrecondition(path, " is not the table's segment: it is not sealed");
  }
  return absl::OkStatus();
}

}  // namespace

SegmentHeader SegmentHeader::Of(const wire::TableSpec& spec, uint64_t job_token, uint32_t server, uint32_t servers) {
  const RowLayout layout = RowLayout::Of(spec);
  return {.version = kProtocolVersion,
          .table = spec.id(),
          .job_token = job_token,
          .rows = RowsOnServer(spec.rows(), server, servers),
          .dim = layout.dim,
          .padded_dim = layout.padded_dim,
          .stride = layout.stride,
          .server = server,
          .servers = servers};
}

uint64_t SegmentBytes(uint64_t rows, uint32_t stride) { return RoundUp(kHeaderBytes + rows * stride * sizeof(float)); }

absl::StatusOr<Segment> Segment::Create(const SegmentHeader& header, bool huge_pages, const std::string& table_name) {
  constexpr uint64_t kMaxBytes = uint64_t{1} << 46;  // A quarter of the address space.
  if (header.stride == 0 || header.rows > kMaxBytes / sizeof(float) / header.stride) {
    return ResourceExhausted("table \"", table_name, "\": ", header.rows, " rows of ", header.stride,
                             " floats are more than a server can address");
  }
  Segment segment;
  segment.bytes_ = SegmentBytes(header.rows, header.stride);
  segment.row_bytes_ = header.stride * sizeof(float);
  segment.file_descriptor_ = ::memfd_create("shoal-rows", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (segment.file_descriptor_ < 0) return ErrnoError(errno, "cannot create shared memory for rows");
  if (::ftruncate(segment.file_descriptor_, segment.bytes_) != 0) {
    return ResourceExhausted("table \"", table_name, "\": no ", segment.bytes_,
                             " bytes of shared memory: ", std::strerror(errno),
                             ". Use more servers, fewer words or a smaller dim.");
  }
  if (::fcntl(segment.file_descriptor_, F_ADD_SEALS, kSeals) != 0)
    return ErrnoError(errno, "cannot seal shared memory");
  RETURN_IF_ERROR(segment.Map(huge_pages)) << "table \"" << table_name << "\"";
  std::memcpy(segment.memory_, &header, sizeof(header));
  return segment;
}

absl::StatusOr<Segment> Segment::Open(int64_t process, int file_descriptor, const SegmentHeader& expected) {
  const std::string path = Cat("/proc/", process, "/fd/", file_descriptor);
  Segment segment;
  segment.bytes_ = SegmentBytes(expected.rows, expected.stride);
  segment.row_bytes_ = expected.stride * sizeof(float);
  segment.file_descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (segment.file_descriptor_ < 0) return ErrnoError(errno, Cat("cannot open ", path));
  RETURN_IF_ERROR(CheckFile(segment.file_descriptor_, segment.bytes_, path));
  RETURN_IF_ERROR(segment.Map(/*huge_pages=*/true)) << path;
  if (std::memcmp(segment.memory_, &expected, sizeof(expected)) != 0) {
    return FailedPrecondition(path, " is not the segment of table ", expected.table, " on server ", expected.server,
                              " of this job: its header differs");
  }
  return segment;
}

absl::Status Segment::Map(bool huge_pages) {
  huge_pages_ = huge_pages;
  ASSIGN_OR_RETURN(std::byte* const place, ReserveAligned(bytes_));
  void* mapped = ::mmap(place, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_descriptor_, 0);
  if (mapped == MAP_FAILED) {
    const int error = errno;
    ::munmap(place, bytes_);
    return ErrnoError(error, Cat("cannot map ", bytes_, " bytes of shared memory"));
  }
  memory_ = place;
  rows_ = reinterpret_cast<float*>(place + kHeaderBytes);
  return absl::OkStatus();
}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(file_descriptor_, other.file_descriptor_);
  std::swap(memory_, other.memory_);
  std::swap(rows_, other.rows_);
  std::swap(bytes_, other.bytes_);
  std::swap(row_bytes_, other.row_bytes_);
  std::swap(touched_, other.touched_);
  std::swap(huge_pages_, other.huge_pages_);
  return *this;
}

Segment::~Segment() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
  if (file_descriptor_ >= 0) ::close(file_descriptor_);
}

void Segment::Touch(uint64_t rows) {
  const uint64_t end = RoundUp(kHeaderBytes + rows * row_bytes_);
  for (; touched_ < end && huge_pages_; touched_ += kHugePageBytes) {
    // MADV_COLLAPSE refuses a range without any page: one byte brings in the first.
    volatile std::byte* first = memory_ + touched_;
    *first = *first;
    huge_pages_ = ::madvise(memory_ + touched_, kHugePageBytes, MADV_COLLAPSE) == 0;
  }
}

}  // namespace shoal
