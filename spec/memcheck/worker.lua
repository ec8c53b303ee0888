--- An nginx worker as the target: it gets its credentials through pipes, makes calls of every kind for many requests at once, and is scanned once it has
-- drained.

local markers = require "memcheck.markers"
local nginx = require "support.nginx"
local plain = require "memcheck.plain"
local program = require "support.program"
local scanner = require "memcheck.scanner"

local worker = {}

local APP = [[
local cards = require "cards"
local cjson = require "cjson"
local sandbox = require "support.sandbox"
local app = { done = 0 }

local function secret(name) return assert(cards.secret.from_file("@folder@/" .. name)) end

function app.open()
  app.alix = cards.alix.new(sandbox.config("alix", { access_token = secret "access_token", retries = 1, timeout = 3 }))
  local defaults = sandbox.config "netxd".defaults
  defaults.account_number = secret "account_number"
  app.netxd = cards.netxd.new(sandbox.config("netxd", { credential = secret "credential", api_key = secret "api_key", signature = false,
    private_key = secret "private_key", defaults = defaults, retries = 0, timeout = 3 }))
end

-- RFC 7518, appendix C.
local KEY = '{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}'

local CASES = { "", "echo_secrets", "echo_secrets=401", "cut_short", "reset_body", "chunked", "gzip", "big=73728", "secret_in_header", "slow_body=0.2",
  "trailing_garbage" }

--- One request: a call of each provider, one of them with a misbehaviour; what they answer is sealed, and closed, or left to the collector.
function app.call(n)
  local asked = { headers = { ["X-Sandbox"] = CASES[n % #CASES + 1] } }
  local a, b = cards.all {
    function() return app.alix:private_info("@id@", n % 3 > 0 and asked or nil) end,
    function() return app.netxd:get_cvv({ card_id = "@other@", reference = "r" }, n % 3 == 0 and asked or nil) end,
  }
  local record, err = a[1], a[2]
  local sealed = record and assert(cards.seal({ number = record.cardNo, cvv = record.cvv }, { key = KEY, purpose = "show_card" }))
  if record and n % 2 == 0 then record.cardNo:close() record.cvv:close() end
  ngx.print(record and cjson.encode(cards.mask(cards.card(record))) or tostring(err), "\n", tostring(b[2]), "\n", sealed or "")
  app.done = app.done + 1
end

function app.keep() app.record = assert(app.alix:private_info "@id@") end

function app.drop()
  app.record.cardNo:close()
  app.record, app.alix, app.netxd = nil, nil, nil
end

return app
]]

local LOCATIONS = {
  ["/open"] = 'require("app").open()',
  ["/call"] = 'require("app").call(tonumber(ngx.var.arg_n))',
  ["/keep"] = 'require("app").keep()',
  ["/drop"] = 'require("app").drop()',
  ["/collect"] = "collectgarbage() collectgarbage()",
}

-- Many requests at a time; some of their clients go away.
local function load(server, requests)
  local turn, functions = 0, {}
  for i = 1, 32 do
    functions[i] = function()
      while turn < requests do
        turn = turn + 1
        local n = turn
        local answer, why = server:get("/call?n=" .. n, n % 50 == 0 and { give_up = function() end } or nil)
        if n % 50 ~= 0 and not (answer and answer.status == 200) then error(why or answer.status .. answer.body, 0) end
      end
    end
  end
  nginx.together(table.unpack(functions))
  nginx.wait_for("the worker to drain", function() return server:calls() == 0 end)
  os.execute "sleep 2.5" -- what a client that went away has left is given up once a second
end

-- Pipes for all that a worker takes; gone once it has done so, as another worker would wait for them.
local function with_pipes(folder, marked, run)
  local given = { private_key = plain.contents(marked.key) }
  for name, text in pairs(marked.given) do given[name] = text end
  plain.feed(folder, given)
  local ok, value = pcall(run)
  for name in pairs(given) do os.remove(folder .. "/" .. name) end
  return ok and value or error(value, 0)
end

local function start(folder, marked)
  plain.clear(folder)
  return with_pipes(folder, marked, function()
    return nginx.start("memcheck", {
      app = (APP:gsub("@(%w+)@", { folder = folder, id = marked.alix, other = marked.id })),
      main = ("worker_rlimit_core 4g; working_directory %s;"):format(folder),
      http = "  lua_check_client_abort on;\n  init_worker_by_lua_block { require('app').open() }", locations = LOCATIONS,
    })
  end)
end

local function collect(server)
  for _ = 1, 3 do server:body "/collect" end
  os.execute "sleep 0.3"
end

--- Scans a worker that is drained, holds one record, and has let go of everything; then one that was aborted.
-- @param result function(name, target, counts, wrong)
function worker.scan(folder, short, no_core, result)
  local place = folder .. "/worker"
  local requests = short and 300 or 5000
  local alix = markers.of { provider = "alix", way = "call", answer = { "pan", "cvv" }, secrets = {} }
  local marked = markers.of { provider = "netxd", way = "signed", answer = { "cvv" }, secrets = { "account_number", "private_key" } }
  marked.wanted.netxd_cvv = marked.wanted.cvv
  for _, part in ipairs { "given", "wanted" } do
    for name, text in pairs(alix[part]) do marked[part][name] = text end
  end
  marked.alix = alix.id
  local resident = { access_token = 1, credential = 1, api_key = 1, account_number = 1, private_key = 2 } -- OpenSSL has read the key, too
  local with_record = { pan = 1, cvv = 1 }
  for name, count in pairs(resident) do with_record[name] = count end
  local server = start(place, marked)
  local pid = server:workers()[1]
  local function scan(name, stage, allowed)
    collect(server)
    local scanned = scanner.process(place, marked.wanted, pid)
    local total, wrong = scanner.judge(scanned, allowed)
    local wanted = 0
    for _ in pairs(allowed) do wanted = wanted + 1 end
    result(name, "nginx", { [stage] = stage == "open" and ("%d of %d"):format(total, wanted) or total }, wrong)
    return scanned
  end
  load(server, requests)
  scan(("drained after %d requests"):format(requests), "open", resident)
  server:body "/keep"
  local open = scan("a record is kept", "open", with_record)
  server:body "/drop"
  scan("all is closed or collected", "closed", {})
  local dump = no_core and scanner.dumped(open)
  if not no_core then
    with_pipes(place, marked, function() return server:body "/open" end)
    server:body "/keep"
    collect(server)
    nginx.signal(pid, "ABRT")
    nginx.wait_for("the worker to end", function() return not nginx.alive(pid) end)
    dump = scanner.core(place, marked.wanted, plain.core_in(place))
  end
  server:stop()
  local total, wrong = scanner.judge(dump, {})
  result("core of a worker with secrets open", "nginx", { core = total }, wrong)
  os.execute("rm -rf " .. program.quote(place))
end

return worker
