#include "harness/test_file/source_lines.h"

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;

// Characters of the text; counts the lines that the parser has read.
class LineCounter {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineCounter(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  LineCounter& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  LineCounter operator++(int) {
    LineCounter old = *this;
    ++*this;
    return old;
  }
  bool operator==(const LineCounter& other) const { return at_ == other.at_; }
  bool operator!=(const LineCounter& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

// Notes the line of every name and of every element of an array.
class LineSax : public nlohmann::json_sax<Json> {
 public:
  LineSax(SourceLines& lines, const int& line) : lines_(lines), line_(line) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }

  bool start_object(std::size_t) override { return start(false); }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return start(true); }
  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    nest_.back().name = name;
    if (lines_.contains(path())) return refuse("\"" + name + "\" is given twice");
    lines_.add(path(), line_);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error …"
    const std::string_view text = error.what();
    const std::size_t line = text.find("at line ");
    const std::size_t comma = text.find(", column ", line);
    const std::size_t colon = text.find(": ", comma);
    if (colon == std::string_view::npos) return refuse(std::string(text));
    // As all errors of the file begin: "<file>:<line>: ".
    message_ = lines_.file() + ":" + std::string(text.substr(line + 8, comma - line - 8)) +
               std::string(text.substr(colon));
    const std::string column(text.substr(comma + 9, colon - comma - 9));
    if (column != "0") message_ += " (column " + column + ")";  // 0: a line's end was looked at
    return false;
  }

  const std::string& message() const { return message_; }

 private:
  struct Level {
    bool array = false;
    std::size_t index = 0;
    std::string name;
  };

  std::string path() const {
    std::string path;
    for (const Level& level : nest_) {
      path += "/" + (level.array ? std::to_string(level.index) : level.name);
    }
    return path;
  }
  bool value() {
    if (nest_.empty() || !nest_.back().array) return true;
    lines_.add(path(), line_);
    ++nest_.back().index;
    return true;
  }
  bool start(bool array) {
    if (!nest_.empty() && nest_.back().array) lines_.add(path(), line_);
    nest_.push_back({array, 0, {}});
    return true;
  }
  bool end() {
    nest_.pop_back();
    if (!nest_.empty() && nest_.back().array) ++nest_.back().index;
    return true;
  }
  bool refuse(const std::string& message) {
    message_ = lines_.file() + ":" + std::to_string(line_) + ": " + message;
    return false;
  }

  SourceLines& lines_;
  const int& line_;
  std::vector<Level> nest_;
  std::string message_;
};

}  // namespace

int SourceLines::line_of(std::string path) const {
  for (;;) {
    const auto found = lines_.find(path);
    if (found != lines_.end()) return found->second;
    if (path.empty()) return 1;
    path.resize(path.rfind('/'));
  }
}

Error SourceLines::error_at(const std::string& path, const std::string& message) const {
  return fail(file_ + ":" + std::to_string(line_of(path)) + ": " + message);
}

Result<nlohmann::json> parse_json(std::string_view text, SourceLines& lines) {
  int line = 1;
  LineSax sax(lines, line);
  const bool parsed = Json::sax_parse(LineCounter(text.data(), &line),
                                      LineCounter(text.data() + text.size(), &line), &sax,
                                      Json::input_format_t::json, true, true);
  if (!parsed) return fail(sax.message());
  return Json::parse(text, nullptr, false, true);
}

}  // namespace holdfast::harness
