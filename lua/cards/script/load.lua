--- cards.load: mappings, policies and definitions that are files of their own.
--
-- Such a file is a script that returns a table. It runs in a Lua state of its own (src/lua/script) and never sees a secret. What comes out is a copy: its
-- transforms and rules are marks, and its functions run in that state. What it returns shows what the file is: a table with `operations` is a definition,
-- one whose names are those of operations ("alix.private_info") is a mapping for each, any other is a policy. Its globals are the transforms of mappings
-- (`digits`, `month`, `map { … }`, as cards.map has them) and the rules of policies (`keep`, `pan { … }`, as cards.mask has them). `phone` is one of both:
-- which one is settled when the kind of the file is known.

local check = require "cards.util.check"
local core = require "cards.core"
local define = require "cards.define"
local environment = require "cards.script.environment"
local exposure = require "cards.script.exposure"
local map = require "cards.card.map"
local mask = require "cards.mask"
local mistakes = require "cards.util.mistakes"
local source = require "cards.script.source"
local transforms = require "cards.card.transforms"

local load_script = {}

local unpack = table.unpack or unpack -- luacheck: ignore

local RULES = { "keep", "drop", "hide", "initials", "email", "phone", "year_only", "pan", "last", "truncate", "hash", "fn" }

local rules, names = {}, { "from_env" }
for _, name in ipairs(RULES) do
  rules[name] = mask[name]
  names[#names + 1] = name
end
for name in pairs(transforms.values) do
  if not rules[name] then
    names[#names + 1] = name
  end
end

local function is_mark(value)
  return type(value) == "table" and getmetatable(value) == "cards.script.mark"
end

--- A secret for `hash`: a key has no place in a file.
local function from_env(name)
  if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then
    error("from_env takes the name of an environment variable", 0)
  elseif not environment.has(name) then
    error(("from_env: %s is not among the variables that files may read (cards.configure { script_env = { \"%s\" } })"):format(name, name), 0)
  end
  local secret, err = core.secret.from_env(name)
  return secret or error(err.message, 0)
end

--- A key that stands in a file, or that a file could choose, would make a hash something to try values out with.
local function check_hash(mark)
  if not (is_mark(mark[1]) and mark[1].name == "from_env") then
    error("in a file hash takes its key from the environment: hash(from_env \"NAME\")", 0)
  end
end

local MOST_ARGUMENTS = 16

local defined = {} -- names of providers that files have defined

local replace

--- What a mark stands for. An error with file and line where its arguments make no sense.
local function meaning(mark, script)
  local value = mark.name == "from_env" and from_env or script.kind == "policy" and rules[mark.name] or transforms.values[mark.name] or rules[mark.name]
  local n = mark.n
  if value == nil or (n ~= nil and (type(n) ~= "number" or n % 1 ~= 0 or n < 0 or n > MOST_ARGUMENTS)) or (mark.line and type(mark.line) ~= "number") then
    error(("%s: a global of the script was changed"):format(script.path), 0)
  elseif not n then
    return type(value) ~= "function" and value or error(("%s: %s is to be called"):format(script.path, mark.name), 0)
  end
  local ok, made = pcall(function()
    local arguments = {}
    if mark.name == "hash" then
      check_hash(mark)
    end
    for i = 1, n do
      arguments[i] = replace(mark[i], script)
    end
    return value(unpack(arguments, 1, n))
  end)
  if not ok then
    error(("%s:%d: %s"):format(script.path, mark.line or 1, check.line(made):gsub("^.-:%d+: ", "")), 0)
  end
  return made
end

--- A value with what its marks stand for in their place.
function replace(value, script)
  if is_mark(value) then
    return meaning(value, script)
  elseif type(value) == "table" then
    for key, content in pairs(value) do
      value[key] = replace(content, script)
    end
  end
  return value
end

--- The text of a script's file, at most a byte more than core.script takes. @return a string; or nil and why not, with the file's name
function load_script.text(path)
  local text, why = core.read_file(path, core.script_longest + 1)
  if text == "" then
    return nil, ("%s: it is empty"):format(path)
  elseif text and text:find "^%-%-%-%-%-BEGIN [%u ]+%-%-%-%-%-" then
    return nil, ("%s: it is a PEM file, and no script"):format(path)
  end
  return text, why
end

local function is_operation(name)
  return type(name) == "string" and name:find "^[%w_%-]+%.[%w_%-]+$" ~= nil
end

--- "mapping", "policy", "definition" or "flow", or nil and what the value is instead.
local function kind_of(value)
  if type(value) == "function" then
    return "flow"
  elseif type(value) ~= "table" or is_mark(value) then
    return nil, ("a %s is returned: a script returns a table"):format(type(value))
  elseif value.operations ~= nil then
    return "definition"
  end
  for name, content in pairs(value) do
    if is_operation(name) and type(content) == "table" and not is_mark(content) then
      return "mapping"
    end
  end
  return "policy"
end

--- Compiles a flow, which is trusted code, without running it: in a state of its own, as a text may take a compiler long. @return nil, or what is wrong with it
local function wrong_in_flow(text, path)
  return select(2, core.script(text, path, names, true))
end

--- Runs a script's file.
-- @return { kind = "mapping", "policy", "definition" or "flow", value, path, line = function(path of keys) }, or nil and what is wrong, with file and line.
-- The value of a flow is nil: it is not run, as flows are trusted code.
-- @param text of the file, where it was read already
function load_script.read(path, text)
  local why
  if not text then
    text, why = load_script.text(path)
  end
  if not text then
    return nil, why
  end
  local line, is_flow = source.read(text)
  local script = { path = path, line = line }
  if is_flow then
    script.kind, why = "flow", wrong_in_flow(text, path)
    return not why and script or nil, why
  end
  local value
  value, why = core.script(text, path, names)
  if value == nil and why then
    return nil, why
  end
  script.kind, why = kind_of(value)
  if not script.kind then
    return nil, ("%s:%d: %s"):format(path, script.line {}, why)
  elseif script.kind ~= "flow" then
    local ok
    ok, script.value = pcall(replace, value, script)
    if not ok then
      return nil, check.line(script.value)
    end
  end
  return script
end

--- The mistakes in the mappings of a file, each with the path from the file's table.
local function check_mappings(value)
  local list = {}
  for name, mapping in pairs(value) do
    if not is_operation(name) then
      table.insert(list, { path = { name }, message = ("%s is no name of an operation, such as \"alix.private_info\""):format(check.shown(name)) })
    elseif type(mapping) ~= "table" then
      table.insert(list, { path = { name }, message = ("%s: the mapping must be a table of fields"):format(name) })
    else
      for _, mistake in ipairs(map.check(name, mapping)) do
        local path = { name }
        for i, key in ipairs(mistake.path) do
          path[i + 1] = key
        end
        table.insert(list, { path = path, message = ("%s: %s"):format(name, mistake.message) })
      end
    end
  end
  return list
end

--- Everything that is wrong with a script that was read.
-- @param trust whether a definition may declare plain what by its name is a secret, and send credentials without TLS
-- @return a list of lines "file:12: operations.show.metod: …" in the order of the file, empty where all is well
function load_script.check(script, trust)
  local list = script.kind == "mapping" and check_mappings(script.value) or script.kind == "policy" and mask.check(script.value)
    or script.kind == "definition" and define.check(script.value) or {}
  local top = mistakes.new()
  if list[1] == nil and script.kind == "mapping" then -- it has the form that is looked for
    exposure.mappings(script.value, top)
  elseif list[1] == nil and script.kind == "definition" then
    exposure.definition(script.value, top, trust)
    if not trust and core.provider(script.value.name) and not defined[script.value.name] then
      top:at "name":wrong ": a program has defined a provider of that name, which a file cannot replace"
    end
  end
  for _, mistake in ipairs(top.list) do
    list[#list + 1] = mistake
  end
  local places = {}
  for i, mistake in ipairs(list) do
    places[i] = { line = script.line(mistake.path), text = mistake.message }
  end
  table.sort(places, function(a, b)
    if a.line ~= b.line then
      return a.line < b.line
    end
    return a.text < b.text
  end)
  local lines = {}
  for i, place in ipairs(places) do
    lines[i] = ("%s:%d: %s"):format(script.path, place.line, place.text)
  end
  return lines
end

local makers = {
  policy = mask.policy,
  definition = function(value) return define(value, true) end,
  mapping = function(value)
    for name, mapping in pairs(value) do
      map.define(name, mapping, true)
    end
    return true
  end,
}

local function fail(message)
  return nil, core.error { kind = "invalid_request", provider = "cards", operation = "load", message = message, retryable = false, attempts = 0 }
end

--- Makes what a script without mistakes is. @return as cards.load
function load_script.make(script)
  local make = makers[script.kind]
  if not make then
    return fail(("%s: it is a flow, which is trusted code for `cards run`"):format(script.path))
  end
  local ok, made = pcall(make, script.value)
  if not ok then
    return fail(("%s: %s"):format(script.path, check.line(made)))
  elseif script.kind == "definition" then
    defined[script.value.name] = true
  end
  return made
end

--- Loads a file.
-- @param kind "mapping", "policy" or "definition" where it must be that
-- @param options as cards.load takes them
-- @param text of the file, where it was read already
-- @return what cards.load returns, its kind, and what the script returned; or nil and an error
function load_script.take(path, kind, options, text)
  local script, why = load_script.read(path, text)
  if not script then
    return fail(why)
  elseif kind and script.kind ~= kind then
    return fail(("%s: it was a %s and is a %s now"):format(path, kind, script.kind))
  end
  local lines = load_script.check(script, options and options.trust)
  if lines[1] then
    return fail(lines[2] and ("%s (and %d more)"):format(lines[1], #lines - 1) or lines[1])
  end
  local made, err = load_script.make(script)
  return made, err or script.kind, script.value
end

local known = { trust = check.boolean }

--- cards.load(path, options): the mapping, policy or definition in a file.
-- @param path of the file
-- @param options { trust = true }: a definition may declare plain what by its name is a secret, and have a base_url without TLS
-- @return for a policy its function of a card, for a definition the provider's module, for mappings true: they are defined now.
-- Or nil and an error of kind `invalid_request` with file and line of the first mistake, and how many there are. Functions in the file run in a state of their
-- own, each time that they are called, with copies of plain values.
-- An error at the caller's line where path is no string, or an option is unknown.
function load_script.load(path, options)
  local wrong = check.text(path, "path") or (options ~= nil and check.table(options, known, "options."))
  if wrong then
    error("cards.load: " .. wrong, 2)
  end
  local made, err = load_script.take(path, nil, options)
  return made, not made and err or nil
end

return load_script
