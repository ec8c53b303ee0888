--- How Alix's records become neutral ones. The answer names neither the card's id nor its brand.

return {
  ["alix.private_info"] = {
    number = "cardNo",
    cvv = "cvv",
    exp_month = { "expMonth", month },
    exp_year = { "expYear", year },
  },
}
