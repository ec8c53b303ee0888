--- The issuer that has the mechanisms of definitions, issuer.mjs, as the driver sees it: what it gives to a target, and what is looked for then.

local cjson = require "cjson"
local mechanisms = require "memcheck.mechanisms"
local program = require "support.program"
local sandbox = require "support.sandbox"

local issuer = {}

local quote = program.quote
local running -- { folder, url, numbers, pipe }

local function contents(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- Once; it ends with its standard input, which is ours.
local function start(folder)
  if running then return running end
  os.execute(("rm -rf %s && mkdir -p -m 700 %s"):format(quote(folder), quote(folder)))
  local keys = sandbox.url "CA_FILE":match "^(.*)/"
  local pipe = io.popen(("exec node spec/memcheck/issuer.mjs %s %s/server.pem %s/server.key"):format(quote(folder), quote(keys), quote(keys)), "w")
  local port = program.wait_for("the issuer", function() return contents(folder .. "/port") end)
  running = { folder = folder, pipe = pipe, url = "https://localhost:" .. port, numbers = cjson.decode(contents(folder .. "/numbers.json")) }
  return running
end

--- Notes a text that is looked for.
local function note(row, name, bytes)
  row.marked.wanted[name], row.marked.held[name] = hex(bytes), 1
  return bytes
end

local function text(row, name)
  row.plan[name] = note(row, name, row.random(40))
  return row.plan[name]
end

-- How often OpenSSL has each number of a key that it has read, as long as the client is: the factors of RSA a second time, as what it reduces by.
local READ = { d = 1, p = 2, q = 2, dp = 1, dq = 1, qi = 1 }

local function private_key(kind)
  return function(row, name)
    for number, digits in pairs(running.numbers[kind]) do
      local wanted = name .. "." .. number
      row.marked.wanted[wanted], row.marked.held[wanted] = digits, 1
      row.marked.kept[wanted] = READ[number]
    end
    return contents(("%s/%s.pem"):format(running.folder, kind))
  end
end

-- By the kind of a credential: function(row, name) that returns what `new` is given, and notes what is to be found of it.
local kinds = { rsa = private_key "rsa", ec = private_key "ec", ed25519 = private_key "ed25519", text = text, plain = text }

-- The RSA key with the password that was made before it.
function kinds.locked(row, name)
  for number, digits in pairs(running.numbers.rsa) do
    local wanted = name .. "." .. number
    row.marked.wanted[wanted], row.marked.held[wanted], row.marked.kept[wanted] = digits, 0, READ[number]
  end
  return program.shell(("openssl pkcs8 -topk8 -v2 aes-256-cbc -in %s -passout pass:%s"):format(quote(running.folder .. "/rsa.pem"), row.plan.key_password))
end

function kinds.issuer() return contents(running.folder .. "/issuer.pem") end

function kinds.bytes(row, name)
  row.plan.bytes = note(row, name, row.random(32))
  return row.base64(row.plan.bytes)
end

--- Markers of a row with a mechanism, as markers.of returns them, with
--   url of the issuer; held and kept = { name = copies }, as a row says it, of what an open target has; refresh(), which adds what only target and issuer know
-- @param random function(count, characters), a text; by default of letters and digits
function issuer.markers(row, folder, random)
  local self, mechanism = start(folder .. "/issuer"), mechanisms[row.mechanism]
  local marked = { given = {}, wanted = {}, held = {}, kept = {}, url = self.url, id = row.mechanism }
  local plan = { card = {} }
  local made = { marked = marked, plan = plan, random = random, base64 = require "support.leak".base64 }
  local names = {}
  for name in pairs(mechanism.takes) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do marked.given[name] = kinds[mechanism.takes[name]](made, name) end
  if mechanism.kept then kinds.bytes(made, "fetched_key") end
  if mechanism.number then marked.given.number = text(made, "number") end
  if mechanism.token or mechanism.step then text(made, "token") end
  if mechanism.step then marked.held.token = nil end -- it is let go with the record of the step
  for _, name in ipairs { "pan", "cvv" } do
    plan.card[name] = note(made, name, mechanism.digits and random(19, "123456789") or random(40))
    if mechanism.kind ~= "ok" then marked.held[name] = nil end
  end
  local file = assert(io.open(self.folder .. "/plan.json", "w"))
  file:write(cjson.encode(plan))
  file:close()

  function marked.refresh()
    local seen = contents(self.folder .. "/seen.json")
    for name, digits in pairs(seen and cjson.decode(seen) or {}) do marked.wanted[name] = digits end
  end

  os.remove(self.folder .. "/seen.json")
  return marked
end

return issuer
