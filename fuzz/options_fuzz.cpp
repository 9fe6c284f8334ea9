// Fuzzing of the node's options: a file of them, checked as at a start. An error is one line.
#include <cstdint>
#include <string_view>

#include "node/base/check.h"
#include "node/daemon/options.h"

namespace {

void expect_one_line(const std::string& message) {
  CHECK(!message.empty());
  for (const char c : message) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::node;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto texts = parse_options(text, "node.json");
  if (!texts) {
    expect_one_line(texts.error().message);
    return 0;
  }
  // Reading other files is not what is tested here, and they differ between machines.
  for (const auto& [name, value] : *texts) {
    if (name == "secret_file") return 0;
  }
  const auto options = make_options(*texts);
  if (!options) expect_one_line(options.error().message);
  return 0;
}
