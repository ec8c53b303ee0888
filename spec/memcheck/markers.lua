--- Random markers, and what is planted of them in the sandbox. Made by the driver; a target gets them through pipes only.

local issuer = require "memcheck.issuer"
local program = require "support.program"
local sandbox = require "support.sandbox"

local markers = {
  folder = "build/memcheck", -- for a file
}

local LENGTH = 40
local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

local function random(count, letters)
  local file = assert(io.open("/dev/urandom", "rb"))
  local text = {}
  while #text < count do
    local byte = file:read(1):byte()
    if byte < 256 - 256 % #letters then text[#text + 1] = letters:sub(byte % #letters + 1, byte % #letters + 1) end
  end
  file:close()
  return table.concat(text)
end

--- An id that is no secret.
function markers.id() return "memcheck-" .. random(12, LETTERS) end

--- A card number with so many digits, valid by Luhn.
local function number(length)
  local digits, sum = "4" .. random(length - 2, "0123456789"), 0
  for i = 1, #digits do
    local digit = tonumber(digits:sub(-i, -i))
    if i % 2 == 1 then digit = digit * 2 > 9 and digit * 2 - 9 or digit * 2 end
    sum = sum + digit
  end
  return digits .. -sum % 10
end

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

--- The number that makes a P-256 key secret; the rest of the file is public.
local function scalar(path)
  local text = program.shell("openssl pkey -in " .. program.quote(path) .. " -noout -text"):match "priv:(.-)pub:"
  local digits = text:gsub("[^%x]", "")
  return digits:sub(-64)
end

-- The sandbox's client key once more, with this password.
local function lock(password)
  local output, status = program.shell(("openssl pkcs8 -topk8 -v2 aes-256-cbc -in %s -out %s/locked.key -passout pass:%s"):format(
    program.quote(sandbox.url "CLIENT_KEY"), program.quote(markers.folder), password))
  assert(status == 0, output)
end

--- What a row needs.
-- @return { id, given = { name = bytes for a pipe }, wanted = { name = hexadecimal digits to look for }, credentials = { name }, answer = { name } }; of a row
--   with a mechanism what issuer.markers returns
function markers.of(row)
  if row.mechanism then return issuer.markers(row, markers.folder, function(count, letters) return random(count, letters or LETTERS) end) end
  local self = { id = markers.id(), given = {}, wanted = {}, credentials = {}, answer = {} }
  local accepted = {}
  local function make(name, text)
    self.given[name] = text or random(LENGTH, LETTERS)
    self.wanted[name] = hex(self.given[name])
    return self.given[name]
  end
  for name in pairs(sandbox.credentials(row.provider)) do
    if not (row.way:find "^sign" and name == "signature") then
      accepted[#accepted + 1] = make(name)
      table.insert(self.credentials, name)
    end
  end
  for _, name in ipairs(row.gone or {}) do make(name) end
  for _, name in ipairs(row.secrets) do
    if name == "private_key" then
      self.key = sandbox.url "NETXD_KEY"
      self.wanted[name] = scalar(self.key)
    else
      local text = make(name)
      if name == "card_id" then self.id = text end
      if name == "key_password" then lock(text) end
      if name == "old_token" then accepted[#accepted + 1] = text end
    end
  end
  for i = 1, row.count or 1 do
    local id, plant = row.count and self.id .. "-" .. i or self.id, { credential = accepted }
    for _, name in ipairs(row.answer) do
      local own = row.count and name .. i or name
      plant[name] = make(own, row.digits and name == "pan" and number(row.digits) or nil)
      if row.spaced then plant[name] = " " .. plant[name] .. " " end
      self.given[own] = nil -- comes from the sandbox
      table.insert(self.answer, own)
    end
    sandbox.plant(id, plant)
  end
  sandbox.plant(self.id .. "-other", { credential = accepted })
  return self
end

return markers
