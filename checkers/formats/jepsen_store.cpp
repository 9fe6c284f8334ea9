#include "checkers/formats/jepsen_store.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "checkers/formats/fressian.h"

namespace holdfast::checkers {
namespace {

constexpr std::size_t kHeader = 18;
constexpr std::size_t kBlockHeader = 28;

enum class BlockType : std::uint8_t { index = 1, fressian, partial_map, stream, big_vector };

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

Error error_at_byte(std::size_t at, const std::string& what) {
  return fail("at byte " + std::to_string(at) + ": " + what);
}

// Of the data, then of the header with its checksum left zero.
std::uint32_t checksum(std::string_view header, std::string_view data) {
  const auto add = [](uLong crc, std::string_view bytes) {
    return crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  std::array<char, kBlockHeader> zeroed{};
  header.copy(zeroed.data(), kBlockHeader);
  std::fill_n(zeroed.begin() + 8, 4, '\0');
  return static_cast<std::uint32_t>(add(add(0, data), {zeroed.data(), zeroed.size()}));
}

class Store {
 public:
  explicit Store(std::string_view bytes) : bytes_(bytes) {}

  Result<StoredHistory> history() {
    const Result<std::uint32_t> root = read_index();
    if (!root) return root.error();
    const Result<std::optional<std::uint32_t>> id = history_id(*root);
    if (!id) return id.error();
    StoredHistory history;
    history.unsealed = unsealed();
    if (!*id) {
      if (history.unsealed.empty()) return fail(kNoHistory);
      return history;
    }
    const Result<Block> block = block_of(**id);
    if (!block) return block.error();
    if (block->type == BlockType::big_vector) return chunks_of(*block, history);
    if (block->type != BlockType::fressian) {
      return error_at_byte(block->at, "expected a history, a block of type 2 or 5; found type " +
                                          std::to_string(static_cast<int>(block->type)));
    }
    const bool is_nil = block->data == "\xf7";
    if (is_nil && history.unsealed.empty()) return fail(kNoHistory);
    if (!is_nil) history.parts.push_back(block->data);
    history.is_list = !is_nil;
    return history;
  }

 private:
  static constexpr const char* kNoHistory =
      "expected a history: the run ended before Jepsen saved one";

  struct Block {
    std::size_t at = 0;
    BlockType type{};
    std::string_view data;
  };
  struct Place {
    std::uint32_t id = 0;
    std::uint64_t at = 0;
  };

  Result<std::uint32_t> read_index() {
    if (bytes_.size() < kHeader) {
      return error_at_byte(bytes_.size(), "expected a header of 18 bytes; the file ends here");
    }
    const std::uint64_t version = big_endian(bytes_.substr(6, 4));
    if (version > 1) {
      return error_at_byte(
          6, "expected version 0 or 1 of Jepsen's stores; found " + std::to_string(version));
    }
    const std::uint64_t at = big_endian(bytes_.substr(10, 8));
    if (at == 0) return fail("expected an index: the run ended before Jepsen wrote one");
    const Result<Block> index = block_at(at);
    if (!index) return index.error();
    const std::string_view data = index->data;
    if (index->type != BlockType::index || data.size() % 12 != 4) {
      return error_at_byte(index->at, "expected an index of blocks");
    }
    for (std::size_t i = 4; i < data.size(); i += 12) {
      const auto id = static_cast<std::uint32_t>(big_endian(data.substr(i, 4)));
      places_.push_back({id, big_endian(data.substr(i + 4, 8))});
    }
    std::ranges::sort(places_, {}, &Place::id);
    index_end_ = index->at + kBlockHeader + data.size();
    return static_cast<std::uint32_t>(big_endian(data.substr(0, 4)));
  }

  Result<Block> block_at(std::uint64_t at) const {
    const auto is_torn = [&](std::uint64_t size) {
      return at > bytes_.size() || bytes_.size() - at < size;
    };
    const auto torn = [&](std::uint64_t size) {
      return error_at_byte(bytes_.size(), "expected a block of " + std::to_string(size) +
                                              " bytes at byte " + std::to_string(at) +
                                              "; the file ends here");
    };
    if (is_torn(kBlockHeader)) return torn(kBlockHeader);
    const std::string_view header = bytes_.substr(at, kBlockHeader);
    const std::uint64_t length = big_endian(header.substr(0, 8));
    if (length < kBlockHeader) {
      return error_at_byte(
          at, "expected a block's length, at least 28; found " + std::to_string(length));
    }
    if (is_torn(length)) return torn(length);
    Block block;
    block.at = at;
    block.type =
        static_cast<BlockType>(std::min<std::uint64_t>(255, big_endian(header.substr(12, 2))));
    block.data = bytes_.substr(at + kBlockHeader, length - kBlockHeader);
    if (checksum(header, block.data) != big_endian(header.substr(8, 4))) {
      return error_at_byte(at, "the block of " + std::to_string(length) +
                                   " bytes does not have the checksum that it was written with: "
                                   "the file is damaged");
    }
    return block;
  }

  Result<Block> block_of(std::uint32_t id) const {
    const auto place = std::ranges::lower_bound(places_, id, {}, &Place::id);
    if (place == places_.end() || place->id != id) {
      return fail("expected block " + std::to_string(id) + " in the index of blocks");
    }
    return block_at(place->at);
  }

  // The block named by :history in the test, or in what a partial map leaves to another block.
  Result<std::optional<std::uint32_t>> history_id(std::uint32_t id) const {
    constexpr int kLongestChain = 100;
    for (int i = 0; i < kLongestChain; ++i) {
      const Result<Block> block = block_of(id);
      if (!block) return block.error();
      const bool partial = block->type == BlockType::partial_map;
      if (!partial && block->type != BlockType::fressian) {
        return error_at_byte(block->at, "expected the test, a map");
      }
      if (partial && block->data.size() < 4) {
        return error_at_byte(block->at, "expected a map of 4 or more bytes");
      }
      std::optional<std::uint32_t> found;
      Data names;
      Fressian in(block->data.substr(partial ? 4 : 0), names);
      if (!find_in_map(in, names, found)) {
        const std::size_t start = block->at + kBlockHeader + (partial ? 4 : 0);
        return error_at_byte(start + in.place(), std::string("expected ") + in.expected());
      }
      if (found) return found;
      id = partial ? static_cast<std::uint32_t>(big_endian(block->data.substr(0, 4))) : 0;
      if (id == 0) break;
    }
    return std::optional<std::uint32_t>();
  }

  static bool find_in_map(Fressian& in, Data& names, std::optional<std::uint32_t>& found) {
    Fressian::List map;
    if (!in.begin_map(map)) return false;
    while (in.more(map)) {
      Datum key;
      if (!in.value(key)) return false;
      if (names.text(key) != ":history" || !in.is_type()) {
        if (!in.skip()) return false;
        continue;
      }
      Fressian::Type type;
      std::int64_t id = -1;
      if (!in.begin_type(type)) return false;
      if (names.text(type.name) == "\"block-ref\"") in.try_integer(id);
      if (id < 0) return in.error("the history's block, a block-ref");
      found = static_cast<std::uint32_t>(id);
    }
    return true;
  }

  Result<StoredHistory> chunks_of(const Block& vector, StoredHistory& history) const {
    const std::string_view data = vector.data;
    if (data.size() % 12 != 8) return error_at_byte(vector.at, "expected a vector of chunks");
    history.events = big_endian(data.substr(0, 8));
    for (std::size_t i = 8; i < data.size(); i += 12) {
      const Result<Block> chunk =
          block_of(static_cast<std::uint32_t>(big_endian(data.substr(i + 8, 4))));
      if (!chunk) return chunk.error();
      if (chunk->type != BlockType::stream) {
        return error_at_byte(chunk->at, "expected a chunk of the history");
      }
      history.parts.push_back(chunk->data);
    }
    return std::move(history);
  }

  // A chunk that was being written stands behind the last index, its header still zero.
  std::string_view unsealed() const {
    const std::string_view rest = bytes_.substr(index_end_);
    if (rest.size() <= kBlockHeader) return {};
    const std::string_view header = rest.substr(0, kBlockHeader);
    return header.find_first_not_of('\0') == header.npos ? rest.substr(kBlockHeader)
                                                         : std::string_view();
  }

  const std::string_view bytes_;
  std::vector<Place> places_;
  std::size_t index_end_ = 0;
};

}  // namespace

Result<StoredHistory> find_history(std::string_view store) { return Store(store).history(); }

}  // namespace holdfast::checkers
