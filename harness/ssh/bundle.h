// What a host needs to run a node: the two programs, and the shared libraries they use, but for the
// C library's own, which belong to the host's system. Each file is named by its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "node/base/result.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

struct BundleFile {
  std::string name;  // by which the program or the loader looks for it
  std::filesystem::path path;
  std::string sha256;  // in hexadecimal
  std::uint64_t bytes = 0;
};

struct Bundle {
  std::vector<BundleFile> files;
  std::string id;  // of all of it: the same for the same names and contents
};

// The libraries that ldd(1) printed, by name and path. An error if one was not found.
Result<std::vector<BundleFile>> parse_libraries(const std::string& ldd_output);

// `holdfast` and `node` are this machine's programs; they get these names. Calls ldd and sha256sum.
Result<Bundle> make_bundle(boost::asio::io_context& context, const std::filesystem::path& holdfast,
                           const std::filesystem::path& node, const std::filesystem::path& scratch);

}  // namespace holdfast::harness
