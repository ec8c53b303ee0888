--- The addresses of Redis: redis://[USER@]HOST[:PORT]/NAME[?db=N], or rediss:// for TLS. NAME is that of a job, or of what hosts share. There is no password in
-- it.

local check = require "cards.util.check"

local url = {}

local FORM = "redis://[USER@]HOST[:PORT]/NAME[?db=N], or rediss:// for TLS"
local PORT = 6379

--- The user of "USER@HOST", or false, and what stands behind it. Nothing where there is a password.
local function split_user(text)
  local user, rest = text:match "^([^@]*)@(.*)$"
  if not user then
    return false, text
  elseif user:find("^[%w._-]+$") then
    return user, rest
  end
end

--- The number behind "?db=": 0 without it, nil where it is none.
local function db_of(query)
  local digits = query == "" and "0" or query:match "^%?db=(%d%d?%d?%d?%d?)$"
  return digits and tonumber(digits)
end

--- Reads an address.
-- @param what how a message names it, such as "--from"
-- @return { tls, user (or false), host, port, name, db, shown (the address for messages, without the user) }; or nil and what is wrong. The message never
--   repeats the text, which may have a password in it
function url.parse(text, what)
  local tls, authority, name, query = tostring(text):match "^redis(s?)://([^/?#]*)/?([^?#]*)([^#]*)$"
  if type(text) ~= "string" or not tls then
    return nil, ("%s: an address of Redis is %s"):format(what, FORM)
  end
  local user, place = split_user(authority)
  if user == nil then
    return nil, ("%s: what stands before @ is a user's name only: the password comes from CARDS_REDIS_PASSWORD or CARDS_REDIS_PASSWORD_FILE"):format(what)
  end
  local host, port = place:match "^(%[[%x:.]+%])(.*)$"
  if not host then
    host, port = place:match "^([%w._-]+)(.*)$"
  end
  local number = port == "" and PORT or tonumber((port or ""):match "^:(%d%d?%d?%d?%d?)$")
  local db = db_of(query)
  if not host or not number or number < 1 or number > 65535 then
    return nil, ("%s: the host or port cannot be read: an address of Redis is %s"):format(what, FORM)
  elseif #name > 64 or not name:find "^[%w._-]+$" then
    return nil, ("%s: behind the host follows a name of 1 to 64 letters, digits, '.', '_' and '-': an address of Redis is %s"):format(what, FORM)
  elseif check.has_card_number(name) then
    return nil, what .. ": the name behind the host looks like a card number, which Redis is not to have"
  elseif not db then
    return nil, ("%s: only ?db=N may follow the name, the number of a database"):format(what)
  end
  local shown = ("redis%s://%s:%d/%s%s"):format(tls, host, number, name, query)
  return { tls = tls == "s", user = user, host = host:match "^%[(.*)%]$" or host, port = number, name = name, db = db, shown = shown }
end

return url
