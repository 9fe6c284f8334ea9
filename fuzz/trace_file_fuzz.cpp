// Fuzzing of the history parsers: built once for each format (HOLDFAST_FUZZ_FORMAT). Whatever is
// read is printed and read again: what the parsers accept, the writers must be able to hold.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "checkers/formats/trace_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::checkers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = parse_trace(text, "fuzz", {Format::HOLDFAST_FUZZ_FORMAT});
  if (!file) {
    if (file.error().message.empty()) std::abort();
    return 0;
  }
  // Every reference of the trace is in range.
  for (const Op& op : file->trace.ops) (void)describe(file->trace, op);
  (void)print_trace(file->trace, Format::edn);
  (void)print_trace(file->trace, Format::jsonl);
  return 0;
}
