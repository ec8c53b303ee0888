--- How NetXD's records become neutral ones. The page gives a CVV and nothing else that a neutral card has: its dates are those of the request, not of the card.

return {
  ["netxd.get_cvv"] = {
    id = "card.cardId",
    cvv = "card.cvv",
  },
}
