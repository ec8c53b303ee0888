--- cards sandbox: a stand-in for the providers, in the foreground. It is the one that the project's own tests use, with nginx behind it.

local check = require "cards.util.check"
local core = require "cards.core"

local sandbox = {}

--- The folder of the stand-in's files: where it was installed, beside this one; spec/sandbox in a checkout.
function sandbox.folder()
  local base = debug.getinfo(1, "S").source:match "^@(.*)lua/cards/cli/sandbox%.lua$"
  local installed = debug.getinfo(1, "S").source:match "^@(.*)%.lua$"
  local file = io.open(installed .. "/start")
  if file then
    file:close()
    return installed
  end
  return base .. "spec/sandbox"
end

--- Where keys, certificates and addresses are unless somebody says otherwise; nil where there is no home.
local function usual_folder(name)
  local cache, home = os.getenv "XDG_CACHE_HOME", os.getenv "HOME"
  if cache and cache:sub(1, 1) == "/" then
    return ("%s/%s"):format(cache, name)
  end
  return home and home:sub(1, 1) == "/" and ("%s/.cache/%s"):format(home, name) or nil
end

--- The folder that `--dir` names, as a word that bash does not take for an option; or the usual one of that name. Nil, and why, where there is none.
function sandbox.place(given, name)
  local place = given or usual_folder(name)
  if not place then
    return nil, "there is no home for keys and certificates: use --dir"
  end
  return place:find "^/" and place or "./" .. place
end

--- What stands for all that the catalogue of misbehaviours is made of, where only its words are asked for.
local anything = {}
setmetatable(anything, { __index = function() return anything end, __call = function() return anything end })

--- Runs a file of the catalogue, which nginx runs otherwise.
local function load_catalogue(name)
  local environment = setmetatable({
    ngx = anything,
    require = function(part) return part == "framing" and load_catalogue(part) or anything end,
  }, { __index = _G })
  local chunk = assert(loadfile(("%s/%s.lua"):format(sandbox.folder(), name), "t", environment))
  return (setfenv and setfenv(chunk, environment) or chunk)() -- luacheck: ignore 113
end

--- The misbehaviours: a list of { name, what it does }.
function sandbox.misbehaviours()
  local catalogue = load_catalogue("misbehave").catalogue
  local list = {}
  for i, name in ipairs(check.keys(catalogue)) do
    list[i] = { name, catalogue[name][1] }
  end
  return list
end

--- The misbehaviours, one a line.
local function list()
  local lines = {}
  for i, one in ipairs(sandbox.misbehaviours()) do
    lines[i] = ("%-24s %s\n"):format("sandbox-" .. one[1], one[2])
  end
  return table.concat(lines)
end

--- The number of a port, for argparse.
function sandbox.port(text)
  local number = tonumber(text:match "^%d+$")
  return number and number >= 1 and number <= 65000 and text or nil, "the port must be a number from 1 to 65000"
end

function sandbox.add(parser)
  parser:option("--port", "The first of its ports, which are in a row. Without it the search for free ones begins at 18440."):argname "PORT"
    :convert(sandbox.port)
  parser:option("--dir", "A folder for its keys, certificates and log, and for the file `env` with its addresses (~/.cache/cards-sandbox)."):argname "DIR"
  parser:flag("--public", "Listen on all addresses of this machine, for a container.")
  parser:flag("--list", "List the ids that have it misbehave, and end.")
  parser:epilog "The number of a card depends on its id: it is one for tests, and always the same. It needs nginx with its Lua module, openssl and bash."
end

function sandbox.run(options)
  if options.list then
    local written, why = io.stdout:write(list())
    return written and 0, why and "standard output: " .. why
  end
  local place, why = sandbox.place(options.dir, "cards-sandbox")
  if not place then
    return nil, why
  end
  local words = { "bash", sandbox.folder() .. "/start", "--foreground", "--by-id" }
  if options.public then
    words[#words + 1] = "--public"
  end
  if options.port then
    words[#words + 1], words[#words + 2] = "--port", options.port
  end
  words[#words + 1] = place
  return core.exec((table.unpack or unpack)(words)) -- luacheck: ignore 113
end

return sandbox
