// trace_hashes <first seed> <seeds>: runs tests in the simulator and prints the hash of each one's
// trace. Whatever compiler built it, the same lines must come out; it links no more than that
// needs, so that a second compiler soon has it built.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/campaign/trial.h"

int main(int argc, char** argv) {
  using namespace holdfast::harness;
  if (argc != 3) {
    std::fprintf(stderr, "usage: trace_hashes <first seed> <seeds>\n");
    return 254;
  }
  const std::uint64_t first = std::strtoull(argv[1], nullptr, 0);
  const std::uint64_t seeds = std::strtoull(argv[2], nullptr, 0);
  for (std::uint64_t i = 0; i < seeds; ++i) {
    for (const std::string name : {"random", "hint-holder-crash"}) {
      const auto test = resolve_test(name, first + i);
      const auto result = test ? try_test(*test, first + i) : test.error();
      if (!result) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), result.error().message.c_str());
        return 255;
      }
      std::printf("%s %llu %016llx\n", name.c_str(), static_cast<unsigned long long>(first + i),
                  static_cast<unsigned long long>(result->trace_hash));
    }
  }
  return 0;
}
