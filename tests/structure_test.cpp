// Holds the repository to its own rules: the table of layers in ARCHITECTURE.md, the words banned
// where a seed must replay, and the shape of files. Every rule collects all its violations, and is
// itself tested on text that breaks it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct File {
  std::string path;  // from the repository's root
  std::vector<std::string> lines;

  bool ends_with(std::string_view end) const { return path.ends_with(end); }
  // A test, or what only tests can use.
  bool is_test() const {
    return ends_with("_test.cpp") || ends_with("_bench.cpp") ||
           path.find("/testing/") != path.npos ||
           std::find(lines.begin(), lines.end(), "#include <gtest/gtest.h>") != lines.end();
  }
  std::string folder() const { return fs::path(path).parent_path().string(); }
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

File read_file(const fs::path& root, const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return {fs::relative(path, root).generic_string(), split_lines(text.str())};
}

const std::vector<File>& files() {
  static const std::vector<File> all = [] {
    const fs::path root = HOLDFAST_SOURCE_DIR;
    std::vector<File> found;
    for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
         ++it) {
      const std::string name = it->path().filename().string();
      const std::string from_root = fs::relative(it->path(), root).generic_string();
      if (it->is_directory()) {
        const bool hidden = name.starts_with(".");
        if (hidden || from_root == "build" || name == "testdata") it.disable_recursion_pending();
        if (from_root.starts_with("results/")) it.disable_recursion_pending();
        continue;
      }
      const std::string extension = it->path().extension().string();
      if (extension == ".h" || extension == ".cpp" || extension == ".md") {
        found.push_back(read_file(root, it->path()));
      }
    }
    std::sort(found.begin(), found.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return found;
  }();
  return all;
}

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether `text` holds `word`, not as a part of a longer one.
bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool free = !is_word_char(word.front()) || word.front() == '_';  // "_clock" ends a name
    const bool starts = at == 0 || free || !is_word_char(text[at - 1]);
    const std::size_t end = at + word.size();
    const bool ends = end == text.size() || !is_word_char(word.back()) || !is_word_char(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

// The line without what stands in quotes and behind //.
std::string code_of(std::string_view line) {
  std::string code;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || (c == '\'' && (i == 0 || !is_word_char(line[i - 1])))) {
      quote = c;
    } else if (c == '/' && i + 1 < line.size() && line[i + 1] == '/') {
      break;
    } else {
      code += c;
    }
  }
  return code;
}

// ---- Layers ----------------------------------------------------------------------------------

struct Layer {
  std::set<std::string> may_use;
  std::set<std::string> libraries;
};
using Layers = std::map<std::string, Layer>;

std::vector<std::string> words_of(std::string_view cell) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(cell) + ' ') {
    if (is_word_char(c) || c == '/') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(word);
      word.clear();
    }
  }
  return words;
}

Layers parse_layers(const std::vector<std::string>& lines) {
  Layers layers;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line.starts_with("## ")) inside = line == "## Layers";
    if (!inside || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');) cells.push_back(cell);
    if (cells.size() < 4) continue;
    Layer layer;
    for (const std::string& word : words_of(cells[2])) layer.may_use.insert(word);
    for (const std::string& word : words_of(cells[3])) layer.libraries.insert(word);
    layers[words_of(cells[0]).at(0)] = layer;
  }
  // What a layer may use includes what those may use.
  for (bool grew = true; grew;) {
    grew = false;
    for (auto& [name, layer] : layers) {
      for (const std::string& below : std::set<std::string>(layer.may_use)) {
        for (const std::string& further : layers[below].may_use) {
          grew |= layer.may_use.insert(further).second;
        }
      }
    }
  }
  return layers;
}

// Headers of these libraries may be included only where the table says so.
constexpr std::string_view kLibraries[] = {
    "boost/asio", "boost/beast", "boost/process",   "boost/system", "boost/unordered",
    "CLI",        "fmt",         "google/protobuf", "gtest",        "nlohmann",
    "simdjson",   "spdlog",      "sqlite3",         "xxhash",       "benchmark"};

// What is wrong with one #include line of a file in `folder`; empty if nothing.
std::string include_violation(const Layers& layers, const std::string& folder,
                              const std::string& line) {
  const std::size_t open = line.find_first_of("<\"");
  const std::size_t close = line.find_first_of(">\"", open + 1);
  if (open == line.npos || close == line.npos) return "";
  const std::string header = line.substr(open + 1, close - open - 1);
  const Layer& layer = layers.at(folder);
  if (line[open] == '<') {
    for (const std::string_view library : kLibraries) {
      if (header.starts_with(library) && !layer.libraries.contains(std::string(library))) {
        return "the table allows no " + std::string(library) + " here";
      }
    }
    return "";
  }
  if (header.find('/') == header.npos) {
    return header.ends_with(".pb.h") ? "" : "include from the repository's root";
  }
  const std::string to = fs::path(header).parent_path().string();
  if (to == folder || layer.may_use.contains(to)) return "";
  return to + " does not stand below " + folder;
}

void expect_none(const std::vector<std::string>& violations) {
  std::string text;
  for (const std::string& violation : violations) text += "\n" + violation;
  EXPECT_TRUE(violations.empty()) << text;
}

std::string place(const File& file, std::size_t line) {
  return file.path + ":" + std::to_string(line + 1) + ": ";
}

bool is_source(const File& file) { return file.ends_with(".h") || file.ends_with(".cpp"); }

TEST(Structure, IncludesFollowTheTableOfLayers) {
  const Layers layers =
      parse_layers(read_file(HOLDFAST_SOURCE_DIR, HOLDFAST_SOURCE_DIR "/ARCHITECTURE.md").lines);
  ASSERT_GE(layers.size(), 15u);
  std::vector<std::string> violations;
  for (const File& file : files()) {
    if (!is_source(file) || file.is_test()) continue;
    if (!layers.contains(file.folder())) {
      violations.push_back(file.path + ": its folder is not in ARCHITECTURE.md's table");
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (!file.lines[i].starts_with("#include")) continue;
      const std::string wrong = include_violation(layers, file.folder(), file.lines[i]);
      if (!wrong.empty()) violations.push_back(place(file, i) + wrong);
    }
  }
  expect_none(violations);
}

TEST(Structure, TableOfLayersIsReadWithWhatStandsBelow) {
  const Layers layers = parse_layers(split_lines(
      "## Layers\n| folder | what | may use | libraries |\n| `a` | x | | |\n"
      "| `b` | x | `a` | sqlite3 |\n| `c/d` | x | `b` | |\n## Next\n| `e` | x | | |\n"));
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(include_violation(layers, "c/d", "#include \"a/x.h\""), "");
  EXPECT_EQ(include_violation(layers, "b", "#include <sqlite3.h>"), "");
  EXPECT_NE(include_violation(layers, "a", "#include \"b/x.h\""), "");
  EXPECT_NE(include_violation(layers, "a", "#include \"x.h\""), "");
  EXPECT_NE(include_violation(layers, "c/d", "#include <sqlite3.h>"), "");
  EXPECT_EQ(include_violation(layers, "c/d", "#include <vector>"), "");
}

// ---- Determinism -----------------------------------------------------------------------------

// Every layer is guarded but these: real processes, files, threads over many histories, people.
constexpr std::string_view kExemptLayers[] = {"node/daemon",   "checkers/trace",   "checkers/files",
                                              "nemesis/linux", "harness/proc",     "harness/ssh",
                                              "harness/cli",   "harness/campaign", "report",
                                              "bench",         "bench/stores",     "fuzz",
                                              "tests"};

struct BannedWord {
  std::string_view word;
  std::string_view instead;
};
constexpr BannedWord kBannedWords[] = {
    {"_clock::now", "time is an argument"},
    {"clock_gettime", "time is an argument"},
    {"gettimeofday", "time is an argument"},
    {"<thread>", "one thread only"},
    {"<mutex>", "one thread only"},
    {"<random>", "use node/base/random.h"},
    {"rand(", "use node/base/random.h"},
    {"random_device", "use node/base/random.h"},
    {"getenv", "configuration is an argument"},
    {"std::hash", "use node/base/hash.h"},
};

template <class Range>
bool contains(const Range& range, std::string_view value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

// A layer that the table lists and that is not exempt, so that a new one is guarded from its first
// file on.
bool is_deterministic(std::string_view folder) {
  static const Layers layers =
      parse_layers(read_file(HOLDFAST_SOURCE_DIR, HOLDFAST_SOURCE_DIR "/ARCHITECTURE.md").lines);
  return layers.contains(std::string(folder)) && !contains(kExemptLayers, folder);
}

std::string banned_word(std::string_view folder, std::string_view line) {
  const std::string code = code_of(line);
  for (const BannedWord& banned : kBannedWords) {
    if (has_word(code, banned.word)) {
      return std::string(banned.word) + ": " + std::string(banned.instead);
    }
  }
  if (folder == "node/core" || folder == "harness/sim") {
    if (has_word(code, "float") || has_word(code, "double")) return "no floating point here";
  }
  return "";
}

// The names of variables and members whose type is an unordered container.
std::set<std::string> unordered_names(const std::vector<std::string>& lines) {
  std::set<std::string> names;
  for (const std::string& line : lines) {
    const std::string code = code_of(line);
    const std::size_t type = code.find("::unordered_");
    const std::size_t end = code.find_last_not_of(" ;{}=");
    if (type == code.npos || code.rfind('>') == code.npos || end == code.npos) continue;
    const std::string name = code.substr(code.rfind('>') + 1, end - code.rfind('>'));
    const std::vector<std::string> words = words_of(name);
    if (words.size() == 1) names.insert(words[0]);
  }
  return names;
}

bool walks(std::string_view line, const std::string& name) {
  const std::string code = code_of(line);
  const std::size_t loop = code.find("for (");
  const std::size_t colon = code.find(" : ", loop == code.npos ? 0 : loop);
  if (loop != code.npos && colon != code.npos && has_word(code.substr(colon), name)) return true;
  return has_word(code, name + ".begin()");
}

TEST(Structure, DeterministicLayersUseNoBannedWord) {
  std::vector<std::string> violations;
  for (const File& file : files()) {
    if (!is_source(file) || file.is_test()) continue;
    if (!is_deterministic(file.folder())) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string wrong = banned_word(file.folder(), file.lines[i]);
      if (!wrong.empty()) violations.push_back(place(file, i) + wrong);
    }
  }
  expect_none(violations);
}

TEST(Structure, DeterministicLayersWalkNoUnorderedContainer) {
  std::map<std::string, std::set<std::string>> names;  // by stem: x.h declares what x.cpp walks
  const auto stem = [](const File& file) { return file.path.substr(0, file.path.rfind('.')); };
  for (const File& file : files()) {
    if (is_source(file)) names[stem(file)].merge(unordered_names(file.lines));
  }
  std::vector<std::string> violations;
  for (const File& file : files()) {
    if (!is_source(file) || file.is_test()) continue;
    if (!is_deterministic(file.folder())) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& name : names[stem(file)]) {
        if (walks(file.lines[i], name)) violations.push_back(place(file, i) + "walks " + name);
      }
    }
  }
  expect_none(violations);
}

TEST(Structure, NewLayersAreGuarded) {
  EXPECT_TRUE(is_deterministic("harness/promises"));
  EXPECT_TRUE(is_deterministic("harness/test_file"));
  EXPECT_TRUE(is_deterministic("node/codec"));
  EXPECT_FALSE(is_deterministic("node/daemon"));
  EXPECT_FALSE(is_deterministic("no/such/layer"));
}

TEST(Structure, BannedWordsAreFound) {
  EXPECT_NE(banned_word("checkers", "auto t = std::chrono::steady_clock::now();"), "");
  EXPECT_NE(banned_word("checkers", "#include <random>"), "");
  EXPECT_NE(banned_word("checkers", "int x = rand();"), "");
  EXPECT_EQ(banned_word("checkers", "int x = operand();  // not rand()"), "");
  EXPECT_EQ(banned_word("checkers", "print(\"getenv\"); double x;"), "");
  EXPECT_NE(banned_word("node/core", "double x;"), "");
  EXPECT_EQ(banned_word("node/core", "Duration doubled;"), "");
  const auto names = unordered_names({"  std::unordered_map<int, std::string> ids_;"});
  ASSERT_EQ(names, std::set<std::string>{"ids_"});
  EXPECT_TRUE(walks("for (const auto& [id, name] : ids_) {", "ids_"));
  EXPECT_TRUE(walks("std::sort(ids_.begin(), ids_.end());", "ids_"));
  EXPECT_FALSE(walks("if (ids_.find(7) == ids_.end()) return;", "ids_"));
}

// ---- Shape -----------------------------------------------------------------------------------

TEST(Structure, SourcesAreShortAndWellFormed) {
  constexpr std::size_t kMostLines = 500;
  constexpr std::size_t kMostColumns = 100;
  // Spelt in parts, so that this file passes.
  const std::string open_ends[] = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  std::vector<std::string> violations;
  for (const File& file : files()) {
    if (!is_source(file)) continue;
    if (file.lines.size() > kMostLines && !file.is_test()) {
      violations.push_back(file.path + ": " + std::to_string(file.lines.size()) + " lines");
    }
    if (file.ends_with(".h") && !contains(file.lines, "#pragma once")) {
      violations.push_back(file.path + ": no #pragma once");
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // UTF-8: not a continuation
      });
      // Tests hold lines of files as they are.
      if (static_cast<std::size_t>(columns) > kMostColumns && !file.is_test()) {
        violations.push_back(place(file, i) + "longer than 100 columns");
      }
      if (line.starts_with("#include \"../") || line.starts_with("#include \"./")) {
        violations.push_back(place(file, i) + "include from the repository's root");
      }
      for (const std::string& word : open_ends) {
        if (has_word(line, word))
          violations.push_back(place(file, i) + word + ": do it, or drop it");
      }
    }
  }
  expect_none(violations);
}

TEST(Structure, DocumentsHaveOneTitle) {
  std::vector<std::string> violations;
  for (const File& file : files()) {
    if (!file.ends_with(".md")) continue;
    int titles = 0;
    bool fenced = false;
    for (const std::string& line : file.lines) {
      if (line.starts_with("```")) fenced = !fenced;
      if (!fenced && line.starts_with("# ")) ++titles;
    }
    if (titles != 1) violations.push_back(file.path + ": " + std::to_string(titles) + " titles");
    const bool deep = std::count(file.path.begin(), file.path.end(), '/') > 0;
    if (deep && file.path.ends_with("README.md") && file.lines.size() > 40) {
      violations.push_back(file.path + ": more than 40 lines");
    }
  }
  expect_none(violations);
}

TEST(Structure, EveryLayerHasAReadme) {
  const Layers layers =
      parse_layers(read_file(HOLDFAST_SOURCE_DIR, HOLDFAST_SOURCE_DIR "/ARCHITECTURE.md").lines);
  std::vector<std::string> violations;
  for (const auto& [folder, layer] : layers) {
    const fs::path path = fs::path(HOLDFAST_SOURCE_DIR) / folder;
    if (fs::exists(path) && !fs::exists(path / "README.md")) {
      violations.push_back(folder + ": no README.md");
    }
  }
  expect_none(violations);
}

}  // namespace
