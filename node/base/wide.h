// 128-bit arithmetic, for products and quotients of 64-bit numbers.
#pragma once

namespace holdfast {

__extension__ using Wide = unsigned __int128;

}  // namespace holdfast
