--- Keys for which nothing may be sealed, as others have printed or would forge them: each is refused with a message that shows nothing of it.

local cards = require "cards"
local core = require "cards.core"
local openssl = require "support.openssl"

local function hex(text) return (text:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)) end
local function base64url(bytes) return (openssl.run("base64 -A", bytes):gsub("+", "-"):gsub("/", "_"):gsub("=", "")) end

-- RFC 7518, appendix C.
local X, Y = "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"
-- The prime of P-256.
local P = hex "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

local function ec(members)
  local made = { kty = "EC", crv = "P-256", x = X, y = Y }
  for name, value in pairs(members) do made[name] = value end
  return made
end

--- Sealing is refused, in both functions and in every form, by one message that begins with the key's name and has none of its values.
local function must_be_refused(key, wanted)
  local number = assert(cards.secret("4111111111111111", "pan"))
  local forms = { key }
  if type(key) == "table" then
    local text = core.tree(key)
    if text then forms[2] = text end
  end
  for _, form in ipairs(forms) do
    for _, recipient in ipairs { form, { key = form, purpose = "show_card" } } do
      for _, seal in ipairs { function() return cards.seal({ number = number }, recipient) end, function() return number:seal(recipient) end } do
        local sealed, err = seal()
        assert.is_nil(sealed, wanted)
        assert.equal("invalid_request", err.kind)
        assert.matches(type(recipient) == "table" and recipient.purpose and "^recipient%.key " or "^the recipient ", err.message)
        if wanted then assert.matches(wanted, err.message, 1, true) end
        for _, value in pairs(type(key) == "table" and key or { key }) do
          if type(value) == "string" and #value > 12 then assert.is_nil(tostring(err):find(value:sub(1, 12), 1, true)) end
        end
      end
    end
  end
  number:close()
end

local WRONG = "is a JWK with members that are missing or wrong"
local NUMBERS = "has numbers that are no key"

describe("sealing is refused for", function()
  it("a point that is not on P-256, or whose coordinates are no numbers below its prime", function()
    local zero = base64url(("\0"):rep(32))
    for _, point in ipairs {
      { x = Y, y = X }, { x = X, y = X }, { x = zero, y = zero }, { x = base64url(P), y = Y }, { x = X, y = base64url(P) },
      { x = base64url(("\255"):rep(32)), y = Y }, { y = Y:sub(1, -2) .. "g" },
    } do
      must_be_refused(ec(point), NUMBERS)
    end
  end)

  it("a coordinate that is too short or too long", function()
    for _, size in ipairs { 1, 31, 33, 64 } do
      must_be_refused(ec { x = base64url(("\1"):rep(size)) }, WRONG)
      must_be_refused(ec { y = base64url(("\1"):rep(size)) }, WRONG)
    end
    must_be_refused(ec { x = "" }, WRONG)
    must_be_refused({ kty = "EC", crv = "P-256", x = X }, WRONG)
  end)

  it("the point at infinity", function()
    -- SubjectPublicKeyInfo of P-256 with the one byte 0 for a point.
    local der = hex "3019 3013 06072a8648ce3d0201 06082a8648ce3d030107 0302 0000"
    must_be_refused((openssl.run("base64 -A", der)), NUMBERS)
  end)

  it("a point of X25519 with a small order", function()
    for _, point in ipairs {
      ("00"):rep(32), "01" .. ("00"):rep(31),
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ec" .. ("ff"):rep(30) .. "7f", "ed" .. ("ff"):rep(30) .. "7f", "ee" .. ("ff"):rep(30) .. "7f",
    } do
      local number = assert(cards.secret("4111111111111111", "pan"))
      local sealed, err = cards.seal({ number = number }, { kty = "OKP", crv = "X25519", x = base64url(hex(point)) })
      assert.is_nil(sealed, point)
      assert.equal("invalid_request", err.kind)
    end
  end)

  it("an RSA key that is small, even, or has an exponent that is none", function()
    local function modulus(bits, last) return base64url(string.char(2 ^ ((bits - 1) % 8)) .. ("\170"):rep(math.ceil(bits / 8) - 2) .. last) end
    for _, bits in ipairs { 512, 1024, 2047 } do
      must_be_refused({ kty = "RSA", n = modulus(bits, "\1"), e = "AQAB" }, "is an RSA key of less than 2048 bits")
    end
    must_be_refused({ kty = "RSA", n = modulus(8193, "\1"), e = "AQAB" }, "is an RSA key of more than 8192 bits")
    must_be_refused({ kty = "RSA", n = modulus(2048, "\2"), e = "AQAB" }, NUMBERS)
    for _, e in ipairs { "AQ", "Ag", "BA", "AQAA", "AQAAAAAAAAAB" } do
      must_be_refused({ kty = "RSA", n = modulus(2048, "\1"), e = e }, NUMBERS)
    end
    must_be_refused({ kty = "RSA", n = modulus(2048, "\1") })
  end)

  it("a key of another kind", function()
    must_be_refused({ kty = "EC", crv = "secp256k1", x = X, y = Y }, WRONG)
    must_be_refused({ kty = "OKP", crv = "X448", x = X }, WRONG)
    must_be_refused({ kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, "signs, and does not encrypt")
    must_be_refused({ kty = "AKP", x = X }, "is a JWK of a type that is not known")
  end)

  it("base64url that is none", function()
    for _, x in ipairs { X .. "=", X .. "A=", X:sub(1, 20) .. " " .. X:sub(22), X:sub(1, 20) .. "+" .. X:sub(22), X:sub(1, 20) .. "\n" .. X:sub(22) } do
      must_be_refused(ec { x = x }, "is a JWK with members that are no base64url")
    end
    must_be_refused(ec { y = Y:sub(1, -2) .. "l" }, WRONG) -- the same bytes: two bits behind them are not 0
  end)

  it("JSON that is long, deep, or says a thing twice", function()
    must_be_refused('{"kty":"EC","crv":"P-256","x":"' .. X .. '","y":"' .. Y .. '","x":"' .. X .. '"}')
    must_be_refused('{"a":' .. ("["):rep(100000) .. ("]"):rep(100000) .. "}")
    must_be_refused(('{"kty":"EC","kid":"%s"}'):format(("x"):rep(2 ^ 20)))
    must_be_refused(("A"):rep(2 ^ 20))
  end)
end)
