--- One token for all who share a vault: the workers of nginx, or hosts. A lock there lets only one of them fetch the next one.

local check = require "cards.util.check"
local core = require "cards.core"
local sleep = require "cards.async.sleep"

local LONGEST_PAUSE = 0.25 -- seconds between looks for the token of another one

local methods = {}
local metatable = { __index = methods }

local function same(token, other)
  return other ~= nil and (not check.is_secret(other) or other.state == "open") and token:equals(other)
end

--- Fetches a token under the lock.
local function fetch(self, own, source, call)
  local ok, err = call(source)
  if ok then
    self.vault:put(own, source.token, source.ends)
  else
    self.vault:unlock(own)
  end
  return ok, err
end

--- Who this source is to the others. It is the same for each fetch, of which there is one at a time: so the next one goes on with the lock of one that was
-- given up in the middle.
local function own_of(self)
  local process = core.process()
  if self.process ~= process then
    self.process, self.own = process, core.random()
  end
  return self.own
end

--- Takes the token that another one has fetched, or fetches one, or waits while another one fetches one.
-- @param source whose fields token and ends are set
-- @param call function(source), which fetches a token, sets the fields and returns true; or returns nil and an error
-- @param refused a token that the provider refused, or nil
-- @param patience seconds to wait for another one
-- @return true; or nil and an error; or nil where another one fetches it, and without patience
function methods:fetch(source, call, refused, patience)
  local gives_up, pause, own = core.now() + patience, 0.01, own_of(self)
  local must_lock = source.token ~= nil or refused ~= nil -- as the token that lies there may be the one that is no good
  repeat
    local found, err = self.vault:look(own, must_lock)
    if not found and err then
      return nil, err
    elseif not found then
      return call(source) -- nobody can be asked
    elseif found.token and not same(found.token, refused) and not same(found.token, source.token) then
      source.token, source.ends = found.token, found.ends
      if found.locked then
        self.vault:unlock(own)
      end
      return true
    elseif found.locked then
      return fetch(self, own, source, call)
    end
    local slept = true
    if must_lock and core.now() < gives_up then
      slept, err = sleep(pause)
      pause = math.min(LONGEST_PAUSE, pause * 2)
    end
    if not slept then
      return nil, err
    end
    must_lock = true
  until core.now() >= gives_up
  return nil, patience > 0 and core.error {
    kind = "timeout", provider = "cards", operation = "token_source", message = "another worker fetches a token, and takes long",
    attempts = 0, retryable = true,
  } or nil
end

--- @param vault a dict_vault or remote_vault
return function(vault)
  return setmetatable({ vault = vault, process = false, own = false }, metatable)
end
