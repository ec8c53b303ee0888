--- nginx.lua SECONDS SEED: requests at 500 a second to an nginx worker whose endpoint makes a call with random misbehaviours for each, or three at once;
-- some clients go away before the answer. Prints the rows of the table; 1 where something is wrong.

local cqueues = require "cqueues"
local mix = require "soak.mix"
local nginx = require "support.nginx"
local quiet = require "soak.quiet"
local sandbox = require "support.sandbox"
local tally = require "soak.tally"

local seconds, seed = tonumber(arg[1]), tonumber(arg[2])

local RATE = 500 -- requests a second at most
local MOST = 600 -- of them at the same time

local missing = nginx.missing()
if missing then
  print(missing)
  os.exit(1)
end

local server = nginx.start("soak", {
  files = 8192, http = "init_worker_by_lua_block { endpoint = require 'soak.endpoint' }", server = "lua_check_client_abort on;",
  locations = { ["/call"] = "endpoint.call()", ["/look"] = "endpoint.look()", ["/state"] = "endpoint.state()" },
})
local worker = server:workers()[1]
local next_plan = mix.new(seed, sandbox.PROVIDERS, sandbox.cases())

local function query(plan, count)
  local function escaped(c) return ("%%%02X"):format(c:byte()) end
  return ("/call?provider=%s&server=%s&case=%s&timeout=%.3f&retries=%d&plain=%s&count=%d"):format(plan.provider, plan.server, plan.case:gsub("[^%w_]", escaped),
    plan.timeout, plan.retries, tostring(plan.plain), count)
end

--- One request; a client in ten goes away.
local function live(counts, count)
  local dice, gone = math.random(), false
  local function give_up()
    gone = true
    cqueues.sleep(0.3 * math.random())
  end
  local answer, why = server:get(query(next_plan(), count), { give_up = dice < 0.1 and give_up or nil })
  if gone then
    counts.gone = counts.gone + count
    return
  end
  local ended = 0
  for kind, late, starved in (answer and answer.status == 200 and answer.body or ""):gmatch "(%C*)\t(%S+)\t(%S+)\n" do
    counts:add { kind = kind, late = tonumber(late), starved = tonumber(starved) }
    ended = ended + 1
  end
  if ended < count then counts:wrong(("a request was answered with %s"):format(answer and answer.status .. " " .. answer.body or why)) end
end

local function run(counts, length)
  local ends, began, asked, under_way = nginx.now() + length, nginx.now(), 0, 0
  local loop = cqueues.new()
  local function one(count)
    live(counts, count)
    under_way = under_way - 1
  end
  loop:wrap(function()
    while nginx.now() < ends do
      while asked < RATE * (nginx.now() - began) and under_way < MOST do
        local count = math.random() < 0.05 and 3 or 1
        asked, under_way, counts.begun = asked + count, under_way + 1, counts.begun + count
        loop:wrap(one, count)
      end
      cqueues.sleep(0.01)
    end
  end)
  while not loop:empty() do assert(loop:step()) end
end

local function census()
  server:wait_for_calls(0)
  quiet.settle(function() server:body("/look?count=" .. MOST) end)
  server:body "/state" -- the first one collects what goes with its connection
  quiet.sleep(2.5)      -- the worker listens for answers a second longer than there are calls
  local open, used = server:body "/state":match "^(%d+) (%d+)$"
  local seen = quiet.look(worker)
  seen.open, seen.used = tonumber(open), tonumber(used)
  return seen
end

local counts = tally.new "nginx worker, LuaJIT"
local function soak()
  server:body "/look?count=1"
  run(counts, seconds / 2)
  local before = census()
  run(counts, seconds / 2)
  local after = census()
  if server:workers()[1] ~= worker then counts:wrong "the worker died" end
  for _, line in ipairs(server:complaints()) do counts:wrong(line) end
  return counts:report(before, after, seconds)
end
local ran, rows, ok = xpcall(soak, debug.traceback)
server:stop()
print(rows)
os.exit(ran and ok and 0 or 1, true)
