--- The only ways out of a secret: s:reveal(), s:seal() and cards.seal are functions of this room, and nothing else of Lua but the library `debug` gets at
-- those of C behind them.

local acts = require "cards.reveal.acts"
local check = require "cards.util.check"
local core = require "cards.core"
local make_seal = require "cards.reveal.seal"
local wake = require "cards.metrics.wake"

local counted = acts.counted

local reveal = {}

local function text(value, key)
  return type(value) ~= "string" and ("%s must be a string"):format(key) or nil
end

local options_of_reveal = { role = text, purpose = text, request_id = text }

local function misuse(options)
  local wrong = check.options(options, options_of_reveal)
  return wrong and "secret:reveal: " .. wrong
end

local function request_of(secret, options)
  return {
    act = "reveal", secrets = { secret }, role = rawget(options, "role"), purpose = rawget(options, "purpose"), request_id = rawget(options, "request_id"),
  }
end

--- Makes the method `reveal` of secrets.
-- @param raw the function of C: raw(secret) gives the bytes, and raw(secret, true) only whether they can be had; or nil and what the error says
local function guard(raw)
  --- secret:reveal(options)
  -- @param options { role, purpose, request_id }, texts; the first two are required where there is a policy
  -- @return the bytes as a Lua string; or nil and an error of kind invalid_request where the policy or the audit function refuses.
  -- Raises where the secret is closed, and for wrong options.
  return function(secret, options)
    local bytes, wrong
    if options == nil and not acts.setting then
      bytes, wrong = raw(secret)
      counted.revealed = counted.revealed + (bytes and 1 or 0)
      wake.tell()
    else
      bytes, wrong = raw(secret, true)
      wrong = wrong or options ~= nil and misuse(options)
      if not wrong then
        local ok, err = acts.account(request_of(secret, options or {}))
        if not ok then
          return nil, err
        end
        bytes, wrong = raw(secret)
      end
    end
    if wrong then
      error(wrong, 2)
    end
    return bytes
  end
end

core.gate(function(raw, seal_for)
  local seal = make_seal(seal_for)
  reveal.seal = seal.values
  return guard(raw), seal.secret
end)

return reveal
