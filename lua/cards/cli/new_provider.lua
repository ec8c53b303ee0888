--- cards new-provider NAME: writes a definition, a mapping and a spec to start from. They pass `cards check` and busted.

local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local files = require "cards.cli.files"

local new_provider = {}

local DEFINITION = [==[
--- NAME: what its calls look like. `cards check NAME.lua` checks it; this tries it:
-- cards call NAME show --provider NAME.lua --mapping NAME_mapping.lua --card-id c_1

---@type cards.Definition
return {
  name = "NAME",
  base_url = "https://api.NAME.example/v1",                   -- CARDS_UPPER_BASE_URL takes its place
  auth = { type = "bearer", credential = "token" },           -- CARDS_UPPER_TOKEN, or CARDS_UPPER_TOKEN_FILE; one that is fetched: type = "oauth2" or "token"
  operations = {
    show = {
      method = "GET",
      path = "/cards/{card_id}",
      params = { card_id = { required = true } },             -- more: into = "query", "header" or "body"; type, enum, default, wire
      -- what has to be called before it: before = { operation = "…", with = { card_id = "card_id" }, take = { token = "tokenId" } }
      response = {
        root = "data",
        -- pan, cvv, token and secret make a secret; so does every field that is not here
        fields = { id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", exp_year = "integer", ["holder.name"] = "string" },
      },
      error = { code = "error.code", message = "error.message" },
    },
  },
}
]==]

local MAPPING = [==[
--- How NAME's records become neutral ones: from neutral fields to where they stand. `cards check NAME.lua NAME_mapping.lua` checks it.

---@type cards.Mappings
return {
  ["NAME.show"] = {
    id = "id",
    number = { "pan", digits },
    cvv = "cvv",
    exp_month = { "exp_month", month },
    exp_year = { "exp_year", year },
    holder_name = { "holder.name", trim },
  },
}
]==]

local SPEC = [==[
--- NAME: its definition and mapping are without mistakes, and a mistake in a configuration is found. Run it with busted.

local cards = require "cards"

local here = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"

describe("NAME", function()
  local provider = assert(cards.load(here .. "NAME.lua"))
  assert(cards.load(here .. "NAME_mapping.lua"))

  it("says what it sends", function()
    local show = cards.describe(provider, "show")
    assert.equal("GET", show.method)
    assert.equal("/cards/{card_id}", show.path)
    assert.is_true(show.params.card_id.required)
  end)

  it("keeps the number and the CVV secret", function()
    local fields = cards.describe(provider, "show").response.fields
    assert.equal("pan", fields.pan)
    assert.equal("cvv", fields.cvv)
  end)

  it("says where nobody answers", function()
    local client = provider.new { token = "t", base_url = "https://localhost:1", retries = 0 }
    local record, err = client:show "c_1"
    assert.is_nil(record)
    assert.equal("network", err.kind)
  end)
end)
]==]

local EPILOG = [[
Examples:
   cards new-provider acme --dir providers
   cards check providers/acme.lua providers/acme_mapping.lua
   cards call acme show --provider providers/acme.lua --mapping providers/acme_mapping.lua --card-id c_1]]

function new_provider.add(parser)
  parser:epilog(EPILOG)
  parser:argument("name", "Lower-case letters, digits and _."):argname "NAME"
  parser:option("--dir", "Where the files go."):argname "DIRECTORY":default "."
end

--- Writes a file. @return true, or nil and why not
local function write(path, text)
  local file, why = io.open(path, "wb")
  if not file then
    return nil, why
  end
  local written, wrong = file:write(text)
  local closed, unfinished = file:close() -- a full disk shows only here
  if not written or not closed then
    return nil, ("%s: %s"):format(path, wrong or unfinished)
  end
  return true
end

function new_provider.run(options)
  local name = options.name
  if not name:find "^%l[%l%d_]*$" or #name > 32 then
    return nil, "a name has lower-case letters, digits and _, begins with a letter and is not longer than 32", failure.USAGE
  end
  for _, known in ipairs(core.providers()) do
    if known == name then
      return nil, ("%s is a provider already"):format(name), failure.USAGE
    end
  end
  local made = { { name .. ".lua", DEFINITION }, { name .. "_mapping.lua", MAPPING }, { name .. "_spec.lua", SPEC } }
  for _, file in ipairs(made) do
    file.path = options.dir .. "/" .. file[1]
    if files.exists(file.path) then
      return nil, ("%s: it is there already"):format(file.path)
    end
  end
  for _, file in ipairs(made) do
    local ok, why = write(file.path, (file[2]:gsub("NAME", name):gsub("UPPER", name:upper())))
    if not ok then
      return nil, why
    end
    io.stdout:write(file.path, "\n")
  end
  io.stdout:flush() -- what follows stands behind it also where both go to one file
  io.stderr:write(("cards: next is `cards check %s %s`\n"):format(made[1].path, made[2].path))
  return 0
end

return new_provider
