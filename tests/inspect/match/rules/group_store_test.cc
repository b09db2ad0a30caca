// Stored groups: found again they match the same; whatever else lies in their place is never used.
#include "inspect/match/rules/group_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "inspect/match/rules/pattern_group.h"

namespace gabion::inspect::match {
namespace {

namespace fs = std::filesystem;

class GroupStoreTest : public ::testing::Test {
 protected:
  GroupStoreTest() {
    std::string folder = ::testing::TempDir() + "gabion-store-XXXXXX";
    root_ = ::mkdtemp(folder.data());
    options_.cache_directory = root_ / "cache";
  }
  ~GroupStoreTest() override { fs::remove_all(root_); }

  PatternGroup compile() const {
    auto group = PatternGroup::compile(patterns_, options_);
    EXPECT_TRUE(group.has_value());
    return std::move(*group);
  }

  fs::path file() const {
    return GroupStore(options_.cache_directory).path_of(group_key(patterns_, options_.platform));
  }

  std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void replace(const std::string& bytes) const { std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes; }

  /// What compile() says of the file in place. It must match as ever, and put a good file there.
  std::string distrust() const {
    const PatternGroup group = compile();
    EXPECT_FALSE(group.contents().loaded);
    EXPECT_EQ(hits(group), expected_);
    EXPECT_TRUE(PatternGroup::load(patterns_, options_).has_value());
    return group.contents().cache_error;
  }

  static std::vector<std::uint32_t> hits(const PatternGroup& group) {
    Scratch scratch;
    EXPECT_TRUE(group.prepare(scratch).has_value());
    HitSet set;
    group.scan("SELECT 1 from /etc/passwd; aa", scratch, set);
    std::vector<std::uint32_t> ids;
    for (std::uint32_t id = 0; id < set.size(); ++id) {
      if (set.test(id)) {
        ids.push_back(id);
      }
    }
    return ids;
  }

  std::vector<RulePattern> patterns_{
      {.id = 0, .kind = RulePattern::Kind::kRegex, .name = "a", .expression = "(?i)select\\s", .phrases = {}},
      {.id = 1, .kind = RulePattern::Kind::kRegex, .name = "b", .expression = "(a)\\1", .phrases = {}},
      {.id = 2, .kind = RulePattern::Kind::kRegex, .name = "c", .expression = "delete\\s", .phrases = {}},
      {.id = 3, .kind = RulePattern::Kind::kPhrases, .name = "d", .expression = {}, .phrases = {"ETC/PASSWD", "cmd"}}};
  const std::vector<std::uint32_t> expected_{0, 1, 3};
  fs::path root_;
  GroupOptions options_;
};

TEST_F(GroupStoreTest, TheSecondGroupIsLoadedAndFindsTheSame) {
  EXPECT_FALSE(PatternGroup::load(patterns_, options_).has_value());
  const PatternGroup first = compile();
  EXPECT_FALSE(first.contents().loaded);
  EXPECT_EQ(first.contents().cache_error, "");
  const PatternGroup second = compile();
  EXPECT_TRUE(second.contents().loaded);
  EXPECT_EQ(second.contents().cache_error, "");
  EXPECT_EQ(second.contents().exact, first.contents().exact);
  EXPECT_EQ(second.contents().single, first.contents().single);
  EXPECT_EQ(second.contents().database_bytes, first.contents().database_bytes);
  EXPECT_EQ(hits(first), expected_);
  EXPECT_EQ(hits(second), expected_);
}

TEST_F(GroupStoreTest, FilesAreTheOwnersOnlyAndNoDraftIsLeft) {
  static_cast<void>(compile());
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(options_.cache_directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077U, 0U);
  EXPECT_EQ(std::distance(fs::directory_iterator(options_.cache_directory), fs::directory_iterator()), 1);
}

TEST_F(GroupStoreTest, NoDirectoryIsNoCache) {
  options_.cache_directory.clear();
  static_cast<void>(compile());
  const PatternGroup group = compile();
  EXPECT_FALSE(group.contents().loaded);
  EXPECT_EQ(group.contents().cache_error, "");
}

TEST_F(GroupStoreTest, APlaceThatCannotBeWrittenIsSaidAndDoesNotStopTheGroup) {
  std::ofstream(root_ / "cache") << "a file, not a folder";
  const PatternGroup group = compile();
  EXPECT_EQ(hits(group), expected_);
  EXPECT_THAT(group.contents().cache_error, ::testing::HasSubstr("cannot be written: Not a directory"));
}

TEST_F(GroupStoreTest, EveryTruncationIsDamage) {
  static_cast<void>(compile());
  const std::string whole = content();
  const Sha256::Digest key = group_key(patterns_, options_.platform);
  const GroupStore store(options_.cache_directory);
  for (std::size_t size = 0; size < whole.size(); size += size < 256 ? 1 : 97) {
    replace(whole.substr(0, size));
    ASSERT_TRUE(store.load(key).has_error()) << size;
  }
  EXPECT_THAT(distrust(), ::testing::HasSubstr("is damaged: its checksum is wrong"));
}

TEST_F(GroupStoreTest, EveryFlippedByteIsDamage) {
  static_cast<void>(compile());
  const std::string whole = content();
  const Sha256::Digest key = group_key(patterns_, options_.platform);
  const GroupStore store(options_.cache_directory);
  for (std::size_t at = 0; at < whole.size(); at += at < 256 ? 1 : 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    replace(damaged);
    ASSERT_TRUE(store.load(key).has_error()) << at;
  }
  replace(whole + "x");
  EXPECT_TRUE(store.load(key).has_error());
  EXPECT_THAT(distrust(), ::testing::HasSubstr("is damaged: its checksum is wrong"));
}

TEST_F(GroupStoreTest, AFileOfOtherPatternsIsNotUsed) {
  static_cast<void>(compile());
  const std::string other = content();
  patterns_[2].expression = "drop\\s";
  EXPECT_FALSE(PatternGroup::load(patterns_, options_).has_value());  // another name: simply not there
  replace(other);
  EXPECT_THAT(distrust(), ::testing::HasSubstr("is of other patterns, versions or another processor"));
}

TEST_F(GroupStoreTest, AFileOfAnotherFormatIsNotUsed) {
  static_cast<void>(compile());
  std::string other = content();
  other.replace(0, 8, "GabionP0");
  replace(other);
  EXPECT_THAT(distrust(), ::testing::HasSubstr("is not a file of stored patterns of this version"));
}

/// A file whose checksum and key are right but whose database is not: its header as `change` leaves it.
template <class Change>
std::string resealed(std::string bytes, Change change) {
  constexpr std::size_t kBody = 8 + sizeof(Sha256::Digest);
  change(bytes);
  Sha256 checksum;
  checksum.add(std::string_view(bytes).substr(kBody));
  const Sha256::Digest digest = checksum.finish();
  bytes.replace(8, digest.size(), std::string(digest.begin(), digest.end()));
  return bytes;
}

constexpr std::size_t kLengths = 8 + 2 * sizeof(Sha256::Digest);
constexpr std::size_t kDatabase = kLengths + 24 + 4;  // behind three lengths and four engines

TEST_F(GroupStoreTest, ADatabaseOfAnotherVersionOrProcessorIsNotUsed) {
  static_cast<void>(compile());
  const std::string whole = content();
  // Hyperscan's header: magic, version, length, platform.
  replace(resealed(whole, [](std::string& bytes) { bytes[kDatabase + 6] = 9; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("holds a pattern database of another version"));
  replace(resealed(whole, [](std::string& bytes) { bytes[kDatabase + 12 + 3] ^= 0x70; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("holds a pattern database for another processor"));
  replace(resealed(whole, [](std::string& bytes) { bytes[kDatabase] ^= 1; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("holds a damaged pattern database"));
  replace(resealed(whole, [](std::string& bytes) { bytes[kDatabase + 200] ^= 1; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("holds a damaged pattern database"));
}

TEST_F(GroupStoreTest, LengthsAndEnginesThatCannotBeAreNotUsed) {
  static_cast<void>(compile());
  const std::string whole = content();
  replace(resealed(whole, [](std::string& bytes) { bytes[kLengths + 7] = '\xff'; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("its lengths do not add up"));
  replace(resealed(whole, [](std::string& bytes) { bytes[kLengths + 24] = 9; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("names an engine that there is not"));
  replace(resealed(whole, [](std::string& bytes) { bytes[kLengths + 24 + 3] = 4; }));
  EXPECT_THAT(distrust(), ::testing::HasSubstr("does not fit its patterns"));
}

TEST_F(GroupStoreTest, AFileThatOthersMayWriteIsNotUsed) {
  static_cast<void>(compile());
  ASSERT_EQ(::chmod(file().c_str(), 0620), 0);
  EXPECT_THAT(distrust(), ::testing::HasSubstr("may be written by other users"));
}

TEST_F(GroupStoreTest, AFileOfAnotherUserIsNotUsed) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  static_cast<void>(compile());
  ASSERT_EQ(::chown(file().c_str(), 65534, 65534), 0);
  EXPECT_THAT(distrust(), ::testing::HasSubstr("belongs to another user"));
}

TEST_F(GroupStoreTest, NeitherALinkNorAFolderNorAPipeIsUsed) {
  static_cast<void>(compile());
  const fs::path elsewhere = root_ / "elsewhere";
  fs::rename(file(), elsewhere);
  fs::create_symlink(elsewhere, file());
  EXPECT_THAT(distrust(), ::testing::HasSubstr("cannot be read: Too many levels of symbolic links"));
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_THAT(distrust(), ::testing::HasSubstr("is not a regular file"));
}

TEST_F(GroupStoreTest, APortableDatabaseServesANativeRequest) {
  GroupOptions portable = options_;
  portable.platform = Platform::kPortable;
  ASSERT_TRUE(PatternGroup::compile(patterns_, portable).has_value());
  const PatternGroup group = compile();
  EXPECT_TRUE(group.contents().loaded);
  EXPECT_EQ(hits(group), expected_);
}

TEST_F(GroupStoreTest, TheOldestFilesLeave) {
  fs::create_directory(options_.cache_directory);
  for (std::size_t i = 0; i < GroupStore::kMostFiles + 5; ++i) {
    const fs::path old = fs::path(options_.cache_directory) / (std::string(GroupStore::kPrefix) + std::to_string(i));
    std::ofstream(old) << "old";
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1 + i));
  }
  std::ofstream(fs::path(options_.cache_directory) / "not-ours") << "stays";
  static_cast<void>(compile());
  EXPECT_EQ(static_cast<std::size_t>(
                std::distance(fs::directory_iterator(options_.cache_directory), fs::directory_iterator())),
            GroupStore::kMostFiles + 1);
  EXPECT_TRUE(fs::exists(file()));
  EXPECT_TRUE(fs::exists(fs::path(options_.cache_directory) / "not-ours"));
}

}  // namespace
}  // namespace gabion::inspect::match
