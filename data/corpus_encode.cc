#include "data/corpus_encode.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "common/status.h"
#include "data/parallel.h"

namespace shoal {
namespace {

class Encode {
 public:
  Encode(const ScannedCorpus& corpus, const Vocabulary& vocabulary, const std::function<void(double)>& progress,
         const std::atomic<bool>* give_up, TokenFileWriter* writer)
      : corpus_(corpus), vocabulary_(vocabulary), progress_(progress), give_up_(give_up), writer_(writer) {}

  absl::Status Run(uint32_t threads) {
    return RunOnThreads(
        threads, [this] { return Work(); }, [this] { Stop(); });
  }

 private:
  struct Workspace {
    ChunkDictionary dictionary;
    std::vector<uint32_t> ids;  // Of the chunk's types in the vocabulary.
    std::vector<uint32_t> tokens;
    std::vector<uint32_t> line_words;
  };

  absl::Status Work() {
    Workspace work;
    while (const std::optional<size_t> chunk = NextChunk()) {
      RETURN_IF_ERROR(CheckGivenUp());
      RETURN_IF_ERROR(ReadChunk(corpus_.chunks[*chunk], &work));
      RETURN_IF_ERROR(WriteInTurn(*chunk, work));
    }
    return absl::OkStatus();
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    turn_.notify_all();
  }

  absl::Status CheckGivenUp() const {
    if (give_up_ == nullptr || !*give_up_) return absl::OkStatus();
    return Aborted("the writing of the token file was given up");
  }

  // Nothing where all are taken, or a thread failed.
  std::optional<size_t> NextChunk() {
    const std::lock_guard lock(mutex_);
    if (stopped_ || next_ == corpus_.chunks.size()) return std::nullopt;
    return next_++;
  }

  // Reads a chunk into work->tokens and line_words, words of the vocabulary only.
  absl::Status ReadChunk(const ChunkPlace& place, Workspace* work) const {
    RETURN_IF_ERROR(corpus_.store->ReadDictionary(place, &work->dictionary));
    RETURN_IF_ERROR(corpus_.store->ReadText(place, &work->tokens, &work->line_words));
    work->ids.clear();
    work->dictionary.ForEach(vocabulary_.words(), [&](size_t /*type*/, const char* word, size_t length) {
      work->ids.push_back(vocabulary_.words().Find(word, length));
    });
    const uint32_t* from = work->tokens.data();
    uint32_t* to = work->tokens.data();
    for (uint32_t& words : work->line_words) {
      const uint32_t* const line = to;
      for (const uint32_t* const end = from + words; from < end; ++from) {
        const uint32_t id = work->ids[*from];
        *to = id;
        to += id != WordTable::kNone;
      }
      words = static_cast<uint32_t>(to - line);
    }
    work->tokens.resize(to - work->tokens.data());
    return absl::OkStatus();
  }

  // Appends `chunk` once those before it are written, each of which is in the hands of a thread that comes here too, or
  // ends and stops the rest.
  absl::Status WriteInTurn(size_t chunk, const Workspace& work) {
    std::unique_lock lock(mutex_);
    while (!stopped_ && turn_of_ != chunk) {
      RETURN_IF_ERROR(CheckGivenUp());
      turn_.wait_for(lock, kGiveUpLook);
    }
    if (stopped_) return absl::OkStatus();
    RETURN_IF_ERROR(writer_->Append(work.tokens, work.line_words, corpus_.chunks[chunk].starts_line));
    ++turn_of_;
    turn_.notify_all();
    if (progress_) progress_(static_cast<double>(turn_of_) / static_cast<double>(corpus_.chunks.size()));
    return absl::OkStatus();
  }

  const ScannedCorpus& corpus_;
  const Vocabulary& vocabulary_;
  const std::function<void(double)>& progress_;
  const std::atomic<bool>* const give_up_;

  std::mutex mutex_;  // Guards all below.
  std::condition_variable turn_;
  TokenFileWriter* const writer_;
  size_t next_ = 0;
  size_t turn_of_ = 0;
  bool stopped_ = false;
};

}  // namespace

absl::Status EncodeCorpus(const ScannedCorpus& corpus, const Vocabulary& vocabulary, uint32_t threads,
                          const std::function<void(double fraction)>& progress, const std::atomic<bool>* give_up,
                          TokenFileWriter* writer) {
  return Encode(corpus, vocabulary, progress, give_up, writer).Run(threads);
}

}  // namespace shoal
