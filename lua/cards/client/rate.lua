--- The rate of a definition: calls with the same credentials wait for their turn, whichever client of this process makes them; with `shared`, of all workers of
-- nginx or of all hosts.

local check = require "cards.util.check"
local core = require "cards.core"
local new_limit = require "cards.resilience.limit"
local shared = require "cards.resilience.shared"

local rate = {}

local LONGEST = 86400 -- seconds; a call waits no longer than its deadline anyway

local limits = {}                                -- by provider, what the limit is of, rate, and where it is shared
local ids = setmetatable({}, { __mode = "k" })   -- of functions that give credentials
local count = 0

local function key_of(key)
  return key
end

local function limit_of(name, about, where, on_loss)
  local place = ("%s %.17g %.17g %s %s"):format(name, about.rate, about.per, where or "", on_loss or "")
  if not limits[place] then
    local burst = math.max(1, math.floor(math.min(about.rate, about.rate / about.per))) -- at most those of a second
    limits[place] = new_limit {
      name = name:gsub("%.$", ""), rate = about.rate, per = about.per, burst = burst, key = key_of, max_wait = LONGEST, shared = where, on_loss = on_loss,
    }
  end
  return limits[place]
end

local function id_of(call)
  if not ids[call] then
    count = count + 1
    ids[call] = count
  end
  return ids[call]
end

--- The name of a client's credentials, which shows nothing of them.
-- @param about the provider
-- @param config of `new`
-- @return the name, and where the rate is shared: nowhere where a function gives a credential, which only this process knows
local function name_of(about, config, base_url)
  local names, where = { base_url }, config.shared
  for _, credential in ipairs(about.credentials) do
    where = not check.is_callable(config[credential.name]) and where or nil
  end
  for _, credential in ipairs(about.credentials) do
    local value = config[credential.name]
    if value ~= nil and credential.kind ~= "setting" then
      table.insert(names, ("%s=%s"):format(credential.name, check.is_callable(value) and id_of(value) or shared.part(value, where)))
    end
  end
  return table.concat(names, " "), where
end

--- The limits of a client's operations.
-- @param about the provider, with its flow
-- @return by operation a function(call) that waits for a turn: true; or nil and an error
function rate.turns(about, config, base_url)
  local turns, name, where = {}, name_of(about, config, base_url)
  for operation, given in pairs(about.flow.rate) do
    local of = ("%s.%s"):format(about.name, given.of)
    local limited = limit_of(of, given, where, where and config.on_loss)
    turns[operation] = function(call)
      local ok, err = limited(function() return true end, where and of .. " " .. name or name)
      if ok then
        return true
      end
      return nil, core.error {
        kind = err.kind == "busy" and "rate_limited" or err.kind, provider = call.provider, operation = call.operation, message = err.message,
        retry_after = err.retry_after, retryable = err.retryable, attempts = 0,
      }
    end
  end
  return turns
end

return rate
