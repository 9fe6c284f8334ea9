#include "checkers/files/history_path.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <string_view>

namespace holdfast::checkers {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kPacked = {"", ".zst", ".gz"};

// Whether a file met in a folder is a history, by its name: folders hold other things too.
bool is_history(const fs::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view end : {".gz", ".zst"}) {
    if (name.ends_with(end)) name.resize(name.size() - end.size());
  }
  constexpr std::array<std::string_view, 7> kOthers = {
      "results.edn", "test.edn",     "jepsen.log",   "faults.jsonl",
      "final.jsonl", "events.jsonl", "results.jsonl"};
  if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) return false;
  constexpr std::array<std::string_view, 5> kEnds = {".jsonl", ".edn", ".log", ".txt", ".jepsen"};
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

// Jepsen's store keeps one history in several files; those of a run that was killed are cut off.
// Nothing, if the folder is none of its.
HistoryPath jepsen_store(const fs::path& folder) {
  constexpr std::array<std::string_view, 4> kHistories = {"history.edn", "test.jepsen",
                                                          "history.txt", "jepsen.log"};
  HistoryPath found;
  bool of_jepsen = false;
  std::error_code ignored;
  for (const std::string_view name : kHistories) {
    for (const std::string_view packed : kPacked) {
      const fs::path path = folder / (std::string(name) + std::string(packed));
      if (!fs::is_regular_file(path, ignored)) continue;
      found.push_back(path.string());
      of_jepsen |= name == "test.jepsen" || name == "jepsen.log";
      break;
    }
  }
  for (const std::string_view name : {"results.edn", "test.fressian", "timeline.html"}) {
    of_jepsen |= fs::exists(folder / std::string(name), ignored);
  }
  if (found.size() < 2 && !(of_jepsen && found.size() == 1)) return {};
  return found;
}

}  // namespace

Result<std::vector<HistoryPath>> histories_in(const std::vector<std::string>& paths) {
  std::vector<HistoryPath> all;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      all.push_back({path});
      continue;
    }
    std::vector<HistoryPath> found;
    if (HistoryPath store = jepsen_store(path); !store.empty()) {
      all.push_back(std::move(store));
      continue;
    }
    for (fs::recursive_directory_iterator it(path, error), end; it != end && !error;
         it.increment(error)) {
      if (it->is_directory(error) && !it->is_symlink(error)) {
        HistoryPath store = jepsen_store(it->path());
        if (store.empty()) continue;
        found.push_back(std::move(store));
        it.disable_recursion_pending();
      } else if (it->is_regular_file(error) && is_history(it->path())) {
        found.push_back({it->path().string()});
      }
    }
    if (error) return fail(path + ": " + error.message());
    if (found.empty()) return fail(path + ": no history in this folder");
    std::sort(found.begin(), found.end());
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace holdfast::checkers
