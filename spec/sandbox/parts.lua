--- The parts that the cases of misbehave.lua are made of: functions that return an answer's spoiler.

local json = require "json"
local tree = require "tree"
local wire = require "wire"

local parts = {}
local raw = json.raw

--- A card number that nobody asked for: valid by Luhn, and in no normal answer.
parts.OTHER_PAN = "5555555555554444"

function parts.refuse(status, code, message)
  return function(answer) answer:refuse(status, code, message) end
end

function parts.filter(change)
  return function(answer, argument)
    answer.filters[#answer.filters + 1] = function(text) return change(text, argument) end
  end
end

--- The object that holds the payload; the whole answer where a refusal has none.
function parts.record(answer)
  return tree.record(answer.tree, answer.provider.record) or answer.tree
end

--- Everything below the payload save what says success.
function parts.each(answer, change, keep)
  tree.each(answer.tree, answer.provider.record, keep or answer.provider.keep, change)
end

function parts.with(list, more)
  local both = { unpack(list) }
  for _, v in ipairs(more) do both[#both + 1] = v end
  return both
end

--- A number's text in place of the documented number.
function parts.number(text)
  return function(answer) tree.replace(answer.tree, answer.provider.number, raw(text)) end
end

--- A string's raw JSON in place of a documented string; with the argument `secret`, of a secret one.
function parts.text(value)
  return function(answer, argument)
    local p = answer.provider
    local path = argument == "secret" and (p.cvv or p.secrets[1]) or p.text
    tree.replace(answer.tree, path, raw(value))
  end
end

--- A leaf of the payload that matters most: number, CVV, token, or any string.
function parts.important(p) return p.pan or p.cvv or p.secrets[1] or p.text end

function parts.duplicate(rewrite)
  return function(answer)
    local path = parts.important(answer.provider)
    local key = path:match "[^.]+$"
    tree.append(answer.tree, path, rewrite(key), parts.OTHER_PAN)
  end
end

--- Sends the text that `make` builds, on the raw connection.
function parts.on_wire(make)
  return function(answer, argument)
    answer.send = function() return wire.send(make(answer, argument)) end
  end
end

--- Everything the request and the answer hold that must not come back in an error.
function parts.secrets_of(answer)
  local r, p, list = answer.request, answer.provider, {}
  for _, value in ipairs(p.credentials(r)) do list[#list + 1] = value end
  for _, value in pairs(answer.plant) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do list[#list + 1] = one end
  end
  tree.each(p.answer(r, answer.plant), p.record, {}, function(value, path)
    for _, secret in ipairs(p.secrets) do
      if path:sub(1, #secret) == secret and type(value) == "string" then list[#list + 1] = value end
    end
  end)
  list[#list + 1] = r.id
  list[#list + 1] = r.uri
  for name, value in pairs(r.headers) do
    list[#list + 1] = name .. ": " .. (type(value) == "table" and table.concat(value, ", ") or value)
  end
  list[#list + 1] = r.body
  return list
end

function parts.seconds(argument, default) return tonumber(argument) or default end

return parts
