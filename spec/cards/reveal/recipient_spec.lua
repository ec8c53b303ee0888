--- Whom something may be sealed for: keys, and what goes into the header.

local cards = require "cards"
local cjson = require "cjson"
local core = require "cards.core"
local openssl = require "support.openssl"

local PAN = "4111111111111111"

--- The public PEM of a new key, and the private one: "EC -pkeyopt ec_paramgen_curve:P-256".
local function pem(kind)
  local key = openssl.run("genpkey -algorithm " .. kind .. " 2>/dev/null", "")
  assert.matches("PRIVATE KEY", key)
  return openssl.run("pkey -pubout", key), key
end

local P256 = "EC -pkeyopt ec_paramgen_curve:P-256"
local RSA = "RSA -pkeyopt rsa_keygen_bits:"

local function decoded(base64url)
  local base64 = base64url:gsub("-", "+"):gsub("_", "/")
  return openssl.run("base64 -d -A", base64 .. ("="):rep(-#base64 % 4))
end

local function header(jwe)
  return cjson.decode(decoded(jwe:match "^[^.]+"))
end

-- A point on P-256, as it comes from openssl.
local X, Y
setup(function()
  local point = openssl.run("pkey -pubin -outform DER", (pem(P256))):sub(-64)
  local function base64url(bytes) return (openssl.run("base64 -A", bytes):gsub("+", "-"):gsub("/", "_"):gsub("=", "")) end
  X, Y = base64url(point:sub(1, 32)), base64url(point:sub(33))
end)

--- A JWK of a P-256 key, with these members more.
local function jwk(members)
  local made = { kty = "EC", crv = "P-256", x = X, y = Y }
  for key, value in pairs(members or {}) do
    made[key] = value
  end
  return made
end

--- What is said of a recipient that does not do, behind its "cards.seal: invalid_request: ".
local function refusal(recipient)
  local sealed, err = cards.seal({ number = cards.secret(PAN, "pan") }, recipient)
  assert.is_nil(sealed)
  assert.equal("invalid_request", err.kind)
  assert.is_false(err.retryable)
  return err.message
end

describe("a recipient", function()
  it("is a key of one of three kinds, whose alg it is", function()
    for kind, alg in pairs { [P256] = "ECDH-ES", X25519 = "ECDH-ES", [RSA .. "2048"] = "RSA-OAEP-256" } do
      local key = pem(kind)
      for _, recipient in ipairs { key, { key = key }, { key = key, alg = alg, enc = "A256GCM" } } do
        local got = header(assert(cards.seal({ a = 1 }, recipient)))
        assert.equal(alg, got.alg)
        assert.equal("A256GCM", got.enc)
      end
    end
  end)

  it("is a JWK as text or table", function()
    local key = jwk { kid = "key 1", use = "enc", alg = "ECDH-ES", ext = true, key_ops = { "deriveBits" } }
    for _, recipient in ipairs { key, cjson.encode(key), { key = key }, { key = " " .. cjson.encode(key) } } do
      assert.equal("key 1", header(assert(cards.seal({ a = 1 }, recipient))).kid)
    end
  end)

  it("puts into the header what it names, and when", function()
    local before = os.time()
    local got = header(cards.seal({ a = 1 }, {
      key = jwk(), purpose = "zeigen für dich", audience = "https://shop.example", nonce = "n-1", role = "cardholder", request_id = "r-1", ttl = 5,
    }))
    assert.equal("zeigen für dich", got.purpose)
    assert.equal("https://shop.example", got.audience)
    assert.equal("n-1", got.nonce)
    assert.equal(5, got.exp - got.iat)
    assert.is_true(got.iat >= before and got.iat <= os.time())
    assert.is_nil(got.role)
    assert.is_nil(got.request_id)
    got = header(cards.seal({ a = 1 }, jwk()))
    assert.equal(60, got.exp - got.iat)
    assert.is_nil(got.purpose)
  end)

  it("has the thumbprint of its JWK", function()
    local rsa = cjson.encode { -- RFC 7638, section 3.1
      kty = "RSA", e = "AQAB", kid = "2011-04-29",
      n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t"
        .. "Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
        .. "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }
    local key, alg = core.recipient(rsa)
    assert.equal("RSA-OAEP-256", alg)
    assert.equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", core.thumbprint(key))
  end)

  it("is no private key, in whatever form, and shows nothing of it", function()
    for _, kind in ipairs { P256, "X25519", RSA .. "2048" } do
      local _, private = pem(kind)
      assert.equal("recipient.key is a private key: give the public one only", refusal { key = private })
    end
    for _, member in ipairs { "d", "p", "q", "dp", "dq", "qi", "oth", "k" } do
      assert.equal("the recipient is a private key: give the public one only", refusal(jwk { [member] = "AAAA" }))
      assert.equal("recipient.key is a private key: give the public one only", refusal { key = cjson.encode(jwk { [member] = "AAAA" }) })
    end
    assert.equal("the recipient is no public key", refusal { kty = "oct", k = "AAAA" })
  end)

  it("is neither too small nor of another kind", function()
    assert.equal("recipient.key is an RSA key of less than 2048 bits", refusal { key = (pem(RSA .. "1024")) })
    assert.equal("recipient.key has another curve than P-256", refusal { key = (pem "EC -pkeyopt ec_paramgen_curve:P-384") })
    assert.equal("recipient.key signs, and does not encrypt: use P-256, X25519 or RSA", refusal { key = (pem "ED25519") })
    for _, text in ipairs { "", "a key" } do assert.equal("the recipient is neither PEM, JWK nor base64 of DER", refusal(text)) end
  end)

  it("is a point on its curve", function()
    local key = jwk()
    key.y = key.x
    assert.matches("^the recipient ", refusal(key))
    for _, x in ipairs { ("A"):rep(43), "AQ", ("_"):rep(42) .. "8" } do
      assert.matches("^the recipient ", refusal(jwk { x = x }))
    end
  end)

  it("is for encryption by what its JWK says", function()
    assert.equal("the recipient has a use that is not enc", refusal(jwk { use = "sig" }))
    assert.equal("the recipient has key_ops that do not encrypt", refusal(jwk { key_ops = { "verify" } }))
    assert.equal("the recipient has key_ops that are no list", refusal(jwk { key_ops = "verify" }))
    assert.equal("the recipient is for another alg than ECDH-ES", refusal(jwk { alg = "ES256" }))
    assert.equal("the recipient is for another alg than ECDH-ES", refusal(jwk { alg = "ECDH-ES+A256KW" }))
    assert.equal("the recipient is for another alg than ECDH-ES", refusal(jwk { alg = 5 }))
    assert.equal("recipient.alg must be ECDH-ES for this key", refusal { key = jwk(), alg = "RSA-OAEP-256" })
    local ed25519 = { kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", alg = "EdDSA" }
    assert.matches("^the recipient signs, and does not encrypt", refusal(ed25519))
  end)

  it("has no member where its JWK has a null, as some programs write for what is not there", function()
    local text = cjson.encode(jwk { kid = "key 1" }):gsub("}$", ',"d":null,"k":null,"use":null,"key_ops":null,"alg":null,"oth":null}')
    assert.equal("key 1", header(assert(cards.seal({ a = 1 }, text))).kid)
    assert.is_nil(header(assert(cards.seal({ a = 1 }, (text:gsub('"key 1"', "null"))))).kid)
  end)

  it("may be a table with nulls of cjson, as a JWK that was decoded has them", function()
    assert.equal("key 1", header(assert(cards.seal({ a = cjson.null }, jwk { kid = "key 1", use = cjson.null, d = cjson.null, more = { cjson.null } }))).kid)
  end)

  it("has a name that stays as it was written", function()
    for _, kid in ipairs { [[a\u0000b]], [[\ud800]] } do
      assert.equal("the recipient has a kid with \\u0000 or half a surrogate pair in it", refusal((cjson.encode(jwk { kid = "@" }):gsub("@", kid))))
    end
    assert.equal("the recipient cannot be named: its kid must be a string that is not empty", refusal(jwk { kid = 5 }))
    assert.equal("the recipient cannot be named: its kid must be a string that is not empty", refusal(jwk { kid = "" }))
  end)

  it("is JSON that can be read in one way, or none", function()
    assert.equal("the recipient is no JSON: JSON that ends too early at byte 12", refusal '{"kty":"EC"')
    assert.matches("^the recipient is ", refusal '{"kty":"EC","kty":"RSA"}')
    assert.matches("members that are no texts", refusal(jwk { x = 5 }))
    assert.matches("^the recipient ", refusal("{" .. ('"a":{'):rep(100000)))
    assert.matches("^recipient.key ", refusal { key = ("x"):rep(100000) })
  end)

  it("has texts that anybody may see", function()
    for _, key in ipairs { "purpose", "audience", "nonce", "role", "request_id" } do
      assert.equal(("recipient.%s has a card's number in it, and is not encrypted"):format(key), refusal { key = jwk(), [key] = "no " .. PAN })
      assert.matches("control character", refusal { key = jwk(), [key] = "a\nb" })
      assert.matches("longer than 256 bytes", refusal { key = jwk(), [key] = ("x"):rep(257) })
      assert.matches("must be a string", refusal { key = jwk(), [key] = 5 })
    end
    assert.matches("cannot be named: its kid has a card's number", refusal(jwk { kid = PAN }))
    assert.equal("the recipient has a text that is not valid UTF-8, or is too long", refusal { key = jwk(), purpose = "\255" })
    assert.matches("recipient.ttl must be a whole number", refusal { key = jwk(), ttl = 0.5 })
    assert.equal("recipient.enc must be one of A256GCM", refusal { key = jwk(), enc = "A128GCM" })
  end)

  it("has what stands in its table, and nothing that a metatable adds to it", function()
    local more = { __index = { purpose = "no " .. PAN, audience = { "x" }, ttl = -1 }, __pairs = function() return next, {} end }
    local inherited = setmetatable({ key = jwk() }, more)
    local got = header((assert(cards.seal({}, inherited))))
    assert.same({ nil, nil, 60 }, { got.purpose, got.audience, got.exp - got.iat })
    assert.is_false((pcall(cards.seal, {}, setmetatable({}, { __index = { key = 5 } }))))
    assert.equal("the recipient has key_ops that do not encrypt", refusal(jwk { key_ops = { a = "sign" } }))
  end)

  it("is raised about where the program is wrong", function()
    local function raised(...)
      local ok, message = pcall(function(...) return (cards.seal(...)) end, ...)
      assert.is_false(ok)
      return message
    end
    local message = raised({}, { key = "x", porpose = "y" })
    assert.matches("recipient_spec.lua:%d+: cards.seal: recipient: unknown key 'porpose' %(did you mean 'purpose'%?%)", message)
    assert.matches("recipient.key is required", raised({}, { purpose = "y" }))
    assert.matches("the recipient must be a public key or a table of settings with one", raised({}, 5))
    assert.matches("a table of values is required", raised("x", jwk()))
  end)
end)
