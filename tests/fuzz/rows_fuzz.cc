// Row requests and answers as any process could send them: a server must refuse what is wrong, and its answer must
// parse. The first byte chooses whether the bytes come as they are, or behind a header that is right but for its size.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "common/transport/control.h"
#include "paramserver/messages.h"
#include "paramserver/row_service.h"
#include "paramserver/table.h"

namespace shoal {
namespace {

constexpr int kClient = 1;
constexpr uint64_t kSession = 7;

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

wire::TableSpec SpecOf(const std::string& name, bool hashed) {
  wire::TableSpec spec;
  spec.set_name(name);
  spec.set_rows(64);
  spec.set_dim(3);
  spec.set_hashed(hashed);
  spec.mutable_optimizer()->set_kind(job::RowOptimizer::LAZY_ADAM);
  return spec;
}

RowService& Service() {
  static RowService* const service = [] {
    const ServerPlace place{.job_token = 1};
    auto* made = new RowService(place);
    for (const bool hashed : {false, true}) {
      auto table = Table::Create(SpecOf(hashed ? "hashed" : "dense", hashed), place);
      Check(table.ok() && (*table)->InitializeSome());
      made->Add(*std::move(table));
    }
    return made;
  }();
  return *service;
}

void SayHello() {
  wire::RowsHello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_job_token(1);
  RowHeader header;
  header.session = kSession;
  Check(Service().Handle(kClient, MakeHello(header, hello.SerializeAsString())).code == absl::StatusCode::kOk);
}

// Bytes of a header over those of a right one: magic, version and session, which no fuzzer would guess.
Buffer Plausible(std::string_view bytes) {
  Buffer message = Buffer::CopyOf(bytes);
  if (message.size() < kRowHeaderBytes) return message;
  const Buffer right = MakePull(RowHeader{.session = kSession}, {});
  const RowHeader magic = PeekRowHeader(right);
  RowHeader header = PeekRowHeader(message);
  header.magic = magic.magic;
  header.version = magic.version;
  header.session = kSession;
  std::memcpy(message.data(), &header, sizeof(header));
  return message;
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shoal;  // NOLINT: the entry point's name is not ours to put into the namespace.
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Buffer message = data[0] % 2 == 0 ? Buffer::CopyOf(bytes) : Plausible(bytes);
  SayHello();
  (void)ParseRowAnswer(message);
  const auto outcome = Service().Handle(kClient, std::move(message));
  if (outcome.waits) return 0;
  const auto answer = ParseRowAnswer(outcome.answer);
  Check(answer.ok());
  Check(answer->status().ok() == (outcome.code == absl::StatusCode::kOk));
  return 0;
}
