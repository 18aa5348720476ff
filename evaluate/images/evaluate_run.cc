#include "evaluate/images/evaluate_run.h"

#include <utility>

#include "common/files.h"
#include "common/status.h"
#include "evaluate/images/encoder_run.h"
#include "evaluate/npy_file.h"

namespace shoal {
namespace {

absl::Status KeepFeatures(const PictureSets& sets, const FeaturesOfSets& features, const std::string& folder) {
  RETURN_IF_ERROR(MakeDirectories(folder));
  for (const auto& [name, of] : {std::pair("train", &features.train), std::pair("test", &features.test)}) {
    RETURN_IF_ERROR(
        WriteNpy(Cat(folder, "/", name, "_features.npy"), std::span<const float>(of->rows), {of->size(), of->dim}));
    RETURN_IF_ERROR(
        WriteNpy(Cat(folder, "/", name, "_labels.npy"), std::span<const int32_t>(of->labels), {of->size()}));
  }
  std::string classes;
  for (uint64_t label = 0; label < sets.train().classes(); ++label) {
    classes += Cat(sets.train().class_name(label), "\n");
  }
  return WriteFileAtomically(Cat(folder, "/classes.txt"), classes);
}

absl::StatusOr<FeaturesOfSets> FeaturesOf(const ImageEvaluation& evaluation, const PictureSets& sets,
                                          const FeatureEncoder& encoder) {
  return PictureFeatures(sets, encoder, evaluation.measures.threads, evaluation.sets.reading.max_broken_fraction());
}

absl::Status MeasureTrained(const ImageEvaluation& evaluation, const PictureSets& sets, const FeatureEncoder& encoder,
                            ImageFigures* figures) {
  const absl::StatusOr<FeaturesOfSets> extracted = FeaturesOf(evaluation, sets, encoder);
  RETURN_IF_ERROR(extracted.status()) << "the trained features";
  const FeaturesOfSets& features = *extracted;
  figures->train_pictures = features.train.size();
  figures->test_pictures = features.test.size();
  figures->chance = ShareOfCommonest(features.test.labels);
  // Before the measuring, which takes longer: a path that cannot be read or written is told at once.
  if (!evaluation.features_folder.empty()) {
    RETURN_IF_ERROR(KeepFeatures(sets, features, evaluation.features_folder)) << "--features";
  }
  auto neighbours =
      FindPictureNeighbours(sets, features.train, encoder, evaluation.neighbours_of, evaluation.neighbours);
  RETURN_IF_ERROR(neighbours.status()) << "--neighbours";
  figures->neighbours = *std::move(neighbours);
  if (!evaluation.sheet.empty()) {
    RETURN_IF_ERROR(WriteNeighbourSheet(sets, figures->neighbours, encoder.views, evaluation.sheet)) << "--sheet";
  }
  ASSIGN_OR_RETURN(figures->trained, MeasureFeatures(features.train, features.test, evaluation.measures));
  return absl::OkStatus();
}

absl::StatusOr<FeatureFigures> MeasureControl(const ImageEvaluation& evaluation, const PictureSets& sets,
                                              const FeatureEncoder& encoder) {
  ASSIGN_OR_RETURN(const FeaturesOfSets features, FeaturesOf(evaluation, sets, encoder));
  return MeasureFeatures(features.train, features.test, evaluation.measures);
}

// Before features are computed, which takes longer.
absl::Status CheckProbes(const ImageEvaluation& evaluation, const PictureSets& sets, const EncoderRun& run) {
  const FeatureEncoder trained = run.Trained();
  for (const uint32_t dim : {trained.dim, RawPixels(trained.views).dim}) {
    RETURN_IF_ERROR(CheckProbeMemory(sets.classes(), dim, {.threads = evaluation.measures.threads}))
        << evaluation.sets.data_name;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageFigures> EvaluateRun(const ImageEvaluation& evaluation) {
  ASSIGN_OR_RETURN(const EncoderRun run, EncoderRun::Open(evaluation.run, evaluation.measures.threads));
  ASSIGN_OR_RETURN(const PictureSets sets, PictureSets::Open(evaluation.sets));
  RETURN_IF_ERROR(CheckProbes(evaluation, sets, run));
  ImageFigures figures{.run = evaluation.run,
                       .net = std::string(ArchitectureName(run.description().architecture)),
                       .image_size = static_cast<uint64_t>(run.description().image_size),
                       .classes = sets.classes(),
                       .measures = evaluation.measures};
  RETURN_IF_ERROR(MeasureTrained(evaluation, sets, run.Trained(), &figures));
  absl::StatusOr<FeatureFigures> untrained = MeasureControl(evaluation, sets, run.Untrained());
  RETURN_IF_ERROR(untrained.status()) << "the untrained net's features";
  figures.untrained = *std::move(untrained);
  absl::StatusOr<FeatureFigures> raw = MeasureControl(evaluation, sets, RawPixels(run.Trained().views));
  RETURN_IF_ERROR(raw.status()) << "raw pixels";
  figures.raw = *std::move(raw);
  return figures;
}

}  // namespace shoal
