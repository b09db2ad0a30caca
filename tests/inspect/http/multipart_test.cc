// Multipart bodies: values, files, part headers; every flag is raised by its own fault.
#include "inspect/http/multipart.h"

#include <gtest/gtest.h>

#include "printed.h"

namespace gabion::inspect::http {
namespace {

using namespace std::string_literals;

constexpr std::string_view kType = "multipart/form-data; boundary=b";
const std::string kNamed = "Content-Disposition: form-data; name=\"a\"\r\n";
const std::string kPart = "--b\r\n" + kNamed + "\r\nv\r\n";
const std::string kEnd = "--b--\r\n";

std::string with_disposition(const std::string& parameters) {
  return "--b\r\nContent-Disposition: form-data" + parameters + "\r\n\r\nv\r\n--b--\r\n";
}

/// Names of the flags that are up, "+error" for an error of the body.
std::string flags_of(const Multipart& multipart, BodyError error) {
  const MultipartFlags& flags = multipart.flags();
  std::string text;
  const auto add = [&text](bool flag, std::string_view name) { text += flag ? std::string(name) + " " : ""; };
  add(flags.boundary_quoted, "quoted");
  add(flags.boundary_whitespace, "whitespace");
  add(flags.data_before, "before");
  add(flags.data_after, "after");
  add(flags.header_folding, "folding");
  add(flags.invalid_header_folding, "invalid_folding");
  add(flags.crlf_lf_lines(), "crlf_lf");
  add(flags.lf_line, "lf");
  add(flags.missing_semicolon, "semicolon");
  add(flags.invalid_quoting, "quoting");
  add(flags.invalid_part, "part");
  add(flags.file_limit_exceeded, "files");
  add(flags.broken_boundary, "boundary");
  add(flags.unmatched_boundary == 1, "unmatched1");
  add(flags.unmatched_boundary == 2, "unmatched2");
  add(error != BodyError::kNone, "+error");
  return text.substr(0, text.empty() ? 0 : text.size() - 1);
}

struct Case {
  std::string body;
  std::string values;  ///< arguments
  std::string flags;
  std::string_view type = kType;
};

void check(std::span<const Case> cases) {
  Multipart multipart;
  for (const Case& c : cases) {
    const BodyError error = multipart.parse(c.type, c.body, {});
    EXPECT_EQ(printed(multipart.arguments()), c.values) << c.type << "\n" << c.body;
    EXPECT_EQ(flags_of(multipart, error), c.flags) << c.type << "\n" << c.body << "\n" << to_string(error);
  }
}

TEST(Multipart, LinesAndBoundaries) {
  const Case cases[] = {
      {"", "", ""},
      {kPart + kEnd, "a=v", ""},
      {kPart + "--b--", "a=v", ""},
      {kPart + kPart + kEnd, "a=v|a=v", ""},
      {"--b--\r\n", "", ""},
      {"--b\r\n" + kNamed + "\r\n\r\n--b--\r\n", "a=", ""},
      {"--b\r\n" + kNamed + "\r\nv\r\n\nw\n\r\n--b--\r\n", "a=v\r\n\nw\n", ""},
      {"--b\r\n" + kNamed + "\r\n-----PEM\r\n--\r\n--b--\r\n", "a=-----PEM\r\n--", "unmatched2"},
      {"--b\n" + kNamed + "\nv\n--b--\n", "a=v", "crlf_lf lf"},
      {"--b\nContent-Disposition: form-data; name=a\n\nv\n--b--\n", "a=v", "lf"},
      {"x\r\n" + kPart + kEnd, "a=v", "before"},
      {"--x\r\n" + kPart + kEnd, "a=v", "before unmatched1"},
      {kPart + kEnd + "x", "a=v", "after"},
      {kPart + kEnd + kPart + kEnd, "a=v", "after"},
      {kPart + "--bx\r\n" + kEnd, "a=v\r\n--bx", "boundary +error"},
      {kPart + "-- b\r\n" + kEnd, "a=v\r\n-- b", "boundary +error"},
      {kPart, "a=v\r\n", "+error"},
      {kPart + "--b\r\n", "a=v", "+error"},
      {"x", "", "+error"},
      {"--b\r\n" + kNamed + "\r\n--b\r\nv\r\n--b--\r\n", "a=--b\r\nv", "part"},
      {"--b\r\n" + kNamed + "--b\r\n\r\nv\r\n--b--\r\n", "a=v", "part +error"},
  };
  check(cases);
}

TEST(Multipart, BoundaryOfTheContentType) {
  const std::string body = kPart + kEnd;
  const Case cases[] = {
      {body, "a=v", "quoted", "multipart/form-data; boundary=\"b\""},
      {body, "a=v", "whitespace", "multipart/form-data; boundary =b"},
      {body, "a=v", "semicolon", "multipart/form-data boundary=b"},
      {body, "a=v", "", "Multipart/Form-Data;boundary=b; charset=x"},
      {body, "", "boundary +error", "multipart/form-data"},
      {body, "", "boundary +error", "multipart/form-data; boundary="},
      {body, "", "quoted boundary +error", "multipart/form-data; boundary=\"\""},
      {body, "", "boundary +error", "multipart/form-data; boundary=\"b"},
      {body, "", "boundary +error", "multipart/form-data; BOUNDARY=b"},
      {body, "", "boundary +error", "multipart/form-data; charset=x; boundary=b"},
      {body, "", "boundary +error", "multipart/form-data; boundary=b; boundary=c"},
      {body, "", "boundary +error", "multipart/form-data; boundary=b@"},
      {body, "", "before unmatched1 +error", "multipart/form-data; boundary=c"},
  };
  check(cases);
  Multipart multipart;
  EXPECT_EQ(multipart.parse("multipart/form-data", "x", {}), BodyError::kNoBoundary);
  EXPECT_EQ(multipart.parse("multipart/form-data; boundary=" + std::string(201, 'b'), "x", {}),
            BodyError::kBadBoundary);
}

TEST(Multipart, ContentDisposition) {
  const Case cases[] = {
      {with_disposition("; name=a"), "a=v", ""},
      {with_disposition(";name = \"a\" ;"), "a=v", ""},
      {with_disposition("; name=\"a'b\""), "a'b=v", ""},
      {with_disposition(R"(; name="a\"b\\c\d")"), R"(a"b\c\d=v)", ""},
      {with_disposition("; name='a'"), "a=v", "quoting"},
      {with_disposition("; name=a'b"), "a'b=v", "quoting"},
      {with_disposition("; name=\"a"), "a=v", "quoting"},
      {with_disposition("; name=\"a\"; filename=\"\""), "a=v", ""},
      {with_disposition(""), "=v", "part +error"},
      {with_disposition("; name=\"\""), "=v", "part +error"},
      {with_disposition("; name=\"a\"; name=\"c\""), "a=v", "part +error"},
      {with_disposition("; name=\"a\"; foo=\"c\""), "a=v", "part +error"},
      {with_disposition("; name=\"a\" filename=\"c\""), "a=v", "part +error"},
      {with_disposition("; NAME=\"a\""), "=v", "part +error"},
      {with_disposition("; name=a,b"), "a=v", "part +error"},
      {with_disposition("; name=\"a\"; filename*=utf-8''x"), "a=v", "part +error"},
      {with_disposition("; name=a; filename=\"\"; filename*=utf-8''x"), "a=v", "part +error"},
      {with_disposition("; name=a; filename=x; filename*=''x"), "", "part +error"},
      {with_disposition("; name=a; filename=x; filename*=utf-8''%4"), "", "part +error"},
      {with_disposition("; name=a; filename=\"\"; filename=x"), "", ""},
      {"--b\r\nX: y\r\n\r\nv\r\n--b--\r\n", "=v", "part +error"},
      {"--b\r\n" + kNamed + "nocolon\r\n\r\nv\r\n--b--\r\n", "a=v", "+error"},
      {"--b\r\n" + kNamed + "X: \0\r\n\r\nv\r\n--b--\r\n"s, "a=v", "+error"},
      {"--b\r\n" + kNamed + "X: y\r\n z\r\n\r\nv\r\n--b--\r\n", "a=v", "folding"},
      {"--b\r\n" + kNamed + "X: y\r\n\vz\r\n\r\nv\r\n--b--\r\n", "a=v", "folding invalid_folding"},
      {"--b\r\n z\r\n" + kNamed + "\r\nv\r\n--b--\r\n", "a=v", "folding +error"},
  };
  check(cases);
}

TEST(Multipart, FilesHeadersAndNames) {
  const std::string body = kPart + "--b\r\nContent-Type: text/plain\r\nX: y\r\n\tz\r\n" +
                           "Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\nfile\n\r\n" + kEnd;
  Multipart multipart;
  EXPECT_EQ(multipart.parse(kType, body, {}), BodyError::kNone);
  EXPECT_EQ(printed(multipart.arguments()), "a=v");
  EXPECT_EQ(multipart.arguments_combined_size(), 2u);
  EXPECT_EQ(printed(multipart.files()), "f=x.txt");
  EXPECT_EQ(printed(multipart.file_fields()), "f=f");
  EXPECT_EQ(printed(multipart.file_sizes()), "f=5");
  EXPECT_EQ(multipart.files_combined_size(), 5u);
  EXPECT_EQ(printed(multipart.names()), "a=a|f=f");
  EXPECT_EQ(printed(multipart.filenames()), "x.txt=x.txt");
  EXPECT_EQ(printed(multipart.part_headers()),
            "a=Content-Disposition: form-data; name=\"a\"\r\n|f=Content-Type: text/plain\r\n|f=X: y z|"
            "f=Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n");
}

TEST(Multipart, BothFileNamesOfAPartAreListed) {
  const std::string same = with_disposition("; name=a; filename=x.php; filename*=utf-8'en'x%2ephp");
  const std::string other = with_disposition("; filename*=utf-8''x%2Fy.php; filename=\"x.txt\" ; name=a");
  Multipart multipart;
  EXPECT_EQ(multipart.parse(kType, same, {}), BodyError::kNone);
  EXPECT_EQ(printed(multipart.files()), "a=x.php");
  EXPECT_EQ(multipart.parse(kType, other, {}), BodyError::kNone);
  EXPECT_EQ(printed(multipart.files()), "a=x.txt|a=x/y.php");
  EXPECT_EQ(printed(multipart.file_fields()), "a=a");
  EXPECT_FALSE(multipart.flags().strict_error());
}

TEST(Multipart, PartsFilesAndHeadersAreBounded) {
  Multipart multipart;
  EXPECT_EQ(multipart.parse(kType, kPart + kPart + kEnd, {1, 0}), BodyError::kTooManyParts);
  EXPECT_EQ(printed(multipart.arguments()), "a=v");
  const std::string file = "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nv\r\n";
  EXPECT_EQ(multipart.parse(kType, file + file + kEnd, {9, 1}), BodyError::kNone);
  EXPECT_EQ(printed(multipart.files()), "f=x");
  EXPECT_TRUE(multipart.flags().file_limit_exceeded && multipart.flags().strict_error());
  std::string headers;
  for (std::size_t i = 0; i <= Multipart::kMaxPartHeaders; ++i) {
    headers += "X: y\r\n";
  }
  EXPECT_EQ(multipart.parse(kType, "--b\r\n" + headers + kNamed + "\r\nv\r\n--b--", {}), BodyError::kPartHeader);
  const std::string line = "X: " + std::string(Multipart::kMaxHeaderBytes, 'y') + "\r\n";
  EXPECT_EQ(multipart.parse(kType, "--b\r\n" + line + kNamed + "\r\nv\r\n--b--", {}), BodyError::kPartHeader);
}

TEST(Multipart, EveryPrefixIsAnErrorUntilTheLastBoundary) {
  const std::string body = kPart +
                           "--b\r\nX: y\r\n z\r\nContent-Disposition: form-data; name=\"\\\"f\"; filename='x'\r\n" +
                           "\r\nfile\r\n" + kEnd;
  Multipart multipart;
  for (std::size_t size = 1; size < body.size() - 2; ++size) {
    const std::string prefix = body.substr(0, size);
    EXPECT_NE(multipart.parse(kType, prefix, {}), BodyError::kNone) << prefix;
  }
  EXPECT_EQ(multipart.parse(kType, body, {}), BodyError::kNone);
}

}  // namespace
}  // namespace gabion::inspect::http
