#include "worker/objectives/contrastive.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/crc32c.h"
#include "common/job/tables.h"
#include "common/log.h"
#include "common/status.h"
#include "worker/collective/nccl_collective.h"
#include "worker/flush_tables.h"
#include "worker/images/key_order.h"
#include "worker/images/set_augmentation.h"
#include "worker/objectives/bank_rows.h"
#include "worker/objectives/collective_group.h"
#include "worker/objectives/contrastive_settings.h"
#include "worker/objectives/moco_rows.h"
#include "worker/probes/sphere_statistics.h"
#include "worker/same_data.h"
#include "worker/team.h"

namespace shoal {
namespace {

// A worker answers the coordinator at least so often.
constexpr absl::Duration kLookAway = absl::Milliseconds(20);
// How long a worker waits for the others in a call: far beyond any step, as heartbeats tell of dead ones. Where the
// leader measures between epochs, the others wait in their next step meanwhile; of a large set that takes hours.
constexpr absl::Duration kPatience = absl::Minutes(30), kMeasuringPatience = absl::Hours(24);
// How long the end of a worker that was told to stop waits for the step at hand.
constexpr absl::Duration kLastStep = absl::Seconds(1);

// Embeddings whose uniformity is reckoned: it takes time with the square of their number.
constexpr uint64_t kMostUniformityRows = 256;

// Before the learner's floats in the state table: 1 where there is a state, and the mark of its layout.
constexpr size_t kHeadFloats = 2;

float LayoutMark(const std::string& layout) { return static_cast<float>(Crc32c(layout) & 0xffffff); }

// What float `at` of a state of `layout` (ContrastiveLearner::StateLayout) is of.
std::string NameIn(const std::string& layout, uint64_t at) {
  for (const absl::string_view line : absl::StrSplit(layout, '\n')) {
    const size_t name_end = std::min(line.rfind(' '), line.size());
    uint64_t floats = 1, side = 0;
    for (const absl::string_view text : absl::StrSplit(line.substr(name_end), 'x')) {
      // A heading has no size.
      floats *= absl::SimpleAtoi(text, &side) ? side : 0;
    }
    if (at < floats) return std::string(line.substr(0, name_end));
    at -= floats;
  }
  return "what the state ends with";
}

void SetViews(const ViewBatch& batch, StepInput* input) {
  const bool has_second = batch.views == 2;
  switch (batch.form) {
    case ViewForm::kFloats:
      input->first_views = batch.floats(0);
      if (has_second) input->second_views = batch.floats(1);
      break;
    case ViewForm::kLevels:
      input->first_levels = batch.levels(0);
      if (has_second) input->second_levels = batch.levels(1);
      break;
    case ViewForm::kDrawn:
      input->decoded = &batch.decoded;
      input->first_drawn = batch.drawn_views(0);
      if (has_second) input->second_drawn = batch.drawn_views(1);
      break;
  }
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

struct Contrastive::Parts {
  ObjectiveContext context;
  std::unique_ptr<ImageFile> images;
  std::unique_ptr<Collective> collective, gpu_collective;
  std::unique_ptr<ContrastiveLearner> learner;
  ViewBatches::Settings views;
  std::optional<KnnWatch> watch;
};

absl::StatusOr<std::unique_ptr<Objective>> Contrastive::Create(const ObjectiveContext& context,
                                                               const MakeCollective& make_collective) {
  const job::Job& job = context.welcome.job();
  Parts parts{.context = context};
  ASSIGN_OR_RETURN(parts.images, ImageFile::Open(context.welcome.data_file()));
  RETURN_IF_ERROR(CheckSameData(context.welcome, *parts.images));
  const bool measures = job.encoder().evaluate_every() > 0;
  const absl::Duration patience = measures ? kMeasuringPatience : kPatience;
  ASSIGN_OR_RETURN(parts.collective, make_collective(Team::Of(context.welcome).ranks, patience));
  const uint32_t readers = job.encoder().reader_threads();
  ASSIGN_OR_RETURN(const AugmentationSettings augmentation, AugmentationOf(job, *parts.images));
  Collective* const workers = parts.collective.get();
  ASSIGN_OR_RETURN(const LearnerPlace place, LearnerPlaceOf(context.welcome, workers));
  if (place.device == Device::kCuda && workers->size() > 1) {
    ASSIGN_OR_RETURN(parts.gpu_collective, MakeNcclCollective(workers, {.device = place.gpu, .timeout = patience}));
  }
  LearnerSettings settings =
      LearnerSettingsOf(job, parts.images->size(), augmentation.size, ComputingThreads(context.welcome), place);
  settings.augmentation = augmentation;
  ASSIGN_OR_RETURN(settings.precision, PrecisionOf(job, place, workers));
  ASSIGN_OR_RETURN(parts.learner, ContrastiveLearner::Create(settings, GroupOf(workers, parts.gpu_collective.get())));
  parts.views = {.augmentation = augmentation,
                 .seed = job.seed(),
                 .views = job.objective().has_instance() ? 1u : 2u,
                 .threads = readers == 0 ? CoresOfAWorker(context.welcome) : readers,
                 .max_broken_fraction = job.data().images().max_broken_fraction()};
  if (place.device == Device::kCuda) {
    parts.views.form = job.encoder().augmentation().on_gpu() ? ViewForm::kDrawn : ViewForm::kLevels;
    parts.views.allocate = [learner = parts.learner.get()](size_t bytes) { return learner->ViewMemory(bytes); };
  }
  if (measures && parts.collective->rank() == 0) {
    ASSIGN_OR_RETURN(PictureSets sets,
                     PictureSets::OfFiles(context.welcome.watch_bank_file(), context.welcome.watch_test_file()));
    parts.watch.emplace(std::move(sets), KnnWatch::Settings{.views = augmentation,
                                                            .threads = parts.views.threads,
                                                            .max_broken_fraction = parts.views.max_broken_fraction});
  }
  auto objective = std::unique_ptr<Contrastive>(new Contrastive(std::move(parts)));
  RETURN_IF_ERROR(objective->MakeRows());
  RETURN_IF_ERROR(objective->LoadState());
  return objective;
}

absl::Status Contrastive::MakeRows() {
  const job::Job& job = context_.welcome.job();
  switch (job.objective().kind_case()) {
    case job::Objective::kSimclr:
      rows_ = std::make_unique<ContrastRows>();
      return absl::OkStatus();
    case job::Objective::kMoco:
      rows_ =
          std::make_unique<MocoRows>(job, &context_.client, learner_.get(), collective_->rank(), collective_->size());
      return absl::OkStatus();
    case job::Objective::kInstance:
      rows_ = std::make_unique<BankRows>(job, &context_.client, images_->size());
      return absl::OkStatus();
    default:
      return InvalidArgument("objective is none on images; there are simclr, moco, instance");
  }
}

Contrastive::Contrastive(Parts parts)
    : context_(parts.context),
      images_(std::move(parts.images)),
      collective_(std::move(parts.collective)),
      gpu_collective_(std::move(parts.gpu_collective)),
      learner_(std::move(parts.learner)),
      schedule_(ScheduleOf(context_.welcome.job().encoder().optimizer())),
      normalisation_{parts.views.augmentation.mean, parts.views.augmentation.std},
      state_table_(&context_.client.table(kStateTable), kHeadFloats + learner_->StateFloats()),
      order_(context_.welcome.job().seed(), images_->size()),
      batches_(std::make_unique<ViewBatches>(images_.get(), parts.views)),
      watch_(std::move(parts.watch)),
      thread_(std::make_unique<StepThread>()) {}

Contrastive::~Contrastive() {
  if (!others_are_done_) AbortCollectives();
}

void Contrastive::AbortCollectives() {
  collective_->Abort();
  if (gpu_collective_ != nullptr) gpu_collective_->Abort();
}

bool Contrastive::End(const absl::Status& outcome) {
  const bool at_rest = stage_ == Stage::kAwaitingViews;
  others_are_done_ = at_rest && outcome.ok();
  if (!others_are_done_) AbortCollectives();
  return at_rest || thread_->Done(kLastStep).has_value();
}

uint64_t Contrastive::batch() const { return context_.welcome.job().encoder().batch(); }

absl::Status Contrastive::LoadState() {
  const wire::TableSpec& spec = context_.welcome.table(kStateTable);
  const uint64_t floats = kHeadFloats + learner_->StateFloats(), room = spec.rows() * spec.dim();
  if (floats > room) {
    return FailedPrecondition("the net goes on from ", floats, " floats, and table \"", spec.name(), "\" has room for ",
                              room);
  }
  std::vector<float> list(floats);
  RETURN_IF_ERROR(state_table_.Read(list));
  if (list[0] == 0) return collective_->rank() == 0 ? rows_->Initialise() : absl::OkStatus();
  if (list[1] != LayoutMark(learner_->StateLayout())) {
    return FailedPrecondition("the state that the job goes on from is of another net or optimizer");
  }
  return learner_->LoadState(std::span(list).subspan(kHeadFloats));
}

absl::Status Contrastive::Save() {
  std::vector<float> list(kHeadFloats + learner_->StateFloats());
  list[0] = 1;
  list[1] = LayoutMark(learner_->StateLayout());
  RETURN_IF_ERROR(learner_->SaveState(std::span(list).subspan(kHeadFloats)));
  // A table leaves a row as it was where it is given one that is not finite.
  const auto wrong = std::ranges::find_if_not(list, [](float x) { return std::isfinite(x); });
  if (wrong != list.end()) {
    return FailedPrecondition("the net's state is not saved, as there is ", *wrong, " in ",
                              NameIn(learner_->StateLayout(), wrong - list.begin() - kHeadFloats),
                              ": the training has diverged; lower encoder.optimizer.learning_rate, or give "
                              "encoder.optimizer.clip_norm");
  }
  return state_table_.Write(list, /*rate=*/1);
}

bool Contrastive::Fits(const wire::Lease& lease) const {
  return lease.begin() <= lease.end() && lease.end() - lease.begin() == batch() && lease.end() <= images_->size();
}

void Contrastive::Foretell(const wire::Lease& lease) {
  if (!Fits(lease)) return;  // Begin refuses it.
  const uint64_t share = batch() / collective_->size(), begin = lease.begin() + share * collective_->rank();
  const std::vector<uint32_t> key_pictures = KeyPictures(lease);
  batches_->Foretell(lease.epoch(), order_.At(lease.epoch(), begin, begin + share), key_pictures);
}

std::vector<uint32_t> Contrastive::KeyPictures(const wire::Lease& lease) {
  const job::Job& job = context_.welcome.job();
  if (!job.objective().moco().shuffle()) return {};
  const uint64_t share = batch() / collective_->size();
  const std::vector<uint32_t> key_order = KeyOrder(job.seed(), lease.words_before() / batch(), batch());
  const std::span<const uint32_t> all = order_.At(lease.epoch(), lease.begin(), lease.begin() + batch());
  std::vector<uint32_t> pictures;
  for (uint64_t i = 0; i < share; ++i) pictures.push_back(all[key_order[share * collective_->rank() + i]]);
  return pictures;
}

absl::Status Contrastive::Begin(const wire::Lease& lease) {
  if (!Fits(lease)) {
    return FailedPrecondition("a lease of places ", lease.begin(), " to ", lease.end(), " of ", images_->size(),
                              " is not a step of ", batch(), " pictures");
  }
  lease_ = lease;
  const std::span<const uint32_t> pictures = order_.At(lease.epoch(), lease.begin(), lease.end());
  pictures_.assign(pictures.begin(), pictures.end());
  if (lease.words_before() == 0) BeginMeasuring(0);
  return absl::OkStatus();
}

absl::StatusOr<StepReport> Contrastive::Step() {
  switch (stage_) {
    case Stage::kAwaitingViews:
      return AwaitViews();
    case Stage::kComputing:
      return AwaitComputing();
    case Stage::kMeeting:
      return AwaitOthers();
    case Stage::kMeasuring:
      return AwaitMeasurement();
  }
  return Internal("a step has no such stage");
}

absl::StatusOr<StepReport> Contrastive::AwaitViews() {
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(views_, batches_->Take(kLookAway));
  if (views_ != nullptr) {
    RETURN_IF_ERROR(BeginComputing());
  }
  return StepReport{.sample_seconds = SecondsSince(start)};
}

absl::Status Contrastive::BeginComputing() {
  StepInput input{.learning_rate = LearningRate()};
  SetViews(*views_, &input);
  RETURN_IF_ERROR(rows_->Read(Place(), &input));
  thread_->Begin([this, input]() -> absl::Status {
    ASSIGN_OR_RETURN(result_, learner_->Step(input));
    return absl::OkStatus();
  });
  stage_ = Stage::kComputing;
  return absl::OkStatus();
}

absl::StatusOr<StepReport> Contrastive::AwaitComputing() {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<absl::Status> outcome = thread_->Done(kLookAway);
  StepReport report{.compute_seconds = SecondsSince(start)};
  if (!outcome) return report;
  stage_ = Stage::kAwaitingViews;
  RETURN_IF_ERROR(*outcome);
  batches_->Recycle(std::move(views_));
  const auto write_start = std::chrono::steady_clock::now();
  RETURN_IF_ERROR(rows_->Write(Place(), result_));
  RETURN_IF_ERROR(FlushTables(context_.welcome, &context_.client));
  report.push_seconds = SecondsSince(write_start);
  thread_->Begin([this] { return Meet(); });
  stage_ = Stage::kMeeting;
  return report;
}

absl::StatusOr<StepReport> Contrastive::AwaitOthers() {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<absl::Status> outcome = thread_->Done(kLookAway);
  StepReport report{.push_seconds = SecondsSince(start)};
  if (!outcome) return report;
  stage_ = Stage::kAwaitingViews;
  RETURN_IF_ERROR(*outcome);
  if (const auto epochs = EpochsEnded(); epochs && BeginMeasuring(*epochs)) return report;
  StepReport done = UnitDone();
  done.push_seconds = report.push_seconds;
  return done;
}

StepReport Contrastive::UnitDone() const {
  StepReport report{.unit_done = true, .work = batch(), .pairs = batch(), .loss_pairs = Place().count};
  report.loss_sum = result_.loss * static_cast<double>(report.loss_pairs);
  report.learning_rate = LearningRate();
  const uint64_t rows = std::min(Place().count, kMostUniformityRows), dim = learner_->dim();
  wire::EmbeddingFigures& embeddings = report.embeddings.emplace();
  embeddings.set_steps(1);
  embeddings.set_accuracy(result_.accuracy);
  // The mean of |x - y|^2 over anchors and their positives, all of length 1.
  embeddings.set_alignment(2 - 2 * result_.positive_similarity);
  embeddings.set_uniformity(Uniformity(result_.embeddings.first(rows * dim), static_cast<uint32_t>(dim)));
  embeddings.set_spread(result_.spread);
  return report;
}

std::optional<uint32_t> Contrastive::EpochsEnded() const {
  // An epoch's leases come in an order of their own.
  const uint64_t steps_of_epoch = images_->size() / batch(), steps = Place().step + 1;
  return steps % steps_of_epoch == 0 ? std::optional(static_cast<uint32_t>(steps / steps_of_epoch)) : std::nullopt;
}

bool Contrastive::BeginMeasuring(uint32_t epochs) {
  const job::Job& job = context_.welcome.job();
  if (!watch_ || (epochs % job.encoder().evaluate_every() != 0 && epochs != job.epochs())) return false;
  knn_.set_epochs(epochs);
  knn_.set_chance(watch_->chance());
  measured_from_ = std::chrono::steady_clock::now();
  stage_ = Stage::kMeasuring;
  thread_->Begin([this]() -> absl::Status {
    const auto features = [this](std::span<const float> pictures, std::span<float> rows) {
      return learner_->Features(pictures, rows);
    };
    ASSIGN_OR_RETURN(const double accuracy, watch_->Measure(static_cast<uint32_t>(learner_->features()), features));
    knn_.set_accuracy(accuracy);
    return absl::OkStatus();
  });
  return true;
}

absl::StatusOr<StepReport> Contrastive::AwaitMeasurement() {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<absl::Status> outcome = thread_->Done(kLookAway);
  const double seconds = SecondsSince(start);
  if (!outcome) return StepReport{.evaluate_seconds = seconds};
  stage_ = Stage::kAwaitingViews;
  RETURN_IF_ERROR(*outcome) << "measuring between two epochs (encoder.evaluate_every)";
  knn_.set_seconds(SecondsSince(measured_from_));
  // One before the first step leaves the unit to be trained.
  StepReport report = knn_.epochs() == 0 ? StepReport() : UnitDone();
  report.evaluate_seconds = seconds;
  report.knn = knn_;
  return report;
}

absl::Status Contrastive::Meet() {
  if (collective_->size() == 1) return absl::OkStatus();
  const std::array statistics = {learner_->RunningStatistics(), learner_->KeyRunningStatistics()};
  for (const std::span<float> values : statistics) {
    RETURN_IF_ERROR(collective_->StartAllReduce(values));
  }
  RETURN_IF_ERROR(collective_->Wait());
  for (const std::span<float> values : statistics) {
    for (float& value : values) value /= static_cast<float>(collective_->size());
  }
  return absl::OkStatus();
}

StepPlace Contrastive::Place() const {
  const uint64_t share = batch() / collective_->size();
  return {.step = lease_.words_before() / batch(),
          .progress = lease_.progress(),
          .pictures = pictures_,
          .first = share * collective_->rank(),
          .count = share};
}

double Contrastive::LearningRate() const {
  return LearningRateAt(schedule_, lease_.progress(), context_.welcome.job().epochs());
}

absl::StatusOr<std::vector<std::string>> Contrastive::Export(const std::string& directory) {
  const std::string path = Cat(directory, "/", kBackboneFileName);
  RETURN_IF_ERROR(learner_->ExportBackbone(path, normalisation_));
  return std::vector{path};
}

}  // namespace shoal
