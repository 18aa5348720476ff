#include "worker/images/view_batches.h"

#include <utility>

#include "common/log.h"
#include "common/status.h"

namespace shoal {

ViewBatches::ViewBatches(const ImageFile* images, const Settings& settings)
    : images_(*images), settings_(settings), broken_(images->size(), settings.max_broken_fraction) {
  for (uint32_t i = 0; i < settings.threads; ++i) threads_.emplace_back([this] { RunReader(); });
}

ViewBatches::~ViewBatches() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ViewBatches::Foretell(uint32_t epoch, std::span<const uint32_t> pictures,
                           std::span<const uint32_t> second_pictures) {
  const std::lock_guard lock(mutex_);
  foretold_.push_back({epoch, {pictures.begin(), pictures.end()}, {second_pictures.begin(), second_pictures.end()}});
  Begin();
}

void ViewBatches::Begin() {
  while (!foretold_.empty() && work_.size() < kBatchesAhead) {
    auto work = std::make_unique<Work>();
    if (spare_.empty()) {
      work->batch = std::make_unique<ViewBatch>();
      work->batch->decoded = PictureBatch(settings_.allocate);
    } else {
      work->batch = std::move(spare_.back());
      spare_.pop_back();
    }
    work->batch->epoch = foretold_.front().epoch;
    work->batch->pictures = std::move(foretold_.front().pictures);
    work->batch->second_pictures = std::move(foretold_.front().second_pictures);
    work->batch->views = settings_.views;
    work->batch->form = settings_.form;
    if (settings_.form == ViewForm::kDrawn) {
      work->decoded.resize(work->batch->readings());
      work->batch->drawn.resize(work->batch->views * work->batch->pictures.size());
    } else if (const size_t bytes = BytesOf(*work->batch); bytes != work->batch->bytes) {
      work->batch->memory =
          settings_.allocate ? settings_.allocate(bytes) : std::make_shared_for_overwrite<uint8_t[]>(bytes);
      work->batch->bytes = bytes;
    }
    foretold_.pop_front();
    work_.push_back(std::move(work));
  }
  work_came_.notify_all();
}

size_t ViewBatches::BytesOf(const ViewBatch& batch) const {
  const size_t side = settings_.augmentation.size, values = batch.views * batch.pictures.size() * 3 * side * side;
  return values * (settings_.form == ViewForm::kFloats ? sizeof(float) : 1);
}

ViewBatches::Work* ViewBatches::WorkToDo() {
  for (const auto& work : work_) {
    if (work->next < work->batch->readings()) return work.get();
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<ViewBatch>> ViewBatches::Take(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] {
    return !failure_.ok() || (!work_.empty() && work_.front()->done == work_.front()->batch->readings());
  };
  if (!work_done_.wait_for(lock, absl::ToChronoNanoseconds(timeout), ready)) return nullptr;
  RETURN_IF_ERROR(failure_);
  std::unique_ptr<ViewBatch> batch = std::move(work_.front()->batch);
  work_.pop_front();
  Begin();
  return batch;
}

void ViewBatches::Recycle(std::unique_ptr<ViewBatch> batch) {
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(batch));
}

void ViewBatches::RunReader() {
  Augmenter augmenter(settings_.augmentation);
  ImageBuffer buffer;
  std::unique_lock lock(mutex_);
  while (true) {
    Work* work = nullptr;
    work_came_.wait(lock, [&] { return stop_ || (work = WorkToDo()) != nullptr; });
    if (stop_) return;
    const size_t reading = work->next++;
    lock.unlock();
    const absl::Status status = Caught([&] { return MakeViews(work, reading, &augmenter, &buffer); });
    lock.lock();
    if (!status.ok() && failure_.ok()) failure_ = status;
    ++work->done;
    if (work->done == work->batch->readings() || !failure_.ok()) work_done_.notify_all();
  }
}

// First the readings of `pictures`, then those of `second_pictures`. A reading serves all views of its picture.
absl::Status ViewBatches::MakeViews(Work* work, size_t reading, Augmenter* augmenter, ImageBuffer* buffer) {
  ViewBatch& batch = *work->batch;
  const bool drawn_only = batch.form == ViewForm::kDrawn;
  const size_t count = batch.pictures.size(), place = reading % count;
  const bool second_only = reading >= count, first_only = !second_only && !batch.second_pictures.empty();
  const uint64_t picture = second_only ? batch.second_pictures[place] : batch.pictures[place];
  ASSIGN_OR_RETURN(const ImageView image, ReadOrReplace(picture, drawn_only ? &work->decoded[reading].buffer : buffer));
  for (uint32_t view = second_only ? 1 : 0; view < (first_only ? 1 : batch.views); ++view) {
    const ViewKey key{.seed = settings_.seed, .epoch = batch.epoch, .image = picture, .view = view};
    const DrawnView drawn = DrawView(settings_.augmentation, image.width, image.height, key);
    // The batch's memory is this thread's at this place.
    if (drawn_only) {
      batch.drawn[view * count + place] = {reading, drawn};
    } else {
      MakeView(image, drawn, view * count + place, &batch, augmenter);
    }
  }
  if (!drawn_only) return absl::OkStatus();
  work->decoded[reading].image = image;
  if (++work->made < batch.readings()) return absl::OkStatus();
  // The last lays all of them end to end.
  batch.decoded.Clear();
  for (const DecodedPicture& decoded : work->decoded) RETURN_IF_ERROR(batch.decoded.Add(decoded.image));
  return absl::OkStatus();
}

void ViewBatches::MakeView(const ImageView& image, const DrawnView& drawn, size_t place, ViewBatch* batch,
                           Augmenter* augmenter) {
  const size_t at = place * augmenter->view_floats();
  if (batch->form == ViewForm::kFloats) {
    augmenter->Apply(image, drawn, reinterpret_cast<float*>(batch->memory.get()) + at);
  } else {
    augmenter->Render(image, drawn, batch->memory.get() + at);
  }
}

absl::StatusOr<ImageView> ViewBatches::ReadOrReplace(uint64_t picture, ImageBuffer* buffer) {
  while (true) {
    absl::StatusOr<ImageView> image = images_.Read(picture, buffer);
    if (image.ok()) return image;
    RETURN_IF_ERROR(CountBroken(picture, image.status()));
    picture = (picture + 1) % images_.size();
  }
}

absl::Status ViewBatches::CountBroken(uint64_t picture, const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  if (broken_.count() == 0) LogWarning(ToStd(why.message()), "; another picture takes its place");
  return broken_.Add(picture, why);
}

}  // namespace shoal
