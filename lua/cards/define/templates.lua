--- Templates of a definition: texts with {names}, which values replace, and pipes behind them, "{body|sha256|hex}". What the names are is in
-- src/provider/request/making.h; here they are checked: each is known, and nothing is made of itself.

local check = require "cards.util.check"
local core = require "cards.core"

local templates = {}

--- Names that every request has, and those in front of a dot.
local KNOWN = { method = true, url = true, host = true, path = true, query = true, target = true, resource = true, body = true, nonce = true, sealed = true }
local DOTTED = { header = true, param = true, now = true, unique = true, body = true }
local HEADERS = { ["content-type"] = true, accept = true, host = true, ["user-agent"] = true }

--- Reads a template.
-- @param at the collector there
-- @param options { most = bytes (1000), lines = whether it may have line breaks, required }
-- @return the text, or nil; nil and a mistake where it is none
function templates.read(at, value, options)
  options = options or {}
  if value == nil then
    return options.required and at:wrong "is required" or nil
  elseif type(value) ~= "string" or value == "" or #value > (options.most or 1000) then
    return at:wrong("must be a string of 1 to %d bytes", options.most or 1000)
  elseif not options.lines and value:find "%c" then
    return at:wrong "contains a line break, a NUL or another control character"
  end
  local names, wrong = core.template(value)
  return names and value or at:wrong(wrong)
end

--- The names in a template, each once.
function templates.names(text)
  local list, seen = {}, {}
  for _, name in ipairs(core.template(text) or {}) do
    if not seen[name] then
      seen[name] = true
      table.insert(list, name)
    end
  end
  return list
end

--- The texts of a part that are templates.
function templates.of(part)
  local list = {}
  for _, key in ipairs { "over", "value", "header" } do
    if part.source == "made" and part[key] then
      table.insert(list, part[key])
    end
  end
  if part.encryption and part.encryption.header then
    table.insert(list, part.encryption.header)
  end
  return list
end

local function is_signature(part)
  return part.source == "made" and part.kind ~= "text"
end

--- By the first name: whether a part is in what such a name stands for.
-- @param of the part that is made of it
local within = {}

function within.path(part) return part.into == "path" end
within.resource = within.path

function within.query(part, of)
  return part.into == "query" and not (is_signature(part) and of and of.into == "query")
end

function within.target(part, of) return within.path(part) or within.query(part, of) end
within.url = within.target

function within.body(part) return part.into == "body" end
function within.sealed(part) return part.into == "sealed" end

--- The parts that a name stands for; nil where it is unknown.
-- @param about { parts, named = parts by name, placeholders, template = whether the body is one }
local function parts_of(name, of, about)
  local found, first, rest = {}, name:match "^([^.]+)%.?(.*)$"
  local part = about.named[name]
  if part and (part.source ~= "argument" or not KNOWN[name]) then
    return { part }
  elseif first == "param" then
    return about.named[rest] and { about.named[rest] } or nil
  elseif first == "header" then
    for _, other in ipairs(about.parts) do
      if other.into == "header" and other.wire:lower() == rest:lower() then
        table.insert(found, other)
      end
    end
    return (found[1] or HEADERS[rest:lower()]) and found or nil
  elseif (first == "body" or first == "sealed") and rest ~= "" then
    for _, other in ipairs(about.parts) do
      if other.into == first and other.wire:sub(1, #rest) == rest and other.wire:sub(#rest + 1, #rest + 1):find "^[.%[]?$" then
        table.insert(found, other)
      end
    end
    return found[1] and found or nil
  elseif not KNOWN[name] and not (DOTTED[first] and rest ~= "") then
    return nil
  end
  for _, other in ipairs(about.parts) do
    if within[first] and within[first](other, of) then
      table.insert(found, other)
    end
  end
  return found
end

--- Whether {now.…} or {unique.…} has a form that there is: C is asked for one.
local function is_made_up(name)
  local first, form = name:match "^(%l+)%.(.+)$"
  return (first ~= "now" and first ~= "unique") or core.made(first, form)
end

--- Adds a mistake for each name that is unknown. @return what each part is made of, as a set by part
local function graph(at, about)
  local edges = {}
  for _, part in ipairs(about.parts) do
    edges[part] = {}
    for _, text in ipairs(templates.of(part)) do
      for _, name in ipairs(templates.names(text)) do
        local found = name == "signature" and part.kind == "signature" and {} or parts_of(name, part, about)
        if not found or not is_made_up(name) then
          (part.here or at):wrong(": a template names {%s}, which is unknown", check.shown(name))
        end
        for _, other in ipairs(found or {}) do
          edges[part][other] = true
        end
      end
    end
    if part.key and about.named[part.key] then
      edges[part][about.named[part.key]] = true
    end
  end
  return edges
end

--- Adds a mistake for a part that is made of itself.
local function circles(at, about, edges)
  local state = {}
  local function visit(part)
    state[part] = "open"
    for other in pairs(edges[part]) do
      if state[other] == "open" then
        (part.here or at):wrong(": what it is made of goes in a circle")
        state[part] = "done"
        return
      elseif not state[other] then
        visit(other)
      end
    end
    state[part] = "done"
  end
  for _, part in ipairs(about.parts) do
    if not state[part] then
      visit(part)
    end
  end
end

--- Checks the templates of an operation.
-- @param at the collector at the operation
-- @param parts of the request
-- @param body the template of its body, or nil
function templates.check(at, parts, body)
  local about = { parts = parts, named = {} }
  for _, part in ipairs(parts) do
    if not about.named[part.name or ""] or part.into == "nothing" then -- what is not sent itself, as the other one may be made of it
      about.named[part.name or ""] = part
    end
  end
  local edges = graph(at, about)
  for _, name in ipairs(body and templates.names(body) or {}) do
    if name == "body" or not parts_of(name, nil, about) or not is_made_up(name) then
      at:at("template"):wrong("names {%s}, which is unknown", check.shown(name))
    end
  end
  circles(at, about, edges)
end

return templates
