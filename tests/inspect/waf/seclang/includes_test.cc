// Files that include others, and files of phrases: order, places, loops, limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inspect/waf/seclang/load.h"
#include "tests/inspect/waf/seclang/folder.h"

namespace gabion::inspect::waf::seclang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint32_t> ids_of(const RuleSet& rules) {
  std::vector<std::uint32_t> ids;
  for (const Item& item : rules.items) {
    if (const auto* const rule = std::get_if<Rule>(&item)) {
      ids.push_back(rule->id);
    }
  }
  return ids;
}

/// Empty if the load succeeded.
std::string first_error(const config::CheckedResult<RuleSet>& loaded) {
  return loaded ? std::string() : loaded.error().front().to_string();
}

TEST(SecLangIncludeTest, GlobsAreSortedAndRelativeToTheirFile) {
  const Folder folder;
  folder.write("rules/b.conf", "SecAction id:2\n");
  folder.write("rules/a.conf", "SecAction id:1\nInclude more/c.conf\n");
  folder.write("rules/more/c.conf", "SecAction id:3\n");
  folder.write("rules/z.txt", "nonsense\n");
  const auto loaded = load(folder.write("entry.load", "include \"rules/*.conf\"\nSecAction id:4"));
  ASSERT_EQ(first_error(loaded), "");
  EXPECT_THAT(ids_of(*loaded), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(loaded->files, ElementsAre(folder.path("entry.load"), folder.path("rules/a.conf"),
                                         folder.path("rules/more/c.conf"), folder.path("rules/b.conf")));
  EXPECT_EQ(std::get<Rule>(loaded->items[2]).links.front().place.file, 3U);
}

TEST(SecLangIncludeTest, AFileThatIsNotThereIsAnErrorUnlessOptional) {
  const Folder folder;
  EXPECT_EQ(first_error(load(folder.write("a.load", "IncludeOptional none.conf\nIncludeOptional none/*.conf"))), "");
  EXPECT_EQ(first_error(load(folder.write("b.load", "\nInclude none.conf"))),
            folder.path("b.load") + ":2: Include: " + folder.path("none.conf") + ": no such file");
  EXPECT_EQ(first_error(load(folder.write("c.load", "Include none/*.conf"))),
            folder.path("c.load") + ":1: Include: " + folder.path("none/*.conf") + ": no such file");
  EXPECT_EQ(first_error(load(folder.path("d.load"))),
            folder.path("d.load") + ": " + folder.path("d.load") + ": No such file or directory");
}

TEST(SecLangIncludeTest, AFolderIsNoFile) {
  const Folder folder;
  folder.write("rules/a.conf", "");
  EXPECT_THAT(first_error(load(folder.write("a.load", "Include rules"))), HasSubstr("is a folder; name its files"));
  EXPECT_THAT(first_error(load(folder.write("b.load", "Include /dev/null"))), HasSubstr("is not a file"));
}

TEST(SecLangIncludeTest, LoopsEnd) {
  const Folder folder;
  folder.write("a.conf", "Include b.conf\n");
  folder.write("b.conf", "SecAction id:1\nInclude a.conf\n");
  EXPECT_EQ(first_error(load(folder.path("a.conf"))),
            folder.path("b.conf") + ":2: Include: " + folder.path("a.conf") + " includes itself");
}

TEST(SecLangIncludeTest, DepthAndNumberOfFilesAreBounded) {
  const Folder folder;
  for (int i = 0; i < 8; ++i) {
    folder.write(std::to_string(i) + ".conf", "Include " + std::to_string(i + 1) + ".conf\n");
  }
  folder.write("8.conf", "SecAction id:1\n");
  LoadLimits limits;
  limits.include_depth = 9;
  EXPECT_EQ(first_error(load(folder.path("0.conf"), limits)), "");
  limits.include_depth = 8;
  EXPECT_EQ(first_error(load(folder.path("0.conf"), limits)),
            folder.path("7.conf") + ":1: Include: files include each other more than 8 deep");
  limits.include_depth = 9;
  limits.files = 8;
  EXPECT_THAT(first_error(load(folder.path("0.conf"), limits)), HasSubstr("8.conf: more than 8 files are read"));
}

TEST(SecLangIncludeTest, AChainEndsWithItsFile) {
  const Folder folder;
  folder.write("a.conf", "SecAction id:1,chain\n");
  EXPECT_EQ(first_error(load(folder.write("e.load", "Include a.conf\nSecRule ARGS x"))),
            folder.path("a.conf") + ":1: rule 1: its chain has no next rule");
}

TEST(SecLangIncludeTest, PhraseFilesLieBesideTheRule) {
  const Folder folder;
  folder.write("rules/words.data", "# comment\n\n  # another\nUnion Select\r\ntrailing blank \nlast");
  folder.write("rules/nets.data", "10.0.0.0/8 \n#x\n::1\n");
  folder.write("rules/a.conf",
               "SecRule ARGS \"@pmFromFile words.data\" id:1\n"
               "SecRule ARGS \"!@pmf words.data ../rules/words.data\" id:2\n"
               "SecRule REMOTE_ADDR \"@ipMatchFromFile nets.data\" id:3\n");
  const auto loaded = load(folder.write("e.load", "Include rules/a.conf"));
  ASSERT_EQ(first_error(loaded), "");
  const auto op = [&](std::size_t i) { return std::get<Rule>(loaded->items[i]).links.front().op; };
  EXPECT_THAT(op(0).phrases, ElementsAre("Union Select", "trailing blank ", "last"));
  EXPECT_EQ(op(1).phrases.size(), 6U);
  EXPECT_TRUE(op(1).negated);
  EXPECT_THAT(op(2).phrases, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_THAT(loaded->files, testing::Contains(folder.path("rules/words.data")));
}

TEST(SecLangIncludeTest, PhraseFilesMustSaySomethingRight) {
  const Folder folder;
  folder.write("empty.data", "# nothing\n");
  folder.write("wrong.data", "10.0.0.1\nlocalhost\n");
  EXPECT_EQ(first_error(load(folder.write("a.conf", "SecRule ARGS \"@pmFromFile empty.data\" id:1"))),
            folder.path("a.conf") + ":1: rule 1: @pmFromFile: " + folder.path("empty.data") + " has no entry");
  EXPECT_EQ(first_error(load(folder.write("b.conf", "SecRule ARGS \"@ipMatchFromFile wrong.data\" id:1"))),
            folder.path("b.conf") + ":1: rule 1: \"localhost\" is no IP address and no network like 10.0.0.0/8");
}

TEST(SecLangIncludeTest, FilesOfAUserWinOverTheBase) {
  const Folder folder;
  const auto loaded = load_with_base(folder.write("e.load",
                                                  "SecRuleEngine DetectionOnly\nSecResponseBodyMimeType text/css\n"
                                                  "SecAction id:200002,phase:2\nSecRuleRemoveById 200003\n"));
  ASSERT_EQ(first_error(loaded), "");
  EXPECT_THAT(ids_of(*loaded), ElementsAre(200000, 200001, 200006, 200004, 200005, 200007, 200002));
  EXPECT_EQ(loaded->engine.rule_engine, RuleEngine::kDetectionOnly);
  EXPECT_THAT(loaded->engine.response_body_types, ElementsAre("text/css"));
  EXPECT_TRUE(loaded->engine.request_body_access);
  EXPECT_EQ(loaded->engine.request_body_limit, 13107200U);
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
