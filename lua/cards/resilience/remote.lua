--- What hosts share in a Redis: `shared = "redis://HOST/NAME"`. One object for each address; its server connects with the first question.
--
-- A Redis that does not answer is away. That is said once, and nobody asks it again for a while, so that a call does not wait for it each time.

local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local host = require "cards.async.host"
local redis = require "cards.redis"
local shared_key = require "cards.resilience.shared_key"

-- patience: seconds that an answer may take, or half of the time of a call that has less than two. grace: seconds for what has to be told at the end of a call,
-- whose own time may be over. What is opened keeps those of that moment.
local remote = { patience = 1, grace = 0.2 }

local FIRST, LONGEST = 0.1, 5 -- seconds until an absent Redis is asked again; they double
local SPARED = 4              -- times as long as the last one waited in vain nobody asks it again, where that is longer
local QUIET = 60              -- seconds in which the same is not said again

local methods = {}
local metatable = { __index = methods }

local opened = {} -- by address

--- Whether `shared` is an address, be it wrong, and not the name of a dict, which outside nginx shares nothing.
function remote.is_address(value)
  return type(value) == "string" and (value:find "^[Rr][Ee][Dd][Ii][Ss][Ss]?:" or value:find("//", 1, true)) ~= nil
end

--- What hosts share at an address. @return it; or nil and what is wrong, a string
function remote.open(address)
  if not opened[address] then
    local server, why = redis.new(address, "shared")
    if not server then
      return nil, why
    end
    opened[address] = setmetatable({
      server = server, away = false, losses = 0, pause = FIRST, again = 0, silent = false, -- or since when there was no answer
      told = false, said = -QUIET, patience = remote.patience, grace = remote.grace,
    }, metatable)
  end
  local key, why = shared_key()
  if not key then
    return nil, "shared: " .. why
  end
  return opened[address]
end

--- The key of core.seal_with for what lies there; nil where this process has none.
function methods:sealing() -- luacheck: ignore
  return (shared_key())
end

--- A name that is the same on all hosts, and shows nothing of the text.
-- @param text a string, number or open secret
-- @return 64 hexadecimal digits; or nil and why there are none
function methods:name(text) -- luacheck: ignore
  local key, why = shared_key()
  if not key then
    return nil, why
  end
  return core.name_with(key, text)
end

--- The name of a key in Redis.
-- @param kind "limit", "breaker" or "token"
-- @param text as for name
-- @return the name; or nil and why there is none
function methods:key(kind, text)
  local name, why = self:name(text)
  return name and ("cards:{%s}:%s:%s"):format(self.server.name, kind, name), why
end

--- Notes that there was no answer. Of questions that were asked together only the first counts.
-- @param began when the question was asked
-- @param losses how many there had been by then
local function note_loss(self, began, losses)
  if losses == self.losses then
    local now = core.now()
    self.away, self.losses = true, losses + 1
    self.again = now + math.min(LONGEST, math.max(self.pause, SPARED * (now - began)))
    self.pause = math.min(LONGEST, self.pause * 2)
  end
end

--- Says that there was no answer, or one that is an error.
local function complain(self, message)
  if not self.told and core.now() - self.said >= QUIET then
    self.told, self.said = true, core.now()
    host.warn(("what hosts share in %s cannot be had: %s. Limits, breakers and tokens do meanwhile what on_loss says"):format(self.server.shown,
      check.line(message)))
  end
end

--- Notes that there was an answer.
local function note_answer(self)
  self.away, self.pause, self.again, self.silent = false, FIRST, 0, false
  if self.told then
    self.told, self.said = false, core.now()
    host.warn(("what hosts share in %s can be had again"):format(self.server.shown))
  end
end

local function is_count(value)
  return type(value) == "number" and value >= 0
end

local function is_text(value)
  return type(value) == "string"
end

local function is_time(value)
  return type(value) == "string" and #value < 16 and value:find "^%d+$" ~= nil
end

local FORMS = { limit = { is_count, is_count }, breaker = { is_count, is_count, is_count, is_count }, token = { is_count, is_text, is_time } } -- of replies

--- Whether a reply is one of that script, and not of a proxy or of something else that looks like a Redis.
local function is_reply_of(script, reply)
  for i, is_right in ipairs(FORMS[script]) do
    if type(reply) ~= "table" or not is_right(reply[i]) then
      return false
    end
  end
  return true
end

-- Of these Redis is not to blame: nobody waits any more, or the running function cannot wait, as in some phases of nginx.
local BLAMELESS = { cancelled = true, busy = true }

--- Whether there was no answer in the time of a call that has little of it, though Redis may be only slow. Where it has been silent for as long as an answer
-- may take, whoever asked, it is away.
local function is_hurried(self, err, patience)
  return err.kind == "timeout" and patience < self.patience and not (self.silent and core.now() - self.silent >= self.patience)
end

--- Asks Redis, and waits for the answer as long as its patience lasts, and no longer than half of the time that the call has.
-- @param script its name
-- @param keys a list; where one has no name, nil and why
-- @param arguments a list
-- @return the reply; or nil where it cannot be had
function methods:ask(script, keys, arguments)
  local left, key, why = context.left(), shared_key()
  if not key then -- it could be read where `shared` was checked, but not by this process
    complain(self, why)
    return nil
  elseif not keys[1] or core.now() < self.again or left == 0 then
    return nil
  end
  local began, losses, patience = core.now(), self.losses, math.min(self.patience, left and left / 2 or self.patience)
  self.again = self.away and began + self.patience or 0 -- while one asks whether it is back, others do not wait
  self.silent = self.silent or began
  local around = context.child(began + patience)
  around.thread, around.lost = coroutine.running(), function() -- a function that was given up shows nothing
    self.silent = self.silent ~= began and self.silent
  end
  local reply, err = context.run(around, self.server.script, self.server, script, keys, arguments)
  if reply ~= nil and not is_reply_of(script, reply) then
    reply, err = nil, { kind = "protocol", message = "what it replied is none of a Redis" }
  end
  if reply ~= nil then
    note_answer(self)
  elseif not BLAMELESS[err.kind] and not is_hurried(self, err, patience) then
    if err.kind == "provider" then -- which comes at once, and maybe for one key only
      self.again, self.silent = 0, false
    else
      note_loss(self, began, losses)
    end
    complain(self, err.message)
  end
  return reply
end

local function ask_in_grace(self, ...)
  return context.run(context.child(core.now() + self.grace), self.ask, self, ...)
end

--- The same for what others have to know of a call, such as how it ended. It is asked even where the call's time is over, or nobody waits for the call.
function methods:tell(...)
  local left = context.left()
  if left and left < self.grace then
    return context.run(context.apart(), ask_in_grace, self, ...)
  end
  return self:ask(...)
end

--- The error of what is refused while Redis is away.
function methods:refuse(operation)
  return core.error {
    kind = "busy", provider = "cards", operation = operation, retryable = true, attempts = 0,
    message = ("what hosts share in %s cannot be had, without which nothing is called (on_loss = \"refuse\")"):format(self.server.shown),
  }
end

return remote
