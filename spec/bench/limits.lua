--- What a limit costs a call: of one process, of a dict that nginx's workers share, and of a Redis that hosts share; in plain Lua and in an nginx.
-- limits.lua [ROUNDS [SECONDS]]

local calls = require "bench.limit_calls"
local fleet = require "support.fleet"
local nginx = require "support.nginx"
local rounds = require "bench.rounds"

local MANY = 64 -- functions at once
local count, seconds = tonumber(arg[1] or 9), tonumber(arg[2] or 0.3)

local server = fleet.begin()
local url = server.url "bench"

local function in_lua(name, shared)
  return { name = name, rate = function(functions) return calls(shared, seconds, functions) end }
end

local function in_nginx(one, name, shared)
  return { name = name, rate = function(functions)
    return assert(tonumber(one:body(("/calls_of?shared=%s&seconds=%g&functions=%d"):format(shared or "", seconds, functions))))
  end }
end

local function compare(title, peers)
  rounds.run(peers, count, function(peer)
    local one, many = peer.rate(1), peer.rate(MANY)
    return { one = one, many = many, each = 1e6 / one, added = 1e6 / one - 1e6 / (peer == peers[1] and one or peers[1].rate(1)) }
  end)
  rounds.print(title, peers, {
    { "decisions/s", "one", "%.0f" }, { "µs each", "each", "%.1f" }, { "µs added", "added", "%.1f" }, { MANY .. " at once", "many", "%.0f" },
  })
end

local app = nginx.start("bench-limits", {
  main = ("env CARDS_SHARED_KEY=%s;"):format((fleet.KEY:gsub(" ", "-"))), http = "lua_shared_dict limits 1m;\ninit_by_lua_block { require 'cards' }",
  locations = { ["/calls_of"] = [[
    local shared = ngx.var.arg_shared
    ngx.print(require "bench.limit_calls"(shared ~= "" and shared or nil, tonumber(ngx.var.arg_seconds), tonumber(ngx.var.arg_functions))) ]] },
})
local ok, why = pcall(function()
  compare(("a limit in plain Lua, %d rounds of %g s, medians"):format(count, seconds), { in_lua "this process", in_lua("Redis", url) })
  compare("a limit in one worker of nginx", { in_nginx(app, "this worker"), in_nginx(app, "lua_shared_dict", "limits"), in_nginx(app, "Redis", url) })
end)
app:stop()
fleet.finish()
assert(ok, why)
