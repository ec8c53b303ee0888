--- cards.sleep, deadline, retry, hedge, limit, breaker and token_source in nginx: they let the worker go on, and workers share what they are told to share.

local nginx = require "support.nginx"
if nginx.is_missing("orchestration", pending) then return end

local upstream = require "nginx.upstream"

local server, apart, up

local APP = [[
local cards, core = require "cards", require "cards.core"
local app = { alix = @client@ }

function app.number(id, options)
  local record, err = app.alix:private_info(id, options)
  return record and tostring(record.cardNo), err
end
function app.call(id) return function() return app.number(id) end end
function app.failing(kind) return function() return nil, core.error { kind = kind, retryable = true, message = "made up", attempts = 1 } end end
function app.said(value, err) return tostring(value or err) end

app.limited = cards.limit { rate = 1, per = 80000, burst = 5, max_wait = 0, key = "alix", shared = "orchestration" }
app.one = cards.limit { concurrency = 1, max_wait = 20 }
app.breaker = cards.breaker { failures = 3, open_for = 60, name = "alix", shared = "orchestration" }

local function source(name, ttl)
  return cards.token_source(function()
    local number = ngx.shared.facts:incr("fetched-" .. name, 1, 0)
    cards.sleep(0.1)
    return "planted-" .. name .. "-" .. number, ttl
  end, { name = name, shared = "orchestration", refresh_before = 5 })
end
app.source, app.short = source("long", 1000), source("short", 4)

return app
]]

-- What requests to /<name> are answered with: the values that the source returns, joined by spaces.
local SCRIPTS = {
  sleep = [[ return cards.sleep(0.3) ]],
  sleep_order = [[
    local order = {}
    local function late(name, seconds) return function() cards.sleep(seconds) order[#order + 1] = name end end
    cards.all { late("c", 0.6), late("a", 0), late("b", 0.2) }
    return table.concat(order) ]],
  deadline = [[
    local value, err = cards.deadline(0.2, app.number, "hold")
    local late, over = cards.deadline(0, app.number, "c_1")
    local slept, cut = cards.deadline(0.05, cards.sleep, 30)
    return value, err.kind, late, over.kind, over.attempts, slept, cut.kind, app.number "c_1" ]],
  deadline_all = [[
    local a, b = cards.deadline(0.2, cards.all, { app.call "hold", function() return cards.sleep(30) end })
    local kinds = {}
    for _, _, _, err in cards.deadline(20, cards.each, { "c_1", "c_2", "c_3" }, app.number, { concurrency = 1 }) do
      kinds[#kinds + 1] = err and err.kind or "fine"
    end
    local c = cards.all { app.call "c_1" }
    return a[2].kind, b[2].kind, table.concat(kinds, ","), c[1] ]],
  deadline_left = [[
    ngx.shared.facts:incr("left", 1, 0)
    return cards.deadline(0.001, function() ngx.sleep(60) end) ]],
  call = [[ return app.said(app.number "c_1") ]],
  hedge = [[
    local made = 0
    return cards.hedge(function() made = made + 1 return app.number(made == 1 and "hold" or "c_1") end, { after = 0.1 }) ]],
  hedge_inside = [[
    local made = 0
    return cards.hedge(function()
      made = made + 1
      if made == 1 then return cards.all { app.call "hold", app.call "hold" } end
      return app.number "c_1"
    end, { after = 0.1 }) ]],
  hedge_holds = [[
    local made = 0
    local value = cards.hedge(function()
      made = made + 1
      if made == 1 then return app.one(cards.sleep, 60) end
      return "second"
    end, { after = 0.05 })
    return value, app.one(function() return "mine" end) ]],
  hedge_fails = [[
    local made = 0
    local value, err = cards.hedge(function() made = made + 1 return app.failing "network" () end, { after = 30, attempts = 3 })
    local ok, why = pcall(cards.hedge, function() error "oops" end)
    return value, err.kind, made, ok, (why:match "oops") ]],
  retry = [[
    local made = 0
    return cards.retry(function() made = made + 1 if made < 3 then return app.failing "provider" () end return app.number "c_1" end, { base = 0.01 }), made ]],
  order = [[
    local order, calls = {}, {}
    for i = 1, 5 do calls[i] = function() return app.one(function() order[#order + 1] = i return app.number "c_1" end) end end
    cards.all(calls)
    return table.concat(order), app.one:state().running ]],
  hold_one = [[
    ngx.shared.facts:incr("begun", 1, 0)
    return app.one(cards.sleep, 60) ]],
  take_one = [[ return app.said(app.one(function() return "mine" end)) ]],
  limited = [[ return ngx.worker.pid(), app.said(app.limited(function() return "passed" end)) ]],
  fail = [[ return ngx.worker.pid(), app.said(app.breaker(app.failing "network")) ]],
  phase = [[ return ngx.worker.pid(), app.breaker:state().phase ]],
  half_open = [[
    for _, key in ipairs(ngx.shared.orchestration:get_keys(0)) do
      if key:find "^cards%.breaker:open:" then ngx.shared.orchestration:set(key, require("cards.core").now()) end
    end ]],
  try = [[ return ngx.worker.pid(), app.said(app.breaker(app.number, "hold")) ]],
  token = [[ return ngx.worker.pid(), app.source():reveal() ]],
  given_up = [[
    local name, fetches = "given-up-" .. ngx.worker.pid(), 0
    local source = cards.token_source(function()
      fetches = fetches + 1
      if fetches == 1 then cards.sleep(60) end
      return "planted-" .. fetches, 1000
    end, { name = name, shared = "orchestration" })
    local first = cards.hedge(function() return fetches == 0 and source() or "another" end, { after = 0.1 })
    local began = require("cards.core").now()
    return first, source():reveal(), require("cards.core").now() - began < 12 ]], -- a lock is for 15
  renew = [[ return ngx.worker.pid(), app.source:renew(app.source()):reveal() ]],
  short = [[ return ngx.worker.pid(), app.short():reveal() ]],
  shared = [[
    local all = {}
    for _, key in ipairs(ngx.shared.orchestration:get_keys(0)) do all[#all + 1] = key .. "=" .. tostring(ngx.shared.orchestration:get(key)) end
    return (table.concat(all, "\n")) ]],
  misuse = [[ return select(2, pcall(function() cards.limit { rate = 1, key = "x", shared = "orchestra" } end)) ]],
  phases = [[ return (tostring(ngx.shared.facts:get "init_worker")) ]],
}

local HTTP = [[
  lua_shared_dict orchestration 1m;
  @init@
  init_worker_by_lua_block {
    require "app"
    local ok, why = pcall(require("cards").sleep, 0)
    ngx.shared.facts:set("init_worker", why)
  }
]]

local function start(name, init)
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ([[
      local app, cards = require "app", require "cards"
      local function run() %s end
      local values = { run() }
      for i = 1, table.maxn(values) do values[i] = tostring(values[i]) end
      ngx.print(table.concat(values, " ")) ]]):format(source)
  end
  return nginx.start(name, {
    app = APP:gsub("@client@", (up.client "timeout = 20")), workers = 4, http = HTTP:gsub("@init@", init), server = "lua_check_client_abort on;",
    locations = locations,
  })
end

setup(function()
  up = upstream.start "orchestration-upstream"
  server = start("orchestration", "init_by_lua_block { require 'cards' }")
  apart = start("orchestration-apart", "")
end)

teardown(function()
  for _, one in pairs { server, apart, up } do one:stop() end
end)

local M = upstream.MASKED

--- Sends so many requests at the same time, and again until several workers have answered. @return what they said, a list, and by how many workers
local function spread(one, path, count)
  local said, workers, seen = {}, {}, 0
  nginx.wait_for("several workers to answer", function()
    local ask = {}
    for i = 1, count do
      ask[i] = function()
        local pid, what = one:body(path):match "^(%d+) (.*)$"
        said[#said + 1] = what
        seen = seen + (workers[pid] and 0 or 1)
        workers[pid] = true
      end
    end
    nginx.together(table.unpack(ask))
    return seen > 1
  end)
  return said, seen
end

local function counts(list)
  local by = {}
  for _, what in ipairs(list) do by[what] = (by[what] or 0) + 1 end
  return by
end

--- The calls that all workers have: /calls asks only one of them.
local function wait_for_no_calls()
  nginx.wait_for("the held calls to end", function() return up.held() == 0 end)
end

describe("in nginx", function()
  it("cards.sleep lets the worker go on, and names a phase that it cannot wait in", function()
    assert.equal("true", server:body "/sleep")
    assert.equal("abc", server:body "/sleep_order")
    assert.matches("cards.sleep cannot wait in nginx's phase 'init_worker'", server:body "/phases", 1, true)
  end)

  it("cards.deadline reaches into calls, sleeps, cards.all and cards.each, and into nothing later", function()
    assert.equal(("nil timeout nil timeout 0 nil timeout %s"):format(M), server:body "/deadline")
    assert.equal(("timeout timeout fine,fine,fine %s"):format(M), server:body "/deadline_all")
    wait_for_no_calls()
  end)

  it("a deadline goes with its request, whoever uses its coroutine next", function()
    local ask = {}
    for i = 1, 8 do
      ask[i] = function()
        server:get("/deadline_left", { give_up = function()
          nginx.wait_for("all of them to begin", function() return server:body "/fact?name=left" == "8" end)
        end })
      end
    end
    nginx.together(table.unpack(ask))
    for _ = 1, 3 do
      for i = 1, 16 do
        ask[i] = function() assert.equal(M, server:body "/call") end
      end
      nginx.together(table.unpack(ask))
    end
  end)

  it("cards.hedge ends the calls of those that lose, also those inside of cards.all", function()
    assert.equal(M, server:body "/hedge")
    wait_for_no_calls()
    assert.equal(M, server:body "/hedge_inside")
    wait_for_no_calls()
    assert.equal("second mine", server:body "/hedge_holds")
    assert.equal("nil network 3 false oops", server:body "/hedge_fails")
  end)

  it("cards.retry waits and goes on", function()
    assert.equal(M .. " 3", server:body "/retry")
  end)

  it("cards.limit lets through in order, and takes back what a request held that is gone", function()
    assert.equal("12345 0", server:body "/order")
    local ask = {}
    for i = 1, 8 do -- so that every worker has one
      ask[i] = function()
        server:get("/hold_one", { give_up = function()
          nginx.wait_for("all of them to begin", function() return server:body "/fact?name=begun" == "8" end)
        end })
      end
    end
    nginx.together(table.unpack(ask))
    for _ = 1, 8 do assert.equal("mine", server:body "/take_one") end
  end)
end)

describe("workers share", function()
  it("the rate of a limit", function()
    local said = counts((spread(server, "/limited", 20)))
    assert.equal(5, said.passed)
    for what in pairs(said) do assert.is_true(what == "passed" or what:find "cards.limit: busy: the rate is used up" ~= nil, what) end
  end)

  it("the state of a breaker", function()
    for what, count in pairs(counts((spread(server, "/fail", 20)))) do
      assert.is_true(count >= 3 or what:find "busy" ~= nil, what)
    end
    assert.is_nil((server:body "/phase"):find "closed")
    server:body "/half_open" -- as a minute later; for so long a trial call is the only one
    assert.matches("half_open", server:body "/phase")
    local ask, got = {}, {}
    for i = 1, 8 do
      ask[i] = function()
        local what = server:body "/try":match " (.*)$"
        got[#got + 1] = what
      end
    end
    ask[9] = function()
      nginx.wait_for("the others to be refused", function() return #got == 7 and up.held() == 1 end)
      up.release()
    end
    nginx.together(table.unpack(ask))
    assert.equal(M, got[8])
    for i = 1, 7 do assert.matches("busy", got[i]) end
    for _, phase in ipairs((spread(server, "/phase", 8))) do assert.equal("closed", phase) end
  end)

  it("a token, which is fetched once and lies nowhere in plain", function()
    assert.same({ ["planted-long-1"] = true }, (function(list)
      local set = {}
      for _, what in ipairs(list) do set[what] = true end
      return set
    end)((spread(server, "/token", 20))))
    assert.equal("1", server:body "/fact?name=fetched-long")
    local all = server:body "/shared"
    assert.matches("cards.token:%x+=%d+", all)
    assert.is_nil(all:find("planted", 1, true))
  end)

  it("a token, which is fetched at once where a fetch was given up", function()
    assert.equal("another planted-2 true", server:body "/given_up")
  end)

  it("a token that one of them renews", function()
    local _, renewed = server:body "/renew":match "^(%d+) (.*)$"
    assert.equal("planted-long-2", renewed)
    assert.equal("2", server:body "/fact?name=fetched-long")
    -- another worker whose token was refused, too, takes it
    local said = counts((spread(server, "/token", 8)))
    for what in pairs(said) do assert.is_true(what == "planted-long-1" or what == "planted-long-2", what) end
  end)

  it("a token that is fetched ahead, beside the request that asks", function()
    local first = server:body "/short":match " (.*)$"
    assert.equal("planted-short-1", first)
    nginx.wait_for("the next token", function() return server:body "/short":match "planted%-short%-[2-9]" end)
  end)

  it("no token where they have no key in common, and say so once each", function()
    local said, workers = spread(apart, "/token", 20)
    for _, what in ipairs(said) do assert.matches("^planted%-long%-%d$", what) end
    local fetched = tonumber(apart:body "/fact?name=fetched-long")
    assert.is_true(fetched > 1 and fetched <= 4, fetched)
    local _, warned = apart:log():gsub("this worker shares no token in the shared dict", "")
    assert.is_true(warned >= workers and warned <= 4, warned)
  end)

  it("no dict that is not there", function()
    assert.matches("there is no lua_shared_dict of that name (did you mean 'orchestration'?)", server:body "/misuse", 1, true)
  end)
end)

it("leaves nothing behind in the error log, and no socket's folder", function()
  for _, one in ipairs { server, apart } do
    assert.same({}, one:complaints())
  end
end)
