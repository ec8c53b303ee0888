--- A definition with a token and steps in a file: cards check, describe and call.

local cli = require "support.cli"
local sandbox = require "support.sandbox"

local runs, fails = cli.runs, cli.fails
local _, write, remove

local DEFINITION = [[
return {
  name = "bank", base_url = "https://api.bank.example", hosts = { "localhost" }, rate = { 600, per = 60 },
  auth = { type = "oauth2", url = "https://id.bank.example/token", credential = { "client_id", "client_secret" } },
  operations = {
    take_token = { method = "POST", path = "/bank_step/tokens", params = { card_id = { required = true } }, response = { fields = { tokenId = "token" } } },
    vault = {
      path = "/bank_vault/cards/{card_id}", auth = {}, params = { card_id = {}, token = { into = "header", wire = "X-Card-Token" } },
      before = { { operation = "take_token", with = { card_id = "card_id" }, take = { token = "tokenId" } } },
      response = { fields = { id = "string", pan = "pan", cvv = "cvv" } },
      card = { id = "id", number = "pan", cvv = "cvv" },
    },
    reveal = {
      params = { card_id = { required = true, into = "none" } }, auth = {},
      before = { { operation = "take_token", with = { card_id = "card_id" }, url = "callbackUrl" } },
      response = { fields = { id = "string", pan = "pan", cvv = "cvv" } },
      card = { id = "id", number = "pan", cvv = "cvv" },
    },
  },
}
]]

local path, env

setup(function()
  _, write, _, remove = cli.folder()
  path = write("bank.lua", DEFINITION)
  env = {
    CARDS_BANK_CLIENT_ID = "c1", CARDS_BANK_CLIENT_SECRET = "bank_secret_sandbox",
    CARDS_BANK_BASE_URLS = ("https://api.bank.example=%s https://id.bank.example/token=%s/bank_oauth/token")
      :format(sandbox.url "HTTPS_URL", sandbox.url "HTTPS_URL"),
  }
end)

teardown(function() remove() end)

describe("a definition with a token and steps, in a file", function()
  it("is checked, also for URLs without TLS", function()
    runs("bank.lua: a definition without mistakes", { "check", path })
    local plain = write("plain.lua", (DEFINITION:gsub("https://id", "http://id"):gsub("auth = {}", "auth = {}, base_url = \"http://x.example\"", 1)))
    fails(1, "plain.lua:3: auth.url: credentials and numbers would go there without TLS", { "check", plain })
    fails(1, "plain.lua:7: operations.vault.base_url: credentials and numbers would go there without TLS", { "check", plain })
    local circle = write("circle.lua", (DEFINITION:gsub("name = \"bank\"", "name = \"bank2\""):gsub("params = { card_id = { required = true } },",
      "%0 before = { operation = \"vault\", with = { card_id = \"card_id\" } },", 1)))
    fails(1, "circle.lua:5: operations.take_token.before: goes in a circle: take_token, vault, take_token", { "check", circle })
  end)

  it("is described", function()
    local function described(...) return { "describe", ..., "--provider", path } end
    runs("CARDS_BANK_CLIENT_ID or CARDS_BANK_CLIENT_ID_FILE", described "bank")
    runs("bank.reveal  GET to 'callbackUrl' of take_token", described "bank")
    runs("bank.take_token, with card_id = card_id, for token = tokenId\n", described "bank.vault")
    runs("rate: 600 calls in 60 seconds", described "bank.vault")
    runs("bank.oauth2 (https://id.bank.example/token)  for a token, into header Authorization\n", described "bank.take_token")
    runs("card_id  string, required, into none", described "bank.reveal")
  end)

  it("is called", function()
    for _, operation in ipairs { "vault", "reveal" } do
      local output = runs("number", { "call", "bank", operation, "--provider", path, "--card-id", "c_1" }, { env = env })
      assert.matches("%*%*%*%*%*%*%*%*%*%*%*%*1111", output)
    end
    env.CARDS_BANK_CLIENT_SECRET = "wrong"
    fails(4, "bank.oauth2: auth (HTTP 401, code invalid_client): the token could not be had",
      { "call", "bank", "vault", "--provider", path, "--card-id", "c_1" }, { env = env })
  end)
end)
