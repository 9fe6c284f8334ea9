#include "harness/ssh/bundle.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "harness/ssh/program.h"
#include "node/base/hash.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// The host's system brings these: they must fit its kernel and each other.
bool belongs_to_the_system(const std::string& name) {
  constexpr const char* kSystem[] = {"ld-linux",  "linux-vdso",    "libc.so.",
                                     "libm.so.",  "libdl.so.",     "libpthread.so.",
                                     "librt.so.", "libresolv.so.", "libutil.so."};
  return std::any_of(std::begin(kSystem), std::end(kSystem),
                     [&](const char* each) { return name.starts_with(each); });
}

Result<> hash_all(boost::asio::io_context& context, const fs::path& scratch,
                  std::vector<BundleFile>& files) {
  const auto program = find_program("sha256sum", "coreutils");
  if (!program) return program.error();
  std::vector<std::string> paths;
  for (BundleFile& file : files) {
    std::error_code error;
    file.bytes = fs::file_size(file.path, error);
    if (error) return fail("cannot read " + file.path.string() + ": " + error.message());
    paths.push_back(file.path.string());
  }
  const auto output = output_of(context, *program, paths, scratch);
  if (!output) return output.error();
  std::istringstream lines(*output);
  for (BundleFile& file : files) {
    std::string line;
    std::getline(lines, line);
    file.sha256 = line.substr(line.starts_with("\\") ? 1 : 0, 64);  // \: an escaped name follows
    if (file.sha256.size() != 64) return fail("cannot read what sha256sum printed: " + line);
  }
  return {};
}

}  // namespace

// Lines like "\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f3a)".
Result<std::vector<BundleFile>> parse_libraries(const std::string& ldd_output) {
  std::vector<BundleFile> libraries;
  std::istringstream lines(ldd_output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, arrow, path;
    words >> name >> arrow >> path;
    if (arrow != "=>" || belongs_to_the_system(name)) continue;
    if (!path.starts_with("/")) return fail("the shared library " + name + " is not here");
    libraries.push_back({name, path, "", 0});
  }
  return libraries;
}

Result<Bundle> make_bundle(boost::asio::io_context& context, const fs::path& holdfast,
                           const fs::path& node, const fs::path& scratch) {
  const auto ldd = find_program("ldd", "libc-bin");
  if (!ldd) return ldd.error();
  Bundle bundle;
  for (const auto& [name, program] : {std::pair{"holdfast", holdfast}, {"holdfast-node", node}}) {
    if (!fs::exists(program)) return fail("there is no program " + program.string());
    bundle.files.push_back({name, program, "", 0});
    const auto printed = output_of(context, *ldd, {program.string()}, scratch);
    if (!printed) return printed.error();
    auto libraries = parse_libraries(*printed);
    if (!libraries) return fail(program.string() + ": " + libraries.error().message);
    for (BundleFile& library : *libraries) bundle.files.push_back(std::move(library));
  }
  const auto by_name = [](const BundleFile& a, const BundleFile& b) { return a.name < b.name; };
  std::stable_sort(bundle.files.begin(), bundle.files.end(), by_name);
  const auto repeated =
      std::unique(bundle.files.begin(), bundle.files.end(),
                  [](const BundleFile& a, const BundleFile& b) { return a.name == b.name; });
  bundle.files.erase(repeated, bundle.files.end());
  if (auto hashed = hash_all(context, scratch, bundle.files); !hashed) return hashed.error();
  std::string contents;
  for (const BundleFile& file : bundle.files) contents += file.name + " " + file.sha256 + "\n";
  char id[17];
  std::snprintf(id, sizeof id, "%016llx", static_cast<unsigned long long>(hash64(contents)));
  bundle.id = id;
  return bundle;
}

}  // namespace holdfast::harness
