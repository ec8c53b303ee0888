--- The sandbox as the specs see it: addresses, ready configurations, planting, asking what was seen.
--
-- Plain Lua 5.1 to 5.4 and LuaJIT, with Debian's lua-cqueues and lua-cjson. Start it
-- with spec/sandbox/start; it is looked for in $CARDS_SANDBOX or build/sandbox.

local program = require "support.program"

local sandbox = {}

--- What the normal answers contain, and what the misbehaviours bring in.
sandbox.ALIX_PAN = "4111111111111111"
sandbox.NETXD_CVV = "679"
sandbox.WHOP_PAN = "4242424242424242"
sandbox.PAYENGINE_TOKEN = "card_test_V3atojWZsHCVCqqeYoHo5Oo2"
sandbox.UNDECLARED_PAN = "5555555555554444"      -- undeclared, duplicate_keys, two_answers
sandbox.UNDECLARED_KEY_PAN = "4012888888881881"  -- undeclared_keys
sandbox.WRONG_ID = "someone-elses"               -- wrong_id, wrong_card, wrong_reference

--- The built-in providers, those of examples/providers, and all.
sandbox.PROVIDERS = { "alix", "netxd", "whop", "payengine", "nayax" }
sandbox.DEFINED = { "lithic", "stripe", "marqeta", "revolut", "brex" }
sandbox.ALL = {}
for _, list in ipairs { sandbox.PROVIDERS, sandbox.DEFINED } do
  for _, provider in ipairs(list) do sandbox.ALL[#sandbox.ALL + 1] = provider end
end

local OPERATIONS = { alix = "private_info", netxd = "get_cvv", whop = "retrieve",
  payengine = "retrieve_token", nayax = "get_token" }
for _, provider in ipairs(sandbox.DEFINED) do OPERATIONS[provider] = "show" end

-- The parameter with a card's id, where it is not card_id.
local IDS = { nayax = "token_id", lithic = "card_token", marqeta = "card_token" }

local CREDENTIALS = {
  alix = { access_token = "alix_token_sandbox" },
  netxd = { credential = "Basic c2FuZGJveDpzYW5kYm94", api_key = "netxd_api_key_sandbox",
    signature = "netxd_signature_sandbox" },
  whop = { token = "whop_token_sandbox" },
  payengine = { secret = "payengine_secret_sandbox" },
  nayax = { token = "nayax_token_sandbox" },
  lithic = { api_key = "lithic_api_key_sandbox" },
  stripe = { secret_key = "stripe_key_sandbox" },
  marqeta = { application_token = "marqeta_application_sandbox", access_token = "marqeta_admin_sandbox" },
  revolut = { access_token = "revolut_token_sandbox" },
  brex = { token = "brex_token_sandbox" },
}

--- The sandbox's directory.
function sandbox.directory()
  return os.getenv "CARDS_SANDBOX" or "build/sandbox"
end

local env

--- A value of the sandbox's env file by name ("HTTPS_URL", "CA_FILE", …); raises where there is none.
function sandbox.url(name)
  if not env then
    local path = sandbox.directory() .. "/env"
    local file = io.open(path) or error("no sandbox in " .. path .. ": run spec/sandbox/start", 2)
    env = {}
    for line in file:lines() do
      local key, value = line:match "^([%w_]+)=(.*)$"
      if key then env[key] = value:match "^'" and value:sub(2, -2):gsub("'\\''", "'") or value end
    end
    file:close()
  end
  return env[name] or error("the sandbox knows no " .. tostring(name), 2)
end

--- Forgets the addresses: for a spec that starts the sandbox anew.
function sandbox.reload() env = nil end

--- The name of a provider's operation.
function sandbox.operation(provider)
  return OPERATIONS[provider] or error("unknown provider " .. tostring(provider), 2)
end

--- The credentials that the sandbox takes from a provider's client: a new table.
function sandbox.credentials(provider)
  local copy = {}
  for key, value in pairs(CREDENTIALS[provider] or error("unknown provider", 2)) do copy[key] = value end
  return copy
end

--- Seconds in which a client of a spec has to connect; nil for the usual ones. Under valgrind twenty handshakes at once take longer than those.
sandbox.connect_timeout = program.watched and 60 or nil

--- A configuration for cards.<provider>.new, over https. `overrides` replaces whole keys;
-- the value false takes one away.
function sandbox.config(provider, overrides)
  local config = sandbox.credentials(provider)
  config.base_url = sandbox.url "HTTPS_URL" .. "/" .. provider
  config.tls = { ca_file = sandbox.url "CA_FILE" }
  config.connect_timeout = sandbox.connect_timeout
  if provider == "netxd" then
    config.defaults = { product = "DEFAULT", program = "DEFAULT", channel = "VISA_DPS",
      customer_id = "100000000006001", account_number = "400320588344662" }
  end
  for key, value in pairs(overrides or {}) do
    if value == false and key ~= "insecure_http" then config[key] = nil else config[key] = value end
  end
  return config
end

local count = 0

--- An id that no other process or call asks for.
function sandbox.unique_id(prefix)
  count = count + 1
  -- the address of a new table tells processes apart that started in the same second
  local address = tostring({}):match "0x(%x+)" or tostring({}):gsub("%W", "")
  -- without digits: enough of them are now and then a card number
  local suffix = ("%d-%s-%d"):format(os.time(), address, count):gsub("%d", function(digit) return ("ghijklmnop"):sub(digit + 1, digit + 1) end)
  return (prefix or "card") .. "-" .. suffix
end

--- The parameters of a provider's operation, for this id or a unique one.
function sandbox.params(provider, id)
  id = id or sandbox.unique_id(provider)
  local params = { [IDS[provider] or "card_id"] = id }
  if provider == "netxd" then
    params.reference = "visadps100013"
  elseif provider == "nayax" then
    params.merchant_request_id, params.machine_id, params.card_holder_id = "REQ_GETTOKEN_001", "0434334921100366", "unique_customer_id_123"
  end
  sandbox.operation(provider)    -- raises for an unknown one
  return params
end

--- Options of a call that has the sandbox misbehave.
-- @param case one of the catalogue, such as "slow_first_byte=0.1"
-- @param more { name = value } of other options, or nil
function sandbox.asked_to(case, more)
  local options = { headers = { ["X-Sandbox"] = case } }
  for key, value in pairs(more or {}) do options[key] = value end
  return options
end

-- Control -------------------------------------------------------------------------


local function escape(s)
  return (s:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function quote(s)
  return '"' .. s:gsub('[%z\1-\31"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

-- A socket of our own: a curl for each question took longer than the call that is asked about.
local function exchange(request)
  local found, socket = pcall(require, "cqueues.socket")
  if not found then error("lua-cqueues is missing: apt-get install lua-cqueues", 4) end
  local connection = assert(socket.connect("127.0.0.1", tonumber(sandbox.url "HTTP_URL":match "%d+$")))
  connection:setmode("bn", "bn")
  connection:settimeout(10)
  assert(connection:write(request))
  local answer = assert(connection:read "*a")
  connection:close()
  return answer:match "\r\n\r\n(.*)$"
end

--- What the sandbox itself answers at a path, decoded.
function sandbox.ask(method, path, body)
  local text = exchange(("%s %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s"):format(method, path, #(body or ""), body or ""))
  local ok, cjson = pcall(require, "cjson")
  if not ok then error("lua-cjson is missing: apt-get install lua-cjson", 3) end
  local parsed, value = pcall(cjson.decode, text)
  if not parsed then error("the sandbox said: " .. text, 3) end
  if value.error then error("the sandbox said: " .. value.error, 3) end
  for key, v in pairs(value) do
    if v == cjson.null then value[key] = nil end
  end
  return value
end

local function control(method, path, body)
  return sandbox.ask(method, "/_sandbox/" .. path, body)
end

--- From now on this id is answered with values { pan, cvv, token, name }, all strings. `credential`, a string
-- or a list of strings, is then as good as the sandbox's own for this id.
function sandbox.plant(id, values)
  local fields = { '"id":' .. quote(id) }
  for key, value in pairs(values) do
    if type(value) == "table" then
      local list = {}
      for i, one in ipairs(value) do list[i] = quote(one) end
      value = "[" .. table.concat(list, ",") .. "]"
    else
      value = quote(value)
    end
    fields[#fields + 1] = quote(key) .. ":" .. value
  end
  control("POST", "plant", "{" .. table.concat(fields, ",") .. "}")
  return id
end

--- { count, last = { method, uri, headers, body, credentials, connection, … } } of the requests for an id; without one, of all.
-- `uri` is the raw request target, header names are lower case, `last` is nil where count is 0.
function sandbox.seen(id)
  return control("GET", "seen" .. (id and "?id=" .. escape(id) or ""))
end

--- The catalogue: { case = what it does }.
function sandbox.cases()
  return control("GET", "cases")
end

return sandbox
