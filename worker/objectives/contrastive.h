// Contrastive: an image encoder trained by contrast: SimCLR, MoCo or instance discrimination.
//
// A lease is one step: a run of the epoch's order of pictures, of which this worker takes its part. Views are made
// ahead by threads (worker/images/view_batches.h); the learner (worker/models/contrastive_learner.h) computes in a
// thread of its own, so that this one goes on hearing the coordinator; what servers hold is read before a step and
// written after it, and a unit ends when all workers have written. The net's parameters are each worker's own, equal on
// all; for a checkpoint the leader leaves them, with the optimizer's state, in the table "state".
//
// Where the job asks for it, training stands still between two epochs and the leader measures how well the features
// tell classes apart; the others wait for it in their next step. Nothing that is trained depends on it.
//
// Thread rule: as Objective's.
// Sources: Chen et al. 2020 (SimCLR), He et al. 2020 (MoCo), Wu et al. 2018 (instance discrimination).

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/images/image_file.h"
#include "worker/collective/collective.h"
#include "worker/images/epoch_order.h"
#include "worker/images/list_table.h"
#include "worker/images/step_thread.h"
#include "worker/images/view_batches.h"
#include "worker/models/contrastive_learner.h"
#include "worker/objective.h"
#include "worker/objectives/contrast_rows.h"
#include "worker/optimizers/learning_rate.h"
#include "worker/probes/knn_watch.h"

namespace shoal {

class Contrastive final : public Objective {
 public:
  // Makes the collective of the workers with these ranks, of which this process is one, whose calls wait so long.
  using MakeCollective =
      std::function<absl::StatusOr<std::unique_ptr<Collective>>(const std::vector<int>& ranks, absl::Duration timeout)>;

  // Opens the image file of the welcome; goes on from the state table where that holds a state. FailedPrecondition: the
  // tables do not fit the net, or the state is another net's.
  static absl::StatusOr<std::unique_ptr<Objective>> Create(const ObjectiveContext& context,
                                                           const MakeCollective& make_collective);
  ~Contrastive() override;

  void Foretell(const wire::Lease& lease) override;
  absl::Status Begin(const wire::Lease& lease) override;
  absl::StatusOr<StepReport> Step() override;
  // FailedPrecondition: the training has diverged, and the state has a number that is none.
  absl::Status Save() override;
  bool End(const absl::Status& outcome) override;
  absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) override;

 private:
  enum class Stage { kAwaitingViews, kComputing, kMeeting, kMeasuring };
  struct Parts;

  explicit Contrastive(Parts parts);

  absl::Status MakeRows();
  // Goes on from the state table, or where that is empty has the first worker fill the tables.
  absl::Status LoadState();
  absl::StatusOr<StepReport> AwaitViews();
  absl::Status BeginComputing();
  absl::StatusOr<StepReport> AwaitComputing();
  absl::StatusOr<StepReport> AwaitOthers();
  // Epochs trained once the lease at hand is, where it is an epoch's last.
  std::optional<uint32_t> EpochsEnded() const;
  // Begins it where it is due after so many epochs.
  bool BeginMeasuring(uint32_t epochs);
  absl::StatusOr<StepReport> AwaitMeasurement();
  StepReport UnitDone() const;
  // Until all workers have written. They leave with the mean of their running statistics: so a life that goes on from
  // the leader's state goes on as all workers would have.
  absl::Status Meet();
  // Of a lease, the pictures whose second views this worker takes; empty: those of its first views.
  std::vector<uint32_t> KeyPictures(const wire::Lease& lease);
  // Whether it is a step of this job on these pictures.
  bool Fits(const wire::Lease& lease) const;
  // Ends all that is under way with other workers.
  void AbortCollectives();
  double LearningRate() const;
  StepPlace Place() const;
  uint64_t batch() const;  // Of all workers.

  ObjectiveContext context_;
  std::unique_ptr<ImageFile> images_;
  std::unique_ptr<Collective> collective_;
  std::unique_ptr<Collective> gpu_collective_;  // Of several workers on GPUs, for what lies there.
  std::unique_ptr<ContrastiveLearner> learner_;
  std::unique_ptr<ContrastRows> rows_;
  const LearningRateSettings schedule_;
  const PictureNormalisation normalisation_;
  ListTable state_table_;
  EpochOrder order_;
  std::unique_ptr<ViewBatches> batches_;

  wire::Lease lease_;
  std::vector<uint32_t> pictures_;  // [batch] Of the lease, of all workers.
  Stage stage_ = Stage::kAwaitingViews;
  bool others_are_done_ = false;  // No worker needs anything of this one any more.
  std::unique_ptr<ViewBatch> views_;
  StepResult result_;
  std::optional<KnnWatch> watch_;  // The leader's.
  wire::KnnFigure knn_;            // Of the measurement at hand.
  std::chrono::steady_clock::time_point measured_from_;
  std::unique_ptr<StepThread> thread_;  // Last: it uses all of the above.
};

}  // namespace shoal
