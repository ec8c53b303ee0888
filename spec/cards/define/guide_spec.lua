--- The definitions of the pages of docs/guide, changed so that they send something wrong: the sandbox's providers refuse it.

local cards = require "cards"
local page = require "docs.page"
local sandbox = require "support.sandbox"

local HTTPS = sandbox.url "HTTPS_URL"

local NEW = {
  acme_graph = { token = "acme_token_sandbox" },
  acme_signed = { api_key = "acme_key_sandbox", secret = "acme_secret_sandbox" },
  acme_soap = { user = "acme_user_sandbox", password = "acme_password_sandbox" },
  acme_sealed = { token = "acme_token_sandbox" },
  acme_jose = { token = "acme_token_sandbox", private_key = { file = sandbox.url "ISSUER_KEYS" .. "/client_encryption.pem" } },
}

-- The parameter with the key of a JWE's answer, and a key in its place that encrypts nothing.
local OURS = 'public_of = "private_key", encoding = "spki"'
local ED25519 = "MCowBQYDK2VwAyEAJvd/xB83ky39prmkQR+3zwLl8tjfuGjjGWk0oEY9DOE="

--- A file of a page, with a text in the place of another.
local function definition(of, name, from, to)
  local file = assert(io.open("docs/guide/" .. of .. ".md"))
  local blocks = assert(page.blocks(file:read "*a"))
  file:close()
  for _, block in ipairs(blocks) do
    if block.name == name .. ".lua" then
      local first, last = block.content:find(from, 1, true)
      assert.is_truthy(first, from)
      return block.content:sub(1, first - 1) .. to .. block.content:sub(last + 1)
    end
  end
end

--- Calls what such a definition makes.
local function call(of, name, from, to, id)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  assert(file:write(definition(of, name, from, to)))
  file:close()
  local module, wrong = cards.load(path)
  os.remove(path)
  local config = { base_url = HTTPS .. "/" .. name, tls = { ca_file = sandbox.url "CA_FILE" }, retries = 0 }
  for key, value in pairs(NEW[name]) do
    config[key] = value
  end
  return assert(module, wrong).new(config):show(id or "c_1")
end

describe("a definition of the guide", function()
  for _, case in ipairs {
    { "lists", "acme_graph", "node(id: $id)", "card(id: $id)", "declined", "E400" },
    { "lists", "acme_graph", '"body.variables.id"', '"body.variables.card"', "declined", "E400" },
    { "lists", "acme_graph", 'id", required', 'id", type = "integer", required', "declined", "E400", "7" },
    { "signatures", "acme_signed", "{method}", "{method|lower}", "auth", "bad_signature" },
    { "signatures", "acme_signed", "|sha256", "", "auth", "bad_signature" },
    { "signatures", "acme_signed", "v1={signature}", "{signature}", "auth", "bad_signature" },
    { "signatures", "acme_signed", 'now = "unix"', 'now = "unix_ms"', "auth", "too_late" },
    { "signatures", "acme_signed", 'wire = "X-Nonce"', 'wire = "X-Other"', "invalid_request", "incomplete" },
    { "xml", "acme_soap", '"urn:acme:Show"', '"urn:acme:Other"', "provider", "Client" },
    { "xml", "acme_soap", '<Show xmlns="urn:acme">', '<Show xmlns="urn:other">', "provider", "Client" },
    { "xml", "acme_soap", "; charset=utf-8", "", "invalid_request", "Server" },
    { "encryption", "acme_sealed", "session = 32", "session = 16", "invalid_request", "bad_key" },
    { "encryption", "acme_sealed", '"rsa-oaep-sha256"', '"rsa-oaep"', "invalid_request", "bad_key" },
    { "encryption", "acme_jose", '"RSA-OAEP-256"', '"RSA-OAEP"', "invalid_request", "bad_jwe" },
    { "encryption", "acme_jose", 'wire = "cardId"', 'wire = "card"', "invalid_request", nil },
    { "encryption", "acme_jose", '"spki"', '"pem"', "invalid_request", nil },
    { "encryption", "acme_jose", 'wire = "cardId"', 'type = "integer", wire = "cardId"', "invalid_request", "E400", "7" },
    { "encryption", "acme_jose", OURS, ('value = "%s"'):format(ED25519), "invalid_request", "bad_key" },
  } do
    it(("is refused with %s instead of %s"):format(case[4], case[3]), function()
      local record, err = call(case[1], case[2], case[3], case[4], case[7])
      assert.is_nil(record)
      assert.same({ case[5], case[6] or err.code }, { err.kind, err.code }, tostring(err))
    end)
  end

  it("cannot use a nonce twice", function()
    local fixed = 'unique = "digits", length = 1, fresh = true, into'
    local refused
    for _ = 1, 12 do
      local _, err = call("signatures", "acme_signed", 'unique = "hex", fresh = true, into', fixed)
      refused = refused or err
    end
    assert.same({ "auth", "used_nonce" }, { refused.kind, refused.code })
  end)

  it("is not decrypted with another key or algorithm than it says", function()
    local cases = { acme_sealed = { '"aes-gcm"', '"aes-gcm", tag = "prefix"' },
      acme_jose = { 'enc = "A256GCM", key = "private_key"', 'enc = "A128GCM", key = "private_key"' } }
    for name, case in pairs(cases) do
      local record, err = call("encryption", name, case[1], case[2])
      assert.is_nil(record)
      assert.equal("protocol", err.kind)
    end
  end)
end)
