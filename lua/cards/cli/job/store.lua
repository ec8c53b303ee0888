--- A job in Redis: its keys, what is known of it, and commands that wait where Redis is away or full.
--
-- All keys of a job begin with "cards:{JOB}:", see docs/design/jobs.md. The hash `meta` says what it is: version, id, columns, input (a name for
-- messages), bytes and hash of the input, fed, total (once all rows are fed), sealed (the names of columns), key (its mark, see cards.cli.job.sealing),
-- deliveries, expire, flow (its hash) and lease of the workers, trimmed (the last result that was taken out).

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local figures = require "cards.util.figures"
local redis = require "cards.redis"
local say = require "cards.cli.program.say"

local unpack = table.unpack or unpack -- luacheck: ignore

local store = {}
store.__index = store

local VERSION = "1"
local TEXTS, LISTS = { "id", "input", "key", "hash" }, { "columns", "sealed" }
local NUMBERS = { "fed", "deliveries", "expire", "total", "lease", "trimmed" }
local MAY_MISS = { total = true, lease = true, trimmed = true } -- before they are known
local MOST_DIGITS = 15 -- of a number that each Lua has exactly
local FIRST_WAIT, LONGEST_WAIT = 0.05, 2 -- seconds between two tries; doubled each time
local EXPIRES_EVERY = 1                  -- seconds between two prolongations of a job

local NAMES = { "meta", "rows", "results", "counts", "workers", "timeline", "collector" }

--- Whether an error may pass: Redis is away, full, or starting. All that is asked for may be asked for twice.
local function passes(err)
  return err.kind == "network" or err.kind == "timeout" or err.retryable
end

--- @param address of the job
-- @param option that it was given by, for messages
-- @param patience seconds for which it waits for a Redis that is away or full
-- @return a job of which nothing is known yet; or nil and what is wrong with the address
function store.new(address, option, patience)
  local server, why = redis.new(address, option)
  if not server then
    return nil, why
  end
  local self = setmetatable({ server = server, patience = patience, address = server.shown, name = server.name, keys = {}, waits = false, touched = 0 }, store)
  for _, name in ipairs(NAMES) do
    self.keys[name] = ("cards:{%s}:%s"):format(server.name, name)
  end
  return self
end

--- Says once that Redis is away, for all who wait.
local function say_waits(self, err)
  if not self.waits then
    self.waits = true
    say("%s: waiting, at most %s", tostring(err), figures.duration(self.patience))
  end
end

local function say_back(self)
  if self.waits then
    self.waits = false
    say("%s is there again", self.address)
  end
end

--- Calls a function of the server until it succeeds, or fails with what does not pass.
-- @return the reply, nil, and whether it was called more than once; or nil and an error
local function patiently(self, method, ...)
  local wait, gives_up = FIRST_WAIT, nil
  while true do
    local reply, err = self.server[method](self.server, ...)
    if reply ~= nil then
      say_back(self)
      return reply, nil, gives_up ~= nil
    end
    local now = core.now()
    gives_up = gives_up or now + self.patience
    if not passes(err) then
      return nil, err
    elseif now >= gives_up or core.interrupted() then
      self.patience = 0 -- it was waited for
      return nil, err
    end
    say_waits(self, err)
    cards.sleep(math.min(wait * (0.5 + core.random() / 2), gives_up - now))
    wait = math.min(2 * wait, LONGEST_WAIT)
  end
end

--- Runs a command. @return as server:call
function store:call(...)
  return patiently(self, "call", ...)
end

--- Runs a script.
-- @param name of its file
-- @param keys names of keys of the job, with blanks between them
-- @param … arguments
-- @return as server:script. Where it returned -1, as the job is another one than the id in its arguments says: nil and a text that says so
function store:script(name, keys, ...)
  local list = {}
  for key in keys:gmatch "%l+" do
    list[#list + 1] = self.keys[key]
  end
  local reply, err, was_repeated = patiently(self, "script", name, list, { ... })
  if reply == -1 then
    return nil, self:gone()
  end
  return reply, err, was_repeated
end

--- Runs a script that has to succeed: raises an error where it does not. @return the reply, and whether it was run more than once
function store:must(...)
  local reply, err, was_repeated = self:script(...)
  if reply == nil then
    error(tostring(err), 0)
  end
  return reply, was_repeated
end

--- Names and values in turn as a table.
function store.pairs_of(list)
  local values = {}
  for i = 1, #list, 2 do
    values[list[i]] = list[i + 1]
  end
  return values
end

--- The whole number of a text that Redis has, or nil.
function store.whole(text)
  return text and #text <= MOST_DIGITS and text:find "^%d+$" and tonumber(text) or nil
end

--- Reads what is known of the job.
-- @param made names and values of a new one in turn, to make it where there is none; or nil
-- @return the names and values; false where there is no job; or nil and an error
function store:open(made)
  local list, err = self:script("job_open", table.concat(NAMES, " "), unpack(made or {}))
  if not list then
    return nil, err
  elseif #list == 0 then
    return false
  end
  local meta = store.pairs_of(list)
  local wrong = self:foreign(meta)
  if wrong then
    return nil, wrong
  end
  self.id, self.meta, self.expire = meta.id, meta, meta.expire
  return meta
end

--- Whether a text is what feed writes for a list of names, "" for none.
local function is_list(text)
  return text == "" or type(core.json_decode(text)) == "table"
end

--- What is wrong with what is known of a job, names and values, or nil.
function store:foreign(meta)
  if meta.version ~= VERSION then
    return ("%s: the job was made by another version of cards (its keys have version %s, these are %s): use that version, or another name"):format(
      self.address, check.shown(meta.version or "none"), VERSION)
  end
  for _, names in ipairs { TEXTS, LISTS, NUMBERS } do
    for _, name in ipairs(names) do
      local text = meta[name]
      if not text and not MAY_MISS[name] or text and (names == NUMBERS and not store.whole(text) or names == LISTS and not is_list(text)) then
        return ("%s: the keys of this name are those of no job: meta has no %s that can be read"):format(self.address, name)
      end
    end
  end
end

--- What is said where there is no job of this name.
function store:absent()
  return ("%s: there is no such job: cards feed makes it"):format(self.address)
end

--- The job of --from, which has to be there: `meta` is what is known of it.
-- @return it; or nil, the obstacle, and the exit status where that is not the usual one
function store.find(address, patience)
  local self, why = store.new(address, "--from", patience)
  if not self then
    return nil, why, failure.USAGE
  end
  local meta, err = self:open()
  if not meta then
    return nil, err or self:absent()
  end
  return self
end

--- What is said of a job that is not the one it was: removed, expired, or made anew.
function store:gone()
  return ("%s: the job is gone: it was removed, or has expired, or Redis has lost it"):format(self.address)
end

--- Prolongs the job at once. Raises an error where that fails.
-- @param … of a worker its name, its state and the numbers of its rows
function store:prolong(...)
  self:must("job_touch", "meta rows workers results counts timeline", self.id, self.expire, ...)
end

--- Prolongs the job, where that is due. Raises an error where that fails.
function store:touch()
  local now = core.now()
  if now - self.touched >= EXPIRES_EVERY then
    self.touched = now
    self:prolong()
  end
end

store.VERSION = VERSION

return store
