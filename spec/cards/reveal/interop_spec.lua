--- What is sealed is opened by others: by a browser's WebCrypto, by jose of npm, and by Debian's jose. And what those encrypt is opened by a definition.

local cards = require "cards"
local cjson = require "cjson"
local core = require "cards.core"
local leak = require "support.leak"
local openssl = require "support.openssl"
local program = require "support.program"

local KINDS = {
  { kind = "P-256", alg = "ECDH-ES" },
  { kind = "X25519", alg = "ECDH-ES" },
  { kind = "RSA", alg = "RSA-OAEP-256", bits = 2048 },
  { kind = "RSA", alg = "RSA-OAEP-256", bits = 3072 },
  { kind = "RSA", alg = "RSA-OAEP-256", bits = 4096 },
}
local SIZES = { 0, 1, 2, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 4096, 65535, 65536 }
local PAN, CVV = "4111111111111111", "123"

local function with_file(text, run)
  local path = program.file(text)
  local output, status = run(path)
  os.remove(path)
  return output, status
end

--- Asks spec/cards/reveal/peer.mjs all at once.
local function peers(requests)
  local output = with_file(cjson.encode(requests), function(path) return program.shell("node spec/cards/reveal/peer.mjs " .. path) end)
  local ok, answers = pcall(cjson.decode, output)
  assert.is_true(ok, output)
  for _, answer in ipairs(answers) do assert.is_nil(answer.error) end
  return answers
end

local function text_of(jwk) return (cjson.encode(jwk):gsub("\\/", "/")) end

--- A certificate of a public key, in PEM. Somebody else's key signs it, as X25519 cannot.
local function certificate(pem)
  local signer = program.file(openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null", ""))
  local made = with_file(pem, function(path)
    return openssl.run(("x509 -new -force_pubkey %s -signkey %s -subj /CN=spec 2>/dev/null"):format(path, signer), "")
  end)
  os.remove(signer)
  return made
end

--- The forms in which a recipient may be given.
local function forms(key)
  local jwk = key.jwk
  return {
    ["a JWK as text"] = text_of(jwk),
    ["a JWK as a table"] = jwk,
    ["a PEM"] = key.pem,
    ["a certificate"] = certificate(key.pem),
    ["a JWK with a kid"] = { kty = jwk.kty, crv = jwk.crv, x = jwk.x, y = jwk.y, n = jwk.n, e = jwk.e, kid = "Schlüssel 1", use = "enc" },
  }
end

--- Bytes of every value.
local function bytes(size)
  local list = {}
  for i = 1, size do list[i] = string.char((i * 7 + size) % 256) end
  return table.concat(list)
end

local keys

--- What is done with each kind of key.
local function each_key(run)
  for i, entry in ipairs(KINDS) do run(entry, keys[i], ("%s %s"):format(entry.kind, entry.bits or "")) end
end

setup(function()
  local requests = {}
  for i, entry in ipairs(KINDS) do requests[i] = { ["do"] = "key", kind = entry.kind, bits = entry.bits } end
  keys = peers(requests)
end)

describe("what is sealed", function()
  it("is opened by WebCrypto and by jose, in whatever form the key was given", function()
    local requests, wanted = {}, {}
    each_key(function(entry, key, name)
      for form, recipient in pairs(forms(key)) do
        local jwe = assert(cards.seal({ number = cards.secret(PAN, "pan"), cvv = cards.secret(CVV, "cvv"), exp_month = 1, name = "Zoë" },
          { key = recipient, purpose = "zeigen für 受取人", audience = "https://shop.example/ü", nonce = "n-1", ttl = 30 }))
        for _, peer in ipairs { "webcrypto", "jose" } do
          table.insert(requests, { ["do"] = peer, jwe = jwe, private = key.private, kind = entry.kind, alg = entry.alg })
          table.insert(wanted, { name .. ", " .. form .. ", " .. peer, entry.alg, form == "a JWK with a kid" and "Schlüssel 1" or nil })
        end
      end
    end)
    assert.equal(#KINDS * 5 * 2, #requests)
    for i, answer in ipairs(peers(requests)) do
      local name, alg, kid = wanted[i][1], wanted[i][2], wanted[i][3]
      local header = answer.header
      assert.equal(leak.base64(('{"cvv":"%s","exp_month":1,"name":"Zoë","number":"%s"}'):format(CVV, PAN)), answer.text, name)
      assert.same({ alg, "A256GCM", "zeigen für 受取人", "https://shop.example/ü", "n-1", 30 },
        { header.alg, header.enc, header.purpose, header.audience, header.nonce, header.exp - header.iat }, name)
      assert.equal(kid, header.kid, name)
    end
  end)

  it("is as long as it was", function()
    local requests, wanted = {}, {}
    each_key(function(entry, key, name)
      for _, size in ipairs(SIZES) do
        local jwe = assert(assert(cards.secret(bytes(size))):seal(key.jwk))
        for _, peer in ipairs { "webcrypto", "jose" } do
          table.insert(requests, { ["do"] = peer, jwe = jwe, private = key.private, kind = entry.kind, alg = entry.alg })
          table.insert(wanted, { name .. " " .. size .. " " .. peer, leak.base64(bytes(size)) })
        end
      end
    end)
    for i, answer in ipairs(peers(requests)) do
      assert.is_true(wanted[i][2] == answer.text, wanted[i][1])
    end
  end)

  it("is opened by nobody else, and not when anything of it was changed", function()
    local requests = {}
    each_key(function(entry, key)
      local jwe = assert(cards.seal({ a = 1 }, { key = key.jwk, purpose = "show_card" }))
      local function ask(text, private)
        for _, peer in ipairs { "webcrypto", "jose" } do
          table.insert(requests, { ["do"] = peer, jwe = text, private = private, kind = entry.kind, alg = entry.alg })
        end
      end
      -- the place of each part where a letter is another one: within the purpose, the wrapped key, the IV, the text, the tag
      local at = 0
      for part in (jwe .. "."):gmatch "([^.]*)%." do
        local place = at + math.max(1, #part - 4)
        if #part > 0 then ask(jwe:sub(1, place - 1) .. (jwe:sub(place, place) == "A" and "B" or "A") .. jwe:sub(place + 1), key.private) end
        at = at + #part + 1
      end
      for i, other in ipairs(KINDS) do
        if other.kind == entry.kind and keys[i] ~= key then ask(jwe, keys[i].private) end
      end
    end)
    local output = with_file(cjson.encode(requests), function(path) return program.shell("node spec/cards/reveal/peer.mjs " .. path) end)
    local answers = cjson.decode(output)
    assert.equal(#requests, #answers)
    for i, answer in ipairs(answers) do
      assert.is_nil(answer.text, cjson.encode(requests[i]))
      assert.is_string(answer.error)
    end
  end)
end)

--- Opens an answer that is a JWE, as a client of a definition does.
local function read(jwe, private, alg)
  local module = cards.define {
    name = "sealed", base_url = "https://sealed.example", credentials = { private_key = { type = "pem" } },
    operations = { show = { path = "/", response = { decrypt = { type = "jwe", alg = alg, enc = "A256GCM", key = "private_key", json = true },
      fields = { number = "pan", cvv = "cvv", name = "string" } } } },
  }
  return core.read(module.provider, "show", 200, jwe, { private_key = cards.secret(text_of(private)) })
end

local CARD = ('{"number":"%s","cvv":"%s","name":"Zoë"}'):format(PAN, CVV)

local function must_be_the_card(record, err)
  assert(record, err)
  assert.equal(PAN, record.number:reveal())
  assert.equal(CVV, record.cvv:reveal())
  assert.equal("Zoë", record.name)
  record:close()
end

describe("what jose of npm encrypts", function()
  it("is opened", function()
    local requests = {}
    each_key(function(entry, key, name)
      requests[#requests + 1] = { ["do"] = "make", text = leak.base64(CARD), public = key.jwk, alg = entry.alg, header = { kid = name, purpose = "für" } }
    end)
    for i, answer in ipairs(peers(requests)) do must_be_the_card(read(answer.jwe, keys[i].private, KINDS[i].alg)) end
  end)
end)

describe("Debian's jose", function()
  local algs = program.shell "jose alg"

  --- Why it cannot be asked about a kind of key, or nil.
  local function missing(entry)
    if not algs:find "A256GCM" then return "there is no jose: Debian's package of that name" end
    if not ("\n" .. algs):find("\n" .. entry.alg .. "\n", 1, true) then return "this jose has no " .. entry.alg end
    return entry.kind == "X25519" and "this jose has no X25519" or nil
  end

  --- What the program writes, with a JWK in a file and an input. It wants other key_ops for ECDH-ES than WebCrypto has.
  local function jose(command, jwk, input)
    local bare = {}
    for _, member in ipairs { "kty", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi" } do bare[member] = jwk[member] end
    return with_file(text_of(bare), function(path)
      return with_file(input, function(from) return program.shell(("jose %s -k %s < %s"):format(command, path, from)) end)
    end)
  end

  for i, entry in ipairs(KINDS) do
    local name = ("%s %s"):format(entry.kind, entry.bits or "")
    it("opens what we seal, and we what it encrypts: " .. name, function()
      if missing(entry) then return pending(missing(entry)) end
      for _, recipient in pairs(forms(keys[i])) do
        local jwe = assert(cards.seal({ number = cards.secret(PAN, "pan"), exp_month = 1 }, { key = recipient, purpose = "für", ttl = 1 }))
        assert.same({ ('{"exp_month":1,"number":"%s"}'):format(PAN), 0 }, { jose("jwe dec -i -", keys[i].private, jwe) })
        -- It writes what it has decrypted before it looks at the tag, and fails afterwards.
        local _, status = jose("jwe dec -i -", keys[i].private, jwe:sub(1, -4) .. (jwe:sub(-3, -3) == "A" and "B" or "A") .. jwe:sub(-2))
        assert.not_equal(0, status)
      end
      local jwe = with_file(cjson.encode { protected = { alg = entry.alg, enc = "A256GCM", kid = "für" } }, function(path)
        return jose("jwe enc -c -I - -i " .. path, keys[i].jwk, CARD)
      end)
      must_be_the_card(read(jwe, keys[i].private, entry.alg))
    end)
  end
end)
