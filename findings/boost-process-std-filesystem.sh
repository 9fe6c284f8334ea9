#!/usr/bin/env bash
# Boost.Process v2, Boost 1.81 (Debian 12: libboost1.81-dev 1.81.0-5+deb12u1).
#
# Guess: BOOST_PROCESS_USE_STD_FS, the documented switch to std::filesystem, changes the type of paths
# and nothing else.
# Seen: with it the headers do not compile by themselves. Boost.Filesystem had brought boost::optional
# and a few type traits along, which Boost.Process uses and does not include. Including them first
# helps.
set -euo pipefail

readonly version=1.81.0-5+deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libboost1.81-dev=$version" >/dev/null 2>&1 ||
  { echo "cannot download libboost1.81-dev=$version"; exit 2; }
dpkg -x libboost1.81-dev_*.deb root

cat > program.cpp <<'CPP'
#ifdef WITH_WHAT_IS_MISSING
#include <boost/asio/detail/throw_error.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits/is_constructible.hpp>
#include <boost/type_traits/is_convertible.hpp>
#include <boost/type_traits/remove_pointer.hpp>
#endif
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
int main() {}
CPP

compiles() {
  g++ -std=c++20 -fsyntax-only -nostdinc++ -isystem root/usr/include \
    $(g++ -E -x c++ - -v </dev/null 2>&1 | sed -n '/#include </,/End of/p' |
      sed -n 's/^ \(.*c++.*\)/-isystem \1/p') \
    -DBOOST_PROCESS_V2_SEPARATE_COMPILATION "$@" program.cpp 2>errors
}

changed=0
expect() {  # expect yes|no words… options
  local wanted=$1 words=$2 seen=no
  shift 2
  if compiles "$@"; then seen=yes; fi
  echo "$words: compiles: $seen (expected $wanted)"
  if [[ $seen == no ]]; then grep -m1 error errors | sed 's/^/  /'; fi
  [[ $seen == "$wanted" ]] || changed=1
}
expect yes "with Boost.Filesystem"
expect no "with BOOST_PROCESS_USE_STD_FS" -DBOOST_PROCESS_USE_STD_FS
expect yes "with BOOST_PROCESS_USE_STD_FS and the missing headers first" \
  -DBOOST_PROCESS_USE_STD_FS -DWITH_WHAT_IS_MISSING
exit $changed
