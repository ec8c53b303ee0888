--- What a mapping or a definition that is read from a file could find out about a secret, or show of it.
--
-- A script file never holds a secret, but what it declares works on secrets. Two kinds of mistakes are found here. An *oracle* is a rule whose outcome depends
-- on the value of a secret: who writes such a rule can try values out. An *exposure* is a field that by its name holds a card number, a CVV or a track, and is
-- declared as plain, or a credential that would be sent without TLS. Trusted code may do both.

local check = require "cards.util.check"
local core = require "cards.core"
local names = require "cards.mask.names"
local paths = require "cards.define.paths"
local transforms = require "cards.card.transforms"

local exposure = {}

local SECRETS = { pan = true, cvv = true, token = true, secret = true }

--- Transforms that make something of every value that they are given. Of a token `digits` would show a part from the middle.
local ALWAYS = { trim = true, upper = true, default = true }

--- Those of which the form of a value decides, as long as nothing follows that looks at what they made.
local LAST = { base64 = true, hex = true, slice = true, join = true }

--- Names of fields, in small letters and digits only, that hold a track or a PIN; cards.mask.names knows those of numbers and CVVs.
local NAMES = {}
for name in ([[track track1 track2 trackdata track1data track2data track2equivalent track2equivalentdata magstripe magstripedata magneticstripe
  pin pinblock pincode cardpin]]):gmatch "%S+" do
  NAMES[name] = true
end

local function bare(name)
  return (name:lower():gsub("[^%w]", ""))
end

--- Whether dotted names end with one of what may not be shown.
local function names_secret(dotted)
  local above, name = dotted:match "^(.-)%.?([^.]+)$"
  if not name then
    return false
  elseif bare(name) == "value" and above ~= "" then
    return names_secret(above)
  elseif bare(name) == "number" then
    above = bare(above:match "[^.]*$")
    return above == "" or above:find "card" ~= nil or above == "data" or above == "secrets" or above == "pan"
  elseif bare(name):find "^account" then
    return false -- of a bank
  end
  return names.holds(name) ~= nil or NAMES[bare(name)] == true
end

--- The steps of a path, or of what is meant by one; of anything else none.
local function steps_of(path)
  local steps, meant = paths.parse(path)
  return steps or meant or {}
end

--- Whether a field holds by its name what may not be shown: "cardNumber", "secrets[0].card_number", "card['number']", "cvv.value".
local function holds_secret(path)
  local dotted = {}
  for _, step in ipairs(steps_of(path)) do
    if type(step) == "string" and step ~= paths.EACH then
      table.insert(dotted, step)
    end
  end
  return names_secret(table.concat(dotted, "."))
end

--- The type of a field as a definition writes it.
local function type_of(field)
  return type(field) == "table" and rawget(field, "type") or field
end

--- The types of declared fields, however the paths to them are written.
-- @param fields { path = type }, as a definition has it
-- @param root of the paths; "" for none
-- @return a function(path) that returns the type of what it leads to, nil where any of that is not declared, and of a secret among it that of the secret
local function declared_in(fields, root)
  local tree = paths.tree()
  for path, field in pairs(type(fields) == "table" and fields or {}) do
    if type(path) == "string" then
      local steps = steps_of(root)
      for _, step in ipairs(steps_of(path)) do
        table.insert(steps, step)
      end
      tree.add(steps, type_of(field))
    end
  end
  return function(path)
    local steps, plain = steps_of(path), nil
    for _, node in ipairs(tree.find(steps)) do
      if SECRETS[node.value] then
        return node.value
      end
      plain = plain or tree.covers(steps) and node.value or nil
    end
    return plain
  end
end

--- Whether the words of a `map` have a card number among them, which would be compared with what a field turns out to hold.
local function has_number(words)
  for word in pairs(words or {}) do
    if check.has_card_number(tostring(word)) then
      return true
    end
  end
end

--- Whether a file may apply a transform to a secret of that class.
local function is_harmless(name, class)
  return ALWAYS[name] or LAST[name] or (name == "digits" and (class == "pan" or class == "cvv"))
end

--- Adds the oracles of one expression.
-- @param declared of the operation's record; without any field where its provider is not known yet: what is a secret shows when there is a record
local function expression_of(items, declared, at)
  local secret, class, is_last
  for i, item in ipairs(items) do
    local definition = transforms.definition(item)
    if definition and has_number(definition.words) then
      at:at(i):wrong ": a card number is no word of a map"
    elseif secret and definition and not definition.parts and (is_last and definition.name ~= "default" or not is_harmless(definition.name, class)) then
      at:at(i):wrong((": what '%s' makes of '%s' would tell a file about a secret"):format(definition.name, check.shown(secret)))
    end
    for _, path in ipairs(definition and definition.parts or { item }) do
      local kind = type(path) == "string" and declared(path)
      secret, class = SECRETS[kind] and path or secret, SECRETS[kind] and kind or class
    end
    is_last = is_last or (definition and LAST[definition.name])
  end
end

--- Adds the oracles of a mapping.
-- @param declared as above
-- @param at a collector of cards.util.mistakes
local function mapping_of(mapping, declared, at)
  for name, expression in pairs(mapping) do
    local here = at:at(name)
    local definition = transforms.definition(expression)
    if definition and definition.parts then
      expression_of({ expression }, declared, here)
    elseif type(expression) == "table" and not definition then
      if expression[1] == nil then
        mapping_of(expression, declared, here)
      end
      expression_of(expression, declared, here)
    end
  end
end

--- Adds the functions that a definition has anywhere but in mappings, where they get plain values.
local function functions(value, at, depth)
  for key, content in pairs(value) do
    local here = at:at(key)
    if type(content) == "function" then
      here:wrong ": a file declares a signature, and programs none; a function stands in `card` only"
    elseif type(content) == "table" and not (depth == 3 and key == "card") then
      functions(content, here, depth + 1)
    end
  end
end

local function list_of(value)
  return type(value) == "table" and rawget(value, 1) ~= nil and value or { value }
end

--- Whether a path that no field declares may lead to a secret of the record: one below the root, or, where that is all of the answer, one whose
-- name is not that of an error.
local function may_be_secret(path, root)
  local steps, top = steps_of(path), steps_of(root)
  if top[1] ~= nil then
    return steps[1] == top[1] or (type(steps[1]) == "number" and top[1] == paths.EACH) or (steps[1] == paths.EACH and type(top[1]) == "number")
  end
  local name = bare(tostring(steps[#steps]))
  for _, word in ipairs { "code", "err", "status", "reason", "result" } do
    if name:find(word, 1, true) then
      return false
    end
  end
  return true
end

--- Whether comparing an answer's text with that one could find a CVV, a number or a token.
local function is_guess(value)
  return (type(value) == "number" and math.abs(value) >= 10) or (type(value) == "string" and value:find "%d.*%d" ~= nil)
end

--- Whether it has as many digits as a card number, which a plain field may turn out to hold.
local function is_number(value)
  return #tostring(value):gsub("%D", "") >= 12
end

--- Whether a test holds for one of these values.
local function is_any(values, test)
  for _, value in ipairs(list_of(values)) do
    if test(value) then
      return true
    end
  end
  return false
end

local function rules(operation, declared, at)
  local single = type(operation.success) == "table" and operation.success.path ~= nil
  for i, rule in ipairs(single and { operation.success } or list_of(operation.success)) do
    local here = single and at or at:at(i)
    if type(rule) == "table" and rule.equals ~= nil and type(rule.path) == "string" then
      local kind = declared(rule.path)
      if SECRETS[kind] then
        here:wrong((": '%s' is a secret, and a success that depends on its value would tell it"):format(check.shown(rule.path)))
      elseif is_any(rule.equals, is_number) then
        here:wrong ": a card number is nothing to compare with"
      elseif not kind and (is_any(rule.equals, is_guess) or holds_secret(rule.path)) then
        here:wrong((": '%s' is not declared, so it is a secret: declare it among the fields to compare it with digits"):format(check.shown(rule.path)))
      end
    end
  end
end

--- What a definition says of a parameter: `params` may be a list.
local function about_param(params, name)
  for key, about in pairs(type(params) == "table" and params or {}) do
    if key == name or (type(about) == "table" and about.name == name) then
      return about
    end
  end
end

local function echoes(operation, declared, at)
  for path, given in pairs(type(operation.echo) == "table" and operation.echo or {}) do
    local param = type(given) == "table" and given.param or given
    local about = about_param(operation.params, param)
    local chosen = type(about) == "table" and (is_guess(about.value) or is_guess(about.default))
    local kind = type(path) == "string" and declared(path)
    if kind == "pan" or kind == "cvv" or (type(path) == "string" and holds_secret(path)) or (chosen and (not kind or SECRETS[kind])) then
      at:at(path):wrong ": an echo that depends on the value of a secret would tell it"
    end
  end
end

--- A table of codes compares what stands at error.code.
local function codes(operation, declared, root, at)
  local given = type(operation.error) == "table" and operation.error or {}
  for code in pairs(type(operation.code) == "table" and operation.code or {}) do
    if is_number(code) then
      at:at(code):wrong ": a card number is nothing to compare with"
    end
    for _, path in ipairs(list_of(given.code)) do
      local kind = type(path) == "string" and declared(path)
      if type(path) == "string" and (SECRETS[kind] or holds_secret(path)) then
        at:at(code):wrong((": '%s' is a secret, and a kind that depends on its value would tell it"):format(check.shown(path)))
      elseif type(path) == "string" and not kind and tostring(code):find "^%d%d%d%d?$" and may_be_secret(path, root) then
        at:at(code):wrong((": '%s' is not declared, so it is a secret: declare it among the fields to compare it with digits"):format(check.shown(path)))
      end
    end
  end
end

local function errors(operation, declared, at)
  local given = type(operation.error) == "table" and operation.error or {}
  for _, key in ipairs { "code", "message" } do
    for _, path in ipairs(list_of(given[key])) do
      if type(path) == "string" and (SECRETS[declared(path)] or holds_secret(path)) then
        at:at(key):wrong((": '%s' holds a secret, which an error would show"):format(check.shown(path)))
      end
    end
  end
end

local function fields(operation, at)
  local response = type(operation.response) == "table" and operation.response or {}
  for path, field in pairs(type(response.fields) == "table" and response.fields or {}) do
    if type(path) == "string" and not SECRETS[type_of(field)] and holds_secret(path) then
      at:at "fields":at(path):wrong((": by its name it is a secret, and is declared as '%s': pan, cvv or secret hides it"):format(check.shown(type_of(field))))
    end
  end
end

--- A secret is no cursor: it would stand in the next request.
local function pages(operation, declared, at)
  for _, key in ipairs { "cursor", "last", "more" } do
    local path = type(operation.pages) == "table" and operation.pages[key]
    if type(path) == "string" and (SECRETS[declared(path)] or holds_secret(path)) then
      at:at(key):wrong ": a secret would stand in the next request"
    end
  end
end

--- A URL without TLS.
local function url(value, at)
  if type(value) == "string" and not value:find "^[Hh][Tt][Tt][Pp][Ss]://" then
    at:wrong ": credentials and numbers would go there without TLS"
  end
end

--- The URLs of entries of `auth` where tokens are given.
local function auth(value, at)
  local list = list_of(value)
  for i, entry in ipairs(list) do
    if type(entry) == "table" then
      url(entry.url, (list == value and at:at(i) or at):at "url")
    end
  end
end

--- Adds what is wrong with a definition: oracles, and unless it is trusted exposures.
function exposure.definition(value, at, trust)
  functions(value, at, 1)
  if not trust then
    url(value.base_url, at:at "base_url")
    auth(value.auth, at:at "auth")
  end
  for name, operation in pairs(type(value.operations) == "table" and value.operations or {}) do
    local here = at:at "operations":at(name)
    if type(operation) == "table" then
      local response = type(operation.response) == "table" and operation.response or {}
      local root = type(response.root) == "string" and response.root or ""
      local declared = declared_in(response.fields, root)
      codes(operation, declared, root, here:at "code")
      rules(operation, declared, here:at "success")
      echoes(operation, declared, here:at "echo")
      pages(operation, declared, here:at "pages")
      if not trust then
        url(operation.base_url, here:at "base_url")
        auth(operation.auth, here:at "auth")
        errors(operation, declared, here:at "error")
        fields(operation, here:at "response")
      end
      if type(operation.card) == "table" then
        mapping_of(operation.card, declared_in(response.fields, ""), here:at "card")
      end
    end
  end
end

--- Adds the oracles of the mappings of a file.
function exposure.mappings(value, at)
  for name, mapping in pairs(value) do
    local provider, operation = tostring(name):match "^([^.]+)%.(.+)$"
    local about = provider and core.provider(provider)
    local known = about and about.operations[operation]
    mapping_of(mapping, declared_in(known and known.response.fields, ""), at:at(name))
  end
end

return exposure
