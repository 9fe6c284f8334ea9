#include "checkers/history.h"

#include "node/base/check.h"
#include "node/base/hash.h"

namespace holdfast::checkers {

std::size_t Keys::Hash::operator()(std::string_view text) const {
  return static_cast<std::size_t>(hash64(text));
}

KeyId Keys::intern(std::string_view key) {
  const auto found = ids_.find(key);
  if (found != ids_.end()) return found->second;
  const auto id = static_cast<KeyId>(names_.size());
  CHECK(id < kMostKeys);
  const auto [added, fresh] = ids_.emplace(std::string(key), id);
  CHECK(fresh);
  names_.push_back(added->first);
  return id;
}

std::optional<KeyId> Keys::find(std::string_view key) const {
  const auto found = ids_.find(key);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace holdfast::checkers
