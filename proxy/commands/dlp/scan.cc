// `gabion dlp scan`: every candidate that survived its check, one JSON line for each text.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "proxy/commands/dlp/dlp.h"

namespace gabion::proxy::dlp {
namespace {

using inspect::dlp::Match;

constexpr std::size_t kMaxTextBytes = 256U << 20;
constexpr std::uint8_t kActsFrom = 50;

struct Options {
  std::string file;
  std::string format = "auto";
  std::optional<double> min_score;
  std::vector<std::string> entities;
  bool mask = false;
  bool show = false;
};

/// Of a line {"id": .., "text": "...", "type": "...", "field": ..}.
struct Line {
  boost::json::value id;
  std::string text;
  std::optional<std::string> type;  ///< a media type
  std::vector<std::string> field;   ///< names the text stands below, outermost first
};

/// A name or a list of names.
bool read_names(const boost::json::value& given, std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 64;
  if (given.is_string()) {
    names.emplace_back(given.get_string());
    return true;
  }
  if (!given.is_array() || given.get_array().size() > kMostNames) {
    return false;
  }
  for (const auto& name : given.get_array()) {
    if (!name.is_string()) {
      return false;
    }
    names.emplace_back(name.get_string());
  }
  return true;
}

std::optional<Line> read_line(std::string_view line, std::string& why) {
  boost::system::error_code error;
  auto parsed = boost::json::parse(boost::json::string_view(line.data(), line.size()), error);
  if (error) {
    why = "no JSON: " + error.message();
    return std::nullopt;
  }
  auto* object = parsed.if_object();
  auto* text = object != nullptr ? object->if_contains("text") : nullptr;
  if (text == nullptr || !text->is_string()) {
    why = "no object with a string \"text\"";
    return std::nullopt;
  }
  Line read;
  read.text = std::string(text->get_string());
  if (const auto* id = object->if_contains("id"); id != nullptr) {
    read.id = *id;
  }
  if (const auto* type = object->if_contains("type"); type != nullptr) {
    if (!type->is_string()) {
      why = "\"type\" is a media type, a string";
      return std::nullopt;
    }
    read.type = std::string(type->get_string());
  }
  if (const auto* field = object->if_contains("field"); field != nullptr && !read_names(*field, read.field)) {
    why = "\"field\" is a name or a list of at most 64 names";
    return std::nullopt;
  }
  return read;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

class Scan {
 public:
  Scan(const Options& options, TextScanner& scanner)
      : options_(options),
        scanner_(scanner),
        mask_from_(options.min_score ? static_cast<std::uint8_t>(*options.min_score * 100 + 0.5) : kActsFrom) {}

  int run(std::istream& in) {
    std::string first;
    std::string blanks;
    std::size_t number = 0;
    while (options_.format != "text" && std::getline(in, first)) {
      ++number;
      if (!is_blank(first)) {
        break;
      }
      blanks += first + '\n';
      first.clear();
    }
    std::string why;
    const bool lines =
        options_.format == "jsonl" || (options_.format == "auto" && !first.empty() && read_line(first, why));
    if (lines) {
      return run_lines(in, first, number);
    }
    return run_text(in, blanks + first + (options_.format != "text" && !in.eof() ? "\n" : ""));
  }

 private:
  int run_lines(std::istream& in, std::string line, std::size_t number) {
    int status = kExitOk;
    do {
      if (is_blank(line)) {
        continue;
      }
      std::string why;
      const auto read = read_line(line, why);
      if (!read) {
        std::cerr << "line " << number << ": " << why << '\n';
        status = kExitConfiguration;
      } else if (!answer(*read)) {
        return kExitFailed;
      }
    } while (++number, std::getline(in, line));
    return std::cout ? status : kExitFailed;
  }

  int run_text(std::istream& in, std::string text) {
    std::array<char, 65536> block{};
    while (in.read(block.data(), block.size()), in.gcount() > 0) {
      text.append(block.data(), static_cast<std::size_t>(in.gcount()));
      if (text.size() > kMaxTextBytes) {
        return refuse({config::Error{fmt::format("a text has at most {} bytes", kMaxTextBytes), options_.file}});
      }
    }
    if (in.bad()) {
      return refuse({config::Error{"cannot be read", options_.file}});
    }
    if (!options_.mask) {
      Line line;
      line.id = "-";
      line.text = std::move(text);
      return answer(line) ? kExitOk : kExitFailed;
    }
    if (!look({nullptr, text, std::nullopt, {}})) {
      return no_engine();
    }
    std::cout << mask(text, found_, scanner_.types(), mask_from_) << std::flush;
    return std::cout ? kExitOk : kExitFailed;
  }

  /// Fills found_. False: the engine could not.
  bool look(const Line& line) {
    found_.clear();
    if (line.type || !line.field.empty()) {
      const auto* found = scanner_.scan_body(line.text, line.type.value_or("text/plain"), line.field);
      found_ = found != nullptr ? *found : found_;
      return found != nullptr;
    }
    const auto* found = scanner_.scan(line.text);
    for (std::size_t i = 0; found != nullptr && i < found->size(); ++i) {
      found_.push_back({(*found)[i], {}});
    }
    return found != nullptr;
  }

  bool answer(const Line& asked) {
    if (!look(asked)) {
      no_engine();
      return false;
    }
    std::string line = "{\"id\": " + boost::json::serialize(asked.id) + ", \"findings\": [";
    bool is_first = true;
    for (const TextFinding& one : found_) {
      line += is_first ? "" : ", ";
      line += finding(one, asked.text);
      is_first = false;
    }
    line += "]";
    if (options_.mask) {
      const std::string masked = mask(asked.text, found_, scanner_.types(), mask_from_);
      line += ", \"masked\": " + boost::json::serialize(boost::json::string(masked));
    }
    std::cout << line << '}' << std::endl;
    return static_cast<bool>(std::cout);
  }

  [[nodiscard]] std::string finding(const TextFinding& found, std::string_view text) const {
    const Match& match = found.match;
    std::string object = fmt::format(R"({{"entity": "{}", "start": {}, "end": {}, "score": {}.{:02}, "validated": {})",
                                     scanner_.types().name(match.type), match.begin, match.end, match.score / 100,
                                     match.score % 100, match.validated);
    if (!match.cue.empty()) {
      object += ", \"cue\": " + boost::json::serialize(boost::json::string(match.cue));
    }
    if (!found.field.empty()) {
      object += ", \"field\": " + boost::json::serialize(boost::json::string(found.field));
    }
    if (options_.show) {
      const std::string_view value =
          text.substr(static_cast<std::size_t>(match.begin), static_cast<std::size_t>(match.end - match.begin));
      object += ", \"value\": " + boost::json::serialize(boost::json::string(value));
    }
    return object + "}";
  }

  static int no_engine() {
    std::cerr << "the pattern engine could not look\n";
    return kExitFailed;
  }

  const Options& options_;
  TextScanner& scanner_;
  std::uint8_t mask_from_;
  std::vector<TextFinding> found_;
};

int scan(const Options& options) {
  inspect::dlp::Selection selection;
  selection.entities = options.entities.empty() ? std::vector<std::string>{"all"} : options.entities;
  selection.min_score = options.min_score ? static_cast<std::uint8_t>(*options.min_score * 100 + 0.5) : std::uint8_t{0};
  auto scanner = TextScanner::make(selection);
  if (!scanner) {
    return refuse(scanner.error());
  }
  Scan run(options, **scanner);
  if (options.file == "-") {
    std::ios::sync_with_stdio(false);
    return run.run(std::cin);
  }
  std::ifstream in(options.file, std::ios::binary);
  if (!in || in.peek() == std::ifstream::traits_type::eof()) {
    if (!in.is_open() || in.bad() || !in.eof()) {
      return refuse({config::Error{"cannot be read", options.file}});
    }
    in.clear();
  }
  return run.run(in);
}

}  // namespace

void add_scan(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("scan", "Say what is sensitive in a text");
  auto options = std::make_shared<Options>();
  options->file = "-";
  command->add_option("file", options->file, "The text; - is standard input, and the default");
  command
      ->add_option("--format", options->format,
                   "auto, text: all is one text, or jsonl: each line is {\"id\", \"text\", \"type\", \"field\"}")
      ->check(CLI::IsMember({"auto", "text", "jsonl"}));
  command->add_option("--min-score", options->min_score, "Leave out what is less certain, 0 to 1; default 0")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--entities", options->entities,
                   "Types and sets, with + or - before: default,-EMAIL_ADDRESS,+IMEI; default: all")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--mask", options->mask,
                    "Print the text with what scores 0.5 or --min-score covered; of lines as \"masked\"");
  command->add_flag("--show", options->show, "Print the values found too");
  command->footer(
      "Out: {\"id\": .., \"findings\": [{\"entity\", \"start\", \"end\", \"score\", \"validated\"}]}, one line for "
      "each "
      "text; start and end count bytes. A policy acts from score 0.5 on.\n"
      "A line's \"type\" is the media type the text is read as, as the proxy reads a body; its \"field\" a name or a "
      "list "
      "of names it stands below, as below a column. Findings then have a \"field\", and start and end count the bytes "
      "as they are written, escapes included.\n"
      "Exit: 0 scanned, 1 the engine or the output failed, 2 wrong use or unreadable input.\n"
      "Example:\n  echo '{\"id\": \"a1\", \"text\": \"card 4111 1111 1111 1111\"}' | gabion dlp scan -");
  command->callback([options, &chosen] { chosen = [options] { return scan(*options); }; });
}

}  // namespace gabion::proxy::dlp
