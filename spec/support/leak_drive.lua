--- leak_drive.lua PROVIDER FILE: a program that plants marker secrets, drives every success and every failure of one provider,
-- and writes all that a script could
-- come to see into FILE; what is printed on the way goes to stdout and stderr. spec/cards/provider/leak_spec.lua searches all three.
--
-- An exhibit in FILE is "kind<TAB>label<TAB>length\ntext\n". Kinds: record (may show the call's parameters, as providers repeat them), rest (may show nothing),
-- control (is a revealed secret: the search has to find it), count (of what was driven).

local cards = require "cards"
local catalogue = require "support.catalogue"
local cjson = require "cjson"
local drive = require "support.drive"
local markers = require "support.leak_markers"
local module = require "support.module"
local sandbox = require "support.sandbox"

local provider, path = arg[1], arg[2]
local about = drive.about(provider)
local operation = about.operation
local out = assert(io.open(path, "wb"))
local planted = markers.of(provider, about)
local counts = { record = 0, error = 0, event = 0 }

local function exhibit(kind, label, text)
  text = tostring(text)
  out:write(("%s\t%s\t%d\n"):format(kind, (label:gsub("%c", " ")), #text), text, "\n")
end

-- --- what scripts do with values

-- Everything that shows, or ought to fail to show, a secret.
local attempts = {
  tostring = function(s) return tostring(s) end,
  format = function(s) return ("%s"):format(s) end,
  ["format with a width"] = function(s) return ("%20s|%-5.3s"):format(s, s) end,
  ["format %q"] = function(s) return ("%q"):format(s) end,
  ["format %d"] = function(s) return ("%d"):format(s) end,
  ["concatenation behind"] = function(s) return "value " .. s end,
  ["concatenation before"] = function(s) return s .. " value" end,
  ["concatenation with another"] = function(s) return s .. s end,
  ["table.concat"] = function(s) return table.concat { s } end,
  ["cjson"] = function(s) return cjson.encode(s) end,
  ["cjson in a table"] = function(s) return cjson.encode { value = s } end,
  ["cjson as a key"] = function(s) return cjson.encode { [s] = true } end,
  ["string method"] = function(s) return string.upper(s) end,
  tonumber = function(s) return tostring(tonumber(s)) end,
  arithmetic = function(s) return s + 1 end,
  comparison = function(s) return s < s end,
  ["comparison with a string"] = function(s) return tostring(s == "x") .. tostring(s < "x") end,
  call = function(s) return s() end,
  index = function(s) return tostring(s.value) .. tostring(s[1]) .. tostring(s.bytes) end,
  assignment = function(s) s.value = 1 end,
  pairs = function(s)
    local seen = ""
    for key, value in pairs(s) do seen = seen .. tostring(key) .. tostring(value) end
    return seen
  end,
  ["mask with an unknown option"] = function(s) return s:mask { middle = 4 } end,
  ["wrong argument"] = function(s) return s:mask(s) end,
  equals = function(s) return tostring(s:equals "x") end,
  metatable = function(s) return tostring(getmetatable(s)) .. tostring(debug.getmetatable(s)) end,
  ["an error with it"] = function(s) error("no payment with " .. tostring(s)) end,
  ["an error that is it"] = function(s) error(s) end,
  ["an assertion"] = function(s) assert(false, s) end,
  ["os.getenv"] = function(s) return tostring(os.getenv(s)) end,
  ["a file name"] = function(s) return tostring(select(2, io.open(s))) end,
  load = function(s) return tostring(select(2, (loadstring or load)(s))) end,
}

local traced = {} -- classes: what fails of one secret fails in the same way of all, and a traceback goes through all modules

local function show_secret(kind, label, secret)
  for name, attempt in pairs(attempts) do
    local _, text = pcall(attempt, secret)
    exhibit(kind, label .. ": " .. name, text)
    if not traced[secret.class] then
      local _, trace = xpcall(function()
        local kept = secret
        return attempt(kept)
      end, function(message) return debug.traceback(tostring(message)) end)
      exhibit(kind, label .. ": " .. name .. ", traceback", trace)
    end
  end
  traced[secret.class] = true
  print(provider, label, secret)
  io.write(tostring(secret), "\n")
  pcall(io.write, secret)
end

local function show(kind, label, value, seen)
  seen = seen or {}
  if drive.is_secret(value) then
    if not seen.secrets then seen.secrets = {} end
    if not seen.secrets[label:gsub("%d+", "")] then show_secret(kind, label, value) end
    seen.secrets[label:gsub("%d+", "")] = true
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    exhibit(kind, label, tostring(value))
    exhibit(kind, label .. ": cjson", select(2, pcall(cjson.encode, value)))
    for key, inner in pairs(value) do
      exhibit(kind, label .. ": key", key)
      show(kind, label .. "." .. tostring(key), inner, seen)
    end
    show(kind, label .. ": metatable", getmetatable(value), seen)
  elseif type(value) == "string" or type(value) == "number" and value % 1 == 0 then
    exhibit(kind, label, value)
  elseif value ~= nil and type(value) ~= "number" then
    exhibit(kind, label, tostring(value))
  end
end

local function show_error(label, err)
  counts.error = counts.error + 1
  show("rest", label .. ": error", err)
  print(label, err)
  io.stderr:write(tostring(err), "\n")
  exhibit("rest", label .. ": concatenated", select(2, pcall(function() return "failed: " .. err end)))
  local _, trace = xpcall(function() error(err) end, function(message) return debug.traceback(tostring(message)) end)
  exhibit("rest", label .. ": traceback", trace)
  local routine = coroutine.create(function(failure) local kept = failure error(kept) end)
  local _, message = coroutine.resume(routine, err)
  exhibit("rest", label .. ": coroutine", debug.traceback(routine, tostring(message)))
end

local function show_result(label, record, err)
  if record then
    counts.record = counts.record + 1
    show("record", label .. ": record", record)
    exhibit("record", label .. ": mapped", tostring(select(2, pcall(cards.card, record))))
    print(label, record)
  else
    show_error(label, err)
  end
end

local function show_raised(label, f, ...)
  local arguments, n = { ... }, select("#", ...)
  local _, trace = xpcall(function()
    local ok, err = f((unpack or table.unpack)(arguments, 1, n))
    if not ok then show_error(label, err) end
    return "nothing raised"
  end, function(message) return tostring(message) .. "\n" .. debug.traceback(tostring(message)) end)
  exhibit("rest", label .. ": raised", trace)
end

-- --- the calls

local function listen(event)
  counts.event = counts.event + 1
  for _, name in ipairs { "bytes_in", "bytes_out" } do -- which are now and then a CVV's three digits
    if event[name] then
      assert(event[name] % 1 == 0)
      event[name] = nil
    end
  end
  show("rest", "event", event)
  print(cjson.encode(event))
  if counts.event % 10 == 0 then error(event) end -- what the library says about that goes to stderr
end

local function configuration(overrides)
  local config = { retries = 0, on_event = listen }
  for name, value in pairs(planted.credentials) do config[name] = value end
  if provider == "netxd" then config.defaults = planted.params end
  for key, value in pairs(overrides or {}) do config[key] = value end
  return sandbox.config(provider, config)
end

local function params_with(changes)
  local params = {}
  for name, value in pairs(planted.params) do params[name] = value end
  for name, value in pairs(changes or {}) do params[name] = value end
  return params
end

local function call(client, params, case, timeout)
  local options = { timeout = timeout or 20 }
  if case then options.headers = { ["X-Sandbox"] = case } end
  return client[operation](client, params, options)
end

local function drive_answers(client)
  sandbox.plant(planted.id, planted.answer)
  for _, case in ipairs(catalogue.of(provider)) do
    show_result(case.asked, call(client, params_with(), case.asked ~= "" and case.asked or nil, case.timeout))
  end
  for _, case in ipairs { "echo_secrets=403", "echo_secrets=404", "echo_secrets=409", "echo_secrets=422", "echo_secrets=429", "echo_secrets=503",
    "echo_secrets,nested_error", "echo_secrets=418", "secret_in_header,not_found", "secret_in_header,not_json", "secret_in_header,redirect" } do
    show_result(case, call(client, params_with(), case))
  end
  -- the same with a number in groups, and with parameters and credentials that are secrets
  sandbox.plant(planted.id, planted.grouped)
  local params, credentials = {}, {}
  for name, value in pairs(planted.params) do params[name] = cards.secret(value) end
  for name, value in pairs(planted.credentials) do credentials[name] = cards.secret(value) end
  local other = module(provider).new(configuration(credentials))
  for _, case in ipairs { "status=206", "numbers_for_strings", "echo_secrets", "echo_secrets=200", "echo_secrets=500", "undeclared", "duplicate_keys" } do
    show_result("secrets, " .. case, call(other, params, case))
  end
  for name, value in pairs(params) do
    value:close()
    show_result("closed " .. name, call(other, params))
    params[name] = planted.params[name]
  end
end

local function drive_connections()
  for _, name in ipairs { "OTHER_CA_URL", "EXPIRED_URL", "WRONG_HOST_URL", "MTLS_URL", "REFUSED_URL", "SILENT_TLS_URL" } do
    local client = module(provider).new(configuration { base_url = sandbox.url(name) .. "/" .. provider, timeout = 0.3 })
    show_result(name, client[operation](client, params_with()))
    exhibit("rest", "client", tostring(client))
  end
end

local function drive_bad_input(client)
  local name = drive.id_param(provider)
  local id, pan = planted.params[name], planted.answer.pan
  for label, value in pairs { newline = id .. "\n", slash = id .. "/x", nul = id .. "\0", long = id:rep(400), number = 4539578763621486, table = { id },
    ["not UTF-8"] = id .. "\255" } do
    show_result("bad id: " .. label, call(client, params_with { [name] = value }))
  end
  show_result("unknown parameter", call(client, params_with { [name .. "_"] = id }))
  for key, part in pairs(about.params) do
    show_result("control character in " .. key, call(client, params_with { [key] = pan .. "\r\n" }))
    if part.enum then show_result("none of the values of " .. key, call(client, params_with { [key] = pan })) end
  end
  show_raised("wrong client", module(provider)[operation], {}, params_with())
  show_raised("wrong options", function() return client[operation](client, params_with(), { headers = { Authorization = pan } }) end)
  show_raised("wrong header", function() return client[operation](client, params_with(), { headers = { ["X-A"] = pan .. "\n" } }) end)
  for key, value in pairs(planted.credentials) do
    show_raised("credential in two lines", module(provider).new, configuration { [key] = value .. "\r\nX: 1" })
    show_raised("credential of another type", module(provider).new, configuration { [key] = { value } })
    show_raised("credential in an unknown key", module(provider).new, configuration { [key .. "s"] = value })
    show_raised("credential in the URL", module(provider).new, configuration { base_url = "https://" .. value .. "@localhost" })
    show_raised("credential in a header", module(provider).new, configuration { headers = { ["X-Key"] = value .. "\n" } })
    for label, give in pairs { ["gives a number"] = function() return 4539578763621486 end, ["gives two lines"] = function() return value .. "\n" end,
      ["raises a secret"] = function() error(cards.secret(value)) end, ["raises a table"] = function() error { value } end } do
      local other = module(provider).new(configuration { [key] = give })
      show_result("credential function that " .. label, call(other, params_with()))
    end
  end
end

local function drive_control(client)
  sandbox.plant(planted.id, planted.answer)
  local record = assert(call(client, params_with(), "undeclared"))
  for field, kind in pairs(about.response.fields) do
    local value = drive.at(record, field)
    if drive.is_secret(value) then exhibit("control", kind, value:reveal()) end
  end
  exhibit("control", "undeclared", record.extra_string:reveal())
end

local client = module(provider).new(configuration())
drive_answers(client)
drive_connections()
drive_bad_input(client)
exhibit("rest", "metrics", (cards.metrics.prometheus():gsub(" [%d.e+-]+\n", "\n"))) -- without the numbers, in which any three digits may stand
drive_control(client)
for name, n in pairs(counts) do exhibit("count", name, n) end
exhibit("count", "complete", 1)
out:close()

-- A script that ends with what it got: the interpreter prints it.
local record, err = call(client, params_with(), "echo_secrets")
assert(not record)
io.stderr:write "the end:\n"
error(err)
