#include "node/storage/synced_mark.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "node/base/hash.h"
#include "node/storage/file_names.h"
#include "node/storage/page_checksum.h"

namespace holdfast::node {
namespace {

// The mark: the salts, the number of frames, the hash of both.
constexpr std::size_t kCovered = sizeof(LogSalts) + sizeof(std::uint64_t);
using MarkBytes = std::array<char, kCovered + sizeof(std::uint64_t)>;

MarkBytes encode_mark(const LogSalts& salts, std::uint64_t frames) {
  MarkBytes bytes;
  std::memcpy(bytes.data(), salts.data(), salts.size());
  std::memcpy(bytes.data() + salts.size(), &frames, sizeof frames);
  const std::uint64_t sum = hash64(std::string_view(bytes.data(), kCovered));
  std::memcpy(bytes.data() + kCovered, &sum, sizeof sum);
  return bytes;
}

std::uint32_t load_u32(const char* in, bool big_endian) {
  std::uint32_t value;
  std::memcpy(&value, in, sizeof value);
  const bool native = big_endian == (std::endian::native == std::endian::big);
  return native ? value : __builtin_bswap32(value);
}

// The running checksum of SQLite's log (https://www.sqlite.org/fileformat2.html, section 4.2).
class LogChecksum {
 public:
  explicit LogChecksum(bool big_endian) : big_endian_(big_endian) {}

  // REQUIRES: size is a multiple of 8.
  void add(const char* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; i += 8) {
      first_ += load_u32(bytes + i, big_endian_) + second_;
      second_ += load_u32(bytes + i + 4, big_endian_) + first_;
    }
  }
  // Whether it is the one stored at `bytes`.
  bool matches(const char* bytes) const {
    return first_ == load_u32(bytes, true) && second_ == load_u32(bytes + 4, true);
  }

 private:
  bool big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

// Reads all of [offset, offset + size); false, with `status` ok, if the file ends before.
bool read_all(File& file, std::uint64_t offset, char* to, std::size_t size, DiskStatus& status) {
  std::size_t got = 0;
  status = file.read(offset, to, size, got);
  return status == DiskStatus::ok && got == size;
}

// The number of frames that were durable in the log of these salts; 0 if no mark says.
std::uint64_t marked_frames(Disk& disk, const LogSalts& salts, DiskStatus& status) {
  const std::unique_ptr<File> file = disk.open(kMarkName, false, status);
  if (status == DiskStatus::not_found) status = DiskStatus::ok;
  if (file == nullptr) return 0;
  MarkBytes bytes;
  if (!read_all(*file, 0, bytes.data(), bytes.size(), status)) return 0;
  std::uint64_t frames;
  std::memcpy(&frames, bytes.data() + salts.size(), sizeof frames);
  return bytes == encode_mark(salts, frames) ? frames : 0;
}

// The first of the first `count` frames that does not check, counted from 1.
std::optional<std::uint64_t> first_bad_frame(File& log, const LogSalts& salts, LogChecksum checksum,
                                             std::uint64_t count, DiskStatus& status) {
  std::vector<char> frame(kFrameHeaderSize + kPageSize);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = kLogHeaderSize + i * frame.size();
    const bool read = read_all(log, offset, frame.data(), frame.size(), status);
    if (status != DiskStatus::ok) return std::nullopt;
    if (!read || std::memcmp(frame.data() + 8, salts.data(), salts.size()) != 0) return i + 1;
    checksum.add(frame.data(), 8);
    checksum.add(frame.data() + kFrameHeaderSize, kPageSize);
    if (!checksum.matches(frame.data() + 16)) return i + 1;
  }
  return std::nullopt;
}

}  // namespace

DiskStatus SyncedMark::write(const LogSalts& salts, std::uint64_t frames) {
  DiskStatus status = DiskStatus::ok;
  if (file_ == nullptr) file_ = disk_.open(kMarkName, true, status);
  if (file_ == nullptr) return status;
  const MarkBytes bytes = encode_mark(salts, frames);
  return file_->write(0, bytes.data(), bytes.size());
}

std::optional<std::string> find_log_damage(Disk& disk, DiskStatus& status) {
  const std::unique_ptr<File> log = disk.open(kLogName, false, status);
  if (status == DiskStatus::not_found) status = DiskStatus::ok;
  if (log == nullptr) return std::nullopt;
  std::array<char, kLogHeaderSize> header;
  if (!read_all(*log, 0, header.data(), header.size(), status)) return std::nullopt;
  // A log whose first write was lost with the power.
  if (std::ranges::all_of(header, [](char byte) { return byte == 0; })) return std::nullopt;

  const std::uint32_t magic = load_u32(header.data(), true);
  LogChecksum checksum((magic & 1) != 0);
  checksum.add(header.data(), 24);
  if ((magic & ~1U) != 0x377f0682 || !checksum.matches(header.data() + 24)) {
    return std::string(kLogName) + ": the header's checksum does not match";
  }
  LogSalts salts;
  std::memcpy(salts.data(), header.data() + 16, salts.size());
  const std::uint64_t count = marked_frames(disk, salts, status);
  if (status != DiskStatus::ok) return std::nullopt;
  const auto bad = first_bad_frame(*log, salts, checksum, count, status);
  if (!bad) return std::nullopt;
  return std::string(kLogName) + ": frame " + std::to_string(*bad) + " of " +
         std::to_string(count) + " that were synced does not match its checksum";
}

}  // namespace holdfast::node
