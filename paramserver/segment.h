// Segment: the shared memory that holds one table's rows on one server, and that workers of the same host map.
//
// It is a memfd: without a name and without a limit other than memory (a container's /dev/shm is often 64 MB), and gone
// when the last process that has it open is, however that died. A worker opens it as /proc/<pid>/fd/<n>, which the
// kernel allows to processes of the same user. Sealed against resizing, so that nobody's mapping can be cut short.
//
// A segment is a page with its header, then rows; its size is a multiple of 2 MiB and so is its place in memory, so
// that huge pages fit it.
//
// Thread rule: Create, Open and Touch belong to one thread; the rows are shared, lock-free, with other processes.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "paramserver/row_layout.h"

namespace shoal {

// What a mapping worker must find at the start of a segment, to the bit.
struct SegmentHeader {
  static constexpr uint64_t kMagic = 0x74676553776f5231;  // "1RowSegt"

  uint64_t magic = kMagic;
  uint32_t version = 0;
  uint32_t table = 0;
  uint64_t job_token = 0;
  uint64_t rows = 0;  // Of the table on this server.
  uint32_t dim = 0;
  uint32_t padded_dim = 0;
  uint32_t stride = 0;
  uint32_t server = 0;
  uint32_t servers = 0;
  uint32_t unused = 0;

  static SegmentHeader Of(const wire::TableSpec& spec, uint64_t job_token, uint32_t server, uint32_t servers);
};

class Segment {
 public:
  // Room for header.rows rows, all zero; takes memory as it is touched. ResourceExhausted names table and size.
  static absl::StatusOr<Segment> Create(const SegmentHeader& header, bool huge_pages, const std::string& table_name);

  // Maps what `process` has open as `file_descriptor`. FailedPrecondition: it is not the segment that `expected` says;
  // PermissionDenied, NotFound: the kernel does not let us, or there is no such process.
  static absl::StatusOr<Segment> Open(int64_t process, int file_descriptor, const SegmentHeader& expected);

  Segment() = default;
  Segment(Segment&& other) noexcept { *this = std::move(other); }
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  float* rows() const { return rows_; }
  uint64_t bytes() const { return bytes_; }
  int file_descriptor() const { return file_descriptor_; }

  // Brings the memory of rows [0, rows) in, as huge pages where the kernel has them: one fault per 2 MiB, twenty times
  // faster than by 4 KiB pages. Where it has none, rows come in as they are written, which is no error.
  void Touch(uint64_t rows);

 private:
  absl::Status Map(bool huge_pages);

  int file_descriptor_ = -1;
  std::byte* memory_ = nullptr;
  float* rows_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t row_bytes_ = 0;
  uint64_t touched_ = 0;  // Bytes.
  bool huge_pages_ = false;
};

// Bytes of a segment for so many rows.
uint64_t SegmentBytes(uint64_t rows, uint32_t stride);

}  // namespace shoal
