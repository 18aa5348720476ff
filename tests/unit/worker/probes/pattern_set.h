// A small set of pictures whose classes are patterns (stripes one way, the other way, a disc, a chequerboard) in
// colours that tell nothing, so that raw pixels know little of the class.
//
// Pure functions.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/images/image_file.h"

namespace shoal {

inline constexpr int kPatternSide = 16;
inline constexpr int32_t kPatterns = 4;

// [side, side, 3]; the key draws colours and place.
std::vector<uint8_t> PatternPicture(int32_t pattern, uint64_t key);

// `count` pictures, of the patterns in turn, as an image file at `path`. Where `unlabelled` is not 0, every so manieth
// has no label.
std::unique_ptr<ImageFile> WritePatternSet(const std::string& path, uint64_t count, uint64_t key,
                                           uint64_t unlabelled = 0);

// The same as PNG files, folder/CLASS/NUMBER.png.
void WritePatternFolders(const std::string& folder, uint64_t count, uint64_t key, int32_t patterns = kPatterns);

// Such files below `folder` as a set that reads each picture from its own, of which the first `broken` are no pictures
// any more.
std::unique_ptr<ImageFile> WritePatternFiles(const std::string& folder, uint64_t count, uint64_t key, uint64_t broken);

}  // namespace shoal
