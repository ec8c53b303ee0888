--- What lines of errors show of the columns of a row.

local columns = require "cards.cli.run.columns"

local show = columns.selection(nil)

describe("the columns of a row that failed", function()
  it("are masked by what they are called, however that is written", function()
    for _, name in ipairs { "number", "PAN", "cardNumber", "card_no", "Card-Number", "account number", "fpan" } do
      assert.equal("************1111", show({ [name] = "4111111111111111" })[name], name)
    end
    for _, name in ipairs {
      "cvv", "CVC2", "security_code", "cid", "token", "cardToken", "access_token", "Password", "passwd", "PIN", "pin_block", "api-key", "private_key",
      "client_secret", "track2", "credential", "PIN Code", "cardPin", "card pin", "pwd", "otp", "access_key", "accessKey", "tokens", "token_value",
      "secretValue", "client_secret_2", "authorization", "bearer", "private key pem", "email_token", "Track 2", "cryptogram",
    } do
      assert.equal("***", show({ [name] = "12345" })[name], name)
    end
    assert.same({ holder_name = "J. D.", ["Card Holder"] = "J. D.", phone = "***5678" },
      show { holder_name = "Jane Doe", ["Card Holder"] = "Jane Doe", phone = "+49 30 12345678" })
    for _, name in ipairs { "Name on Card", "cardholder_full_name", "holder" } do
      assert.equal("J. D.", show({ [name] = "Jane Doe" })[name], name)
    end
    for _, name in ipairs { "E-Mail Address", "customer email", "emailAddress" } do
      assert.equal("j***@example.com", show({ [name] = "jane@example.com" })[name], name)
    end
    for _, name in ipairs { "Phone Number", "mobile", "telephone", "Mobile Phone" } do
      assert.equal("***5678", show({ [name] = "+49 30 12345678" })[name], name)
    end
  end)

  it("are shown where nothing speaks against it", function()
    local row = {
      id = "c_1", customer = "Jane", token_id = "T1", tokenType = "network", spin = "up", passage = "x",
      holder_id = 7, mobile_type = "ios", key = "k", cvv_result = "match", shipping = "fast", last4 = "1111", amount = 12.5, n = 7, ok = false, empty = "",
    }
    assert.same(row, show(row))
    assert.same({ number = "", cvv = "" }, show { number = "", cvv = "" })
  end)

  it("show no card number, in a text, a number, a name or at any depth", function()
    local shown = show {
      note = "4111-1111-1111-1111 it was", n = 4111111111111111, ["4111111111111111"] = { a = { 5555555555554444, { cvv = 123, x = 1 } } },
    }
    assert.same({
      note = "****-****-****-1111 it was", n = "************1111", ["************1111"] = { a = { "************4444", { cvv = "***", x = 1 } } },
    }, shown)
  end)

  it("are those that are wanted", function()
    assert.same({ id = "c_1" }, columns.selection { "id", "gone" } { id = "c_1", name = "Jane" })
    assert.same({}, columns.selection {} { id = "c_1" })
  end)
end)
