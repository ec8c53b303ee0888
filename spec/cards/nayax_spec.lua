--- Nayax, trap by trap (docs/providers/nayax.md). What all providers have in common is in contract_spec.lua.

local cards = require "cards"
local cjson = require "cjson"
local canned = require "support.canned"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

local function body_of(id) return cjson.decode(sandbox.seen(id).last.body) end

local function call(params)
  params.token_id = params.token_id or sandbox.unique_id "nayax"
  local record, err = drive.client("nayax"):get_token(params)
  return record, err, params.token_id
end

describe("nayax", function()
  it("has the documented base URL, with /sdk, as its default", function()
    assert.matches("https://api.nayax.com/sdk", tostring(cards.nayax.new { token = "t" }), 1, true)
  end)

  it("asks for /get-card-token under whichever base is configured: the stable host has no /sdk", function()
    for _, base in ipairs { "/nayax", "/nayax/", "/elsewhere/sdk" } do
      local client = drive.client("nayax", { base_url = sandbox.url "HTTPS_URL" .. base })
      local _, err, id = drive.call("nayax", nil, { client = client })
      if base:find "^/nayax" then
        assert.is_nil(err)
        assert.equal("/nayax/get-card-token", sandbox.seen(id).last.uri)
      else
        assert.equal("not_found", err.kind)
      end
    end
    assert.equal("/get-card-token", drive.about("nayax").path)
  end)

  it("sends every documented parameter in its place in the body", function()
    local _, err, id = call { merchant_request_id = "REQ_GETTOKEN_001", machine_id = "0434334921100366", card_holder_id = "unique_customer_id_123",
      validation_key = "AUTH_KEY_FROM_VALIDATE" }
    assert.is_nil(err)
    assert.same({ basicInfo = { merchantRequestId = "REQ_GETTOKEN_001" }, machineInfo = { machineId = "0434334921100366" },
      cardHolderInfo = { cardHolderUniqId = "unique_customer_id_123" }, tokenInfo = { nayaxTokenId = id },
      validationKey = "AUTH_KEY_FROM_VALIDATE" }, body_of(id))
  end)

  it("sends nothing for a parameter that is not given", function()
    local _, err, id = call { merchant_request_id = "R" }
    assert.is_nil(err)
    assert.same({ basicInfo = { merchantRequestId = "R" }, tokenInfo = { nayaxTokenId = id } }, body_of(id))
  end)

  it("makes a unique merchant_request_id where none is given", function()
    local made = {}
    for _ = 1, 3 do
      local _, err, id = call {}
      assert.is_nil(err)
      local request_id = body_of(id).basicInfo.merchantRequestId
      assert.is_true(#request_id >= 16)
      assert.is_nil(made[request_id])
      made[request_id] = true
    end
  end)

  it("takes the validation key for a secret", function()
    assert.is_true(drive.about("nayax").params.validation_key.sensitive)
    local _, err = call { validation_key = cards.secret "AUTH_KEY_FROM_VALIDATE" }
    assert.is_nil(err)
  end)

  it("declines at HTTP 200, with the code as a string", function()
    local record, err = drive.call("nayax", "declined")
    assert.is_nil(record)
    assert.equal("declined", err.kind)
    assert.equal(200, err.status)
    assert.equal("999", err.code)
    assert.equal("General error", err.message)
  end)

  it("needs both the verdict Approved and the code 0", function()
    local info = '"tokenInfo":{"nayaxTokenId":"T","brand":"VISA"}'
    for status, kind in pairs {
      ['{"verdict":"Approved","code":997,"statusMessage":"Missing parameter"}'] = "declined",
      ['{"verdict":"Declined","code":0,"statusMessage":"No"}'] = "declined",
      ['{"verdict":"approved","code":0}'] = "declined",
      ['{"verdict":"Approved"}'] = "protocol",
      ['{"code":0}'] = "protocol",
      ["null"] = "protocol",
    } do
      local record, err = canned("nayax", 200, '{"status":' .. status .. "," .. info .. "}", "T")
      assert.is_nil(record, status)
      assert.equal(kind, err.kind, status)
    end
    assert.equal("VISA", assert(canned("nayax", 200, '{"status":{"verdict":"Approved","code":0},' .. info .. "}", "T")).tokenInfo.brand)
  end)

  it("reads ProblemDetails at HTTP 400: the title, and the names of what was wrong", function()
    local record, err = drive.call("nayax", "bad_request")
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.equal(400, err.status)
    assert.is_nil(err.code)
    assert.equal("One or more validation errors occurred. (request)", err.message)
    local problems = '{"title":"One or more validation errors occurred.","status":400,"errors":{"BasicInfo":["The BasicInfo field is required."]}}'
    err = select(2, canned("nayax", 400, problems, "T"))
    assert.equal("invalid_request", err.kind)
    assert.equal("One or more validation errors occurred. (BasicInfo)", err.message)
  end)

  it("keeps expiryDate as MM/YYYY and has an integer for tokenStatus", function()
    for _, case in ipairs { "", "strings_for_numbers" } do
      local record = assert(drive.call("nayax", case))
      assert.equal("12/2025", record.tokenInfo.expiryDate)
      assert.equal(0, record.tokenInfo.tokenStatus)
      assert.equal(116383, record.tokenInfo.actorId)
      if math.type then assert.equal("integer", math.type(record.tokenInfo.tokenStatus)) end
    end
  end)

  it("gives any other tokenStatus as it comes", function()
    local record = assert(canned("nayax", 200, '{"status":{"verdict":"Approved","code":0},"tokenInfo":{"nayaxTokenId":"T","tokenStatus":17}}', "T"))
    assert.equal(17, record.tokenInfo.tokenStatus)
  end)

  it("gives cardFinalDigits the zeros back that a number loses", function()
    assert.equal("0042", assert(drive.call("nayax", "last4_number=42")).tokenInfo.cardFinalDigits)
  end)

  it("has no secret in the documented answer", function()
    local record = assert(drive.call "nayax")
    drive.leaves(record, function(path, value) assert.is_false(drive.is_secret(value), path) end)
    assert.equal("411111", record.tokenInfo.cardBin)
  end)

  it("takes another token's details for somebody else's", function()
    local record, err = drive.call("nayax", "wrong_id")
    assert.is_nil(record)
    assert.equal("protocol", err.kind)
    assert.is_nil(tostring(err):find(sandbox.WRONG_ID, 1, true))
  end)
end)
