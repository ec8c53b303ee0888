--- How Nayax's records become neutral ones. The token id is no secret there: it is the id.
-- What tokenStatus says besides 0 is not documented, so there is no status.

return {
  ["nayax.get_token"] = {
    id = "tokenInfo.nayaxTokenId",
    last4 = "tokenInfo.cardFinalDigits",
    bin = "tokenInfo.cardBin",
    brand = "tokenInfo.brand",
    exp_month = { "tokenInfo.expiryDate", month_year },
    exp_year = { "tokenInfo.expiryDate", month_year },
  },
}
