--- What to begin with: parameters that the sandbox takes, and answers like its own with a card for tests.

local examples = {}

local PARAMETERS = {
  netxd = {
    card_id = "025951734ff74c13a14137e02834fa00", customer_id = "100000000006001", account_number = "400320588344662", product = "DEFAULT",
    program = "DEFAULT", channel = "VISA_DPS", reference = "visadps100013",
  },
  nayax = { token_id = "NAYAXTOK12345", merchant_request_id = "REQ_GETTOKEN_001" },
  payengine = { card_id = "1d15778a-64fb-459b-8c19-e8b5da0a9af9" },
}

local ANSWERS = {
  alix = [[
{
  "success": true,
  "message": "Your request has been successful",
  "data": { "cvv": "111", "expYear": "27", "expMonth": "01", "cardNo": "4111111111111111" },
  "errorCode": 0
}]],
  netxd = [[
{
  "id": "1",
  "result": {
    "card": { "cardId": "025951734ff74c13a14137e02834fa00", "postedDate": "2024-11-20T06:56:11.399Z", "allowAtm": false, "cvv": "679" },
    "api": { "type": "GET_CVV_ACK", "reference": "REFvisadps100013", "dateCreated": 1732086388, "originalReference": "visadps100013" }
  }
}]],
  whop = [[
{
  "object": "card", "id": "c_1", "name": "Travel", "type": "virtual", "status": "active",
  "last4": "4242", "expiration_month": "12", "expiration_year": "2027",
  "billing": { "line1": "123 Street 1", "city": "Burbank", "region": "CA", "postal_code": "90245", "country_code": "US" },
  "created_at": "2023-11-07T05:31:56Z",
  "secrets": { "card_number": "4242424242424242", "cvc": "123", "name_on_card": "John Doe" }
}]],
  payengine = [[
{
  "id": "1d15778a-64fb-459b-8c19-e8b5da0a9af9", "name": "John Doe", "exp_month": 12, "exp_year": 2027,
  "last_4": "1111", "brand": "visa", "type": "Credit", "token": "card_test_V3atojWZsHCVCqqeYoHo5Oo2",
  "address_line1": "123 Street 1", "address_city": "Burbank", "address_country": "US", "address_zip": "90245",
  "email": "john.doe@example.com", "phone_number": { "cc": "1", "subscriber": "4155056227" }
}]],
  nayax = [[
{
  "status": { "verdict": "Approved", "code": 0, "statusMessage": "Success" },
  "tokenInfo": {
    "nayaxTokenId": "NAYAXTOK12345", "cardBin": "411111", "cardFinalDigits": "1111", "expiryDate": "12/2027",
    "brand": "Visa", "tokenStatus": 1, "actorId": 42
  }
}]],
}

--- What to begin with in an operation.
-- @param described as core.provider has it
-- @return { params, answer = { status, body } or nil }
function examples.of(provider, _, described)
  local known, params = PARAMETERS[provider] or {}, {}
  for name, about in pairs(described.params) do
    params[name] = known[name] or about.required and (about.enum and about.enum[1] or about.type == "string" and "c_1") or nil
  end
  return { params = params, answer = ANSWERS[provider] and { status = 200, body = ANSWERS[provider] } }
end

return examples
