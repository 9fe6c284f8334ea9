// The single values of a test file, by their path ("node.w", "workload.keys", "seed"): one table
// for reading, writing, --set and the JSON Schema.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct TestSetting {
  std::string path;  // as in --set: "phases.load_ms"
  std::string type;  // "integer", "boolean", "ratio", "text", or choices: "strict | sloppy | any"
  std::string doc;
  std::function<Result<>(TestFile&, std::string_view)> set;
  // Nothing for what a test file may leave open (a seed).
  std::function<std::string(const TestFile&)> get;
};

const std::vector<TestSetting>& test_settings();
// By the whole path.
const TestSetting* find_test_setting(std::string_view path);

}  // namespace holdfast::harness
