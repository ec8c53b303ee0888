--- Spans that wait for their exporter: batches in a bounded queue. No span ever costs a caller more than to be put here: what cannot be sent is kept while
-- there is room, and else dropped, counted and said once.
--
-- In nginx a timer sends them. In plain Lua the I/O thread does, begun when a batch is full or old; queue:flush and the end of the program wait for that.

local context = require "cards.async.context"
local core = require "cards.core"
local finalizer = require "cards.util.finalizer"
local host = require "cards.async.host"
local sleep = require "cards.async.sleep"

local queue = {}

local FIRST_PAUSE, LONGEST_PAUSE = 1, 60 -- seconds until a batch that could not be sent is sent again; doubles each time
local LOOK_AGAIN = 0.05                  -- seconds between looks at a batch that is being sent
local POLL = 0.005                       -- seconds between such looks of somebody who waits
local AT_EXIT = 2                        -- seconds that the end of the program waits for the last spans

local RETRYABLE = { [408] = true, [429] = true, [502] = true, [503] = true, [504] = true }
local UNANSWERED = { network = true, timeout = true, busy = true }

local methods = {}
local metatable = { __index = methods }

--- Forgets all that waits.
local function empty(self)
  self.batches, self.count, self.job, self.sent_now, self.under_way = {}, 0, nil, {}, 0
  self.guard = core.secret "of this process"
end

local function say_once(self, what, ...)
  if not self.said[what] then
    self.said[what] = true
    host.warn("cards.trace: " .. string.format(...))
  end
end

local function drop(self, count)
  self.dropped = self.dropped + count
  say_once(self, "dropped", "%d spans are dropped so far: %s", self.dropped, self.trouble or "there are more than the exporter sends in time")
end

--- Takes the first batch, which counts as being sent from now on.
local function take(self)
  local batch = table.remove(self.batches, 1)
  self.count, self.under_way = self.count - #batch, self.under_way + #batch
  self.sent_now[batch] = true
  return batch
end

--- Notes that a batch is no longer being sent. @return whether it was
local function leave(self, batch)
  if not self.sent_now[batch] then
    return false
  end
  self.sent_now[batch] = nil
  self.under_way = self.under_way - #batch
  return true
end

--- Puts a batch back, to be sent later. @return whether there is room
local function put_back(self, batch)
  if self.count + #batch > self.most then
    return false
  end
  table.insert(self.batches, 1, batch)
  self.count = self.count + #batch
  return true
end

--- Takes out a batch that was put back. @return whether it was there
local function take_out(self, batch)
  for at, one in ipairs(self.batches) do
    if one == batch then
      table.remove(self.batches, at)
      self.count = self.count - #batch
      return true
    end
  end
  return false
end

--- Notes what became of a batch. Who sent it may have been given up, and have gone on nevertheless, as a function does that cannot yield.
-- @param rejected how many spans the collector refused; nil where it took none
-- @param err why not
local function finish(self, batch, rejected, err)
  if not leave(self, batch) and not (rejected and take_out(self, batch)) then
    return
  elseif rejected then
    self.sent, self.rejected = self.sent + #batch - rejected, self.rejected + rejected
    self.pause, self.held, self.trouble = FIRST_PAUSE, 0, nil
    if rejected > 0 then
      say_once(self, "rejected", "the collector refused %d of %d spans", rejected, #batch)
    end
    return
  end
  self.trouble = tostring(err)
  local is_retryable = UNANSWERED[err.kind] or RETRYABLE[err.status]
  if is_retryable then
    self.held = core.now() + math.max(self.pause, err.retry_after or 0)
    self.pause = math.min(2 * self.pause, LONGEST_PAUSE)
  end
  if is_retryable and put_back(self, batch) then
    say_once(self, "kept", "spans wait, as they could not be sent: %s", self.trouble)
  else
    self.losses, self.lost = self.losses + 1, err
    drop(self, #batch)
  end
end

--- Whether something may be sent now.
local function is_ready(self, now)
  return self.batches[1] ~= nil and now >= self.held
end

--- Sends a batch and waits for its end.
local function send(self, seconds)
  local batch, around = take(self), context.apart()
  around.thread, around.lost = coroutine.running(), function() -- the function that sends it was given up
    if leave(self, batch) and not put_back(self, batch) then
      drop(self, #batch)
    end
  end
  local ok, rejected, err = pcall(context.run, around, self.exporter.export, batch, seconds)
  if not ok then
    rejected, err = nil, core.error { kind = "invalid_request", provider = "otlp", operation = "export", message = "it cannot be sent", attempts = 0 }
  end
  finish(self, batch, rejected, err)
end

-- In the place of a job that is being started.
local STARTING = { done = function() return false end }

--- Notes what became of the batch that is being sent. Asking for that may run functions of the script, which may get here, too.
-- @return whether it has ended, and nobody else has noted it
local function note(self, job, batch)
  if not job:done() then
    return false
  end
  local rejected, err = self.exporter.read(#batch, job:result())
  if self.job ~= job then
    return false
  end
  self.job, self.batch = nil, nil
  finish(self, batch, rejected, err)
  return true
end

--- Begins to send a batch, or notes what became of the one before. Never waits.
local function advance(self, now)
  self.next_look = now + self.interval
  if self.job and not note(self, self.job, self.batch) then
    self.next_look = now + LOOK_AGAIN
    return
  end
  if not is_ready(self, now) then
    return
  end
  local batch = take(self)
  self.job, self.batch, self.next_look = STARTING, batch, now + LOOK_AGAIN
  local ok, job = pcall(context.run, nil, self.exporter.start, batch)
  if ok then
    self.job = job
    self:watch() -- anew: what ends first at the end of the program was made last
  else
    self.job, self.batch = nil, nil
    finish(self, batch, nil, core.error { kind = "busy", provider = "otlp", operation = "export", message = "it cannot be started", attempts = 0 })
  end
end

--- Sends all that waits, batch by batch.
local function send_all(self, is_over)
  local ends = core.now() + (is_over and AT_EXIT or math.huge)
  while is_ready(self, core.now()) and core.now() < ends do
    send(self, is_over and AT_EXIT or nil)
  end
end

--- The same in a timer of nginx. While one waits for the collector, no other one sends: there could be any number of them.
local function run_timer(self, is_over)
  self.timer = false
  if self.in_timer and not is_over then
    return
  end
  self.in_timer = true
  local ok, why = pcall(send_all, self, is_over)
  self.in_timer = false
  if self.batches[1] and not is_over then
    self:set_timer(math.max(0, self.held - core.now()))
  end
  if not ok then
    error(why, 0)
  end
end

--- Sees to it that a timer of nginx sends what waits, after so many seconds at the latest.
function methods:set_timer(seconds)
  if self.in_timer then
    return -- which sets another one at its end
  end
  local at = core.now() + seconds
  if not self.timer or at < self.timer - self.interval / 2 then
    self.timer = host.after(seconds, function() run_timer(self, host.is_ending()) end) and at or false
  end
end

--- Sends what is left at the end of the program. To be called again when something was made that the end of the program would end before.
function methods:watch()
  local token = {}
  self.token = token
  self.at_exit = finalizer(function()
    if self.token == token and self.guard.state == "open" and not select(2, pcall(self.flush, self, AT_EXIT)) then
      drop(self, self.count + self.under_way)
    end
  end)
end

--- Adds a span that has ended.
function methods:add(span)
  if self.guard.state ~= "open" then -- a forked process: what waits is its parent's to send
    empty(self)
  end
  if self.count >= self.most then
    drop(self, 1)
  else
    local last = self.batches[#self.batches]
    if not last or #last >= self.size then
      last = {}
      self.batches[#self.batches + 1] = last
    end
    last[#last + 1] = span
    self.count = self.count + 1
  end
  local is_full = #self.batches[1] >= self.size
  if host.after then
    self:set_timer(is_full and math.max(0, self.held - core.now()) or self.interval)
    return
  end
  local now = core.now()
  if (is_full and not self.job) or now >= self.next_look then
    advance(self, now)
  end
end

--- Sends all that waits, for so many seconds at most.
-- @return true; or nil and the error of what could not be sent, or was sent and not taken
function methods:flush(seconds)
  local ends, losses = core.now() + seconds, self.losses
  if self.guard.state ~= "open" then
    empty(self)
  end
  repeat
    local now = core.now()
    if self.job then
      advance(self, now)
    elseif is_ready(self, now) then
      send(self, math.max(0.001, ends - now))
    end
    local is_waiting = self.job or (self.under_way > 0 or self.batches[1] and not is_ready(self, now))
    if is_waiting and not (self.held > ends and not self.job) then
      sleep(POLL)
    end
  until (self.count == 0 and self.under_way == 0) or core.now() >= ends or self.held > ends
  if self.losses ~= losses then
    return nil, self.lost
  elseif self.count == 0 and self.under_way == 0 then
    return true
  end
  return nil, core.error {
    kind = "timeout", provider = "otlp", operation = "export", attempts = 0, retryable = true,
    message = ("%d spans were not sent in time%s"):format(self.count, self.trouble and ": " .. self.trouble or ""),
  }
end

--- Sends what waits without waiting for it: another exporter has taken its place.
function methods:close()
  if host.after then
    self:set_timer(0)
  else
    advance(self, core.now())
  end
end

--- What is known of it.
function methods:state()
  return { queued = self.count + self.under_way, sent = self.sent, dropped = self.dropped, rejected = self.rejected }
end

--- @param exporter { export = function(spans, seconds), start = function(spans), read = function of the results of what start returned, size = spans of a
--   batch, most = spans that may wait, interval = seconds until a batch that is not full is sent }
function queue.new(exporter)
  local self = setmetatable({
    exporter = exporter, size = exporter.size, most = exporter.most, interval = exporter.interval, sent = 0, dropped = 0, rejected = 0,
    losses = 0, lost = nil, said = {}, pause = FIRST_PAUSE, held = 0, timer = false, in_timer = false, next_look = core.now() + exporter.interval,
  }, metatable)
  empty(self)
  if not host.after then
    self:watch()
  end
  return self
end

return queue
