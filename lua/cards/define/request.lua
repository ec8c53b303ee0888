--- The request of an operation of a definition: its path and parameters become the parts that core.define takes.

local check = require "cards.util.check"
local core = require "cards.core"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"
local place = require "cards.define.place"
local templates = require "cards.define.templates"

local request = {}

local PARAMETER = "^[%a_][%w_]*$"
local MOST_PARTS = 64
local MOST_MADE = 16 -- VALUES_MAX_MADE in src/provider/values.h
local MOST_SIGNATURES = 4

local any, flag, set = mistakes.any, mistakes.flag, mistakes.set

local MOST_TEXT = 65536 -- bytes of a default or a constant
local NO_BODY = set("GET", "DELETE")
local ENCODINGS = set("json", "form", "raw", "xml")

request.METHODS = set("GET", "POST", "PUT", "PATCH", "DELETE")

--- Whether requests of a method have a body.
function request.has_body(method)
  return not NO_BODY[method]
end

--- The encoding of a body, or nil.
function request.encoding(at, value, method)
  if value ~= nil and NO_BODY[method] then
    return at:wrong("is of a body: %s has none", method)
  end
  return value ~= nil and at:word(value, ENCODINGS) or nil
end

--- The template of a body that is raw or XML, or nil.
function request.template(at, value, encoding)
  if value == nil then
    return encoding == "xml" and at:wrong "is required: the text of an XML body" or nil
  elseif encoding ~= "raw" and encoding ~= "xml" then
    return at:wrong "is for the encodings raw and xml"
  end
  return templates.read(at, value, { lines = true, most = MOST_TEXT })
end

--- The names in braces of a path, as keys.
function request.path(at, value)
  local path = at:text(value, "^/", "must be a path that begins with /", 1000)
  if not path then
    return nil
  end
  local names = {}
  local bare = path:gsub("{([%a_][%w_]*)}", function(name)
    names[name] = true
    return "x"
  end)
  if bare:find "[{}]" then
    return at:wrong "has a brace that is not part of a placeholder such as {card_id}"
  elseif bare:find "[^%w/%-._~:@!$&'()*+,;=%%?%[%]]" or bare:gsub("%%%x%x", ""):find "%%" or bare:find "%?.*%?" then
    return at:wrong "contains a character that a path cannot have"
  elseif (bare:gsub("%?.*", "") .. "/"):find "/%.%.?/" then
    return at:wrong "must not contain the names . and .."
  elseif core.has_pan(bare) then
    return at:wrong "has a card's number in it: a parameter with that as its value can be allowed to (allow_pan = true)"
  end
  return names
end

--- By type: a function(at, value) that returns the value as the text that is sent, or nil after a mistake.
local as_text = {}

--- It may have many lines, as a query of GraphQL has.
function as_text.string(at, value)
  if type(value) ~= "string" or value == "" then
    return at:wrong "must be a string that is not empty"
  elseif #value > MOST_TEXT then
    return at:wrong("is longer than %d bytes", MOST_TEXT)
  elseif value:find "[%z\1-\8\11\12\14-\31\127]" then
    return at:wrong "contains a NUL or another control character that is no line break"
  end
  return value
end

function as_text.boolean(at, value)
  return type(value) == "boolean" and tostring(value) or at:wrong "must be true or false"
end

function as_text.integer(at, value)
  return type(value) == "number" and core.number(value, true) or at:wrong "must be a whole number"
end

function as_text.number(at, value)
  return type(value) == "number" and core.number(value, false) or at:wrong "must be a number"
end

local function tree(at, value, is_list)
  if type(value) ~= "table" then
    return at:wrong "must be a table"
  end
  local text, wrong = core.tree(value, is_list)
  return text and #text <= MOST_TEXT and text or at:wrong(wrong or "is too long")
end

function as_text.list(at, value) return tree(at, value, true) end
function as_text.object(at, value) return tree(at, value, false) end

local PARAM = {
  required = flag, into = any, wire = any, enum = any, default = any, sensitive = flag, excludes = any, unique = any, value = any, allow_pan = flag,
  prefix = mistakes.optional_text, now = any, fresh = flag, session = any, wrap = any, public_of = any, encoding = any,
  length = mistakes.checked(check.number(1, 64, true)),
}

function PARAM.type(at, value)
  return value == nil and "string" or at:word(value, as_text)
end

local LISTED_PARAM = { name = any }
for key, read in pairs(PARAM) do
  LISTED_PARAM[key] = read
end

--- What a parameter with a `value` may have.
local OF_CONSTANTS = set("name", "into", "wire", "type", "value", "allow_pan")

--- What one may have that is made for each attempt.
local OF_MADE = set("name", "into", "wire", "type", "now", "unique", "fresh", "length")

--- Where a parameter goes: into, the provider's name, and in a body the steps of its path.
local function where(at, param, about)
  local path = about.placeholders[param.wire == nil and param.name or param.wire]
  local otherwise = { into = path and "path" or about.into or NO_BODY[about.method] and "query" or "body", wire = param.name }
  local into, named, steps = place.read(at, param, "wire", otherwise)
  if into == "body" and NO_BODY[about.method] then
    return at:at("into"):wrong("must not be the body: %s has none", about.method)
  elseif into == "path" and not about.placeholders[named] then
    return at:wrong("goes into the path, which has no {%s}", (named:gsub("[^%w_]", "?")))
  end
  return into, named, steps
end

--- The allowed values of a parameter as texts, and whether the default is one of them.
local function choices(at, enum, kind, default)
  if type(enum) ~= "table" then
    at:wrong "must be a list"
    return nil, true
  end
  local made, allowed = {}, {}
  for i, value in ipairs(at:list_of(enum, 63)) do
    made[i] = as_text[kind](at:at(i), value)
    allowed[made[i] or ""] = true
  end
  if not next(made) then
    at:wrong "must have at least one value"
  end
  return made, default == nil or allowed[default] or not next(made)
end

local UNIQUE_WORDS = set("uuid", "hex", "digits")
local UNIQUE = { uuid = "uuid", hex = "hex", digits = "digits", [true] = "hex" }

--- The form of a text that no other call has, as core.define takes it.
local function unique_form(at, param)
  if param.unique == nil or param.unique == false then
    return nil
  end
  local form = UNIQUE[param.unique] or at:at("unique"):word(param.unique, UNIQUE_WORDS)
  if param.length and form == "uuid" then
    return at:at("length"):wrong "is for hex and digits"
  end
  return form and param.length and ("%s:%d"):format(form, param.length) or form
end

--- What belongs to unique stands beside it only. A moment is fresh anyway.
local function check_unique(at, param)
  if param.length and not param.unique then
    at:at("length"):wrong "has no sense without unique"
  elseif param.fresh and not param.unique and param.now == nil then
    at:at("fresh"):wrong "has no sense without unique"
  end
end

--- What is made for each attempt: a moment, or a text that no other one has.
local function made_up(at, param, about)
  local made = { name = param.name, source = "made", kind = "text", type = param.type, here = at }
  made.into, made.wire, made.steps = where(at, param, about)
  for key, _, here in at:entries(param) do
    if not OF_MADE[key] then
      here:wrong "has no sense beside a value that is made for each attempt"
    end
  end
  if param.now ~= nil and param.unique ~= nil then
    at:at("unique"):wrong "has no sense beside now"
  elseif param.now ~= nil and (type(param.now) ~= "string" or param.now:find "[{}|]" or not core.made("now", param.now)) then
    at:at("now"):wrong "must be unix, unix_ms, iso, iso_ms, http or a form such as \"%Y%m%d\""
  elseif param.now ~= nil then
    made.value = ("{now.%s}"):format(param.now)
  else
    made.value = ("{unique.%s}"):format(unique_form(at, param) or "hex")
  end
  return made
end

--- What one may have that is a key, besides where it goes.
local OF_KEYS = { session = set("session", "wrap"), public_of = set("public_of", "encoding") }

local OF_PLACES = set("name", "into", "wire", "type")

--- A parameter that is a key; nil where it is none.
local function key_param(at, param, about)
  for kind, keys in pairs(OF_KEYS) do
    if param[kind] ~= nil then
      local made = about.keys[kind](at, param)
      made.name, made.here = param.name, at
      made.into, made.wire, made.steps = where(at, param, about)
      for key, _, here in at:entries(param) do
        if not keys[key] and not OF_PLACES[key] then
          here:wrong("has no sense beside %s", kind)
        end
      end
      return made
    end
  end
  for _, key in ipairs { "wrap", "encoding" } do
    if param[key] ~= nil then
      at:at(key):wrong "is for a parameter that is a key"
    end
  end
end

--- Reads a part of a signature that is made for each attempt.
-- @param name by which templates name it
-- @param about as for request.params
-- @return the part, or nil
function request.made(at, name, value, about)
  local param = at:read(value, PARAM)
  if not param then
    return nil
  elseif type(name) ~= "string" or not name:find(PARAMETER) or #name > 64 then
    return at:wrong ": the name of a part has letters, digits and _, 64 at most"
  elseif param.now == nil and param.unique == nil then
    return at:wrong "must have now or unique"
  end
  param.name = name
  check_unique(at, param)
  local made = made_up(at, param, { method = "POST", placeholders = {}, into = about.into })
  if made.into == "nothing" and param.into == nil then
    made.wire = nil
  end
  return made
end

--- What the caller gives, or a default replaces.
local function argument(at, param, about)
  local kind, default = param.type, param.default
  local made = { name = param.name, source = "argument", type = kind, required = param.required, sensitive = param.sensitive, allow_pan = param.allow_pan }
  made.into, made.wire, made.steps = where(at, param, about)
  made.unique, made.prefix = unique_form(at, param), param.prefix
  if default ~= nil and kind then
    made.default = as_text[kind](at:at "default", default)
  end
  place.refuse_pan(at:at "default", made)
  if param.enum ~= nil and kind then
    local is_allowed
    made.enum, is_allowed = choices(at:at "enum", param.enum, kind, made.default)
    if not is_allowed then
      at:at("default"):wrong "is none of what enum allows"
    end
  end
  if made.required and default ~= nil then
    at:at("required"):wrong "has no sense beside a default"
  elseif made.unique and (default ~= nil or kind ~= "string") then
    at:at("unique"):wrong "is for a string without a default"
  elseif made.into == "path" and default == nil and not made.unique then
    if made.required == false then
      at:at("required"):wrong "must not be false: the path needs it"
    end
    made.required = true
  end
  return made
end

--- What is the same in every request.
local function constant(at, param, about)
  local text = param.type and as_text[param.type](at:at "value", param.value)
  local made = { name = param.name, source = "constant", type = param.type, value = text, allow_pan = param.allow_pan }
  made.into, made.wire, made.steps = where(at, param, about)
  place.refuse_pan(at:at "value", made)
  for key, _, here in at:entries(param) do
    if not OF_CONSTANTS[key] then
      here:wrong "has no sense beside a value that is always the same"
    end
  end
  return made
end

--- Whether the request has a parameter even where the caller gives none.
local function is_always_there(made)
  return made.default ~= nil or made.unique ~= nil
end

--- Reads the `excludes` of parameters, which name each other.
local function exclude(made)
  for _, part in ipairs(made.parts) do
    local here, other = made.at[part.name]:at "excludes", made.given[part.name].excludes
    part.excludes = other ~= nil and part.source == "argument" and here:word(other, made.arguments) or nil
    if part.excludes == part.name then
      here:wrong "must be another parameter"
    elseif part.excludes and (is_always_there(part) or is_always_there(made.arguments[other])) then
      here:wrong "has no sense where one of the two is always there"
    end
  end
end

--- Adds a parameter to what request.params returns.
local function add_param(made, at, param, about)
  local name = param.name
  if type(name) ~= "string" or not name:find(PARAMETER) or #name > 64 then
    at:wrong ": the name of a parameter has letters, digits and _, 64 at most"
  elseif made.given[name] then
    at:at("name"):wrong "is the name of another parameter"
  else
    check_unique(at, param)
    local is_made_up = param.now ~= nil or param.fresh
    local part = about.keys and key_param(at, param, about) or (param.value ~= nil and constant or is_made_up and made_up or argument)(at, param, about)
    made.at[name], made.given[name] = at, param
    made.arguments[name] = part.source == "argument" and part or nil
    table.insert(made.parts, part)
  end
end

--- Reads `params` of an operation: a table by names, or a list in the order of the request, whose entries have a `name`.
-- @param about { method, form, placeholders, into = where parameters go that do not say it, keys = what cards.define.encryption.params returns }
-- @return { parts, as_listed = whether their order counts, and by name: arguments = those that a caller gives, given = the tables, at = their places }
function request.params(at, value, about)
  local made = { parts = {}, arguments = {}, at = {}, given = {} }
  made.as_listed = type(value) == "table" and rawget(value, 1) ~= nil
  if made.as_listed then
    at:each(value, MOST_PARTS, function(here, given)
      local param = here:read(given, LISTED_PARAM)
      if param then
        add_param(made, here, param, about)
      end
    end)
  else
    for name, given, here in at:entries(value) do
      local param = here:read(given, PARAM)
      if param then
        param.name = name
        add_param(made, here, param, about)
      end
    end
  end
  exclude(made)
  return made
end

--- The place of a part in the request, which no other part can have.
local function key_of(made)
  if made.into == "header" then
    return "header " .. made.wire:lower()
  end
  return made.into .. " " .. made.wire
end

--- Sorts the parts in the order of the request: by the names of their places, or as listed. The parts of one object of the body follow each other.
local function sort(parts, as_listed)
  local first, places = {}, {}
  for i, made in ipairs(parts) do
    local steps, path = as_listed and {} or { "body" }, ""
    for _, step in ipairs(made.steps or {}) do
      path = path .. "." .. step
      first[path] = first[path] or i
      table.insert(steps, as_listed and first[path] or step)
    end
    places[made] = made.steps and steps or as_listed and { i } or { "", made.into, made.wire or "", made.name }
  end
  table.sort(parts, function(a, b) return paths.before(places[a], places[b]) end)
end

--- Whether a part is in an object of the body; all are in "body".
local function is_within(made, name)
  local path = name:sub(#"body." + 1)
  return made.steps ~= nil and (name == "body" or made.wire:sub(1, #path) == path and made.wire:sub(#path + 1):find "^[.%[]" ~= nil)
end

--- Checks that the elements of each list in the body follow each other from the first one on.
local function check_lists(at, parts)
  local lists, order = {}, {}
  for _, made in ipairs(parts) do
    for i, step in ipairs(made.steps or {}) do
      if type(step) == "number" then
        local name = ("%s %s"):format(made.into, paths.text(made.steps, i - 1))
        if not lists[name] then
          lists[name] = { count = 0, most = 0 }
          table.insert(order, name)
        end
        local list = lists[name]
        list.count, list.most = list.count + (list[step] and 0 or 1), math.max(list.most, step + 1)
        list[step] = true
      end
    end
  end
  for _, name in ipairs(order) do
    if lists[name].count ~= lists[name].most then
      at:wrong(": the list in the %s has a hole: its elements are [0], [1] and so on", check.shown(name))
    end
  end
end

--- Checks that the signed parts of the body exist, and that no signature is among them.
local function check_signed(at, made, parts, about)
  for _, name in ipairs(templates.names(made.over)) do
    local found = name == "body" or not name:find "^body%."
    for _, part in ipairs(parts) do
      found = found or is_within(part, name)
      if made.steps and part == made and name:find "^body" and is_within(part, name) then
        at:wrong(": the signature '%s' is part of what is signed", check.shown(part.wire))
      end
    end
    if not found or (about.form and name ~= "body") then
      at:wrong(": there is no object {%s} in the body to be signed", check.shown(name))
    end
  end
end

local function check_counts(at, parts, signatures)
  local made = 0
  for _, part in ipairs(parts) do
    made = made + (part.source == "made" and 1 or 0)
  end
  if #parts > MOST_PARTS then
    at:at("params"):wrong("are too many: a request has at most %d values, credentials included", MOST_PARTS)
  elseif made > MOST_MADE then
    at:at("params"):wrong("are too many: a request has at most %d values that are made for each attempt, signatures included", MOST_MADE)
  elseif signatures > MOST_SIGNATURES then
    at:wrong(": a request has at most %d signatures", MOST_SIGNATURES)
  end
end

--- Notes the place of a part. @return the place, where another part has it; else nil
local function add(made, known, body)
  if not made.into or made.into == "nothing" or not made.wire or not made.name then
    return nil
  end
  local key = key_of(made)
  local clash = (known[key] and made.into ~= "query") or made.steps and body[made.into](made.steps, made.wire)
  known[key] = true
  return clash and ("%s '%s'"):format(made.into, (made.wire:gsub("[^%w%-._]", "?")))
end

--- All parts of an operation, in the order of the request.
-- @param at the collector at the operation
-- @param params what request.params returned
-- @param shared the parts of credentials and settings
-- @param about { method, form, placeholders }
-- @return the list
function request.join(at, params, shared, about)
  local parts, known, names, signatures = {}, {}, {}, {}
  local body = { body = paths.set(), sealed = paths.set() }
  for _, made in ipairs(shared) do
    names[made.kind ~= "session" and made.name or ""] = true
    if made.into == "body" and NO_BODY[about.method] then
      at:at("method"):wrong("must not be %s: a credential goes into the body", about.method)
    end
    if made.source == "made" and made.kind ~= "text" and made.over then
      table.insert(signatures, made)
    end
  end
  for _, list in ipairs(params.as_listed and { params.parts, shared } or { shared, params.parts }) do
    for _, made in ipairs(list) do
      local here = list == shared and at or params.at[made.name]
      if list == params.parts and names[made.name] then
        here:wrong "has the name of a credential or setting"
      end
      local clash = add(made, known, body)
      if clash then
        here:wrong(": the %s is written twice", clash)
      end
      table.insert(parts, made)
    end
  end
  for _, name in ipairs(at.keys(about.placeholders)) do
    if not known["path " .. name] then
      at:at("path"):wrong("has {%s}, which no parameter fills", name)
    end
  end
  check_counts(at, parts, #signatures)
  if #at.list == 0 then
    for _, made in ipairs(signatures) do
      check_signed(at, made, parts, about)
    end
  end
  if about.raw and not about.template then
    local count = 0
    for _, made in ipairs(parts) do
      count = count + ((made.into == "body" or made.into == "sealed") and 1 or 0)
    end
    if count ~= 1 then
      at:at("encoding"):wrong("is raw: %s goes into the body, and it is one parameter or a template", count == 0 and "nothing" or "more than one value")
    end
  end
  if #at.list == 0 then
    check_lists(at, parts)
    templates.check(at, parts, about.template)
    sort(parts, params.as_listed)
  end
  return parts
end

return request
