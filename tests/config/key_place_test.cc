// Where a key stands, or would.
#include "config/key_place.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace gabion::config {
namespace {

TEST(KeyPlace, IsTheLineOfTheKeyOrOfWhatIsAboveIt) {
  const auto file = std::filesystem::temp_directory_path() / ("gabion-key-place-" + std::to_string(::getpid()));
  std::ofstream(file) << "# first\n---\nkind: Proxy\ncapture:\n  inbound: {}\n  mark: 7\n";
  const std::string name = file.string();
  EXPECT_EQ(place_of_key(file, "capture.mark"), name + ":6: capture.mark");
  EXPECT_EQ(place_of_key(file, "capture.inbound.mode"), name + ":5: capture.inbound.mode");
  EXPECT_EQ(place_of_key(file, "capture"), name + ":4: capture");
  EXPECT_EQ(place_of_key(file, "drain.notice"), name + ": drain.notice");
  EXPECT_EQ(place_of_key(file, "kind.mark"), name + ":3: kind.mark");
  std::ofstream(file, std::ios::trunc) << "capture: [";
  EXPECT_EQ(place_of_key(file, "capture.mark"), name + ": capture.mark");
  std::filesystem::remove(file);
  EXPECT_EQ(place_of_key(file, "capture.mark"), name + ": capture.mark");
}

}  // namespace
}  // namespace gabion::config
