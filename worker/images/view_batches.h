// ViewBatches: the pictures of the steps to come, read and augmented by threads of its own while the last step is
// computed.
//
// Who trains says which pictures the coming steps take, in their order, and takes the views of the oldest when it is
// ready. Views are drawn by (seed, epoch, picture, view) alone: neither the number of threads nor their timing changes
// a pixel. A picture that turns out broken when it is read is replaced by the next one of the set, and counted once,
// however many steps meet it; where too many are, the batch is an error that names the first.
//
// Memory: kBatchesAhead batches of views, [views, batch, size, size, 3] floats each, or levels of 8 bits; or the
// decoded pictures of so many.
//
// Thread rule: Foretell, Take and Recycle belong to one thread. Outlived by the image file.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "data/images/broken_count.h"
#include "data/images/image_file.h"
#include "worker/augment/augmenter.h"
#include "worker/augment/picture_batch.h"

namespace shoal {

// What of views is made here.
enum class ViewForm {
  kFloats,  // All of them: normalised.
  kLevels,  // All but the normalising: a fourth of the bytes on the way to a device.
  kDrawn,   // What chance decides; pixels are yet to be made of the decoded pictures.
};

struct ViewBatch {
  uint32_t epoch = 0;
  std::vector<uint32_t> pictures;  // [batch]
  // [batch] Of the second views, where these are of pictures of their own; else empty.
  std::vector<uint32_t> second_pictures;
  uint32_t views = 0;  // Of each picture.
  ViewForm form = ViewForm::kFloats;

  std::shared_ptr<uint8_t[]> memory;  // [views, batch, size, size, 3]; not of kDrawn.
  size_t bytes = 0;
  // Of kDrawn: the pictures of all readings, and [views * batch] what is drawn for them.
  PictureBatch decoded;
  std::vector<BatchView> drawn;

  // [batch, size, size, 3] View `number` of each picture, of kFloats ...
  std::span<const float> floats(uint32_t number) const {
    const size_t count = bytes / views / sizeof(float);
    return {reinterpret_cast<const float*>(memory.get()) + number * count, count};
  }
  // ... and of kLevels.
  std::span<const uint8_t> levels(uint32_t number) const {
    return {memory.get() + number * (bytes / views), bytes / views};
  }
  // [batch] Of kDrawn.
  std::span<const BatchView> drawn_views(uint32_t number) const {
    return std::span(drawn).subspan(number * pictures.size(), pictures.size());
  }
  // Pictures to be read: of a place of the batch, or where second views have pictures of their own of either view.
  size_t readings() const { return pictures.size() + second_pictures.size(); }
};

class ViewBatches {
 public:
  static constexpr size_t kBatchesAhead = 2;

  struct Settings {
    AugmentationSettings augmentation;
    ViewForm form = ViewForm::kFloats;
    AllocateBytes allocate;  // Where views lie, or decoded pictures; null: anywhere. Called by any thread.
    uint64_t seed = 0;
    uint32_t views = 2;  // Of each picture.
    uint32_t threads = 1;
    double max_broken_fraction = 0;  // Of the set's pictures.
  };

  ViewBatches(const ImageFile* images, const Settings& settings);
  ~ViewBatches();

  // A step to come takes these pictures, and as second views those of `second_pictures`, where there are any (then as
  // many, of two views).
  void Foretell(uint32_t epoch, std::span<const uint32_t> pictures, std::span<const uint32_t> second_pictures = {});

  // The views of the oldest batch that was foretold and not taken, or null where they are not ready by `timeout`.
  absl::StatusOr<std::unique_ptr<ViewBatch>> Take(absl::Duration timeout);

  // Its memory serves a batch to come.
  void Recycle(std::unique_ptr<ViewBatch> batch);

 private:
  // A picture that was read, in memory of its own or in the set's.
  struct DecodedPicture {
    ImageBuffer buffer;
    ImageView image;
  };
  // A batch at work: threads take its pictures one after the other.
  struct Work {
    std::unique_ptr<ViewBatch> batch;
    std::vector<DecodedPicture> decoded;  // [readings] Of kDrawn, before they lie end to end.
    size_t next = 0;                      // Reading to be begun ...
    std::atomic<size_t> made = 0;         // ... how many are made ...
    size_t done = 0;                      // ... and how many are done with.
  };
  struct Foretold {
    uint32_t epoch;
    std::vector<uint32_t> pictures, second_pictures;
  };

  void RunReader();
  // Moves foretold batches to work_ while there is room. Under the lock.
  void Begin();
  // The first work with a reading that nobody has begun, or null. Under the lock.
  Work* WorkToDo();
  size_t BytesOf(const ViewBatch& batch) const;
  absl::Status MakeViews(Work* work, size_t reading, Augmenter* augmenter, ImageBuffer* buffer);
  void MakeView(const ImageView& image, const DrawnView& drawn, size_t place, ViewBatch* batch, Augmenter* augmenter);
  absl::StatusOr<ImageView> ReadOrReplace(uint64_t picture, ImageBuffer* buffer);
  absl::Status CountBroken(uint64_t picture, const absl::Status& why);

  const ImageFile& images_;
  const Settings settings_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable work_came_, work_done_;
  std::deque<Foretold> foretold_;
  std::deque<std::unique_ptr<Work>> work_;
  std::vector<std::unique_ptr<ViewBatch>> spare_;
  BrokenCount broken_;
  absl::Status failure_;
  bool stop_ = false;

  std::vector<std::thread> threads_;  // Last: they use all of the above.
};

}  // namespace shoal
