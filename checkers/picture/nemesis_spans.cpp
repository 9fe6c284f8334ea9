#include "checkers/picture/nemesis_spans.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace holdfast::checkers {
namespace {

enum class Effect : std::uint8_t { none, begins, ends, ends_all };

struct Meaning {
  Effect effect = Effect::none;
  std::string fault;  // what it begins or ends; empty: of a nemesis that knows one fault only
};

std::optional<std::string> behind(std::string_view f, std::string_view word) {
  if (!f.starts_with(word)) return std::nullopt;
  f.remove_prefix(word.size());
  if (f.empty()) return std::string();
  if (f.front() != '-' && f.front() != '_') return std::nullopt;
  return std::string(f.substr(1));
}

// `kills`: the history kills nodes, so that a start ends that.
Meaning meaning_of(std::string_view f, bool kills) {
  struct Word {
    std::string_view word;
    Effect effect;
    std::string_view fault;  // empty: what follows the word
  };
  constexpr std::array<Word, 13> kWords = {{{"kill", Effect::begins, "kill"},
                                            {"restart", Effect::ends, "kill"},
                                            {"pause", Effect::begins, "pause"},
                                            {"resume", Effect::ends, "pause"},
                                            {"partition", Effect::begins, "partition"},
                                            {"heal", Effect::ends_all, ""},
                                            {"recover", Effect::ends_all, ""},
                                            {"reset", Effect::ends_all, ""},
                                            {"begin", Effect::begins, ""},
                                            {"end", Effect::ends, ""},
                                            {"start", Effect::begins, ""},
                                            {"stop", Effect::ends, ""},
                                            {"unpause", Effect::ends, "pause"}}};
  for (const Word& word : kWords) {
    const std::optional<std::string> rest = behind(f, word.word);
    if (!rest) continue;
    if (word.word == "start" && rest->empty() && kills) return {Effect::ends, "kill"};
    return {word.effect, word.fault.empty() ? *rest : std::string(word.fault)};
  }
  return {};
}

}  // namespace

std::vector<NemesisSpan> nemesis_spans(std::span<const NemesisEvent> events) {
  const bool kills =
      std::ranges::any_of(events, [](const NemesisEvent& event) { return event.f == "kill"; });
  std::vector<NemesisSpan> spans;
  struct Open {
    std::size_t span;
    std::string fault;
    bool ending;  // an event ended it; its completion, with the same f, may follow
  };
  std::vector<Open> open;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Meaning meaning = meaning_of(events[i].f, kills);
    const auto same = [&](const Open& one) {
      return meaning.effect == Effect::ends_all || one.fault == meaning.fault;
    };
    const bool known =
        std::ranges::any_of(open, [&](const Open& one) { return same(one) && !one.ending; });
    if (meaning.effect == Effect::begins) {
      if (known) continue;  // its completion, or more of the same
      std::erase_if(open, same);
      open.push_back({spans.size(), meaning.fault, false});
      spans.push_back({i, events.size(), meaning.fault.empty() ? "fault" : meaning.fault});
      continue;
    }
    bool ended = false;
    if (meaning.effect != Effect::none) {
      for (Open& one : open) {
        NemesisSpan& span = spans[one.span];
        const bool completes = one.ending && span.last + 1 == i && events[i - 1].f == events[i].f;
        if (!same(one) || (one.ending && !completes)) continue;
        span.last = i;
        one.ending = true;
        ended = true;
      }
    }
    if (!ended) spans.push_back({i, i, events[i].f});
  }
  return spans;
}

}  // namespace holdfast::checkers
