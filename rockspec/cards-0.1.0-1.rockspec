rockspec_format = "3.0"
package = "cards"
version = "0.1.0-1"
source = { url = "git+file://." } -- for `luarocks make`, which is in the tree; `make dist` writes where the release is
description = {
  summary = "Card providers behind one interface, with card numbers and CVVs kept out of Lua strings",
  detailed = [[
Calls Alix, NetXD XD Ledger, Whop, PayEngine and Nayax, reads a card's private details or token, maps them to one record and masks them.
Requests, HTTP, TLS and parsing are C (libcurl, cJSON, expat, OpenSSL, zlib); a card number, CVV or credential lives in locked memory outside of the Lua heap.]],
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.1, < 5.5" }
-- Only the libraries are looked for: Debian keeps curl's headers in a folder that LuaRocks does not know, and the compiler does.
external_dependencies = {
  CURL = { library = "curl" },
  CJSON = { library = "cjson" },
  EXPAT = { library = "expat" },
  CRYPTO = { library = "crypto" },
  ZLIB = { library = "z" },
}
build = {
  type = "make",
  build_target = "rock",
  build_variables = { LUA_INCDIR = "$(LUA_INCDIR)" },
  install_target = "rock-install",
  install_variables = { LIBDIR = "$(LIBDIR)", LUADIR = "$(LUADIR)" },
  copy_directories = { "examples" },
}
