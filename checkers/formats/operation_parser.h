// Histories of one operation a record, with its call and its return: Porcupine's Operation, etcd's
// robustness reports, and what many harnesses of one's own write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/formats/datum_parser.h"
#include "checkers/formats/event_parser.h"
#include "checkers/trace/trace.h"
#include "node/base/result.h"

namespace holdfast::checkers {

// Whether a map has the fields of a call and a return.
bool is_operation_map(std::string_view text, Notation notation, const FieldNames& names);

class OperationParser {
 public:
  OperationParser(Notation notation, const FieldNames& names)
      : notation_(notation), names_(names) {}

  // Adds the operation of a map; fails with what was expected.
  Result<> add(std::string_view text);
  std::size_t operations() const { return ops_.size(); }
  Data& data() { return trace_.data; }
  // By the times of their calls. Values are as the file has them. REQUIRES: called once.
  Result<Trace> finish();

 private:
  struct Field {
    std::string name;  // in small letters, without _ and -
    std::string_view raw;
  };
  // A point in time: in the file's unit, or in nanoseconds if it was a fraction of seconds or a
  // date.
  struct Time {
    std::int64_t number = 0;
    bool in_ns = false;
    bool known = false;
  };
  struct Parts {
    std::string f;
    std::string key;
    bool has_key = false;
    std::string process;
    std::string outcome;
    Datum value;
    Datum expected;
    Datum output;
    bool has_output = false;
    bool has_expected = false;
    bool unknown = false;
    Time call;
    Time ret;
  };
  struct Timed {
    Op op;
    Time call;
    Time ret;
    std::string process;
  };

  std::vector<Field> fields_of(std::string_view text) const;
  Result<> read_field(const Field& field, Parts& parts);
  Result<> read_input(std::string_view raw, Parts& parts);
  Result<> read_output(std::string_view raw, Parts& parts);
  Result<> read_etcd_request(const std::vector<Field>& fields, Parts& parts);
  Result<> read_etcd_response(std::string_view results, Parts& parts);
  std::string_view bare_value(std::string_view raw) const;
  Result<Time> time_of(std::string_view raw) const;
  Datum value_of(std::string_view raw);
  std::string text_of(std::string_view raw) const;
  Result<Op> operation_of(const Parts& parts);
  std::uint32_t key_id(const std::string& name);
  void name_processes(std::vector<Timed>& ops);

  const Notation notation_;
  const FieldNames& names_;
  Trace trace_;
  std::vector<Timed> ops_;
  std::unordered_map<std::string, std::uint32_t> key_ids_;
  bool empty_is_nil_ = false;  // Porcupine's stores return "" for what is not there
};

}  // namespace holdfast::checkers
