#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/files.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/status.h"
#include "data/images/image_file.h"
#include "data/images/png_writer.h"
#include "data/images/prepare_images.h"
#include "evaluate/command.h"
#include "worker/augment/contact_sheet.h"
#include "worker/images/set_augmentation.h"

namespace shoal {
namespace {

constexpr Option kOptions[] = {
    {"data", Option::kMany, "SET", "pictures, in place of the job's data.images.path"},
    {"sheet", Option::kOne, "FILE.png", "the file to write"},
    {"rows", Option::kNumber, "N", "pictures, taken evenly from the set", 12, 1, ContactSheet::kMaxRows},
    {"pairs", Option::kNumber, "N", "pairs of views of each", 4, 1, ContactSheet::kMaxPairs},
    {"cache", Option::kOne, "DIR", "where the prepared set is kept (default: the run's)"},
    {"help", Option::kFlag, "", "this text"},
};

constexpr std::string_view kUsage = "shoal show augmentation DIR|FILE [--data SET...] --sheet FILE.png";

absl::StatusOr<job::Job> ReadJobOf(const std::string& path, const Arguments& arguments) {
  const std::string file = std::filesystem::is_directory(path) ? path + "/job.textproto" : path;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  ASSIGN_OR_RETURN(job::Job job, ParseJob(text, file));
  job::Images* images = job.mutable_data()->mutable_images();
  if (arguments.Has("data")) {
    images->clear_path();
    for (const std::string& set : arguments.Many("data")) images->add_path(set);
  }
  if (images->path().empty()) return UsedWrongly(InvalidArgument("the job names no pictures; give --data SET"));
  return job;
}

absl::Status Run(const Arguments& arguments) {
  if (arguments.operands()[0] != "augmentation") {
    return UsedWrongly(InvalidArgument("'", arguments.operands()[0], "' is nothing to show; there is augmentation"));
  }
  if (!arguments.One("sheet").ends_with(".png")) {
    return UsedWrongly(InvalidArgument("--sheet is missing, or does not end in .png: ", kUsage));
  }
  ASSIGN_OR_RETURN(const job::Job job, ReadJobOf(arguments.operands()[1], arguments));
  // Of a run, where that has its own; of a job, where one into "out" would.
  const std::string& of = arguments.operands()[1];
  const std::string cache = arguments.Has("cache")
                                ? arguments.One("cache")
                                : CacheDirectory(job, std::filesystem::is_directory(of) ? of : "out");
  ASSIGN_OR_RETURN(const PreparedImages prepared, PrepareImages(job.data().images(), cache, {}));
  ASSIGN_OR_RETURN(const auto images, ImageFile::Open(prepared.path));
  ASSIGN_OR_RETURN(const AugmentationSettings settings, AugmentationOf(job, *images));
  const uint64_t rows = std::min(arguments.Number("rows"), images->size());
  ASSIGN_OR_RETURN(ContactSheet sheet, ContactSheet::Create(settings, job.seed(), static_cast<int>(rows),
                                                            static_cast<int>(arguments.Number("pairs"))));
  ImageBuffer buffer;
  for (uint64_t row = 0; row < rows; ++row) {
    const uint64_t picture = row * images->size() / rows;
    ASSIGN_OR_RETURN(const ImageView view, images->Read(picture, &buffer));
    sheet.Add(view, picture);
  }
  RETURN_IF_ERROR(WritePng(arguments.One("sheet"), sheet.view()));
  std::printf("%s\n", arguments.One("sheet").c_str());
  return absl::OkStatus();
}

}  // namespace

const Command kShowCommand = {
    .name = "show",
    .verb = "show",
    .usage = kUsage,
    .summary = "draw the views of pictures that a job trains on",
    .help =
        "DIR is the output folder of a run, FILE a job. A row of the sheet is a picture, as an evaluation sees it, "
        "and\n"
        "pairs of its views as the first epochs draw them.\n",
    .options = kOptions,
    .operands = 2,
    .run = Run,
};

}  // namespace shoal
