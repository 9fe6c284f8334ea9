#include "harness/run_header.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/append_file.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;

// Empty where it is not there, or something else than a text.
std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Result<RunHeader> read_run_header(const std::filesystem::path& folder) {
  const std::string path = (folder / "run.json").string();
  auto text = read_file(path);
  if (!text) return text.error();
  const Json json = Json::parse(*text, nullptr, false);
  const bool good = json.is_object() && json.contains("test") && json.contains("seed") &&
                    json["seed"].is_number_unsigned() && json.contains("cluster") &&
                    json["cluster"].is_string();
  if (!good) {
    return fail(path +
                ": expected an object with \"test\", \"seed\" and \"cluster\"; the folder may be "
                "cut off");
  }
  auto test = parse_test_file(json["test"].dump(), path);
  if (!test) return test.error();
  return RunHeader{std::move(*test), json["seed"].get<std::uint64_t>(), text_of(json, "cluster"),
                   text_of(json, "version"), text_of(json, "commit")};
}

}  // namespace holdfast::harness
