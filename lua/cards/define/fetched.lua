--- What a call needs before it is sent: tokens and keys, which other operations of the definition give and which are kept, steps, and its turn.
--
-- A value that is kept is a *fetched* value: { name, what = "token" or "key", operation, take, expires, ttl, with }. A part of the request with its name, which
-- is no key of `new`, gets it from a source of the client, see cards.client.fetch.

local check = require "cards.util.check"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"

local fetched = {}

local PARAMETER = "^[%a_][%w_]*$"
local MOST = 8 -- values of a definition, and steps of an operation

--- Whether two lists of `with` give the same.
local function same_with(a, b)
  for i = 1, math.max(#a, #b) do
    if not a[i] or not b[i] or a[i].to ~= b[i].to or a[i].from ~= b[i].from then
      return false
    end
  end
  return true
end

local function same(a, b)
  for _, key in ipairs { "what", "operation", "take", "expires", "ttl" } do
    if a[key] ~= b[key] then
      return false
    end
  end
  return same_with(a.with, b.with)
end

local calls, seconds = mistakes.checked(check.number(0.001, 1e6)), mistakes.checked(check.number(0.001, 86400))

--- Reads `rate`, { 600, per = 60 }. @return { rate, per }, or nil
function fetched.rate(at, value)
  if value == nil or not at:table(value, { per = true }, 1) then
    return nil
  elseif rawget(value, 1) == nil then
    return at:wrong "must be a number of calls, and `per` how many seconds: { 600, per = 60 }"
  end
  local per = rawget(value, "per")
  return { rate = calls(at:at(1), rawget(value, 1)), per = per == nil and 1 or seconds(at:at "per", per) }
end

--- Notes a value that is fetched and kept. Entries that say the same share it.
-- @param into what cards.define.auth fills in
-- @param value as above, without a name
-- @return the name by which parts refer to it
function fetched.note(at, into, value)
  local alike = 0
  for _, known in ipairs(into.fetched) do
    if same(known, value) then
      return known.name
    elseif known.operation == value.operation and known.what == value.what and known.take == value.take then
      alike = alike + 1
    end
  end
  if #into.fetched == MOST then
    return at:wrong(": a definition fetches at most %d tokens and keys", MOST)
  end
  value.name = ("%s %s.%s%s"):format(value.what, value.operation, value.take, alike > 0 and ("#%d"):format(alike + 1) or "")
  value.at = at
  table.insert(into.fetched, value)
  return value.name
end

--- Reads `with`: { its parameter = ours }.
-- @param ours function(at, name) that returns where a value of ours of that name comes from, as a table; or nil and a mistake
-- @return a list of those tables, with `to` and `from`
function fetched.with(at, value, ours)
  local list = {}
  for to, from, here in at:entries(value) do
    if type(to) ~= "string" or not to:find(PARAMETER) or #to > 64 then
      here:wrong ": the name of a parameter has letters, digits and _"
    else
      local made = ours(here, from)
      if made then
        made.to, made.from, made.at = to, from, here
        table.insert(list, made)
      end
    end
  end
  return list
end

--- A path in a record, as text. @return it, or nil and a mistake
function fetched.path(at, value)
  return paths.read(at, value) and value or nil
end

local KEY = { from = mistakes.any, take = fetched.path, with = mistakes.any }

--- Adds the part of a key that an operation of the definition gives. It is fetched for the first call that needs it, and again after one that failed.
-- @param value { from = operation, take = path in its record, with = as that of a token }
-- @param kind the type of the part, "pem" or nil
-- @param ours as for fetched.with
-- @return the name of the part, which is not sent itself
function fetched.key(at, value, into, kind, ours)
  local given = at:read(value, KEY)
  local operation = given and at:at("from"):word(given.from, into.operations)
  if not operation or not given.take then
    return nil
  end
  local name = fetched.note(at, into, {
    what = "key", operation = operation, take = given.take, with = fetched.with(at:at "with", given.with, ours),
  })
  for _, part in ipairs(into.parts) do
    if part.name == name then
      return name
    end
  end
  table.insert(into.parts, { source = "credential", name = name, into = "nothing", required = true, type = kind, operation = operation })
  return name
end

--- Declares a field of an operation where it has none at that path; a token that is declared as a text is a token.
local function declare(at, operation, path, kind)
  local steps, add, is_declared = paths.parse(path), paths.set(), false
  for _, field in ipairs(operation.fields) do
    local declared = type(field.path) == "string" and paths.parse(field.path) or {} -- another mistake
    add(declared, field.path)
    if paths.leads(declared, steps) then
      is_declared = true
      if kind == "token" and field.type == "string" then
        field.type = kind
      elseif kind ~= "token" and field.type and ("pan cvv token secret boolean"):find(field.type, 1, true) then
        at:wrong(": %s of %s is declared as %s", path, operation.name, field.type)
      end
    end
  end
  local other = not is_declared and add(steps, path)
  if other then
    at:wrong(": %s of %s goes through the field '%s'", path, operation.name, other)
  elseif not is_declared then
    table.insert(operation.fields, { path = path, type = kind })
  end
end

--- Checks that an operation gets all that it needs by such a list.
-- @param own the names of credentials and settings, as keys
local function check_with(at, operation, with, own)
  local given = {}
  for _, one in ipairs(with) do
    given[one.to] = true
    if one.credential and not own[one.from] then
      one.at:wrong("is no parameter, credential or setting%s", (check.meant(one.from, own)))
    end
    if not operation.arguments[one.to] then
      one.at:wrong(": %s has no parameter of that name%s", operation.name, (check.meant(one.to, operation.arguments)))
    end
  end
  for name, part in pairs(operation.arguments) do
    if part.required and not given[name] then
      at:wrong(": %s needs '%s', which `with` does not give", operation.name, name)
    end
  end
end

--- The operations that have to be called before this one: { { name, place of what says so } }.
local function before(operation, values)
  local list = {}
  for _, step in ipairs(operation.before) do
    table.insert(list, { step.operation, step.before })
  end
  for _, part in ipairs(operation.parts) do
    if part.operation and values[part.name] then
      table.insert(list, { part.operation, values[part.name].at })
    end
  end
  return list
end

--- Adds a mistake where the way from an operation to those before it comes back to its beginning. @return whether it does
-- @param way the names of the operations so far
-- @param seen those that were looked at, as keys
-- @param first the place of what led away from its beginning
local function find_circle(operation, way, seen, known, first)
  for _, step in ipairs(before(operation, known.values)) do
    local name, at = step[1], first or step[2]
    if name == way[1] then
      at:wrong(": goes in a circle: %s, %s", table.concat(way, ", "), name)
      return true
    elseif not seen[name] and known.operations[name] then
      seen[name] = true
      table.insert(way, name)
      if find_circle(known.operations[name], way, seen, known, at) then
        return true
      end
      table.remove(way)
    end
  end
end

local function circles(list, known)
  local found = {}
  for _, operation in ipairs(list) do
    local way = { operation.name }
    if not found[operation.name] and find_circle(operation, way, {}, known) then
      for _, name in ipairs(way) do
        found[name] = true -- one mistake for a circle
      end
    end
  end
end

--- The list without the places of what it was read from.
local function bare(list)
  for _, entry in ipairs(list) do
    entry.at, entry.before = nil, nil
    for _, key in ipairs { "with", "take" } do
      for _, one in ipairs(type(entry[key]) == "table" and entry[key] or {}) do
        one.at = nil
      end
    end
  end
  return list
end

--- Steps as a definition writes them.
local function described(list)
  local made = {}
  for i, step in ipairs(list) do
    made[i] = { operation = step.operation, with = {}, take = {}, url = step.url }
    for _, one in ipairs(step.with) do
      made[i].with[one.to] = one.from
    end
    for _, one in ipairs(step.take) do
      made[i].take[one.to] = one.path
    end
  end
  return made
end

--- Adds what the calls of one operation need.
-- @param rate of the operation or of the definition, or nil
local function add_plan(flow, operation, rate)
  local name, has_steps = operation.name, operation.before[1] ~= nil
  operation.prepared = has_steps or rate ~= nil
  flow.bases[name] = operation.base_url
  flow.before[name] = has_steps and bare(operation.before) or nil
  flow.rate[name] = rate and { rate = rate.rate, per = rate.per, of = operation.rate and name or "" }
  flow.described[name] = { before = has_steps and described(operation.before) or nil, rate = rate and { rate.rate, per = rate.per } }
end

--- Checks what only all operations together show, and declares the fields that tokens are.
-- @param list of the operations in their normal form, with `arguments`: their parameters by name
-- @param shared { fetched, credentials, settings, hosts }
-- @return what the definition's calls need, as core.define keeps it: { fetched = a list of the values, settings = { name = default }, hosts,
--   and by operation: bases = its URL, before = its steps, rate, described = what cards.describe says of them }
function fetched.finish(list, shared)
  local known = { operations = {}, values = {}, own = {}, gives = {} }
  for _, credential in ipairs(shared.credentials) do
    known.own[credential.name] = true
  end
  for _, operation in ipairs(list) do
    known.operations[operation.name] = operation
  end
  for _, operation in ipairs(list) do
    for _, step in ipairs(operation.before) do
      if known.operations[step.operation] then
        check_with(step.at, known.operations[step.operation], step.with, known.own)
      end
    end
  end
  for _, value in ipairs(shared.fetched) do
    known.values[value.name], known.gives[value.operation] = value, true
    local operation = known.operations[value.operation]
    if operation then
      check_with(value.at, operation, value.with, known.own)
      if value.what == "token" then
        declare(value.at, operation, value.take, "token")
      end
      if value.expires then
        declare(value.at, operation, value.expires, "timestamp")
      end
    end
  end
  circles(list, known)
  local flow = { fetched = bare(shared.fetched), settings = {}, hosts = shared.hosts, bases = {}, before = {}, rate = {}, described = {} }
  for _, operation in ipairs(list) do
    add_plan(flow, operation, operation.rate or not known.gives[operation.name] and shared.rate or nil)
  end
  for _, setting in ipairs(shared.settings) do
    flow.settings[setting.name or ""] = setting.default -- without a name where it is a mistake
  end
  return flow
end

return fetched
