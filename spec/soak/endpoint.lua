--- What the nginx worker of soak.nginx answers.

-- luacheck: std max+ngx_lua

local calls = require "soak.calls"
local cards = require "cards"
local mix = require "soak.mix"
local sandbox = require "support.sandbox"

local endpoint = {}

calls.prepare(sandbox.PROVIDERS, mix.servers())

local function plan_of(args)
  return { provider = args.provider, server = args.server, case = args.case == true and "" or args.case, timeout = tonumber(args.timeout),
    retries = tonumber(args.retries), plain = args.plain == "true" }
end

local function row(outcome, err)
  if not outcome then return ("%s\t0\t0\n"):format((tostring(err):gsub("%c", " "))) end
  return ("%s\t%.6f\t%.6f\n"):format((tostring(outcome.kind):gsub("%c", " ")), outcome.late, outcome.starved)
end

--- /call: a call, or some at once, and how each ended.
function endpoint.call()
  local args = ngx.req.get_uri_args()
  local plan, functions, rows = plan_of(args), {}, {}
  if args.count == "1" then return ngx.print(row(calls.run(plan))) end
  for i = 1, tonumber(args.count) do functions[i] = function() return calls.run(plan) end end
  for i, result in ipairs { cards.all(functions) } do rows[i] = row(result[1], result[2]) end
  return ngx.print(rows)
end

--- /look?count=: see calls.look_around.
function endpoint.look()
  calls.look_around(tonumber(ngx.var.arg_count))
  return ngx.print "looked"
end

--- /state: secrets that are open, and the bytes of their slots.
function endpoint.state()
  collectgarbage()
  collectgarbage()
  local memory = cards.memory()
  return ngx.print(memory.open, " ", memory.used)
end

return endpoint
