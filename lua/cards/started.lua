--- client:start: a call for event loops. The I/O thread runs it; the loop polls one descriptor for all calls of the process, as cqueues polls objects.
--
--     local job = alix:start("private_info", "c_1")
--     while not job:done() do cqueues.poll(job) end
--     local info, err = job:result()

local await = require "cards.await"
local core = require "cards.core"
local nginx = require "cards.nginx"

local unpack = table.unpack or unpack -- luacheck: ignore

local methods = {}
local metatable = { __index = methods, __name = "cards.started" }

-- tag -> the started call that waits for it; one that nobody holds any more is cancelled by the collector
local waiting = setmetatable({}, { __mode = "v" })
local tags = 0

--- What calls inside of a started coroutine do.
local way = {}

function way:call() -- luacheck: ignore
  return false -- each of them is made as a job that can be cancelled
end

function way:result(job) -- luacheck: ignore
  local _, err = coroutine.yield(job)
  if err then
    return nil, err
  end
  return job:result()
end

local function finish(self, outcome)
  self.outcome = outcome
  await.ways[self.thread] = nil
  await.active = await.active - 1
end

local resume

local function resumed(self, ok, job, ...)
  if coroutine.status(self.thread) == "dead" then
    return finish(self, { ok = ok, n = select("#", ...) + 1, job, ... })
  end
  tags = tags + 1
  self.job, self.tag = job, tags
  waiting[tags] = self
  if not job:send(tags) then -- there is no room for it: its result says so
    waiting[tags] = nil
    return resume(self)
  end
end

function resume(self, ...)
  self.job = nil
  return resumed(self, coroutine.resume(self.thread, ...))
end

local finished = {}

--- Goes on with whatever has come back, waiting so many seconds for it.
local function carry(seconds)
  for i = 1, core.take(finished, seconds) do
    local self = waiting[finished[i]]
    waiting[finished[i]] = nil
    if self then
      resume(self)
    end
  end
end

--- A descriptor that is readable when some call may be done; the same for all of them.
function methods.pollfd()
  return core.pollfd()
end

--- What to poll it for: "r".
function methods.events()
  return "r"
end

--- Seconds after which done() should be asked even if nothing was readable; 0 when it is done.
function methods.timeout(self)
  if self.outcome then
    return 0
  end
  return math.max(0, self.deadline - core.now()) + 0.1
end

--- Whether the result is there. Does not wait.
function methods.done(self)
  if not self.outcome then
    carry(0)
  end
  return self.outcome ~= nil
end

--- The record, or nil and an error; the same again when asked again. Waits for it, blocking, where done() is not true yet.
function methods.result(self)
  while not self.outcome do
    carry(0.5)
  end
  if not self.outcome.ok then
    error(self.outcome[1], 0)
  end
  return unpack(self.outcome, 1, self.outcome.n)
end

--- Gives the call up: its result is an error of kind "cancelled" then. Does nothing when it is done.
function methods.cancel(self)
  if self.outcome then
    return
  end
  waiting[self.tag] = nil
  local _, err = self.job:cancel("cancelled", "cancelled by the caller")
  resume(self, nil, err)
  if not self.outcome then -- it was about to call something else, such as a function for a fresh credential
    waiting[self.tag] = nil
    self.job:cancel("cancelled", "cancelled by the caller")
    finish(self)
  end
  self.outcome = { ok = true, n = 2, nil, err }
end

--- @param seconds until its deadline
-- @param call, ... the function and its arguments
-- @return the started call; an error that the function raises at once goes through
return function(seconds, call, ...)
  if nginx then
    error("client:start is for other event loops: inside of nginx every call lets the worker go on, and cards.all runs several", 3)
  end
  local self = setmetatable({ thread = coroutine.create(call), deadline = core.now() + seconds }, metatable)
  await.ways[self.thread] = way
  await.active = await.active + 1
  resume(self, ...)
  if self.outcome and not self.outcome.ok then
    error(self.outcome[1], 0)
  end
  return self
end
