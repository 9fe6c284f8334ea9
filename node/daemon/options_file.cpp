#include <nlohmann/json.hpp>

#include "node/daemon/one_line.h"
#include "node/daemon/options.h"
#include "node/daemon/small_file.h"

namespace holdfast::node {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxOptionsFile = std::size_t{1} << 20;

// A scalar as it would be typed.
Result<std::string> text_of(const Json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number_integer()) return value.dump();
  return fail(where + ": expected a text, an integer, true or false");
}

}  // namespace

Result<OptionTexts> parse_options(std::string_view text, const std::string& path) {
  Json json;
  try {
    json = Json::parse(text, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::exception& error) {
    return fail(path + ": " + one_line(error.what()));
  }
  if (!json.is_object()) return fail(path + ": expected an object of options");

  OptionTexts texts;
  for (const auto& [name, value] : json.items()) {
    const std::string where = path + ": " + one_line(name);
    if ((name == "members" || name == "settings") && value.is_object()) {
      std::string members;
      for (const auto& [key, inner] : value.items()) {
        Result<std::string> one = text_of(inner, where + "." + one_line(key));
        if (!one) return one.error();
        if (name == "settings") {
          texts.emplace_back("set", key + "=" + *one);
        } else {
          members += (members.empty() ? "" : ",") + key + "=" + *one;
        }
      }
      if (name == "members") texts.emplace_back(name, members);
      continue;
    }
    Result<std::string> one = text_of(value, where);
    if (!one) return one.error();
    texts.emplace_back(name, *one);
  }
  return texts;
}

Result<OptionTexts> read_options_file(const std::string& path) {
  const Result<std::string> text = read_small_file(path, kMaxOptionsFile);
  if (!text) return text.error();
  return parse_options(*text, path);
}

}  // namespace holdfast::node
