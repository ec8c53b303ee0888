--- Configurations of clients, and parameters, options and credentials of calls, which are built but never sent.

local async = require "cards.async"

--- In place of the network: every job is given up.
local waiter = {}

function waiter:wait(job) -- luacheck: ignore
  return select(2, job:cancel("cancelled", "not sent"))
end

function waiter:result(job) -- luacheck: ignore
  return job:cancel("cancelled", "not sent")
end

function waiter:leave() end -- luacheck: ignore

function async.waiter()
  return waiter
end

local cards = require "cards"
local core = require "cards.core"
local client_options = require "cards.client.config"
local reader = require "fuzz.reader"

local PROVIDERS = core.providers()
local MARK = "Zq7Xk9" -- in every secret: no error, name or text of the library has it

local abouts, names, credential_names = {}, {}, {}
for _, name in ipairs(PROVIDERS) do
  local about = core.provider(name)
  abouts[name] = about
  names[name] = {}
  credential_names[name] = {}
  for _, credential in ipairs(about.credentials) do
    table.insert(credential_names[name], credential.name)
  end
  for _, operation in pairs(about.operations) do
    local list = {}
    for parameter in pairs(operation.params) do
      table.insert(list, parameter)
    end
    table.sort(list)
    names[name][operation.operation] = list
  end
end

local SETTINGS = { "base_url", "timeout", "connect_timeout", "retries", "max_response_bytes", "proxy", "headers", "user_agent", "http_version",
  "insecure_http", "on_event", "tls", "defaults", "nearly", "verify", "url", "api_key", "" }
local TLS = { "ca_file", "cert_file", "key_file", "key_password", "pinned_public_key", "min_version", "other" }
local OPTIONS = { "timeout", "connect_timeout", "retries", "max_response_bytes", "headers", "other" }
local HEADERS = { "X-Trace", "Authorization", "X Y", "x-trace", "", "X\r\nY", "Accept", "Host" }

local held, told -- what makes secrets of one input, for the collector; what an event showed

local function must_hide(what, where)
  local shown = tostring(what)
  if type(shown) ~= "string" or shown:find(MARK, 1, true) then
    error(("%s shows a secret: %q"):format(where, shown), 0)
  end
  if type(what) == "table" then
    for key, value in pairs(what) do
      if tostring(value):find(MARK, 1, true) or tostring(key):find(MARK, 1, true) then
        error(("%s shows a secret in %s: %q"):format(where, tostring(key), tostring(value)), 0)
      end
    end
  end
end

--- A text with the mark in it, as a string, a secret, or a function that returns or raises either.
local function sensitive(read)
  local kind = read:byte() - 48
  local text = read:text()
  local cut = kind % 7
  local value = text:sub(1, cut) .. MARK .. text:sub(cut + 1)
  if kind % 4 == 1 then
    local secret = cards.secret(value)
    if kind % 8 == 5 and secret then
      secret:close()
    end
    table.insert(held, secret)
    return secret
  elseif kind % 4 == 2 then
    return function() return value end
  elseif kind % 4 == 3 then
    return function() error(text, kind % 3) end -- what a function says of its own, nobody can know
  end
  return value
end

--- Where a credential is to be read, or nearly so.
local function place(read)
  local made = {}
  for _ = 1, (read:byte() - 48) % 3 do
    made[read:choice { "env", "file", "path" }] = read:choice { "PATH", "README.md", "LICENSE", "/nonexistent/" .. read:text(), "CARDS_NOT_SET", read:value() }
  end
  return made
end

--- Mostly what is right, sometimes anything.
local function maybe(read, made)
  if read:byte() % 8 == 7 then
    return read:value()
  end
  return made(read)
end

local function headers(read)
  local made = {}
  for _ = 1, (read:byte() - 48) % 4 do
    local name = maybe(read, function() return read:choice(HEADERS) end)
    if name ~= nil and name == name then
      made[name] = maybe(read, sensitive)
    end
  end
  return made
end

local function tls(read)
  local made = {}
  for _ = 1, (read:byte() - 48) % 4 do
    local name = read:choice(TLS)
    if name == "key_password" then
      made[name] = maybe(read, sensitive)
    elseif name:find "_file$" then
      made[name] = read:byte() % 4 == 3 and "README.md" or "/nonexistent/" .. read:text()
    else
      made[name] = read:value()
    end
  end
  return made
end

local function set(read, config, name)
  if name == "headers" then
    config.headers = maybe(read, headers)
  elseif name == "on_event" then
    config.on_event = maybe(read, function()
      return function(event)
        local ok, why = pcall(must_hide, event, "on_event")
        told = told or not ok and why
      end
    end)
  elseif name == "tls" then
    config.tls = tls(read)
  elseif name == "base_url" then
    config.base_url = read:byte() % 2 == 0 and "https://" .. read:text() or read:value()
  elseif name == "nearly" then
    config[read:text()] = read:value()
  else
    config[name] = read:value()
  end
end

local function configuration(read, name)
  local config = { base_url = "https://host.example/base" }
  for i, credential in ipairs(credential_names[name]) do
    if name ~= "netxd" or i < 4 then
      config[credential] = maybe(read, read:byte() % 8 == 6 and place or sensitive)
    end
  end
  if name == "netxd" and read:byte() % 2 == 1 then
    config.signature = nil
    config[read:choice { "private_key", "sign", "signature" }] = maybe(read, sensitive)
  end
  for _ = 1, (read:byte() - 48) % 6 do
    set(read, config, read:choice(SETTINGS))
  end
  return config
end

local function parameters(read, list)
  local made = {}
  for _, name in ipairs(list) do
    if read:byte() % 8 ~= 6 then
      made[name] = maybe(read, sensitive)
    end
  end
  if read:byte() % 8 == 7 then
    made[read:text()] = read:value()
  end
  return made
end

local function options(read)
  local made = {}
  for _ = 1, (read:byte() - 48) % 4 do
    local name = read:choice(OPTIONS)
    made[name] = name == "headers" and headers(read) or read:value()
  end
  return made
end

local function credentials(read, name)
  local made = {}
  for _, credential in ipairs(credential_names[name]) do
    if read:byte() % 2 == 1 then
      made[credential] = maybe(read, sensitive)
    end
  end
  return made
end

--- What a call does before and after it is sent.
local function build(read, client, name, operation)
  local given = maybe(read, function() return parameters(read, names[name][operation]) end)
  local asked = maybe(read, options)
  if asked ~= nil then
    local wrong = client_options.check_options(asked)
    if wrong then
      must_hide(wrong, "check_options")
      asked = nil
    end
  end
  local own = credentials(read, name)
  local made, job, err = pcall(core.job, client, name, operation, given, asked)
  if not made or not job then
    must_hide(made and err or job, "core.job")
  else
    local wanted = job:needs()
    while wanted and own[wanted] do
      local supplied, refused = job:supply(wanted, own[wanted])
      must_hide(not supplied and refused or "", "job:supply")
      wanted = supplied and job:needs()
    end
    local cleaned, text = pcall(job.redact, job, read:text() .. " " .. MARK)
    if not cleaned then
      must_hide(text, "job:redact")
    end
    must_hide(select(2, job:cancel("cancelled", "not sent")), "cancel")
  end
  local called, none, refused = pcall(client[operation], client, given, asked)
  must_hide(not called and none or refused or "", "a call")
  if called and none or told then
    error(told or "a record of nothing", 0)
  end
end

return function(bytes)
  held, told = {}, nil
  while bytes:find(MARK, 1, true) do
    bytes = bytes:gsub(MARK, "") -- it stands for secrets, and names are not secret
  end
  local read = reader.new(bytes, function(number) return held[number % 4 + 1] end)
  local name = read:choice(PROVIDERS)
  local config = configuration(read, name)
  if read:byte() % 32 == 31 then
    config = read:value()
  end
  local ok, client, err = pcall(cards[name].new, config)
  if not ok then
    must_hide(client, "new")
  elseif not client then
    must_hide(err, "new")
  else
    must_hide(client, "tostring(client)")
    if tostring(client):find "[%c]" then
      error(("a client of a URL with control characters: %q"):format(tostring(client)), 0)
    end
    for operation in pairs(abouts[name].operations) do
      build(read, client, name, operation)
    end
  end
  held = nil
end
