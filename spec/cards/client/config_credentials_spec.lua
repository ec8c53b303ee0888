--- The credentials that new takes: which have to be there, and what they may be.

local cards = require "cards"
local sandbox = require "support.sandbox"

local SECRET = "s3cret-value-4111111111111111"

local function refuses(provider, overrides, ...)
  local ok, message = pcall(cards[provider].new, sandbox.config(provider, overrides))
  assert.is_false(ok)
  for _, part in ipairs { ... } do
    assert.matches(part, message, 1, true)
  end
  assert.not_matches(SECRET, message, 1, true)
end

local REQUIRED = { alix = { "access_token" }, netxd = { "credential", "api_key" }, whop = { "token" }, payengine = { "secret" }, nayax = { "token" } }

for _, provider in ipairs(sandbox.PROVIDERS) do
  describe("a credential of " .. provider, function()
    for _, name in ipairs(REQUIRED[provider]) do
      it("is required, and named where it is missing: " .. name, function()
        refuses(provider, { [name] = false }, name .. " is required")
      end)

      it("is a string that is not empty, a secret or a function: " .. name, function()
        for _, value in ipairs { "", 5, true, {} } do
          refuses(provider, { [name] = value }, name .. " must be a string that is not empty, a secret, or a function")
        end
        for _, value in ipairs { "x", cards.secret "x", function() return "x" end } do
          assert.is_userdata(cards[provider].new(sandbox.config(provider, { [name] = value })))
        end
      end)

      it("has no line break, NUL or other control character: " .. name, function()
        for _, value in ipairs { SECRET .. "\r\nX-Evil: 1", SECRET .. "\n", SECRET .. "\0", "\127" .. SECRET } do
          refuses(provider, { [name] = value }, name .. " contains a line break, a NUL")
        end
      end)

      it("that is a secret is looked at in `new`, too: " .. name, function()
        for _, value in ipairs { SECRET .. "\r\nX-Evil: 1", SECRET .. "\n", SECRET .. "\r\n", SECRET .. "\0" } do
          refuses(provider, { [name] = cards.secret(value) }, name .. " contains a line break, a NUL")
        end
        refuses(provider, { [name] = cards.secret "" }, name .. " is empty")
      end)

      it("that a function gives is looked at when it is used: what is wrong with it then is an error of the call: " .. name, function()
        for _, value in ipairs { SECRET .. "\r\nX-Evil: 1", SECRET .. "\n", SECRET .. "\0", "" } do
          local client = cards[provider].new(sandbox.config(provider, { [name] = function() return cards.secret(value) end }))
          local id = sandbox.unique_id "credential"
          local record, err = client[sandbox.operation(provider)](client, sandbox.params(provider, id))
          assert.is_nil(record)
          assert.equal("invalid_request", err.kind)
          assert.matches(name, err.message, 1, true)
          assert.not_matches(SECRET, tostring(err), 1, true)
          assert.equal(0, sandbox.seen(id).count)
        end
      end)

      it("that is closed is an error that says so: " .. name, function()
        local closed = cards.secret(SECRET)
        closed:close()
        refuses(provider, { [name] = closed }, name .. " is a secret that is closed")
      end)
    end
  end)
end

describe("NetXD's signature", function()
  local KEY = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"

  it("comes from exactly one of three credentials", function()
    refuses("netxd", { signature = false }, "exactly one of", "signature", "private_key", "sign")
    refuses("netxd", { private_key = KEY }, "exactly one of", "signature", "private_key", "sign")
    refuses("netxd", { sign = function() return "x" end }, "exactly one of")
    refuses("netxd", { signature = false, private_key = KEY, sign = function() return "x" end }, "exactly one of")
  end)

  it("may be made with a key of several lines", function()
    local file = assert(io.open(sandbox.url "NETXD_KEY"))
    local KEY = file:read "*a" -- luacheck: ignore
    file:close()
    assert.is_userdata(cards.netxd.new(sandbox.config("netxd", { signature = false, private_key = KEY })))
    assert.is_userdata(cards.netxd.new(sandbox.config("netxd", { signature = false, private_key = cards.secret(KEY) })))
    refuses("netxd", { signature = false, private_key = KEY .. "\0" .. SECRET }, "private_key contains")
  end)

  it("may be made by a function, and by nothing that is none", function()
    for _, value in ipairs { "x", {}, 5, cards.secret "x" } do
      refuses("netxd", { signature = false, sign = value }, "sign must be a function")
    end
  end)
end)

describe("NetXD's defaults", function()
  it("are used where a call does not say otherwise", function()
    local id = sandbox.unique_id "defaults"
    local client = cards.netxd.new(sandbox.config "netxd")
    assert.is_table(client:get_cvv(id))
    local body = require "cjson".decode(sandbox.seen(id).last.body)
    assert.equal("100000000006001", body.params.payload.customerId)
    assert.equal("VISA_DPS", body.params.payload.channel)
    assert.is_table(client:get_cvv { card_id = id, channel = "PULSE" })
    assert.equal("PULSE", require "cjson".decode(sandbox.seen(id).last.body).params.payload.channel)
  end)

  it("may be secrets", function()
    local made = sandbox.config "netxd"
    made.defaults.account_number = cards.secret(made.defaults.account_number)
    assert.is_table(cards.netxd.new(made):get_cvv(sandbox.unique_id "defaults"))
  end)

  it("are strings or secrets", function()
    for _, value in ipairs { 5, true, {}, print } do
      refuses("netxd", { defaults = { account_number = value } }, "defaults.account_number must be a string or a secret")
    end
  end)

  it("are checked as parameters are", function()
    refuses("netxd", { defaults = { channel = "OTHER" } }, "defaults.channel must be one of PULSE, VISA_DPS")
  end)
end)

describe("Whop's api_version_date", function()
  it("is optional, a plain text, and sent with every call", function()
    local id = sandbox.unique_id "dated"
    assert.is_table(cards.whop.new(sandbox.config("whop", { api_version_date = "2026-06-09" })):retrieve(id))
    assert.equal("2026-06-09", sandbox.seen(id).last.headers["api-version-date"])
    for _, value in ipairs { 5, "", "a\nb", {} } do
      refuses("whop", { api_version_date = value }, "api_version_date")
    end
  end)
end)
