// Multipart bodies against libmodsecurity: the same flags, errors, arguments, files and part headers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "generate.h"
#include "inspect/http/multipart.h"
#include "pairs_of.h"

namespace gabion::yardstick {
namespace {

using inspect::http::BodyError;
using inspect::http::Multipart;
using inspect::http::MultipartFlags;

constexpr std::string_view kType = "multipart/form-data; boundary=bcd";
constexpr std::array<std::string_view, 12> kNames{
    "name=\"a\"",     "name=\"b c\"", "name=a",       "name='a'", "name=\"a'b\"", "name=\"a\\\"b\"",
    "name=\"a\\xb\"", "name = \"a\"", "name=\"a;b\"", "name=a-b", "name=a'b",     "name=\"\xc3\xa9\""};
constexpr std::array<std::string_view, 12> kMore{"",
                                                 "",
                                                 "",
                                                 "",
                                                 "; filename=\"x.txt\"",
                                                 "; filename=\"\"",
                                                 ";filename=x",
                                                 " ; filename= \"C:\\dir\\x\"",
                                                 ";",
                                                 "; filename='y'",
                                                 "; filename=\"a'b\"",
                                                 "; filename=\"q;r\" "};
constexpr std::array<std::string_view, 17> kBrokenNames{"",
                                                        "; name=\"c\"",
                                                        "; filename*=utf-8''extended",
                                                        "; foo=\"x\"",
                                                        " filename=\"x\"",
                                                        "; name=",
                                                        "; name",
                                                        "; filename=(",
                                                        "x",
                                                        "\"",
                                                        "; NAME=\"a\"",
                                                        "; filename=a b",
                                                        "; filename=a,b",
                                                        "; filename=a=b",
                                                        "; filename=a b",
                                                        "; filename=a\"b",
                                                        "; filename=\"x\"; filename=\"y\""};
constexpr std::array<std::string_view, 10> kHeaders{"",
                                                    "",
                                                    "",
                                                    "Content-Type: text/plain\r\n",
                                                    "content-type:x/y; charset=utf-7\r\n",
                                                    "X: y\r\n z\r\n",
                                                    "X : y\r\n",
                                                    "X: y\n",
                                                    "X: y\r\n\tz\r\n  q\r\n",
                                                    "Content-Transfer-Encoding: base64\r\n"};
constexpr std::array<std::string_view, 6> kBrokenHeaders{"nocolon\r\n",     ": x\r\n", "--bcd\r\n",
                                                         "Y: y\r\n\vz\r\n", "--x\r\n", "-- bcd\r\n"};
constexpr std::array<std::string_view, 14> kContents{"v",   "",     "--",   "---",    "-----BEGIN", " ",   "\r",
                                                     "x y", "\xff", "--bc", " --bcd", "a=b&c=d",    "<a>", "=--"};
constexpr std::array<std::string_view, 14> kBrokenLines{
    "--bcdx\r\n",  "-- bcd\r\n", "--bcd \r\n", "--bcd-\r\n", "--\"bcd\"\r\n", "x\r\n",   "\n",
    "--bcd--\r\n", "--bcd\r\n",  "--bcd--",    "--x\r\n",    "\r\n",          "--bcd\n", "--\r\n"};

/// No header name twice in a part: libmodsecurity drops the second, yet folds its lines into the first; we keep both.
/// No quote left open either: it reads beyond the end of the header then, so its answer changes from run to run.
std::string part(Generator& generator, bool broken) {
  std::string text = "--bcd\r\n";
  const std::string_view before = generator.pick(kHeaders);
  text += before;
  text += generator.one_in(4) ? "content-disposition:form-data;" : "Content-Disposition: form-data; ";
  text += generator.pick(kNames);
  text += generator.pick(kMore);
  text += broken && generator.one_in(2) ? generator.pick(kBrokenNames) : "";
  text += "\r\n";
  text += before.empty() ? generator.pick(kHeaders) : "";
  text += broken && generator.one_in(4) ? generator.pick(kBrokenHeaders) : "";
  text += "\r\n";
  for (std::size_t n = generator.below(4); n > 0; --n) {
    text += generator.pick(kContents);
    text += generator.one_in(3) ? "\n" : "\r\n";
  }
  return text + std::string(generator.pick(kContents)) + (broken && generator.one_in(6) ? "\n" : "\r\n");
}

/// libmodsecurity 3.0.9 drops the line breaks within an argument's value; the application gets them, so rules do too.
Pairs without_breaks(Pairs pairs) {
  for (auto& [name, value] : pairs) {
    std::string plain;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool is_crlf = value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n';
      if (value[i] != '\n' && !is_crlf) {
        plain += value[i];
      }
    }
    value = plain;
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

/// libmodsecurity checks filename* and shows it to no rule; the generator's says "extended".
Pairs without_extended(Pairs pairs) {
  std::erase_if(pairs, [](const auto& pair) { return pair.second == "extended"; });
  return pairs;
}

void compare_flags(const MultipartFlags& flags, const Seen& seen, const std::string& hint) {
  const auto same = [&](const char* name, bool flag) {
    EXPECT_EQ(flag ? "1" : "0", seen.flags.at(name)) << name << " " << hint;
  };
  same("MULTIPART_BOUNDARY_QUOTED", flags.boundary_quoted);
  same("MULTIPART_BOUNDARY_WHITESPACE", flags.boundary_whitespace);
  same("MULTIPART_CRLF_LF_LINES", flags.crlf_lf_lines());
  same("MULTIPART_DATA_AFTER", flags.data_after);
  same("MULTIPART_DATA_BEFORE", flags.data_before);
  same("MULTIPART_FILE_LIMIT_EXCEEDED", flags.file_limit_exceeded);
  same("MULTIPART_HEADER_FOLDING", flags.header_folding);
  same("MULTIPART_INVALID_HEADER_FOLDING", flags.invalid_header_folding);
  same("MULTIPART_INVALID_PART", flags.invalid_part);
  same("MULTIPART_INVALID_QUOTING", flags.invalid_quoting);
  same("MULTIPART_LF_LINE", flags.lf_line);
  same("MULTIPART_MISSING_SEMICOLON", flags.missing_semicolon);
  same("MULTIPART_STRICT_ERROR", flags.strict_error());
}

void compare(const Oracle& oracle, const std::string& type, const std::string& body) {
  Multipart multipart;
  const Seen seen = oracle.judge({"", "", type, body});
  const BodyError error = multipart.parse(type, body, {});
  const std::string hint =
      "[" + type + "] " + shown(body) + " | " + std::string(to_string(error)) + " | " + seen.message;
  if (error == BodyError::kBadBoundary && !seen.body_error) {
    // An empty one: libmodsecurity reads nothing then and says nothing, so every body would pass unseen.
    EXPECT_TRUE(type.ends_with('=') || type.ends_with("\"\"")) << hint;
    return;
  }
  EXPECT_EQ(error != BodyError::kNone, seen.body_error) << hint;
  if (seen.body_error) {
    EXPECT_TRUE(multipart.flags().strict_error() || seen.flags.at("MULTIPART_STRICT_ERROR") == "0") << hint;
    return;  // libmodsecurity stops there, without values; we read on
  }
  compare_flags(multipart.flags(), seen, hint);
  EXPECT_THAT(without_breaks(pairs_of(multipart.arguments())), testing::ContainerEq(without_breaks(seen.arguments)))
      << hint;
  EXPECT_THAT(without_extended(pairs_of(multipart.files())), testing::ContainerEq(seen.files)) << hint;
  EXPECT_THAT(pairs_of(multipart.file_fields()), testing::ContainerEq(seen.file_fields)) << hint;
  EXPECT_THAT(pairs_of(multipart.file_sizes()), testing::ContainerEq(seen.file_sizes)) << hint;
  EXPECT_THAT(pairs_of(multipart.part_headers()), testing::ContainerEq(seen.part_headers)) << hint;
  EXPECT_THAT(pairs_of(multipart.names()), testing::ContainerEq(seen.names)) << hint;
  EXPECT_THAT(pairs_of(multipart.filenames()), testing::ContainerEq(seen.filenames)) << hint;
  EXPECT_EQ(std::to_string(multipart.files_combined_size()), seen.flags.at("FILES_COMBINED_SIZE")) << hint;
}

TEST(MultipartYardstick, BodiesGiveTheSameValuesAndFlags) {
  Oracle oracle("MULTIPART");
  Generator generator(8);
  for (int i = 0; i < 500; ++i) {
    std::string body;
    for (std::size_t n = 1 + generator.below(3); n > 0; --n) {
      body += part(generator, false);
    }
    compare(oracle, std::string(kType), body + "--bcd--" + (generator.one_in(3) ? "" : "\r\n"));
  }
}

TEST(MultipartYardstick, BrokenBodiesRaiseTheSameFlags) {
  Oracle oracle("MULTIPART");
  Generator generator(9);
  for (int i = 0; i < 800; ++i) {
    std::string body = generator.one_in(3) ? std::string(generator.pick(kBrokenLines)) : "";
    for (std::size_t n = generator.below(3); n > 0; --n) {
      body += part(generator, true);
      body += generator.one_in(3) ? generator.pick(kBrokenLines) : "";
    }
    body += generator.one_in(6) ? "" : "--bcd--";
    body += generator.one_in(3) ? "" : "\r\n";
    body += generator.one_in(4) ? generator.pick(kBrokenLines) : "";
    compare(oracle, std::string(kType), body);
  }
}

TEST(MultipartYardstick, BoundariesAreReadAlike) {
  constexpr std::array<std::string_view, 26> kPieces{" ",
                                                     ";",
                                                     "; ",
                                                     "boundary",
                                                     "boundary=",
                                                     "boundary=b",
                                                     "=",
                                                     "\"",
                                                     "b",
                                                     "b",
                                                     "BOUNDARY=b",
                                                     "c",
                                                     ",",
                                                     "\t",
                                                     "boundary =b",
                                                     "boundary= b",
                                                     "x=y",
                                                     "charset=utf-8",
                                                     "boundary=\"b\"",
                                                     "boundary='b'",
                                                     "@",
                                                     "boundaryx=b",
                                                     "; boundary=b",
                                                     "; boundary=bc",
                                                     "-",
                                                     ":"};
  Oracle oracle("MULTIPART");
  Generator generator(10);
  for (int i = 0; i < 800; ++i) {
    const std::string type = "multipart/form-data" + generator.some(kPieces, 4);
    compare(oracle, type, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--b--\r\n");
  }
}

}  // namespace
}  // namespace gabion::yardstick
