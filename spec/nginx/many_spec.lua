--- Many calls at once inside nginx: cards.all, cards.each, cards.fallback, and a script's own coroutines and threads.

local nginx = require "support.nginx"
if nginx.is_missing("many calls", pending) then return end

local upstream = require "nginx.upstream"

local server, up

local APP = [[
local cards = require "cards"
local app = { alix = @client@, dead = require("cards").alix.new {
  base_url = "http://127.0.0.1:1", insecure_http = true, access_token = "t", retries = 0 } }

function app.number(id)
  local record, err = app.alix:private_info(id)
  return record and tostring(record.cardNo) or tostring(err)
end

function app.call(id) return function() return app.number(id) end end

local write = {}
function write.table(value)
  local parts = {}
  for i = 1, table.maxn(value) do parts[i] = app.text(value[i]) end
  return "{" .. table.concat(parts, ",") .. "}"
end
function app.text(value) return (write[type(value)] or tostring)(value) end

return app
]]

-- A request to /<name> runs the source; what it returns is the answer.
local SCRIPTS = {
  all = [[
    local a, b, c = cards.all { app.call "hold-1", app.call "hold-2", app.call "c_3" }
    return { a, b, c } ]],
  all_none = [[ return select("#", cards.all {}) ]],
  all_plain = [[ return { cards.all { function() return 1, nil, 3 end, function() end } } ]],
  all_raises = [[
    local a, b, c = cards.all { function() app.number "c_1" error "oops" end, app.call "c_1",
      function() error((select(2, app.dead:private_info "c_1"))) end }
    return { a[1] == nil and a[2], b, c[2].kind, c[2].traceback } ]],
  all_nested = [[
    local a, b = cards.all {
      function() return cards.all { app.call "c_1", function() return cards.all { app.call "hold", app.call "c_2" } end } end,
      function()
        local count = 0
        for _, _, number in cards.each({ "c_3", "c_4", "c_5" }, app.number) do count = count + #number end
        return count
      end,
    }
    return { a, b } ]],
  all_misuse = [[
    local ok, why = pcall(function() cards.all { 1 } end)
    return { ok, why } ]],
  each = [[
    local given, now, most, seen, order = 0, 0, 0, 0, true
    local function source()
      given = given + 1
      return given <= 300 and "c_" .. given or nil
    end
    for i, id, number in cards.each(source, function(id)
      now = now + 1
      most = math.max(most, now)
      local number = app.number(id)
      now = now - 1
      return number
    end, { concurrency = 16 }) do
      seen = seen + (number == "************1111" and id == "c_" .. i and 1 or 0)
      order = order and given <= seen + 17
    end
    return { seen, most, order } ]],
  each_table = [[
    local got = {}
    for i, id, number in cards.each({ "c_1", "c_2" }, app.number) do got[i] = id .. number end
    return got ]],
  each_raises = [[
    local got = {}
    for i, value, result, err in cards.each({ 1, 2, 3 }, function(value) if value == 2 then error "two" end return app.number "c_1" end) do
      got[i] = { value, result, err and err:match "two" and err:match "traceback" }
    end
    return got ]],
  each_left = [[
    for _ in cards.each({ "c_1", "c_2", "c_3", "c_4" }, app.number, { concurrency = 4 }) do break end
    return app.number "c_5" ]],
  each_elsewhere = [[
    local iterate = cards.each({ "c_1", "c_2", "c_3", "c_4" }, app.number, { concurrency = 2 })
    local function take() return (select(3, iterate())) end
    return { take(), coroutine.wrap(take)(), select(2, ngx.thread.wait(ngx.thread.spawn(take))), take() } ]],
  each_shared = [[
    local ids, seen = {}, 0
    for i = 1, 20 do ids[i] = "c_" .. i end
    local ends = {}
    for concurrency = 1, 4 do
      local iterate = cards.each(ids, app.number, { concurrency = concurrency })
      local function take()
        for _ in iterate do
          app.number "c_1"
          seen = seen + 1
        end
        return "end"
      end
      local a, b, c = cards.all { take, take, take }
      ends[concurrency] = a[1] .. b[1] .. c[1]
    end
    return { seen, ends } ]],
  each_call_in_body = [[
    local given, taken, ahead, good = 0, 0, 0, 0
    local function source()
      given = given + 1
      return given <= 100 and "c_" .. given or nil
    end
    for _ in cards.each(source, app.number, { concurrency = 4 }) do
      taken = taken + 1
      good = good + (app.number "c_9" == "************1111" and 1 or 0)
      ahead = math.max(ahead, given - taken)
    end
    return { good, ahead <= 4 } ]],
  fallback = [[
    local record, err = cards.fallback { function() return app.dead:private_info "c_1" end, function() return app.alix:private_info "hold" end }
    return { record and tostring(record.cardNo), err } ]],
  fallback_raises = [[
    local ok, why = pcall(cards.fallback, { function() app.number "c_1" error "oops" end, app.call "c_1" })
    return { ok, (tostring(why):match "oops") } ]],
  coroutine = [[
    local co = coroutine.wrap(function() coroutine.yield(app.number "hold") coroutine.yield(app.number "c_2") return "end" end)
    return { co(), co(), co() } ]],
  coroutine_in_all = [[
    local a, b = cards.all {
      function() return coroutine.wrap(function() coroutine.yield(app.number "hold") end)() end,
      app.call "c_2",
    }
    return { a, b } ]],
  thread = [[
    local threads, got = {}, {}
    for i = 1, 3 do threads[i] = ngx.thread.spawn(app.number, "hold-" .. i) end
    for i = 1, 3 do got[i] = select(2, ngx.thread.wait(threads[i])) end
    return got ]],
  thread_killed = [[
    local thread = ngx.thread.spawn(app.number, "hold")
    ngx.thread.kill(thread)
    return app.number "c_1" ]],
  pcall = [[ return { pcall(app.number, "hold") } ]],
  xpcall = [[ return { xpcall(function() app.number "hold" error "oops" end, function(why) return "handled " .. why:match "oops" end) } ]],
  metamethod = [[ return setmetatable({}, { __index = function(_, id) return app.number(id) end })["hold"] ]],
  sleeping = [[
    local a, b = cards.all { function() ngx.sleep(0.01) return app.number "c_1" end, app.call "hold" }
    return { a, b } ]],
  events = [[
    local told = {}
    local client = @events@
    client:private_info "c_1"
    return told ]],
  facts = [[
    local told = {}
    local client = @facts@
    for i = 1, 2 do client:private_info "c_1" end
    local new, kept = told[1], told[2]
    return { new.connect > 0, new.first_byte > new.connect, new.seconds >= new.first_byte, new.bytes_in > 100, new.bytes_out > 100, new.tls, new.reused,
      kept.resolve + kept.connect + kept.tls, kept.first_byte > 0, kept.bytes_in == new.bytes_in, kept.bytes_out == new.bytes_out, kept.reused } ]],
  credential = [[
    local fetched = 0
    local client = @credential@
    local a = cards.all { function() return tostring(client:private_info("c_1").cardNo) end }
    return { a, fetched } ]],
}

local TIMER = [[
  local name = ngx.var.arg_name
  ngx.timer.at(0, function()
    local ok, what = pcall(require("app").script, name)
    ngx.shared.facts:set("timer-" .. name, require("app").text(what))
  end)
]]

setup(function()
  up = upstream.start "many-upstream"
  local values = { client = up.client "timeout = 60" }
  local app = APP:gsub("@(%w+)@", values):gsub("return app%s*$", "")
  local sources = { app, "local scripts = {}\n" }
  for name, source in pairs(SCRIPTS) do
    source = source:gsub("@(%w+)@", {
      events = up.client "on_event = function(event) told[#told + 1] = event.event .. tostring(event.ok) end",
      facts = up.client "idle_timeout = 30 + math.random(), on_event = function(event) if event.event == 'call' then told[#told + 1] = event end end",
      credential = up.client("access_token = function() fetched = fetched + 1 app.number 'c_1' return 't' end"):gsub('access_token = "t", ', ""),
    })
    sources[#sources + 1] = ("function scripts.%s() %s end\n"):format(name, source)
  end
  sources[#sources + 1] = "function app.script(name) return scripts[name]() end\nreturn app\n"
  server = nginx.start("many", { app = table.concat(sources), http = "init_worker_by_lua_block { require 'app' }", locations = {
    ["/run"] = 'ngx.print(require("app").text(require("app").script(ngx.var.arg_name)))', ["/timer"] = TIMER,
  } })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

--- Runs a script, in a request and then in a timer, and lets go what its upstream holds once so many calls are held.
-- @return what it returned, as text: the same in both
local function run(name, held)
  local function driven(start)
    local got
    nginx.together(function() got = start() end, function()
      if not held then return end
      up.wait_for_held(held)
      local ok, why = pcall(function() assert.equal("static", server:body("/static", { timeout = 20 })) end)
      up.release()
      if not ok then error(why, 0) end
    end)
    return got
  end
  local in_request = driven(function() return server:body("/run?name=" .. name) end)
  local in_timer = driven(function()
    server:body("/timer?name=" .. name)
    local fact
    nginx.wait_for("the timer", function()
      fact = server:body("/fact?name=timer-" .. name)
      return fact ~= "nil"
    end)
    return fact
  end)
  if not in_request:find("traceback", 1, true) then assert.equal(in_request, in_timer) end
  return in_request
end

local M = upstream.MASKED

describe("cards.all in nginx", function()
  it("runs its functions at the same time, and keeps their places", function()
    assert.equal(("{{%s},{%s},{%s}}"):format(M, M, M), run("all", 2))
  end)

  it("takes functions that make no call, and none", function()
    assert.equal("0", run "all_none")
    assert.equal("{{1,nil,3},{}}", run "all_plain")
  end)

  it("ends only the function that raised, with its traceback", function()
    local got = run "all_raises"
    assert.matches("^{[^\n]*app.lua:%d+: oops\nstack traceback:.*app.lua:%d+: in function.*,{%*+1111},network,%s*stack traceback:", got)
  end)

  it("may be nested", function()
    assert.equal(("{{{%s},{{%s},{%s}}},{48}}"):format(M, M, M), run("all_nested", 1))
  end)

  it("refuses misuse at the caller's line", function()
    assert.matches("^{false,[^\n]*app.lua:%d+: cards.all: element 1 is not a function}$", run "all_misuse")
  end)

  it("lets its functions sleep and wait for other things of nginx", function()
    assert.equal(("{{%s},{%s}}"):format(M, M), run("sleeping", 1))
  end)
end)

describe("cards.each in nginx", function()
  it("keeps to its concurrency, and reads its source only as fast", function()
    assert.equal("{300,16,true}", run "each")
  end)

  it("takes a list", function()
    assert.equal(("{c_1%s,c_2%s}"):format(M, M), run "each_table")
  end)

  it("gives nil and the error with its traceback for one that raised, and goes on", function()
    local got = server:body "/run?name=each_raises"
    assert.equal(("{{1,%s},{2,nil,traceback},{3,%s}}"):format(M, M), (got:gsub(",nil}", "}")))
  end)

  it("lets the loop's body make calls, and holds no more than its concurrency meanwhile", function()
    assert.equal("{100,true}", run "each_call_in_body")
  end)

  it("may go on in another coroutine or light thread", function()
    assert.equal(("{%s,%s,%s,%s}"):format(M, M, M, M), run "each_elsewhere")
  end)

  it("may be gone through by several light threads at the same time, and ends for all of them", function()
    assert.equal("{80,{endendend,endendend,endendend,endendend}}", run "each_shared")
  end)

  it("may be left early", function()
    assert.equal(M, run "each_left")
    server:wait_for_calls(0)
  end)
end)

describe("cards.fallback in nginx", function()
  it("goes on after an error that may pass", function()
    assert.equal(("{%s}"):format(M), run("fallback", 1))
  end)

  it("lets an error that is raised through", function()
    assert.equal("{false,oops}", run "fallback_raises")
  end)
end)

describe("a call in nginx", function()
  it("yields through a script's own coroutine, which yields to its own resumer", function()
    assert.equal(("{%s,%s,end}"):format(M, M), run("coroutine", 1))
    assert.equal(("{{%s},{%s}}"):format(M, M), run("coroutine_in_all", 1))
  end)

  it("yields in light threads", function()
    assert.equal(("{%s,%s,%s}"):format(M, M, M), run("thread", 3))
  end)

  it("is given up with its light thread", function()
    assert.equal(M, server:body("/run?name=thread_killed"))
    server:wait_for_calls(0)
    up.wait_for_held(0)
  end)

  it("yields through pcall, xpcall and a metamethod", function()
    assert.equal(("{true,%s}"):format(M), run("pcall", 1))
    assert.equal("{false,handled oops}", run("xpcall", 1))
    assert.equal(M, run("metamethod", 1))
  end)

  it("tells its events, and calls functions for credentials that make calls themselves", function()
    assert.equal("{trytrue,calltrue}", run "events")
    assert.equal("{true,true,true,true,true,0,false,0,true,true,true,true}", run "facts")
    assert.equal(("{{%s},1}"):format(M), run "credential")
  end)
end)

it("leaves nothing behind in the error log, and no call", function()
  server:wait_for_calls(0)
  assert.same({}, server:complaints())
  assert.same({}, server:socket_folders())
end)
