#include "checkers/formats/jepsen_history.h"

#include <utility>

#include "checkers/formats/fressian.h"
#include "checkers/formats/jepsen_store.h"

namespace holdfast::checkers {
namespace {

// A history's events, from their Fressian into a trace.
class StoreReader {
 public:
  StoreReader(std::string_view bytes, const std::atomic<bool>* stop, TraceBuilder& builder,
              EventIntake& intake)
      : bytes_(bytes),
        stop_(stop),
        data_(builder.data()),
        builder_(builder),
        intake_(intake),
        operation_(data_.atom("\"jepsen.history.Op\"")) {}

  // A test.jepsen.
  Result<> read_store() {
    const Result<StoredHistory> history = find_history(bytes_);
    if (!history) return history.error();
    for (const std::string_view part : history->parts) {
      Fressian in(part, data_);
      const Result<> added = history->is_list ? add_list(in, part) : add_all(in, part);
      if (!added) return added;
      if (history_.stopped) return {};
    }
    if (!history->is_list && events_ != history->events) {
      return fail("expected " + std::to_string(history->events) + " events; found " +
                  std::to_string(events_));
    }
    if (!history->unsealed.empty()) add_unsealed(history->unsealed);
    return {};
  }

  // A test.fressian: the test as a map.
  Result<> read_test() {
    Fressian in(bytes_, data_);
    Fressian::List test;
    bool good = in.begin_map(test);
    while (good && in.more(test)) {
      Datum key;
      good = in.value(key);
      if (good && text_of(key) == "history" && !in.try_nil()) return add_list(in, bytes_);
      good = good && in.skip();
    }
    return good ? fail("expected a test with a :history") : error_in(in, bytes_);
  }

  // REQUIRES: read.
  JepsenHistory history() {
    history_.has_pairs = pairs_ > 0 && others_ == 0;
    return std::move(history_);
  }

 private:
  Error error_at(std::size_t place, std::string_view part, const std::string& what) const {
    const std::size_t at = static_cast<std::size_t>(part.data() - bytes_.data()) + place;
    return fail("at byte " + std::to_string(at) + ": " + what);
  }
  Error error_in(const Fressian& in, std::string_view part) const {
    return error_at(in.place(), part, std::string("expected ") + in.expected());
  }

  bool stopped() {
    if (stop_ == nullptr || !stop_->load(std::memory_order_relaxed)) return false;
    if (!history_.stopped) history_.warnings.emplace_back("stopped before the end of the file");
    return history_.stopped = true;
  }

  Result<> add_list(Fressian& in, std::string_view part) {
    Fressian::List events;
    if (!in.begin_list(events)) return error_in(in, part);
    while (in.more(events) && !stopped()) {
      if (const Result<> added = add_next(in, part); !added) return added;
    }
    return {};
  }

  Result<> add_all(Fressian& in, std::string_view part) {
    while (!in.at_end() && !stopped()) {
      if (const Result<> added = add_next(in, part); !added) return added;
    }
    return {};
  }

  Result<> add_next(Fressian& in, std::string_view part) {
    const std::size_t start = in.place();
    if (!read_event(in)) return error_in(in, part);
    const Result<> added = add();
    return added ? added : error_at(start, part, added.error().message);
  }

  // As far as it can be read and goes on from what was sealed.
  void add_unsealed(std::string_view bytes) {
    Fressian in(bytes, data_);
    const std::uint64_t sealed = events_;
    while (!in.at_end() && !stopped() && read_event(in)) {
      if (fields_.index != static_cast<std::int64_t>(events_) || !add()) break;
    }
    history_.complete = false;
    history_.warnings.push_back("the run was killed: " + std::to_string(sealed) +
                                " events of its history were saved; the " +
                                std::to_string(events_ - sealed) +
                                " that follow are read too, without a checksum");
  }

  Result<> add() {
    TraceEvent event;
    const Result<Parsed> parsed = intake_.take(fields_, event);
    if (!parsed) return parsed.error();
    ++events_;
    if (*parsed != Parsed::event) return {};
    if (!fields_.value.is_nil()) ++(is_pair_ ? pairs_ : others_);
    return builder_.add(event);
  }

  bool read_event(Fressian& in) {
    fields_ = {};
    if (in.is_map()) return read_map(in);
    Fressian::Type type;
    if (!in.is_type()) return in.error("an operation");
    if (!in.begin_type(type)) return false;
    if (type.name != operation_ || type.parts != 7) return in.error("a jepsen.history.Op");
    return number(in, fields_.index) && number(in, fields_.time_ns) && word(in, fields_.type) &&
           process(in) && word(in, fields_.f) && read_value(in) && (in.try_nil() || read_map(in));
  }

  bool read_map(Fressian& in) {
    Fressian::List map;
    if (!in.begin_map(map)) return false;
    while (in.more(map)) {
      Datum key;
      if (!in.value(key) || !field(in, text_of(key))) return false;
    }
    return true;
  }

  bool field(Fressian& in, std::string_view name) {
    if (name == "index") return number(in, fields_.index);
    if (name == "time") return number(in, fields_.time_ns);
    if (name == "type") return word(in, fields_.type);
    if (name == "process") return process(in);
    if (name == "f") return word(in, fields_.f);
    if (name == "value") return read_value(in);
    if (name == "node") return word(in, fields_.node);
    if (name == "final?") {
      std::string_view final;
      if (!word(in, final)) return false;
      fields_.is_final = final == "true";
      return true;
    }
    if (name != "key") return in.skip();
    Datum key;
    fields_.has_key = true;
    if (!in.value(key)) return false;
    key_ = text_of(key);
    fields_.key = key_;
    return true;
  }

  bool number(Fressian& in, std::int64_t& out) { return in.try_integer(out) || in.skip(); }
  bool word(Fressian& in, std::string_view& out) {
    Datum value;
    if (!in.value(value)) return false;
    if (value.is_atom()) out = text_of(value);
    return true;
  }
  bool process(Fressian& in) {
    std::int64_t number = 0;
    if (!in.try_integer(number)) return word(in, fields_.process_word);
    fields_.process = number;
    return true;
  }
  bool read_value(Fressian& in) {
    Datum entry[2];
    is_pair_ = in.try_entry(entry[0], entry[1]);
    if (!is_pair_) return in.value(fields_.value);
    fields_.value = data_.list(entry);
    return true;
  }

  // A keyword's or a string's name; of anything else its text, until the next call.
  std::string_view text_of(Datum value) {
    if (!value.is_atom()) return text_ = data_.text(value);
    const std::string_view text = unquoted(data_.atom_text(value));
    return text.starts_with(':') ? text.substr(1) : text;
  }

  const std::string_view bytes_;
  const std::atomic<bool>* const stop_;
  Data& data_;
  TraceBuilder& builder_;
  EventIntake& intake_;
  const Datum operation_;
  EventFields fields_;  // of the event that was read last
  bool is_pair_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t pairs_ = 0;
  std::uint64_t others_ = 0;
  std::string text_;
  std::string key_;
  JepsenHistory history_;
};

}  // namespace

bool is_jepsen_store(std::string_view head) {
  return head.starts_with(kJepsenMagic) || head.starts_with('\xc0');
}

Result<JepsenHistory> read_jepsen_store(std::string_view bytes, const std::atomic<bool>* stop,
                                        TraceBuilder& builder, EventIntake& intake) {
  StoreReader reader(bytes, stop, builder, intake);
  const Result<> read = bytes.starts_with(kJepsenMagic) ? reader.read_store() : reader.read_test();
  if (!read) return read.error();
  return reader.history();
}

}  // namespace holdfast::checkers
