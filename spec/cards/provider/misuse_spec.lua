--- Calls that are written wrong: a dot for a colon and the other way round, a base_url that leads elsewhere.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"

local HERE = "misuse_spec.lua:%d+: "

local function refused(pattern, call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  assert.matches(HERE .. pattern, message)
end

local acme = cards.define {
  name = "acme_misuse", base_url = "https://api.acme.example", auth = { type = "bearer", credential = "token" },
  operations = {
    show = { path = "/cards/{card_id}", params = { card_id = {} } },
    list = { path = "/cards", params = { after = { into = "query" } }, response = { root = "items", fields = { ["[].id"] = "string" } },
      pages = { items = "items", cursor = "next", into = "after" } },
  },
}

local function alix()
  return cards.alix.new { base_url = "https://api.example.com", access_token = "token" }
end

describe("new with a colon", function()
  it("says to use a dot, of a module and of a client", function()
    local says = "cards%.alix%.new: use a dot, cards%.alix%.new { … }, and not a colon$"
    refused(says, function() cards.alix:new { base_url = "https://api.example.com", access_token = "token" } end)
    refused(says, function() alix():new { base_url = "https://api.example.com", access_token = "token" } end)
    refused("cards%.acme_misuse%.new: use a dot, cards%.acme_misuse%.new { … }, and not a colon$", function() acme:new { token = "x" } end)
  end)
end)

describe("an operation without a client", function()
  it("says to use a colon", function()
    local says = "cards%.alix%.private_info: the first argument must be a cards%.alix client, not %a+: use a colon, "
      .. "client:private_info%(…%), where client is what cards%.alix%.new { … } returned$"
    local client = alix()
    for _, call in ipairs {
      function() cards.alix.private_info { card_id = "c_1" } end, function() cards.alix.private_info "c_1" end, function() cards.alix:private_info "c_1" end,
      function() client.private_info "c_1" end, function() client.private_info { card_id = "c_1" } end, function() client.private_info() end,
    } do
      refused(says, call)
    end
    refused("cards%.acme_misuse%.show: .*: use a colon, client:show%(…%)", function() acme.show "c_9" end)
  end)

  it("is told so by start and pages too", function()
    refused("cards%.alix%.start: .* not string: use a colon, client:start%(…%)", function() alix().start("private_info", "c_1") end)
    refused("cards%.acme_misuse%.pages: .* not string: use a colon, client:pages%(…%)", function() acme.new { token = "x" }.pages "list" end)
  end)

  it("never shows what stands in the client's place", function()
    local _, message = pcall(cards.alix.private_info, "4111111111111111")
    assert.is_nil(message:find("1111", 1, true))
  end)

  it("does not speak of colons to the client of another provider", function()
    local ok, message = pcall(acme.show, alix(), "c_9")
    assert.is_false(ok)
    assert.matches("not a cards.alix client$", message)
  end)
end)

describe("a 404 in which the provider says nothing", function()
  it("hints at base_url, with the path behind it and no parameter's value", function()
    local record, err, id = drive.call("whop", "html=404")
    assert.is_nil(record)
    assert.equal("not_found", err.kind)
    assert.equal(404, err.status)
    assert.matches("^the provider does not know it, or base_url is wrong %(the path behind it is /cards/{card_id}%)", err.message)
    assert.is_nil(tostring(err):find(id, 1, true))
    err = select(2, drive.call("alix", "html=404"))
    assert.matches("base_url is wrong (the path behind it is /api/v2/cards/{cardId}/private-info)", err.message, 1, true)
    err = select(2, drive.call("stripe", "html=404"))
    assert.matches("(the path behind it is /v1/issuing/cards/{card_id})", err.message, 1, true)
  end)

  it("does so for an empty answer, and for JSON that says nothing of the provider's", function()
    for _, body in ipairs { "", "{}", "[]", '{"timestamp":1,"path":"/x"}', "<html>404</html>" } do
      local record, err = core.read("whop", "retrieve", 404, body)
      assert.is_nil(record)
      assert.equal("not_found", err.kind)
      assert.matches("or base_url is wrong", err.message, 1, true)
    end
  end)

  it("is the provider's own word where it says something", function()
    local _, err = drive.call("whop", "not_found")
    assert.matches("Card not found$", tostring(err))
    _, err = core.read("whop", "retrieve", 404, '{"error":{"type":"resource_not_found"}}')
    assert.is_nil(err.message:find("base_url", 1, true))
    _, err = core.read("whop", "retrieve", 410, "")
    assert.is_nil(err.message:find("base_url", 1, true))
  end)
end)
