--- How NetXD's records become neutral ones. Besides the CVV the page gives little that a neutral card has:
-- its dates are those of the request, not of the card.

return {
  ["netxd.get_cvv"] = {
    id = "card.cardId",
    cvv = "card.cvv",
  },
}
