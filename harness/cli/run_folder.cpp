#include "harness/cli/run_folder.h"

#include <ctime>
#include <system_error>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// "2026-11-20T23-30-05Z": no colons, which other systems and `make` dislike in names.
std::string time_name(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H-%M-%SZ", &utc);
  return std::string(text, length);
}

Error cannot(const std::string& what, const fs::path& path, const std::error_code& error) {
  return fail("cannot " + what + " " + path.string() + ": " + error.message());
}

}  // namespace

Result<fs::path> make_run_folder(const fs::path& results, const std::string& test,
                                 std::int64_t unix_seconds) {
  std::error_code error;
  const fs::path parent = fs::absolute(results / test, error);
  if (!error) fs::create_directories(parent, error);
  if (error) return cannot("make", parent, error);
  const std::string name = time_name(unix_seconds);
  for (int number = 1; number < 1000; ++number) {
    const fs::path folder = parent / (number == 1 ? name : name + "-" + std::to_string(number));
    if (fs::create_directory(folder, error)) return folder;
    if (error) return cannot("make", folder, error);
  }
  return fail("cannot make " + (parent / name).string() + ": 999 runs of that second exist");
}

Result<> link_latest(const fs::path& run_folder) {
  const fs::path link = run_folder.parent_path() / "latest";
  const fs::path fresh = run_folder.parent_path() / (".latest-" + run_folder.filename().string());
  std::error_code error;
  const fs::file_status old = fs::symlink_status(link, error);
  if (fs::exists(old) && !fs::is_symlink(old)) {
    return fail(link.string() + " is not a link; move it away");
  }
  fs::remove(fresh, error);
  fs::create_symlink(run_folder.filename(), fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) return cannot("link", link, error);
  return {};
}

Result<fs::path> find_run_folder(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::canonical(path, error);
  if (error) return cannot("open", path, error);
  if (!fs::is_directory(folder)) {
    return fail(path.string() + ": expected the folder of a run (results/<test>/<time>)");
  }
  if (!fs::exists(folder / "history.jsonl") && !fs::exists(folder / "results.json")) {
    return fail(path.string() + ": expected the folder of a run, with history.jsonl or " +
                "results.json in it");
  }
  return folder;
}

}  // namespace holdfast::harness
