--- Decryption of one answer with a ready key: cards, bare calls of EVP, and jose in Node; a card that is sealed, and bare calls; and signed calls against
-- unsigned ones with a bare signature each.
-- crypto.lua PROGRAMS SERVERS MODULES [ROUNDS]: the folders of the C programs, of the light upstream, and of jose.

local addresses = require "bench.addresses"
local rounds = require "bench.rounds"

local programs, servers, modules, count = arg[1], addresses(arg[2]), arg[3], tonumber(arg[4] or 9)
local lua = os.getenv "LUA_BIN" or "lua5.4"
local files = programs .. "/files"
local SECONDS, IN_FLIGHT = 0.3, 64

local made = os.execute(("mkdir -p %s && %s/crypto make %s && %s/seal make %s"):format(files, programs, files, programs, files))
assert(made == true or made == 0, "no keys")

--- Microseconds for one, by the clock and of CPU: of all threads, so that jose's helpers count.
local function run(command)
  local pipe = assert(io.popen(command))
  local number, seconds, cpu = (pipe:read "*l" or ""):match "^(%d+) (%S+) (%S+)$"
  pipe:close()
  assert(number, command .. " failed")
  return { wall = tonumber(seconds) / number * 1e6, cpu = tonumber(cpu) / number * 1e6 }
end

local function peer(name, command, ...)
  local full = command:format(...)
  return { name = name, run = function() return run(full) end }
end

--- Programs that print how many they did, and in what time.
local function bare(kind) return peer("bare EVP", "%s/crypto bare %s %s %g", programs, kind, files, SECONDS) end

local function decryption(title, kind, has_jose)
  local peers = { peer("cards", "%s/crypto cards %s %s %g", programs, kind, files, SECONDS), bare(kind) }
  if has_jose then
    peers[3] = peer("Node's jose", "node spec/bench/jose.mjs %s %s %s %g", modules, files, kind, SECONDS)
  end
  rounds.run(peers, count, function(one) return one.run() end)
  rounds.print(("%s, %d rounds, medians"):format(title, count), peers, {
    { "µs", "wall", "%.1f" },
    { "CPU µs", "cpu", "%.1f" },
    { "cards / this", "cpu", ratio_of = peers[1] },
    { "asked", asked = { ["bare EVP"] = "≤ 1.30", ["Node's jose"] = "< 1.00" } },
  })
end

decryption("decryption of a JWE of 1 KiB, RSA-OAEP-256 (2048 bits) and A256GCM", "rsa-jwe", true)
decryption("decryption of a JWE of 1 KiB, ECDH-ES+A256KW (P-256) and A256GCM", "ecdh-jwe", true)
decryption("decryption of a field, RSA-OAEP with SHA-256 (2048 bits)", "rsa-field")
decryption("decryption of a text of 1 KiB, AES-256-CBC with a derived key", "aes-field")

--- A table of Lua in, a compact JWE out, and the key is read each time; the bare calls have its numbers.
local function sealing(title, kind)
  local peers = {
    peer("cards", "%s spec/bench/seal_calls.lua %s %s %g", lua, kind, files, SECONDS),
    peer("bare EVP", "%s/seal %s %s %g", programs, kind, files, SECONDS),
  }
  rounds.run(peers, count, function(one) return one.run() end)
  rounds.print(("a card is sealed, %s, %d rounds, medians"):format(title, count), peers, {
    { "µs", "wall", "%.1f" },
    { "CPU µs", "cpu", "%.1f" },
    { "cards / this", "cpu", ratio_of = peers[1] },
    { "asked", asked = { ["bare EVP"] = "≤ 1.30" } },
  })
end

sealing("ECDH-ES (P-256) and A256GCM", "ec")
sealing("ECDH-ES (X25519) and A256GCM", "x25519")
sealing("RSA-OAEP-256 (2048 bits) and A256GCM", "rsa")

local function calls(name, algorithm, number)
  local command = "LUA_CPATH='%s/?.so;'$LUA_CPATH %s spec/bench/signed_calls.lua %s/alix %s %s %d %d"
  return peer(name, command, programs, lua, servers.HTTP_URL, files, algorithm, number, IN_FLIGHT)
end

local function signatures(algorithm, number)
  local signed, both = calls("signed", algorithm, number), calls("unsigned + bare EVP", "none+" .. algorithm, number)
  local peers = { signed, both, calls("unsigned", "none", number), bare(algorithm) }
  rounds.run(peers, count, function(one) return one.run() end)
  rounds.print(("calls over http, %d in flight, %s, %d rounds of %d calls, medians"):format(IN_FLIGHT, algorithm, count, number), peers, {
    { "µs", "wall", "%.1f" },
    { "CPU µs", "cpu", "%.1f" },
    { "signed / this", "cpu", ratio_of = signed },
    { "asked", asked = { [both.name] = "≤ 1.10" } },
  })
end

signatures("hmac-sha256", 20000)
signatures("rsa-sha256", 2000)
signatures("ecdsa-sha256", 10000)
