--- What a definition says is encrypted: texts of an answer and parts of a request, as OpenSSL's program encrypts and decrypts them.

local cards = require "cards"
local acme = require "support.acme"
local cjson = require "cjson"
local core = require "cards.core"
local leak = require "support.leak"
local openssl = require "support.openssl"

local function file_of(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

local private_key, public_key, key_file, public_file

setup(function()
  private_key = openssl.run("genrsa 2048 2>/dev/null", "")
  key_file = file_of(private_key)
  public_key = openssl.run(("pkey -in '%s' -pubout"):format(key_file), "")
  public_file = file_of(public_key)
end)

teardown(function()
  os.remove(key_file)
  os.remove(public_file)
end)

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local KEY = ("k"):rep(32)
local IV = "0123456789abcdef"
local CARD = [[{"data":{"id":"1","pan":"4111111111111111","cvv":"123"}}]]

local function aes(mode, text, iv)
  return openssl.run(("enc -aes-256-%s -K %s %s"):format(mode, hex(KEY), iv and "-iv " .. hex(iv) or ""), text)
end

local function rsa(padding, text)
  return openssl.run(("pkeyutl -encrypt -pubin -inkey '%s' %s"):format(public_file, padding), text)
end

local OAEP = "-pkeyopt rsa_padding_mode:oaep"
local OAEP256 = OAEP .. " -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"

--- Defines acme with this response and these credentials.
local function define(response, credentials)
  return cards.define(acme.definition({ success = {}, response = response }, { credentials = credentials, auth = {} }))
end

--- What `show` returns for an answer.
local function read(response, credentials, body, keys, status)
  define(response, credentials)
  return core.read("acme", "show", status or 200, body, keys)
end

local FIELDS = { id = "string", pan = "pan", cvv = "cvv" }
local BYTES = { key = { type = "bytes", encoding = "hex" } }
local PEM = { private_key = { type = "pem" } }
local KEYS = { key = hex(KEY) }

local function assert_card(record, err)
  assert.is_nil(err)
  assert.equal("1", record.id)
  assert.equal("4111111111111111", record.pan:reveal())
  assert.equal("pan", record.pan.class)
  assert.equal("123", record.cvv:reveal())
end

local function assert_undecrypted(place, record, err)
  assert.is_nil(record)
  assert.equal("protocol", err.kind)
  assert.equal(place .. ": it cannot be decrypted", err.message)
end

describe("decrypt of a definition", function()
  it("opens a member that is JSON, wherever the IV is", function()
    local cases = {
      { { iv = "zero" }, leak.base64(aes("cbc", CARD, ("\0"):rep(16))) },
      { {}, leak.base64(IV .. aes("cbc", CARD, IV)) },
      { { iv = "suffix", encoding = "hex" }, hex(aes("cbc", CARD, IV) .. IV) },
      { { iv = "iv" }, leak.base64(aes("cbc", CARD, IV)), leak.base64(IV) },
      { { type = "aes-ctr", iv = "zero" }, leak.base64(aes("ctr", CARD, ("\0"):rep(16))) },
      { { type = "aes-ecb" }, leak.base64(aes("ecb", CARD)) },
    }
    for _, case in ipairs(cases) do
      local spec = { type = "aes-256-cbc", at = "encrypted.data", key = "key", json = true }
      for key, value in pairs(case[1]) do
        spec[key] = value
      end
      local body = cjson.encode { encrypted = { data = case[2] }, iv = case[3] }
      assert_card(read({ decrypt = spec, root = "data", fields = FIELDS }, BYTES, body, KEYS))
    end
  end)

  it("opens all of an answer, whatever its form", function()
    local spec = { type = "aes-cbc", key = "key", json = true }
    local text = leak.base64(IV .. aes("cbc", CARD, IV))
    assert_card(read({ decrypt = spec, root = "data", fields = FIELDS }, BYTES, text .. "\n", KEYS))
    assert_card(read({ decrypt = spec, root = "data", fields = FIELDS }, BYTES, '"' .. text .. '"', KEYS))
  end)

  it("opens texts with a byte order mark at their beginning", function()
    local mark, spec = "\239\187\191", { type = "aes-cbc", key = "key", json = true }
    local text = leak.base64(IV .. aes("cbc", mark .. CARD, IV))
    assert_card(read({ decrypt = spec, root = "data", fields = FIELDS }, BYTES, mark .. text, KEYS))
    local fields = { pan = { type = "pan", decrypt = { type = "aes-cbc", key = "key" } } }
    local body = cjson.encode { pan = leak.base64(IV .. aes("cbc", mark .. "4111111111111111", IV)) }
    assert.equal("4111111111111111", assert(read({ fields = fields }, BYTES, body, KEYS)).pan:reveal())
  end)

  it("opens nothing where there is no text", function()
    local decrypt = { type = "aes-cbc", key = "key" }
    local fields = { id = "string", pan = { type = "pan", decrypt = decrypt }, s = { type = "string", decrypt = decrypt } }
    for _, empty in ipairs { "null", "[]", "{}" } do
      assert.same({ id = "1" }, (assert(read({ fields = fields }, BYTES, ('{"id":"1","pan":%s,"s":%s}'):format(empty, empty), KEYS))))
    end
    assert_undecrypted("pan", read({ fields = fields }, BYTES, '{"id":"1","pan":""}', KEYS)) -- an encrypted text is never empty
  end)

  it("opens fields by RSA, each by its own way", function()
    local fields = { id = "string", pan = { type = "pan", decrypt = { type = "rsa-oaep-sha256", key = "private_key" } },
      cvv = { type = "cvv", decrypt = { type = "rsa-pkcs1", key = "private_key", encoding = "hex" } } }
    local body = cjson.encode { id = "1", pan = leak.base64(rsa(OAEP256, "4111111111111111")), cvv = hex(rsa("", "123")) }
    assert_card(read({ fields = fields }, PEM, body, { private_key = private_key }))
    local decrypt = { { type = "rsa-oaep", key = "private_key", at = "pan" }, { type = "rsa-pkcs1", key = "private_key", at = "cvv", encoding = "hex" } }
    local mixed = OAEP .. " -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1"
    fields.pan.decrypt.type = "rsa-oaep-sha256-mgf1-sha1"
    body = cjson.encode { id = "1", pan = leak.base64(rsa(mixed, "4111111111111111")), cvv = hex(rsa("", "123")) }
    assert_card(read({ fields = fields }, PEM, body, { private_key = private_key }))
    body = cjson.encode { id = "1", pan = leak.base64(rsa(OAEP, "4111111111111111")), cvv = hex(rsa("", "123")) }
    assert_card(read({ fields = FIELDS, decrypt = decrypt }, PEM, body, { private_key = private_key }))
  end)

  it("opens a key that stands in the answer, and keeps fields from beside the text", function()
    local outer = { number = "string", ["meta.kind"] = "string" }
    local response = { fields = { pan = "pan", cvv = "cvv" }, root = "data", outer = outer, decrypt = {
      type = "aes-cbc", at = "payload", iv = "zero", json = true, key = { at = "key", type = "rsa-oaep-sha256", key = "private_key" } } }
    local body = cjson.encode { number = "9", meta = { kind = "x" }, key = leak.base64(rsa(OAEP256, KEY)),
      payload = leak.base64(aes("cbc", CARD, ("\0"):rep(16))) }
    local record, err = read(response, PEM, body, { private_key = private_key })
    assert.is_nil(err)
    assert.same({ "9", "x", "4111111111111111" }, { record.number, record.meta.kind, record.pan:reveal() })
  end)

  it("keeps an object alone from beside the text as the list of it", function()
    local decrypt = { type = "aes-cbc", at = "payload", iv = "zero", key = "key", json = true }
    local response = { fields = { pan = "pan" }, root = "data", outer = { ["links[].rel"] = "string" }, decrypt = decrypt }
    local payload = leak.base64(aes("cbc", CARD, ("\0"):rep(16)))
    for _, links in ipairs { { rel = "x", href = "y" }, { { rel = "x" } } } do
      assert.same({ { rel = "x" } }, assert(read(response, BYTES, cjson.encode { links = links, payload = payload }, KEYS)).links)
    end
  end)

  it("says one thing for all that fails", function()
    local spec = { type = "aes-cbc", at = "data", key = "key", iv = "zero", json = true }
    local response = { decrypt = spec, root = "data", fields = FIELDS }
    local good = aes("cbc", CARD, ("\0"):rep(16))
    local cut, changed = good:sub(1, -17), good:sub(1, -2) .. string.char((good:byte(-1) + 1) % 256)
    for _, data in ipairs { leak.base64(cut), leak.base64(changed), leak.base64(aes("cbc", "no JSON", ("\0"):rep(16))), "", "?",
      leak.base64(good:sub(1, -2)) } do
      assert_undecrypted("data", read(response, BYTES, cjson.encode { data = data }, KEYS))
    end
    assert_undecrypted("data", read(response, BYTES, cjson.encode { data = leak.base64(good) }, { key = hex(("x"):rep(32)) }))
    assert_undecrypted("data", read(response, BYTES, cjson.encode { data = 5 }, KEYS))
    assert_undecrypted("data", read(response, BYTES, "{}", KEYS))
    assert_undecrypted("data", read(response, BYTES, cjson.encode { data = leak.base64(good) }, {}))
    local field = { fields = { pan = { type = "pan", decrypt = { type = "rsa-pkcs1", key = "private_key" } } } }
    local text = rsa("", "4111111111111111")
    local other = text:sub(1, -2) .. string.char((text:byte(-1) + 1) % 256)
    for _, one in ipairs { text:sub(1, -2), other, "", ("x"):rep(256) } do
      assert_undecrypted("pan", read(field, PEM, cjson.encode { pan = leak.base64(one) }, { private_key = private_key }))
    end
    spec.at = nil
    assert_undecrypted("the answer", read(response, BYTES, leak.base64(cut), KEYS))
  end)

  it("leaves errors as they came", function()
    local response = { decrypt = { type = "aes-cbc", key = "key", json = true }, fields = FIELDS }
    local _, err = read(response, BYTES, [[{"error":{"code":"E1","message":"not yours"}}]], KEYS, 404)
    assert.same({ "not_found", "E1", "not yours" }, { err.kind, err.code, err.message })
  end)

  it("opens JWE", function()
    local response = { decrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = "private_key", at = "jwe", json = true }, root = "data",
      fields = FIELDS }
    local request = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = "public_key", at = "body" }
    local last = acme.sent { operation = { method = "POST", params = { card_id = {}, data = { type = "object" } }, encrypt = request },
      config = { public_key = public_key }, params = { data = { id = "1", pan = cards.secret "4111111111111111", cvv = "123" } } }
    assert.equal("application/jose", last.headers["content-type"])
    assert_card(read(response, PEM, cjson.encode { jwe = last.body }, { private_key = private_key }))
    response.decrypt.enc = "A128GCM"
    assert_undecrypted("jwe", read(response, PEM, cjson.encode { jwe = last.body }, { private_key = private_key }))
  end)
end)

describe("encrypt of a definition", function()
  it("encrypts an object or a text in the body, in its place", function()
    local params = { card_id = {}, pan = { into = "body.data.pan" }, id = { into = "body.data.id" }, pin = {}, plain = {} }
    local last = acme.sent { operation = { method = "POST", params = params, encrypt = {
      { type = "aes-cbc", key = "key", at = "body.data", encoding = "hex" }, { type = "rsa-oaep-sha256", key = "public_key", at = "body.pin" } } },
      overrides = { credentials = BYTES }, config = { key = hex(KEY), public_key = public_key },
      params = { pan = "4111", id = "1\n2", pin = "1234", plain = "x" } }
    local body = cjson.decode(last.body)
    assert.equal("x", body.plain)
    local bytes = body.data:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
    local opened = openssl.run(("enc -d -aes-256-cbc -K %s -iv %s"):format(hex(KEY), hex(bytes:sub(1, 16))), bytes:sub(17))
    assert.same({ pan = "4111", id = "1\n2" }, cjson.decode(opened))
    local pin = openssl.run("base64 -d -A", body.pin)
    assert.equal("1234", openssl.run(("pkeyutl -decrypt -inkey '%s' %s"):format(key_file, OAEP256), pin))
  end)

  it("makes a session key for each call, and sends our public key", function()
    local params = { card_id = {}, key = { session = 32, wrap = { type = "rsa-pkcs1", key = "public_key", encoding = "hex" }, into = "body.key" },
      ours = { public_of = "private_key", into = "header", wire = "X-Key" } }
    local decrypt = { type = "aes-cbc", key = "session", at = "data", json = true }
    local operation = { method = "POST", params = params, response = { decrypt = decrypt, fields = FIELDS } }
    local seen = {}
    for i = 1, 2 do
      local last = acme.sent { operation = operation, config = { public_key = public_key, private_key = private_key } }
      local wrapped = cjson.decode(last.body).key:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
      seen[i] = openssl.run(("pkeyutl -decrypt -inkey '%s'"):format(key_file), wrapped)
      assert.equal(32, #seen[i])
      assert.equal(public_key:gsub("%-%-%-%-%-[^-]+%-%-%-%-%-", ""):gsub("%s", ""), last.headers["x-key"])
    end
    assert.not_equal(seen[1], seen[2])
  end)

  it("sends our key as a JWK, and wraps the text of a session key", function()
    local params = { card_id = {}, jwk = { public_of = "private_key", encoding = "jwk" },
      key = { session = 16, wrap = { type = "rsa-oaep", key = "public_key", over = "{session|hex}" }, into = "body.key" } }
    local last = acme.sent { operation = { method = "POST", params = params }, config = { public_key = public_key, private_key = private_key } }
    local body = cjson.decode(last.body)
    assert.same({ "RSA", "AQAB" }, { body.jwk.kty, body.jwk.e })
    assert.is_nil(body.jwk.d)
    local text = openssl.run(("pkeyutl -decrypt -inkey '%s' %s"):format(key_file, OAEP), openssl.run("base64 -d -A", body.key))
    assert.matches("^%x+$", text)
    assert.equal(32, #text)
  end)

  it("refuses keys that are none in new", function()
    local operation = { method = "POST", params = { card_id = {}, pin = {} }, encrypt = { type = "rsa-oaep", key = "public_key", at = "body.pin" } }
    local module = cards.define(acme.definition(operation))
    assert.error_matches(function() acme.client(module, { public_key = "x" }) end, "cards.acme.new: public_key is neither PEM, JWK nor base64 of DER")
    operation = { response = { decrypt = { type = "aes-256-cbc", key = "key", at = "pan" }, fields = FIELDS } }
    module = cards.define(acme.definition(operation))
    assert.error_matches(function() acme.client(module, { key = "short" }) end, "cards.acme.new: key ")
    assert.is_userdata(acme.client(module, { key = KEY }))
    operation = { response = { decrypt = { type = "rsa-oaep", key = "key", at = "pan" }, fields = FIELDS } }
    module = cards.define(acme.definition(operation))
    assert.error_matches(function() acme.client(module, { key = public_key }) end, "cards.acme.new: key is a public key where a private one is needed")
  end)
end)

describe("a mistake in an encryption", function()
  local function mistake(operation)
    local list = cards.define.check(acme.definition(operation))
    return list[1] and list[1].message or "none"
  end

  local function answer(decrypt)
    return mistake { response = { decrypt = decrypt, fields = FIELDS } }
  end

  it("is told with its place", function()
    assert.matches("operations.show.response.decrypt.type must be one of aes%-128%-cbc", answer { type = "aes", key = "k", json = true })
    assert.matches("decrypt.key is required", answer { type = "aes-cbc", json = true }, 1, true)
    assert.matches("decrypt.iv is not for aes-ecb", answer { type = "aes-ecb", key = "k", iv = "zero", json = true }, 1, true)
    assert.matches("decrypt.tag is not for aes-cbc", answer { type = "aes-cbc", key = "k", tag = "suffix", json = true }, 1, true)
    assert.matches("decrypt.alg is for the type jwe", answer { type = "aes-cbc", key = "k", alg = "dir", json = true }, 1, true)
    assert.matches("decrypt.alg must be one of RSA-OAEP", answer { type = "jwe", key = "k", alg = "none", json = true }, 1, true)
    assert.matches("decrypt.encoding must be one of base64", answer { type = "aes-cbc", key = "k", encoding = "b64", json = true }, 1, true)
    assert.matches("decrypt.key: no parameter makes a session key", answer { type = "aes-cbc", key = "session", json = true }, 1, true)
    assert.matches("decrypt.json must be true where the whole answer is encrypted", answer { type = "aes-cbc", key = "k" }, 1, true)
    assert.matches("decrypt.at: no field is declared there", answer { type = "aes-cbc", key = "k", at = "x" }, 1, true)
    assert.matches("encrypt.at must be \"body\", or a path", mistake { method = "POST", encrypt = { type = "rsa-oaep", key = "k", at = "data" } }, 1, true)
    assert.matches("encrypt.at: nothing goes there", mistake { method = "POST", encrypt = { type = "rsa-oaep", key = "k", at = "body.x" } }, 1, true)
    assert.matches("params.k.wrap is required", mistake { method = "POST", params = { card_id = {}, k = { session = 32 } } }, 1, true)
    assert.matches("params.k.wrap.at is for what stands in a body", mistake { method = "POST", params = { card_id = {},
      k = { session = 32, wrap = { type = "rsa-oaep", key = "k", at = "body.k" } } } }, 1, true)
    local function wrapped(key, value)
      return answer { type = "aes-cbc", json = true, at = "data", key = { type = "rsa-oaep", key = "k", at = "key", [key] = value } }
    end
    assert.matches("decrypt.key.over is for the wrap of a session key", wrapped("over", "{session}"), 1, true)
    assert.matches("decrypt.key.json is for a text that is no key", wrapped("json", true), 1, true)
    assert.matches("params.k.session must be the bytes", mistake { method = "POST", params = { card_id = {}, k = { session = 5 } } }, 1, true)
  end)
end)

describe("an example of a definition that is plain", function()
  it("has what is encrypted as an object, a text of JSON, or the value of a field", function()
    local aes_key = { type = "aes-cbc", key = "key", at = "data", json = true }
    local response = { decrypt = aes_key, fields = FIELDS }
    define(response, BYTES)
    for _, data in ipairs { { id = "1", pan = "4111111111111111", cvv = "123" }, [[{"id":"1","pan":"4111111111111111","cvv":"123"}]] } do
      assert_card(core.read("acme", "show", 200, cjson.encode { data = data }, true))
    end
    assert_undecrypted("data", core.read("acme", "show", 200, "{}", true))
    define({ fields = { id = "string", cvv = "cvv", pan = { type = "pan", decrypt = { type = "rsa-oaep", key = "private_key" } } } }, PEM)
    assert_card(core.read("acme", "show", 200, [[{"id":"1","pan":"4111111111111111","cvv":"123"}]], true))
  end)
end)

describe("a description", function()
  it("tells what is encrypted, and with which key", function()
    define({ fields = { id = "string", cvv = { type = "cvv", decrypt = { type = "jwe", enc = "A256GCM", key = "private_key" } } }, decrypt = {
      type = "aes-cbc", at = "data", json = true, key = { at = "key", type = "rsa-oaep", key = "private_key" } } }, PEM)
    assert.same({ { at = "data", type = "aes-cbc", key = "private_key", wrapped = true, json = true }, { at = "cvv", type = "jwe", enc = "A256GCM",
      key = "private_key" } }, cards.describe("acme", "show").response.decrypt)
  end)
end)
