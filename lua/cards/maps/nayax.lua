--- How Nayax's records become neutral ones. The token id is no secret there: it is the id.
-- What tokenStatus says besides 0 is not documented, so there is no status.

--- The month and the year of "MM/YYYY", or nothing.
local function expiry(record)
  local info = record.tokenInfo
  local text = type(info) == "table" and info.expiryDate
  if type(text) == "string" then
    return text:match "^%s*(%d%d?)/(%d%d%d%d)%s*$"
  end
end

return {
  ["nayax.get_token"] = {
    id = "tokenInfo.nayaxTokenId",
    last4 = "tokenInfo.cardFinalDigits",
    bin = "tokenInfo.cardBin",
    brand = "tokenInfo.brand",
    exp_month = function(record) return (expiry(record)) end,
    exp_year = function(record) return (select(2, expiry(record))) end,
  },
}
