--- What limits, breakers and token sources put into a shared dict has names that show nothing, which all workers have in common.

local nginx = require "support.nginx"
if nginx.is_missing("shared names", pending) then return end

local APP = [[
local cards = require "cards"
local app = {}

local KEYS = {
  number = "4111 1111 1111 1111", pan = cards.secret("5555555555554444", "pan"), digits = 4012888888881881, text = "planted-key-text",
  token = cards.secret "planted-key-token",
}
local limits = {}
for name, key in pairs(KEYS) do
  limits[name] = cards.limit { rate = 1, per = 80000, burst = 2, max_wait = 0, key = function() return key end, shared = "names" }
end
local fixed = cards.limit { rate = 1, per = 80000, burst = 2, max_wait = 0, key = "planted-fixed-key", shared = "names" }
local breaker = cards.breaker { failures = 1, open_for = 1000, name = "planted-breaker", shared = "names" }
local source = cards.token_source(function() return "planted-token" end, { name = "planted-source", ttl = 1000, shared = "names" })

--- Takes one of each. Whether the key's limit let it through.
function app.take(name)
  fixed(function() end)
  breaker(function() return nil, require "cards.core".error { kind = "network", attempts = 1 } end)
  assert(source())
  return limits[name](function() return "passed" end) or "refused"
end

return app
]]

local LOCATIONS = {
  ["/take"] = 'ngx.print(ngx.worker.pid(), " ", require "app".take(ngx.var.arg_name))',
  ["/dump"] = [[
    local dict = ngx.shared.names
    for _, key in ipairs(dict:get_keys(0)) do ngx.say(key) end ]],
  ["/values"] = [[
    local dict = ngx.shared.names
    for _, key in ipairs(dict:get_keys(0)) do ngx.say(tostring(dict:get(key))) end ]],
}

local HIDDEN = { "4111111111111111", "4111 1111", "5555555555554444", "4012888888881881", "planted" }
local server, apart

setup(function()
  local function start(name, init)
    return nginx.start(name, { app = APP, workers = 4, http = "lua_shared_dict names 1m;\n" .. init, locations = LOCATIONS })
  end
  server = start("shared-names", "init_by_lua_block { require 'cards' }")
  apart = start("shared-names-apart", "")
end)

teardown(function()
  for _, one in pairs { server, apart } do one:stop() end
end)

--- Asks until several workers have answered. @return how often each outcome was seen
local function spread(one, name)
  local workers, seen, counts = {}, 0, {}
  nginx.wait_for("several workers to answer", function()
    local ask = {}
    for i = 1, 12 do
      ask[i] = function()
        local pid, what = one:body("/take?name=" .. name):match "^(%d+) (.*)$"
        counts[what] = (counts[what] or 0) + 1
        seen = seen + (workers[pid] and 0 or 1)
        workers[pid] = true
      end
    end
    nginx.together(table.unpack(ask))
    return seen > 1
  end)
  return counts
end

describe("a shared dict", function()
  for _, name in ipairs { "number", "pan", "digits", "text", "token" } do
    it("has one name for all workers: " .. name, function()
      assert.equal(2, spread(server, name).passed)
    end)
  end

  it("has no number, text or secret among its names, nor in what they stand for", function()
    local dump = server:body "/dump"
    local counts = {}
    for key in dump:gmatch "[^\n]+" do
      local feature, name = key:gsub(":%l+:", ":"):match "^(cards%.%l+):(%x+)$"
      assert.equal(64, #(name or ""), key)
      counts[feature] = (counts[feature] or 0) + 1
      for _, text in ipairs(HIDDEN) do assert.is_nil(key:find(text, 1, true), key) end
    end
    assert.same({ ["cards.limit"] = 6, ["cards.breaker"] = 1, ["cards.token"] = 1 }, counts)
    assert.is_nil(server:body "/values":find("planted", 1, true))
  end)

  it("has a key of its own for names where the workers have none in common; tokens are not shared, and each says so once", function()
    for _, name in ipairs { "number", "digits", "text", "token" } do
      assert.equal(2, spread(apart, name).passed)
    end
    local _, warned = apart:log():gsub("this worker shares no token in the shared dict 'names'", "")
    assert.is_true(warned >= 2 and warned <= 4, warned)
    assert.is_nil(server:log():find("shares no token", 1, true))
    assert.is_nil(apart:body "/dump":find("planted", 1, true))
  end)
end)

it("leaves nothing in the error log", function()
  for _, one in ipairs { server, apart } do assert.same({}, one:complaints()) end
end)
