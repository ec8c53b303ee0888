--- Tokens, what steps give and URLs of answers, where a provider sends them back in its errors.

local bank = require "support.bank"
local sandbox = require "support.sandbox"

--- A call that fails. @return all that a script sees of it
local function failure(operation, card, config, reveal)
  local events = {}
  local whole = { on_event = function(event)
    for _, value in pairs(event) do events[#events + 1] = tostring(value) end
  end }
  for key, value in pairs(config or {}) do whole[key] = value end
  local client = bank.client(bank.with_steps(bank.definition(), nil, reveal), whole)
  local record, err = client[operation](client, card)
  assert.is_nil(record)
  local seen = { tostring(err), table.concat(events, " ") }
  for _, value in pairs(err) do seen[#seen + 1] = tostring(value) end
  return table.concat(seen, " ")
end

local function hides(text, secret)
  assert.is_true(type(secret) == "string" and #secret >= 4)
  assert.is_nil(text:find(secret, 1, true), text)
  for at = 1, #secret - 11 do -- nor a part of it
    assert.is_nil(text:find(secret:sub(at, at + 11), 1, true), text)
  end
end

-- The ids differ by an argument that says nothing, so that no other spec asks about them.
local function card(case) return ("sandbox-%s,slow_first_byte=0.000%08d"):format(case, math.random(99999999)) end

describe("an error shows nothing of", function()
  it("a token that was fetched", function()
    local id = card "echo_secrets"
    local text = failure("show", id)
    hides(text, sandbox.seen(id).last.headers.authorization:match " (.*)$")
  end)

  it("what a step gave", function()
    local id = card "echo_secrets"
    local text = failure("vault", id)
    hides(text, sandbox.seen(id).last.headers["x-card-token"])
  end)

  it("the URL of an answer", function()
    local id = card "echo_secrets"
    local text = failure("reveal", id, nil, { auth = {} })
    local target, query = sandbox.seen(id).last.uri:match "^(.*)%?(.*)$"
    hides(text, query)
    hides(text, target:match "[^/]*$")
  end)

  it("the credentials of a login", function()
    local text = failure("show", "c", { headers = { ["X-Sandbox"] = "echo_secrets" } })
    assert.matches("the token could not be had", text)
    hides(text, "bank_key_sandbox")
  end)
end)
