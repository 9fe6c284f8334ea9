#include "checkers/formats/testing/store_writer.h"

#include <zlib.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "checkers/formats/datum_parser.h"
#include "checkers/formats/fressian_codes.h"
#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

using namespace fressian;
using Event = std::vector<std::pair<std::string, Datum>>;

constexpr std::size_t kBlockHeader = 28;

std::string big_endian(std::uint64_t number, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(number >> i * 8);
  return bytes;
}

// Values one behind another, with what was kept among them.
class Encoder {
 public:
  explicit Encoder(const Data& data) : data_(data) {}

  std::string take() { return std::move(out_); }
  void code(std::uint8_t byte) { out_ += static_cast<char>(byte); }

  void integer(std::int64_t number) {
    if (number >= -1 && number < 64) return code(static_cast<std::uint8_t>(number));
    constexpr int kMiddles[] = {0x50, 0x68, 0x72, 0x76, 0x7a, 0x7e};
    constexpr int kHalves[] = {0x10, 8, 2, 2, 2, 2};
    for (int size = 1; size <= 6; ++size) {
      const std::int64_t high = number >> size * 8;
      if (high < -kHalves[size - 1] || high >= kHalves[size - 1]) continue;
      code(static_cast<std::uint8_t>(kMiddles[size - 1] + high));
      out_ += big_endian(static_cast<std::uint64_t>(number), size);
      return;
    }
    code(kInteger);
    out_ += big_endian(static_cast<std::uint64_t>(number), 8);
  }

  void string(std::string_view text) {
    if (text.size() < 8) {
      code(static_cast<std::uint8_t>(kString + text.size()));
    } else {
      code(kStringCounted);
      integer(static_cast<std::int64_t>(text.size()));
    }
    out_ += text;
  }

  void list_of(std::size_t size) {
    if (size < 8) return code(static_cast<std::uint8_t>(kList + size));
    code(kListCounted);
    integer(static_cast<std::int64_t>(size));
  }

  void type(const std::string& name, std::uint8_t parts) {
    const auto [at, is_new] = types_.try_emplace(name, types_.size());
    if (!is_new && at->second < 16) return code(static_cast<std::uint8_t>(kKnownType + at->second));
    CHECK(is_new);
    code(kNewType);
    string(name);
    code(parts);
  }

  void keyword(const std::string& name) {
    code(kKeyword);
    code(kNil);
    if (repeat('"' + name)) return;
    string(name);
  }
  // As Jepsen keeps the :type and :f of operations.
  void kept_keyword(const std::string& name) {
    if (!repeat(':' + name)) keyword(name);
  }

  void value(Datum datum) {
    if (datum.is_nil()) return code(kNil);
    if (datum.is_number()) return integer(datum.number());
    if (datum.is_list()) {
      const auto elements = data_.elements(datum);
      list_of(elements.size());
      for (const Datum element : elements) value(element);
      return;
    }
    const std::string text(data_.atom_text(datum));
    if (text == "true" || text == "false") return code(text == "true" ? kTrue : kFalse);
    if (text.starts_with('"')) return string(unquoted(text));  // tests have nothing to escape
    if (text.starts_with(':')) return keyword(text.substr(1));
    code(kSymbol);
    code(kNil);
    string(text);
  }

 private:
  // Whether it was kept before; else what follows is.
  bool repeat(const std::string& what) {
    const auto [at, is_new] = kept_.try_emplace(what, kept_.size());
    if (is_new) {
      code(kKeep);
    } else if (at->second < 32) {
      code(static_cast<std::uint8_t>(kKept + at->second));
    } else {
      code(kKeptFar);
      integer(static_cast<std::int64_t>(at->second));
    }
    return !is_new;
  }

  const Data& data_;
  std::map<std::string, std::size_t> kept_;
  std::map<std::string, std::size_t> types_;
  std::string out_;
};

class StoreWriter {
 public:
  StoreWriter(std::string_view history, const StoreShape& shape) : shape_(shape) {
    DatumParser in(history, Notation::edn, data_);
    for (in.skip_space(); !in.at_end(); in.skip_space()) {
      Event& event = events_.emplace_back();
      CHECK(in.take('{', ""));
      while (!in.try_take('}')) {
        std::string_view name;
        Datum value;
        CHECK(in.key(name) && in.value(value));
        event.emplace_back(name, value);
      }
    }
  }

  std::string write() {
    CHECK(shape_.unsealed <= events_.size());
    out_ = "JEPSEN" + big_endian(shape_.operations_as_maps ? 0 : 1, 4) + big_endian(0, 8);
    write_block(2, "\xf7");  // a history of nothing, in no index later
    places_.clear();
    write_test();
    write_history();
    const std::size_t index = out_.size();
    std::string data = big_endian(kTest, 4);
    places_.emplace_back(kIndex, index);
    for (const auto& [id, at] : places_) data += big_endian(id, 4) + big_endian(at, 8);
    write_block(1, data);
    out_.replace(10, 8, big_endian(index, 8));
    if (shape_.unsealed > 0) {
      out_ += std::string(kBlockHeader, '\0') + events_between(sealed(), events_.size());
    }
    return out_;
  }

 private:
  static constexpr std::uint32_t kHistory = 1;
  static constexpr std::uint32_t kTest = 2;
  static constexpr std::uint32_t kIndex = 3;
  static constexpr std::uint32_t kFirstChunk = 4;

  std::size_t sealed() const { return events_.size() - shape_.unsealed; }

  void write_block(int type, const std::string& data) {
    const std::string length = big_endian(kBlockHeader + data.size(), 8);
    const std::string rest =
        big_endian(static_cast<std::uint64_t>(type), 2) + std::string(14, '\0');
    const std::string checked = data + length + std::string(4, '\0') + rest;
    const std::uint64_t crc =
        crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
    out_ += length + big_endian(crc, 4) + rest + data;
  }

  void write_test() {
    Encoder out(data_);
    out.code(kMap);
    out.list_of(4);
    out.keyword("name");
    out.string("made-by-a-test");
    out.keyword("history");
    out.type("block-ref", 1);
    out.integer(kHistory);
    places_.emplace_back(kTest, out_.size());
    write_block(2, out.take());
  }

  void write_history() {
    if (shape_.operations_as_maps) {
      Encoder out(data_);
      out.list_of(sealed());
      for (std::size_t i = 0; i < sealed(); ++i) put_map(out, events_[i]);
      places_.emplace_back(kHistory, out_.size());
      return write_block(2, out.take());
    }
    std::string vector = big_endian(sealed(), 8);
    std::uint32_t id = kFirstChunk;
    std::size_t at = 0;
    do {  // the empty history has one chunk too
      const std::size_t end = std::min(sealed(), at + shape_.chunk);
      places_.emplace_back(id, out_.size());
      write_block(4, events_between(at, end));
      vector += big_endian(at, 8) + big_endian(id++, 4);
      at = end;
    } while (at < sealed());
    places_.emplace_back(kHistory, out_.size());
    write_block(5, vector);
  }

  std::string events_between(std::size_t first, std::size_t end) const {
    Encoder out(data_);
    for (; first < end; ++first) put_operation(out, events_[first], first);
    return out.take();
  }

  void put_operation(Encoder& out, const Event& event, std::size_t index) const {
    const auto field = [&](std::string_view name) {
      const auto at = std::ranges::find(event, name, &Event::value_type::first);
      return at == event.end() ? kNilDatum : at->second;
    };
    out.type("jepsen.history.Op", 7);
    out.integer(static_cast<std::int64_t>(index));
    const Datum time = field("time");
    out.integer(time.is_number() ? time.number() : -1);
    out.kept_keyword(data_.text(field("type")).substr(1));
    out.value(field("process"));
    const std::string f = data_.text(field("f"));
    if (f == "nil") {
      out.code(kNil);
    } else {
      out.kept_keyword(f.substr(1));
    }
    put_value(out, field("value"));
    Event others;
    constexpr std::string_view kOwn[] = {"index", "time", "type", "process", "f", "value"};
    for (const auto& one : event) {
      if (std::ranges::find(kOwn, one.first) == std::end(kOwn)) others.push_back(one);
    }
    if (others.empty()) return out.code(kNil);
    put_map(out, others);
  }

  void put_map(Encoder& out, const Event& event) const {
    out.code(kMap);
    out.list_of(event.size() * 2);
    for (const auto& [name, value] : event) {
      out.keyword(name);
      name == "value" ? put_value(out, value) : out.value(value);
    }
  }

  void put_value(Encoder& out, Datum value) const {
    const bool is_pair = shape_.pairs && value.is_list() && data_.elements(value).size() == 2;
    if (!is_pair) return out.value(value);
    out.type("map-entry", 2);
    for (const Datum part : data_.elements(value)) out.value(part);
  }

  const StoreShape shape_;
  Data data_;
  std::vector<Event> events_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> places_;
  std::string out_;
};

}  // namespace

std::string jepsen_store(std::string_view history, const StoreShape& shape) {
  return StoreWriter(history, shape).write();
}

}  // namespace holdfast::checkers
