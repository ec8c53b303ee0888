--- A flow of cards work: looks up the card of a row, and returns it masked.

local cards = require "cards"

local alix = cards.alix.from_env()

return function(row)
  local info, err = alix:private_info(row.card_id)
  if not info then
    return nil, err
  end
  return { customer = row.customer, card = cards.mask(assert(cards.card(info))) }
end
