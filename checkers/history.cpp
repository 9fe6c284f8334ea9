#include "checkers/history.h"

#include <algorithm>
#include <cstring>

#include "node/base/check.h"
#include "node/base/hash.h"

namespace holdfast::checkers {
namespace {

constexpr KeyId kFree = 0xffffffff;
constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kChunk = std::size_t{1} << 16;

std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

// Where the key is, or would be. REQUIRES: slots_ has a free slot.
std::size_t Keys::slot_of(std::string_view key, std::uint64_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot].id != kFree &&
         (slots_[slot].tag != tag_of(hash) || names_[slots_[slot].id] != key)) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

KeyId Keys::intern(std::string_view key) {
  if (2 * names_.size() >= slots_.size()) grow();
  const std::uint64_t hash = hash64(key);
  Slot& slot = slots_[slot_of(key, hash)];
  if (slot.id == kFree) {
    CHECK(names_.size() < kMostKeys);
    slot = {tag_of(hash), static_cast<KeyId>(names_.size())};
    names_.push_back(keep(key));
  }
  return slot.id;
}

std::optional<KeyId> Keys::find(std::string_view key) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[slot_of(key, hash64(key))];
  if (slot.id == kFree) return std::nullopt;
  return slot.id;
}

void Keys::grow() {
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), Slot{});
  for (KeyId id = 0; id < names_.size(); ++id) {
    const std::uint64_t hash = hash64(names_[id]);
    slots_[slot_of(names_[id], hash)] = {tag_of(hash), id};
  }
}

std::string_view Keys::keep(std::string_view key) {
  if (key.size() > room_ || next_ == nullptr) {
    room_ = std::max(kChunk, key.size());
    chunks_.push_back(std::make_unique<char[]>(room_));
    next_ = chunks_.back().get();
  }
  std::memcpy(next_, key.data(), key.size());
  const std::string_view kept(next_, key.size());
  next_ += key.size();
  room_ -= key.size();
  return kept;
}

}  // namespace holdfast::checkers
