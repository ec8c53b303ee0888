--- NetXD XD Ledger, trap by trap (docs/providers/netxd.md). What all providers have in common is in contract_spec.lua.

local cards = require "cards"
local cjson = require "cjson"
local canned = require "support.canned"
local drive = require "support.drive"
local openssl_program = require "support.openssl"
local sandbox = require "support.sandbox"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- The bytes of the payload object as they were sent.
local function payload_of(body) return body:match '"payload":(%b{})' end

local function with_key(overrides)
  overrides.signature = false
  return drive.client("netxd", overrides)
end

-- A directory with a file `name` that openssl makes; returns its path. The directory goes with the spec.
local directory
local function openssl(name, arguments)
  local path = directory .. "/" .. name
  local ok = os.execute(("openssl %s -out '%s' 2>/dev/null"):format(arguments, path))
  assert.truthy(ok == true or ok == 0, arguments)
  return path
end

describe("netxd", function()
  setup(function()
    directory = os.tmpname()
    os.remove(directory)
    os.execute("mkdir '" .. directory .. "'")
  end)
  teardown(function() os.execute("rm -rf '" .. directory .. "'") end)

  it("has no default for the base URL", function()
    local ok, message = pcall(cards.netxd.new, { credential = "c", api_key = "k", signature = "s" })
    assert.is_false(ok)
    assert.matches("base_url is required", message, 1, true)
  end)

  it("sends a POST, as the page's heading says and its curl line does not", function()
    local _, _, id = drive.call "netxd"
    local last = sandbox.seen(id).last
    assert.equal("POST", last.method)
    assert.equal("/netxd/cardv2", last.uri)
    assert.equal("application/json", last.headers["content-type"])
  end)

  it("sends the page's body, with the credentials in it and not in a header", function()
    local _, _, id = drive.call "netxd"
    local last = sandbox.seen(id).last
    assert.same({ method = "ledger.CARD.request", id = "1", params = {
      payload = { reference = "visadps100013", product = "DEFAULT", program = "DEFAULT", channel = "VISA_DPS", transactionType = "GET_CVV",
        customerId = "100000000006001", accountNumber = "400320588344662", cardId = id },
      api = { credential = "Basic c2FuZGJveDpzYW5kYm94", signature = "netxd_signature_sandbox", apiKey = "netxd_api_key_sandbox" } } }, cjson.decode(last.body))
    assert.is_nil(last.headers.authorization)
  end)

  it("keeps quotes, backslashes and letters beyond ASCII as they are", function()
    local customer = "a\"b\\c/\195\169\228\184\173 {\"x\":1}"
    local id = sandbox.unique_id "netxd"
    assert(drive.client("netxd"):get_cvv { card_id = id, customer_id = customer })
    assert.equal(customer, cjson.decode(sandbox.seen(id).last.body).params.payload.customerId)
  end)

  it("refuses a parameter that is not UTF-8, naming it", function()
    local record, err = drive.client("netxd"):get_cvv { card_id = sandbox.unique_id "netxd", customer_id = "a\255" }
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.matches("customer_id", err.message, 1, true)
  end)

  it("takes the channels PULSE and VISA_DPS and no other", function()
    for _, channel in ipairs { "PULSE", "VISA_DPS" } do
      assert(drive.client("netxd"):get_cvv { card_id = sandbox.unique_id "netxd", channel = channel })
    end
    for _, channel in ipairs { "pulse", "VISA", "PULSE " } do
      local id = sandbox.unique_id "netxd"
      local record, err = drive.client("netxd"):get_cvv { card_id = id, channel = channel }
      assert.is_nil(record)
      assert.equal("invalid_request", err.kind)
      assert.matches("channel", err.message, 1, true)
      assert.equal(0, sandbox.seen(id).count)
    end
  end)

  it("wants every mandatory parameter, in the call or in defaults", function()
    local client = drive.client("netxd", { defaults = false })
    local params = { product = "DEFAULT", program = "DEFAULT", channel = "PULSE", customer_id = "1", account_number = "2" }
    for missing in pairs(params) do
      local given = { card_id = sandbox.unique_id "netxd" }
      for name, value in pairs(params) do given[name] = name ~= missing and value or nil end
      local record, err = client:get_cvv(given)
      assert.is_nil(record)
      assert.equal("invalid_request", err.kind)
      assert.matches(missing, err.message, 1, true)
      assert.equal(0, sandbox.seen(given.card_id).count)
    end
    params.card_id = sandbox.unique_id "netxd"
    assert.equal("679", assert(client:get_cvv(params)).card.cvv:reveal())
    local _, err = client:get_cvv "a bare string cannot be all of them"
    assert.equal("invalid_request", err.kind)
  end)

  it("lets a parameter of the call go before the default", function()
    local id = sandbox.unique_id "netxd"
    assert(drive.client("netxd"):get_cvv { card_id = id, channel = "PULSE", account_number = cards.secret "1234567" })
    local payload = cjson.decode(sandbox.seen(id).last.body).params.payload
    assert.equal("PULSE", payload.channel)
    assert.equal("1234567", payload.accountNumber)
    assert.equal("100000000006001", payload.customerId)
  end)

  it("takes the account number for as sensitive as a card number", function()
    assert.is_true(drive.about("netxd").params.account_number.sensitive)
    local client = drive.client("netxd", { defaults = { product = "DEFAULT", program = "DEFAULT", channel = "PULSE", customer_id = "1",
      account_number = cards.secret("400320588344662", "pan") } })
    local id = sandbox.unique_id "netxd"
    assert(client:get_cvv(id))
    assert.equal("400320588344662", cjson.decode(sandbox.seen(id).last.body).params.payload.accountNumber)
  end)

  it("takes another id, reference or card in the answer for somebody else's CVV", function()
    for _, case in ipairs { "wrong_id", "wrong_reference", "wrong_card" } do
      local record, err = drive.call("netxd", case)
      assert.is_nil(record, case)
      assert.equal("protocol", err.kind, case)
      assert.is_false(err.retryable)
      assert.is_nil(tostring(err):find(sandbox.WRONG_ID, 1, true))
    end
  end)

  it("takes a missing id or reference for the same, where a reference was sent", function()
    local params = { card_id = "c", reference = "r" }
    local answer = '{"id":"1","result":{"card":{"cardId":"c","cvv":"679"},"api":{"originalReference":"r"}}}'
    assert.equal("679", assert(canned("netxd", 200, answer, params)).card.cvv:reveal())
    for _, body in ipairs { (answer:gsub('"id":"1",', "")), (answer:gsub('"id":"1"', '"id":null')), (answer:gsub('"originalReference":"r"', "")),
      (answer:gsub('"originalReference":"r"', '"originalReference":null')) } do
      local record, err = canned("netxd", 200, body, params)
      assert.is_nil(record, body)
      assert.equal("protocol", err.kind, body)
    end
    local record = assert(canned("netxd", 200, (answer:gsub('"originalReference":"r"', "")), { card_id = "c" }))
    assert.equal("679", record.card.cvv:reveal())
  end)

  it("sends no reference where none is given", function()
    local id = sandbox.unique_id "netxd"
    local record = assert(drive.client("netxd"):get_cvv(id))
    assert.is_nil(cjson.decode(sandbox.seen(id).last.body).params.payload.reference)
    assert.is_nil(record.api.originalReference)
  end)

  it("reads a failure at HTTP 200, with its code as a string", function()
    local record, err = drive.call("netxd", "declined")
    assert.is_nil(record)
    assert.equal("declined", err.kind)
    assert.equal(200, err.status)
    assert.equal("1019", err.code)
    assert.equal("netxd.get_cvv: declined (HTTP 200, code 1019): The transaction was refused", tostring(err))
    for written, code in pairs { ["1019"] = "1019", ['"0012"'] = "0012" } do
      err = select(2, canned("netxd", 200, '{"id":"1","error":{"code":' .. written .. ',"message":"no"}}', "c"))
      assert.equal(code, err.code)
    end
  end)

  it("takes an error beside a result for a failure", function()
    local record, err = canned("netxd", 200, '{"id":"1","result":{"card":{"cvv":"679"}},"error":{"code":"1019","message":"no"}}', "c")
    assert.is_nil(record)
    assert.equal("declined", err.kind)
  end)

  it("wants a result where there is no error", function()
    for _, body in ipairs { '{"id":"1"}', '{"id":"1","error":null}', '{"id":"1","result":null}', '{"id":"1","result":"679"}' } do
      local record, err = canned("netxd", 200, body, "c")
      assert.is_nil(record)
      assert.equal("protocol", err.kind, body)
    end
  end)

  it("has a Unix time for dateCreated", function()
    local record = assert(drive.call "netxd")
    assert.equal(1732086388, record.api.dateCreated)
    if math.type then assert.equal("integer", math.type(record.api.dateCreated)) end
  end)

  it("gives a CVV that is a number its leading zeros back", function()
    assert.equal("012", assert(drive.call("netxd", "cvv_number=12")).card.cvv:reveal())
  end)

  describe("a signature", function()
    it("is one of signature, private_key and sign: no more, no less", function()
      for _, given in ipairs { {}, { signature = "s", private_key = "k" }, { signature = "s", sign = function() end },
        { private_key = "k", sign = function() end } } do
        given.base_url, given.credential, given.api_key = "https://localhost", "c", "k"
        local ok, message = pcall(cards.netxd.new, given)
        assert.is_false(ok)
        assert.matches("exactly one of signature, private_key, sign", message, 1, true)
      end
    end)

    it("is made with a private key, PKCS#8 or SEC1, string or secret, over the bytes that are sent", function()
      for _, name in ipairs { "NETXD_KEY", "NETXD_KEY_SEC1" } do
        local path = sandbox.url(name)
        for _, key in ipairs { read(path), cards.secret(read(path)), (cards.secret.from_file(path)) } do
          local client = with_key { private_key = key }
          for _, customer in ipairs { "100000000006001", "a\"\\/\195\169 \226\128\168 {}" } do
            local record, err = client:get_cvv { card_id = sandbox.unique_id "netxd", customer_id = customer }
            assert.is_nil(err, tostring(err))
            assert.equal("679", record.card.cvv:reveal())
          end
        end
      end
    end)

    it("is base64 of DER over any curve, and openssl verifies it", function()
      for _, curve in ipairs { "prime256v1", "secp384r1", "secp521r1", "secp256k1" } do
        local key = openssl(curve .. ".pem", "ecparam -name " .. curve .. " -genkey -noout")
        local _, err, id = drive.call("netxd", nil, { client = with_key { private_key = cards.secret.from_file(key) } })
        assert.equal("auth", err.kind) -- the sandbox has another key
        local body = sandbox.seen(id).last.body
        local signature = cjson.decode(body).params.api.signature
        assert.matches("^[%w+/]+=*$", signature)
        assert.is_true(openssl_program.verifies(key, signature, payload_of(body)), curve)
      end
    end)

    it("is made anew for every payload", function()
      local client, made = with_key { private_key = read(sandbox.url "NETXD_KEY") }, {}
      for _ = 1, 3 do
        local _, _, id = drive.call("netxd", nil, { client = client })
        local signature = cjson.decode(sandbox.seen(id).last.body).params.api.signature
        assert.is_nil(made[signature])
        made[signature] = true
      end
    end)

    it("cannot be made with what is no EC private key: new refuses it, naming private_key", function()
      local locked = openssl("locked.pem", "ec -aes256 -passout pass:secret -in " .. sandbox.url "NETXD_KEY_SEC1")
      for said, key in pairs {
        ["is neither PEM, JWK nor base64 of DER"] = "no PEM",
        ["is an RSA key of less than 2048 bits"] = read(openssl("small.pem", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024")),
        ["is not the EC key that this algorithm needs"] = read(openssl("rsa.pem", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")),
        ["is encrypted in the old form of PEM"] = read(locked),
        ["is a PEM without a key in it"] = read(sandbox.url "NETXD_KEY"):sub(1, 80),
      } do
        local made, message = pcall(with_key, { private_key = key })
        assert.is_false(made)
        assert.matches("private_key " .. said, message, 1, true)
        assert.is_nil(message:find(key:sub(-20, -2), 1, true))
      end
    end)

    it("may come from a function, which gets the very bytes that are sent", function()
      local payloads = {}
      local client = with_key { sign = function(payload)
        payloads[#payloads + 1] = payload
        return "netxd_signature_sandbox"
      end }
      local id = sandbox.unique_id "netxd"
      assert(client:get_cvv { card_id = id, customer_id = "a\"\\/\195\169", reference = "r", account_number = cards.secret "77" })
      assert.equal(1, #payloads)
      local body = sandbox.seen(id).last.body
      assert.equal(payload_of(body), payloads[1])
      assert.equal("77", cjson.decode(payloads[1]).accountNumber)
      assert.equal("netxd_signature_sandbox", cjson.decode(body).params.api.signature)
    end)

    it("goes as it is where it is given", function()
      local _, err, id = drive.call("netxd", nil, { client = drive.client("netxd", { signature = cards.secret "as/it+is==" }) })
      assert.equal("auth", err.kind)
      assert.equal("as/it+is==", cjson.decode(sandbox.seen(id).last.body).params.api.signature)
    end)
  end)
end)
