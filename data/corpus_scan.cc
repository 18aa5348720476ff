#include "data/corpus_scan.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "common/status.h"
#include "data/byte_stream.h"
#include "data/chunk_reader.h"
#include "data/encoded_chunk.h"
#include "data/normalizer.h"
#include "data/parallel.h"
#include "data/text_start.h"

namespace shoal {
namespace {

// Whether the first file that has text looks so.
absl::StatusOr<bool> IsWikiExtractor(const std::vector<FoundFile>& files, job::Corpus::Layout layout) {
  if (layout != job::Corpus::DETECT) return layout == job::Corpus::WIKI_EXTRACTOR;
  for (const FoundFile& file : files) {
    ASSIGN_OR_RETURN(auto stream, ByteStream::Open(file.path));
    char start[2 * kTextStartBytes];
    ASSIGN_OR_RETURN(const size_t n, stream->Read(start));
    ASSIGN_OR_RETURN(const std::string_view text, TextFrom(file.path, {start, n}));
    if (!text.empty()) return LooksLikeWikiExtractor(text);
  }
  return false;
}

// A group of files (chunk_reader.h) on its way through the scan.
struct Group {
  explicit Group(std::span<const FoundFile> files, size_t chunk_bytes)
      : reader(std::make_unique<ChunkReader>(files, chunk_bytes)) {}

  bool exhausted() const { return reader == nullptr; }

  std::unique_ptr<ChunkReader> reader;  // Null once exhausted.
  bool busy = false;                    // A thread reads from it.
  uint32_t chunks_read = 0;
  std::vector<std::optional<ChunkPlace>> places;  // By the number of the chunk; empty while it is being encoded.
  CorpusCounts counts;
};

// One chunk's way: which group's, which number.
struct Task {
  size_t group = 0;
  uint32_t number = 0;
};

// What a thread reuses from chunk to chunk.
struct Workspace {
  TextChunk text;
  Buffer normal;
  EncodedChunk encoded;
  ChunkDictionary dictionary;
};

class Scan {
 public:
  Scan(const std::vector<FoundFile>& files, const ScanOptions& options, bool wiki, ScannedCorpus* result)
      : options_(options),
        chunk_bytes_(options.chunk_bytes == 0 ? kChunkBytes : options.chunk_bytes),
        wiki_(wiki),
        normalizer_(options.corpus.normalisation(), options.corpus.digits()),
        files_of_group_(GroupFiles(files, chunk_bytes_)),
        result_(result) {
    for (const FoundFile& file : files) total_bytes_ += file.bytes;
    groups_.resize(files_of_group_.size());
  }

  absl::Status Run() {
    RETURN_IF_ERROR(RunOnThreads(
        options_.threads, [this] { return Work(); }, [this] { Stop(); }));
    // The last chunks may have come before it was known that they are the last of their files.
    Workspace work;
    std::unique_lock lock(mutex_);
    RETURN_IF_ERROR(MergeReady(&lock, &work));
    for (const auto& group : groups_) result_->counts.Add(group->counts);
    return absl::OkStatus();
  }

 private:
  absl::Status Work() {
    Workspace work;
    // Once at its largest, so that no chunk makes it grow; only what is used of it becomes memory.
    work.normal.Reset(NormalBytes(chunk_bytes_));
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<Task> task, ReadNext(&work));
      if (!task) return absl::OkStatus();
      RETURN_IF_ERROR(Process(*task, &work));
    }
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  // Reads the next chunk of some group into work->text; nothing where all are read, or a thread failed.
  absl::StatusOr<std::optional<Task>> ReadNext(Workspace* work) {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (options_.give_up != nullptr && *options_.give_up) return Aborted("the reading of the corpus was given up");
      const std::optional<size_t> found = FreeGroup();
      if (!found && first_open_ == groups_.size()) break;
      if (!found) {
        // The thread that reads the group comes back with its chunk, or ends and stops the scan.
        changed_.wait_for(lock, kGiveUpLook);
        continue;
      }
      Group& group = *groups_[*found];
      group.busy = true;
      lock.unlock();
      const absl::StatusOr<bool> more = group.reader->Next(&work->text);
      lock.lock();
      group.busy = false;
      changed_.notify_all();
      if (!more.ok()) return more.status();
      ReportProgress();
      if (*more) {
        group.places.emplace_back();
        return Task{*found, group.chunks_read++};
      }
      Close(&group);
    }
    return std::nullopt;
  }

  // The first group that no thread reads from, opening one more where all open ones are taken: so large files are read
  // in order, and decompressing several at once uses several cores. Holds mutex_.
  std::optional<size_t> FreeGroup() {
    while (first_open_ < groups_.size() && groups_[first_open_] != nullptr && groups_[first_open_]->exhausted()) {
      ++first_open_;
    }
    for (size_t i = first_open_; i < groups_.size(); ++i) {
      if (groups_[i] == nullptr) groups_[i] = std::make_unique<Group>(files_of_group_[i], chunk_bytes_);
      if (!groups_[i]->busy && !groups_[i]->exhausted()) return i;
    }
    return std::nullopt;
  }

  // Holds mutex_.
  void Close(Group* group) {
    group->counts.Add(group->reader->counts());
    closed_bytes_ += group->reader->file_bytes_read();
    group->reader = nullptr;
  }

  // Holds mutex_.
  void ReportProgress() {
    if (!options_.progress || total_bytes_ == 0) return;
    uint64_t bytes = closed_bytes_;
    for (size_t i = first_open_; i < groups_.size() && groups_[i] != nullptr; ++i) {
      if (!groups_[i]->exhausted() && !groups_[i]->busy) bytes += groups_[i]->reader->file_bytes_read();
    }
    most_bytes_ = std::max(most_bytes_, bytes);
    options_.progress(std::min(1.0, static_cast<double>(most_bytes_) / static_cast<double>(total_bytes_)));
  }

  absl::Status Process(const Task& task, Workspace* work) {
    CorpusCounts counts;
    if (wiki_) {
      BlankDocTags(reinterpret_cast<char*>(work->text.text.data()), work->text.text.size(), work->text.starts_line);
    }
    normalizer_.Normalize(work->text.text.view(), &work->normal, &counts);
    EncodeChunk(work->normal, work->text.starts_line, &work->encoded, &counts);
    ASSIGN_OR_RETURN(const ChunkPlace place, result_->store->Append(work->encoded));
    std::unique_lock lock(mutex_);
    groups_[task.group]->counts.Add(counts);
    groups_[task.group]->places[task.number] = place;
    return MergeReady(&lock, work);
  }

  // Merges dictionaries in the order of the corpus as far as they are there. One thread at a time; `lock` holds mutex_,
  // and is let go during the merging.
  absl::Status MergeReady(std::unique_lock<std::mutex>* lock, Workspace* work) {
    if (merging_) return absl::OkStatus();
    merging_ = true;
    while (const ChunkPlace* next = NextToMerge()) {
      const ChunkPlace place = *next;
      result_->chunks.push_back(place);
      if (result_->types == nullptr) continue;
      lock->unlock();
      RETURN_IF_ERROR(result_->store->ReadDictionary(place, &work->dictionary));
      result_->types->Add(work->dictionary);
      lock->lock();
    }
    merging_ = false;
    return absl::OkStatus();
  }

  // Null where the next chunk of the corpus is not there yet. Holds mutex_.
  const ChunkPlace* NextToMerge() {
    while (merge_group_ < groups_.size() && groups_[merge_group_] != nullptr) {
      const Group& group = *groups_[merge_group_];
      if (merge_chunk_ < group.places.size()) {
        const auto& place = group.places[merge_chunk_];
        merge_chunk_ += place.has_value();
        return place.has_value() ? &*place : nullptr;
      }
      if (!group.exhausted()) return nullptr;
      ++merge_group_;
      merge_chunk_ = 0;
    }
    return nullptr;
  }

  const ScanOptions& options_;
  const size_t chunk_bytes_;
  const bool wiki_;
  const Normalizer normalizer_;
  const std::vector<std::span<const FoundFile>> files_of_group_;
  ScannedCorpus* const result_;
  uint64_t total_bytes_ = 0;

  std::mutex mutex_;  // Guards all below, and result_ but for its types, which the merging thread has.
  std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Group>> groups_;  // Made when first read from.
  size_t first_open_ = 0;                       // All groups before it are exhausted.
  uint64_t closed_bytes_ = 0;
  uint64_t most_bytes_ = 0;
  bool merging_ = false;
  size_t merge_group_ = 0;
  size_t merge_chunk_ = 0;
};

}  // namespace

absl::StatusOr<ScannedCorpus> ScanCorpus(const std::vector<FoundFile>& files, const ScanOptions& options) {
  ASSIGN_OR_RETURN(const bool wiki, IsWikiExtractor(files, options.corpus.layout()));
  ScannedCorpus result;
  ASSIGN_OR_RETURN(result.store, ChunkStore::Create(options.spill_folder));
  if (options.corpus.vocabulary_file().empty()) {
    result.types = std::make_unique<TypeCounter>(options.corpus.max_types_in_memory());
  }
  RETURN_IF_ERROR(Scan(files, options, wiki, &result).Run());
  return result;
}

}  // namespace shoal
