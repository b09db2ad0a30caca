// A pod's patch: parents first, lists only added to, injected once, and the same by patch and by text.
#include "config/inject/pod_patch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/inject/app_probes.h"
#include "config/inject/manifest.h"
#include "config/inject/marks.h"
#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

std::vector<std::string> paths_of(const JsonPatch& patch) {
  std::vector<std::string> paths;
  for (const PatchOperation& operation : patch) {
    paths.push_back(operation.path);
  }
  return paths;
}

struct Case {
  const char* name;
  const char* pod;
  SidecarForm form;
  std::vector<std::string> paths;
};

class PodPatchTest : public ::testing::TestWithParam<Case> {};

TEST_P(PodPatchTest, AddsParentsFirstAndNeverReplacesAList) {
  Settings settings;
  settings.form = GetParam().form;
  const json::value pod = json::parse(GetParam().pod);
  const PodInjection done = inject_pod(pod, settings);
  ASSERT_EQ(done.outcome, InjectOutcome::kInjected);
  EXPECT_EQ(paths_of(done.patch), GetParam().paths);
  const auto applied = inject::apply(done.patch, pod);
  ASSERT_TRUE(applied.has_value()) << applied.error().to_string();
  const PodInjection again = inject_pod(*applied, settings);
  EXPECT_EQ(again.outcome, InjectOutcome::kSkipped);
  EXPECT_TRUE(again.patch.empty());
}

constexpr const char* kBare = R"({"spec":{"containers":[{"name":"a","image":"a"}]}})";
constexpr const char* kFull = R"({"metadata":{"annotations":{"x/y~z":"1"}},"spec":{
  "initContainers":[{"name":"i","image":"i"}],"volumes":[{"name":"v","emptyDir":{}}],
  "containers":[{"name":"a","image":"a","livenessProbe":{"tcpSocket":{"port":80}}}]}})";

INSTANTIATE_TEST_SUITE_P(
    Pods, PodPatchTest,
    ::testing::Values(
        Case{"BareNative", kBare, SidecarForm::kNative, {"/spec/initContainers", "/spec/volumes", "/metadata"}},
        Case{"BareClassic",
             kBare,
             SidecarForm::kClassic,
             {"/spec/initContainers", "/spec/containers/0", "/spec/volumes", "/metadata"}},
        Case{"FullNative",
             kFull,
             SidecarForm::kNative,
             {"/spec/containers/0/livenessProbe", "/spec/initContainers/0", "/spec/initContainers/0", "/spec/volumes/-",
              "/spec/volumes/-", "/spec/volumes/-", "/spec/volumes/-", "/spec/volumes/-",
              "/metadata/annotations/gabion.dev~1status"}},
        Case{"FullClassic",
             kFull,
             SidecarForm::kClassic,
             {"/spec/containers/0/livenessProbe", "/spec/initContainers/-", "/spec/containers/0", "/spec/volumes/-",
              "/spec/volumes/-", "/spec/volumes/-", "/spec/volumes/-", "/spec/volumes/-",
              "/metadata/annotations/gabion.dev~1status"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(PodPatchOrderTest, RulesThenProxyThenTheRest) {
  const json::value pod = json::parse(kFull);
  const auto applied = inject::apply(inject_pod(pod, Settings{}).patch, pod);
  ASSERT_TRUE(applied.has_value());
  std::vector<std::string> names;
  for (const json::value& each : items_of(member(&*applied, "spec", "initContainers"))) {
    names.emplace_back(text_of(member(&each, "name")));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"gabion-init", "gabion", "i"}));
}

TEST(PodPatchHashTest, AnotherTemplateHasAnotherHash) {
  const json::value pod = json::parse(kBare);
  Settings other;
  other.image = "other:1";
  const auto status = [&](const Settings& settings) {
    return json::serialize(inject_pod(pod, settings).patch.back().value);
  };
  EXPECT_EQ(status(Settings{}), status(Settings{}));
  EXPECT_NE(status(Settings{}), status(other));
}

TEST(JsonPatchTest, RefusesWhatHasNoParentAndAppliesNothing) {
  const json::value pod = json::parse(R"({"a":{}})");
  for (const char* path : {"/b/c", "/a/b/c", "", "/a/b/0"}) {
    EXPECT_TRUE(inject::apply({{PatchAction::kAdd, path, 1}}, pod).has_error()) << path;
  }
  EXPECT_TRUE(inject::apply({{PatchAction::kReplace, "/a/x", 1}}, pod).has_error());
}

TEST(JsonPatchTest, PointersAreEscaped) {
  EXPECT_EQ(escape_pointer("a/b~c"), "a~1b~0c");
  EXPECT_EQ(split_pointer("/a~1b~0c/-"), (std::vector<std::string>{"a/b~c", "-"}));
}

TEST(MarksTest, ALineWithoutItsEndComesBackWithoutIt) {
  for (const std::string text : {"a: 1", "a: 1\n", "a: 1\r\nb: 2", ""}) {
    const auto lines = split_lines(text);
    const std::string edited = with_edits(text, {{lines.size(), 0, 0, {"x: 3"}, ""}});
    EXPECT_NE(edited.find("x: 3"), std::string::npos);
    EXPECT_EQ(*without_marks(edited), text);
  }
}

TEST(AppProbesTest, ReadsWhatInjectionDeclared) {
  const json::value pod = json::parse(kFull);
  const auto applied = inject::apply(inject_pod(pod, Settings{}).patch, pod);
  ASSERT_TRUE(applied.has_value());
  std::string text;
  const json::value& proxy = items_of(member(&*applied, "spec", "initContainers"))[1];
  for (const json::value& variable : items_of(member(&proxy, "env"))) {
    if (text_of(member(&variable, "name")) == "GABION_APP_PROBES") {
      text = text_of(member(&variable, "value"));
    }
  }
  const auto probes = parse_app_probes(text);
  ASSERT_TRUE(probes.has_value());
  ASSERT_EQ(probes->size(), 1U);
  EXPECT_EQ(probes->front().path, "/app-health/a/livez");
  EXPECT_EQ(probes->front().form, ProbeForm::kTcp);
  EXPECT_EQ(probes->front().port, 80);
}

/// Comments, quotes and blank lines of the manifest are still there: whoever reads it finds their own text.
TEST(ManifestTest, KeepsEachLineOfABlockStyleManifest) {
  const std::filesystem::path file =
      std::filesystem::path(GABION_SOURCE_DIR) / "tests/inject/shapes/plain_deployment.yaml";
  std::ifstream input(file);
  std::stringstream read;
  read << input.rdbuf();
  const std::string original = read.str();
  const auto done = inject_manifest(original, "a.yaml", Settings{});
  ASSERT_TRUE(done.has_value());
  for (const std::string_view line : split_lines(original)) {
    EXPECT_NE(done->text.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(done->text.find("# gabion:was|apiVersion"), std::string::npos);
}

}  // namespace
}  // namespace gabion::config::inject
