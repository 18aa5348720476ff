#include "evaluate/images/picture_neighbours.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "common/status.h"
#include "data/images/decode.h"
#include "data/images/image_buffer.h"
#include "data/images/picture_bytes.h"
#include "data/images/picture_folder.h"
#include "data/images/png_writer.h"
#include "worker/augment/augmenter.h"
#include "worker/augment/picture_grid.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

// Where a picture that somebody named is. In no set: it is a file.
struct Place {
  const ImageFile* set = nullptr;
  uint64_t index = 0;
};

// The file that a picture is in: of "file#record" the file.
std::string_view FileOf(std::string_view path) {
  const size_t mark = path.rfind('#');
  return mark == path.npos || path.find('/', mark) != path.npos ? path : path.substr(0, mark);
}

// Whether two paths, spelled as AbsoluteName does it, are of one picture: a folder can be named by links, too.
bool SamePicture(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (a.substr(a.rfind('/') + 1) != b.substr(b.rfind('/') + 1)) return false;
  std::error_code error;
  return fs::equivalent(a, b, error) || fs::equivalent(FileOf(a), FileOf(b), error);
}

std::optional<uint64_t> IndexOf(const ImageFile& images, std::string_view path) {
  for (uint64_t i = 0; i < images.size(); ++i) {
    if (SamePicture(images.picture_path(i), path)) return i;
  }
  return std::nullopt;
}

Place FindPlace(const PictureSets& sets, const std::string& path) {
  const std::string absolute = AbsoluteName(path);
  for (const ImageFile* set : {&sets.test(), &sets.train()}) {
    if (const auto index = IndexOf(*set, absolute)) return {set, *index};
  }
  return {};
}

absl::StatusOr<ImageView> ReadPicture(const Place& place, const std::string& path, ImageBuffer* buffer) {
  if (place.set != nullptr) return place.set->Read(place.index, buffer);
  RETURN_IF_ERROR(ReadPictureBytes(path, job::Images().max_file_bytes(), buffer->file())) << path;
  const absl::StatusOr<ImageView> picture = DecodePicture(*buffer->file(), {}, buffer);
  RETURN_IF_ERROR(picture.status()) << path;
  return *picture;
}

std::string ClassOf(const ImageFile& images, uint64_t index) {
  return images.label(index) < 0 ? "" : std::string(images.class_name(images.label(index)));
}

uint64_t RowOf(const Features& bank, uint64_t picture) {
  const auto found = std::lower_bound(bank.pictures.begin(), bank.pictures.end(), picture);
  return found != bank.pictures.end() && *found == picture ? found - bank.pictures.begin() : NearestRows::kNoRow;
}

void FillCell(const ImageView& picture, int row, int column, Augmenter* augmenter, PictureGrid* grid) {
  std::vector<uint8_t> view(augmenter->view_floats());
  augmenter->Render(picture, EvaluationView(augmenter->settings(), picture.width, picture.height), view.data());
  grid->Fill(row, column, view.data());
}

}  // namespace

absl::StatusOr<std::vector<PictureNeighbours>> FindPictureNeighbours(const PictureSets& sets, const Features& bank,
                                                                     const FeatureEncoder& encoder,
                                                                     std::span<const std::string> paths,
                                                                     uint64_t count) {
  const ImageFile& train = sets.train();
  const NearestRows search(bank.rows, bank.dim);
  ImageBuffer buffer;
  std::vector<PictureNeighbours> all;
  for (const std::string& path : paths) {
    const Place place = FindPlace(sets, path);
    ASSIGN_OR_RETURN(const ImageView picture, ReadPicture(place, path, &buffer));
    ASSIGN_OR_RETURN(const std::vector<float> features, FeaturesOfPicture(picture, encoder));
    const uint64_t itself = place.set == &train ? RowOf(bank, place.index) : NearestRows::kNoRow;
    PictureNeighbours found{.path = path, .class_name = place.set == nullptr ? "" : ClassOf(*place.set, place.index)};
    const auto nearest = search.Find(features, std::span(&itself, 1), count);
    for (const Neighbour& near : nearest.front()) {
      const uint64_t index = bank.pictures[near.row];
      found.nearest.push_back({index, std::string(train.picture_path(index)), ClassOf(train, index), near.cosine});
    }
    all.push_back(std::move(found));
  }
  return all;
}

absl::Status WriteNeighbourSheet(const PictureSets& sets, std::span<const PictureNeighbours> found,
                                 const AugmentationSettings& views, const std::string& path) {
  const size_t rows = std::min<size_t>(found.size(), kMostSheetRows);
  size_t most = 0;
  for (const PictureNeighbours& of : found) most = std::max(most, of.nearest.size());
  const size_t columns = 1 + std::min<size_t>(most, kMostSheetNeighbours);
  ASSIGN_OR_RETURN(PictureGrid grid,
                   PictureGrid::Create(static_cast<int>(rows), static_cast<int>(columns), views.size));
  Augmenter augmenter(views);
  ImageBuffer buffer;
  for (size_t row = 0; row < rows; ++row) {
    ASSIGN_OR_RETURN(const ImageView picture, ReadPicture(FindPlace(sets, found[row].path), found[row].path, &buffer));
    FillCell(picture, static_cast<int>(row), 0, &augmenter, &grid);
    for (size_t i = 0; i + 1 < columns && i < found[row].nearest.size(); ++i) {
      ASSIGN_OR_RETURN(const ImageView near, sets.train().Read(found[row].nearest[i].picture, &buffer));
      FillCell(near, static_cast<int>(row), static_cast<int>(i + 1), &augmenter, &grid);
    }
  }
  return WritePng(path, grid.view());
}

}  // namespace shoal
