-- Shows nine digits in front.
-- Stopped: cards.mask.pan: first = 9 would show more of a card number than PCI DSS 3.4.1 permits (first 8, last 4)
return { number = pan { first = 9, last = 4 } }
