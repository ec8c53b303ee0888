--- What connections to Redis take from the environment. It is read when a connection is made, so that a file that was rotated counts.
--
-- The password becomes a Lua string, as the client libraries send strings. It is held while the connection is made, and no message has it.

local core = require "cards.core"

local settings = {}

local LONGEST = 4096 -- bytes of a password

local function get(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- The password, of CARDS_REDIS_PASSWORD_FILE (without the line end behind it) or CARDS_REDIS_PASSWORD.
-- @return it, or false where neither is set; or nil and what is wrong
function settings.password()
  local path = get "CARDS_REDIS_PASSWORD_FILE"
  if not path then
    return get "CARDS_REDIS_PASSWORD" or false
  end
  local text, why = core.read_file(path, LONGEST + 3) -- with a line end
  if not text then
    return nil, ("CARDS_REDIS_PASSWORD_FILE: %s"):format(why)
  end
  text = text:gsub("\r?\n$", "")
  if text == "" then
    return nil, "CARDS_REDIS_PASSWORD_FILE: the file is empty"
  elseif #text > LONGEST then
    return nil, ("CARDS_REDIS_PASSWORD_FILE: the password is longer than %d bytes"):format(LONGEST)
  end
  return text
end

--- Of TLS: { ca, certificate, key }, paths of PEM files. Those that are not set are missing.
-- @return the table; or nil and what is wrong
function settings.tls()
  local made = { ca = get "CARDS_REDIS_CA_FILE", certificate = get "CARDS_REDIS_CERT_FILE", key = get "CARDS_REDIS_KEY_FILE" }
  if (made.certificate == nil) ~= (made.key == nil) then
    return nil, "CARDS_REDIS_CERT_FILE and CARDS_REDIS_KEY_FILE belong together: set both"
  end
  return made
end

return settings
