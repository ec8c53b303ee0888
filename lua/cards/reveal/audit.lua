--- cards.audit: where the entries of an audit go. A file of lines, each of which has the hash of the one before it; cards.reveal.chain says how.
--
-- Workers and other processes write to the same file, one at a time: each entry opens it, waits for its lock, reads the last line, appends the next one and
-- closes it. So it may be moved away at any time, and a new file begins. A last line that is not whole, or not of this chain, is never continued: then nothing
-- is revealed before somebody has moved the file away.

local chain = require "cards.reveal.chain"
local check = require "cards.util.check"
local core = require "cards.core"
local credential = require "cards.client.credential"

local audit = {}

local WAIT = 1 -- seconds for the lock, which others have for some ten microseconds
local SHORTEST = 16 -- bytes of a key: whoever reads the file can try keys
local OWN = { seq = true, prev = true, hash = true }

local PLACES = { credentials = { { name = "key", kind = "value" } } }

--- Reads a key.
-- @param given { key = a text, a secret, or where one is }
-- @return a text or an open secret; or nil and what is wrong
local function read_key(given)
  local read, wrong = credential.read(PLACES, given)
  local key = read and read.key
  if not read then
    return nil, tostring(wrong)
  elseif check.is_secret(key) and check.not_open(key) then
    return nil, "key is a secret that " .. check.not_open(key)
  elseif not check.is_secret(key) and type(key) ~= "string" then
    return nil, 'key must be a string, a secret, or { env = "NAME" } or { file = "PATH" }'
  elseif #key < SHORTEST then
    return nil, ("key must have at least %d bytes"):format(SHORTEST)
  end
  return key
end

--- A text as JSON, without card numbers. What is no letter, and bytes that are no UTF-8, become "?".
local function quote(text)
  text = core.redact(text)
  if text:find '[%c"\\\127-\255]' then
    text = check.line(text):gsub('["\\]', "\\%0")
    text = core.json_decode('["' .. text .. '"]') and text or text:gsub("[\128-\255]", "?")
  end
  return '"' .. text .. '"'
end

--- A value as JSON, without card numbers; nil where it is not plain.
local function to_json(value)
  if type(value) == "string" then
    return quote(value)
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  local digits = type(value) == "number" and core.number(value)
  local redacted = digits and core.redact(digits)
  return redacted and (redacted == digits and digits or quote(redacted)) or nil
end

--- What is wrong with the key of an entry, or nil.
local function wrong_key(key)
  if type(key) ~= "string" or not key:find "^[%a_][%w_]*$" or check.has_card_number(key) then
    return ("the entry has the key '%s', which is no name"):format(check.shown(key))
  elseif OWN[key] then
    return ("the entry has the key '%s', which the chain has itself"):format(key)
  end
end

--- The members of an entry as JSON, by name. @return a string; or nil and what is wrong with the entry
local function members(entry)
  if type(entry) ~= "table" then
    return nil, "the entry must be a table"
  end
  local list = {}
  for key in next, entry do
    local wrong = wrong_key(key)
    if wrong then
      return nil, wrong
    end
    list[#list + 1] = key
  end
  table.sort(list)
  for i, key in ipairs(list) do
    local json = to_json(entry[key])
    if not json then
      return nil, ("%s must be a text, a finite number, true or false"):format(check.shown(key))
    end
    list[i] = '"' .. key .. '":' .. json
  end
  return list[1] and table.concat(list, ",") or nil, "the entry is empty"
end

--- Appends the next line to a log that is open. @return true; or nil and why not
local function append(log, content, key)
  local line, why = log:last(chain.LONGEST)
  local last
  if line then
    last, why = chain.read(line, key)
    why = why and "its last line: " .. why
  end
  if why then
    return nil, why .. ". Look at it with `cards audit verify`, then move the file away: a new one begins"
  end
  local next_line = chain.line(content, last, key)
  if #next_line > chain.LONGEST then
    return nil, ("the entry is longer than %d bytes"):format(chain.LONGEST)
  end
  return log:add(next_line .. "\n")
end

--- The same with the log's path.
local function write(path, content, key)
  local log, why = core.log(path, WAIT)
  if not log then
    return nil, why
  end
  local ok, added, refused = pcall(append, log, content, key)
  local closed, lost = log:close()
  if not ok then
    error(added, 0)
  end
  return added and closed, refused or lost
end

local known = { key = function() end } -- read_key says more

--- cards.audit.file(path [, options]): where the entries of `cards.configure { reveal = { audit = … } }` go, a file
-- @param path of the file, which is made with the first entry
-- @param options { key = a string, a secret, { env = "NAME" } or { file = "PATH" }, of at least 16 bytes }: without the key nobody can make the chain anew
-- @return a function of an entry, a table of names with texts, numbers and booleans, that appends it as a line of JSON. It returns true; or nil and a text that
--   says why it is not written, in which case nothing of it is in the file. Numbers of cards are masked in it. It raises for an entry that is not so.
-- Raises for wrong arguments, and for a key that cannot be read
function audit.file(path, options)
  local wrong = check.text(path, "path") or (options ~= nil and check.options(options, known)) or nil
  check.argument("cards.audit.file", wrong)
  local key
  if options then
    key, wrong = read_key(options)
    check.argument("cards.audit.file", wrong)
  end
  return function(entry)
    local content, mistake = members(entry)
    check.argument("cards.audit.file", not content and mistake)
    local open_key, why = key, nil
    if check.is_secret(key) and check.not_open(key) then -- as in nginx's workers, where it was read before they were forked
      open_key, why = read_key(options)
      key = open_key or key
    end
    local written
    if not why then
      written, why = write(path, content, open_key)
    end
    if not written then
      return nil, ("%s: %s"):format(check.line(path), why)
    end
    return true
  end
end

return audit
