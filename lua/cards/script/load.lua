--- cards.load: mappings, policies and definitions in files.
--
-- Such a file is a script that returns a table. It runs confined, see cards.script.confine. The table shows the kind of the file: with `operations` it is a
-- definition; with names of operations as keys ("alix.private_info") it has a mapping for each; any other table is a policy.
--
-- The globals of a script are the transforms of mappings (`digits`, `month`, `map { … }`) and the rules of policies (`keep`, `pan { … }`). `phone` is both a
-- transform and a rule: it is replaced by one of them when the kind of the file is known.

local check = require "cards.util.check"
local confine = require "cards.script.confine"
local core = require "cards.core"
local define = require "cards.define"
local map = require "cards.card.map"
local mask = require "cards.mask"
local source = require "cards.script.source"
local transforms = require "cards.card.transforms"

local load_script = {}

local RULES = { "keep", "drop", "hide", "initials", "email", "phone", "year_only", "pan", "last", "truncate", "hash", "fn" }

-- The globals of every file. `either` has the two meanings of a global that is both a transform and a rule.

local names, either = {}, {}
for name, value in pairs(transforms.values) do
  names[name] = value
end
for _, name in ipairs(RULES) do
  local rule, transform = mask[name], transforms.values[name]
  names[name] = rule
  if transform then
    local value = setmetatable({}, { __metatable = "cards.name", __newindex = function() error("a global of a script cannot be changed", 2) end })
    either[value] = { transform = transform, rule = rule }
    names[name] = value
  end
end

function names.fn(call)
  return mask.fn(type(call) == "function" and confine.wrap(call) or call)
end

--- A secret from the environment for `hash`, as a key must not be in a file. Raises an error at the script's line where the variable is not set.
function names.from_env(name)
  if type(name) ~= "string" then
    error("from_env takes the name of an environment variable", 2)
  end
  local secret, err = core.secret.from_env(name)
  if not secret then
    error(err.message, 2)
  end
  return secret
end

local function read_file(path)
  local file, why = io.open(path, "rb")
  local text = file and file:read(1024 * 1024 + 1)
  if file then
    file:close()
  end
  if not file or not text then
    return nil, file and ("%s: it is empty, or cannot be read"):format(path) or why
  end
  return text
end

local function is_operation(name)
  return type(name) == "string" and name:find "^[%w_%-]+%.[%w_%-]+$" ~= nil
end

--- The kind of a file by what it returned: "mapping", "policy", "definition" or "flow"; or nil and what is wrong.
local function kind_of(value)
  if type(value) == "function" then
    return "flow"
  elseif type(value) ~= "table" or getmetatable(value) ~= nil then
    return nil, ("a %s is returned: a script returns a table"):format(type(value))
  elseif value.operations ~= nil then
    return "definition"
  end
  for name, content in pairs(value) do
    if is_operation(name) and type(content) == "table" and getmetatable(content) == nil then
      return "mapping"
    end
  end
  return "policy"
end

--- Reads a script, and runs it confined. A flow is only compiled, because flows are trusted code.
-- @return { kind = "mapping", "policy", "definition" or "flow", value = what it returned, path, line = function(keys) }; or nil and what is wrong, with file
--   and line
function load_script.read(path)
  local text, why = read_file(path)
  if not text then
    return nil, why
  end
  if source.returns_function(text) then
    local chunk, wrong = confine.compile(text, path, {})
    return chunk and { kind = "flow", path = path, line = source.lines(text) }, wrong
  end
  local chunk, wrong = confine.compile(text, path, confine.environment(names))
  if not chunk then
    return nil, wrong
  end
  local ok, value = confine.run(chunk)
  if not ok then
    return nil, type(value) == "string" and core.redact(value) or ("%s: an error that is no text"):format(path)
  end
  local line = source.lines(text)
  local kind, what = kind_of(value)
  if not kind then
    return nil, ("%s:%d: %s"):format(path, line {}, what)
  elseif kind == "flow" then
    return { kind = kind, path = path, line = line }
  end
  local wrapped = confine.wrap_all(value, function(content)
    local meanings = either[content]
    return meanings and (kind == "policy" and meanings.rule or meanings.transform) or nil
  end)
  if not wrapped then
    return nil, ("%s:%d: tables nest too deeply"):format(path, line {})
  end
  return { kind = kind, value = value, path = path, line = line }
end

--- The mistakes in the mappings of a file, with paths from the file's table.
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

--- All mistakes in a script that was read.
-- @return a list of texts "file:12: operations.show.metod: …" in the order of the lines
function load_script.check(script)
  local list = script.kind == "mapping" and check_mappings(script.value) or script.kind == "policy" and mask.check(script.value)
    or script.kind == "definition" and define.check(script.value) or {}
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
  definition = define,
  mapping = function(value)
    for name, mapping in pairs(value) do
      map.define(name, mapping)
    end
    return true
  end,
}

local function fail(message)
  return nil, core.error { kind = "invalid_request", provider = "cards", operation = "load", message = message, retryable = false, attempts = 0 }
end

--- Makes the policy, provider or mappings of a script without mistakes. @return as cards.load
function load_script.make(script)
  local make = makers[script.kind]
  if not make then
    return fail(("%s: it is a flow, which is trusted code for `cards run`"):format(script.path))
  end
  local ok, made = pcall(make, script.value)
  if not ok then
    return fail(("%s: %s"):format(script.path, core.redact(tostring(made))))
  end
  return made
end

--- Loads a file.
-- @param kind "mapping", "policy" or "definition" where it has to be that; nil for any
-- @return what cards.load returns, and its kind; or nil and an error
function load_script.take(path, kind)
  local script, why = load_script.read(path)
  if not script then
    return fail(why)
  elseif kind and script.kind ~= kind then
    return fail(("%s: it was a %s and is a %s now"):format(path, kind, script.kind))
  end
  local mistakes = load_script.check(script)
  if mistakes[1] then
    return fail(mistakes[2] and ("%s (and %d more)"):format(mistakes[1], #mistakes - 1) or mistakes[1])
  end
  local made, err = load_script.make(script)
  return made, err or script.kind
end

--- cards.load(path): loads the mappings, the policy or the definition in a file. Functions in the file run confined whenever they are called.
-- @param path of the file
-- @return for a policy a function of a card; for a definition the provider's module; for mappings true, after they were defined. Or nil and an error of kind
--   "invalid_request" with file and line of the first mistake, and the number of mistakes
-- Raises an error where path is no string.
local function load_file(_, path)
  check.argument("cards.load", check.text(path, "path"))
  local made, err = load_script.take(path)
  return made, not made and err or nil
end

return setmetatable(load_script, { __call = load_file })
