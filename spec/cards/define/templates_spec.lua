--- What a definition makes anew for each attempt: signatures over templates, moments, texts that no other call has, JWTs and OAuth 1. OpenSSL's program checks
-- them.

local cards = require "cards"
local acme = require "support.acme"
local cjson = require "cjson"
local leak = require "support.leak"
local openssl = require "support.openssl"
local sandbox = require "support.sandbox"

local function sent(auth, options)
  options = options or {}
  options.config = options.config or {}
  options.config.token = false
  options.overrides = { auth = auth, credentials = options.credentials, settings = options.settings }
  local last, record, err = acme.sent(options)
  return last, err, record
end

local function hmac(digest, key, text)
  return openssl.run(("dgst -%s -hmac %s -binary"):format(digest, key), text)
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function from_base64url(text)
  text = text:gsub("-", "+"):gsub("_", "/")
  return openssl.run("base64 -d -A", text .. ("="):rep(-#text % 4))
end

local POST = { method = "POST", params = { card_id = {}, amount = { type = "integer" }, page = { into = "query" } } }

describe("a signature of a template", function()
  it("knows the method, the parts of the URL, headers, parameters, credentials and the body", function()
    local over = "{method|lower}\n{host}\n{path}\n{query}\n{target}\n{resource}\n{url}\n{header.X-Key}\n{header.content-type}\n{param.page}\n{key}\n"
      .. "{body|sha256|hex}"
    local auth = {
      { type = "header", name = "X-Key", credential = "id", prefix = "k " },
      { type = "signature", name = "X-Sig", algorithm = "hmac-sha256", key = "key", over = over, encoding = "hex", value = "v1={signature},k={id}" },
    }
    local last = sent(auth, { operation = POST, config = { key = "k1", id = "id1" }, params = { amount = 5, page = "a b" } })
    local path = last.uri:match "^[^?]*"
    local base = sandbox.url "HTTPS_URL"
    local text = ("post\n%s\n%s\npage=a%%20b\n%s\n%s\n%s\nk id1\napplication/json\na%%20b\nk1\n%s"):format(base:match "//(.*)$", path, last.uri,
      path:gsub("^/acme/", ""), base .. last.uri, hex(openssl.run("dgst -sha256 -binary", last.body)))
    assert.equal("v1=" .. hex(hmac("sha256", "k1", text)) .. ",k=id1", last.headers["x-sig"])
  end)

  it("is made by every algorithm with a shared key, and by digests", function()
    for _, digest in ipairs { "sha1", "sha256", "sha384", "sha512" } do
      local last = sent({ type = "signature", name = "X-Sig", algorithm = "hmac-" .. digest, key = "key", over = "{body}" }, { operation = POST,
        config = { key = cards.secret "k1" }, params = { amount = 5 } })
      assert.equal(leak.base64(hmac(digest, "k1", last.body)), last.headers["x-sig"])
      last = sent({ type = "signature", name = "X-Sig", algorithm = digest, over = "{key}.{body}", encoding = "base64url" }, { operation = POST,
        credentials = { key = {} }, config = { key = "k1" }, params = { amount = 5 } })
      assert.equal(openssl.run(("dgst -%s -binary"):format(digest), "k1." .. last.body), from_base64url(last.headers["x-sig"]))
    end
  end)

  it("has parts of its own, the same in what is signed and in what is sent", function()
    local auth = { type = "signature", name = "X-Sig", algorithm = "hmac-sha256", key = "key", over = "{timestamp}.{nonce}.{now.unix}", parts = {
      timestamp = { now = "unix", into = "header", wire = "X-Time" }, nonce = { unique = "hex", fresh = true, into = "header", wire = "X-Nonce" } } }
    local before = os.time()
    local last = sent(auth, { config = { key = "k1" } })
    local stamp, nonce = last.headers["x-time"], last.headers["x-nonce"]
    assert.is_true(tonumber(stamp) >= before and tonumber(stamp) <= os.time() + 1) -- whose clock is some milliseconds late
    assert.matches("^%x+$", nonce)
    assert.equal(32, #nonce)
    assert.equal(leak.base64(hmac("sha256", "k1", ("%s.%s.%s"):format(stamp, nonce, stamp))), last.headers["x-sig"])
    assert.not_equal(nonce, sent(auth, { config = { key = "k1" } }).headers["x-nonce"])
  end)

  it("goes into the query behind what it is over", function()
    local auth = { type = "signature", into = "query", name = "sig", algorithm = "hmac-sha256", key = "key", over = "{query}", encoding = "hex" }
    local last = sent(auth, { operation = { params = { card_id = {}, z = { into = "query" }, a = { into = "query" } } }, config = { key = "k1" },
      params = { z = "1", a = "x y" } })
    local query, signature = last.uri:match "%?(.*)&sig=(%x+)$"
    assert.equal("a=x%20y&z=1", query)
    assert.equal(hex(hmac("sha256", "k1", query)), signature)
  end)

  it("is made with a key that is bytes, or derived from another credential", function()
    local signature = { type = "signature", name = "X-Sig", algorithm = "hmac-sha256", key = "key", over = "x" }
    local last = sent(signature, { credentials = { key = { type = "bytes", encoding = "hex" } }, config = { key = "6B31" } })
    assert.equal(leak.base64(hmac("sha256", "k1", "x")), last.headers["x-sig"])
    last = sent(signature, { credentials = { key = { from = "{secret_key|sha256|base64}", length = 32 }, secret_key = {} }, config = { secret_key = "s" } })
    local derived = leak.base64(openssl.run("dgst -sha256 -binary", "s")):sub(1, 32)
    assert.equal(leak.base64(hmac("sha256", derived, "x")), last.headers["x-sig"])
    assert.error_matches(function()
      sent(signature, { credentials = { key = { type = "bytes", encoding = "hex" } }, config = { key = "6B3" } })
    end, "cards.acme.new: key is not in the encoding that is declared for it")
  end)

  it("shows in no error, whoever repeats it", function()
    local id = sandbox.unique_id "echo_secrets=400"
    local last, err = sent({ type = "signature", name = "X-Key", algorithm = "hmac-sha256", key = "key", over = "x", encoding = "hex" }, {
      config = { key = "k1" }, params = { card_id = id } })
    assert.equal(64, #last.headers["x-key"])
    assert.is_table(err)
    assert.is_nil(tostring(err):find(last.headers["x-key"]:sub(1, 8), 1, true))
  end)
end)

describe("a JWT", function()
  it("has no claims that no JSON can have", function()
    for _, claims in ipairs { { iss = "\255" }, { ["\255"] = "x" }, { list = { "x", "{key_id}\255" } } } do
      local list = cards.define.check(acme.definition({}, { auth = { type = "jwt", key = "secret", algorithm = "HS256", claims = claims } }))
      assert.matches("^auth%.claims%.[^:]+ is not valid UTF%-8", list[1] and list[1].message or "none")
    end
  end)

  it("has claims of values, numbers of moments, and a header", function()
    local auth = { type = "jwt", key = "secret", algorithm = "HS256", header = { kid = "{key_id}" }, claims = {
      iss = "{client}", aud = { "a", "b:{client}" }, iat = "{now.unix}", exp = "{now.unix+60}", n = 5, ok = true, nested = { a = "say \"x\"" } } }
    local last = sent(auth, { credentials = { key_id = {}, client = {} }, config = { secret = "k1", key_id = "i\"d", client = "c1" } })
    local header, claims, signature = last.headers.authorization:match "^Bearer ([^.]+)%.([^.]+)%.([^.]+)$"
    assert.same({ alg = "HS256", typ = "JWT", kid = "i\"d" }, cjson.decode(from_base64url(header)))
    local read = cjson.decode(from_base64url(claims))
    assert.equal(60, read.exp - read.iat)
    assert.same({ iss = "c1", aud = { "a", "b:c1" }, iat = read.iat, exp = read.exp, n = 5, ok = true, nested = { a = "say \"x\"" } }, read)
    assert.equal(hmac("sha256", "k1", header .. "." .. claims), from_base64url(signature))
  end)

  it("goes into a body with another name", function()
    local auth = { type = "jwt", key = "secret", algorithm = "HS512", claims = { sub = "x" }, into = "body.assertion" }
    local last = sent(auth, { operation = POST, config = { secret = "k1" }, params = { amount = 1 } })
    assert.matches("^[%w_-]+%.[%w_-]+%.[%w_-]+$", cjson.decode(last.body).assertion)
  end)

  it("has no prefix where it is empty, as other tokens", function()
    local auth = { type = "jwt", key = "secret", algorithm = "HS256", claims = { sub = "x" }, prefix = "" }
    assert.matches("^[%w_-]+%.[%w_-]+%.[%w_-]+$", sent(auth, { config = { secret = "k1" } }).headers.authorization)
  end)
end)

describe("what is made for each attempt", function()
  it("is a moment in any form, and a text of any kind", function()
    local params = { card_id = {} }
    for name, form in pairs { u = "unix", ms = "unix_ms", i = "iso", ims = "iso_ms", h = "http", d = "%Y%m%d" } do
      params[name] = { now = form, into = "header", wire = "X-" .. name }
    end
    params.uuid = { unique = "uuid", fresh = true, into = "header", wire = "X-Uuid" }
    params.digits = { unique = "digits", length = 10, into = "header", wire = "X-Digits" }
    params.time = { now = "unix", into = "body.time", type = "integer" }
    local last = acme.sent { operation = { method = "POST", params = params } }
    local h = last.headers
    assert.matches("^%d%d%d%d%d%d%d%d%d%d$", h["x-u"])
    assert.equal(h["x-u"], h["x-ms"]:sub(1, -4))
    assert.equal(os.date("!%Y-%m-%dT%H:%M:%SZ", tonumber(h["x-u"])), h["x-i"])
    assert.equal(h["x-i"]:sub(1, -2), h["x-ims"]:match "^(.*)%.%d%d%dZ$")
    assert.equal(os.date("!%a, %d %b %Y %H:%M:%S GMT", tonumber(h["x-u"])), h["x-h"])
    assert.equal(os.date("!%Y%m%d", tonumber(h["x-u"])), h["x-d"])
    assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$", h["x-uuid"])
    assert.matches("^[1-9]%d%d%d%d%d%d%d%d%d$", h["x-digits"])
    assert.equal(('{"time":%s}'):format(h["x-u"]), last.body)
  end)
end)

describe("a body", function()
  it("has lists and objects as parameters", function()
    local params = { card_id = {}, fields = { into = "body.fields[]", type = "list", default = { "PAN", "CVV" } }, one = { into = "body.more[]" },
      meta = { into = "body.meta", type = "object" } }
    local last = acme.sent { operation = { method = "POST", params = params }, params = { one = "x",
      meta = { b = { 1, 2.5, true }, a = cards.secret "s\"1", c = { d = {} } } } }
    assert.equal([=[{"fields":["PAN","CVV"],"meta":{"a":"s\"1","b":[1,2.5,true],"c":{"d":{}}},"more":["x"]}]=], last.body)
  end)

  it("is a list, and has lists of objects and names with dots", function()
    local params = { card_id = {}, a = { into = "body[0].id" }, b = { into = "body[1].id" } }
    assert.equal([=[[{"id":"1"},{"id":"2"}]]=], acme.sent { operation = { method = "POST", params = params }, params = { a = "1", b = "2" } }.body)
    params = { card_id = {}, id = { into = "body.cards[0].id" }, kind = { into = "body.cards[0].kind" }, other = { into = "body.cards[1].id" },
      name = { into = "body['a.b'].c" } }
    local given = { id = "1", kind = "k", other = "2", name = "x" }
    assert.equal([=[{"a.b":{"c":"x"},"cards":[{"id":"1","kind":"k"},{"id":"2"}]}]=], acme.sent { operation = { method = "POST", params = params },
      params = given }.body)
    assert.equal("a.b%5Bc%5D=x&cards%5B0%5D%5Bid%5D=1&cards%5B0%5D%5Bkind%5D=k&cards%5B1%5D%5Bid%5D=2", acme.sent { operation = { method = "POST",
      encoding = "form", params = params }, params = given }.body)
    params.other.into = "body.cards[2].id"
    local list = cards.define.check(acme.definition { method = "POST", params = params })
    assert.matches("operations.show: the list in the body cards has a hole", list[1].message, 1, true)
  end)

  it("has lists as repeated pairs in a form and in the query", function()
    local params = { card_id = {}, f = { into = "body.f[]", type = "list" }, o = { into = "body.o", type = "object" }, q = { into = "query", type = "list" } }
    local last = acme.sent { operation = { method = "POST", encoding = "form", params = params },
      params = { f = { "a b", "c" }, o = { x = 1, y = { "z" } }, q = { 1, 2 } } }
    assert.equal("f%5B%5D=a%20b&f%5B%5D=c&o%5Bx%5D=1&o%5By%5D=z", last.body)
    assert.matches("?q=1&q=2", last.uri, 1, true)
  end)

  it("cannot have what JSON has not", function()
    local operation = { method = "POST", params = { card_id = {}, o = { type = "object" } } }
    for text, value in pairs { ["o must be a table"] = "x", ["o has a value that is no text"] = { f = print }, ["o has a key that is no text"] = { [true] = 1 },
      ["o has a number that is not finite"] = { 0 / 0 }, ["o is a list with a hole"] = { 1, a = 2 } } do
      local last, _, err = acme.sent { operation = operation, params = { o = value } }
      assert.is_nil(last)
      assert.matches(text, err.message, 1, true)
    end
    local closed = cards.secret "x"
    closed:close()
    local _, _, err = acme.sent { operation = operation, params = { o = { a = closed } } }
    assert.matches("o has a secret that is not open", err.message, 1, true)
  end)

  it("is raw, or XML with its values escaped", function()
    local raw = acme.sent { operation = { method = "POST", encoding = "raw", content_type = "text/csv", accept = "text/*",
      params = { card_id = {}, text = { into = "body" } } }, params = { text = "a,b\nc\1" } }
    assert.equal("a,b\nc\1", raw.body)
    assert.same({ "text/csv", "text/*" }, { raw.headers["content-type"], raw.headers.accept })
    local xml = { method = "POST", encoding = "xml", params = { card_id = {}, name = {} },
      template = "<Card id=\"{card_id}\">\n  <Name>{name|upper}</Name>\n</Card>" }
    local last = acme.sent { operation = xml, params = { name = "a<b>&\"'\n" } }
    assert.matches("<Name>A&lt;B&gt;&amp;&quot;&apos;&#10;</Name>", last.body, 1, true)
    assert.equal("application/xml", last.headers["content-type"])
    local _, _, err = acme.sent { operation = xml, params = { name = "a\1" } }
    assert.equal("invalid_request", err.kind)
  end)

  it("has a text of many lines, such as a query of GraphQL", function()
    local query = "query Card($id: ID!) {\n  card(id: $id) { pan }\n}" .. (" "):rep(60000)
    local params = { card_id = {}, query = { value = query }, id = { into = "body.variables.id" } }
    local last = acme.sent { operation = { method = "POST", params = params }, params = { id = "1" } }
    assert.same({ query = query, variables = { id = "1" } }, cjson.decode(last.body))
  end)
end)
