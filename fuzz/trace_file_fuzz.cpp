// Fuzzing of the history parsers: built once for each format (HOLDFAST_FUZZ_FORMAT). Whatever is
// read is printed and read again: what the parsers accept, the writers must be able to hold.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "checkers/formats/trace_file.h"

namespace {

using namespace holdfast::checkers;

void read_again(const Trace& trace, Format format) {
  const std::string text = print_trace(trace, format);
  const auto again = parse_trace(text, "what was printed", {format});
  if (again && again->trace.ops.size() == trace.ops.size()) return;
  std::fprintf(stderr, "%s\n%s\n", text.c_str(), again ? "" : again.error().message.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = parse_trace(text, "fuzz", {Format::HOLDFAST_FUZZ_FORMAT});
  if (!file) {
    if (file.error().message.empty()) std::abort();
    return 0;
  }
  // Every reference of the trace is in range.
  for (const Op& op : file->trace.ops) (void)describe(file->trace, op);
  read_again(file->trace, Format::edn);
  read_again(file->trace, Format::jsonl);
  return 0;
}
