#include "node/base/version.h"

#include <charconv>

namespace holdfast {
namespace {

template <class Integer>
unsigned char* store_big_endian(unsigned char* out, Integer value) {
  for (int shift = 8 * (static_cast<int>(sizeof(Integer)) - 1); shift >= 0; shift -= 8) {
    *out++ = static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> shift);
  }
  return out;
}

template <class Integer>
Integer load_big_endian(const char*& in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = value << 8 | static_cast<unsigned char>(*in++);
  }
  return static_cast<Integer>(value);
}

// Takes "<integer>." (or the last "<integer>") off the front of `text`.
template <class Integer>
bool take_integer(std::string_view& text, Integer& value, bool last) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return false;
  if (last) return stop == end;
  if (stop == end || *stop != '.') return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

}  // namespace

EncodedVersion encode(const Version& version) {
  EncodedVersion bytes;
  unsigned char* out = bytes.data();
  out = store_big_endian(out, version.clock_us);
  out = store_big_endian(out, version.counter);
  out = store_big_endian(out, version.node);
  store_big_endian(out, version.incarnation);
  return bytes;
}

std::optional<Version> decode_version(std::string_view bytes) {
  if (bytes.size() != 18) return std::nullopt;
  const char* in = bytes.data();
  Version version;
  version.clock_us = load_big_endian<std::int64_t>(in);
  version.counter = load_big_endian<std::uint32_t>(in);
  version.node = load_big_endian<NodeId>(in);
  version.incarnation = load_big_endian<std::uint32_t>(in);
  return version;
}

std::string to_string(const Version& version) {
  return std::to_string(version.clock_us) + "." + std::to_string(version.counter) + "." +
         node_name(version.node) + "." + std::to_string(version.incarnation);
}

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  if (!take_integer(text, version.clock_us, false) || !take_integer(text, version.counter, false)) {
    return std::nullopt;
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto node = parse_node_name(text.substr(0, dot));
  if (!node) return std::nullopt;
  version.node = *node;
  text.remove_prefix(dot + 1);
  if (!take_integer(text, version.incarnation, true)) return std::nullopt;
  return version;
}

}  // namespace holdfast
