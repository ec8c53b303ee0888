--- The stand-ins of spec/sandbox/issuers, as the specs see them: configurations for `new`, and the card that each answers with.

local cards = require "cards"
local cjson = require "cjson"
local sandbox = require "support.sandbox"

local issuers = {}

local function read()
  local file = assert(io.open "spec/sandbox/issuers/issuers.json")
  local about = cjson.decode((file:read "*a"))
  file:close()
  return about
end

local about = read()

--- Their names, in order.
issuers.names = {}
for name in pairs(about) do table.insert(issuers.names, name) end
table.sort(issuers.names)

--- A key of the sandbox by the name of its file: a secret.
function issuers.key(name) return cards.secret.from_file(sandbox.url "ISSUER_KEYS" .. "/" .. name) end

--- URLs of definitions besides their base_url, and where they are in the sandbox.
local ELSEWHERE = { skyflow = "https://manage.skyflowapis.com" }

--- A configuration for `new`, with one attempt per call. `overrides` replaces whole keys.
function issuers.config(name, overrides)
  local url = sandbox.url "HTTPS_URL" .. "/" .. name
  local config = { base_url = url, tls = { ca_file = sandbox.url "CA_FILE" }, retries = 0 }
  if ELSEWHERE[name] then config.base_urls = { [ELSEWHERE[name]] = url } end
  for key, value in pairs(about[name].config) do config[key] = type(value) == "table" and issuers.key(value.file) or value end
  for key, value in pairs(overrides or {}) do config[key] = value end
  return config
end

--- What the neutral card of an answer has.
function issuers.card(name)
  local card = about[name].card
  return { number = card.number, cvv = card.cvv, exp_month = card.month, exp_year = card.year, holder_name = card.holder }
end

--- How many requests a stand-in has had.
function issuers.requests(name) return sandbox.seen(name).count end

return issuers
