--- Mappings, policies and definitions that come as texts: read, checked and made as those in files are, see cards.script.load.
--
-- What is defined here belongs to the worker, which others use as well: whoever takes a definition or a mapping defines it, uses it and takes it away again
-- without a wait in between, so that nobody sees the other's.

local define = require "cards.define"
local load_script = require "cards.script.load"
local map = require "cards.card.map"
local provider = require "cards.provider"
local to_json = require "cards.cli.json"

local scripts = {}

local ARTICLES = { mapping = "a mapping", policy = "a policy", definition = "a definition", flow = "a flow" }

-- What a text of the kind begins with.
local SHAPES = {
  mapping = "return { [\"PROVIDER.OPERATION\"] = { … } }",
  policy = "return { number = last(4), … }",
  definition = "return { name = \"acme\", operations = { … } }",
}

--- A line "mapping:12: exp_month: …" as { line = 12, message = "exp_month: …" }.
local function mistake(text)
  local line, message = text:match "^[%w_]+:(%d+): (.*)$"
  return { line = tonumber(line) or 1, message = message or text:gsub("^[%w_]+: ", "") }
end

local function mistakes(lines)
  local list = to_json.list {}
  for i, line in ipairs(lines) do
    list[i] = mistake(line)
  end
  return list
end

--- Reads a text.
-- @param name of it: "mapping", "definition", or whose policy it is
-- @param kind that it has to be
-- @return the script, as load_script.read has it; or nil and a list of mistakes
function scripts.read(name, kind, text)
  if text:match "^%s*$" then
    return nil, mistakes { name .. ":1: it is empty" }
  end
  local script, why = load_script.read(name, text)
  if not script then
    return nil, mistakes { why }
  elseif script.kind ~= kind then
    return nil, mistakes { ("%s:1: it is %s, and no %s: write %s"):format(name, ARTICLES[script.kind], kind, SHAPES[kind]) }
  end
  local lines = load_script.check(script)
  if lines[1] then
    return nil, mistakes(lines)
  end
  return script
end

--- Makes what a script is. @return as cards.load; or nil and a list of mistakes
function scripts.make(script)
  local made, err = load_script.make(script)
  if not made then
    return nil, mistakes { (err.message:gsub("^cards[^:]*: ", "")) }
  end
  return made
end

--- The examples of a definition that is in force, as the page lists them.
function scripts.examples(script, module)
  local list, wrong = to_json.list {}, {}
  for _, one in ipairs(define.try(module)) do
    local index = one.path[2]
    wrong[index] = wrong[index] or one
  end
  for index, example in ipairs(script.value.examples or {}) do
    local failure = wrong[index]
    list[index] = {
      index = index, ok = failure == nil, message = failure and failure.message, line = script.line(failure and failure.path or { "examples", index }),
      operation = example.operation, answer = { status = example.status or 200, body = example.answer },
    }
  end
  return list
end

--- Calls a function while a definition is in force. The function does not wait for anything.
-- @param script that was read
-- @param call function(module of the provider)
-- @return what it returns; or nil and a list of mistakes
function scripts.with_definition(script, call)
  local module, list = scripts.make(script)
  if not module then
    return nil, list
  end
  local ok, result = pcall(call, module)
  define.forget(script.value)
  if not ok then
    error(result, 0)
  end
  return result
end

--- Makes the neutral record of a record, by a mapping or, without one, by that of the operation itself. It does not wait for anything.
-- @param script of the mapping that was read, or nil
-- @param name, operation of the record
-- @return the card; or nil and a list of mistakes
function scripts.card(script, name, operation, record)
  local full_name = ("%s.%s"):format(name, operation)
  local own = provider.mappings(name)
  if script and not script.value[full_name] then
    return nil, mistakes { ("mapping:1: it has no mapping of %s"):format(full_name) }
  elseif script then
    map.define(full_name, script.value[full_name], true)
  end
  local card, err = map.card(record)
  if own then
    map.define(full_name, own[operation])
  end
  return card, err and mistakes { ("mapping:%s: %s"):format(err.message:match "%([%w_]+:(%d+)%)" or 1, err.message) }
end

return scripts
