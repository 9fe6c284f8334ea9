#include "node/storage/vfs.h"

#include <cstring>
#include <memory>
#include <utility>

#include "node/base/check.h"
#include "node/storage/file_names.h"

namespace holdfast::node {
namespace {

// What SQLite allocates for an open file. `file` is ours.
struct Handle {
  sqlite3_file base;
  StoredFile* file;
  Vfs* vfs;
};

StoredFile& file_of(sqlite3_file* handle) { return *reinterpret_cast<Handle*>(handle)->file; }
std::uint64_t unsigned_of(sqlite3_int64 offset) { return static_cast<std::uint64_t>(offset); }

// SQLite seeds its generator from the default VFS: the platform's, with our numbers in place of
// /dev/urandom. They come from the store that wrote last.
Random* current_random = nullptr;

int fill_random(sqlite3_vfs*, int size, char* to) {
  for (int i = 0; i < size; ++i) {
    to[i] = current_random == nullptr ? 0 : static_cast<char>(current_random->next());
  }
  return size;
}

void register_seeded_default() {
  static sqlite3_vfs seeded = [] {
    const sqlite3_vfs* platform = sqlite3_vfs_find(nullptr);
    CHECK(platform != nullptr);
    sqlite3_vfs copy = *platform;
    copy.pNext = nullptr;
    copy.zName = "holdfast-seeded";
    copy.xRandomness = fill_random;
    return copy;
  }();
  CHECK(sqlite3_vfs_register(&seeded, 1) == SQLITE_OK);
}

// Once per process, before anything else: no locks, no statistics of memory.
void configure_sqlite() {
  static const bool configured = [] {
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    CHECK(sqlite3_initialize() == SQLITE_OK);
    register_seeded_default();
    return true;
  }();
  CHECK(configured);
}

}  // namespace

// The functions that SQLite calls, in the order of its own documentation.
struct VfsCalls {
  static Vfs& vfs_of(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs->pAppData); }

  static int close(sqlite3_file* handle) {
    Handle* h = reinterpret_cast<Handle*>(handle);
    if (h->vfs->log_ == h->file) h->vfs->log_ = nullptr;
    delete h->file;
    return SQLITE_OK;
  }
  static int read(sqlite3_file* handle, void* to, int size, sqlite3_int64 offset) {
    return file_of(handle).read(unsigned_of(offset), static_cast<char*>(to),
                                static_cast<std::size_t>(size));
  }
  static int write(sqlite3_file* handle, const void* from, int size, sqlite3_int64 offset) {
    return file_of(handle).write(unsigned_of(offset), static_cast<const char*>(from),
                                 static_cast<std::size_t>(size));
  }
  static int truncate(sqlite3_file* handle, sqlite3_int64 size) {
    return file_of(handle).truncate(unsigned_of(size));
  }
  static int sync(sqlite3_file* handle, int) { return file_of(handle).sync(); }
  static int file_size(sqlite3_file* handle, sqlite3_int64* size) {
    std::uint64_t bytes = 0;
    const int result = file_of(handle).size(bytes);
    *size = static_cast<sqlite3_int64>(bytes);
    return result;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int check_reserved_lock(sqlite3_file*, int* held) {
    *held = 0;
    return SQLITE_OK;
  }
  static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return static_cast<int>(kPageSize); }
  // A power loss during a write harms no byte outside it: the log need not be padded.
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 1;
      m.xClose = close;
      m.xRead = read;
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = file_size;
      m.xLock = lock;
      m.xUnlock = lock;
      m.xCheckReservedLock = check_reserved_lock;
      m.xFileControl = file_control;
      m.xSectorSize = sector_size;
      m.xDeviceCharacteristics = characteristics;
      return m;
    }();
    return &table;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags,
                  int* flags_out) {
    handle->pMethods = nullptr;
    if (name == nullptr) return SQLITE_CANTOPEN;  // a temporary file: those stay in memory
    Vfs& self = vfs_of(vfs);
    DiskStatus status = DiskStatus::ok;
    auto raw = self.disk_.open(name, (flags & SQLITE_OPEN_CREATE) != 0, status);
    if (raw == nullptr)
      return status == DiskStatus::not_found ? SQLITE_CANTOPEN : self.failed(status, name);
    Handle* h = reinterpret_cast<Handle*>(handle);
    h->vfs = &self;
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
      h->file = new PageFile(name, std::move(raw), self.failure_);
    } else if ((flags & SQLITE_OPEN_WAL) != 0) {
      self.log_ = new LogFile(name, std::move(raw), self.failure_, SyncedMark(self.disk_));
      h->file = self.log_;
    } else {
      h->file = new StoredFile(name, std::move(raw), self.failure_);
    }
    h->base.pMethods = methods();
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    Vfs& self = vfs_of(vfs);
    const DiskStatus status = self.disk_.remove(name);
    if (status == DiskStatus::not_found) return SQLITE_IOERR_DELETE_NOENT;
    return self.failed(status, name);
  }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    *result = vfs_of(vfs).disk_.exists(name) ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int size, char* to) {
    sqlite3_snprintf(size, to, "%s", name);
    return SQLITE_OK;
  }
  static int sleep(sqlite3_vfs*, int) { return 0; }
  static int current_time(sqlite3_vfs*, double* day) {
    *day = 2440587.5;  // 1970-01-01
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

Vfs::Vfs(Disk& disk, std::uint64_t seed, Failure& failure)
    : disk_(disk), failure_(failure), random_(derive_seed(seed, "sqlite")) {
  configure_sqlite();
  static std::uint64_t registered = 0;
  name_ = "holdfast-" + std::to_string(++registered);
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.mxPathname = 64;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = VfsCalls::open;
  vfs_.xDelete = VfsCalls::remove;
  vfs_.xAccess = VfsCalls::access;
  vfs_.xFullPathname = VfsCalls::full_path;
  vfs_.xRandomness = fill_random;
  vfs_.xSleep = VfsCalls::sleep;
  vfs_.xCurrentTime = VfsCalls::current_time;
  vfs_.xGetLastError = VfsCalls::last_error;
  CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  take_randomness();
}

Vfs::~Vfs() {
  if (current_random == &random_) current_random = nullptr;
  CHECK(sqlite3_vfs_unregister(&vfs_) == SQLITE_OK);
}

void Vfs::take_randomness() {
  current_random = &random_;
  sqlite3_randomness(0, nullptr);  // draws a new seed when it needs one
}

int Vfs::failed(DiskStatus status, const char* name) {
  switch (status) {
    case DiskStatus::ok:
      return SQLITE_OK;
    case DiskStatus::full:
      failure_.set(StoreStatus::full, std::string(name) + ": no space left on the disk");
      return SQLITE_FULL;
    case DiskStatus::io_error:
    case DiskStatus::not_found:
      break;
  }
  failure_.set(StoreStatus::io_error, std::string(name) + ": open or remove failed");
  return SQLITE_IOERR;
}

}  // namespace holdfast::node
