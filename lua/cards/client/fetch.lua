--- Values that a client fetches with operations of its own definition and keeps: tokens, and keys. See cards.define.fetched for what a definition says of them.
--
-- A token is kept by a cards.token_source: fetched once for all calls, ahead of its end, and again after a 401. A key is kept until a call fails that used it.

local call = require "cards.client.call"
local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local paths = require "cards.define.paths"
local shared = require "cards.resilience.shared"
local steps = require "cards.client.steps"
local token_source = require "cards.resilience.token_source"

local fetch = {}

local MARGIN = 30    -- seconds before its end in which a token is fetched anew
local FOREVER = 1e8  -- seconds
local UNIX = 1e9     -- a number from here on is a time in seconds since 1970, and no lifetime
local UNIX_MS = 1e11 -- and from here on in milliseconds

--- Seconds since 1970 of a time by ISO 8601, "2026-01-02T03:04:05Z"; nil for anything else. Without a zone it is UTC.
local function iso_time(text)
  local year, month, day, hour, minute, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d)(.*)$"
  if not year then
    return nil
  end
  local second, zone = rest:match "^:(%d%d)[.,]?%d*(.*)$"
  zone = zone or rest
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d*)$"
  if zone ~= "" and zone:upper() ~= "Z" and not sign then
    return nil
  end
  local y, m = tonumber(year), tonumber(month)
  if m <= 2 then -- years begin in March here, so that the leap day is the last
    y, m = y - 1, m + 12
  end
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400) + math.floor((153 * (m - 3) + 2) / 5) + tonumber(day) - 719469
  local offset = sign and (tonumber(hours) * 3600 + (tonumber(minutes) or 0) * 60) * (sign == "-" and -1 or 1) or 0
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + (tonumber(second) or 0) - offset
end

--- The seconds that are left until a token ends: what an answer says is a lifetime, a unix time or an ISO time, as its form shows. nil where it says none.
local function lifetime(value)
  local number = type(value) == "number" and value or type(value) == "string" and value:find "^%-?%d+%.?%d*$" and tonumber(value) or nil
  if not number then
    local ends = type(value) == "string" and iso_time(value)
    return ends and ends - os.time() or nil
  elseif number >= UNIX_MS then
    return number / 1000 - os.time()
  end
  return number >= UNIX and number - os.time() or number
end

local methods = {}
local metatable = { __index = methods }

local function failed(self, kind, message, attempts)
  return core.error { kind = kind, provider = self.provider, operation = self.about.operation, message = message, retryable = false, attempts = attempts }
end

local function failure(self, message)
  return failed(self, "protocol", message, 1)
end

--- Calls the operation. @return the value, a secret, and its lifetime or nil; or nil and an error
local function ask(self)
  local about, parameters = self.about, {}
  for _, one in ipairs(about.with) do
    local value, err = steps.given(self.private, one.from, self.provider, about.operation)
    if value == nil and err then
      return nil, err
    end
    parameters[one.to] = value
  end
  local record, err, wrong = call(self.provider, about.operation, self.client, parameters, nil, about.name)
  if not record then
    return nil, err or failed(self, "invalid_request", wrong, 0) -- the caller gave none of the parameters
  end
  local value, seconds = paths.follow(record, self.take), self.expires and lifetime(paths.follow(record, self.expires))
  if type(value) == "table" and about.what == "key" then -- a JWK
    value, err = core.tree(value, false, true)
  elseif type(value) == "string" and value ~= "" then
    value, err = core.secret(value, about.what == "token" and "token" or "credential")
  end
  steps.close(record, value)
  if type(err) == "table" then
    return nil, err
  elseif not check.is_secret(value) or #value == 0 then
    return nil, failure(self, ("the answer has no %s at '%s'"):format(about.what, check.shown(about.take)))
  elseif seconds and seconds <= 0 then
    return nil, failure(self, ("the %s in the answer is over already"):format(about.what))
  end
  return value, seconds
end

local function ask_source(source, refused)
  if refused then
    return source:renew(refused)
  end
  return source()
end

--- The value.
-- @param refused the one that the provider refused, or nil
-- @param seconds that the caller has
-- @return a secret; or nil and an error
function methods:get(refused, seconds)
  local source = self.source
  refused = refused or self.spent
  self.spent = nil
  if not refused and source:is_fresh() then
    return source.token
  end
  return context.run(context.child(core.now() + seconds), ask_source, source, refused)
end

--- Notes that a call failed which used the value: a key may be none, or may have been replaced, and is fetched anew by the next call.
function methods:failed(err, value)
  local is_unfit = err.kind == "invalid_request" and not err.status -- nothing was sent
  if self.about.what == "key" and (is_unfit or err.kind == "auth" or err.kind == "protocol") then
    self.spent = value
  end
end

--- The name of a client's value where it is shared: it is the same for clients of the same credentials. nil where those are not known, because a function gives
-- one.
local function name_of(about, private, provider, base_url, where)
  local names = { provider, base_url, about.name }
  for _, source in ipairs(private.sources) do
    if not source.fetched then
      return nil
    end
  end
  for _, name in ipairs(check.keys(private.credentials)) do
    local value = private.credentials[name]
    table.insert(names, ("%s=%s"):format(name, shared.part(value, where)))
  end
  return table.concat(names, " ")
end

--- The sources of a client's fetched values. They are usable once fetch.bind was called.
-- @param private the client's private table, with its credentials and `flow`
-- @param config what `new` was given: `shared` is where tokens are shared
function fetch.sources(private, provider, config, base_url)
  local list = {}
  for _, about in ipairs(private.flow.fetched) do
    local self = setmetatable({ about = about, private = private, provider = provider, take = (paths.parse(about.take)),
      expires = about.expires and paths.parse(about.expires) or nil }, metatable)
    local name = config.shared and about.what == "token" and name_of(about, private, provider, base_url, config.shared) or nil
    self.source = token_source(function() return ask(self) end, {
      ttl = about.ttl or FOREVER, refresh_before = MARGIN, name = name, shared = name and config.shared, on_loss = name and config.on_loss,
    })
    self.source.spares_short = true
    self.source.name = ("%s %s"):format(provider, about.name) -- as metrics show it; the one above says which credentials it is for
    table.insert(list, { name = about.name, fetched = self, what = about.what })
  end
  return list
end

--- Gives the sources of a client the client that makes their calls.
function fetch.bind(private, client)
  for _, source in ipairs(private.sources) do
    if source.fetched then
      source.fetched.client = client
    end
  end
end

return fetch
