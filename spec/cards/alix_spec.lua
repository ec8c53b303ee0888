--- Alix, trap by trap (docs/providers/alix.md). What all providers have in common is in contract_spec.lua.

local cards = require "cards"
local canned = require "support.canned"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

describe("alix", function()
  it("has no default for the base URL", function()
    local ok, message = pcall(cards.alix.new, { access_token = "t" })
    assert.is_false(ok)
    assert.matches("base_url is required", message, 1, true)
  end)

  it("sends its token in the header access-token and in no other", function()
    local _, _, id = drive.call "alix"
    local headers = sandbox.seen(id).last.headers
    assert.equal("alix_token_sandbox", headers["access-token"])
    assert.is_nil(headers.authorization)
  end)

  it("gives a CVV that is an integer, as its page says, its leading zeros back", function()
    for number, text in pairs { ["12"] = "012", ["0"] = "000", ["7"] = "007", ["111"] = "111", ["1234"] = "1234" } do
      local info = assert(drive.call("alix", "cvv_number=" .. number))
      assert.equal("cvv", info.cvv.class)
      assert.equal(text, info.cvv:reveal())
    end
  end)

  it("gives it four digits beside a number of American Express", function()
    local id = sandbox.plant(sandbox.unique_id "alix", { pan = "3782 822463 10005" })
    assert.equal("0012", assert(drive.call("alix", "cvv_number=12", { id = id })).cvv:reveal())
  end)

  it("takes a CVV that is a string, as its page shows, as it is", function()
    local id = sandbox.plant(sandbox.unique_id "alix", { cvv = "012" })
    local info = assert(drive.call("alix", nil, { id = id }))
    assert.equal("012", info.cvv:reveal())
  end)

  it("takes a card number with dashes or spaces", function()
    for _, number in ipairs { "4111-1111-1111-1111", "4111 1111 1111 1111" } do
      local id = sandbox.plant(sandbox.unique_id "alix", { pan = number })
      local info = assert(drive.call("alix", nil, { id = id }))
      assert.equal("pan", info.cardNo.class)
      assert.equal("************1111", tostring(info.cardNo))
      assert.equal(number, info.cardNo:reveal())
      assert.equal("4111111111111111", info.cardNo:digits():reveal())
      assert.is_true(info.cardNo:luhn())
    end
  end)

  it("keeps expYear at two digits and expMonth with its zero", function()
    local info = assert(drive.call "alix")
    assert.equal("27", info.expYear)
    assert.equal("01", info.expMonth)
    info = assert(drive.call("alix", "numbers_for_strings"))
    assert.equal("27", info.expYear)
    assert.equal("01", info.expMonth)
  end)

  it("declines at HTTP 400, with its code as a string and its message", function()
    local _, err = drive.call("alix", "declined")
    assert.equal("declined", err.kind)
    assert.equal(400, err.status)
    assert.equal("32", err.code)
    assert.equal("The QR code is invalid. Please check and try again", err.message)
  end)

  it("treats success:false as a failure at any status, 200 included", function()
    local kinds = { [200] = "declined", [400] = "declined", [401] = "auth", [403] = "auth", [404] = "not_found", [409] = "invalid_request",
      [422] = "invalid_request", [429] = "rate_limited", [500] = "provider", [503] = "provider" }
    for status, kind in pairs(kinds) do
      local case = status == 200 and "declined_200" or "status=" .. status
      local info, err = drive.call("alix", case)
      assert.is_nil(info)
      assert.equal(kind, err.kind)
      assert.equal(status, err.status)
      assert.equal(status <= 400 and "32" or tostring(status), err.code)
    end
    for _, status in ipairs { 201, 206 } do
      local info, err = canned("alix", status, '{"success":false,"message":"no","data":null,"errorCode":7}', "c")
      assert.is_nil(info)
      assert.equal("declined", err.kind)
      assert.equal("7", err.code)
    end
  end)

  it("treats success:false as a failure even where data came with it", function()
    local info, err = canned("alix", 200, '{"success":false,"data":{"cardNo":"4111111111111111","cvv":"111"},"errorCode":32}', "c")
    assert.is_nil(info)
    assert.equal("declined", err.kind)
  end)

  it("takes no answer without success:true for a success", function()
    for _, body in ipairs { '{"data":{"cvv":"111"}}', '{"success":null,"data":{"cvv":"111"}}' } do
      local info, err = canned("alix", 200, body, "c")
      assert.is_nil(info)
      assert.equal("protocol", err.kind)
    end
    for _, value in ipairs { '"true"', "1" } do
      local info = canned("alix", 200, '{"success":' .. value .. ',"data":{"cvv":"111"}}', "c")
      assert.is_nil(info)
    end
  end)

  it("has no documented way to refresh its token: a function gives it, and is called once more after a 401", function()
    local calls = 0
    local client = drive.client("alix", { access_token = function()
      calls = calls + 1
      return "alix_token_sandbox"
    end })
    local info, err, id = drive.call("alix", "expire_then_ok", { client = client })
    assert.is_nil(err)
    assert.equal("27", info.expYear)
    assert.equal(2, calls)
    assert.equal(2, sandbox.seen(id).count)
  end)
end)
