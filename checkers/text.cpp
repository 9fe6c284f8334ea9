#include "checkers/text.h"

#include "checkers/history.h"

namespace holdfast::checkers {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void append_hex(std::string& out, std::uint64_t number) {
  char digits[16];
  for (int i = 0; i < 16; ++i) digits[15 - i] = kDigits[(number >> (4 * i)) & 15];
  out.append(digits, sizeof digits);
}

}  // namespace

void append_node(std::string& out, NodeId node) {
  out += 'n';
  append_number(out, static_cast<std::uint32_t>(node) + 1);
}

void append_id(std::string& out, OperationId id) {
  append_hex(out, id.high);
  append_hex(out, id.low);
}

void append_version(std::string& out, const Version& version) {
  append_number(out, version.clock_us);
  out += '.';
  append_number(out, version.counter);
  out += '.';
  append_node(out, version.node);
  out += '.';
  append_number(out, version.incarnation);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_value(std::string& out, std::int64_t value) {
  if (value == kNil) {
    out += "null";
  } else if (value == kForeignValue) {
    out += "\"foreign\"";
  } else {
    append_number(out, value);
  }
}

namespace {

// "12.345" of 12345 thousandths.
std::string thousandths_text(std::uint64_t thousandths) {
  std::string text;
  append_number(text, thousandths / 1000);
  text += '.';
  const std::uint64_t rest = thousandths % 1000;
  if (rest < 100) text += '0';
  if (rest < 10) text += '0';
  append_number(text, rest);
  return text;
}

}  // namespace

std::string seconds_text(std::int64_t time_ns) {
  constexpr std::uint64_t kMinute_ms = 60'000;
  const std::uint64_t time_ms = static_cast<std::uint64_t>(time_ns) / 1'000'000;
  const std::uint64_t minutes = time_ms / kMinute_ms;
  std::string text;
  if (minutes >= 60) {
    append_number(text, minutes / 60);
    text += " h ";
  }
  if (minutes > 0) {
    append_number(text, minutes % 60);
    text += " min ";
  }
  return text + thousandths_text(time_ms % kMinute_ms) + " s";
}

std::string duration_text(std::int64_t length_ns) {
  if (length_ns >= 1'000'000'000) return seconds_text(length_ns);
  return thousandths_text(static_cast<std::uint64_t>(length_ns) / 1000) + " ms";
}

}  // namespace holdfast::checkers
