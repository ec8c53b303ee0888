--- Sealed columns: a value that Redis holds only under a key which feed and work have, for its place in its job. In a worker it is a secret that C has opened.

local check = require "cards.util.check"
local core = require "cards.core"
local own_key = require "cards.resilience.shared_key"
local to_json = require "cards.cli.json"

local sealing = {}

local READ = { env = core.secret.from_env, file = core.secret_in_file }

--- The converter of --key.
function sealing.place(text)
  local kind, name = text:match "^(%l+):(.+)$"
  if not READ[kind] then
    return nil, "--key takes env:NAME or file:PATH, of at least 16 bytes"
  end
  return { kind = kind, name = name }
end

--- The key of a command. @return it; or nil and what is wrong
-- @param place as --key says, or nil for that of CARDS_SHARED_KEY
function sealing.key(place)
  if not place then
    local key, why = own_key()
    return key, why and "sealed columns need a key: say --key env:NAME or --key file:PATH; " .. why
  end
  local secret, err = READ[place.kind](place.name)
  if not secret then
    return nil, "--key: " .. err.message
  end
  local key, why = core.shared_key(secret)
  secret:close()
  return key, why and "--key: " .. why
end

--- What is known of the key of a job, by which another one is recognised.
function sealing.mark(key, id)
  return core.name_with(key, "cards job " .. id)
end

local function context(id, number, column)
  return ("cards job %s row %.0f column %s"):format(id, number, column)
end

--- The text of a value; nil for one that is none and no number.
local function text_of(value)
  return type(value) == "string" and value or check.digits(value) or type(value) == "number" and tostring(value) or nil
end

--- A function that seals columns of a line of NDJSON, as sealing.sealer returns it.
local function of_lines(names, seal)
  return function(line, number)
    local row = core.json_decode(line)
    for _, name in ipairs(names) do
      local value = row[name]
      local text = text_of(value)
      if not text then -- a name that is misspelt would send what it means as it is
        local wrong = ("it has no %s%s, which --seal-columns names"):format(value ~= nil and "text in " or "", check.shown(name))
        if number == 1 then
          error("row 1: " .. wrong, 0)
        end
        return false, wrong
      end
      local sealed, why = seal(text, number, name)
      if not sealed then
        return false, why
      end
      row[name] = sealed
    end
    local sealed, why = to_json(row)
    return sealed or false, why and "it cannot be sealed: " .. why
  end
end

--- A function(content, number) that seals columns of what rows.contents returned. It returns the content; or false and what is wrong with the row. It raises an
-- error where the first row of NDJSON has no such column.
-- @param names of the columns to seal
-- @param columns of CSV in their order; nil for NDJSON
-- @param id of the job
function sealing.sealer(key, names, columns, id)
  local function seal(value, number, name)
    local sealed, why = core.seal_with(key, value, context(id, number, name))
    return sealed, why and ("%s cannot be sealed: %s"):format(check.shown(name), why)
  end
  if not columns then
    return of_lines(names, seal)
  end
  local places = {}
  for place, column in ipairs(columns) do
    for _, name in ipairs(names) do
      places[place] = places[place] or column == name and name or nil
    end
  end
  return function(fields, number)
    for place, name in pairs(places) do
      local sealed, why = seal(fields[place], number, name)
      if not sealed then
        return false, why
      end
      fields[place] = sealed
    end
    return fields
  end
end

--- A function(row, number) that opens the columns of a row that are sealed. @return the row; or false and what is wrong
function sealing.opener(key, names, id)
  return function(row, number)
    for _, name in ipairs(names) do
      local sealed = rawget(row, name)
      if sealed ~= nil then
        local secret, why = core.unseal_with(key, tostring(sealed), context(id, number, name))
        if not secret then
          return false, ("%s cannot be opened: %s"):format(check.shown(name), why)
        end
        rawset(row, name, secret)
      end
    end
    return row
  end
end

return sealing
