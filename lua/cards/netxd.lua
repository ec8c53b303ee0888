--- NetXD XD Ledger: get_cvv { card_id, customer_id, account_number, product, program, channel, reference? }.
-- Credentials: credential, api_key, and one of signature, private_key (PEM), sign (function of the payload). base_url is required.
-- src/provider/builtin/netxd.c describes the wire.
--
-- Neutral record: besides the CVV the page gives little that a neutral card has:
-- its dates are those of the request, not of the card.

local provider = require "cards.provider"

return provider.module("netxd", {
  get_cvv = {
    id = "card.cardId",
    cvv = "card.cvv",
  },
})
