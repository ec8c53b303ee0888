--- cards: a client for card providers, which keeps card numbers and CVVs out of Lua strings.
--
--     local cards = require "cards"
--     local alix = cards.alix.new { base_url = "https://…", access_token = { env = "ALIX_ACCESS_TOKEN" } }
--     local info, err = alix:private_info "c_1"
--
-- See cards.client.config for the configuration, cards.client.call for a call, cards.card.map and cards.mask for mapping and masking of records.

local core = require "cards.core"

local cards = {
  _VERSION = "0.1.0", -- the only place: the rest is read from here, or held to it by `make check`
  --- cards.secret(text [, class]), cards.secret.from_env(name), cards.secret.from_file(path): makes a secret, whose bytes are outside the Lua heap.
  -- @return the secret; or nil and an error
  secret = core.secret,
  --- cards.redact(text)
  -- @return the text with every Luhn-valid run of 13 to 19 digits masked
  redact = core.redact,
  --- cards.memory()
  -- @return a table of the protections of secrets in this process, with a table `why` for missing ones, and of the memory in use
  memory = core.memory,
}

for _, name in ipairs(core.providers()) do
  cards[name] = require("cards." .. name)
end

local flow = require "cards.async.flow"
cards.all, cards.each, cards.fallback = flow.all, flow.each, flow.fallback
cards.sleep = require "cards.async.sleep"
cards.deadline = require "cards.resilience.deadline"
cards.retry = require "cards.resilience.retry"
cards.hedge = require "cards.resilience.hedge"
cards.limit = require "cards.resilience.limit"
cards.breaker = require "cards.resilience.breaker"
cards.token_source = require "cards.resilience.token_source"
cards.progress = require "cards.util.progress"
cards.configure = require "cards.client.configure"
cards.metrics = require "cards.metrics"
cards.trace = require "cards.trace"

cards.describe = require "cards.provider.describe"
cards.define = require "cards.define"
cards.close = require("cards.util.object").close
cards.map = require "cards.card.map"
cards.card = cards.map.card
cards.mask = require "cards.mask"
cards.seal = require("cards.reveal").seal
cards.reveals = require("cards.reveal.acts").counts
cards.audit = require "cards.reveal.audit"
cards.load = require("cards.script.load").load
cards.watch = require "cards.script.watch"

--- What is to be said of a name that would be a provider.
local function explain(name)
  return core.provider(name) and ("%s is what cards.define returned for it: a definition is no field of cards"):format(name) or nil
end

return setmetatable(cards, require("cards.util.absent").modules("cards", cards, explain))
