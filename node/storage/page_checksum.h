// The checksum in the last 8 bytes of a database page, which SQLite reserves for us.
//
// It covers the rest of the page and the page's number, so that a page written or read at the wrong
// place is noticed too. Zero means "none": a page image in the write-ahead log, or a page that a
// program without this VFS (the sqlite3 shell) wrote into the database.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::node {

inline constexpr std::size_t kPageSize = 4096;
inline constexpr std::size_t kPageReserve = 8;

// `page` points at kPageSize bytes; `number` counts from 1.
void stamp_page(char* page, std::uint64_t number);
// Whether the page is as it was stamped, or never was.
bool is_sound_page(const char* page, std::uint64_t number);
// A checksum of a page for memory only, never zero.
std::uint64_t page_checksum(const char* page);
// Takes the stamp off, so that a copy of the page written elsewhere does not carry an old one.
void clear_stamp(char* page);

}  // namespace holdfast::node
