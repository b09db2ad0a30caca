// LoadMix files: what they mean, and every mistake with its place.
#include "bench/load/mix_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace gabion::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead = "apiVersion: gabion.dev/v1alpha1\nkind: LoadMix\nrequests:\n";

/// A folder of this process's own, gone with it.
class MixFileTest : public ::testing::Test {
 protected:
  MixFileTest() {
    std::string name = (fs::temp_directory_path() / "mix_file_test.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~MixFileTest() override { fs::remove_all(folder_); }

  [[nodiscard]] config::CheckedResult<std::vector<RequestSpec>> parse(const std::string& text) const {
    return parse_mix(text, "mix.yaml", {folder_, config::FileChecks::kCheck});
  }
  [[nodiscard]] std::string errors_of(const std::string& text) const {
    const auto mix = parse(text);
    std::string all;
    for (const auto& error : mix.has_error() ? mix.error() : config::Errors()) {
      all += error.to_string() + "\n";
    }
    return all;
  }

  fs::path folder_;
};

TEST_F(MixFileTest, ReadsEveryKey) {
  std::ofstream(folder_ / "body.json") << "{}\n";
  const auto mix = parse(std::string(kHead) + R"(
- {name: read, weight: 3, path: "/x?y", headers: {accept: "*/*", X-Two: "2"}}
- name: write
  method: POST
  path: /orders
  body: |
    two
    lines
  expect: [200, 4xx]
- {method: PUT, path: /file, bodyFile: body.json}
- {method: PUT, path: /big, bodyBytes: 1MiB}
- {method: PUT, path: /noise, bodyBytes: 1000, fill: random}
- {path: /empty, body: ""}
)");
  ASSERT_TRUE(mix.has_value()) << mix.error().front().to_string();
  ASSERT_EQ(mix->size(), 6U);
  const RequestSpec& read = mix->at(0);
  EXPECT_EQ(read.name, "read");
  EXPECT_EQ(read.weight, 3U);
  EXPECT_EQ(read.method, "");
  EXPECT_EQ(read.path, "/x?y");
  EXPECT_EQ(read.headers, (std::vector<std::pair<std::string, std::string>>{{"accept", "*/*"}, {"X-Two", "2"}}));
  EXPECT_FALSE(read.expect.has_value());
  const RequestSpec& write = mix->at(1);
  EXPECT_EQ(write.body, "two\nlines\n");
  ASSERT_TRUE(write.expect.has_value());
  EXPECT_TRUE(write.expect->contains(200));
  EXPECT_TRUE(write.expect->contains(404));
  EXPECT_FALSE(write.expect->contains(201));
  EXPECT_EQ(mix->at(2).body, "{}\n");
  EXPECT_EQ(mix->at(2).name, "requests[2]");
  EXPECT_EQ(mix->at(3).body.size(), 1U << 20U);
  EXPECT_EQ(mix->at(4).body.size(), 1000U);
  EXPECT_EQ(mix->at(5).body, "");
}

TEST_F(MixFileTest, LoadsAFileBesideWhichBodiesLie) {
  std::ofstream(folder_ / "b") << "body";
  std::ofstream(folder_ / "mix.yaml") << kHead << "- {path: /, method: POST, bodyFile: b}\n";
  const auto mix = load_mix(folder_ / "mix.yaml");
  ASSERT_TRUE(mix.has_value()) << mix.error().front().to_string();
  EXPECT_EQ(mix->at(0).body, "body");
  const auto missing = load_mix(folder_ / "none.yaml");
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().front().to_string(), (folder_ / "none.yaml").string() + ": cannot be read");
  EXPECT_TRUE(load_mix(folder_).has_error());
}

TEST_F(MixFileTest, FillsAreTheSameInEachRun) {
  EXPECT_EQ(make_body(5000, Fill::kRandom), make_body(5000, Fill::kRandom));
  EXPECT_NE(make_body(5000, Fill::kRandom).substr(0, 100), make_body(5000, Fill::kText).substr(0, 100));
  EXPECT_EQ(make_body(0, Fill::kText), "");
}

struct Mistake {
  const char* requests;
  const char* error;
};

TEST_F(MixFileTest, EachMistakeIsNamedWithItsPlace) {
  for (const Mistake& each : {
           Mistake{"[]\n", "mix.yaml:4: requests: must not be empty\n"},
           Mistake{"{path: /}\n", "mix.yaml:4: requests: must be a list, not a map\n"},
           Mistake{"- /x\n", "mix.yaml:4: requests[0]: must be a map, not a string\n"},
           Mistake{"- {method: GET}\n", "mix.yaml:4: requests[0].path: is required\n"},
           Mistake{"- {path: x}\n",
                   "mix.yaml:4: requests[0].path: must begin with '/' and hold no blank, fragment or control "
                   "character\n"},
           Mistake{"- {path: 7}\n", "mix.yaml:4: requests[0].path: must be a string, not an integer: quote it\n"},
           Mistake{"- {path: /, methd: GET}\n", "mix.yaml:4: requests[0].methd: unknown key, did you mean method\n"},
           Mistake{"- {path: /, method: \"GE T\"}\n",
                   "mix.yaml:4: requests[0].method: \"GE T\" is not a method that can be sent\n"},
           Mistake{"- {path: /, weight: 0}\n", "mix.yaml:4: requests[0].weight: must be 1 to 1000, not 0\n"},
           Mistake{"- {path: /, weight: 1.5}\n", "mix.yaml:4: requests[0].weight: \"1.5\" is not a whole number\n"},
           Mistake{"- path: /\n  headers:\n    Content-Length: \"3\"\n",
                   "mix.yaml:6: requests[0].headers.Content-Length: Content-Length is made by the load generator "
                   "itself\n"},
           Mistake{"- {path: /, headers: {x: 1}}\n",
                   "mix.yaml:4: requests[0].headers.x: must be a string, not an integer: quote it\n"},
           Mistake{"- {path: /, headers: [x]}\n", "mix.yaml:4: requests[0].headers: must be a map, not a list\n"},
           Mistake{"- {path: /, body: {a: 1}}\n", "mix.yaml:4: requests[0].body: must be a string, not a map\n"},
           Mistake{"- {path: /, body: x, bodyBytes: 1KiB}\n",
                   "mix.yaml:4: requests[0]: has more than one of body, bodyFile and bodyBytes\n"},
           Mistake{"- {path: /, bodyBytes: 1MB}\n",
                   "mix.yaml:4: requests[0].bodyBytes: \"1MB\" is not a size: a whole number of bytes, or one with B, "
                   "KiB, MiB or GiB, as in 64KiB\n"},
           Mistake{"- {path: /, bodyBytes: 1GiB}\n",
                   "mix.yaml:4: requests[0].bodyBytes: must be 0B to 256MiB, not 1GiB\n"},
           Mistake{"- {path: /, bodyBytes: 200MiB}\n- {path: /, bodyBytes: 200MiB}\n",
                   "mix.yaml:5: requests[1].bodyBytes: all bodies together exceed 268435456 bytes\n"},
           Mistake{"- {path: /, bodyBytes: 1, fill: zero}\n",
                   "mix.yaml:4: requests[0].fill: must be one of text, random, not \"zero\"\n"},
           Mistake{"- {path: /, body: x, fill: text}\n",
                   "mix.yaml:4: requests[0].fill: says what bodyBytes are; there are none\n"},
           Mistake{"- {path: /, expect: 200}\n", "mix.yaml:4: requests[0].expect: must be a list, not an integer\n"},
           Mistake{"- {path: /, expect: [200, 20]}\n",
                   "mix.yaml:4: requests[0].expect[1]: \"20\" is not a status (100 to 599, a class as in 2xx, or for "
                   "gRPC 0 to 16)\n"},
           Mistake{"- {path: /, name: }\n",
                   "mix.yaml:4: requests[0].name: has no value; leave the key out for the default\n"},
       }) {
    EXPECT_EQ(errors_of(std::string(kHead) + each.requests), each.error) << each.requests;
  }
}

TEST_F(MixFileTest, AMissingBodyFileIsNamed) {
  EXPECT_EQ(errors_of(std::string(kHead) + "- {path: /, bodyFile: none}\n"),
            "mix.yaml:4: requests[0].bodyFile: " + (folder_ / "none").string() + ": cannot be read\n");
}

TEST_F(MixFileTest, TheFileAsAWhole) {
  EXPECT_EQ(errors_of(""), "mix.yaml: is empty\n");
  EXPECT_EQ(errors_of("a: 1\n---\nb: 2\n"), "mix.yaml: has more than one document\n");
  EXPECT_EQ(errors_of("[1]\n"), "mix.yaml:1: must be a map, not a list\n");
  EXPECT_EQ(errors_of("apiVersion: gabion.dev/v1\nkind: Proxy\nrequests: [{path: /}]\nrate: 3\n"),
            "mix.yaml:1: apiVersion: must be gabion.dev/v1alpha1, not \"gabion.dev/v1\"\n"
            "mix.yaml:2: kind: must be LoadMix, not \"Proxy\"\n"
            "mix.yaml:4: rate: unknown key\n");
  EXPECT_NE(errors_of("requests: ["), "");
}

}  // namespace
}  // namespace gabion::bench
