// The names, units, limits and meanings of the values in Config, as people write them in test
// files, on command lines and in CONFIG SET. One table; everything that lists settings reads it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/result.h"
#include "node/core/config.h"

namespace holdfast::node {

struct Setting {
  std::string_view name;
  std::string_view values;  // "strict | sloppy | any", "milliseconds", …
  std::string_view help;
  bool live = false;  // may be changed while the node runs
  std::function<Result<>(Config&, std::string_view)> set;
  std::function<std::string(const Config&)> get;
};

const std::vector<Setting>& all_settings();
const Setting* find_setting(std::string_view name);

// Sets one value; the error names the setting, the value and what was expected. A value of the
// design that is not built yet is refused as such.
Result<> set(Config& config, std::string_view name, std::string_view value);

// Whether the values fit together and the cluster: W <= N, N <= members, …
Result<> validate(const Config& config, std::uint16_t members);

}  // namespace holdfast::node
