--- What is scanned: one row per case, read by the driver and by the target.
--
-- A row: { name, and where it is not the usual:
--   provider "alix"; asked, misbehaviours of the sandbox; kind "ok" or the kind of the error that has to come back; way "call", of ways.lua;
--   config, options   more of the client's configuration and of the call's
--   url, proxy   another address of the sandbox; one of its proxies, with a password where `secrets` has one
--   mechanism   of a definition, by its name in mechanisms.lua: the issuer takes the place of the sandbox
--   calls     so many instead of one; idle_timeout   seconds, after which no connection is kept any more when all is closed
--   first     another module initialised libcurl before cards came; hooks   another one has put cJSON's own hooks back, "before" the calls or in "between"
--   files     credentials that are in files of the target's folder, by name
--   gone      names of more markers, which the target has let go before it is scanned
--   secrets   names of more markers, each held open once; kept   copies more of them in memory that is neither locked nor kept out of dumps: { name = count },
--             by libcurl as long as a connection is kept, in a header or as a key that OpenSSL has read as long as the client is
--   count   so many cards with markers of their own
--   digits    the number is one, and so long; spaced   the provider writes spaces around the secrets; environment   the credential that comes from there
--   found     a control: these have to be found; measured   written down, whatever it is; short   part of the short form }

local mechanisms = require "memcheck.mechanisms"

local read_key = { private_key = 1 } -- the number of a P-256 key, see src/crypto/key_cache.h
local once = { retries = 0 }

local rows = {
  { "success", short = true },
  { "nothing called", way = "nothing", kind = "none" },
  { "declined, echoing the secrets", asked = "echo_secrets", kind = "declined", short = true },
  { "declined at 200, echoing the secrets", asked = "echo_secrets=200", kind = "declined" },
  { "401, echoing the token", asked = "echo_secrets=401", kind = "auth", short = true },
  { "500, echoing the secrets", asked = "echo_secrets=500", kind = "provider", config = once },
  { "cut body", asked = "cut_short", kind = "network", config = once },
  { "cut chunks", asked = "cut_chunked", kind = "network", config = once },
  { "reset", asked = "reset", kind = "network", config = once },
  { "reset in the body", asked = "reset_body", kind = "network", config = once },
  { "timeout", asked = "never", kind = "timeout", config = { retries = 0, timeout = 0.3 } },
  { "timeout in the body", asked = "slow_body=4", kind = "timeout", config = { retries = 0, timeout = 3 } },
  { "chunked", asked = "chunked" },
  { "gzip", asked = "gzip", short = true },
  { "gzip, cut short", asked = "gzip,cut_short", kind = "network", config = once },
  { "72 kB body", asked = "big=73728" },
  { "72 kB, gzip, chunks", asked = "big_chunked=73728,gzip" },
  { "72 kB, too large", asked = "big=73728", kind = "protocol", config = { max_response_bytes = 65536 } },
  { "secret in a response header", asked = "secret_in_header" },
  { "401 with a secret in a header", asked = "unauthorized,secret_in_header", kind = "auth" },
  { "HTTP/1.0, ended by FIN", asked = "http_1_0" },
  { "garbage behind the JSON", asked = "trailing_garbage", kind = "protocol" },
  { "duplicate keys", asked = "duplicate_keys", kind = "protocol" },
  { "two answers", asked = "two_answers", kind = "protocol" },
  { "a second answer, later", asked = "two_answers=0.2" },
  { "undeclared fields", asked = "undeclared,undeclared_keys" },
  { "the number as a JSON number", asked = "numbers_for_strings", digits = 16 },
  { "retried call", asked = "fail_then_ok=2", config = { retries = 2 }, short = true },
  { "401, then a fresh token", asked = "expire_then_ok", way = "refreshed", secrets = { "old_token" } },
  { "cancelled call", asked = "never", way = "cancelled", kind = "cancelled" },
  { "cancelled in the body", asked = "slow_body=4", way = "cancelled", kind = "cancelled" },
  { "call left to the collector", asked = "slow_body=4", way = "dropped", kind = "cancelled" },
  { "secret as a parameter", way = "parameter", secrets = { "card_id" }, short = true },
  { "redirect to a URL with the secret", way = "parameter", secrets = { "card_id" }, asked = "redirect", kind = "protocol" },
  { "500 and retries, echoing the URL", way = "parameter", secrets = { "card_id" }, asked = "echo_secrets=500", kind = "provider" },
  { "secret in a header of the call", way = "header", secrets = { "header" } },
  { "secret in a header of the client", way = "client_header", secrets = { "header" } },
  { "TLS 1.2", url = "TLS12_URL" },
  { "client certificate, its key locked", url = "MTLS_URL", way = "locked", secrets = { "key_password" } },
  { "through a proxy", url = "HTTPS_URL", proxy = "PROXY_URL" },
  { "through a proxy with a password", proxy = "PROXY_URL", secrets = { "proxy_password" }, kept = { proxy_password = 2 }, idle_timeout = 0.2, short = true },
  { "through SOCKS5 with a password", proxy = "PROXY_SOCKS_URL", secrets = { "proxy_password" }, kept = { proxy_password = 2 }, idle_timeout = 0.2 },
  { "http through a proxy with a password", url = "HTTP_URL", proxy = "PROXY_URL", secrets = { "proxy_password" }, kept = { proxy_password = 1 },
    idle_timeout = 0.2 },
  { "from_env", environment = "access_token" },
  { "from_file", way = "file", files = { access_token = "file" } },
  { "a credential from a variable", way = "named_variable", environment = "access_token" },
  { "a credential from a file", way = "named_file", files = { access_token = "file" } },
  { "a credential from a file that was rotated", way = "rotated", files = { old_token = "file", access_token = "next" }, gone = { "old_token" } },
  { "records and cards that are closed as a whole", way = "closed_whole", digits = 19 },
  { "client:start", way = "started", short = true },
  { "1,000 calls", way = "thousand" },
  { "1,000 calls, 64 at once", way = "thousand_each" },
  { "cards.all of 64", way = "all", count = 64, short = true },
  { "card, mask, events, errors, JSON", way = "masked", digits = 19, short = true },
  { "NetXD with a private key", provider = "netxd", way = "signed", secrets = { "account_number", "private_key" }, kept = read_key, short = true },
  { "NetXD declined, echoing all", provider = "netxd", way = "signed", secrets = { "account_number", "private_key" }, kept = read_key,
    asked = "echo_secrets=200", kind = "declined" },
  { "NetXD, cut body", provider = "netxd", way = "signed", secrets = { "account_number", "private_key" }, kept = read_key, asked = "cut_short",
    kind = "network", config = once },
  { "Whop", provider = "whop" },
  { "PayEngine", provider = "payengine" },
  { "Nayax", provider = "nayax" },
  { "Lithic, defined in Lua", provider = "lithic", short = true },
  { "Lithic, 401 that echoes the key", provider = "lithic", asked = "echo_secrets=401", kind = "auth" },
  { "Lithic, cut body", provider = "lithic", asked = "cut_short", kind = "network", config = once },
  { "Marqeta, Basic of two credentials", provider = "marqeta", short = true },
  { "Stripe, defined in Lua", provider = "stripe" },
  { "Lithic, mapped with transforms", provider = "lithic", way = "mapped", digits = 19, spaced = true, short = true },
  { "defined: JWE by RSA, the whole answer", mechanism = "jwe", short = true },
  { "defined: JWE by ECDH", mechanism = "ecdh" },
  { "defined: JWE, dir", mechanism = "direct" },
  { "defined: JWE, the key has a password", mechanism = "locked" },
  { "defined: JWE, its tag is changed", mechanism = "cut" },
  { "defined: AES, a member that is JSON", mechanism = "member" },
  { "defined: AES, its padding is wrong", mechanism = "padding" },
  { "defined: RSA-OAEP and RSA-PKCS1, fields", mechanism = "fields", short = true },
  { "defined: AES, its key is in the answer", mechanism = "wrapped" },
  { "defined: session key", mechanism = "session", short = true },
  { "defined: key of an operation", mechanism = "fetched" },
  { "defined: derived key", mechanism = "derived" },
  { "defined: JWE, the whole body", mechanism = "sealed" },
  { "defined: RSA, a member of the body", mechanism = "member_sealed" },
  { "defined: HMAC", mechanism = "hmac" },
  { "defined: signature by RSA", mechanism = "rsa", short = true },
  { "defined: signature by RSA-PSS", mechanism = "pss" },
  { "defined: signature by ECDSA", mechanism = "ecdsa" },
  { "defined: signature by Ed25519", mechanism = "ed25519" },
  { "defined: JWT", mechanism = "jwt" },
  { "defined: OAuth 1.0a", mechanism = "oauth1" },
  { "defined: token of an operation", mechanism = "token", short = true },
  { "defined: token for a JWT assertion", mechanism = "assertion" },
  { "defined: OAuth 2", mechanism = "oauth2" },
  { "defined: steps", mechanism = "steps" },
  { "defined: URL of an answer", mechanism = "called" },
  { "defined: XML both ways", mechanism = "xml", short = true },
  { "defined: form", mechanism = "form" },
  { "defined: JWE, 200 calls", mechanism = "jwe", calls = 200 },
  { "defined: another module first, JWE", mechanism = "jwe", first = true, hooks = "before", calls = 200, short = true },
  { "defined: another module first, a session key", mechanism = "session", first = true, hooks = "before", calls = 200 },
  { "defined: another module first, XML", mechanism = "xml", first = true, hooks = "before", calls = 200 },
  { "defined: another module first, a token", mechanism = "assertion", first = true, hooks = "before", calls = 200 },
  { "sealed, and the record is kept", way = "sealed", short = true },
  { "sealed, and the record is closed", way = "sealed_and_closed", short = true },
  { "another module first, sealed", first = true, way = "sealed" },
  { "control: a revealed string is kept", way = "kept", found = { "pan" }, short = true },
  { "control: a revealed string is dropped", way = "revealed", found = { "pan" } },
  { "control: UTF-16, base64, hex", way = "disguised", found = { "pan", "cvv", "access_token" } },
  { "NetXD with a sign function", provider = "netxd", way = "sign", secrets = { "account_number" }, measured = true }, -- it gets the payload as a string
  { "another module first, 200 calls", first = true, way = "often", calls = 200, short = true },
  { "another module first, 1,000 calls, 64 at once", first = true, way = "thousand_each" },
  { "another module first, 401s that echo the token", first = true, way = "often", calls = 200, asked = "echo_secrets=401", kind = "auth" },
  { "another module first, gzip and chunks", first = true, way = "often", calls = 200, asked = "big_chunked=73728,gzip" },
  { "another module first, client:start", first = true, way = "started" },
  { "another module first, a key's password", first = true, url = "MTLS_URL", way = "locked", secrets = { "key_password" } },
  { "another module first, a proxy's password", first = true, proxy = "PROXY_URL", secrets = { "proxy_password" }, idle_timeout = 0.2, measured = true },
  { "another module first, NetXD, 200 calls", provider = "netxd", first = true, way = "signed_often", calls = 200,
    secrets = { "account_number", "private_key" }, kept = read_key, short = true },
  { "cJSON's hooks put back, 200 calls", hooks = "before", way = "often", calls = 200, short = true },
  { "cJSON's hooks put back in between, 200 calls", hooks = "between", way = "often", calls = 200 },
  { "cJSON's hooks put back, refusals that echo all", hooks = "before", way = "often", calls = 200, asked = "echo_secrets", kind = "declined" },
  { "cJSON's hooks put back, garbage behind the JSON", hooks = "before", way = "often", calls = 200, asked = "trailing_garbage", kind = "protocol" },
  { "cJSON's hooks put back, NetXD, 200 calls", provider = "netxd", hooks = "before", way = "signed_often", calls = 200,
    secrets = { "account_number", "private_key" }, kept = read_key },
  { "another module first, cJSON's hooks put back, 200 calls", first = true, hooks = "between", way = "often", calls = 200, short = true },
}

-- What of an answer is a secret, by provider: what is planted.
local answers = { alix = { "pan", "cvv" }, netxd = { "cvv" }, whop = { "pan", "cvv" }, payengine = { "token" }, nayax = {},
  lithic = { "pan", "cvv" }, marqeta = { "pan", "cvv" }, stripe = { "pan", "cvv" } }

for i, row in ipairs(rows) do
  row.name, row.number = row[1], i
  row.provider = row.provider or "alix"
  row.kind = row.kind or row.mechanism and mechanisms[row.mechanism].kind or "ok"
  row.way = row.way or row.mechanism and "mechanism" or "call"
  row.secrets = row.secrets or {}
  row.answer = answers[row.provider]
end

return rows
