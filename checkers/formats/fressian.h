// Reads Fressian, the binary notation in which Jepsen's stores keep histories: values as Data has
// them, in the words in which Clojure would print them as EDN.
//
// The codes are those of org.fressian.impl.Codes 0.6.8, the names of types those of Jepsen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/trace/datum.h"

namespace holdfast::checkers {

// Walks values one behind another; what they repeat (strings, keywords, names of types) is kept
// from the first to the last. Every function that can fail returns false then: expected() says what
// should have stood at place().
class Fressian {
 public:
  // A value of a type that Fressian itself does not know, such as an operation: its parts follow.
  struct Type {
    Datum name;  // a string
    std::uint64_t parts = 0;
  };
  // A list that is being walked.
  struct List {
    std::uint64_t left = 0;
    bool open = false;  // it ends with a mark, or with the bytes
  };

  // `data` gets the values' atoms and lists. Both outlive it.
  Fressian(std::string_view bytes, Data& data)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), data_(data) {}

  bool at_end() const { return at_ == end_; }
  std::size_t place() const { return static_cast<std::size_t>(at_ - begin_); }
  const char* expected() const { return expected_; }
  // For those who expected something else at this place. Returns false.
  bool error(const char* expected) {
    expected_ = expected;
    return false;
  }

  // Maps become atoms; records and values of unknown types lists, their names first.
  bool value(Datum& out) { return value(out, 0); }
  // A value that nobody needs.
  bool skip();

  bool is_map() const;
  bool is_type() const;
  // An integer; false, and nothing taken, if something else stands there.
  bool try_integer(std::int64_t& out);
  bool try_nil();
  bool begin_list(List& list);
  // The list of a map's entries, each a key and its value.
  bool begin_map(List& list);
  // Whether another element, or entry, follows; past the last one the list is left.
  bool more(List& list);
  bool begin_type(Type& type);
  // A map's entry by itself, which is how Jepsen keeps [key value]; false, and nothing taken, if
  // something else stands there.
  bool try_entry(Datum& key, Datum& held);

 private:
  static constexpr int kDeepest = 256;

  // What was kept once, and the keyword of that name, once there was one.
  struct Kept {
    Datum value;
    Datum keyword;
  };

  std::uint8_t code() const { return at_ == end_ ? 0 : static_cast<std::uint8_t>(*at_); }
  bool torn() { return error("more: the bytes end inside a value"); }

  // What has one part or is one: fressian_scalar.cpp. `code` is the byte already taken.
  bool take(std::uint64_t size, std::string_view& bytes);
  bool big_endian(int size, std::uint64_t& out);
  bool integer(std::uint8_t code, std::int64_t& out);
  bool integer(std::int64_t& out);
  bool count(std::uint64_t& out);
  bool chunks(std::uint8_t code, std::uint8_t packed, std::uint8_t chunk, std::string& out);
  bool string(std::uint8_t code, Datum& out);
  bool bytes(std::string& out);
  bool real(std::uint8_t code, Datum& out);
  bool big_integer(Datum& out);
  bool big_decimal(Datum& out);
  bool uuid(Datum& out);
  bool instant(Datum& out);
  bool ratio(Datum& out);

  bool value(Datum& out, int depth);
  bool compound(std::uint8_t code, Datum& out, int depth);
  bool kept(std::uint8_t code, Kept*& out);
  bool keep(Datum& out, int depth);
  bool named(bool keyword, Datum& out);
  bool name_part(Datum& out);
  bool list(Datum& out, int depth);
  bool sort_set(Datum& set);
  bool array(Datum& out, int depth);
  bool map(Datum& out, int depth);
  bool of_type(Datum& out, int depth);
  bool known_type(const Type& type, Datum& out, int depth, bool& known);
  bool multiset(Datum& out, int depth);
  Datum atom(std::string_view text) { return skipping_ ? kNilDatum : data_.atom(text); }

  const char* begin_;
  const char* at_;
  const char* end_;
  Data& data_;
  std::vector<Kept> kept_;
  std::vector<Type> types_;
  std::vector<Datum> stack_;  // elements of the lists that are open
  bool skipping_ = false;     // what is read goes nowhere, but for what is kept
  const char* expected_ = "";
};

}  // namespace holdfast::checkers
