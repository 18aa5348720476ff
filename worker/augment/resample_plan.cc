#include "worker/augment/resample_plan.h"

#include <algorithm>

#include "common/status.h"
#include "data/images/resample_taps.h"
#include "worker/augment/view_arithmetic.h"

namespace shoal {
namespace {

// What a view needs of tables and tensors.
struct Need {
  int64_t lines = 0;
  int first_taps = 0, second_taps = 0;

  void GrowBy(const Need& other) {
    lines += other.lines;
    first_taps = std::max(first_taps, other.first_taps);
    second_taps = std::max(second_taps, other.second_taps);
  }
  int64_t Pixels(int64_t views, int size) const {
    return std::max({lines, views * first_taps, views * second_taps, views * size}) * size;
  }
};

Need NeedOf(const Resizing& resizing) {
  const Resizing::Box& box = resizing.box;
  const int along_rows = ResampleTaps::TapsOf(box.width, resizing.width);
  const int down_columns = ResampleTaps::TapsOf(box.height, resizing.height);
  if (ColumnsFirst(resizing)) return {box.width, down_columns, along_rows};
  return {box.height, along_rows, down_columns};
}

bool Holds(const ImageView& picture, const Resizing::Box& box) {
  return box.left >= 0 && box.top >= 0 && box.width >= 1 && box.height >= 1 && box.width <= picture.width - box.left &&
         box.height <= picture.height - box.top;
}

absl::Status CheckView(const PictureBatch& pictures, const BatchView& view, size_t number, int size) {
  if (view.picture >= pictures.size()) {
    return InvalidArgument("view ", number, " is of picture ", view.picture, ", and the batch has ", pictures.size());
  }
  const ImageView picture = pictures.picture(view.picture);
  const Resizing& resizing = view.drawn.resizing;
  if (!Holds(picture, resizing.box)) {
    return InvalidArgument("view ", number, " takes a box of ", resizing.box.width, " x ", resizing.box.height, " at ",
                           resizing.box.left, ", ", resizing.box.top, ", which its picture ", view.picture, " of ",
                           picture.width, " x ", picture.height, " does not hold; draw it of the picture's own size");
  }
  if (resizing.left < 0 || resizing.top < 0 || resizing.left > resizing.width - size ||
      resizing.top > resizing.height - size) {
    return InvalidArgument("view ", number, " begins at ", resizing.left, ", ", resizing.top,
                           " of a picture resized to ", resizing.width, " x ", resizing.height, ", which has no ", size,
                           " pixels from there on");
  }
  return absl::OkStatus();
}

absl::Status CheckNeed(const PictureBatch& pictures, const BatchView& view, size_t number, int size,
                       int64_t piece_pixels) {
  const Need need = NeedOf(view.drawn.resizing);
  const int taps = std::max(need.first_taps, need.second_taps);
  if (taps <= kMaxResampleTaps && need.Pixels(1, size) <= piece_pixels) return absl::OkStatus();
  const ImageView picture = pictures.picture(view.picture);
  return ResourceExhausted("view ", number, " is of picture ", view.picture, " of ", picture.width, " x ",
                           picture.height, ": ", size, " pixels of it need ", taps, " taps and ", need.Pixels(1, size),
                           " pixels in between, of which there may be ", kMaxResampleTaps, " and ", piece_pixels,
                           "; make the picture smaller when it is decoded");
}

void Reserve(size_t views, int size, ResamplePass* pass) {
  pass->starts.resize(views * size);
  pass->lasts.resize(views);
  pass->weights.assign(static_cast<size_t>(pass->taps) * views * size, 0);
}

// Copies `taps` into view `view`, from the last pixel to the first where `mirrored`; positions are counted from
// `origin`.
void Fill(const ResampleTaps& taps, bool mirrored, int64_t origin, int64_t last, size_t view, ResamplePass* pass) {
  const size_t views = pass->lasts.size(), size = taps.count();
  pass->lasts[view] = static_cast<int32_t>(last);
  for (size_t i = 0; i < size; ++i) {
    const int from = static_cast<int>(mirrored ? size - 1 - i : i);
    pass->starts[view * size + i] = static_cast<int32_t>(taps.start(from) + origin);
    const int32_t* const weights = taps.weights(from);
    for (int t = 0; t < taps.taps(); ++t) pass->weights[(t * views + view) * size + i] = weights[t];
  }
}

class Planner {
 public:
  Planner(const PictureBatch& pictures, size_t views, int size, const Need& need, ResamplePlan* plan)
      : pictures_(pictures), size_(size), plan_(*plan) {
    plan_.first.taps = need.first_taps;
    plan_.second.taps = need.second_taps;
    plan_.lines_of_tap.assign(need.first_taps, 0);
    plan_.steps.resize(views);
    plan_.columns_first.resize(views);
    Reserve(views, size, &plan_.first);
    Reserve(views, size, &plan_.second);
  }

  void Add(const BatchView& view, size_t number) {
    const Resizing& resizing = view.drawn.resizing;
    const Resizing::Box& box = resizing.box;
    columns_.Make(box.width, resizing.width, resizing.left, size_);
    rows_.Make(box.height, resizing.height, resizing.top, size_);
    const int width = pictures_.picture(view.picture).width;
    const int64_t corner = pictures_.first_pixel(view.picture) + int64_t{box.top} * width + box.left;
    const bool columns_first = ColumnsFirst(resizing), flip = view.drawn.flip;
    plan_.columns_first[number] = columns_first;
    // What lies along a line, and what is made of the lines.
    const ResampleTaps &along = columns_first ? rows_ : columns_, &across = columns_first ? columns_ : rows_;
    plan_.steps[number] = columns_first ? width : 1;
    Fill(along, flip && !columns_first, 0, (columns_first ? box.height : box.width) - 1, number, &plan_.first);
    AddLines(along, across, corner, columns_first ? 1 : width, number, flip && columns_first);
  }

 private:
  // Only of the lines that a view shows: an evaluation's is cut from the middle.
  void AddLines(const ResampleTaps& along, const ResampleTaps& across, int64_t corner, int64_t line_step, size_t number,
                bool mirrored) {
    const int begin = across.start(0), end = across.start(size_ - 1) + across.taps();
    Fill(across, mirrored, plan_.lines() - begin, plan_.lines() + end - begin - 1, number, &plan_.second);
    for (int line = begin; line < end; ++line) {
      plan_.line_views.push_back(static_cast<int32_t>(number));
      plan_.line_pixels.push_back(static_cast<int32_t>(corner + line * line_step));
    }
    for (int t = 0; t < along.taps(); ++t) plan_.lines_of_tap[t] = plan_.lines();
  }

  const PictureBatch& pictures_;
  const int size_;
  ResamplePlan& plan_;
  ResampleTaps columns_, rows_;
};

}  // namespace

absl::StatusOr<std::vector<std::vector<int64_t>>> ResamplePieces(const PictureBatch& pictures,
                                                                 std::span<const BatchView> views, int size,
                                                                 int64_t piece_pixels) {
  std::vector<std::pair<int, int64_t>> order;  // By falling taps of the first pass.
  for (size_t i = 0; i < views.size(); ++i) {
    RETURN_IF_ERROR(CheckView(pictures, views[i], i, size));
    RETURN_IF_ERROR(CheckNeed(pictures, views[i], i, size, piece_pixels));
    order.push_back({-NeedOf(views[i].drawn.resizing).first_taps, static_cast<int64_t>(i)});
  }
  std::sort(order.begin(), order.end());
  std::vector<std::vector<int64_t>> pieces;
  Need piece;
  for (const auto& [taps, number] : order) {
    const Need own = NeedOf(views[number].drawn.resizing);
    Need both = piece;
    both.GrowBy(own);
    if (pieces.empty() || both.Pixels(static_cast<int64_t>(pieces.back().size()) + 1, size) > piece_pixels) {
      pieces.emplace_back();
      both = own;
    }
    piece = both;
    pieces.back().push_back(number);
  }
  return pieces;
}

ResamplePlan PlanResample(const PictureBatch& pictures, std::span<const BatchView> views,
                          std::span<const int64_t> piece, int size) {
  Need need;
  for (const int64_t number : piece) need.GrowBy(NeedOf(views[number].drawn.resizing));
  ResamplePlan plan;
  Planner planner(pictures, piece.size(), size, need, &plan);
  for (size_t i = 0; i < piece.size(); ++i) planner.Add(views[piece[i]], i);
  return plan;
}

}  // namespace shoal
